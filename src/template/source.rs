//! Template files as text with positions, and the problems that point into them.

use crate::model::{Place, Problem, Span};

/// One template file.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Path relative to the workspace: `templates/task-definition.json.hbs`.
    pub(super) file: String,
    /// Its text.
    pub(super) text: String,
}

impl Source {
    /// The file of this path below `templates/`.
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { file: workspace_path(path), text: text.to_owned() }
    }

    /// The piece between two byte offsets, cut to what the text has.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let start = self.boundary(start);
        let end = self.boundary(end).max(start);
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Span {
            file: self.file.clone(),
            start,
            end,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The byte offset of a line and a column in characters, both from 1.
    pub(super) fn offset(&self, line: usize, column: usize) -> usize {
        let line_start: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = &self.text[line_start..];
        let within = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(offset, _)| offset);
        line_start + within
    }

    /// The nearest character boundary at or before an offset.
    fn boundary(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        (0..=offset).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0)
    }
}

/// The path of a template as the user would type it.
pub(super) fn workspace_path(path: &str) -> String {
    format!("templates/{path}")
}

/// A problem with a template; `code` is one of the table in [`super`].
pub(super) fn problem(code: &str, message: impl Into<String>, span: Option<Span>) -> Problem {
    Problem {
        code: code.to_owned(),
        message: message.into(),
        span,
        label: String::new(),
        related: Vec::new(),
        help: String::new(),
        replacement: None,
    }
}

/// What a problem says beside its message.
pub(super) trait Explained {
    /// With a few words under the underlined text.
    fn label(self, label: impl Into<String>) -> Self;
    /// With what to do about it.
    fn help(self, help: impl Into<String>) -> Self;
    /// With another place that matters.
    fn related(self, place: Option<&Place>, label: &str) -> Self;
}

impl Explained for Problem {
    fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    fn related(mut self, place: Option<&Place>, label: &str) -> Self {
        self.related.extend(place.map(|place| (line_span(place), label.to_owned())));
        self
    }
}

/// A place of the spec as a span of which only line and column are known: `start` and `end` are 0.
pub(super) fn line_span(place: &Place) -> Span {
    Span { file: place.file.clone(), start: 0, end: 0, line: place.line, column: place.column }
}

/// The known word that an unknown one most likely means.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// `did you mean …?`, or the whole choice when nothing is near.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let all: Vec<String> = known.into_iter().map(|one| format!("`{one}`")).collect();
            if all.is_empty() { "there is none".to_owned() } else { format!("there is {}", all.join(", ")) }
        }
    }
}
