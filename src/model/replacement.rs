//! A database that another one replaces: the data of an earlier moment comes up beside the live database, and the two
//! swap names. What is due stands in tags of the database that goes, before anything begins; which of the two is which
//! can be told from names and tags alone.

use super::{LiveDatabase, LiveService, ResourceKey, TAG_RESOURCE, Tags};

/// On a database that is due to be replaced, and on it for ever after: the snapshot whose data takes its place.
pub const TAG_REPLACE_WITH: &str = "envctl:replace-with";
/// Beside it: the identifier under which it is kept. It is kept as soon as it has that name.
pub const TAG_KEPT_AS: &str = "envctl:kept-as";
/// On the database that takes its place: resource id of the one that it replaces.
pub const TAG_REPLACES: &str = "envctl:replaces";
/// On a service: the moment of the snapshot that the last release began with (`20261122t080000z-3fa9`, the end of its
/// name), a blank, and the revision that ran then.
pub const TAG_DATA_BEFORE: &str = "envctl:data-before";

/// Longest identifier of a database (`aws.md` 2.3).
const LONGEST: usize = 63;

/// The identifier of the database that comes up beside the one of this identifier.
pub fn restored_identifier(identifier: &str) -> String {
    with_ending(identifier, "-restored")
}

/// The identifier under which a database is kept that was replaced at this time.
pub fn kept_identifier(identifier: &str, now: jiff::Timestamp) -> String {
    with_ending(identifier, &format!("-replaced-{}", now.strftime("%Y%m%dt%H%M%Sz")))
}

fn with_ending(identifier: &str, ending: &str) -> String {
    let most = LONGEST.saturating_sub(ending.len());
    let begin: String = identifier.chars().take(most).collect();
    format!("{}{ending}", begin.trim_end_matches('-')).to_lowercase()
}

impl LiveDatabase {
    /// Is it kept beside the one that replaced it?
    pub fn is_kept(&self) -> bool {
        self.tags.get(TAG_KEPT_AS) == Some(&self.identifier)
    }

    /// The snapshot whose data is to take its place; `None`: none is, or it has been replaced.
    pub fn replacement_due(&self) -> Option<&str> {
        self.tags.get(TAG_REPLACE_WITH).filter(|_| !self.is_kept()).map(String::as_str)
    }

    /// Resource id of the database that it replaces, or is about to; `None`: it replaces none.
    pub fn replaces(&self) -> Option<&str> {
        self.tags.get(TAG_REPLACES).map(String::as_str)
    }

    /// Does it stand beside the declared database of this key?
    pub fn stands_beside(&self, key: &ResourceKey) -> bool {
        let of_key = self.tags.get(TAG_RESOURCE).is_some_and(|found| *found == key.to_string());
        of_key && (self.tags.contains_key(TAG_REPLACES) || self.tags.contains_key(TAG_KEPT_AS))
    }
}

/// What the data was when a release began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataBefore {
    /// End of the names of its snapshots.
    pub moment: String,
    /// Revision that ran then.
    pub revision: String,
}

impl DataBefore {
    /// Reads what a service remembers.
    pub fn of(live: &LiveService) -> Option<Self> {
        let (moment, revision) = live.tags.get(TAG_DATA_BEFORE)?.split_once(' ')?;
        Some(Self { moment: moment.to_owned(), revision: revision.to_owned() })
    }

    /// The tag that remembers it.
    pub fn tag(&self) -> Tags {
        Tags::from([(TAG_DATA_BEFORE.to_owned(), format!("{} {}", self.moment, self.revision))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_stay_within_what_rds_takes() {
        let now = "2026-11-22T08:00:00Z".parse().unwrap();
        assert_eq!(kept_identifier("app-db", now), "app-db-replaced-20261122t080000z");
        assert_eq!(restored_identifier("app-db"), "app-db-restored");
        let long = format!("{}-{}", "a".repeat(36), "b".repeat(26));
        let kept = kept_identifier(&long, now);
        assert!(kept.len() <= 63 && !kept.contains("--"), "{kept}");
    }
}
