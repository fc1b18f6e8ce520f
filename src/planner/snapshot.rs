//! Snapshots on their own: taking, pruning, and what `destroy` does with them.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::model::{Action, LiveSnapshot, NoteKind, ResourceKey, ResourceKind, Sighting, StepId};

use super::data_source::{age_rank, may_become_available};
use super::database_sleep;
use super::draft::{Draft, NewStep};
use super::files;
use super::recovery_point;
use super::replacement;
use super::safety;
use super::situation::{Found, Situation, key};

/// Takes a verified snapshot of every database that runs, with the files that belong to it, and changes nothing else.
pub(super) fn create(s: &Situation, draft: &mut Draft) {
    files::create(s, draft);
    for name in s.desired.databases.keys() {
        let key = key(ResourceKind::Database, name);
        match s.look(draft, &key, &s.live.databases) {
            Found::Ours(live) if live.status == "stopped" || live.status == "stopping" => {
                let text = format!("{} is {}, and RDS takes no snapshot of it", live.identifier, live.status);
                draft.note(Some(key), NoteKind::NotDone, text);
            }
            Found::Ours(live) => {
                database_sleep::snapshot(s, &key, live, &[], draft);
            }
            Found::Absent => draft.note(Some(key), NoteKind::NotDone, "there is no database to take one of"),
            Found::Blocked => {}
        }
    }
}

/// Deletes the snapshots that are beyond both bounds of the retention. Never the newest, which may be the only data.
pub(super) fn prune(s: &Situation, draft: &mut Draft) {
    let retention = &s.desired.retention;
    let keep = usize::try_from(retention.keep.max(1)).unwrap_or(usize::MAX);
    let young = SignedDuration::try_from(retention.keep_for).unwrap_or(SignedDuration::MAX);
    let oldest = s.policy.now.checked_sub(young).unwrap_or(jiff::Timestamp::MIN);
    for (name, spec) in &s.desired.databases {
        let Some(own) = own_snapshots(s, name, &spec.identifier, draft) else { continue };
        let available = own.into_iter().filter(|snapshot| snapshot.is_available());
        let needed = replacement::needed_snapshots(s, name, &spec.identifier);
        for snapshot in available.skip(keep).filter(|snapshot| !needed.contains(&snapshot.identifier)) {
            if snapshot.created_at.is_some_and(|made| made < oldest) {
                let why = format!("it is beyond the newest {keep} and older than the retention keeps");
                delete(name, snapshot, &why, &[], draft);
            }
        }
    }
    recovery_point::prune(s, keep, oldest, draft);
}

/// Deletes every snapshot, the one taken in this run too: the data is gone afterwards.
pub(super) fn delete_all(s: &Situation, emptied: &[StepId], draft: &mut Draft) {
    for (name, spec) in &s.desired.databases {
        if let Err(why) = safety::may_delete_data(s, name, draft) {
            draft.note(Some(ResourceKey::new(ResourceKind::Snapshot, name)), NoteKind::NotDone, why);
            continue;
        }
        for snapshot in own_snapshots(s, name, &spec.identifier, draft).unwrap_or_default() {
            delete(name, snapshot, "the data is to go too", emptied, draft);
        }
        for snapshot in of_kept(s, name, &spec.identifier) {
            delete(name, snapshot, "the data is to go too", emptied, draft);
        }
        let kept: Vec<&String> = s.live.beside_of(name).map(|live| &live.identifier).collect();
        let taken = draft.steps.iter().filter_map(|step| match &step.action {
            Action::CreateSnapshot { database, snapshot, .. }
                if *database == spec.identifier || kept.contains(&database) =>
            {
                Some(snapshot.clone())
            }
            _ => None,
        });
        for snapshot in taken.collect::<Vec<_>>() {
            let key = ResourceKey::new(ResourceKind::Snapshot, name);
            let action = Action::DeleteSnapshot { key, snapshot: snapshot.clone() };
            let step =
                NewStep::new(format!("delete-snapshot/{snapshot}"), format!("delete snapshot {snapshot}"), action);
            draft.add(step.because("the data is to go too").after(emptied.iter().cloned()));
        }
    }
}

/// Says which snapshots stay and go on being billed.
pub(super) fn keep(s: &Situation, draft: &mut Draft) {
    for (name, spec) in &s.desired.databases {
        let own = own_snapshots(s, name, &spec.identifier, draft).unwrap_or_default();
        let count = own.len();
        if let Some(newest) = own.first() {
            let text = format!("{count} snapshots stay and are billed, the newest is {}", newest.identifier);
            draft.note(Some(ResourceKey::new(ResourceKind::Snapshot, name)), NoteKind::Kept, text);
        }
    }
}

/// Snapshots of databases that were replaced, renamed and discarded.
fn of_kept<'a>(s: &Situation<'a>, name: &str, identifier: &str) -> Vec<&'a LiveSnapshot> {
    let all = s.live.snapshots.get(name).and_then(Sighting::present).into_iter().flatten();
    all.filter(|one| one.database != identifier && s.desired.owns(&one.tags) && one.is_available()).collect()
}

/// This environment's own snapshots of one database, newest first; `None` after a refusal.
fn own_snapshots<'a>(
    s: &Situation<'a>,
    name: &str,
    identifier: &str,
    draft: &mut Draft,
) -> Option<Vec<&'a LiveSnapshot>> {
    let key = ResourceKey::new(ResourceKind::Snapshot, name);
    let all = Situation::listed(draft, &key, &s.live.snapshots, name)?;
    let mut seen = BTreeSet::new();
    let mut own: Vec<&LiveSnapshot> = all
        .iter()
        .filter(|one| one.database == identifier && s.desired.owns(&one.tags) && may_become_available(one))
        .filter(|one| seen.insert(&one.identifier))
        .collect();
    own.sort_by(|one, other| age_rank(other).cmp(&age_rank(one)));
    Some(own)
}

fn delete(name: &str, snapshot: &LiveSnapshot, why: &str, after: &[StepId], draft: &mut Draft) {
    let key = ResourceKey::new(ResourceKind::Snapshot, name);
    let action = Action::DeleteSnapshot { key, snapshot: snapshot.identifier.clone() };
    let title = format!("delete snapshot {}", snapshot.identifier);
    let step = NewStep::new(format!("delete-snapshot/{}", snapshot.identifier), title, action);
    draft.add(step.because(why).after(after.iter().cloned()));
}
