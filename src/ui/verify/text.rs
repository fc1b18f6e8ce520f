//! For people.

use super::{VerifyRun, change_in_words, words};
use crate::model::{CheckResult, Verdict};
use crate::ui::{Ui, Verbosity, style, wrap};

/// One line a check; under what did not pass, why; at `--verbose` everything that was seen.
pub fn text(run: &VerifyRun, ui: &Ui) -> String {
    let width = run.results.iter().map(|result| result.name.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for result in &run.results {
        out.push_str(&head(result, width, ui));
        let passed = result.verdict == Verdict::Passed;
        for problem in result.problems.iter().filter(|problem| **problem != result.summary) {
            out.push_str(&indented(problem, ui));
        }
        for (name, before, now) in run.changes(result) {
            out.push_str(&indented(&change_in_words(name, before, now), ui));
        }
        if !passed || ui.verbosity >= Verbosity::Verbose {
            for line in &result.evidence {
                out.push_str(&indented(&format!("seen: {line}"), ui));
            }
        }
    }
    let verdict = if run.verdict() == Verdict::Passed { style::GOOD } else { style::BAD };
    out.push_str(&format!("{}: {}\n", run.environment, style::paint(verdict, run.counts())));
    out
}

fn head(result: &CheckResult, width: usize, ui: &Ui) -> String {
    let colour = match result.verdict {
        Verdict::Passed => style::GOOD,
        Verdict::NotLooked => style::CAUTION,
        Verdict::Failed | Verdict::Unreachable => style::BAD,
    };
    let mut notes = vec![took(result)];
    if result.tries > 1 {
        notes.push(format!("{} tries", result.tries));
    }
    if result.simulated {
        notes.push("simulated".to_owned());
    }
    let word = style::paint(colour, format!("{:<13}", words(result.verdict)));
    let first = format!("{word} {:<width$}  ", result.name);
    let rest = format!("{} ({})", result.summary, notes.join(", "));
    format!("{}\n", wrap::hanging(&first, &rest, ui.width))
}

fn took(result: &CheckResult) -> String {
    let milliseconds = result.took.as_millis();
    if milliseconds < 10_000 { format!("{milliseconds} ms") } else { format!("{} s", milliseconds / 1000) }
}

fn indented(line: &str, ui: &Ui) -> String {
    format!("{}\n", wrap::hanging("    ", line, ui.width))
}
