//! A drift run as SARIF 2.1.0. Every result has a file and a line, without which code scanning shows it nowhere.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{DriftRun, words};
use crate::report::{Acceptance, DriftReport, Finding, FindingKind};

/// GitHub reads 5,000 results of a run and refuses larger files.
const MOST_RESULTS: usize = 5_000;

/// The document.
pub fn sarif(run: &DriftRun) -> Value {
    let mut results: Vec<Value> = Vec::new();
    for report in &run.reports {
        results.extend(report.findings.iter().map(|finding| result(report, finding, None)));
        results.extend(report.accepted.iter().map(|(finding, accepted)| result(report, finding, Some(accepted))));
    }
    results.truncate(MOST_RESULTS);
    let failures: Vec<Value> = run
        .failures
        .iter()
        .map(|(environment, why)| json!({ "level": "error", "message": { "text": format!("{environment}: {why}") } }))
        .collect();
    let rules: Vec<Value> = FindingKind::ALL.into_iter().map(rule).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "envctl",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
            "invocations": [{
                "executionSuccessful": failures.is_empty(),
                "toolExecutionNotifications": failures,
            }],
        }],
    })
}

fn rule(kind: FindingKind) -> Value {
    json!({
        "id": kind.as_str(),
        "name": format!("Environment{}", capitalised(kind.as_str())),
        "shortDescription": { "text": format!("{}: {}", capitalised(kind.as_str()), words::meaning(kind)) },
        "defaultConfiguration": { "level": level(kind) },
    })
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn level(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Drift => "error",
        FindingKind::Extra | FindingKind::Unreadable => "warning",
        FindingKind::Pending => "note",
    }
}

fn result(report: &DriftReport, finding: &Finding, accepted: Option<&Acceptance>) -> Value {
    let (file, line, column) = match &finding.place {
        Some(place) => (place.file.clone(), place.line.max(1), place.column.max(1)),
        None => (format!("environments/{}.yaml", report.environment), 1, 1),
    };
    let index = FindingKind::ALL.iter().position(|kind| *kind == finding.kind);
    let facts: String = words::facts(finding).iter().map(|fact| format!(" ({fact})")).collect();
    let text = format!("{}: {}{facts}. {}", report.environment, words::sentence(finding), finding.mend);
    let suppressions: Vec<Value> = accepted
        .map(|one| json!({ "kind": "external", "justification": format!("{} ({})", one.reason, one.author) }))
        .into_iter()
        .collect();
    json!({
        "ruleId": finding.kind.as_str(),
        "ruleIndex": index,
        "level": level(finding.kind),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&file) },
            "region": { "startLine": line, "startColumn": column },
        } }],
        "partialFingerprints": { "envctl/v1": fingerprint(report, finding) },
        "suppressions": suppressions,
    })
}

/// The same for the same difference in every run, wherever the line moves.
fn fingerprint(report: &DriftReport, finding: &Finding) -> String {
    let identity = [&report.account, &report.environment, finding.kind.as_str(), &finding.subject()].join("\n");
    Sha256::digest(identity).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A relative path as a URI reference.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
