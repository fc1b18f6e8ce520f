//! The differences of two task definition documents as reasons.

use serde_json::Value;

use crate::model::Reason;

use super::canonical;

/// Longest value shown in a reason, characters.
const SHOWN: usize = 80;

/// What differs between a wanted document, its late values filled in, and a live one. Values that may be secret are
/// not in it.
pub(super) fn differences(wanted: &Value, live: &Value) -> Vec<Reason> {
    reasons(canonical::differences(wanted, live))
}

/// The same, where a late value that nothing is known of matches anything in its place.
pub(super) fn differences_where_known(wanted: &Value, live: &Value) -> Vec<Reason> {
    reasons(canonical::differences_where_known(wanted, live))
}

fn reasons(differences: Vec<canonical::Difference>) -> Vec<Reason> {
    differences
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
