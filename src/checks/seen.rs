//! [`Seen`]: what one try saw, on its way to a [`CheckResult`](crate::model::CheckResult). Every text is masked and made
//! harmless for a terminal as it comes in.

use std::time::Duration;

use rust_decimal::Decimal;

use super::mask::Mask;
use crate::model::{Comparison, Figures, TextExpectation, Verdict};

/// Most characters of one line of evidence.
const LONGEST_LINE: usize = 300;
/// Most lines of evidence, and of problems.
const MOST_LINES: usize = 20;

/// What one try saw.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    mask: Mask,
    ended: Option<Verdict>,
    pub(super) summary: String,
    pub(super) problems: Vec<String>,
    pub(super) evidence: Vec<String>,
    pub(super) figures: Figures,
}

impl Seen {
    /// Nothing yet.
    pub(super) fn new(mask: &Mask) -> Self {
        Self {
            mask: mask.clone(),
            ended: None,
            summary: String::new(),
            problems: Vec::new(),
            evidence: Vec::new(),
            figures: Figures::new(),
        }
    }

    /// What came of it: a way in which it ended early, else whether there are problems.
    pub(super) fn verdict(&self) -> Verdict {
        let judged = if self.problems.is_empty() { Verdict::Passed } else { Verdict::Failed };
        self.ended.unwrap_or(judged)
    }

    /// The text as it may be shown: no secrets, one line, no control characters, not too long.
    pub(super) fn harmless(&self, text: &str) -> String {
        let hidden = self.mask.hide(text);
        let mut line = String::new();
        for letter in hidden.trim().chars() {
            match letter {
                '\n' => line.push_str("\\n"),
                '\t' => line.push(' '),
                // Direction marks could make a line read as another one.
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
                letter if letter.is_control() => line.extend(letter.escape_default()),
                letter => line.push(letter),
            }
            if line.len() > LONGEST_LINE {
                line.push('…');
                break;
            }
        }
        line
    }

    /// What was seen, in one line.
    pub(super) fn summary(&mut self, text: &str) {
        self.summary = self.harmless(text);
    }

    /// Something that is not as expected.
    pub(super) fn problem(&mut self, text: &str) {
        if self.problems.len() < MOST_LINES {
            let text = self.harmless(text);
            self.problems.push(text);
        }
    }

    /// A line of detail.
    pub(super) fn evidence(&mut self, text: &str) {
        if self.evidence.len() < MOST_LINES {
            let text = self.harmless(text);
            self.evidence.push(text);
        }
    }

    /// Something measured.
    pub(super) fn figure(&mut self, name: &str, value: Decimal) {
        self.figures.insert(name.to_owned(), value.normalize());
    }

    /// A time measured, as milliseconds with a tenth.
    #[cfg_attr(not(feature = "probes"), allow(dead_code, reason = "it measures no time"))]
    pub(super) fn time(&mut self, name: &str, time: Duration) {
        self.figure(name, milliseconds(time));
    }

    /// It ended here: nobody answered.
    pub(super) fn unreachable(mut self, text: &str) -> Self {
        self.ended = Some(Verdict::Unreachable);
        self.problem(text);
        if self.summary.is_empty() {
            self.summary(text);
        }
        self
    }

    /// It ended here: for a reason on this side nothing was looked at.
    pub(super) fn not_looked(mut self, text: &str) -> Self {
        self.ended = Some(Verdict::NotLooked);
        self.problem(text);
        self.summary(text);
        self
    }

    /// It ended here: what was seen is wrong.
    pub(super) fn failed(mut self, text: &str) -> Self {
        self.ended = Some(Verdict::Failed);
        self.problem(text);
        if self.summary.is_empty() {
            self.summary(text);
        }
        self
    }

    /// Holds a value against a comparison.
    pub(super) fn compare(&mut self, what: &str, wanted: &Comparison, value: Option<&str>) {
        if !wanted.holds(value) {
            let found = value.map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"));
            // Masked before it is cut, so that no beginning of a secret is left.
            let found = self.harmless(&found);
            self.problem(&format!("{what} is {found}, expected {wanted}"));
        }
    }

    /// Holds a text against an expectation.
    pub(super) fn judge_text(&mut self, what: &str, wanted: &TextExpectation, text: &str) {
        for part in wanted.contains.iter().filter(|part| !text.contains(part.as_str())) {
            self.problem(&format!("{what} does not contain `{part}`"));
        }
        for part in wanted.lacks.iter().filter(|part| text.contains(part.as_str())) {
            self.problem(&format!("{what} contains `{part}`"));
        }
        for pattern in &wanted.matches {
            match regex_lite::Regex::new(pattern) {
                Ok(regex) if regex.is_match(text) => {}
                Ok(_) => self.problem(&format!("{what} does not match `{pattern}`")),
                Err(error) => self.problem(&format!("`{pattern}` is no regular expression: {error}")),
            }
        }
    }
}

/// Milliseconds with a tenth.
pub(super) fn milliseconds(time: Duration) -> Decimal {
    let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    (Decimal::new(micros, 3)).round_dp(1).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::SecretValue;

    #[test]
    fn what_is_shown_holds_no_secret_and_no_control_character() {
        let seen = Seen::new(&Mask::new([&SecretValue::new("hunter2")]));
        assert_eq!(seen.harmless("a hunter2\n\u{1b}[31mred\u{202e}"), "a (hidden)\\n\\u{1b}[31mred");
        let long = format!("{}hunter2", "x".repeat(LONGEST_LINE - 3));
        assert!(!seen.harmless(&long).contains("hun"));
    }

    #[test]
    fn milliseconds_have_a_tenth() {
        assert_eq!(milliseconds(Duration::from_micros(1_234)).to_string(), "1.2");
        assert_eq!(milliseconds(Duration::from_secs(2)).to_string(), "2000");
    }
}
