//! A right-sizing for people.

use super::RightsizingView;
use super::words;
use crate::report::rightsize::{Applied, Proposal, Rightsizing, Verdict};
use crate::ui::{Ui, quantity, style, wrap};

/// One report below the other.
pub fn text(reports: &[RightsizingView], ui: &Ui) -> String {
    reports.iter().map(|view| one(view, ui)).collect::<Vec<_>>().join("\n")
}

fn one(view: &RightsizingView, ui: &Ui) -> String {
    let report = &view.report;
    let first = format!("{}: ", style::paint(style::HEADING, &report.environment));
    let mut out = vec![wrap::hanging(&first, &words::origin(report), ui.width)];
    if report.proposals.is_empty() {
        out.push(String::new());
        out.push("nothing here has a size".to_owned());
    }
    for proposal in &report.proposals {
        out.push(String::new());
        out.extend(proposal_lines(proposal, ui));
    }
    if let Some((applied, since)) = &view.changed {
        out.push(String::new());
        out.extend(changed(applied, since, ui));
    }
    out.join("\n") + "\n"
}

/// The last change: its values, and the figures before it and since.
fn changed(applied: &Applied, since: &Rightsizing, ui: &Ui) -> Vec<String> {
    let heading = format!("last change {} by {}", quantity::time(applied.at), applied.by);
    let mut out = vec![style::paint(style::HEADING, heading)];
    for (key, values, before) in words::changes(applied) {
        let first = format!("{} ", style::paint(style::NAME, key));
        out.push(wrap::hanging(&first, &values, ui.width));
        out.push(wrap::hanging("  before    ", &words::figures(before), ui.width));
        let now = since.proposals.iter().find(|proposal| proposal.key == *key);
        let now = now.map(|proposal| words::figures(&proposal.inputs)).unwrap_or_default();
        out.push(wrap::hanging("  since     ", &now, ui.width));
    }
    let back = format!("`envctl rightsize {} --back` takes it back", since.environment);
    out.push(style::paint(style::FAINT, wrap::hanging("", &back, ui.width)));
    out
}

fn proposal_lines(proposal: &Proposal, ui: &Ui) -> Vec<String> {
    let colour = match proposal.verdict {
        Verdict::Keep => style::GOOD,
        Verdict::Up => style::BAD,
        Verdict::Down | Verdict::Change | Verdict::InsufficientData => style::CAUTION,
    };
    let first = format!("{} ", style::paint(style::NAME, &proposal.key));
    let proposed = style::paint(colour, words::proposed(proposal));
    let mut out = vec![wrap::hanging(&first, &proposed, ui.width)];
    let mut line = |name: &str, text: &str| out.push(wrap::hanging(&format!("  {name:10}"), text, ui.width));
    if let Some(saving) = words::saving(proposal) {
        line("money", &saving);
    }
    for reason in &proposal.reasons {
        line("because", reason);
    }
    if !proposal.risk.is_empty() {
        line("risk", &proposal.risk);
    }
    for lack in &proposal.lacks {
        line("lacks", lack);
    }
    let fields = words::fields(proposal);
    if !fields.is_empty() {
        line("spec", &fields);
    }
    line("from", &words::figures(&proposal.inputs));
    out
}
