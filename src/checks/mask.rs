//! [`Mask`]: takes secrets out of everything that is shown.

use crate::cloud::SecretValue;

/// What stands where a secret stood.
const HIDDEN: &str = "(hidden)";

/// The secrets of a run, in every spelling in which a server or a program may give them back.
#[derive(Clone, Default)]
pub struct Mask {
    spellings: Vec<String>,
}

impl Mask {
    /// A mask of these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretValue>) -> Self {
        let mut spellings: Vec<String> = Vec::new();
        for secret in secrets {
            let value = secret.reveal();
            spellings.extend([value.to_owned(), value.trim().to_owned(), json(value), html(value), base64(value)]);
            spellings.extend([percent(value, false), percent(value, true)]);
            spellings.extend(value.lines().map(str::to_owned));
            spellings.push(base64(value).trim_end_matches('=').to_owned());
        }
        spellings.retain(|spelling| !spelling.trim().is_empty());
        // The longest first: one that holds another must go as a whole.
        spellings.sort_by(|left, right| right.len().cmp(&left.len()).then(left.cmp(right)));
        spellings.dedup();
        Self { spellings }
    }

    /// The text without secrets.
    pub fn hide(&self, text: &str) -> String {
        self.spellings.iter().fold(text.to_owned(), |text, spelling| text.replace(spelling.as_str(), HIDDEN))
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} spellings", self.spellings.len())
    }
}

/// As it stands inside a JSON string.
fn json(value: &str) -> String {
    serde_json::Value::from(value).to_string().trim_matches('"').to_owned()
}

/// As it stands in a page.
fn html(value: &str) -> String {
    let escaped = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#x27;")
}

/// As it stands in a URL or a form; digits of either case are read.
fn percent(value: &str, lower: bool) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte if lower => format!("%{byte:02x}"),
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(one).collect()
}

/// As it stands in a header of basic authentication.
fn base64(value: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in value.as_bytes().chunks(3) {
        let bits =
            chunk.iter().enumerate().fold(0_usize, |bits, (place, byte)| bits | usize::from(*byte) << (16 - 8 * place));
        for digit in 0..4 {
            let letter = ALPHABET.get((bits >> (18 - 6 * digit)) & 63).copied().unwrap_or(b'=');
            out.push(if digit <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_in_every_spelling() {
        let secret = SecretValue::new("p\"ss wörd/1");
        let mask = Mask::new([&secret]);
        for text in [
            "p\"ss wörd/1",
            r#"{"k":"p\"ss wörd/1"}"#,
            "k=p%22ss%20w%C3%B6rd%2F1",
            "k=p%22ss%20w%c3%b6rd%2f1",
            "<b>p&quot;ss wörd/1</b>",
            "Basic cCJzcyB3w7ZyZC8x",
        ] {
            let hidden = mask.hide(text);
            assert!(hidden.contains(HIDDEN) && !hidden.contains("ss"), "{hidden}");
        }
    }

    #[test]
    fn base64_is_that_of_the_standard() {
        assert_eq!(base64("a"), "YQ==");
        assert_eq!(base64("ab"), "YWI=");
        assert_eq!(base64("abc"), "YWJj");
    }

    #[test]
    fn a_secret_inside_another_leaves_nothing_of_either() {
        let (long, short) = (SecretValue::new("hunter2hunter3"), SecretValue::new("hunter2"));
        assert_eq!(Mask::new([&short, &long]).hide("x hunter2hunter3 y hunter2"), "x (hidden) y (hidden)");
    }
}
