//! One file of YAML text to a [`Node`] tree, by serde-saphyr, with every duplicate key and reserved character reported.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::model::{LATE_CLOSE, LATE_OPEN, Span};

use super::code::Code;
use super::node::{Content, Entry, Node};
use super::problems::{Problems, one_of, wrong};

/// The longest file that is read: no spec written by hand comes near.
const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting: a spec has six levels, free values may have more.
const MAX_DEPTH: usize = 40;
/// The most values, aliases expanded.
const MAX_NODES: usize = 20_000;

/// Reads one file; `None` when it could not be read at all, which has then been reported.
pub(super) fn read(file: &str, text: &str, problems: &mut Problems) -> Option<Node> {
    let source = Source::new(file, text);
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, more than the {MAX_BYTES} that a spec may have", text.len());
        problems.add(
            wrong(Code::TooBig, message)
                .at(&source.span(0, 0))
                .help("split it into environments, or check that it is a spec at all"),
        );
        return None;
    }
    let (body, shift) = text.strip_prefix('\u{feff}').map_or((text, 0), |rest| (rest, text.len() - rest.len()));
    let source = Source { shift, ..source };
    let parsed = serde_saphyr::from_str_with_options::<Spanned<Raw>>(body, options());
    match parsed {
        Ok(raw) => Some(source.node(raw, problems)),
        Err(error) => {
            problems.add(source.syntax(error.without_snippet()));
            None
        }
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_NODES,
            max_replay_stack_depth: 16,
        },
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 4 * MAX_NODES,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: 4 * MAX_NODES,
        },
    }
}

/// A value as serde-saphyr hands it over.
enum Raw {
    Null,
    /// A truth value or number: its spelling is taken from the source.
    Plain(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<RawKey>, Spanned<Raw>)>),
}

/// A key of any spelling.
struct RawKey(String);

impl<'de> Deserialize<'de> for RawKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

/// A file's text with the means to make [`Span`]s of it.
struct Source<'a> {
    file: &'a str,
    text: &'a str,
    /// Byte at which each line begins.
    lines: Vec<usize>,
    /// Bytes of the byte order mark that the parser has not seen.
    shift: usize,
}

impl<'a> Source<'a> {
    fn new(file: &'a str, text: &'a str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
        Self { file, text, lines: std::iter::once(0).chain(starts).collect(), shift: 0 }
    }

    /// The span of these bytes, moved to character bounds and into the text.
    fn span(&self, start: usize, end: usize) -> Span {
        let start = self.floor(start);
        let end = self.floor(end.max(start));
        let line = self.lines.partition_point(|begin| *begin <= start).max(1);
        let begin = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(begin..start).map_or(0, |before| before.chars().count()) + 1;
        Span { file: self.file.to_owned(), start, end, line, column }
    }

    fn floor(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// The span of a parser's location; without byte information (scanner errors) from line and column.
    fn located(&self, location: &Location) -> Span {
        let span = location.span();
        if let (Some(offset), Some(length)) = (span.byte_offset(), span.byte_len()) {
            let start = usize::try_from(offset).unwrap_or(usize::MAX).saturating_add(self.shift);
            let end = start.saturating_add(usize::try_from(length).unwrap_or(0));
            return self.span(start, end);
        }
        let line = usize::try_from(location.line()).unwrap_or(1).max(1);
        let begin = self.lines.get(line - 1).copied().unwrap_or(self.text.len());
        let column = usize::try_from(location.column()).unwrap_or(1).max(1);
        let rest = self.text.get(begin..).unwrap_or("");
        let start = rest.char_indices().nth(column - 1).map_or(self.text.len(), |(index, _)| begin + index);
        let width = self.text.get(start..).and_then(|tail| tail.chars().next()).map_or(0, char::len_utf8);
        self.span(start, start + width)
    }

    fn node(&self, raw: Spanned<Raw>, problems: &mut Problems) -> Node {
        let mut span = self.located(&raw.referenced);
        let content = match raw.value {
            Raw::Null => Content::Null,
            Raw::Plain(fallback) => {
                let defined = self.located(&raw.defined);
                let text = self.text.get(defined.start..defined.end).map(str::trim).filter(|text| !text.is_empty());
                Content::Scalar { text: text.unwrap_or(&fallback).to_owned(), plain: true }
            }
            Raw::Text(text) => {
                self.refuse_reserved(&text, &span, problems);
                let quoted =
                    self.text.get(span.start..span.end).is_some_and(|text| text.starts_with(['"', '\'', '|', '>']));
                Content::Scalar { text, plain: !quoted }
            }
            Raw::List(items) => Content::List(items.into_iter().map(|item| self.node(item, problems)).collect()),
            Raw::Map(entries) => Content::Map(self.entries(entries, problems)),
        };
        if let Content::Map(entries) = &content
            && let Some(first) = entries.first()
        {
            span = first.key_span.clone();
        }
        Node { span, content }
    }

    fn entries(&self, raw: Vec<(Spanned<RawKey>, Spanned<Raw>)>, problems: &mut Problems) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut known: BTreeMap<String, Span> = BTreeMap::new();
        for (key, value) in raw {
            let key_span = self.located(&key.referenced);
            let key = key.value.0;
            self.refuse_reserved(&key, &key_span, problems);
            let value = self.node(value, problems);
            if let Some(first) = known.get(&key) {
                problems.add(
                    wrong(Code::DuplicateKey, format!("`{key}` stands twice in one mapping"))
                        .at(&key_span)
                        .label("again here")
                        .related(Some(first), "first here")
                        .help("keep one of the two"),
                );
                continue;
            }
            known.insert(key.clone(), key_span.clone());
            entries.push(Entry { key, key_span, value });
        }
        entries
    }

    fn refuse_reserved(&self, text: &str, span: &Span, problems: &mut Problems) {
        if text.contains([LATE_OPEN, LATE_CLOSE]) {
            let marks = one_of([LATE_OPEN, LATE_CLOSE].map(|mark| mark.to_string()).iter().map(String::as_str));
            problems.add(
                wrong(Code::ReservedCharacter, format!("a spec may not contain {marks}"))
                    .at(span)
                    .help("envctl marks values that are known late with these characters: write others"),
            );
        }
    }

    fn syntax(&self, error: &serde_saphyr::Error) -> super::problems::Draft {
        use serde_saphyr::Error as Yaml;
        let span = error.location().map_or_else(|| self.span(0, 0), |location| self.located(&location));
        let line = self.lines.get(span.line - 1).copied().unwrap_or(0);
        let indent: String = self
            .text
            .get(line..)
            .unwrap_or("")
            .chars()
            .take_while(|character| character.is_whitespace() && *character != '\n')
            .collect();
        let text = first_line(&error.to_string());
        let (code, message, help) = match error {
            Yaml::Budget { .. }
            | Yaml::AliasReplayLimitExceeded { .. }
            | Yaml::AliasExpansionLimitExceeded { .. }
            | Yaml::AliasReplayStackDepthExceeded { .. } => (
                Code::TooBig,
                format!("more than a spec can need: {text}"),
                "a spec has few levels and few aliases; write values out instead of nesting aliases",
            ),
            Yaml::MultipleDocuments { .. } => (
                Code::Syntax,
                "a second document begins here".to_owned(),
                "one environment a file: put the second one into a file of its own under environments/",
            ),
            Yaml::UnknownAnchor { .. } => (
                Code::Syntax,
                "this alias names no anchor".to_owned(),
                "declare the anchor with &NAME before, or quote a text that begins with `*`",
            ),
            _ if indent.contains('\t') => (
                Code::Syntax,
                format!("not YAML: {text}"),
                "YAML indents with spaces, never with tabs: replace the tab by two spaces",
            ),
            _ => (
                Code::Syntax,
                format!("not YAML: {text}"),
                "check indentation, quotes and the colon after each key on this line and the one before",
            ),
        };
        wrong(code, message).at(&span).help(help)
    }
}

/// The first line of the parser's message, without the position that the span shows already.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or("cannot be read");
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let cut = line.find(" at line ").or_else(|| line.find(" (line ")).unwrap_or(line.len());
    line.get(..cut).unwrap_or(line).trim_end_matches([':', '.', ' ']).to_owned()
}
