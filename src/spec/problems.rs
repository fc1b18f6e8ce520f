//! [`Problems`]: collects everything that is wrong, so that all of it is shown at once.

use crate::model::{Problem, Span};

use super::code::Code;

/// A problem under construction.
pub(super) struct Draft(Problem);

/// Begins a problem: its code and one sentence without a full stop.
pub(super) fn wrong(code: Code, message: impl Into<String>) -> Draft {
    Draft(Problem {
        code: code.text(),
        message: message.into(),
        span: None,
        label: String::new(),
        related: Vec::new(),
        help: String::new(),
        replacement: None,
    })
}

impl Draft {
    /// Where it is.
    pub(super) fn at(mut self, span: &Span) -> Self {
        self.0.span = Some(span.clone());
        self
    }

    /// A few words under the underlined text.
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = label.into();
        self
    }

    /// What to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = help.into();
        self
    }

    /// A text that can stand in place of the underlined one.
    pub(super) fn instead(mut self, replacement: Option<impl Into<String>>) -> Self {
        self.0.replacement = replacement.map(Into::into);
        self
    }

    /// Another place that matters.
    pub(super) fn related(mut self, span: Option<&Span>, label: impl Into<String>) -> Self {
        if let Some(span) = span {
            self.0.related.push((span.clone(), label.into()));
        }
        self
    }

    /// The problem, finished.
    pub(super) fn finish(self) -> Problem {
        self.0
    }

    /// Has it a place already?
    pub(super) fn has_span(&self) -> bool {
        self.0.span.is_some()
    }
}

/// Everything found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// Adds a problem.
    pub(super) fn add(&mut self, draft: Draft) {
        self.found.push(draft.finish());
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Is everything well so far?
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All problems by file and line, each once.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by(|left, right| {
            (&left.span, &left.code, &left.message).cmp(&(&right.span, &right.code, &right.message))
        });
        self.found.dedup();
        self.found
    }
}

/// The known word that somebody who wrote `text` most likely meant.
pub(super) fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lowered = text.to_lowercase();
    let mut best: Option<(&str, f64)> = None;
    for word in known {
        let likeness = strsim::jaro_winkler(&lowered, &word.to_lowercase());
        if likeness > 0.84 && best.is_none_or(|(_, found)| likeness > found) {
            best = Some((word, likeness));
        }
    }
    best.map(|(word, _)| word)
}

/// `a`, `b` or `c`, for messages.
pub(super) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
