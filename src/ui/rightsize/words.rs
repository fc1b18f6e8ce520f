//! What the text and Markdown of a right-sizing have in common.

use crate::model::ResourceKey;
use crate::report::rightsize::{Applied, Proposal, Rightsizing, Verdict};
use crate::report::rounded;
use crate::ui::quantity;

/// `window 2026-11-08 08:00 UTC to 2026-11-22 08:00 UTC in periods of 300 s; …`.
pub(super) fn origin(report: &Rightsizing) -> String {
    let window = report.window;
    let hours: i64 = report.evidence.running.iter().map(|span| span.within(window.span).seconds()).sum();
    let starts = &report.evidence.starts;
    let starts = starts.iter().filter(|at| window.span.from <= **at && **at < window.span.to).count();
    let up = quantity::duration(u64::try_from(hours).unwrap_or(0));
    format!(
        "{} to {} in periods of {} s; known to be up for {up} of it, {} after which 10 minutes do not count; prices of {}",
        quantity::time(window.span.from),
        quantity::time(window.span.to),
        window.period_seconds,
        quantity::count(starts, "deployment"),
        report.region
    )
}

/// `0.5 vCPU 2 GB fits`, `2 vCPU 8 GB to 1 vCPU 3 GB`.
pub(super) fn proposed(proposal: &Proposal) -> String {
    match (&proposal.proposed, proposal.verdict) {
        (Some(to), _) => format!("{} to {to}", proposal.now),
        (None, Verdict::InsufficientData) => format!("{}: insufficient data", proposal.now),
        (None, _) => format!("{} fits", proposal.now),
    }
}

/// `saves 45.77 USD a month always on`; `None`: nothing changes, or a price is missing.
pub(super) fn saving(proposal: &Proposal) -> Option<String> {
    let saved = proposal.saved_usd_per_month?;
    let figure = rounded(saved.abs(), 2);
    Some(if saved.is_sign_negative() {
        format!("costs {figure} USD a month more, always on")
    } else {
        format!("saves {figure} USD a month, always on")
    })
}

/// `cpu: 1024, memory: 3072`; empty: nothing is to be written.
pub(super) fn fields(proposal: &Proposal) -> String {
    let fields = proposal.fields.iter().map(|(field, value)| format!("{field}: {value}"));
    fields.collect::<Vec<_>>().join(", ")
}

/// `CPU points 4032; CPU p99.5 40 %`.
pub(super) fn figures(figures: &[(String, String)]) -> String {
    figures.iter().map(|(name, figure)| format!("{name} {figure}")).collect::<Vec<_>>().join("; ")
}

/// A resource, its values in words, its figures before.
type Changed<'a> = (&'a ResourceKey, String, &'a [(String, String)]);

/// Each resource of a change: its values in words (`cpu 2048 to 1024, memory 8192 to 3072`) and its figures before.
pub(super) fn changes(applied: &Applied) -> Vec<Changed<'_>> {
    let mut found: Vec<Changed<'_>> = Vec::new();
    for change in &applied.changes {
        let words = format!("{} {} to {}", change.field, change.from, change.to);
        match found.iter_mut().find(|(key, ..)| **key == change.key) {
            Some((_, values, _)) => *values = format!("{values}, {words}"),
            None => found.push((&change.key, words, &change.before)),
        }
    }
    found
}
