//! Problems of specs and templates, shown as compilers do: file, line, the text underlined, the remedy.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};
use serde::Serialize;

use super::{FORMAT_VERSION, Ui, quantity};
use crate::model::{Problem, Span};

/// Texts of the files that problems point into, by path below the workspace.
pub type Sources = BTreeMap<String, String>;

/// Every problem, in order of file and line, and how many there are.
pub fn text(problems: &[Problem], sources: &Sources, ui: &Ui) -> String {
    // Colours are taken out again by the stream where they are not wanted.
    let renderer = Renderer::styled().term_width(ui.width);
    let mut out = String::new();
    for problem in in_order(problems) {
        out.push_str(&renderer.render(&groups(problem, sources)));
        out.push_str("\n\n");
    }
    out.push_str(&quantity::count(problems.len(), "problem"));
    out.push('\n');
    out
}

fn in_order(problems: &[Problem]) -> Vec<&Problem> {
    let mut ordered: Vec<&Problem> = problems.iter().collect();
    ordered.sort_by_key(|problem| (&problem.span, &problem.code, &problem.message));
    ordered
}

fn groups<'a>(problem: &'a Problem, sources: &'a Sources) -> Vec<Group<'a>> {
    let mut title = Level::ERROR.primary_title(&problem.message);
    if !problem.code.is_empty() {
        title = title.id(&problem.code);
    }
    let mut group = Group::with_title(title);
    let mut patch = None;
    if let Some(span) = &problem.span {
        match sources.get(&span.file) {
            Some(source) => {
                let range = clamp(span, source);
                let primary = AnnotationKind::Primary.span(range.clone()).label(label(&problem.label));
                group =
                    group.element(snippet(source, &span.file).annotation(primary).annotations(
                        problem.related.iter().filter(|(other, _)| other.file == span.file).map(|(other, words)| {
                            AnnotationKind::Context.span(clamp(other, source)).label(label(words))
                        }),
                    ));
                patch = problem.replacement.as_ref().map(|text| (span, source, range, text));
            }
            None => group = group.element(Origin::path(&span.file).line(span.line).char_column(span.column)),
        }
    }
    for (other, words) in &problem.related {
        if problem.span.as_ref().is_some_and(|span| span.file == other.file) {
            continue;
        }
        if let Some(source) = sources.get(&other.file) {
            let annotation = AnnotationKind::Context.span(clamp(other, source)).label(label(words));
            group = group.element(snippet(source, &other.file).annotation(annotation));
        }
    }
    if !problem.help.is_empty() {
        group = group.element(Level::HELP.message(&problem.help));
    }
    let mut all = vec![group];
    if let Some((span, source, range, text)) = patch {
        let title = Level::HELP.secondary_title(format!("use `{text}`"));
        let change = Snippet::source(source).path(&span.file).fold(true).patch(Patch::new(range, text));
        all.push(Group::with_title(title).element(change));
    }
    all
}

fn snippet<'a, T: Clone>(source: &'a str, path: &'a str) -> Snippet<'a, T> {
    Snippet::source(source).path(path).fold(true)
}

fn label(words: &str) -> Option<&str> {
    (!words.is_empty()).then_some(words)
}

/// The span as a range inside the text: on character boundaries, at least one character where there is one.
fn clamp(span: &Span, source: &str) -> Range<usize> {
    let floor = |index: usize| (0..=index.min(source.len())).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
    let start = floor(span.start);
    start..floor(span.end.max(start)).max(start)
}

/// Problems for programs, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct ProblemsDto {
    format_version: u32,
    /// In order of file and line.
    pub problems: Vec<ProblemDto>,
}

/// One problem.
#[derive(Debug, Serialize)]
pub struct ProblemDto {
    code: String,
    message: String,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    label: String,
    help: String,
    replacement: Option<String>,
    related: Vec<RelatedDto>,
}

#[derive(Debug, Serialize)]
struct RelatedDto {
    file: String,
    line: usize,
    column: usize,
    label: String,
}

/// Problems as a value to serialise; an empty list is a valid workspace.
pub fn json(problems: &[Problem]) -> ProblemsDto {
    let dto = |problem: &Problem| ProblemDto {
        code: problem.code.clone(),
        message: problem.message.clone(),
        file: problem.span.as_ref().map(|span| span.file.clone()),
        line: problem.span.as_ref().map(|span| span.line),
        column: problem.span.as_ref().map(|span| span.column),
        label: problem.label.clone(),
        help: problem.help.clone(),
        replacement: problem.replacement.clone(),
        related: problem.related.iter().map(related).collect(),
    };
    ProblemsDto { format_version: FORMAT_VERSION, problems: in_order(problems).into_iter().map(dto).collect() }
}

fn related((span, label): &(Span, String)) -> RelatedDto {
    RelatedDto { file: span.file.clone(), line: span.line, column: span.column, label: label.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Format, Verbosity};

    fn ui() -> Ui {
        Ui {
            format: Format::Text,
            verbosity: Verbosity::Normal,
            width: 80,
            interactive: false,
            animated: false,
            answers_aside: false,
        }
    }

    fn problem(start: usize, end: usize) -> Problem {
        Problem {
            code: "ENV012".to_owned(),
            message: "cpu 1536 is not a Fargate size".to_owned(),
            span: Some(Span { file: "environments/staging.yaml".to_owned(), start, end, line: 2, column: 6 }),
            label: "not a Fargate cpu value".to_owned(),
            related: Vec::new(),
            help: "the nearest are 1024 and 2048".to_owned(),
            replacement: Some("2048".to_owned()),
        }
    }

    fn check(problems: &[Problem], source: &str) -> String {
        let sources = Sources::from([("environments/staging.yaml".to_owned(), source.to_owned())]);
        anstream::adapter::strip_str(&text(problems, &sources, &ui())).to_string()
    }

    #[test]
    fn the_text_to_blame_is_underlined_with_its_remedy_below() {
        let source = "web:\ncpu: 1536\nmemory: 1024\n";
        insta::assert_snapshot!(check(&[problem(10, 14)], source), @r"
        error[ENV012]: cpu 1536 is not a Fargate size
         --> environments/staging.yaml:2:6
          |
        2 | cpu: 1536
          |      ^^^^ not a Fargate cpu value
          |
          = help: the nearest are 1024 and 2048
        help: use `2048`
          |
        2 - cpu: 1536
        2 + cpu: 2048
          |

        1 problem
        ");
    }

    #[test]
    fn a_span_outside_the_text_or_inside_a_letter_does_not_panic() {
        for (start, end) in [(0, 0), (900, 1_000), (5, 3), (1, 2), (usize::MAX, usize::MAX)] {
            let shown = check(&[problem(start, end)], "ä: ö\n");
            assert!(shown.contains("cpu 1536 is not a Fargate size"), "{shown}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named_with_its_line() {
        let shown = anstream::adapter::strip_str(&text(&[problem(0, 1)], &Sources::new(), &ui())).to_string();
        assert!(shown.contains("environments/staging.yaml:2:6"), "{shown}");
    }

    #[test]
    fn problems_are_shown_in_order_of_their_place() {
        let early = Problem { message: "first".to_owned(), ..problem(0, 3) };
        let shown = check(&[problem(10, 14), early], "web:\ncpu: 1536\n");
        assert!(shown.find("first") < shown.find("cpu 1536 is"), "{shown}");
        assert!(shown.ends_with("2 problems\n"), "{shown}");
    }
}
