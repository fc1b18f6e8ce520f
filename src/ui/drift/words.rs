//! What the formats of a drift report have in common.

use jiff::Timestamp;

use super::{DriftRun, Verdict};
use crate::report::{DriftReport, Finding, FindingKind};
use crate::ui::{document, quantity};

/// `db.t4g.micro wanted, db.t4g.small found`, or what is known of it.
pub(super) fn change(finding: &Finding) -> String {
    let readable = |text: &String| document::readable_text(text);
    match (finding.wanted.as_ref().map(readable), finding.found.as_ref().map(readable)) {
        (Some(wanted), Some(found)) => format!("{wanted} wanted, {found} found"),
        (Some(wanted), None) => format!("{wanted} wanted, nothing found"),
        (None, Some(found)) => format!("{found} found"),
        (None, None) => String::new(),
    }
}

/// The finding in one line: `database/main.class: db.t4g.micro wanted, db.t4g.small found: it was changed`.
pub(super) fn sentence(finding: &Finding) -> String {
    let parts = [finding.subject(), change(finding), finding.why.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

/// What else is known: since when, by whom, and the price.
pub(super) fn facts(finding: &Finding) -> Vec<String> {
    let mut facts = Vec::new();
    let by = finding.by.as_ref().map(|by| match &finding.event {
        Some(event) => format!("by {by} ({event})"),
        None => format!("by {by}"),
    });
    let since = finding.since.map(|at| format!("since {}", quantity::time(at)));
    match (since, by) {
        (Some(since), Some(by)) => facts.push(format!("{since} {by}")),
        (since, by) => facts.extend(since.or(by)),
    }
    facts.extend(finding.usd_per_day.map(|usd| format!("{usd} USD a day")));
    facts
}

/// `parked since 2026-11-14 18:00 UTC, by anna@laptop`.
pub(super) fn power(report: &DriftReport) -> String {
    let mut words = report.power.to_string();
    let time = |at: Timestamp| format!(" since {}", quantity::time(at));
    words.push_str(&report.since.map(time).unwrap_or_default());
    words.push_str(&report.by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default());
    words
}

/// `2 drift, 1 pending`, or `in sync`.
pub(super) fn summary(report: &DriftReport) -> String {
    counts(|kind| report.count(kind))
}

/// The same for all environments of a run.
pub(super) fn verdict(run: &DriftRun) -> String {
    let mut words = counts(|kind| run.count(kind));
    if !run.failures.is_empty() {
        let failed = format!("{} not looked at", quantity::count(run.failures.len(), "environment"));
        words =
            if run.verdict() == Verdict::NotSeen && words == "in sync" { failed } else { format!("{words}, {failed}") };
    }
    words
}

fn counts(count: impl Fn(FindingKind) -> usize) -> String {
    let counted = |kind: FindingKind| Some(count(kind)).filter(|number| *number > 0).map(|number| (number, kind));
    let parts: Vec<String> = FindingKind::ALL
        .into_iter()
        .filter_map(counted)
        .map(|(number, kind)| format!("{number} {}", kind.as_str()))
        .collect();
    if parts.is_empty() { "in sync".to_owned() } else { parts.join(", ") }
}

/// What a kind means, for headings.
pub(super) fn meaning(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Drift => "the world moved",
        FindingKind::Extra => "nobody declared it",
        FindingKind::Unreadable => "it could not be looked at",
        FindingKind::Pending => "the spec moved",
    }
}
