//! Where the data of each database comes from: it is there, or it is restored, or it begins empty.

use std::collections::BTreeMap;

use crate::model::{
    DataSource, DatabaseSpec, DatabaseState, LiveDatabase, LiveRecoveryPoint, LiveSnapshot, NoteKind, RefusalKind,
    ResourceKey, ResourceKind, Sighting, TAG_RESOURCE, TAG_SCRUB, TAG_SOURCE,
};

use super::draft::Draft;
use super::replacement;
use super::situation::{Found, Situation, key, refuse_unreadable};
use super::snapshot_fit;
use super::whole;

/// Where the data of a database comes from.
pub(super) enum Data<'a> {
    /// It is there.
    Existing(&'a LiveDatabase),
    /// There is none yet.
    Empty,
    /// From a snapshot; data that is not this environment's own is scrubbed before anything reaches it.
    Snapshot { snapshot: &'a LiveSnapshot, scrub: bool },
    /// Another database takes its place.
    Replaced,
    /// Nobody may say; the refusal is in the draft.
    Blocked,
}

/// Decides for every database.
pub(super) fn choose<'a>(s: &Situation<'a>, from: &DataSource, draft: &mut Draft) -> BTreeMap<&'a str, Data<'a>> {
    if *from != DataSource::Latest && s.desired.databases.len() != 1 && !names_environment(s, from) {
        draft.refuse(
            None,
            RefusalKind::Misfit,
            format!("--from is clear only with one database, and this environment has {}", s.desired.databases.len()),
            "leave --from out: each database is restored from its own newest snapshot",
        );
    }
    let choice = |(name, spec): (&'a String, &'a DatabaseSpec)| (name.as_str(), choose_one(s, name, spec, from, draft));
    s.desired.databases.iter().map(choice).collect()
}

/// Is it the id of a snapshot of the environment, which says of every database what to take?
fn names_environment(s: &Situation, from: &DataSource) -> bool {
    let DataSource::Snapshot(wanted) = from else { return false };
    let points = s.live.recovery_points.values().filter_map(Sighting::present).flatten();
    points.filter_map(LiveRecoveryPoint::snapshot_id).any(|id| id.eq_ignore_ascii_case(wanted))
}

fn choose_one<'a>(
    s: &Situation<'a>,
    name: &str,
    spec: &DatabaseSpec,
    from: &DataSource,
    draft: &mut Draft,
) -> Data<'a> {
    let key = key(ResourceKind::Database, name);
    if replacement::is_due(s, name) {
        return Data::Replaced;
    }
    match s.look(draft, &key, &s.live.databases) {
        Found::Blocked => return Data::Blocked,
        Found::Ours(database) if database.state() != DatabaseState::Deleting => {
            note_unused_source(&key, database, from, draft);
            return Data::Existing(database);
        }
        Found::Ours(database) => draft.note(
            Some(key.clone()),
            NoteKind::Busy,
            format!("{} is being deleted; its name is free when that is done", database.identifier),
        ),
        Found::Absent => {}
    }
    match from {
        DataSource::Latest => latest(s, &key, spec, draft),
        DataSource::Database(identifier) if *identifier == spec.identifier => latest(s, &key, spec, draft),
        DataSource::Database(identifier) => newest_of(s, &key, spec, identifier, draft),
        DataSource::Snapshot(snapshot) => named(s, &key, spec, snapshot, draft),
    }
}

fn note_unused_source(key: &ResourceKey, database: &LiveDatabase, from: &DataSource, draft: &mut Draft) {
    let source = database.tags.get(TAG_SOURCE).map_or("", String::as_str);
    let asked = match from {
        DataSource::Latest => return,
        DataSource::Snapshot(snapshot) if source == format!("snapshot:{snapshot}") => return,
        DataSource::Snapshot(snapshot) => snapshot,
        DataSource::Database(identifier) => identifier,
    };
    draft.note(
        Some(key.clone()),
        NoteKind::NotDone,
        format!(
            "{} exists, and the data of an existing database is never replaced by {asked}; to start from it, \
             `down --mode hibernate` or `destroy` first",
            database.identifier
        ),
    );
}

/// This environment's own newest snapshot. One that is still being taken is waited for: an older one would lose data.
fn latest<'a>(s: &Situation<'a>, key: &ResourceKey, spec: &DatabaseSpec, draft: &mut Draft) -> Data<'a> {
    let Some(all) = snapshots_of(s, key, &key.name, draft) else { return Data::Blocked };
    let of_this =
        || all.iter().filter(|snapshot| snapshot.database == spec.identifier && may_become_available(snapshot));
    let own = of_this().filter(|snapshot| s.desired.owns(&snapshot.tags)).max_by_key(|snapshot| age_rank(snapshot));
    if let Some(newer) = of_this().filter(|snapshot| !s.desired.owns(&snapshot.tags)).max_by_key(|one| age_rank(one))
        && own.is_none_or(|own| age_rank(newer) > age_rank(own))
    {
        let text = "is newer, but does not carry this environment's tags and is not taken; --from takes it";
        draft.note(Some(key.clone()), NoteKind::Warning, format!("snapshot {} {text}", newer.identifier));
    }
    match own {
        Some(own) => taken(s, key, spec, own, draft),
        None => begin_empty(s, key, spec, draft),
    }
}

/// There is no data of this database. When one of another identifier carries its key, the spec has renamed it: an
/// empty one in its place would look like lost data.
fn begin_empty<'a>(s: &Situation, key: &ResourceKey, spec: &DatabaseSpec, draft: &mut Draft) -> Data<'a> {
    if let Some(kept) = s.live.beside_of(&key.name).find(|found| found.is_kept()) {
        let why = format!(
            "{} holds the data of {key}, and there is neither a database nor a snapshot of its own",
            kept.identifier
        );
        let remedy = "rename it to the spec's identifier in the RDS console, and take its tags envctl:kept-as and \
                      envctl:replace-with off";
        draft.refuse(Some(key.clone()), RefusalKind::Impossible, why, remedy);
        return Data::Blocked;
    }
    let Some(former) = s.live.undeclared.iter().find(|one| one.key == *key) else { return Data::Empty };
    draft.refuse(
        Some(key.clone()),
        RefusalKind::Impossible,
        format!("{key} is the database {}, and the spec now calls it {}", former.id, spec.identifier),
        format!("set identifier: {} again, or give the new database a key of its own in the spec", former.id),
    );
    Data::Blocked
}

fn newest_of<'a>(
    s: &Situation<'a>,
    key: &ResourceKey,
    spec: &DatabaseSpec,
    identifier: &str,
    draft: &mut Draft,
) -> Data<'a> {
    let Some(all) = snapshots_of(s, key, identifier, draft) else { return Data::Blocked };
    let newest =
        all.iter().filter(|one| one.database == identifier && one.is_available()).max_by_key(|one| age_rank(one));
    match newest {
        Some(snapshot) => taken(s, key, spec, snapshot, draft),
        None => refuse_missing(key, &format!("database {identifier} has no available manual snapshot"), draft),
    }
}

fn named<'a>(s: &Situation<'a>, key: &ResourceKey, spec: &DatabaseSpec, wanted: &str, draft: &mut Draft) -> Data<'a> {
    let all = || s.live.snapshots.values().filter_map(Sighting::present).flatten();
    let is_part = |one: &LiveSnapshot| {
        let own = one.database == spec.identifier && s.desired.owns(&one.tags);
        own && one.snapshot_id().is_some_and(|id| id.eq_ignore_ascii_case(wanted))
    };
    let wanted_one = |one: &&LiveSnapshot| one.identifier.eq_ignore_ascii_case(wanted) || is_part(one);
    match all().filter(|one| may_become_available(one)).find(wanted_one) {
        Some(snapshot) => {
            let of_this = |one: &&LiveSnapshot| one.database == spec.identifier && s.desired.owns(&one.tags);
            let newer = all().filter(of_this).filter(|one| one.is_available()).max_by_key(|one| age_rank(one));
            if let Some(newer) = newer.filter(|newer| age_rank(newer) > age_rank(snapshot)) {
                let text = format!("{} holds newer data of this environment, and is not taken", newer.identifier);
                draft.note(Some(key.clone()), NoteKind::Warning, text);
            }
            taken(s, key, spec, snapshot, draft)
        }
        None => {
            for (name, sighting) in &s.live.snapshots {
                if let Sighting::Unreadable { why } = sighting {
                    refuse_unreadable(draft, &ResourceKey::new(ResourceKind::Snapshot, name), why);
                }
            }
            refuse_missing(key, &format!("there is no usable snapshot {wanted}"), draft)
        }
    }
}

fn taken<'a>(
    s: &Situation<'a>,
    key: &ResourceKey,
    spec: &DatabaseSpec,
    snapshot: &'a LiveSnapshot,
    draft: &mut Draft,
) -> Data<'a> {
    let of_key = snapshot.tags.get(TAG_RESOURCE).is_some_and(|key_of| *key_of == format!("snapshot/{}", key.name));
    let own = s.desired.owns(&snapshot.tags) && (snapshot.database == spec.identifier || of_key);
    let scrub = !own || snapshot.tags.get(TAG_SCRUB).is_some_and(|state| state == "needed");
    snapshot_fit::check(key, spec, snapshot, scrub, draft);
    if let Some(id) = snapshot.snapshot_id().filter(|_| own) {
        for name in s.desired.backed_up_file_systems() {
            whole::recovery_points(s, name, draft);
        }
        let missing = whole::missing_to_come_up(s, id, &snapshot.tags);
        if !missing.is_empty() {
            whole::refuse_half(key, id, &missing, "--from", draft);
        }
    }
    if !snapshot.is_available() {
        let text = format!("snapshot {} is {}; the restore waits for it", snapshot.identifier, snapshot.status);
        draft.note(Some(key.clone()), NoteKind::Busy, text);
    }
    Data::Snapshot { snapshot, scrub }
}

/// The snapshots under a name; `None` after a refusal. Without them nobody knows whether a new database may be empty.
fn snapshots_of<'a>(s: &Situation<'a>, key: &ResourceKey, name: &str, draft: &mut Draft) -> Option<&'a [LiveSnapshot]> {
    Situation::listed(draft, &ResourceKey::new(ResourceKind::Snapshot, &key.name), &s.live.snapshots, name)
}

fn refuse_missing<'a>(key: &ResourceKey, why: &str, draft: &mut Draft) -> Data<'a> {
    let remedy = "`envctl snapshot list` names this environment's; automated snapshots must be copied first";
    draft.refuse(Some(key.clone()), RefusalKind::Misfit, why, remedy);
    Data::Blocked
}

/// Orders snapshots by age; one without a time is still being taken, and so the newest.
pub(super) fn age_rank(snapshot: &LiveSnapshot) -> (bool, Option<jiff::Timestamp>, &str) {
    (snapshot.created_at.is_none(), snapshot.created_at, &snapshot.identifier)
}

/// Available, or on its way there.
pub(super) fn may_become_available(snapshot: &LiveSnapshot) -> bool {
    !matches!(snapshot.status.as_str(), "failed" | "deleting" | "deleted" | "error" | "incompatible-restore")
}
