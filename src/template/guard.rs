//! What a template must not contain, looked for before Handlebars reads it.
//!
//! Handlebars parses by recursion and has forms that write values without escaping; this scan bounds the depth and
//! refuses those forms, so that no text can exhaust the stack and no value can break out of a string.

use crate::model::{LATE_CLOSE, LATE_OPEN, Problem};

use super::source::{Explained, Source, problem};

/// Longest template, bytes. ECS takes no document over 64 KiB (`aws.md` 1.3).
const LONGEST: usize = 128 * 1024;
/// Most expressions of a template: the parser's time grows with their number times the length.
const MOST_EXPRESSIONS: usize = 2_000;
/// Most problems of one template that are worth reading.
const MOST_PROBLEMS: usize = 25;
/// Deepest nesting of blocks.
const DEEPEST_BLOCK: usize = 12;
/// Deepest nesting of `( … )`.
const DEEPEST_CALL: usize = 6;

/// Everything that is wrong with the text before it is parsed.
pub(super) fn check(source: &Source) -> Vec<Problem> {
    let text = &source.text;
    if text.len() > LONGEST {
        let message = format!("the template is longer than {} KiB", LONGEST / 1024);
        return vec![problem("TPL004", message, Some(source.span(0, 0))).help("ECS takes documents of at most 64 KiB")];
    }
    let mut problems: Vec<Problem> = text
        .char_indices()
        .filter(|(_, letter)| [LATE_OPEN, LATE_CLOSE].contains(letter))
        .map(|(at, letter)| {
            problem(
                "TPL005",
                format!("`{letter}` marks values known late"),
                Some(source.span(at, at + letter.len_utf8())),
            )
            .help("write {{ref \"database.endpoint\"}} for such a value, and leave the character out")
        })
        .take(MOST_PROBLEMS)
        .collect();
    let (mut depth, mut count, mut at) = (0usize, 0usize, 0);
    while let Some(found) = text[at..].find("{{") {
        let start = at + found;
        if is_escaped(&text[..start]) {
            at = start + 2;
            continue;
        }
        count += 1;
        if count > MOST_EXPRESSIONS || problems.len() >= MOST_PROBLEMS {
            let message = format!("the template has more than {MOST_EXPRESSIONS} expressions");
            let too_many = problem("TPL004", message, Some(source.span(start, start + 2)));
            problems.extend((count > MOST_EXPRESSIONS).then(|| too_many.help("use {{#each}}")));
            return problems;
        }
        if text[start..].starts_with("{{!--") && !text[start..].contains("--}}") {
            // The parser would look for the end to the end of the file, again at each such comment.
            let open = problem("TPL002", "this comment is never closed", Some(source.span(start, start + 5)));
            problems.push(open.help("end it with --}}"));
            return problems;
        }
        let end = mustache_end(text, start).unwrap_or(text.len());
        let inner = text[start + 2..end].trim_start_matches('~').trim_start();
        match inner.chars().next() {
            Some('!') => {}
            Some('#') => depth += 1,
            Some('/') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST_BLOCK {
            let message = format!("blocks are nested deeper than {DEEPEST_BLOCK}");
            problems.push(problem("TPL004", message, Some(source.span(start, end))).help("move a part into a partial"));
            return problems;
        }
        problems.extend(refused(source, start, end, inner));
        at = end.max(start + 2);
    }
    problems
}

/// Handlebars' own rule: one backslash escapes, two are a backslash and a mustache.
fn is_escaped(before: &str) -> bool {
    before.chars().rev().take_while(|&letter| letter == '\\').count() == 1
}

/// One past the `}}` that closes the mustache; `None`: nothing closes it, and the parser will say so.
pub(super) fn mustache_end(text: &str, start: usize) -> Option<usize> {
    let inner = &text[start..];
    if inner.starts_with("{{!--")
        && let Some(end) = inner.find("--}}")
    {
        return Some(start + end + 4);
    }
    if inner.starts_with("{{!") {
        return inner.find("}}").map(|end| start + end + 2);
    }
    let mut quote = None;
    let mut escaped = false;
    for (offset, letter) in inner.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None if letter == '}' && inner[offset..].starts_with("}}") => return Some(start + offset + 2),
            None => {}
        }
    }
    None
}

/// Forms that write without escaping, or that recurse.
fn refused(source: &Source, start: usize, end: usize, inner: &str) -> Option<Problem> {
    let at = |message: &str| problem("TPL003", message, Some(source.span(start, end)));
    if inner.starts_with('!') {
        return None;
    }
    if inner.starts_with('{') || inner.starts_with('&') {
        return Some(
            at("this form writes a value without escaping it")
                .label("could break out of its string")
                .help("write \"{{name}}\" inside a string, or {{json name}} for a whole JSON value"),
        );
    }
    if inner.starts_with('*') || inner.starts_with("#*") || inner.starts_with("#>") {
        return Some(
            at("decorators and partial blocks are not supported")
                .help("put the piece into a file of its own and write {{> file}}"),
        );
    }
    let (mut depth, mut deepest, mut bracket) = (0usize, 0usize, false);
    let (mut quote, mut escaped) = (None, false);
    for letter in inner.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None => match letter {
                '"' | '\'' => quote = Some(letter),
                '(' => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                ')' => depth = depth.saturating_sub(1),
                '[' | '{' => bracket = true,
                _ => {}
            },
        }
    }
    if deepest > DEEPEST_CALL {
        return Some(at("calls are nested too deeply").help("split the expression with {{#with}} or {{#if}}"));
    }
    bracket.then(|| at("brackets are not supported here").help("write {{lookup values \"the.key\"}} for unusual names"))
}
