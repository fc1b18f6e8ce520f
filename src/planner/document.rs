//! The differences of two task definition documents as reasons.

use serde_json::Value;

use crate::model::Reason;

use super::canonical;

/// Longest value shown in a reason, characters.
const SHOWN: usize = 80;

/// What differs between a wanted document, its late values filled in, and a live one. Values that may be secret are
/// not in it.
pub(super) fn differences(wanted: &Value, live: &Value) -> Vec<Reason> {
    canonical::differences(wanted, live)
        .into_iter()
        .map(|difference| Reason {
            field: Some(difference.path),
            from: difference.from.map(shown),
            to: difference.to.map(shown),
            why: "the template says otherwise".to_owned(),
        })
        .collect()
}

fn shown(value: Value) -> String {
    let text = match value {
        Value::String(text) => text,
        value => value.to_string(),
    };
    if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { text }
}
