//! Strict Handlebars: a template and values in, text with the places that wrote it out, or every problem at once.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use handlebars::{Context, Handlebars, RenderError, RenderErrorReason, Template, html_escape, no_escape};
use serde_json::Value;

use crate::model::{Problem, Span};

use super::Templates;
use super::guard::mustache_end;
use super::helpers::{self, SharedTrace, Trace, traced};
use super::instrument::{Site, instrument, remove};
use super::load::{Loaded, load};
use super::references::References;
use super::source::{Explained, Source, nearest, problem};

/// Longest output, bytes.
const LONGEST_OUTPUT: usize = 1024 * 1024;
/// Most problems that one template may report.
const MOST_PROBLEMS: usize = 25;

/// What the rendered text is: how values are escaped in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Values stand inside JSON strings.
    Json,
    /// Values stand in HTML.
    Html,
    /// Values stand in Markdown as GitHub reads it: on one line, without markup, mentioning nobody.
    Markdown,
    /// Values stand in a message of a chat with Slack's rules: mentioning nobody.
    Chat,
    /// Nothing is escaped.
    Plain,
}

/// Rendered text that knows where each byte comes from.
#[derive(Debug)]
pub(super) struct Rendering {
    /// The text.
    pub(super) text: String,
    sources: Vec<Source>,
    sites: Vec<Site>,
    marks: Vec<(usize, usize)>,
}

impl Rendering {
    /// The place in a template that wrote the bytes from `start` to `end`: an expression counts as a whole.
    pub(super) fn span(&self, start: usize, end: usize) -> Option<Span> {
        let (index, from, first_end) = self.origin(start)?;
        let source = self.sources.get(index)?;
        let until = match self.origin(end.saturating_sub(1).max(start)) {
            Some((last, at, last_end)) if last == index && at >= from => last_end,
            _ => first_end,
        };
        Some(source.span(from, until))
    }

    /// Are these bytes written in the template as they stand here?
    pub(super) fn is_verbatim(&self, start: usize, end: usize) -> bool {
        let Some((index, from, _)) = self.origin(start) else { return false };
        let written = self.sources.get(index).and_then(|source| source.text.get(from..from + (end - start)));
        written.is_some() && written == self.text.get(start..end)
    }

    /// File, first and last byte there of what wrote this byte.
    fn origin(&self, byte: usize) -> Option<(usize, usize, usize)> {
        let position = self.marks.partition_point(|(at, _)| *at <= byte).checked_sub(1)?;
        let (at, site) = *self.marks.get(position)?;
        let site = self.sites.get(site)?;
        let source = self.sources.get(site.source)?;
        if site.literal {
            let from = site.start + (byte - at);
            return Some((site.source, from, from + 1));
        }
        Some((site.source, site.start, mustache_end(&source.text, site.start).unwrap_or(site.start)))
    }
}

/// Renders the template of this path with these values.
///
/// # Errors
/// All problems: syntax, unknown names, values that are missing or do not fit.
pub(super) fn render(
    templates: &Templates,
    path: &str,
    language: Language,
    values: &Value,
    references: &Arc<References>,
) -> Result<Rendering, Vec<Problem>> {
    let loaded = load(templates, path)?;
    let mut sites = Vec::new();
    let mut parsed: Vec<(String, Template)> = Vec::new();
    for (index, file) in loaded.files.iter().enumerate() {
        let mut template = file.template.clone();
        instrument(&mut template, index, &file.source, &mut sites);
        parsed.push((file.name.clone(), template));
    }
    let context = Context::from(values.clone());
    let mut problems: Vec<Problem> = Vec::new();
    while problems.len() < MOST_PROBLEMS {
        let (outcome, text, trace) = once(&parsed, &loaded, language, &context, references);
        let Err(error) = outcome else {
            if problems.is_empty() {
                let sources = loaded.files.into_iter().map(|file| file.source).collect();
                return Ok(Rendering { text, sources, sites, marks: trace.marks });
            }
            break;
        };
        let last = trace.marks.last().map(|(_, site)| *site);
        problems.push(explain(&error, last.and_then(|site| sites.get(site)), &loaded, values));
        // The rest may have problems too: leave the piece out and go on.
        let removed = last.is_some_and(|site| parsed.iter_mut().any(|(_, template)| remove(template, site)));
        if !removed || is_exhausted(&error) {
            break;
        }
    }
    problems.dedup();
    Err(problems)
}

/// One attempt: how it went, what was written, and what was passed on the way.
fn once(
    parsed: &[(String, Template)],
    loaded: &Loaded,
    language: Language,
    context: &Context,
    references: &Arc<References>,
) -> (Result<(), RenderError>, String, Trace) {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.set_prevent_indent(true);
    match language {
        Language::Json => registry.register_escape_fn(json_escape),
        Language::Html => registry.register_escape_fn(html_escape),
        Language::Markdown => registry.register_escape_fn(escape_markdown),
        Language::Chat => registry.register_escape_fn(escape_chat),
        Language::Plain => registry.register_escape_fn(no_escape),
    }
    let trace = SharedTrace::default();
    helpers::register(&mut registry, Arc::clone(references), Arc::clone(&trace));
    for (name, template) in parsed {
        registry.register_template(name, template.clone());
    }
    let mut sink = Sink { text: Vec::new(), trace: Arc::clone(&trace) };
    let outcome = registry.render_with_context_to_write(&loaded.root, context, &mut sink);
    let text = String::from_utf8(sink.text).unwrap_or_default();
    (outcome, text, traced(&trace, std::mem::take))
}

/// Escapes a text for the inside of a JSON string.
pub(super) fn json_escape(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Escapes a text for Markdown as GitHub reads it, a cell of a table included: one line, no markup, no mention of anybody.
pub fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\n' | '\r' | '\t' => out.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

/// The three signs that Slack gives a meaning of its own: links and mentions begin with `<`.
fn escape_chat(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

struct Sink {
    text: Vec<u8>,
    trace: SharedTrace,
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > LONGEST_OUTPUT {
            return Err(io::Error::other(TOO_LONG));
        }
        self.text.extend_from_slice(bytes);
        traced(&self.trace, |trace| trace.written += bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const TOO_LONG: &str = "the output is longer than 1 MiB";

/// Would a second attempt only run into the same bound?
fn is_exhausted(error: &RenderError) -> bool {
    let text = error.reason().to_string();
    text.contains(TOO_LONG) || text.contains("goes round more than")
}

fn explain(error: &RenderError, site: Option<&Site>, loaded: &Loaded, values: &Value) -> Problem {
    let place = site.and_then(|site| loaded.files.get(site.source).map(|file| (&file.source, site.start)));
    let span_of = |word: Option<&str>| {
        place.map(|(source, start)| {
            let end = mustache_end(&source.text, start).unwrap_or(source.text.len());
            let found = word.and_then(|word| source.text[start..end].find(word).map(|at| (start + at, word.len())));
            found.map_or_else(|| source.span(start, end), |(at, length)| source.span(at, at + length))
        })
    };
    match error.reason() {
        RenderErrorReason::MissingVariable(Some(path)) => {
            let problem =
                problem("TPL010", format!("`{path}` has no value"), span_of(Some(path))).label("not known here");
            match nearest(path, paths(values).iter().map(String::as_str)) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help("declare it in the spec under `values:`"),
            }
        }
        RenderErrorReason::MissingVariable(None) => {
            problem("TPL010", "this looks up a value that is not there", span_of(None)).help("declare it in the spec")
        }
        RenderErrorReason::InvalidJsonIndex(word) => {
            problem("TPL010", format!("a list has no `{word}`"), span_of(Some(word)))
                .help("go through it with {{#each}}")
        }
        RenderErrorReason::Other(message) if message.contains("(null)") => problem("TPL011", message, span_of(None))
            .help("put it between {{#if name}} and {{/if}}, or declare it in the spec"),
        RenderErrorReason::Other(message) => problem("TPL011", message, span_of(None)),
        RenderErrorReason::IOError(error) => problem("TPL004", error.to_string(), span_of(None)),
        other => problem("TPL012", lower_first(&other.to_string()), span_of(None)),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Every path of the values, `service.image`; lists are not gone into.
fn paths(values: &Value) -> Vec<String> {
    fn walk(value: &Value, prefix: &str, found: &mut BTreeMap<String, ()>) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            walk(inner, &path, found);
            found.insert(path, ());
        }
    }
    let mut found = BTreeMap::new();
    walk(values, "", &mut found);
    found.into_keys().collect()
}
