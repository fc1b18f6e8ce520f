//! A drift run for programs.

use serde::Serialize;
use serde_json::{Value, json as value};

use super::{DriftRun, Verdict};
use crate::model::Place;
use crate::report::{Acceptance, DriftReport, Finding};
use crate::ui::FORMAT_VERSION;

#[derive(Serialize)]
struct FindingDto<'a> {
    kind: &'static str,
    resource: String,
    field: Option<&'a str>,
    wanted: Option<&'a str>,
    found: Option<&'a str>,
    why: &'a str,
    place: Option<&'a Place>,
    since: Option<String>,
    by: Option<&'a str>,
    event: Option<&'a str>,
    usd_per_day: Option<String>,
    mend: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<&'a Acceptance>,
}

/// The run as a value, version [`FORMAT_VERSION`].
pub fn json(run: &DriftRun) -> Value {
    let result = match run.verdict() {
        Verdict::InSync => "in-sync",
        Verdict::Differs => "differs",
        Verdict::NotSeen => "not-seen",
    };
    let failures: Vec<Value> =
        run.failures.iter().map(|(environment, why)| value!({ "environment": environment, "why": why })).collect();
    value!({
        "format_version": FORMAT_VERSION,
        "result": result,
        "environments": run.reports.iter().map(environment).collect::<Vec<_>>(),
        "failures": failures,
        "notes": run.notes,
    })
}

fn environment(report: &DriftReport) -> Value {
    let open = report.findings.iter().map(|one| finding(one, None));
    let accepted = report.accepted.iter().map(|(one, acceptance)| finding(one, Some(acceptance)));
    value!({
        "environment": report.environment,
        "application": report.application,
        "account": report.account,
        "region": report.region,
        "power": report.power,
        "since": report.since.map(|at| at.to_string()),
        "by": report.by,
        "observed_at": report.observed_at.to_string(),
        "in_sync": report.is_in_sync(),
        "findings": open.collect::<Vec<_>>(),
        "accepted": accepted.collect::<Vec<_>>(),
        "resources_as_declared": report.in_sync,
        "notes": report.notes,
    })
}

fn finding<'a>(finding: &'a Finding, accepted: Option<&'a Acceptance>) -> FindingDto<'a> {
    FindingDto {
        kind: finding.kind.as_str(),
        resource: finding.key.to_string(),
        field: finding.field.as_deref(),
        wanted: finding.wanted.as_deref(),
        found: finding.found.as_deref(),
        why: &finding.why,
        place: finding.place.as_ref(),
        since: finding.since.map(|at| at.to_string()),
        by: finding.by.as_deref(),
        event: finding.event.as_deref(),
        usd_per_day: finding.usd_per_day.map(|usd| usd.to_string()),
        mend: &finding.mend,
        accepted,
    }
}
