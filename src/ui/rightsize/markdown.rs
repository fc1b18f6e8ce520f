//! A right-sizing for a pull request.

use super::words;
use crate::report::rightsize::Rightsizing;
use crate::ui::markup::markdown as escaped;

/// One section an environment.
pub fn markdown(reports: &[Rightsizing]) -> String {
    reports.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(report: &Rightsizing) -> String {
    let mut out = vec![
        format!("### Right sizes of {}", escaped(&report.environment)),
        String::new(),
        format!("{}.", escaped(&words::origin(report))),
        String::new(),
        "| | proposal | money | why | risk | lacks |".to_owned(),
        "|--|--|--|--|--|--|".to_owned(),
    ];
    for proposal in &report.proposals {
        let cells = [
            proposal.key.to_string(),
            words::proposed(proposal),
            words::saving(proposal).unwrap_or_default(),
            proposal.reasons.join("; "),
            proposal.risk.clone(),
            proposal.lacks.join("; "),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        out.push(format!("| {} |", cells.join(" | ")));
    }
    for proposal in &report.proposals {
        out.extend([String::new(), format!("{}, reckoned from:", escaped(&proposal.key.to_string())), String::new()]);
        let inputs = proposal.inputs.iter();
        out.extend(inputs.map(|(name, figure)| format!("- {}: {}", escaped(name), escaped(figure))));
    }
    out.join("\n") + "\n"
}
