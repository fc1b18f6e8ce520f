//! A right-sizing for people.

use super::words;
use crate::report::rightsize::{Proposal, Rightsizing, Verdict};
use crate::ui::{Ui, style, wrap};

/// One report below the other.
pub fn text(reports: &[Rightsizing], ui: &Ui) -> String {
    reports.iter().map(|report| one(report, ui)).collect::<Vec<_>>().join("\n")
}

fn one(report: &Rightsizing, ui: &Ui) -> String {
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
    out.join("\n") + "\n"
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
    let inputs: Vec<String> = proposal.inputs.iter().map(|(name, figure)| format!("{name} {figure}")).collect();
    line("from", &inputs.join("; "));
    out
}
