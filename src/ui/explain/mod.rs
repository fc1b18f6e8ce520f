//! Every code of a problem, explained: why AWS (or envctl) refuses it, how to mend it, and where that is written. The
//! texts are data, `codes.json`.

use serde::{Deserialize, Serialize};

use super::{FORMAT_VERSION, Ui, style, wrap};

/// What is said about one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// `ENV012`.
    pub code: String,
    /// The problem in a few words.
    pub title: String,
    /// Why it is refused.
    pub why: String,
    /// How to mend it.
    pub fix: String,
    /// Where that is written.
    pub source: String,
}

const CODES: &str = include_str!("codes.json");

/// Every explanation, by code.
pub fn explanations() -> Vec<Explanation> {
    // A test reads the file, so that none is lost here.
    serde_json::from_str(CODES).unwrap_or_default()
}

/// One explanation for people.
pub fn text(explanation: &Explanation, ui: &Ui) -> String {
    let first = format!("{} ", style::paint(style::NAME, &explanation.code));
    let mut out =
        vec![wrap::hanging(&first, &style::paint(style::HEADING, &explanation.title), ui.width), String::new()];
    for (name, words) in [("why", &explanation.why), ("fix", &explanation.fix), ("source", &explanation.source)] {
        out.push(wrap::hanging(&format!("  {name:8}"), words, ui.width));
    }
    out.join("\n") + "\n"
}

/// Every code with its title.
pub fn list(all: &[Explanation], ui: &Ui) -> String {
    let line = |one: &Explanation| wrap::hanging(&format!("{}  ", one.code), &one.title, ui.width);
    all.iter().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// Explanations for programs, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct ExplanationsDto<'a> {
    format_version: u32,
    codes: &'a [Explanation],
}

/// The explanations as a value to serialise.
pub fn json(codes: &[Explanation]) -> ExplanationsDto<'_> {
    ExplanationsDto { format_version: FORMAT_VERSION, codes }
}
