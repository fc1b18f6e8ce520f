//! For machines, and for the templates of records and announcements, which see the same.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::model::{EntryState, RecordEntry, ReleaseRecord, Standing, short_name};
use crate::store::releases::FoundRecord;
use crate::ui::{FORMAT_VERSION, quantity};

/// One JSON value.
pub fn json(record: &ReleaseRecord) -> String {
    let text = serde_json::to_string_pretty(&dto(record)).unwrap_or_default();
    format!("{text}\n")
}

/// The value that templates see.
pub fn value(record: &ReleaseRecord) -> Value {
    serde_json::to_value(dto(record)).unwrap_or_default()
}

/// The list of records as one JSON value.
pub fn list_json(found: &[FoundRecord]) -> String {
    let one = |found: &FoundRecord| match &found.record {
        Ok(record) => serde_json::to_value(dto(record)).unwrap_or_default(),
        Err(why) => serde_json::json!({ "id": found.id, "environment": found.environment, "damage": why }),
    };
    let list = serde_json::json!({
        "format_version": FORMAT_VERSION,
        "releases": found.iter().map(one).collect::<Vec<_>>(),
    });
    format!("{}\n", serde_json::to_string_pretty(&list).unwrap_or_default())
}

fn dto(record: &ReleaseRecord) -> ReleaseDto<'_> {
    let seconds = record.ended_at.map(|ended| quantity::seconds_between(record.began_at, ended));
    let settings = record.settings.iter().flat_map(|(service, settings)| {
        settings.iter().map(move |(setting, value)| SettingDto { service, setting: setting.to_string(), value })
    });
    let revisions = record.revisions.iter().map(|(service, change)| RevisionDto {
        service,
        before: change.before.as_deref().map(short_name),
        after: change.after.as_deref().map(short_name),
        before_arn: change.before.as_deref(),
        after_arn: change.after.as_deref(),
    });
    ReleaseDto {
        format_version: FORMAT_VERSION,
        id: &record.id,
        environment: &record.environment,
        application: &record.application,
        account: &record.account,
        region: &record.region,
        who: &record.who,
        command: &record.command,
        reason: record.reason.as_deref(),
        state: record.standing.as_str(),
        standing: record.standing.words(),
        sentence: record.standing.sentence(),
        gate: record.standing.gate().map(|gate| gate.as_str()),
        began_at: record.began_at.to_string(),
        deployed_at: record.deployed_at.map(|at| at.to_string()),
        ended_at: record.ended_at.map(|at| at.to_string()),
        took: seconds.map(quantity::duration),
        took_seconds: seconds,
        open_until: match record.standing {
            Standing::Open { until } => Some(quantity::time(until)),
            _ => None,
        },
        settings: settings.collect(),
        revisions: revisions.collect(),
        snapshots: record.snapshots.iter().map(|(database, snapshot)| SnapshotDto { database, snapshot }).collect(),
        checks: record.baseline.iter().map(|(name, figures)| CheckDto { name, figures: numbers(figures) }).collect(),
        entries: record.entries.iter().map(entry).collect(),
        incident_lines: record.incident.as_deref().unwrap_or_default().lines().collect(),
        what_to_do: super::way_on(record),
        verdict: record.verdict.as_ref().map(|verdict| verdict.text.as_str()),
        verdict_by: record.verdict.as_ref().map(|verdict| verdict.who.as_str()),
        verdict_at: record.verdict.as_ref().map(|verdict| verdict.at.to_string()),
    }
}

fn numbers(figures: &crate::model::Figures) -> BTreeMap<&str, Value> {
    let number = |text: String| serde_json::from_str(&text).unwrap_or(Value::Null);
    figures.iter().map(|(name, figure)| (name.as_str(), number(figure.to_string()))).collect()
}

fn entry(entry: &RecordEntry) -> EntryDto<'_> {
    let seconds = entry.ended_at.map(|ended| quantity::seconds_between(entry.began_at, ended));
    EntryDto {
        gate: entry.gate.as_str(),
        what: &entry.what,
        state: entry.state.as_str(),
        passed: entry.state == EntryState::Passed,
        began_at: entry.began_at.to_string(),
        ended_at: entry.ended_at.map(|at| at.to_string()),
        took: seconds.map(quantity::duration),
        took_seconds: seconds,
        evidence: &entry.evidence,
    }
}

#[derive(Serialize)]
struct ReleaseDto<'a> {
    format_version: u32,
    id: &'a str,
    environment: &'a str,
    application: &'a str,
    account: &'a str,
    region: &'a str,
    who: &'a str,
    command: &'a str,
    reason: Option<&'a str>,
    state: &'static str,
    standing: String,
    sentence: String,
    gate: Option<&'static str>,
    began_at: String,
    deployed_at: Option<String>,
    ended_at: Option<String>,
    took: Option<String>,
    took_seconds: Option<u64>,
    open_until: Option<String>,
    settings: Vec<SettingDto<'a>>,
    revisions: Vec<RevisionDto<'a>>,
    snapshots: Vec<SnapshotDto<'a>>,
    /// The baseline: what `verify --against` compares with.
    checks: Vec<CheckDto<'a>>,
    entries: Vec<EntryDto<'a>>,
    incident_lines: Vec<&'a str>,
    what_to_do: Vec<String>,
    verdict: Option<&'a str>,
    verdict_by: Option<&'a str>,
    verdict_at: Option<String>,
}

#[derive(Serialize)]
struct SettingDto<'a> {
    service: &'a str,
    setting: String,
    value: &'a str,
}

#[derive(Serialize)]
struct RevisionDto<'a> {
    service: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    before_arn: Option<&'a str>,
    after_arn: Option<&'a str>,
}

#[derive(Serialize)]
struct SnapshotDto<'a> {
    database: &'a str,
    snapshot: &'a str,
}

#[derive(Serialize)]
struct CheckDto<'a> {
    name: &'a str,
    figures: BTreeMap<&'a str, Value>,
}

#[derive(Serialize)]
struct EntryDto<'a> {
    gate: &'static str,
    what: &'a str,
    state: &'static str,
    passed: bool,
    began_at: String,
    ended_at: Option<String>,
    took: Option<String>,
    took_seconds: Option<u64>,
    evidence: &'a [String],
}
