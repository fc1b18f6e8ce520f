//! A drift run for pull requests and wikis. Sections begin at the third level, long parts are folded.

use super::{DriftRun, words};
use crate::report::{DriftReport, Finding};
use crate::ui::markup::markdown as escaped;
use crate::ui::quantity;

/// The run, in at most `limit` bytes: what has no room is counted, never silently dropped.
pub fn markdown(run: &DriftRun, limit: usize) -> String {
    let mut out = format!("### Drift: {}\n", words::verdict(run));
    // Room for the sentence that says what was left out.
    let room = limit.saturating_sub(200);
    let mut left_out = 0;
    for (environment, why) in &run.failures {
        let line = format!("\n**{}** could not be looked at: {}\n", escaped(environment), escaped(why));
        left_out += usize::from(!push(&mut out, &line, room));
    }
    let (differing, in_sync): (Vec<&DriftReport>, Vec<&DriftReport>) =
        run.reports.iter().partition(|report| !report.is_in_sync() || !report.accepted.is_empty());
    for report in differing {
        left_out += section(report, &mut out, room);
    }
    if !in_sync.is_empty() {
        let names: Vec<String> = in_sync
            .iter()
            .map(|report| format!("- {} ({})", escaped(&report.environment), escaped(&words::power(report))))
            .collect();
        let fold = format!(
            "\n<details><summary>{} in sync</summary>\n\n{}\n\n</details>\n",
            quantity::count(in_sync.len(), "environment"),
            names.join("\n")
        );
        push(&mut out, &fold, room);
    }
    for note in &run.notes {
        push(&mut out, &format!("\n{}\n", escaped(note)), room);
    }
    if left_out > 0 {
        out.push_str(&format!("\n… and {left_out} more, left out because the text would become too long.\n"));
    }
    out
}

/// Writes the section of an environment; how many findings had no room?
fn section(report: &DriftReport, out: &mut String, room: usize) -> usize {
    let head = format!(
        "\n#### {}: {}\n\n{}, account {}, {}\n",
        escaped(&report.environment),
        words::summary(report),
        escaped(&words::power(report)),
        report.account,
        report.region
    );
    let mut left_out = 0;
    if !push(out, &head, room) {
        return report.findings.len();
    }
    if !report.findings.is_empty() {
        let table = "\n| | resource | wanted | found | what to know | declared at |\n|--|--|--|--|--|--|\n";
        let open = push(out, table, room);
        for finding in &report.findings {
            left_out += usize::from(!(open && push(out, &row(finding), room)));
        }
    }
    for (finding, accepted) in &report.accepted {
        let words = format!(
            "\nAccepted: {} until {} by {}: {}\n",
            escaped(&finding.subject()),
            accepted.expires,
            escaped(&accepted.author),
            escaped(&accepted.reason)
        );
        left_out += usize::from(!push(out, &words, room));
    }
    for note in &report.notes {
        push(out, &format!("\n{}\n", escaped(note)), room);
    }
    left_out
}

fn row(finding: &Finding) -> String {
    let text = |text: &Option<String>| escaped(text.as_deref().unwrap_or(""));
    let mut about = vec![escaped(&finding.why)];
    about.extend(words::facts(finding).iter().map(|fact| escaped(fact)));
    about.push(escaped(&finding.mend));
    let place = finding.place.as_ref().map(|place| escaped(&format!("{}:{}", place.file, place.line)));
    format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        finding.kind.as_str(),
        escaped(&finding.subject()),
        text(&finding.wanted),
        text(&finding.found),
        about.join("<br>"),
        place.unwrap_or_default()
    )
}

fn push(out: &mut String, text: &str, room: usize) -> bool {
    let fits = out.len() + text.len() <= room;
    if fits {
        out.push_str(text);
    }
    fits
}
