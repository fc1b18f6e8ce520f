//! Databases on the way up: create, restore, start, change, and set the password.

use std::collections::BTreeMap;

use crate::model::{
    Action, DatabaseSpec, DatabaseState, LiveDatabase, LiveSnapshot, NoteKind, PasswordMark, Power, RefusalKind,
    ResourceKey, ResourceKind, StepId, Subject, TAG_SCRUB, TAG_SOURCE, Tags, Until, Wait,
};

use super::data_source::Data;
use super::database_changes::{Differences, RESTORED_RETENTION, differences, lost_by_restore};
use super::draft::{Draft, NewStep};
use super::durations;
use super::file_restore::Restores;
use super::password::{self, NewPassword};
use super::replacement;
use super::situation::{Situation, key};

/// Brings every database to where it can be used. `quiet`: steps after which no task runs that could reach data
/// which is not scrubbed yet.
pub(super) fn up(s: &Situation, data: &BTreeMap<&str, Data>, files: &Restores, quiet: &[StepId], draft: &mut Draft) {
    for (name, spec) in &s.desired.databases {
        let key = key(ResourceKind::Database, name);
        match data.get(name.as_str()) {
            Some(Data::Existing(live)) => existing(s, &key, spec, live, quiet, draft),
            Some(Data::Empty) => create(s, &key, spec, draft),
            Some(Data::Snapshot { snapshot, scrub }) => {
                restore(s, &key, spec, (snapshot, *scrub), files.mark_of_database(), quiet, draft);
            }
            Some(Data::Replaced) => replacement::swap(s, &key, spec, quiet, draft),
            Some(Data::Blocked) | None => {}
        }
    }
}

/// The wait of a database that must be usable.
pub(super) fn available(key: &ResourceKey, identifier: &str, connectable: bool, deadline_seconds: u64) -> Wait {
    Wait {
        subject: Subject::Database { identifier: identifier.to_owned() },
        key: key.clone(),
        until: Until::DatabaseAvailable { connectable },
        deadline_seconds,
    }
}

/// Starts a stopped database (or one that is stopping: the call waits until it has), and waits for it.
pub(super) fn start(key: &ResourceKey, live: &LiveDatabase, why: &str, draft: &mut Draft) -> StepId {
    if live.state() != DatabaseState::Stopped {
        let text = format!("{} is {}; it is started when that is done", live.identifier, live.status);
        draft.note(Some(key.clone()), NoteKind::Busy, text);
    }
    let action = Action::StartDatabase { key: key.clone(), identifier: live.identifier.clone() };
    draft.add(
        NewStep::new(format!("start-{key}"), format!("start database {}", live.identifier), action)
            .because(why)
            .until(available(key, &live.identifier, true, durations::DATABASE_POWER_DEADLINE)),
    )
}

/// Waits for a database that is on its way by itself. No API call means "wait", so the step writes a tag that it has.
pub(super) fn wait_for(s: &Situation, key: &ResourceKey, live: &LiveDatabase, draft: &mut Draft) -> StepId {
    let text = format!("{} is {}", live.identifier, live.status);
    draft.note(Some(key.clone()), NoteKind::Busy, format!("{text}; what needs it waits"));
    let tags = crate::model::ownership_tags(&s.desired.application, &s.desired.environment, &key.to_string());
    let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags, remove: Vec::new() };
    let step = NewStep::new(format!("await-{key}"), format!("wait for database {}", live.identifier), action)
        .because(text)
        .taking(180)
        .until(available(key, &live.identifier, false, durations::DATABASE_CHANGE_DEADLINE));
    if is_connectable(&live.status) { draft.add_optional(step) } else { draft.add(step) }
}

/// Statuses in which AWS works on a database that goes on answering (`aws.md` 2.2).
fn is_connectable(status: &str) -> bool {
    status == "modifying" || status == "maintenance" || status.starts_with("configuring-")
}

fn create(s: &Situation, key: &ResourceKey, spec: &DatabaseSpec, draft: &mut Draft) {
    let secret = ResourceKey::new(ResourceKind::Secret, &key.name);
    let mut tags = s.desired.tags_of(key);
    tags.insert(TAG_SOURCE.to_owned(), "empty".to_owned());
    tags.extend(PasswordMark::Set.tags());
    let action = Action::CreateDatabase {
        key: key.clone(),
        spec: spec.clone(),
        security_groups: s.security_groups_of(&spec.security_groups).unwrap_or_default(),
        secret_arn: draft.fact(&s.facts, &secret, "arn"),
        tags,
    };
    let held = draft.ready(&secret);
    draft.note(
        Some(key.clone()),
        NoteKind::Chosen,
        format!("there is no database {} and no snapshot of it: it begins empty", spec.identifier),
    );
    draft.add(
        NewStep::new(format!("create-{key}"), format!("create database {}, empty", spec.identifier), action)
            .because("there is neither a database nor a snapshot of it")
            .after(held)
            .until(available(key, &spec.identifier, true, durations::DATABASE_CREATE_DEADLINE)),
    );
}

fn restore(
    s: &Situation,
    key: &ResourceKey,
    spec: &DatabaseSpec,
    (snapshot, scrub): (&LiveSnapshot, bool),
    mark: Tags,
    quiet: &[StepId],
    draft: &mut Draft,
) {
    let mut spec = spec.clone();
    // With storage autoscaling the snapshot may be larger than the spec's first size; a restore never shrinks.
    spec.storage_gib = spec.storage_gib.max(snapshot.storage_gib);
    let action = Action::RestoreDatabase {
        key: key.clone(),
        snapshot: snapshot.identifier.clone(),
        security_groups: s.security_groups_of(&spec.security_groups).unwrap_or_default(),
        tags: restore_tags(s, key, snapshot, scrub).into_iter().chain(mark).collect(),
        spec: DatabaseSpec { backup_retention_days: RESTORED_RETENTION, ..spec.clone() },
    };
    let restored = draft.add(
        NewStep::new(
            format!("restore-{key}"),
            format!("restore database {} from {}", spec.identifier, snapshot.identifier),
            action,
        )
        .because(match s.desired.owns(&snapshot.tags) {
            true => format!("there is no database; its data is in {}", snapshot.identifier),
            false => format!("there is no database; --from asks for the data of {}", snapshot.identifier),
        })
        .after(if scrub { quiet.to_vec() } else { Vec::new() })
        .until(available(key, &spec.identifier, false, durations::DATABASE_CREATE_DEADLINE)),
    );
    let why = "a restored database has the password that its snapshot had";
    let password = set_password(s, key, &spec.identifier, why, &[restored], draft);
    let lost = lost_by_restore(&spec, snapshot);
    if !lost.reasons.is_empty() {
        let changed = modify(key, &spec.identifier, lost, &[password], draft);
        draft.hold(key, changed);
    }
}

fn restore_tags(s: &Situation, key: &ResourceKey, snapshot: &LiveSnapshot, scrub: bool) -> Tags {
    let mut tags = s.desired.tags_of(key);
    tags.insert(TAG_SOURCE.to_owned(), format!("snapshot:{}", snapshot.identifier));
    tags.extend(PasswordMark::Pending.tags());
    if scrub {
        tags.insert(TAG_SCRUB.to_owned(), "needed".to_owned());
    }
    tags
}

fn existing(
    s: &Situation,
    key: &ResourceKey,
    spec: &DatabaseSpec,
    live: &LiveDatabase,
    quiet: &[StepId],
    draft: &mut Draft,
) {
    let mut found = differences(spec, live, s.security_groups_of(&spec.security_groups));
    if live.is_optimizing_storage() && found.postpone_storage() {
        let name = &live.identifier;
        let text = format!("{name}: AWS changes its storage again when the last change is optimised, in some hours");
        draft.note(Some(key.clone()), NoteKind::NotDone, text);
    }
    for (reason, remedy) in &found.impossible {
        draft.refuse(Some(key.clone()), RefusalKind::Impossible, &reason.why, remedy);
    }
    for (reason, remedy) in &found.outgrown {
        let text = format!("{}: {}; it stays so. What to do: {remedy}", live.identifier, reason.why);
        draft.note(Some(key.clone()), NoteKind::NotDone, text);
    }
    for warning in &found.warnings {
        draft.note(Some(key.clone()), NoteKind::Warning, format!("{}: {warning}", live.identifier));
    }
    let mut before: Vec<StepId> = Vec::new();
    match live.state() {
        DatabaseState::Stopped => before.push(start(key, live, "it is stopped", draft)),
        DatabaseState::Busy if live.status == "stopping" => before.push(start(key, live, "it is being stopped", draft)),
        DatabaseState::Busy => before.push(wait_for(s, key, live, draft)),
        DatabaseState::Broken if live.status == "storage-full" && found.changes.storage_gib.is_some() => {}
        DatabaseState::Broken => refuse_broken(key, live, draft),
        DatabaseState::Available | DatabaseState::BackingUp | DatabaseState::Deleting => {}
    }
    before.extend(quiet.iter().cloned());
    if !found.reasons.is_empty() {
        let changed = modify(key, &live.identifier, found, &before, draft);
        draft.hold(key, changed.clone());
        before.push(changed);
    }
    if live.lacks_password() {
        set_password(s, key, &live.identifier, "an earlier run ended before it was set", &before, draft);
    } else if draft.makes(&ResourceKey::new(ResourceKind::Secret, &key.name)) {
        set_password(s, key, &live.identifier, "its secret is a new one", &before, draft);
    }
}

fn refuse_broken(key: &ResourceKey, live: &LiveDatabase, draft: &mut Draft) {
    draft.refuse(
        Some(key.clone()),
        RefusalKind::Impossible,
        format!("{} is {}, which waiting does not mend", live.identifier, live.status),
        "mend it in the RDS console, or delete it there when a snapshot holds its data; `up` then restores it",
    );
}

pub(super) fn modify(
    key: &ResourceKey,
    identifier: &str,
    found: Differences,
    before: &[StepId],
    draft: &mut Draft,
) -> StepId {
    let fields: Vec<&str> = found.reasons.iter().filter_map(|reason| reason.field.as_deref()).collect();
    let title = format!("change {} of database {identifier}", fields.join(", "));
    // The backup that follows may take hours; the database answers meanwhile.
    let connectable = found.changes.backup_retention_days.is_some();
    let action = Action::ModifyDatabase { key: key.clone(), identifier: identifier.to_owned(), changes: found.changes };
    draft.add(
        NewStep::new(format!("modify-{key}"), title, action)
            .reasons(found.reasons)
            .after(before.iter().cloned())
            .until(available(key, identifier, connectable, durations::DATABASE_CHANGE_DEADLINE)),
    )
}

/// Sets the password of the declared database. Nothing uses the database before.
pub(super) fn set_password(
    s: &Situation,
    key: &ResourceKey,
    identifier: &str,
    why: &str,
    before: &[StepId],
    draft: &mut Draft,
) -> StepId {
    let arn = draft.fact(&s.facts, key, "arn");
    let of = NewPassword { key, secret: &key.name, identifier, arn, why };
    let steps = password::set_password(s, of, before.iter().cloned(), draft);
    draft.hold(key, steps.set.clone());
    steps.set
}

/// The power that a sleeping database shows, if it is asleep.
pub(super) fn sleeping(live: Option<&LiveDatabase>) -> Option<Power> {
    match live {
        None => Some(Power::Hibernated),
        Some(live) => match live.state() {
            DatabaseState::Stopped => Some(Power::Parked),
            DatabaseState::Deleting => Some(Power::Hibernated),
            DatabaseState::Busy if live.status == "stopping" => Some(Power::Parked),
            _ => None,
        },
    }
}
