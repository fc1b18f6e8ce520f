//! One row a resource: its state in a word or two, since when, and what to know.

use anstyle::Style;
use jiff::Timestamp;

use crate::model::{
    DatabaseState, Desired, FileMark, FileMarkState, FileSystemSpec, Live, LiveAccessPoint, LiveAlarm, LiveDatabase,
    LiveRule, LiveScaling, LiveService, Maintenance, ResourceKind, RuleAction, Sighting, Sightings, TAG_RESOURCE,
    Throughput, short_name,
};
use crate::ui::style;

/// A resource as the status shows it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) resource: String,
    pub(super) state: String,
    pub(super) style: Style,
    pub(super) since: Option<Timestamp>,
    pub(super) detail: String,
}

const NOT_THERE: &str = "not there";
const NOT_LOOKED_AT: &str = "not looked at";

/// What is known of a present resource: state, style, since when, detail.
type Seen = (String, Style, Option<Timestamp>, String);

/// Every resource of the spec, in reading order.
pub(super) fn rows(desired: &Desired, live: &Live) -> Vec<Row> {
    let mut rows = Vec::new();
    let kinds = ResourceKind::ALL;
    for kind in kinds {
        match kind {
            ResourceKind::Database => {
                collect(&mut rows, kind, desired.databases.keys(), &live.databases, database);
                rows.extend(live.beside.iter().map(beside));
            }
            ResourceKind::Secret => collect(&mut rows, kind, desired.databases.keys(), &live.secrets, |secret| {
                let (word, style) = match secret.deletes_at {
                    Some(_) => ("going", style::CAUTION),
                    None => ("there", style::GOOD),
                };
                (word.to_owned(), style, secret.changed_at, secret.secret_name.clone())
            }),
            ResourceKind::FileSystem => {
                collect(&mut rows, kind, desired.file_systems.keys(), &live.file_systems, |system| {
                    let detail = format!("{}, {}", system.id, throughput(system.throughput));
                    (system.state.clone(), available(&system.state), system.created_at, detail)
                });
            }
            ResourceKind::AccessPoint => {
                collect(&mut rows, kind, desired.access_points.keys(), &live.access_points, access_point);
            }
            ResourceKind::LogGroup => collect(&mut rows, kind, desired.log_groups.keys(), &live.log_groups, |group| {
                let kept = group.retention_days.map_or("for ever".to_owned(), |days| format!("{days} days"));
                ("there".to_owned(), style::GOOD, None, format!("{}, kept {kept}", group.log_group_name))
            }),
            ResourceKind::Service => collect(&mut rows, kind, desired.services.keys(), &live.services, service),
            ResourceKind::ScalableTarget => {
                let scaled = desired.services.iter().filter(|(_, spec)| spec.scaling.is_some()).map(|(name, _)| name);
                collect(&mut rows, kind, scaled, &live.scaling, scaling);
            }
            ResourceKind::TargetGroup => {
                collect(&mut rows, kind, desired.target_groups.keys(), &live.target_groups, |group| {
                    ("there".to_owned(), style::GOOD, None, group.target_group_name.clone())
                });
            }
            ResourceKind::Alarm => collect(&mut rows, kind, desired.alarms.keys(), &live.alarms, alarm),
            ResourceKind::Dashboard => {
                collect(&mut rows, kind, desired.dashboards.keys(), &live.dashboards, |dashboard| {
                    ("there".to_owned(), style::GOOD, None, dashboard.dashboard_name.clone())
                });
            }
            ResourceKind::ListenerRule => collect(&mut rows, kind, desired.rules.keys(), &live.rules, rule),
            _ => {}
        }
    }
    for row in &mut rows {
        let borrowed = row
            .resource
            .strip_prefix("file-system/")
            .and_then(|name| desired.file_systems.get(name))
            .is_some_and(|spec| matches!(spec, FileSystemSpec::Borrowed { .. }));
        // Its id is known from before, so that a short look does without it.
        if borrowed && row.state == NOT_LOOKED_AT {
            "borrowed".clone_into(&mut row.state);
        } else if borrowed && !row.detail.is_empty() {
            row.detail.push_str(", borrowed");
        }
    }
    rows
}

fn collect<'a, T>(
    rows: &mut Vec<Row>,
    kind: ResourceKind,
    names: impl Iterator<Item = &'a String>,
    sightings: &Sightings<T>,
    seen: impl Fn(&T) -> Seen,
) {
    for name in names {
        let (state, style, since, detail) = match sightings.get(name) {
            Some(Sighting::Present(thing)) => seen(thing),
            Some(Sighting::Absent) => (NOT_THERE.to_owned(), style::FAINT, None, String::new()),
            Some(Sighting::Unreadable { why }) => ("unreadable".to_owned(), style::BAD, None, why.clone()),
            None => (NOT_LOOKED_AT.to_owned(), style::FAINT, None, String::new()),
        };
        rows.push(Row { resource: format!("{kind}/{name}"), state, style, since, detail });
    }
}

fn database(database: &LiveDatabase) -> Seen {
    let style = match database.state() {
        DatabaseState::Available => style::GOOD,
        DatabaseState::Stopped => style::FAINT,
        DatabaseState::BackingUp | DatabaseState::Busy | DatabaseState::Deleting => style::CAUTION,
        DatabaseState::Broken => style::BAD,
    };
    let mut detail = format!(
        "{}, {} {}, {}, {} GiB",
        database.identifier, database.engine, database.engine_version, database.class, database.storage_gib
    );
    for (field, value) in &database.pending {
        detail.push_str(&format!("; pending: {field} → {value}"));
    }
    (database.status.clone(), style, database.created_at, detail)
}

fn access_point(point: &LiveAccessPoint) -> Seen {
    let mut detail = format!("{} of {}", point.path, point.file_system_id);
    match FileMark::of(&point.tags) {
        Some(mark) if mark.is_due() => {
            detail.push_str(&format!("; the files of snapshot {} are on their way", mark.id));
        }
        Some(FileMark { state: FileMarkState::Done, .. }) => {
            detail.push_str("; its former content stays beside it until `snapshot discard-former`");
        }
        _ => {}
    }
    (point.state.clone(), available(&point.state), None, detail)
}

/// A database beside the declared one: kept and billed since a rollback, or about to take its place.
fn beside(found: &LiveDatabase) -> Row {
    let (state, style, since, detail) = database(found);
    let of = found.tags.get(TAG_RESOURCE).cloned().unwrap_or_default();
    let (word, why) = match found.is_kept() {
        true => ("kept", "billed until `snapshot discard-kept`"),
        false => ("new", "to take its place"),
    };
    Row { resource: format!("{of} ({word})"), state, style, since, detail: format!("{detail}; {why}") }
}

fn service(service: &LiveService) -> Seen {
    let (running, desired) = (service.running_count, service.desired_count);
    let (state, style) = match (service.is_active(), running, desired) {
        // ECS remembers deleted services for a while.
        (false, ..) => return (NOT_THERE.to_owned(), style::FAINT, None, String::new()),
        (true, 0, 0) => ("0 tasks".to_owned(), style::FAINT),
        (true, running, desired) if running == desired => (format!("{running} running"), style::GOOD),
        (true, running, desired) => (format!("{running} of {desired} running"), style::CAUTION),
    };
    let revision = short_name(&service.task_definition);
    let mut detail = format!("{}, {revision}", service.service_name);
    if let Some(rollout) = service.rollout_state().filter(|rollout| *rollout != "COMPLETED") {
        detail.push_str(&format!("; deployment {}", rollout.to_lowercase().replace('_', " ")));
    }
    (state, style, service.created_at, detail)
}

fn scaling(scaling: &LiveScaling) -> Seen {
    let (word, style) = if scaling.suspended { ("suspended", style::FAINT) } else { ("on", style::GOOD) };
    (word.to_owned(), style, None, format!("{} to {} tasks", scaling.min, scaling.max))
}

fn rule(rule: &LiveRule) -> Seen {
    let in_maintenance = rule.tags.as_ref().and_then(Maintenance::of).is_some();
    let (state, style) = match rule.actions.last() {
        Some(RuleAction::Forward { .. }) => ("forwards".to_owned(), style::GOOD),
        Some(RuleAction::FixedResponse { status_code, .. }) if in_maintenance => {
            (format!("maintenance page, {status_code}"), style::CAUTION)
        }
        Some(RuleAction::FixedResponse { status_code, .. }) => (format!("asleep page, {status_code}"), style::FAINT),
        Some(RuleAction::Other { .. }) | None => ("something else".to_owned(), style::CAUTION),
    };
    let priority = rule.priority.map_or("default rule".to_owned(), |priority| format!("priority {priority}"));
    (state, style, None, priority)
}

/// Its state, and whether anybody would hear of it.
fn alarm(alarm: &LiveAlarm) -> Seen {
    let (state, style) = match (alarm.state.as_str(), alarm.actions_enabled) {
        ("ALARM", true) => ("alarm", style::BAD),
        ("ALARM", false) => ("alarm", style::FAINT),
        ("OK", true) => ("ok", style::GOOD),
        ("OK", false) => ("ok", style::FAINT),
        _ => ("no data", style::FAINT),
    };
    let actions = if alarm.actions_enabled { "on" } else { "off" };
    (state.to_owned(), style, None, format!("{}, actions {actions}", alarm.spec.alarm_name))
}

fn available(state: &str) -> Style {
    if state == "available" { style::GOOD } else { style::CAUTION }
}

fn throughput(throughput: Throughput) -> String {
    match throughput {
        Throughput::Bursting => "bursting".to_owned(),
        Throughput::Provisioned(mib) => format!("provisioned {mib} MiB/s"),
        Throughput::Elastic => "elastic".to_owned(),
    }
}
