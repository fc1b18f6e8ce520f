//! Databases on the way to sleep, and on the way out: a snapshot first, always taken in this run and read back as
//! available, then stopped or deleted.

use crate::model::{
    Action, DatabaseChanges, DatabaseState, LiveDatabase, NoteKind, Power, ResourceKey, ResourceKind, ServiceName,
    StepId, Subject, TAG_RESOURCE, TAG_SCRUB, TAG_SOURCE, Until, Wait, present,
};

use super::database;
use super::draft::{Draft, NewStep, field};
use super::durations;
use super::situation::{Found, Situation, key};

/// Puts every database to sleep once the tasks are gone; the steps after which they sleep.
pub(super) fn down(s: &Situation, power: Power, drained: &[StepId], draft: &mut Draft) -> Vec<StepId> {
    let mut asleep = Vec::new();
    for name in s.desired.databases.keys() {
        let key = key(ResourceKind::Database, name);
        if let Found::Ours(live) = s.look(draft, &key, &s.live.databases) {
            asleep.extend(match power {
                Power::Parked => park(s, &key, live, drained, draft),
                _ => remove(s, &key, live, drained, "the environment sleeps", draft),
            });
        }
    }
    asleep
}

/// Says what goes on being billed while the environment sleeps.
pub(super) fn note_bills(s: &Situation, power: Power, draft: &mut Draft) {
    for (name, live) in present(&s.live.databases).filter(|(name, _)| s.desired.databases.contains_key(*name)) {
        let text = match power {
            Power::Parked => {
                let restart = live
                    .automatic_restart_at
                    .map_or("7 days after the stop".to_owned(), |at| at.strftime("on %Y-%m-%d %H:%M UTC").to_string());
                let storage = live.storage_gib;
                format!("{}: its {storage} GiB go on being billed; AWS starts it again {restart}", live.identifier)
            }
            _ => format!("{}: its snapshots go on being billed", live.identifier),
        };
        draft.note(Some(key(ResourceKind::Database, name)), NoteKind::Kept, text);
    }
}

/// Stops a database after a snapshot of it.
fn park(
    s: &Situation,
    key: &ResourceKey,
    live: &LiveDatabase,
    drained: &[StepId],
    draft: &mut Draft,
) -> Option<StepId> {
    match live.state() {
        DatabaseState::Stopped => return None,
        DatabaseState::Busy if live.status == "stopping" => {
            draft.note(Some(key.clone()), NoteKind::Busy, format!("{} is stopping already", live.identifier));
            return None;
        }
        DatabaseState::Deleting => {
            note_leaving(key, live, draft);
            return None;
        }
        DatabaseState::Available | DatabaseState::BackingUp | DatabaseState::Busy | DatabaseState::Broken => {}
    }
    let (snapshot, taken) = snapshot(s, key, live, drained, draft)?;
    let action = Action::StopDatabase {
        key: key.clone(),
        identifier: live.identifier.clone(),
        resource_id: live.resource_id.clone(),
        verified_snapshot: snapshot,
    };
    let step = NewStep::new(format!("stop-{key}"), format!("stop database {}", live.identifier), action)
        .reasons([field("status", &live.status, "stopped", "the environment sleeps")])
        .after([taken])
        .after(draft.files_taken())
        .until(wait(key, live, Until::DatabaseStopped, durations::DATABASE_POWER_DEADLINE));
    Some(draft.add(step))
}

/// Deletes a database after a snapshot of it. A stopped one is started first: RDS takes no snapshot of it.
pub(super) fn remove(
    s: &Situation,
    key: &ResourceKey,
    live: &LiveDatabase,
    drained: &[StepId],
    why: &str,
    draft: &mut Draft,
) -> Option<StepId> {
    delete(s, key, live, drained, why, services(s), draft)
}

/// The same for a database that is kept beside another one: nothing writes to it.
pub(super) fn remove_kept(
    s: &Situation,
    key: &ResourceKey,
    live: &LiveDatabase,
    why: &str,
    draft: &mut Draft,
) -> Option<StepId> {
    delete(s, key, live, &[], why, Vec::new(), draft)
}

fn delete(
    s: &Situation,
    key: &ResourceKey,
    live: &LiveDatabase,
    drained: &[StepId],
    why: &str,
    quiet: Vec<ServiceName>,
    draft: &mut Draft,
) -> Option<StepId> {
    if live.state() == DatabaseState::Deleting {
        note_leaving(key, live, draft);
        return None;
    }
    let (snapshot, taken) = snapshot(s, key, live, drained, draft)?;
    let mut after = vec![taken];
    after.extend(draft.files_taken());
    if live.deletion_protection {
        let changes = DatabaseChanges { deletion_protection: Some(false), ..DatabaseChanges::default() };
        let action = Action::ModifyDatabase { key: key.clone(), identifier: live.identifier.clone(), changes };
        let title = format!("lift the deletion protection of {}", live.identifier);
        let reason =
            field("deletion-protection", true, false, "its data is in a verified snapshot, and it is deleted next");
        let step = NewStep::new(format!("unprotect-{key}"), title, action).reasons([reason]).after(after.clone());
        let identifier = &live.identifier;
        after.push(draft.add(step.until(database::available(
            key,
            identifier,
            false,
            durations::DATABASE_CHANGE_DEADLINE,
        ))));
    }
    let action = Action::DeleteDatabase {
        key: key.clone(),
        identifier: live.identifier.clone(),
        resource_id: live.resource_id.clone(),
        verified_snapshot: snapshot,
        quiet,
    };
    let step = NewStep::new(format!("delete-{key}"), format!("delete database {}", live.identifier), action)
        .reasons([field("status", &live.status, "gone", why)])
        .after(after)
        .until(wait(key, live, Until::Gone, durations::DATABASE_CHANGE_DEADLINE));
    Some(draft.add(step))
}

/// Takes a snapshot and waits until it is available: its name, and the step. `None`, with a note, when none can be
/// taken; then nothing may be done to the database either.
pub(super) fn snapshot(
    s: &Situation,
    key: &ResourceKey,
    live: &LiveDatabase,
    drained: &[StepId],
    draft: &mut Draft,
) -> Option<(String, StepId)> {
    let mut after = drained.to_vec();
    match live.state() {
        DatabaseState::Available => {}
        DatabaseState::Stopped => {
            let text =
                format!("{} is stopped, and RDS takes no snapshot of it: it is started for one", live.identifier);
            draft.note(Some(key.clone()), NoteKind::Chosen, text);
            after.push(database::start(key, live, "a snapshot needs it to run", draft));
        }
        DatabaseState::Busy if live.status == "stopping" => {
            after.push(database::start(key, live, "a snapshot needs it to run", draft));
        }
        DatabaseState::Busy | DatabaseState::BackingUp => after.push(database::wait_for(s, key, live, draft)),
        DatabaseState::Deleting | DatabaseState::Broken => {
            let text = format!("{} is {}: no snapshot can be taken, so it is left alone", live.identifier, live.status);
            draft.note(Some(key.clone()), NoteKind::NotDone, text);
            return None;
        }
    }
    let name = snapshot_name(s, &live.identifier);
    let key = ResourceKey::new(ResourceKind::Snapshot, &key.name);
    let mut tags = s.desired.tags_of(&key);
    if let Some(of) = live.tags.get(TAG_RESOURCE).filter(|_| live.is_kept()) {
        // Of a database that was renamed it is still a snapshot of the one that the spec declares.
        tags.insert(TAG_RESOURCE.to_owned(), of.replacen("database/", "snapshot/", 1));
    }
    for inherited in [TAG_SOURCE, TAG_SCRUB] {
        tags.extend(live.tags.get(inherited).map(|value| (inherited.to_owned(), value.clone())));
    }
    tags.extend(draft.snapshot_tags().clone());
    let action =
        Action::CreateSnapshot { key: key.clone(), database: live.identifier.clone(), snapshot: name.clone(), tags };
    let step = NewStep::new(format!("snapshot-database/{}", key.name), format!("take snapshot {name}"), action)
        .because(format!("the newest data of {} is nowhere else", live.identifier))
        .after(after)
        .until(Wait {
            subject: Subject::Snapshot { snapshot: name.clone() },
            key,
            until: Until::SnapshotAvailable,
            deadline_seconds: durations::DATABASE_CHANGE_DEADLINE,
        });
    Some((name, draft.add(step)))
}

/// A name that no other run makes, valid at RDS (`aws.md` 2.3): lower case, as RDS stores it.
fn snapshot_name(s: &Situation, identifier: &str) -> String {
    let time = s.policy.now.strftime("%Y%m%dT%H%M%SZ");
    format!("{identifier}-{time}-{}", s.policy.suffix).to_lowercase()
}

fn note_leaving(key: &ResourceKey, live: &LiveDatabase, draft: &mut Draft) {
    draft.note(Some(key.clone()), NoteKind::Busy, format!("{} is being deleted already", live.identifier));
}

fn wait(key: &ResourceKey, live: &LiveDatabase, until: Until, deadline_seconds: u64) -> Wait {
    Wait {
        subject: Subject::Database { identifier: live.identifier.clone() },
        key: key.clone(),
        until,
        deadline_seconds,
    }
}

/// Every service that may write to a database, for the cloud to look at once more in the moment of the delete: the
/// declared ones, even where none was seen (the look may have been older than the service), and those of ours that are
/// no longer declared. A stranger's service of a declared name does not keep us from deleting.
pub(super) fn services(s: &Situation) -> Vec<ServiceName> {
    let foreign =
        |name: &String| present(&s.live.services).any(|(seen, live)| seen == name && !s.desired.owns(&live.tags));
    let declared = s
        .desired
        .services
        .iter()
        .filter(|(name, _)| !foreign(name))
        .map(|(_, spec)| (&spec.cluster, &spec.service_name));
    let seen = present(&s.live.services)
        .filter(|(name, live)| {
            !s.desired.services.contains_key(*name) && live.is_active() && s.desired.owns(&live.tags)
        })
        .map(|(_, live)| (&live.cluster, &live.service_name));
    let named = |(cluster, service_name): (&String, &String)| ServiceName {
        cluster: cluster.clone(),
        service_name: service_name.clone(),
    };
    declared.chain(seen).map(named).collect()
}
