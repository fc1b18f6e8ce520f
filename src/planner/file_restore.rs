//! Files on the way back: item-level restores of paths from recovery points. AWS Backup puts what it restores into a
//! directory of its own; a one-off task moves it into place, and what was there before aside.
//!
//! That a restore is due is remembered in a tag before it begins ([`super::file_mark`]), and the tag says `done` only
//! when the files are in place: whatever ends in between, the next run goes on with the same restore. What a rollback
//! takes back is restored while everything goes on; only the move waits until no task runs.

use std::collections::BTreeMap;

use crate::model::{
    AccessPointSpec, Action, DataSource, FileSystemSpec, Goal, LiveRecoveryPoint, NoteKind, RefusalKind, ResourceKind,
    Sighting, StepId, Subject, TAG_SNAPSHOT_PATH, Tags, Until, Wait, late_text,
};

use super::data_source::Data;
use super::draft::{Draft, NewStep};
use super::durations;
use super::file_mark::{self, Mark, State};
use super::file_move::{self, What};
use super::file_rollback;
use super::file_system::{self, is_leaving};
use super::replacement;
use super::situation::{Found, Situation, key};
use super::whole;

/// One path to be restored.
struct Restore<'a> {
    name: &'a str,
    spec: &'a AccessPointSpec,
    from: &'a LiveRecoveryPoint,
    /// What says that it is due.
    mark: Mark,
    /// The file system is made anew: everything in the recovery point is this environment's.
    all: bool,
}

/// The paths to be restored.
#[derive(Default)]
pub(super) struct Restores<'a> {
    restores: Vec<Restore<'a>>,
    /// Databases and files come back together: the mark of the databases.
    with_databases: Option<Mark>,
}

impl Restores<'_> {
    /// Is there nothing to restore?
    pub(super) fn is_empty(&self) -> bool {
        self.restores.is_empty()
    }

    /// The mark of an access point that is made in this plan.
    pub(super) fn mark_of_point(&self, name: &str) -> Tags {
        self.restores.iter().filter(|one| one.name == name).flat_map(|one| one.mark.tags()).collect()
    }

    /// The mark of a file system that is made in this plan.
    pub(super) fn mark_of_file_system(&self, name: &str) -> Tags {
        let on_it = self.restores.iter().filter(|one| one.spec.file_system == name);
        on_it.flat_map(|one| one.mark.tags()).collect()
    }

    /// The mark of a database that is restored in this plan.
    pub(super) fn mark_of_database(&self) -> Tags {
        self.with_databases.iter().flat_map(Mark::tags).collect()
    }
}

/// Decides which paths are restored: all of a snapshot that is asked for, what an earlier run left undone, and what
/// was on a file system that is gone. Files that are there stay, for an ordinary `up`.
pub(super) fn choose<'a>(
    s: &Situation<'a>,
    from: &DataSource,
    data: &BTreeMap<&str, Data>,
    draft: &mut Draft,
) -> Restores<'a> {
    let mut chosen = Restores::default();
    let intent = file_mark::intent(s);
    let asked = asked(s, from, data);
    let back = s.rollback.as_ref().and_then(|rollback| rollback.files.as_ref());
    for (name, spec) in s.desired.access_points.iter().filter(|(_, spec)| spec.snapshot) {
        let unfinished = file_mark::unfinished(s, name, spec);
        let mark = match (back.filter(|back| back.paths.contains(name)), &asked, unfinished) {
            (Some(back), ..) => Some(back.mark.clone()),
            (None, Some(id), Some(mark)) if *id == mark.id => Some(mark),
            (None, Some(id), _) if data.is_empty() && is_done(s, name, id) => None,
            (None, Some(id), _) => Some(Mark::new(State::Needed, id, &intent)),
            (None, None, Some(mark)) => Some(mark),
            (None, None, None) if is_made_anew(s, &spec.file_system) => {
                newest(s, name, spec, data, draft).map(|id| Mark::new(State::Needed, &id, &intent))
            }
            (None, None, None) => None,
        };
        let Some(mark) = mark else { continue };
        let Some(restore) = restore(s, name, spec, mark, draft) else { continue };
        if asked.is_some() {
            chosen.with_databases = Some(restore.mark.clone());
        }
        chosen.restores.push(restore);
    }
    chosen
}

/// Refuses what would make a snapshot of a path whose files are still to come back: it would hold less than the one they
/// come from, and be taken for the newest.
pub(super) fn refuse_halfway(s: &Situation, goal: &Goal, draft: &mut Draft) {
    if !matches!(goal, Goal::Destroy { delete_snapshots: false } | Goal::Snapshot) {
        return;
    }
    for (name, spec, due) in file_mark::coming(s) {
        draft.refuse(
            Some(key(ResourceKind::AccessPoint, name)),
            RefusalKind::Impossible,
            format!("a restore of {} from snapshot {} has begun and not ended", spec.path, due.id),
            format!("`envctl up {}` ends it; then do this", s.desired.environment),
        );
    }
}

/// The id of the snapshot that is asked for by name, where its data is taken too: what exists is never half replaced.
fn asked(s: &Situation, from: &DataSource, data: &BTreeMap<&str, Data>) -> Option<String> {
    let DataSource::Snapshot(wanted) = from else { return None };
    if data.is_empty() {
        return Some(wanted.to_lowercase());
    }
    let ids = data.values().filter_map(|data| match data {
        Data::Snapshot { snapshot, .. } if s.desired.owns(&snapshot.tags) => snapshot.snapshot_id(),
        _ => None,
    });
    ids.map(str::to_owned).next()
}

fn is_done(s: &Situation, name: &str, id: &str) -> bool {
    file_mark::of_path(s, name).is_some_and(|mark| mark.is_in_place() && mark.id == id)
}

/// Is the file system the environment's own, and not there?
fn is_made_anew(s: &Situation, file_system: &str) -> bool {
    let owned = matches!(s.desired.file_systems.get(file_system), Some(FileSystemSpec::Owned { .. }));
    owned
        && match s.live.file_systems.get(file_system) {
            Some(Sighting::Absent) => true,
            Some(Sighting::Present(live)) => is_leaving(&live.state),
            Some(Sighting::Unreadable { .. }) | None => false,
        }
}

/// The snapshot whose files a new file system begins with: the one that its database comes from, else the newest whole
/// one; `None`: there is none, it begins empty.
fn newest(
    s: &Situation,
    name: &str,
    spec: &AccessPointSpec,
    data: &BTreeMap<&str, Data>,
    draft: &mut Draft,
) -> Option<String> {
    let points = whole::recovery_points(s, &spec.file_system, draft)?;
    let of_database = data.values().find_map(|data| match data {
        Data::Snapshot { snapshot, .. } if s.desired.owns(&snapshot.tags) => snapshot.snapshot_id(),
        _ => None,
    });
    let usable = points.iter().filter(|point| point.is_completed());
    let mut ids = usable.filter_map(|point| {
        Some((point.snapshot_id()?, whole::missing_to_come_up(s, point.snapshot_id()?, &point.tags)))
    });
    if let Some(id) = of_database.filter(|id| whole::recovery_point(s.live, &spec.file_system, id).is_some()) {
        return Some(id.to_owned());
    }
    let found = ids.clone().find(|(_, missing)| missing.is_empty()).map(|(id, _)| id.to_owned());
    if let Some((half, missing)) = ids.next().filter(|(_, missing)| !missing.is_empty()) {
        let text = format!(
            "snapshot {half} is newer, but only half ({} is not there), and is not taken",
            whole::in_words(&missing)
        );
        draft.note(Some(key(ResourceKind::AccessPoint, name)), NoteKind::Warning, text);
    }
    found
}

fn restore<'a>(
    s: &Situation<'a>,
    name: &'a str,
    spec: &'a AccessPointSpec,
    mark: Mark,
    draft: &mut Draft,
) -> Option<Restore<'a>> {
    whole::recovery_points(s, &spec.file_system, draft)?;
    let (key, id) = (key(ResourceKind::AccessPoint, name), &mark.id);
    let goes_back = mark.state == State::Back;
    let Some(from) = whole::recovery_point(s.live, &spec.file_system, id) else {
        match goes_back {
            true if !file_rollback::holds(s, id, &spec.file_system) => {}
            true => file_rollback::refuse_gone(name, &mark, draft),
            false => whole::refuse_half(&key, id, &[whole::Part::Files(spec.file_system.clone())], "--from", draft),
        }
        return None;
    };
    // What goes back, or has begun to come, was whole then, and parts of it may be in place by now.
    let has_begun = file_mark::unfinished(s, name, spec).is_some_and(|begun| begun.is_of(&mark));
    let missing = if goes_back || has_begun { Vec::new() } else { whole::missing_to_come_up(s, id, &from.tags) };
    if !missing.is_empty() {
        whole::refuse_half(&key, id, &missing, "--from", draft);
        return None;
    }
    let held = from.tags.get(&format!("{TAG_SNAPSHOT_PATH}{name}"));
    if held != Some(&spec.path) {
        let held = held.map_or("not this path", String::as_str);
        let text = format!("snapshot {id} holds {held}, the spec says {}: its files are not restored", spec.path);
        draft.note(Some(key), NoteKind::NotDone, text);
        return None;
    }
    let owned = matches!(s.desired.file_systems.get(&spec.file_system), Some(FileSystemSpec::Owned { .. }));
    let all = owned && !has_path(s, name);
    // On a file system that is made anew nothing goes back: the files come.
    let mark = if all { mark.now(State::Needed) } else { mark };
    Some(Restore { name, spec, from, mark, all })
}

/// Was the access point there before, so that the path was in use?
fn has_path(s: &Situation, name: &str) -> bool {
    let live = s.live.access_points.get(name).and_then(Sighting::present);
    live.is_some_and(|live| Mark::of(&live.tags).is_none_or(|mark| mark.state != State::Needed))
}

/// Begins to restore what a rollback takes back, while everything goes on: AWS Backup touches nothing that is there. The
/// steps after which it stands beside the paths; every mark comes before the first.
pub(super) fn restore_beside(s: &Situation, restores: &Restores, draft: &mut Draft) -> Vec<StepId> {
    let back = restores.restores.iter().filter(|one| one.mark.state == State::Back);
    let back: Vec<&Restore> = back.filter(|one| !is_made_anew(s, &one.spec.file_system)).collect();
    let marks: Vec<StepId> = back.iter().filter_map(|one| mark_due(s, one, draft)).collect();
    marks.into_iter().for_each(|marked| draft.add_to_gate(marked));
    back.into_iter().map(|one| start(s, one, Vec::new(), draft)).collect()
}

/// Restores the paths, each after its mark, and moves them into place; the steps after which all files are there.
/// `quiet`: steps after which no task runs that could use them meanwhile.
pub(super) fn up(s: &Situation, restores: &Restores, quiet: &[StepId], draft: &mut Draft) -> Vec<StepId> {
    let mut in_place = Vec::new();
    for one in &restores.restores {
        let begun = StepId(restore_id(one));
        let restored = match draft.has(&begun) {
            true => begun,
            false => {
                let marked = mark_due(s, one, draft);
                start(s, one, quiet.iter().cloned().chain(marked).collect(), draft)
            }
        };
        let what = if one.all { What::PlaceIfThere } else { What::Place };
        let after = quiet.iter().cloned().chain([restored]).collect();
        let moved = file_move::run(s, one.name, one.spec, &aside(one), what, after, draft);
        in_place.push(moved);
        let text = format!(
            "what is below {} now is moved aside to {}; `envctl snapshot discard-former` removes it",
            one.spec.path,
            aside(one)
        );
        draft.note(Some(key(ResourceKind::AccessPoint, one.name)), NoteKind::Kept, text);
    }
    let mut done = Vec::new();
    for one in &restores.restores {
        let marked = mark_done(s, one, &in_place, draft);
        marked.iter().for_each(|step| draft.hold(&key(ResourceKind::AccessPoint, one.name), step.clone()));
        done.extend(marked);
    }
    for one in &restores.restores {
        file_move::forget(s, one.name, &done, draft);
    }
    done.extend(in_place);
    done
}

/// Removes what restores have put aside, of every path where one did, and notes that.
pub(super) fn discard_former(s: &Situation, draft: &mut Draft) {
    for (name, spec) in &s.desired.access_points {
        let key = key(ResourceKind::AccessPoint, name);
        let Found::Ours(live) = s.look(draft, &key, &s.live.access_points) else { continue };
        let Some(mark) = Mark::of(&live.tags).filter(|mark| mark.state == State::Done) else { continue };
        let removed = file_move::run(s, name, spec, "", What::Discard, Vec::new(), draft);
        let tags = mark.now(State::Tidied).tags();
        let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags, remove: Vec::new() };
        let title = format!("note that nothing is beside {} any more", spec.path);
        let step = NewStep::new(format!("mark-discarded-{key}"), title, action);
        let marked = draft.add(step.because("the next run must know").after([removed]));
        file_move::forget(s, name, &[marked], draft);
    }
}

fn aside(one: &Restore) -> String {
    format!("{}.before-{}", one.spec.path, one.mark.intent)
}

fn mark_due(s: &Situation, one: &Restore, draft: &mut Draft) -> Option<StepId> {
    let key = key(ResourceKind::AccessPoint, one.name);
    if draft.makes(&key) {
        return draft.ready(&key).into_iter().next();
    }
    let live = s.live.access_points.get(one.name).and_then(Sighting::present)?;
    if Mark::of(&live.tags).as_ref() == Some(&one.mark) {
        return None;
    }
    let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags: one.mark.tags(), remove: Vec::new() };
    let title = format!("note that {} is to be restored from snapshot {}", one.spec.path, one.mark.id);
    let step = NewStep::new(format!("mark-restore-{key}"), title, action);
    Some(draft.add(step.because("should this run end before it is done, the next one must know")))
}

fn restore_id(one: &Restore) -> String {
    format!("restore-{}", key(ResourceKind::FileRestore, one.name))
}

fn start(s: &Situation, one: &Restore, after: Vec<StepId>, draft: &mut Draft) -> StepId {
    let key = key(ResourceKind::FileRestore, one.name);
    let action = Action::StartRestore {
        key: key.clone(),
        recovery_point: one.from.arn.clone(),
        file_system_id: file_system::id(s, &one.spec.file_system, draft),
        path: (!one.all).then(|| one.spec.path.clone()),
        encrypted: one.from.encrypted,
        role: s.desired.backup.role.clone(),
        intent: format!("{}/{}", one.name, one.mark.intent),
    };
    let beside = if one.mark.state == State::Back { " beside what is there" } else { "" };
    let title = format!("restore {} from snapshot {}{beside}", one.spec.path, one.mark.id);
    let step = NewStep::new(restore_id(one), title, action)
        .because("its files are in the snapshot; AWS Backup puts them into a directory of their own")
        .after(after)
        .until(Wait {
            subject: Subject::RestoreJob { id: late_text(&key, "job") },
            key,
            until: Until::JobCompleted,
            deadline_seconds: durations::BACKUP_DEADLINE,
        });
    draft.add(step)
}

/// Notes on everything that carries the mark that the files are in place.
fn mark_done(s: &Situation, one: &Restore, in_place: &[StepId], draft: &mut Draft) -> Vec<StepId> {
    let tags = one.mark.now(State::Done).tags();
    let waits = |tags: &Tags| Mark::of(tags).is_some_and(|mark| mark.state == State::Needed);
    let mut carriers = vec![key(ResourceKind::AccessPoint, one.name)];
    let system = key(ResourceKind::FileSystem, &one.spec.file_system);
    let live = s.live.file_systems.get(&system.name).and_then(Sighting::present);
    if draft.makes(&system) || live.is_some_and(|live| waits(&live.tags)) {
        carriers.push(system);
    }
    for name in s.desired.databases.keys() {
        let database = key(ResourceKind::Database, name);
        let live = s.live.databases.get(name).and_then(Sighting::present);
        let stays = !replacement::is_due(s, name);
        if draft.makes(&database) || (stays && live.is_some_and(|live| waits(&live.tags))) {
            carriers.push(database);
        }
    }
    let mut done = Vec::new();
    for carrier in carriers {
        let id = StepId(format!("mark-restored-{carrier}"));
        if draft.has(&id) {
            continue;
        }
        let arn = draft.fact(&s.facts, &carrier, "arn");
        let action = Action::Tag { key: carrier.clone(), arn, tags: tags.clone(), remove: Vec::new() };
        let step = NewStep::new(id.0, format!("note on {carrier} that the files are in place"), action);
        done.push(draft.add(step.because("the next run must know").after(in_place.iter().cloned())));
    }
    done
}
