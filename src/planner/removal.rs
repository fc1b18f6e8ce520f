//! What `destroy` removes, users before what they use: rules, services, target groups, databases, the rest.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{
    Action, FileSystemSpec, NoteKind, ResourceKey, ResourceKind, Sighting, StepId, Subject, Until, Wait, present,
};

use super::database_sleep;
use super::draft::{Draft, NewStep};
use super::durations;
use super::file_system::is_leaving;
use super::files;
use super::safety;
use super::scaling;
use super::service_sleep;
use super::situation::{Found, Situation, key, refuse_unreadable};
use super::warming::warming_key;

/// Why everything goes.
pub(super) const GOES: &str = "the environment is destroyed";

/// Deletes the alarms, before anything that they watch.
pub(super) fn alarms(s: &Situation, draft: &mut Draft) {
    let mut silent = Vec::new();
    for name in s.desired.alarms.keys() {
        let key = key(ResourceKind::Alarm, name);
        let Found::Ours(live) = s.look(draft, &key, &s.live.alarms) else { continue };
        let alarm_name = live.spec.alarm_name.clone();
        if let Err(why) = safety::may_delete(s, &alarm_name, live.tags.as_ref()) {
            draft.note(Some(key), NoteKind::NotDone, why);
            continue;
        }
        let title = format!("delete alarm {alarm_name}");
        let action = Action::DeleteAlarm { key: key.clone(), alarm_name };
        silent.push(draft.add(NewStep::new(format!("delete-{key}"), title, action).because(GOES)));
    }
    if !silent.is_empty() {
        draft.set_gate(silent);
    }
}

/// Deletes the rules: nothing reaches the environment any more. A warming rule goes before its rule, behind which
/// nobody reaches it: what it forwards to may hold foreign data that is not clean.
pub(super) fn rules(s: &Situation, draft: &mut Draft) -> Vec<StepId> {
    let mut closed = Vec::new();
    for name in s.desired.rules.keys() {
        let main = key(ResourceKind::ListenerRule, name);
        let warming = warming_key(&main);
        let found = s.look(draft, &main, &s.live.rules);
        let warms = s.live.rules.get(&warming.name).and_then(Sighting::present);
        let main = match found {
            Found::Ours(live) => Some((main, live)),
            Found::Absent | Found::Blocked => None,
        };
        let mut before = Vec::new();
        for (key, live) in warms.map(|live| (warming, live)).into_iter().chain(main) {
            let action = Action::DeleteRule { key: key.clone(), arn: live.arn.clone() };
            let title = format!("delete rule {}", key.name);
            let step = NewStep::new(format!("delete-{key}"), title, action).because(GOES).after(before.clone());
            before.push(draft.add(step));
        }
        closed.extend(before);
    }
    closed
}

/// Removes autoscaling, stops the tasks and deletes the services; the steps after which no task runs.
pub(super) fn services(s: &Situation, closed: &[StepId], draft: &mut Draft) -> Vec<StepId> {
    let mut idle = Vec::new();
    for name in s.desired.services.keys() {
        let target = key(ResourceKind::ScalableTarget, name);
        let key = key(ResourceKind::Service, name);
        let mut before = closed.to_vec();
        match s.live.scaling.get(name) {
            Some(Sighting::Present(live)) => before.push(scaling::deregister(&target, live, GOES, Vec::new(), draft)),
            Some(Sighting::Unreadable { why }) => refuse_unreadable(draft, &target, why),
            Some(Sighting::Absent) | None => {}
        }
        let Found::Ours(live) = s.look(draft, &key, &s.live.services) else { continue };
        if !live.is_active() {
            continue;
        }
        let drained = service_sleep::drain_one(s, &key, live, service_sleep::SLEEPS, before, draft);
        idle.push(delete_service(&key, &live.cluster, &live.service_name, drained, draft));
    }
    idle
}

/// Deletes the target groups, which no rule and no service uses any more.
pub(super) fn target_groups(s: &Situation, closed: &[StepId], idle: &[StepId], draft: &mut Draft) {
    for name in s.desired.target_groups.keys() {
        let key = key(ResourceKind::TargetGroup, name);
        if let Found::Ours(live) = s.look(draft, &key, &s.live.target_groups) {
            let action = Action::DeleteTargetGroup { key: key.clone(), arn: live.arn.clone() };
            let title = format!("delete target group {}", live.target_group_name);
            let after = closed.iter().chain(idle).cloned();
            draft.add(NewStep::new(format!("delete-{key}"), title, action).because(GOES).after(after));
        }
    }
}

/// Deletes the databases, each after a snapshot; the steps after which they are gone.
pub(super) fn databases(s: &Situation, idle: &[StepId], draft: &mut Draft) -> Vec<StepId> {
    let mut emptied = Vec::new();
    for name in s.desired.databases.keys() {
        let key = key(ResourceKind::Database, name);
        if let Found::Ours(live) = s.look(draft, &key, &s.live.databases) {
            emptied.extend(database_sleep::remove(s, &key, live, idle, GOES, draft));
        }
    }
    emptied
}

/// Deletes the secrets, which can be called back for 7 days, of databases that are gone.
pub(super) fn secrets(s: &Situation, emptied: &[StepId], draft: &mut Draft) {
    for name in s.desired.databases.keys() {
        let key = key(ResourceKind::Secret, name);
        let Found::Ours(live) = s.look(draft, &key, &s.live.secrets) else { continue };
        if let Some(until) = live.deletes_at {
            let until = until.strftime("%Y-%m-%d %H:%M UTC");
            let text = format!("{} is deleted for good on {until}; an `up` before calls it back", live.secret_name);
            draft.note(Some(key), NoteKind::Kept, text);
        } else if let Err(why) = safety::may_delete_data(s, name, draft) {
            draft.note(Some(key), NoteKind::NotDone, why);
        } else {
            let action = Action::DeleteSecret { key: key.clone(), secret_arn: live.arn.clone() };
            let title = format!("delete secret {}, to be called back for 7 days", live.secret_name);
            let step = NewStep::new(format!("delete-{key}"), title, action).because(GOES);
            draft.add(step.after(emptied.iter().cloned()));
        }
    }
}

/// Deletes the access points. The directories and what is in them stay, and are billed.
pub(super) fn access_points(s: &Situation, idle: &[StepId], draft: &mut Draft) {
    for name in s.desired.access_points.keys() {
        let key = key(ResourceKind::AccessPoint, name);
        let Found::Ours(live) = s.look(draft, &key, &s.live.access_points) else { continue };
        if is_leaving(&live.state) {
            continue;
        }
        let text = format!("the directory {} of {} and what is in it stay", live.path, live.file_system_id);
        draft.note(Some(key.clone()), NoteKind::Kept, text);
        let action = Action::DeleteAccessPoint { key: key.clone(), access_point_id: live.id.clone() };
        let title = format!("delete access point {}", live.id);
        let after = idle.iter().cloned().chain(draft.files_taken());
        draft.add(NewStep::new(format!("delete-{key}"), title, action).because(GOES).after(after));
    }
}

/// Deletes owned file systems whose newest files are in a recovery point of this run; others only when the data is to
/// go too, for there is no snapshot of them.
pub(super) fn file_systems(s: &Situation, delete_data: bool, draft: &mut Draft) {
    for (name, spec) in &s.desired.file_systems {
        let key = key(ResourceKind::FileSystem, name);
        if !matches!(spec, FileSystemSpec::Owned { .. }) {
            continue;
        }
        let Found::Ours(live) = s.look(draft, &key, &s.live.file_systems) else { continue };
        let others = s.live.foreign_access_points.get(name).copied().unwrap_or_default();
        if is_leaving(&live.state) {
            continue;
        } else if others > 0 {
            let text = format!("{} stays: {others} access points of others are on it", live.id);
            draft.note(Some(key), NoteKind::NotDone, text);
        } else if let Some(kept) = files::taken_of(s, name, draft) {
            delete_file_system(s, &key, &live.id, Some(kept), draft);
        } else if !delete_data {
            let text =
                format!("{} and its files stay and are billed; `destroy --delete-snapshots` deletes them", live.id);
            draft.note(Some(key), NoteKind::Kept, text);
        } else {
            delete_file_system(s, &key, &live.id, None, draft);
        }
    }
}

/// Deletes the log groups.
pub(super) fn log_groups(s: &Situation, idle: &[StepId], draft: &mut Draft) {
    for name in s.desired.log_groups.keys() {
        let key = key(ResourceKind::LogGroup, name);
        let Found::Ours(live) = s.look(draft, &key, &s.live.log_groups) else { continue };
        if let Err(why) = safety::may_delete(s, &live.log_group_name, live.tags.as_ref()) {
            draft.note(Some(key), NoteKind::NotDone, why);
            continue;
        }
        let action = Action::DeleteLogGroup { key: key.clone(), log_group_name: live.log_group_name.clone() };
        let title = format!("delete log group {}", live.log_group_name);
        draft.add(NewStep::new(format!("delete-{key}"), title, action).because(GOES).after(idle.iter().cloned()));
    }
}

/// Deletes the revisions that carry our tags.
pub(super) fn task_definitions(s: &Situation, idle: &[StepId], draft: &mut Draft) {
    // A revision that is being deleted can be described until nothing uses it any more (`aws.md` 1.6).
    let stays = |document: &Value| document.get("status").and_then(Value::as_str) != Some("DELETE_IN_PROGRESS");
    let of_services = present(&s.live.task_definitions)
        .filter(|(_, document)| stays(document))
        .filter_map(|(name, _)| s.desired.services.get(name).map(|spec| (name.clone(), &spec.family)));
    let of_tasks = present(&s.live.task_families)
        .filter(|(_, document)| stays(document))
        .filter_map(|(name, _)| s.desired.tasks.get(name).map(|spec| (format!("{name}.task"), &spec.family)));
    let mut families = BTreeSet::new();
    for (name, family) in of_services.chain(of_tasks) {
        if families.insert(family) {
            let key = ResourceKey::new(ResourceKind::TaskDefinition, name);
            let action = Action::DeleteTaskDefinitions { key: key.clone(), family: family.clone() };
            let title = format!("delete the revisions of {family}");
            draft.add(NewStep::new(format!("delete-{key}"), title, action).because(GOES).after(idle.iter().cloned()));
        }
    }
}

fn delete_service(key: &ResourceKey, cluster: &str, name: &str, after: Vec<StepId>, draft: &mut Draft) -> StepId {
    let action = Action::DeleteService { key: key.clone(), cluster: cluster.to_owned(), service_name: name.to_owned() };
    let subject =
        Subject::Service { cluster: cluster.to_owned(), service_name: name.to_owned(), target_group_arn: None };
    let wait =
        Wait { subject, key: key.clone(), until: Until::Gone, deadline_seconds: durations::drain_deadline(None) };
    let step = NewStep::new(format!("delete-{key}"), format!("delete service {name}"), action);
    draft.add(step.because(GOES).after(after).until(wait))
}

fn delete_file_system(s: &Situation, key: &ResourceKey, id: &str, kept: Option<(String, String)>, draft: &mut Draft) {
    let targets = match s.live.mount_targets.get(&key.name) {
        Some(Sighting::Present(targets)) => targets.as_slice(),
        Some(Sighting::Unreadable { why }) => return refuse_unreadable(draft, key, why),
        Some(Sighting::Absent) | None => &[],
    };
    let mut after: Vec<StepId> = draft
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::DeleteAccessPoint { .. } | Action::DeleteService { .. }))
        .map(|step| step.id.clone())
        .collect();
    after.extend(draft.files_taken());
    let before = after.clone();
    for target in targets.iter().filter(|target| !is_leaving(&target.state)) {
        let key = ResourceKey::new(ResourceKind::MountTarget, format!("{}.{}", key.name, target.subnet));
        let action = Action::DeleteMountTarget { key: key.clone(), mount_target_id: target.id.clone() };
        let subject = Subject::MountTarget { file_system_id: id.to_owned(), subnet: target.subnet.clone() };
        let step = NewStep::new(format!("delete-{key}"), format!("delete mount target {}", target.id), action);
        after.push(draft.add(step.because(GOES).after(before.clone()).until(gone(&key, subject))));
    }
    let why = match kept {
        Some(_) => "the environment is destroyed, and its files are in the snapshot",
        None => "the data is to go too",
    };
    let action =
        Action::DeleteFileSystem { key: key.clone(), file_system_id: id.to_owned(), verified_recovery_point: kept };
    let step = NewStep::new(format!("delete-{key}"), format!("delete file system {id} and its files"), action);
    let subject = Subject::FileSystem { id: id.to_owned() };
    draft.add(step.because(why).after(after).until(gone(key, subject)));
}

fn gone(key: &ResourceKey, subject: Subject) -> Wait {
    Wait { subject, key: key.clone(), until: Until::Gone, deadline_seconds: durations::STORAGE_DEADLINE }
}
