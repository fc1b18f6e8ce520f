//! Files on the way back with the data of a rollback: which paths the snapshot holds, and what is refused until they are
//! in place.

use std::collections::BTreeSet;

use crate::model::{
    AccessPointSpec, DataBefore, DataSource, Goal, LiveRecoveryPoint, NoteKind, Parts, RefusalKind, ResourceKind,
    Sighting, TAG_SNAPSHOT_PATH, Tags, present,
};

use super::draft::Draft;
use super::file_mark::{self, Mark, State};
use super::file_system::is_leaving;
use super::replacement;
use super::situation::{Situation, key};
use super::whole;

/// The files that a rollback takes back.
pub(super) struct FilesBack {
    /// What says on each path, and on each database that goes, that they are due.
    pub(super) mark: Mark,
    /// The paths (names in the spec); those that are in place already are not in it.
    pub(super) paths: BTreeSet<String>,
}

/// The id of the snapshot with files that is meant: by its id, or by the name of a database's part of it. `None`: it
/// holds no files.
pub(super) fn id_of(s: &Situation, asked: &str) -> Option<String> {
    let of_databases = s.desired.databases.iter().find_map(|(name, spec)| {
        let of_moment = format!("{}-{asked}", spec.identifier.to_lowercase());
        let mut all = s.live.snapshots.get(name).and_then(Sighting::present).into_iter().flatten();
        let found = all.find(|one| s.desired.owns(&one.tags) && [asked, &of_moment].contains(&one.identifier.as_str()));
        found?.snapshot_id()
    });
    of_databases.or_else(|| ids(s).find(|id| *id == asked)).map(str::to_owned)
}

/// The ids of the snapshots of which there are files.
pub(super) fn ids<'a>(s: &Situation<'a>) -> impl Iterator<Item = &'a str> {
    points(s).filter(|point| point.is_completed()).filter_map(LiveRecoveryPoint::snapshot_id)
}

/// Must the files of this snapshot be kept, for a rollback or because they are on their way?
pub(super) fn is_needed(s: &Situation, id: &str) -> bool {
    let mut begun = present(&s.live.services).filter_map(|(_, live)| DataBefore::of(live));
    let mut due = file_mark::coming(s).map(|(_, _, mark)| mark).chain(file_mark::back(s));
    begun.any(|before| before.moment == id) || due.any(|mark| mark.id == id)
}

fn points<'a>(s: &Situation<'a>) -> impl Iterator<Item = &'a LiveRecoveryPoint> {
    s.live.recovery_points.values().filter_map(Sighting::present).flatten()
}

/// The tags of any part of a snapshot.
fn part_of<'a>(s: &Situation<'a>, id: &str) -> Option<&'a Tags> {
    let snapshots = s.live.snapshots.values().filter_map(Sighting::present).flatten();
    let mut snapshots = snapshots.filter(|one| s.desired.owns(&one.tags) && one.snapshot_id() == Some(id));
    let point = || points(s).find(|point| point.snapshot_id() == Some(id)).map(|point| &point.tags);
    snapshots.next().map(|one| &one.tags).or_else(point)
}

/// Does the snapshot hold files of this file system?
pub(super) fn holds(s: &Situation, id: &str, file_system: &str) -> bool {
    part_of(s, id).is_some_and(|tags| Parts::of(tags).file_systems.iter().any(|name| name == file_system))
}

/// Refuses a snapshot of which a part is missing.
pub(super) fn refuse_half(s: &Situation, id: &str, draft: &mut Draft) {
    for name in s.desired.backed_up_file_systems() {
        whole::recovery_points(s, name, draft);
    }
    let missing = part_of(s, id).map(|tags| whole::missing_parts(s.desired, s.live, id, tags)).unwrap_or_default();
    if let Some(first) = missing.first() {
        let key = match first {
            whole::Part::Files(name) => key(ResourceKind::FileSystem, name),
            whole::Part::Data(name) => key(ResourceKind::Database, name),
        };
        whole::refuse_half(&key, id, &missing, "--snapshot", draft);
    }
}

/// The paths that a snapshot holds (`None`: one without files), each with whether its files are in place already. What it
/// does not hold stays as it is, and a note says so.
pub(super) fn paths<'a>(s: &Situation<'a>, id: Option<&str>, draft: &mut Draft) -> Vec<(&'a String, bool)> {
    let mut held = Vec::new();
    for (name, spec) in s.desired.access_points.iter().filter(|(_, spec)| spec.snapshot) {
        let point = id.and_then(|id| whole::recovery_point(s.live, &spec.file_system, id));
        let path = point.and_then(|point| point.tags.get(&format!("{TAG_SNAPSHOT_PATH}{name}")));
        match (id, path) {
            (Some(id), Some(path)) => {
                refuse_unfit(s, name, spec, (id, path), draft);
                held.push((name, is_in_place(s, name, id)));
            }
            _ => {
                let text = format!("the snapshot does not hold the files below {}: they stay as they are", spec.path);
                draft.note(Some(key(ResourceKind::AccessPoint, name)), NoteKind::NotDone, text);
            }
        }
    }
    held
}

/// Did exactly this restore bring the files that are there? Without one under way, any restore of that snapshot.
fn is_in_place(s: &Situation, name: &str, id: &str) -> bool {
    let begun = file_mark::back(s);
    let mark = file_mark::of_path(s, name).filter(Mark::is_in_place);
    mark.is_some_and(|mark| begun.map_or(mark.id == id, |begun| mark.is_of(&begun)))
}

fn refuse_unfit(s: &Situation, name: &str, spec: &AccessPointSpec, (id, path): (&str, &str), draft: &mut Draft) {
    let environment = &s.desired.environment;
    let mut refuse = |kind: RefusalKind, why: String, remedy: String| {
        draft.refuse(Some(key(ResourceKind::AccessPoint, name)), kind, why, remedy);
    };
    if *path != spec.path {
        let why = format!("snapshot {id} holds the files below {path}, the spec says {}", spec.path);
        refuse(RefusalKind::Misfit, why, format!("set path: {path} again, or name a snapshot that holds that path"));
    }
    let due = file_mark::unfinished(s, name, spec);
    if let Some(due) = due.filter(|due| due.state == State::Needed || due.id != id) {
        let why = format!("the files of snapshot {} are on their way to {}", due.id, spec.path);
        refuse(RefusalKind::Impossible, why, format!("`envctl up {environment}` ends it; then go back"));
    }
    let live = s.live.file_systems.get(&spec.file_system).and_then(Sighting::present);
    if live.is_none_or(|live| is_leaving(&live.state)) {
        let why = format!("{} is not there", key(ResourceKind::FileSystem, &spec.file_system));
        refuse(RefusalKind::Impossible, why, format!("bring it up first: envctl up {environment}"));
    }
}

/// A recovery point that is due to come back is gone.
pub(super) fn refuse_gone(name: &str, mark: &Mark, draft: &mut Draft) {
    draft.refuse(
        Some(key(ResourceKind::AccessPoint, name)),
        RefusalKind::Misfit,
        format!("the files of snapshot {}, which are due, are not there", mark.id),
        "docs/files.md says how to give the rollback up: nothing that was there before it began is lost",
    );
}

/// Refuses what cannot be done halfway.
pub(super) fn refuse_halfway(s: &Situation, goal: &Goal, draft: &mut Draft) {
    // The former content may be asked for from a snapshot while nothing is due to take its place, and only then.
    let another = matches!(goal, Goal::Up { from } if *from != DataSource::Latest);
    if !(another || replacement::waits_for_rollback(goal)) || replacement::any_is_due(s) || !file_mark::is_back_due(s) {
        return;
    }
    let Some(mark) = file_mark::back(s) else { return };
    draft.refuse(
        None,
        RefusalKind::Impossible,
        format!("a rollback to the files of snapshot {} has begun and not ended", mark.id),
        format!("`envctl up {}` ends it; then do this", s.desired.environment),
    );
}
