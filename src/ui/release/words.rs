//! What happened when a release did not succeed, and what to do then.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{
    EntryState, Gate, LiveService, RecordEntry, ReleaseRecord, ReleaseVerdict, RevisionChange, Setting, Standing,
    short_name,
};

/// Most lines of a failure that an incident repeats; the record has all.
const MOST_LINES: usize = 8;

/// What happened, a line each: where it failed and why, what was taken back, what runs now, where the data of the start
/// is. `running`: the services of the release as they are now; `None`: they could not be looked at.
pub fn incident(
    record: &ReleaseRecord,
    what: &str,
    why: &[String],
    rollback_failed: &[String],
    running: Option<&BTreeMap<String, LiveService>>,
) -> String {
    let gate = record.standing.gate().unwrap_or(Gate::Before);
    let first = why.first().map(String::as_str).unwrap_or("it is not known why");
    let mut lines = vec![format!("at {gate}, {what}: {first}")];
    lines.extend(why.iter().skip(1).take(MOST_LINES).cloned());
    if why.len() > MOST_LINES + 1 {
        lines.push(format!("and {} more lines in the record", why.len() - MOST_LINES - 1));
    }
    if let Some(why) = rollback_failed.first() {
        lines.push(format!("the rollback failed: {why}"));
        lines.extend(rollback_failed.iter().skip(1).take(MOST_LINES).cloned());
    }
    if record.deployed_at.is_none() {
        lines.push("nothing was deployed".to_owned());
    }
    match running {
        None => lines.push("what runs now could not be looked at".to_owned()),
        Some(running) => lines.extend(running.iter().map(|service| runs(record, service))),
    }
    if record.in_maintenance {
        lines.push("visitors get the maintenance page".to_owned());
    }
    if record.data_is_back {
        lines.push("the data of the start is back, and what was written since is kept beside it".to_owned());
    }
    let data = record.snapshots.iter();
    lines.extend(data.map(|(database, snapshot)| format!("the data of the start: {database} in snapshot {snapshot}")));
    lines.join("\n")
}

/// [`incident`] of a release that was broken off: all that its record can tell, a line each.
pub fn broken_off(record: &ReleaseRecord) -> String {
    let place = match (record.under_way(), record.entries.last()) {
        (Some(entry), _) => format!("at {}, in the middle of: {}", entry.gate, entry.what),
        (None, Some(entry)) => format!("at {}, after: {}", entry.gate, entry.what),
        (None, None) => "before its first step".to_owned(),
    };
    let mut lines = vec![format!("{place}: envctl was killed, or its computer was")];
    if record.deployed_at.is_none() {
        lines.push("nothing was deployed".to_owned());
    }
    for (service, change) in record.revisions.iter().filter(|_| record.deployed_at.is_some()) {
        lines.extend(change.after.iter().map(|after| format!("service {service} was given {}", short_name(after))));
        lines.extend(change.before.iter().map(|before| format!("service {service} ran {} before", short_name(before))));
    }
    if record.in_maintenance {
        lines.push("visitors may get the maintenance page".to_owned());
    }
    let data = record.snapshots.iter();
    lines.extend(data.map(|(database, snapshot)| format!("the data of the start: {database} in snapshot {snapshot}")));
    lines.join("\n")
}

/// What a service runs now, beside what it ran before.
fn runs(record: &ReleaseRecord, (name, service): (&String, &LiveService)) -> String {
    let revision = short_name(&service.task_definition);
    let before = record.revisions.get(name).and_then(|change| change.before.as_deref()).map(short_name);
    let under_way = if service.rollout_state() == Some("IN_PROGRESS") { ", its deployment is under way" } else { "" };
    match before {
        Some(before) if before == revision => format!("service {name} runs {revision}, as before{under_way}"),
        Some(before) => format!("service {name} runs {revision}{under_way}; before the release it ran {before}"),
        None => format!("service {name} runs {revision}{under_way}"),
    }
}

/// What to type next.
pub fn way_on(record: &ReleaseRecord) -> Vec<String> {
    let environment = &record.environment;
    let deployed = record.deployed_at.is_some();
    let page = record.in_maintenance.then(|| format!("to let visitors in again: envctl maintenance off {environment}"));
    let mut hints = match &record.standing {
        Standing::BrokenOff { .. } => after_a_break(record),
        Standing::UnderWay | Standing::Succeeded | Standing::Open { .. } => Vec::new(),
        Standing::RolledBack { .. } => vec!["mend the cause, then release again".to_owned()],
        _ if !deployed => vec!["nothing has to be undone: mend the cause, then release again".to_owned()],
        Standing::RollbackFailed { .. } => back_by_name(record),
        _ if record.standing.gate() == Some(Gate::Deploy) => back_by_name(record),
        _ => vec![format!("back to what ran before: envctl rollback {environment}")],
    };
    hints.extend(page);
    hints.extend(
        record
            .data_is_back
            .then(|| format!("when nobody needs what was written since: envctl snapshot discard-kept {environment}")),
    );
    hints
}

/// What to type next when nobody knows how far the last step came.
fn after_a_break(record: &ReleaseRecord) -> Vec<String> {
    let (environment, id) = (&record.environment, &record.id);
    let mut hints = match record.deployed_at {
        None => vec!["nothing has to be undone: release again".to_owned()],
        Some(_) => vec![format!("what runs now: envctl status {environment}")],
    };
    if record.under_way().is_some_and(|entry| entry.what == ReleaseRecord::DATA_GOES_BACK) {
        hints.push(format!("first let the data arrive, nobody may be served until then: envctl up {environment}"));
    }
    if record.deployed_at.is_some() {
        hints.extend(back_by_name(record));
    }
    if record.verdict.is_none() {
        hints.push(format!("then record it: envctl release close {id} --verdict TEXT"));
    }
    hints
}

/// Back to the revisions of before, by their names: where nobody knows how far the deployment came, a rollback without names
/// could undo the one before it.
fn back_by_name(record: &ReleaseRecord) -> Vec<String> {
    let before = record.revisions.iter().filter_map(|(service, change)| {
        let revision = short_name(change.before.as_deref()?);
        Some(if record.revisions.len() == 1 {
            format!(" --to {revision}")
        } else {
            format!(" --to {service}={revision}")
        })
    });
    let before = before.collect::<String>();
    let environment = &record.environment;
    match before.as_str() {
        "" => vec!["nothing is known to have completed before: mend the cause, then release again".to_owned()],
        named => vec![format!("back to what ran before: envctl rollback {environment}{named}")],
    }
}

/// A record in which everything is there, to try templates with.
pub fn example() -> ReleaseRecord {
    let at = Timestamp::UNIX_EPOCH;
    let settings = [(Setting::Image("web".to_owned()), "repository/app:2".to_owned())].into();
    let revision = RevisionChange { before: Some("family:1".to_owned()), after: Some("family:2".to_owned()) };
    let entry = |state| RecordEntry {
        gate: Gate::Verify,
        what: "checks".to_owned(),
        began_at: at,
        ended_at: Some(at),
        state,
        evidence: vec!["health: passed".to_owned()],
    };
    ReleaseRecord {
        format_version: ReleaseRecord::FORMAT_VERSION,
        id: "19700101T000000Z-0000".to_owned(),
        environment: "staging".to_owned(),
        application: "shop".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-2".to_owned(),
        who: "anna@laptop".to_owned(),
        command: "envctl release staging".to_owned(),
        reason: Some("a reason".to_owned()),
        began_at: at,
        ended_at: Some(at),
        deployed_at: Some(at),
        standing: Standing::RolledBack { gate: Gate::Verify },
        settings: [("web".to_owned(), settings)].into(),
        revisions: [("web".to_owned(), revision)].into(),
        snapshots: [("main".to_owned(), "shop-staging-1".to_owned())].into(),
        baseline: BTreeMap::new(),
        in_maintenance: false,
        data_is_back: false,
        entries: vec![entry(EntryState::Passed), entry(EntryState::Failed)],
        incident: Some("at verify, checks: check health: the page is blank".to_owned()),
        verdict: Some(ReleaseVerdict { at, who: "anna@laptop".to_owned(), text: "fine".to_owned() }),
    }
}

/// The same while the release goes on: nothing that is known at the end is there.
pub fn example_under_way() -> ReleaseRecord {
    let nothing_after = RevisionChange { before: Some("family:1".to_owned()), after: None };
    ReleaseRecord {
        reason: None,
        ended_at: None,
        deployed_at: None,
        standing: Standing::UnderWay,
        revisions: [("web".to_owned(), nothing_after)].into(),
        incident: None,
        verdict: None,
        ..example()
    }
}
