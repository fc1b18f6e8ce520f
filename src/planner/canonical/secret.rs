//! Values that are compared but never shown.

use serde_json::Value;

/// What is shown in the place of a secret.
const HIDDEN: &str = "(hidden)";
/// Words in the name of a variable (or option, or label) whose value is nobody's business.
const TELLING: [&str; 10] = [
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "API_KEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "CREDENTIAL",
    "PASSPHRASE",
];

/// The value as it may be shown: hidden where its name tells, without the password where it is a URL.
pub(super) fn shown(name: &str, value: &Value) -> Value {
    let name = name.to_uppercase().replace('-', "_");
    match value {
        Value::String(_) if TELLING.iter().any(|word| name.contains(word)) => Value::from(HIDDEN),
        Value::String(text) => Value::from(without_password(text)),
        other => other.clone(),
    }
}

/// `postgres://user:password@host` without the password.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority = rest.split('/').next().unwrap_or(rest);
    let Some((user, _)) = authority.rsplit_once('@') else { return text.to_owned() };
    let Some((name, _)) = user.split_once(':') else { return text.to_owned() };
    format!("{scheme}://{name}:{HIDDEN}@{}", &rest[user.len() + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_by_its_name_and_inside_a_url() {
        assert_eq!(shown("DB_PASSWORD", &"hunter2".into()), HIDDEN);
        assert_eq!(shown("api-key", &"hunter2".into()), HIDDEN);
        assert_eq!(shown("DATABASE_URL", &"postgres://me:hunter2@host/db".into()), "postgres://me:(hidden)@host/db");
        assert_eq!(shown("DATABASE_HOST", &"host".into()), "host");
        assert_eq!(shown("URL", &"https://host/a@b:c".into()), "https://host/a@b:c");
    }
}
