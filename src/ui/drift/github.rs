//! A drift run for a GitHub workflow: annotations on the lines of the spec, the step summary, the body of a comment,
//! and the step's outputs. The limits are GitHub's (`field.md`, CI): 10 annotations of a type in a step, the rest
//! hidden; a summary of 1 MiB, beyond which it is thrown away; a comment of 65,536 characters.

use super::{DriftRun, Verdict, markdown, words};
use crate::report::{DriftReport, Finding, FindingKind};

/// Annotations of one type that GitHub shows in a step.
const MOST_ANNOTATIONS: usize = 10;
/// Bytes of a step summary: under 1 MiB, with room for what other commands of the step write.
const SUMMARY_BYTES: usize = 900 * 1024;
/// Bytes of a comment: under 64 kB.
const COMMENT_BYTES: usize = 60_000;
/// By this line a workflow finds its own comment again, to write over it.
const COMMENT_MARK: &str = "<!-- envctl drift -->\n";

/// Workflow commands, at most ten of a type: the last one says how many more there are.
pub fn annotations(run: &DriftRun) -> String {
    let mut out = String::new();
    for kind in ["error", "warning", "notice"] {
        let failures = run.failures.iter().filter(|_| kind == "error").map(|(environment, why)| {
            (format!("title={}", property(&format!("{environment} was not looked at"))), why.clone())
        });
        let findings = run.reports.iter().flat_map(|report| report.findings.iter().map(move |one| (report, one)));
        let findings =
            findings.filter(|(_, finding)| level(finding.kind) == kind).map(|(report, one)| command(report, one));
        let all: Vec<(String, String)> = failures.chain(findings).collect();
        let shown = if all.len() > MOST_ANNOTATIONS { MOST_ANNOTATIONS - 1 } else { all.len() };
        for (properties, message) in &all[..shown] {
            out.push_str(&format!("::{kind} {properties}::{}\n", data(message)));
        }
        if all.len() > shown {
            let more = format!("and {} more; see the summary of the step", all.len() - shown);
            out.push_str(&format!("::{kind} title=envctl drift::{}\n", data(&more)));
        }
    }
    out
}

/// Markdown for `$GITHUB_STEP_SUMMARY`.
pub fn step_summary(run: &DriftRun) -> String {
    markdown(run, SUMMARY_BYTES)
}

/// Markdown for a comment on a pull request.
pub fn comment(run: &DriftRun) -> String {
    format!("{COMMENT_MARK}{}", markdown(run, COMMENT_BYTES))
}

/// Lines for `$GITHUB_OUTPUT`.
pub fn outputs(run: &DriftRun) -> String {
    let result = match run.verdict() {
        Verdict::InSync => "in-sync",
        Verdict::Differs => "differs",
        Verdict::NotSeen => "not-seen",
    };
    let count = |kind: FindingKind| format!("{}={}\n", kind.as_str(), run.count(kind));
    let counts: String = FindingKind::ALL.into_iter().map(count).collect();
    format!("result={result}\n{counts}")
}

fn level(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Drift => "error",
        FindingKind::Extra | FindingKind::Unreadable => "warning",
        FindingKind::Pending => "notice",
    }
}

fn command(report: &DriftReport, finding: &Finding) -> (String, String) {
    let title = format!("title={}", property(&format!("{} of {}", finding.kind.as_str(), report.environment)));
    let properties = match &finding.place {
        Some(place) => format!("file={},line={},col={},{title}", property(&place.file), place.line, place.column),
        None => format!("file={},line=1,{title}", property(&format!("environments/{}.yaml", report.environment))),
    };
    let facts: String = words::facts(finding).iter().map(|fact| format!("; {fact}")).collect();
    (properties, format!("{}{facts}\n{}", words::sentence(finding), finding.mend))
}

/// Escapes the message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
