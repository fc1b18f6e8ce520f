//! [`Maintenance`]: visitors get a page on purpose while the tasks go on running, as tags of rules remember it.

use jiff::Timestamp;

use super::{Desired, Live, LiveRule, Tags, present};

/// On a rule, and on the warming rule behind it: visitors get the maintenance page. Since when and by whom, with a
/// blank between them.
pub const TAG_MAINTENANCE: &str = "envctl:maintenance";

/// Maintenance that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// Since when; `None`: the tag holds no time.
    pub since: Option<Timestamp>,
    /// Who asked; `None`: the tag does not say.
    pub by: Option<String>,
}

impl Maintenance {
    /// Reads the tags of one rule; `None`: it is not in maintenance.
    pub fn of(tags: &Tags) -> Option<Self> {
        let value = tags.get(TAG_MAINTENANCE)?;
        let (since, by) = value.split_once(' ').unwrap_or((value, ""));
        Some(Self { since: since.parse().ok(), by: (!by.is_empty()).then(|| by.to_owned()) })
    }

    /// Reads the rules of this environment. One of them is enough: a rule that somebody deleted by hand does not open
    /// the others, nor itself when it is made again.
    pub fn find(live: &Live, desired: &Desired) -> Option<Self> {
        let tags = present(&live.rules).filter_map(|(_, rule): (_, &LiveRule)| rule.tags.as_ref());
        tags.filter(|tags| desired.owns(tags)).find_map(Self::of)
    }

    /// In words: `in maintenance since 2026-11-22 08:00 UTC, by anna@laptop`.
    pub fn words(&self) -> String {
        let since = self.since.map(|at| at.strftime(" since %Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
        let by = self.by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
        format!("in maintenance{since}{by}")
    }

    /// The tag that remembers it.
    pub fn tag(&self) -> Tags {
        let since = self.since.map(|since| since.to_string()).unwrap_or_default();
        let value = match &self.by {
            Some(by) => format!("{since} {by}"),
            None => since,
        };
        Tags::from([(TAG_MAINTENANCE.to_owned(), value)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let maintenance =
            Maintenance { since: "2026-11-22T08:00:00Z".parse().ok(), by: Some("anna@laptop of two words".to_owned()) };
        assert_eq!(Maintenance::of(&maintenance.tag()), Some(maintenance));
        assert_eq!(Maintenance::of(&Tags::new()), None);
        let by_hand = Tags::from([(TAG_MAINTENANCE.to_owned(), "yes".to_owned())]);
        assert_eq!(Maintenance::of(&by_hand), Some(Maintenance { since: None, by: None }));
    }
}
