//! Rendered JSON with the place of every value, so that a problem points at the line of the template that wrote it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Problem, Span};

use super::engine::Rendering;
use super::source::{Explained, problem};

/// A document that was rendered.
#[derive(Debug)]
pub(super) struct Document {
    /// Its content.
    pub(super) value: Value,
    rendering: Rendering,
    places: BTreeMap<String, Piece>,
}

/// Bytes of the rendered text: of the key (in an object) and of the value.
#[derive(Clone, Debug)]
struct Piece {
    key: Option<(usize, usize)>,
    value: (usize, usize),
}

impl Document {
    /// Reads rendered text as JSON.
    ///
    /// # Errors
    /// What keeps it from being JSON, at the line of the template; a key that stands twice.
    pub(super) fn parse(rendering: Rendering) -> Result<Self, Vec<Problem>> {
        let value: Value = match serde_json::from_str(&rendering.text) {
            Ok(value) => value,
            Err(error) => return Err(vec![not_json(&error, &rendering)]),
        };
        let mut scan = Scan { text: &rendering.text, at: 0, places: BTreeMap::new(), twice: Vec::new() };
        scan.value(String::new(), None);
        let (places, twice) = (scan.places, scan.twice);
        if twice.is_empty() {
            return Ok(Self { value, rendering, places });
        }
        Err(twice
            .into_iter()
            .map(|(key, at)| {
                problem("TPL021", format!("`{key}` stands twice"), rendering.span(at.0, at.1))
                    .help("only the last would count: leave one out")
            })
            .collect())
    }

    /// Where the value of this path was written: `containerDefinitions[0].image`. The nearest parent that has a place
    /// answers for a path that is not there.
    pub(super) fn value_span(&self, path: &str) -> Option<Span> {
        self.piece(path)
            .and_then(|piece| self.rendering.span(piece.value.0, first_line(&self.rendering.text, piece.value)))
    }

    /// Where the key of this path was written.
    pub(super) fn key_span(&self, path: &str) -> Option<Span> {
        let (start, end) = self.places.get(path)?.key?;
        self.rendering.span(start, end)
    }

    /// Stands the value of this path in the template as it stands in the document? Then a text can replace it.
    pub(super) fn is_verbatim(&self, path: &str) -> bool {
        self.places.get(path).is_some_and(|piece| self.rendering.is_verbatim(piece.value.0, piece.value.1))
    }

    /// Stands the key of this path in the template as it stands in the document?
    pub(super) fn is_verbatim_key(&self, path: &str) -> bool {
        let key = self.places.get(path).and_then(|piece| piece.key);
        key.is_some_and(|(start, end)| self.rendering.is_verbatim(start, end))
    }

    fn piece(&self, path: &str) -> Option<&Piece> {
        let mut path = path;
        loop {
            if let Some(piece) = self.places.get(path) {
                return Some(piece);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// The path of a field below a path.
pub(super) fn step(path: &str, name: &str) -> String {
    match (path.is_empty(), name.contains(['.', '[', ']'])) {
        (_, true) => format!("{path}[{name:?}]"),
        (true, false) => name.to_owned(),
        (false, false) => format!("{path}.{name}"),
    }
}

/// The end of a value's first line: an object is underlined at its brace, not over a page.
fn first_line(text: &str, (start, end): (usize, usize)) -> usize {
    text[start..end].find('\n').map_or(end, |newline| start + newline)
}

fn not_json(error: &serde_json::Error, rendering: &Rendering) -> Problem {
    let text = &rendering.text;
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (line_start + error.column().saturating_sub(1)).min(text.len().saturating_sub(1));
    let shown = error.to_string();
    let what = shown.split(" at line ").next().unwrap_or_default();
    let line = text[line_start..].lines().next().unwrap_or_default().trim();
    problem("TPL020", format!("the rendered document is no JSON: {what}"), rendering.span(at, at + 1))
        .label(format!("rendered as `{}`", line.chars().take(60).collect::<String>()))
        .help("a text needs quotes around it, \"{{name}}\"; lists and mappings are written {{json name}}; mind the commas")
}

/// Walks text that is known to be JSON.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    places: BTreeMap<String, Piece>,
    twice: Vec<(String, (usize, usize))>,
}

impl Scan<'_> {
    fn value(&mut self, path: String, key: Option<(usize, usize)>) {
        self.space();
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.object(&path),
            Some(b'[') => self.array(&path),
            Some(b'"') => {
                self.string();
            }
            _ => {
                while self.peek().is_some_and(|byte| !b",]} \t\r\n".contains(&byte)) {
                    self.at += 1;
                }
            }
        }
        self.places.insert(path, Piece { key, value: (start, self.at) });
    }

    fn object(&mut self, path: &str) {
        self.at += 1;
        while self.more(b'}') {
            let key = (self.at, self.string());
            let name: String = serde_json::from_str(&self.text[key.0..key.1]).unwrap_or_default();
            let inner = step(path, &name);
            self.space();
            self.at += 1;
            if self.places.contains_key(&inner) {
                self.twice.push((name, key));
            }
            self.value(inner, Some(key));
        }
    }

    fn array(&mut self, path: &str) {
        self.at += 1;
        let mut index = 0;
        while self.more(b']') {
            self.value(format!("{path}[{index}]"), None);
            index += 1;
        }
    }

    /// Steps over separators; false at (and past) the closing byte.
    fn more(&mut self, close: u8) -> bool {
        self.space();
        if self.peek() == Some(b',') {
            self.at += 1;
            self.space();
        }
        match self.peek() {
            None => false,
            Some(byte) if byte == close => {
                self.at += 1;
                false
            }
            Some(_) => true,
        }
    }

    /// Steps over a string; where it ends.
    fn string(&mut self) -> usize {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' => break,
                _ => {}
            }
        }
        self.at = self.at.min(self.text.len());
        self.at
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}
