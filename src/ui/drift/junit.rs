//! A drift run as `JUnit` XML: a suite an environment, a case a resource or finding. Follows the strict schema of
//! Apache Ant's `JUnit` task (attributes and their order of elements), which every reader of the looser ones takes.

use super::{DriftRun, words};
use crate::model::ResourceKey;
use crate::report::{Acceptance, DriftReport, Finding, FindingKind};
use crate::ui::markup::xml;

/// The document.
pub fn junit(run: &DriftRun) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for (id, report) in run.reports.iter().enumerate() {
        out.push_str(&suite(id, report));
    }
    for (number, (environment, why)) in run.failures.iter().enumerate() {
        let case = format!(
            "    <testcase name=\"{0}\" classname=\"envctl.drift.{0}\" time=\"0\">\n      <error type=\"not-looked-at\" \
             message=\"{1}\">{1}</error>\n    </testcase>\n",
            xml(environment),
            xml(why)
        );
        let counts = Counts { tests: 1, errors: 1, ..Counts::default() };
        out.push_str(&frame(run.reports.len() + number, environment, "1970-01-01T00:00:00", &counts, &case));
    }
    out.push_str("</testsuites>\n");
    out
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

fn suite(id: usize, report: &DriftReport) -> String {
    let class = format!("envctl.drift.{}", report.environment);
    let mut cases = String::new();
    for key in &report.in_sync {
        cases.push_str(&passed(&class, key));
    }
    for finding in &report.findings {
        cases.push_str(&failed(&class, finding));
    }
    for (finding, accepted) in &report.accepted {
        cases.push_str(&skipped(&class, finding, accepted));
    }
    let errors = report.count(FindingKind::Unreadable);
    let counts = Counts {
        tests: report.in_sync.len() + report.findings.len() + report.accepted.len(),
        failures: report.findings.len() - errors,
        errors,
        skipped: report.accepted.len(),
    };
    let at = report.observed_at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    frame(id, &report.environment, &at, &counts, &cases)
}

fn frame(id: usize, environment: &str, at: &str, counts: &Counts, cases: &str) -> String {
    let Counts { tests, failures, errors, skipped } = counts;
    format!(
        "  <testsuite id=\"{id}\" package=\"envctl\" name=\"drift of {}\" timestamp=\"{at}\" hostname=\"localhost\" \
         tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"0\">\n    \
         <properties/>\n{cases}    <system-out/>\n    <system-err/>\n  </testsuite>\n",
        xml(environment)
    )
}

fn passed(class: &str, key: &ResourceKey) -> String {
    format!("    <testcase name=\"{}\" classname=\"{}\" time=\"0\"/>\n", xml(&key.to_string()), xml(class))
}

fn failed(class: &str, finding: &Finding) -> String {
    let element = if finding.kind == FindingKind::Unreadable { "error" } else { "failure" };
    let mut body = vec![words::sentence(finding)];
    body.extend(words::facts(finding));
    body.push(finding.mend.clone());
    body.extend(finding.place.as_ref().map(ToString::to_string));
    format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"0\">\n      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n    </testcase>\n",
        xml(&finding.subject()),
        xml(class),
        finding.kind.as_str(),
        xml(&words::sentence(finding)),
        xml(&body.join("\n"))
    )
}

fn skipped(class: &str, finding: &Finding, accepted: &Acceptance) -> String {
    let why = format!("accepted until {} by {}: {}", accepted.expires, accepted.author, accepted.reason);
    format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"0\">\n      <skipped message=\"{}\"/>\n    </testcase>\n",
        xml(&finding.subject()),
        xml(class),
        xml(&why)
    )
}
