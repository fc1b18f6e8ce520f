//! For pull requests and release records.

use super::{VerifyRun, change_in_words, words};
use crate::model::Verdict;
use crate::ui::markup::markdown as cell;

/// A table of the checks, and under it what did not pass.
pub fn markdown(run: &VerifyRun) -> String {
    let mut out = format!("### Checks of {}: {}\n\n", cell(&run.environment), run.counts());
    out.push_str("| check | kind | verdict | seen |\n|--|--|--|--|\n");
    for result in &run.results {
        let simulated = if result.simulated { " (simulated)" } else { "" };
        let verdict = words(result.verdict);
        let verdict = if result.verdict == Verdict::Passed { verdict.to_owned() } else { format!("**{verdict}**") };
        let mut seen = vec![cell(&result.summary)];
        seen.extend(run.changes(result).map(|(name, before, now)| cell(&change_in_words(name, before, now))));
        let (name, seen) = (cell(&result.name), seen.join("<br>"));
        out.push_str(&format!("| {name} | {}{simulated} | {verdict} | {seen} |\n", result.kind));
    }
    for result in run.results.iter().filter(|result| result.verdict != Verdict::Passed) {
        out.push_str(&format!("\n**{}** {}\n\n", cell(&result.name), words(result.verdict)));
        for line in &result.problems {
            out.push_str(&format!("- {}\n", cell(line)));
        }
        for line in &result.evidence {
            out.push_str(&format!("- seen: {}\n", cell(line)));
        }
    }
    out
}
