//! Data on the way back: the data of a snapshot comes up in a database beside the live one, no task runs, the live one is
//! renamed and kept, and the new one takes its name and with it its endpoint (`aws.md` 2.5).
//!
//! What is due stands in tags of the live database before anything begins, so that every later `up` goes on with it:
//! which database is which, their names and tags tell at each moment.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Action, DataBefore, DatabaseSpec, Goal, LiveDatabase, LiveSnapshot, NoteKind, PasswordMark, RefusalKind,
    ResourceKey, ResourceKind, Sighting, StepId, Subject, TAG_DATA_BEFORE, TAG_KEPT_AS, TAG_REPLACE_WITH, TAG_REPLACES,
    TAG_SOURCE, Tags, Until, Wait, kept_identifier, late_text, present, restored_identifier,
};

use super::database::{self, available, modify};
use super::database_changes::{RESTORED_RETENTION, differences, lost_by_restore};
use super::database_sleep::services;
use super::deploy;
use super::draft::{Draft, NewStep};
use super::durations;
use super::file_mark;
use super::file_rollback::FilesBack;
use super::password::{self, NewPassword};
use super::rollback::Back;
use super::situation::{Situation, key};

/// Why nobody comes in and no task runs meanwhile.
pub(super) const CHANGES_PLACES: &str = "no task runs while data or files change places";

/// What a rollback of data goes back to.
pub(super) struct DataRollback {
    /// Revisions by service (name in the spec), with what is remembered then.
    pub(super) services: BTreeMap<String, Back>,
    /// Snapshots by database (name in the spec); a database whose data is that already is not in it.
    pub(super) snapshots: BTreeMap<String, String>,
    /// The files that go back with them; `None`: none do.
    pub(super) files: Option<FilesBack>,
}

/// A replacement that is due.
struct Pending<'a> {
    /// The snapshot whose data takes the place.
    snapshot: String,
    /// The database that goes, while it has the name.
    live: Option<&'a LiveDatabase>,
    /// The one that comes, as soon as it is there.
    beside: Option<&'a LiveDatabase>,
}

fn pending<'a>(s: &Situation<'a>, name: &str) -> Option<Pending<'a>> {
    let ours = |live: &&LiveDatabase| s.desired.owns(&live.tags);
    let live = s.live.databases.get(name).and_then(Sighting::present).filter(ours);
    let replaces = |found: &&LiveDatabase| match (found.replaces(), live) {
        (Some(resource_id), Some(live)) => live.resource_id == resource_id,
        (Some(_), None) => s.live.databases.get(name).is_some_and(Sighting::is_absent),
        (None, _) => false,
    };
    let beside = s.live.beside_of(name).filter(|found| !found.is_kept()).find(replaces);
    let asked = s.rollback.as_ref().and_then(|rollback| rollback.snapshots.get(name)).cloned();
    let due = || live.and_then(LiveDatabase::replacement_due).map(str::to_owned);
    let source = || beside.and_then(|found| found.tags.get(TAG_SOURCE)?.strip_prefix("snapshot:").map(str::to_owned));
    let snapshot = asked.or_else(due).or_else(source).or_else(|| due_along(s, name, live?))?;
    Some(Pending { snapshot, live, beside })
}

/// Data goes back together: what is due on one database is due on every other one that the snapshot holds, also where an
/// earlier run ended before it was marked.
fn due_along(s: &Situation, name: &str, live: &LiveDatabase) -> Option<String> {
    let others = present(&s.live.databases).filter(|(other, found)| *other != name && s.desired.owns(&found.tags));
    let mut moments = others.filter_map(|(_, found)| {
        let identifier = found.identifier.to_lowercase();
        found.replacement_due()?.strip_prefix(&identifier)?.strip_prefix('-').map(str::to_owned)
    });
    let snapshot = format!("{}-{}", live.identifier.to_lowercase(), moments.next()?);
    let came = live.replaces().is_some() && live.tags.get(TAG_SOURCE) == Some(&format!("snapshot:{snapshot}"));
    let held = snapshot_of(s, name, &snapshot).is_some_and(|found| s.desired.owns(&found.tags));
    (held && !came).then_some(snapshot)
}

/// The snapshot whose data is due to take the place of this database.
pub(super) fn due_snapshot(s: &Situation, name: &str) -> Option<String> {
    pending(s, name).map(|pending| pending.snapshot)
}

/// The database that is about to take the place of this one, as soon as it is there.
pub(super) fn beside<'a>(s: &Situation<'a>, name: &str) -> Option<&'a LiveDatabase> {
    pending(s, name)?.beside
}

/// Is this database due to be replaced?
pub(super) fn is_due(s: &Situation, name: &str) -> bool {
    pending(s, name).is_some()
}

/// Is any?
pub(super) fn any_is_due(s: &Situation) -> bool {
    s.desired.databases.keys().any(|name| is_due(s, name))
}

/// Must a rollback of data be over before this?
pub(super) fn waits_for_rollback(goal: &Goal) -> bool {
    matches!(
        goal,
        Goal::Down { .. }
            | Goal::Destroy { .. }
            | Goal::Snapshot
            | Goal::DiscardKept
            | Goal::Deploy { .. }
            | Goal::Run { .. }
            | Goal::Maintenance { on: false }
    )
}

/// Refuses what cannot be done halfway through a replacement.
pub(super) fn refuse_halfway(s: &Situation, goal: &Goal, draft: &mut Draft) {
    if !waits_for_rollback(goal) {
        return;
    }
    for name in s.desired.databases.keys() {
        let Some(Pending { snapshot, .. }) = pending(s, name) else { continue };
        draft.refuse(
            Some(key(ResourceKind::Database, name)),
            RefusalKind::Impossible,
            format!("a rollback to the data of {snapshot} has begun and not ended"),
            format!("`envctl up {}` ends it; then do this", s.desired.environment),
        );
    }
}

/// Remembers on services and databases what is due, before anything is done: the revision first, so that data never
/// goes back without it.
pub(super) fn mark(s: &Situation, draft: &mut Draft) {
    let mut before = Vec::new();
    for (name, back) in s.rollback.iter().flat_map(|rollback| &rollback.services) {
        let key = key(ResourceKind::Service, name);
        let Some(live) = s.live.services.get(name).and_then(Sighting::present) else { continue };
        if back.tags.iter().all(|(tag, value)| live.tags.get(tag) == Some(value)) {
            continue;
        }
        let action = deploy::remembering(&key, live, back.tags.clone());
        let title = format!("remember that {} goes back", live.service_name);
        let step = NewStep::new(format!("take-back-{key}"), title, action);
        before.push(draft.add(step.because("whatever ends in between, the next run must know")));
    }
    let asked = s.rollback.as_ref().and_then(|rollback| rollback.files.as_ref()).map(|files| files.mark.clone());
    let files = asked.or_else(|| file_mark::back(s));
    let mut marked = Vec::new();
    for name in s.desired.databases.keys() {
        let key = key(ResourceKind::Database, name);
        let Some(Pending { snapshot, live: Some(live), .. }) = pending(s, name) else { continue };
        if live.replacement_due() == Some(snapshot.as_str()) {
            continue;
        }
        let mut tags = Tags::from([
            (TAG_REPLACE_WITH.to_owned(), snapshot.clone()),
            (TAG_KEPT_AS.to_owned(), kept_identifier(&live.identifier, s.policy.now)),
        ]);
        // In one call: data and files are due together, or neither is.
        tags.extend(files.iter().flat_map(|mark| mark.tags()));
        let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags, remove: Vec::new() };
        let title = format!("remember that the data of {snapshot} takes the place of {}", live.identifier);
        let step = NewStep::new(format!("mark-replaced-{key}"), title, action);
        let why = "whatever ends in between, the next run must know";
        marked.push(draft.add(step.because(why).after(before.clone())));
    }
    before.into_iter().chain(marked).for_each(|step| draft.add_to_gate(step));
}

/// Brings the data up beside what is live, while everything goes on; what is planned afterwards comes after it.
pub(super) fn restore(s: &Situation, draft: &mut Draft) {
    let mut ready = Vec::new();
    for (name, spec) in &s.desired.databases {
        let Some(pending) = pending(s, name) else { continue };
        let there = match pending.beside {
            Some(found) if found.had_password_set() => continue,
            Some(found) => Some(await_restored(s, name, found, draft)),
            None => restore_one(s, name, spec, &pending, draft),
        };
        if let Some(there) = there {
            ready.push(set_password(s, name, spec, pending.beside, there, draft));
        }
    }
    ready.into_iter().for_each(|step| draft.add_to_gate(step));
}

/// The key of the database that comes up beside the one of this name.
pub(super) fn restored_key(name: &str) -> ResourceKey {
    key(ResourceKind::Database, &format!("{name}.restored"))
}

fn restore_one(s: &Situation, name: &str, spec: &DatabaseSpec, pending: &Pending, draft: &mut Draft) -> Option<StepId> {
    let main = key(ResourceKind::Database, name);
    let Some(snapshot) = snapshot_of(s, name, &pending.snapshot) else {
        let why = format!("snapshot {}, whose data is due, is not there", pending.snapshot);
        let remedy = "nothing was changed; take the tag envctl:replace-with off the database to give the rollback up";
        draft.refuse(Some(main), RefusalKind::Misfit, why, remedy);
        return None;
    };
    let replaced = pending.live.map(|live| live.resource_id.clone()).unwrap_or_default();
    let mut tags = s.desired.tags_of(&main);
    tags.extend([
        (TAG_SOURCE.to_owned(), format!("snapshot:{}", snapshot.identifier)),
        (TAG_REPLACES.to_owned(), replaced),
    ]);
    tags.extend(PasswordMark::Pending.tags());
    let identifier = restored_identifier(&spec.identifier);
    let key = restored_key(name);
    let spec = DatabaseSpec { identifier: identifier.clone(), ..sized(spec, snapshot) };
    let action = Action::RestoreDatabase {
        key: key.clone(),
        snapshot: snapshot.identifier.clone(),
        security_groups: s.security_groups_of(&spec.security_groups).unwrap_or_default(),
        tags,
        spec: DatabaseSpec { backup_retention_days: RESTORED_RETENTION, ..spec },
    };
    let title = format!("restore {} beside the live database, as {identifier}", snapshot.identifier);
    let wait = available(&key, &identifier, false, durations::DATABASE_CREATE_DEADLINE);
    let step = NewStep::new(format!("restore-{key}"), title, action).because("its data was asked for");
    Some(draft.add(step.until(wait)))
}

/// With storage autoscaling the snapshot may be larger than the spec's first size; a restore never shrinks.
fn sized(spec: &DatabaseSpec, snapshot: &LiveSnapshot) -> DatabaseSpec {
    DatabaseSpec { storage_gib: spec.storage_gib.max(snapshot.storage_gib), ..spec.clone() }
}

fn snapshot_of<'a>(s: &Situation<'a>, name: &str, identifier: &str) -> Option<&'a LiveSnapshot> {
    let all = s.live.snapshots.get(name).and_then(Sighting::present)?;
    all.iter().find(|found| found.identifier == identifier && found.is_available())
}

/// An earlier run has begun the restore: its end is waited for. No API call means "wait", so the step writes a tag that
/// is there.
fn await_restored(s: &Situation, name: &str, found: &LiveDatabase, draft: &mut Draft) -> StepId {
    let key = restored_key(name);
    let tags = s.desired.tags_of(&self::key(ResourceKind::Database, name));
    let action = Action::Tag { key: key.clone(), arn: found.arn.clone(), tags, remove: Vec::new() };
    let wait = available(&key, &found.identifier, false, durations::DATABASE_CREATE_DEADLINE);
    let step = NewStep::new(format!("await-{key}"), format!("wait for database {}", found.identifier), action);
    draft.add(step.because(format!("an earlier run has begun it; it is {}", found.status)).taking(180).until(wait))
}

/// Gives the database beside its password; what comes after it waits for its tag.
fn set_password(
    s: &Situation,
    name: &str,
    spec: &DatabaseSpec,
    beside: Option<&LiveDatabase>,
    there: StepId,
    draft: &mut Draft,
) -> StepId {
    let key = restored_key(name);
    let identifier = beside.map_or_else(|| restored_identifier(&spec.identifier), |found| found.identifier.clone());
    let arn = beside.map_or_else(|| late_text(&key, "arn"), |found| found.arn.clone());
    let why = "a restored database has the password that its snapshot had";
    let of = NewPassword { key: &key, secret: name, identifier: &identifier, arn, why };
    password::set_password(s, of, [there], draft).marked
}

/// Lets the two swap names, once no task runs; then the database has what a restore loses set again.
pub(super) fn swap(s: &Situation, key: &ResourceKey, spec: &DatabaseSpec, quiet: &[StepId], draft: &mut Draft) {
    let Some(pending) = pending(s, &key.name) else { return };
    let mut after = quiet.to_vec();
    if let Some(live) = pending.live {
        after = vec![keep(s, key, live, after, draft)];
    }
    let restored = restored_key(&key.name);
    let (identifier, resource_id) = match pending.beside {
        Some(found) => (found.identifier.clone(), found.resource_id.clone()),
        None => (restored_identifier(&spec.identifier), late_text(&restored, "resource-id")),
    };
    let name = &spec.identifier;
    let action = Action::RenameDatabase {
        key: key.clone(),
        identifier: identifier.clone(),
        resource_id: resource_id.clone(),
        new_identifier: name.clone(),
        quiet: services(s),
    };
    let title = format!("let {identifier} take the name {name}");
    let marked = StepId(password::marking(&restored));
    after.extend(draft.has(&marked).then_some(marked));
    let step = NewStep::new(format!("swap-{key}"), title, action)
        .because(format!("the data of {} takes the place of what is there", pending.snapshot))
        .after(after)
        .until(renamed(key, name, resource_id));
    let swapped = draft.add(step);
    draft.hold(key, swapped.clone());
    let found = match pending.beside {
        Some(found) => differences(spec, found, s.security_groups_of(&spec.security_groups)),
        None => match snapshot_of(s, &key.name, &pending.snapshot) {
            Some(snapshot) => lost_by_restore(&sized(spec, snapshot), snapshot),
            None => return,
        },
    };
    let mut before = vec![swapped];
    if !found.reasons.is_empty() {
        let changed = modify(key, name, found, &before, draft);
        draft.hold(key, changed.clone());
        before.push(changed);
    }
    // It has the password of a secret that is gone, and may be on its way to its new name: what is there is asked then.
    let had_one = pending.beside.is_some_and(LiveDatabase::had_password_set);
    if had_one && draft.makes(&self::key(ResourceKind::Secret, &key.name)) {
        database::set_password(s, key, name, "its secret is a new one", &before, draft);
    }
}

/// Renames the database that goes.
fn keep(s: &Situation, key: &ResourceKey, live: &LiveDatabase, after: Vec<StepId>, draft: &mut Draft) -> StepId {
    let kept = live.tags.get(TAG_KEPT_AS).filter(|_| live.replacement_due().is_some()).cloned();
    let kept = kept.unwrap_or_else(|| kept_identifier(&live.identifier, s.policy.now));
    let kept_key = self::key(ResourceKind::Database, &format!("{}.kept", key.name));
    let action = Action::RenameDatabase {
        key: kept_key.clone(),
        identifier: live.identifier.clone(),
        resource_id: live.resource_id.clone(),
        new_identifier: kept.clone(),
        quiet: services(s),
    };
    let step = NewStep::new(format!("keep-{key}"), format!("keep database {} as {kept}", live.identifier), action)
        .because("its data is newer, and nothing is lost")
        .after(after)
        .until(renamed(&kept_key, &kept, live.resource_id.clone()));
    draft.add(step)
}

fn renamed(key: &ResourceKey, identifier: &str, resource_id: String) -> Wait {
    Wait {
        subject: Subject::Database { identifier: identifier.to_owned() },
        key: key.clone(),
        until: Until::DatabaseRenamed { resource_id },
        deadline_seconds: durations::DATABASE_CHANGE_DEADLINE,
    }
}

/// The release is taken back: its snapshot is nobody's way back any more.
pub(super) fn forget(s: &Situation, draft: &mut Draft) {
    if s.rollback.is_none() && !any_is_due(s) && !file_mark::is_back_due(s) {
        return;
    }
    for (name, live) in present(&s.live.services).filter(|(_, live)| live.tags.contains_key(TAG_DATA_BEFORE)) {
        let key = key(ResourceKind::Service, name);
        let remove = vec![TAG_DATA_BEFORE.to_owned()];
        let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags: Tags::new(), remove };
        let title = format!("forget what the release of {} began with", live.service_name);
        let databases = s.desired.databases.keys().map(|name| self::key(ResourceKind::Database, name));
        let files = s.desired.access_points.keys().map(|name| self::key(ResourceKind::AccessPoint, name));
        let after = [key.clone()].into_iter().chain(databases).chain(files);
        let after: Vec<StepId> = after.flat_map(|key| draft.ready(&key)).collect();
        let step = NewStep::new(format!("forget-release-{key}"), title, action);
        draft.add(step.because("it is taken back").after(after));
    }
}

/// Says which databases are kept and go on being billed.
pub(super) fn note_kept(s: &Situation, draft: &mut Draft) {
    for live in s.live.beside.iter().filter(|live| live.is_kept()) {
        let text = format!(
            "{} is kept with the data from before a rollback, and billed ({}, {} GiB); `envctl snapshot discard-kept {}` \
             removes it after a snapshot of it",
            live.identifier, live.class, live.storage_gib, s.desired.environment
        );
        draft.note(Some(key(ResourceKind::Database, &live.identifier)), NoteKind::Kept, text);
    }
}

/// Deletes the databases that are kept, each after a snapshot of it; the steps after which they are gone.
pub(super) fn discard(s: &Situation, why: &str, draft: &mut Draft) -> Vec<StepId> {
    let kept = s.live.beside.iter().filter(|live| live.is_kept() && s.desired.owns(&live.tags));
    let gone = kept.filter_map(|live| {
        let key = key(ResourceKind::Database, &live.identifier);
        super::database_sleep::remove_kept(s, &key, live, why, draft)
    });
    gone.collect()
}

/// The snapshots that a rollback may still need.
pub(super) fn needed_snapshots(s: &Situation, name: &str, identifier: &str) -> BTreeSet<String> {
    let begun = present(&s.live.services).filter_map(|(_, live)| DataBefore::of(live));
    let begun = begun.map(|before| format!("{}-{}", identifier.to_lowercase(), before.moment));
    begun.chain(pending(s, name).map(|pending| pending.snapshot)).collect()
}
