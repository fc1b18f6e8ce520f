//! Rules that AWS has for names, as small predicates: `None` when the name is well, else what is wrong with it.

/// ECS clusters, services, families and containers: 1..=255 letters, digits, hyphens and underscores.
pub(super) fn ecs(name: &str) -> Option<String> {
    bad(
        name,
        255,
        |letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'),
        "letters, digits, `-` and `_`",
    )
}

/// IAM roles: a name of at most 64 characters, or an ARN.
pub(super) fn role(name: &str) -> Option<String> {
    if name.starts_with("arn:") {
        let parts: Vec<&str> = name.split(':').collect();
        let is_role =
            matches!(parts.as_slice(), [_, _, "iam", "", _, last] if last.starts_with("role/") && last.len() > 5);
        return (!is_role).then(|| "an ARN that is no role's".to_owned());
    }
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-".contains(letter);
    bad(name, 64, allowed, "letters, digits and `+=,.@_-`")
}

/// Load balancers: 1..=32 letters, digits and hyphens, no hyphen at either end.
pub(super) fn load_balancing(name: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    bad(name, 32, allowed, "letters, digits and `-`").or_else(|| hyphen_at_an_end(name))
}

/// DB instances (`aws.md` 2.3): letters, digits and hyphens, begins with a letter, no hyphen at the end or twice.
pub(super) fn database(name: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let begins = !name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    bad(name, 63, allowed, "letters, digits and `-`")
        .or_else(|| begins.then(|| "it must begin with a letter".to_owned()))
        .or_else(|| name.contains("--").then(|| "two hyphens in a row".to_owned()))
        .or_else(|| hyphen_at_an_end(name))
}

/// Log groups: 1..=512 letters, digits and `.-_/#`, not below `aws/`.
pub(super) fn log_group(name: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || ".-_/#".contains(letter);
    bad(name, 512, allowed, "letters, digits and `.-_/#`")
        .or_else(|| name.starts_with("aws/").then(|| "`aws/` is reserved".to_owned()))
}

/// Alarms: 1..=255 printable characters (`PutMetricAlarm`).
pub(super) fn alarm(name: &str) -> Option<String> {
    bad(name, 255, |letter| !letter.is_control(), "printable characters")
}

/// Dashboards: 1..=255 letters, digits, hyphens and underscores (`PutDashboard`).
pub(super) fn dashboard(name: &str) -> Option<String> {
    ecs(name)
}

/// Secrets: 1..=512 letters, digits and `/_+=.@-`.
pub(super) fn secret(name: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "/_+=.@-".contains(letter);
    bad(name, 512, allowed, "letters, digits and `/_+=.@-`")
}

/// Name tags of file systems and access points.
pub(super) fn tag_value(value: &str) -> Option<String> {
    bad(value, 256, tag_character, "letters, digits, spaces and `_.:/=+-@`")
}

/// May this stand in a tag?
pub(super) fn tag_character(letter: char) -> bool {
    letter.is_alphanumeric() || letter == ' ' || "_.:/=+-@".contains(letter)
}

/// Names in the spec: a letter, then letters, digits, hyphens and underscores, at most 40.
pub(super) fn key(name: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let begins = !name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    bad(name, 40, allowed, "letters, digits, `-` and `_`")
        .or_else(|| begins.then(|| "it must begin with a letter".to_owned()))
}

/// Applications and environments: lower case, a letter first, single hyphens inside.
pub(super) fn lower(name: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let begins = !name.starts_with(|letter: char| letter.is_ascii_lowercase());
    bad(name, 32, allowed, "lower-case letters, digits and `-`")
        .or_else(|| begins.then(|| "it must begin with a letter".to_owned()))
        .or_else(|| name.contains("--").then(|| "two hyphens in a row".to_owned()))
        .or_else(|| hyphen_at_an_end(name))
}

fn hyphen_at_an_end(name: &str) -> Option<String> {
    (name.starts_with('-') || name.ends_with('-')).then(|| "a hyphen at an end".to_owned())
}

/// Length and characters.
pub(super) fn bad(name: &str, most: usize, allowed: impl Fn(char) -> bool, words: &str) -> Option<String> {
    let length = name.chars().count();
    if length == 0 {
        return Some("it is empty".to_owned());
    }
    if length > most {
        return Some(format!("{length} characters, at most {most} are allowed"));
    }
    let letter = name.chars().find(|letter| !allowed(*letter))?;
    Some(format!(
        "{} is not allowed: only {words} are",
        crate::spec::problems::one_of([letter.escape_debug().to_string().as_str()])
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_the_rules_of_their_service() {
        assert_eq!(ecs("pythonide-staging_1"), None);
        assert!(ecs("a b").is_some());
        assert_eq!(database("pythonide-staging-db"), None);
        for bad in ["", "1db", "a--b", "a-", "a_b", &"a".repeat(64)] {
            assert!(database(bad).is_some(), "{bad}");
        }
        assert!(load_balancing(&"a".repeat(33)).is_some());
        assert_eq!(role("arn:aws:iam::123456789012:role/x"), None);
        assert!(role("arn:aws:s3:::bucket").is_some());
        assert!(secret("a b").is_some());
        assert_eq!(secret("pythonide/staging/main"), None);
    }
}
