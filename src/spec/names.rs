//! AWS names that the spec does not give: derived from application, environment and the name in the spec, so that any
//! machine finds the same resources without a state file.

use sha2::{Digest, Sha256};

/// The longest target group name (`aws.md` 4.3).
const TARGET_GROUP_LENGTH: usize = 32;
/// The longest DB instance identifier (`aws.md` 2.3).
const DATABASE_LENGTH: usize = 63;
/// The longest creation token of a file system, which is its name.
const FILE_SYSTEM_LENGTH: usize = 64;
/// The longest name of a backup vault.
const VAULT_LENGTH: usize = 50;
/// A length that services, families and tags all allow, with room for suffixes.
const NAME_LENGTH: usize = 120;

/// Derives AWS names of one environment.
#[derive(Clone, Debug)]
pub(super) struct Names {
    application: String,
    environment: String,
}

impl Names {
    /// For this environment of this application.
    pub(super) fn new(application: &str, environment: &str) -> Self {
        Self { application: application.to_owned(), environment: environment.to_owned() }
    }

    /// `APPLICATION-ENVIRONMENT-NAME`: services and families.
    pub(super) fn of(&self, name: &str) -> String {
        self.fit(name, NAME_LENGTH)
    }

    /// `APPLICATION-ENVIRONMENT`: the dashboard.
    pub(super) fn whole(&self) -> String {
        slug(&format!("{}-{}", self.application, self.environment))
    }

    /// The identifier of a database: lower case, no double hyphen.
    pub(super) fn database(&self, name: &str) -> String {
        self.fit(name, DATABASE_LENGTH)
    }

    /// The name of a target group, at most 32 characters.
    pub(super) fn target_group(&self, name: &str) -> String {
        self.fit(name, TARGET_GROUP_LENGTH)
    }

    /// The name of a file system or access point, at most 64 characters.
    pub(super) fn files(&self, name: &str) -> String {
        self.fit(name, FILE_SYSTEM_LENGTH)
    }

    /// The name of the backup vault, `APPLICATION-ENVIRONMENT`.
    pub(super) fn vault(&self) -> String {
        let whole = self.fit("", VAULT_LENGTH);
        whole.trim_end_matches('-').to_owned()
    }

    /// The name of a log group.
    pub(super) fn log_group(&self, name: &str) -> String {
        format!("/aws/ecs/{}", self.of(name))
    }

    /// The name of a database's secret.
    pub(super) fn secret(&self, name: &str) -> String {
        format!("{}/{}/{}", slug(&self.application), slug(&self.environment), slug(name))
    }

    fn fit(&self, name: &str, longest: usize) -> String {
        let whole = slug(&format!("{}-{}-{name}", self.application, self.environment));
        if whole.chars().count() <= longest {
            return whole;
        }
        let digest = Sha256::digest(format!("{}\n{}\n{name}", self.application, self.environment));
        let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let short: String = whole.chars().take(longest - hash.len() - 1).collect();
        format!("{}-{hash}", short.trim_end_matches('-'))
    }
}

/// Lower case, everything but letters and digits turned into single hyphens.
fn slug(text: &str) -> String {
    let words: Vec<String> = text
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_too_long_for_a_target_group_are_cut_and_hashed() {
        let names = Names::new("pythonide", "staging");
        assert_eq!(names.target_group("web"), "pythonide-staging-web");
        let long = names.target_group("the-main-web-frontend");
        assert_eq!(long.len(), 32);
        assert!(long.starts_with("pythonide-staging-the-m"), "{long}");
        assert_ne!(long, names.target_group("the-main-web-frontenD2"));
        assert_eq!(names.database("Main__db"), "pythonide-staging-main-db");
        assert_eq!(names.secret("main"), "pythonide/staging/main");
    }
}
