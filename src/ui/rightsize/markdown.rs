//! A right-sizing for a pull request.

use super::{RightsizingView, words};
use crate::ui::markup::markdown as escaped;

/// One section an environment.
pub fn markdown(reports: &[RightsizingView]) -> String {
    reports.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(view: &RightsizingView) -> String {
    let report = &view.report;
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
    if let Some((applied, since)) = &view.changed {
        let by = escaped(&applied.by);
        out.extend([String::new(), format!("Last change {} by {by}:", applied.at), String::new()]);
        out.extend(["| | changed | before | since |".to_owned(), "|--|--|--|--|".to_owned()]);
        for (key, values, before) in words::changes(applied) {
            let now = since.proposals.iter().find(|proposal| proposal.key == *key);
            let now = now.map(|proposal| words::figures(&proposal.inputs)).unwrap_or_default();
            let cells = [key.to_string(), values, words::figures(before), now];
            out.push(format!("| {} |", cells.map(|cell| escaped(&cell)).join(" | ")));
        }
    }
    out.join("\n") + "\n"
}
