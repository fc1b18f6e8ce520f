//! How two task definition documents are compared.

use serde_json::Value;

use crate::model::{LATE_OPEN, Reason};

/// Longest value shown in a reason, characters.
const SHOWN: usize = 60;

/// What differs between a wanted document, its late values filled in, and a live one.
pub(super) fn differences(wanted: &Value, live: &Value) -> Vec<Reason> {
    compare(wanted, live)
        .into_iter()
        .map(|(path, from, to)| Reason {
            from: Some(shown(&path, &from)),
            to: Some(shown(&path, &to)),
            field: Some(path),
            why: "the template says otherwise".to_owned(),
        })
        .collect()
}

/// Short, and without what may be a secret: a plain variable with a telling name shows that it differs, not how.
fn shown(path: &str, text: &str) -> String {
    let telling = ["password", "secret", "token", "credential", "private", "apikey", "api_key", "access_key"];
    let lower = path.to_lowercase();
    if text.contains(LATE_OPEN) {
        return "known later".to_owned();
    }
    if lower.contains("environment") && telling.iter().any(|word| lower.contains(word)) {
        return "(not shown)".to_owned();
    }
    if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { text.to_owned() }
}

/// Path, from, to of each difference.
fn compare(wanted: &Value, live: &Value) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    if let (Value::Object(wanted), Value::Object(live)) = (wanted, live) {
        for (field, value) in wanted {
            let there = live.get(field).unwrap_or(&Value::Null);
            if there != value {
                found.push((field.clone(), there.to_string(), value.to_string()));
            }
        }
    }
    found
}
