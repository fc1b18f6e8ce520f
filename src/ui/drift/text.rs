//! A drift run for people.

use super::{DriftRun, words};
use crate::report::{DriftReport, Finding, FindingKind};
use crate::ui::{Ui, quantity, style, wrap};

/// So many environments are shown each by itself, in sync or not; of more, those in sync are counted.
const SHOWN_ONE_BY_ONE: usize = 10;

/// One environment below the other, and a last line that a search finds.
pub fn text(run: &DriftRun, ui: &Ui) -> String {
    let calm = |report: &&DriftReport| report.is_in_sync() && report.accepted.is_empty() && report.notes.is_empty();
    let folded = run.reports.iter().filter(calm).count();
    let fold = run.reports.len() > SHOWN_ONE_BY_ONE && folded > 0;
    let shown = run.reports.iter().filter(|report| !(fold && calm(report)));
    let mut out: Vec<String> = shown.map(|report| one(report, ui)).collect();
    if fold {
        let words = style::paint(style::GOOD, format!("{} in sync", quantity::count(folded, "environment")));
        out.push(words + "\n");
    }
    for (environment, why) in &run.failures {
        let first =
            format!("{}: {} ", style::paint(style::HEADING, environment), style::paint(style::BAD, "not looked at:"));
        out.push(wrap::hanging(&first, why, ui.width) + "\n");
    }
    out.extend(run.notes.iter().map(|note| style::paint(style::FAINT, wrap::hanging("", note, ui.width)) + "\n"));
    if run.reports.len() + run.failures.len() != 1 {
        out.push(format!("result: {}\n", words::verdict(run)));
    }
    out.join("\n")
}

fn one(report: &DriftReport, ui: &Ui) -> String {
    let colour = if report.is_in_sync() { style::GOOD } else { style::BAD };
    let first = format!("{}: ", style::paint(style::HEADING, &report.environment));
    let summary = style::paint(colour, words::summary(report));
    let mut out = vec![wrap::hanging(&first, &format!("{summary}; {}", words::power(report)), ui.width)];
    for kind in FindingKind::ALL {
        let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.kind == kind).collect();
        if findings.is_empty() {
            continue;
        }
        out.push(String::new());
        out.push(format!("{} ({})", style::paint(style::HEADING, kind.as_str()), words::meaning(kind)));
        out.extend(findings.into_iter().map(|finding| finding_text(finding, ui)));
    }
    if !report.accepted.is_empty() {
        out.push(String::new());
        out.push(style::paint(style::HEADING, "accepted"));
        out.extend(report.accepted.iter().map(|(finding, one)| {
            let words = format!("{} ({} until {}: {})", finding.subject(), one.author, one.expires, one.reason);
            wrap::hanging("  - ", &words, ui.width)
        }));
    }
    let mut last: Vec<String> = Vec::new();
    if !report.in_sync.is_empty() {
        last.push(format!("{} as declared", quantity::count(report.in_sync.len(), "resource")));
    }
    last.extend(report.notes.iter().cloned());
    if !last.is_empty() {
        out.push(String::new());
        out.extend(last.iter().map(|line| style::paint(style::FAINT, wrap::hanging("", line, ui.width))));
    }
    out.join("\n") + "\n"
}

fn finding_text(finding: &Finding, ui: &Ui) -> String {
    let sign = style::paint(colour(finding.kind), "!");
    let mut head = words::change(finding);
    if head.is_empty() {
        head.clone_from(&finding.why);
    }
    let subject = style::paint(style::NAME, finding.subject());
    let mut lines = vec![wrap::hanging(&format!("  {sign} "), &format!("{subject}: {head}"), ui.width)];
    let mut about = Vec::new();
    if !words::change(finding).is_empty() {
        about.push(finding.why.clone());
    }
    about.extend(words::facts(finding));
    if !about.is_empty() {
        lines.push(wrap::hanging("    ", &about.join("; "), ui.width));
    }
    lines.push(wrap::hanging("    ", &finding.mend, ui.width));
    if let Some(place) = &finding.place {
        lines.push(style::paint(style::FAINT, format!("    {place}")));
    }
    lines.join("\n")
}

fn colour(kind: FindingKind) -> anstyle::Style {
    match kind {
        FindingKind::Drift | FindingKind::Unreadable => style::BAD,
        FindingKind::Extra | FindingKind::Pending => style::CAUTION,
    }
}
