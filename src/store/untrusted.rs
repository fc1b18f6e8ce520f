//! What stands in a store was written by anybody who may write to it: text from it goes to terminals, so control
//! characters are taken out where it is read.

use serde_json::Value;

/// The longest text that is taken from a lock record, in characters.
const LONGEST: usize = 400;

/// One line of text without control characters, cut to a length that a message can hold.
pub(super) fn line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

/// Takes control characters but line ends and tabs out of every text of a JSON value.
pub(super) fn clean(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().any(is_harmful) => text.retain(|letter| !is_harmful(letter)),
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        _ => {}
    }
}

fn is_harmful(letter: char) -> bool {
    letter.is_control() && letter != '\n' && letter != '\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_taken_out() {
        assert_eq!(line("anna\u{1b}[2J\r\n"), "anna[2J");
        assert_eq!(line(&"a".repeat(5_000)).len(), LONGEST);
        let mut value = serde_json::json!({"who": "\u{1b}]0;x\u{7}anna", "lines": ["a\nb", "\u{9b}1m"]});
        clean(&mut value);
        assert_eq!(value, serde_json::json!({"who": "]0;xanna", "lines": ["a\nb", "1m"]}));
    }
}
