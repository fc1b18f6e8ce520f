//! Engine versions: `16` matches `16.4`, and nothing goes back.

use crate::model::Engine;

/// Is the version that is there one that the spec means? `16` means every `16.x`.
pub(super) fn matches(wanted: &str, found: &str) -> bool {
    found == wanted || found.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
}

/// Does the spec want less than what is there?
pub(super) fn is_downgrade(wanted: &str, found: &str) -> bool {
    let wanted = numbers(wanted);
    let found: Vec<u32> = numbers(found).into_iter().take(wanted.len()).collect();
    wanted < found
}

/// Does the spec want a lower major version, which AWS never does?
pub(super) fn is_major_downgrade(wanted: &str, found: &str) -> bool {
    numbers(wanted).first() < numbers(found).first()
}

/// The family of the engine's own parameter group: `postgres16`, `mysql8.4`, `mariadb10.11`.
pub(super) fn family(engine: Engine, version: &str) -> String {
    let parts = if engine == Engine::Postgres { 1 } else { 2 };
    let numbers: Vec<&str> = version.split('.').take(parts).collect();
    format!("{}{}", engine.as_str(), numbers.join("."))
}

/// The first number.
pub(super) fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

fn numbers(version: &str) -> Vec<u32> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_version_means_every_longer_one() {
        assert!(matches("16", "16.4"));
        assert!(matches("16.4", "16.4"));
        assert!(!matches("1", "16.4"));
        assert!(!matches("16.4", "16"));
    }

    #[test]
    fn families_are_named_as_rds_names_them() {
        assert_eq!(family(Engine::Postgres, "16.4"), "postgres16");
        assert_eq!(family(Engine::Mysql, "8.4.3"), "mysql8.4");
        assert_eq!(family(Engine::Mariadb, "10.11.9"), "mariadb10.11");
    }

    #[test]
    fn ten_is_more_than_nine() {
        assert!(is_downgrade("16.9", "16.10"));
        assert!(!is_downgrade("16", "16.10"));
        assert!(is_major_downgrade("15", "16.1"));
        assert!(!is_major_downgrade("16.1", "16.4"));
    }
}
