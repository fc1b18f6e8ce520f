//! [`Problem`]: what is wrong with a spec or a template, where, and what to do about it.

use serde::{Deserialize, Serialize};

/// One problem of the user's input. Commands show all problems of all files at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable code, `ENV012` for specs, `TPL003` for templates: `envctl explain CODE` will know it.
    pub code: String,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where; `None` only when no line is to blame (a missing file).
    pub span: Option<Span>,
    /// A few words under the underlined text; empty: none.
    pub label: String,
    /// Other places that matter, each with its own label.
    pub related: Vec<(Span, String)>,
    /// What to do.
    pub help: String,
    /// A text that can stand in place of the underlined one.
    pub replacement: Option<String>,
}

/// A piece of a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// Path relative to the workspace, as the user would type it.
    pub file: String,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of `start`, from 1.
    pub line: usize,
    /// Column of `start` in characters, from 1.
    pub column: usize,
}
