//! What the marks of an environment say together: which files are to come back, and which have.

use crate::model::{AccessPointSpec, LiveDatabase, Sighting, present};
pub(super) use crate::model::{FileMark as Mark, FileMarkState as State};

use super::situation::Situation;

/// A new intent: of this run, and of no other.
pub(super) fn intent(s: &Situation) -> String {
    format!("{}-{}", s.policy.now.strftime("%Y%m%dT%H%M%SZ"), s.policy.suffix).to_lowercase()
}

/// The mark of a path.
pub(super) fn of_path(s: &Situation, name: &str) -> Option<Mark> {
    let live = s.live.access_points.get(name).and_then(Sighting::present)?;
    s.desired.owns(&live.tags).then(|| Mark::of(&live.tags)).flatten()
}

/// What an earlier run began and did not end, for this path.
pub(super) fn unfinished(s: &Situation, name: &str, spec: &AccessPointSpec) -> Option<Mark> {
    let own = of_path(s, name);
    let system = s.live.file_systems.get(&spec.file_system).and_then(Sighting::present).map(|live| &live.tags);
    let system = system.filter(|tags| s.desired.owns(tags)).and_then(Mark::of);
    let restored = present(&s.live.databases).filter(|(_, live)| s.desired.owns(&live.tags));
    let restored = restored.filter_map(|(_, live)| Mark::of(&live.tags)).filter(|mark| mark.state == State::Needed);
    let mut due = own.clone().into_iter().chain(system).chain(restored).chain(back(s)).filter(Mark::is_due);
    let mark = due.next()?;
    let in_place = own.is_some_and(|own| own.is_in_place() && own.is_of(&mark));
    (!in_place).then_some(mark)
}

/// Paths (name, spec) whose files an earlier `up` was bringing back and has not.
pub(super) fn coming<'a>(s: &Situation<'a>) -> impl Iterator<Item = (&'a String, &'a AccessPointSpec, Mark)> {
    let paths = s.desired.access_points.iter().filter(|(_, spec)| spec.snapshot);
    paths.filter_map(|(name, spec)| {
        unfinished(s, name, spec).filter(|mark| mark.state == State::Needed).map(|mark| (name, spec, mark))
    })
}

/// The rollback of files that has begun: on a database that is due to be replaced with it, or on a path.
pub(super) fn back(s: &Situation) -> Option<Mark> {
    let goes = |live: &&LiveDatabase| live.replacement_due().is_some() && s.desired.owns(&live.tags);
    let databases = present(&s.live.databases).map(|(_, live)| live).filter(goes);
    let paths = s.desired.access_points.keys().filter_map(|name| of_path(s, name));
    let mut marks = databases.filter_map(|live| Mark::of(&live.tags)).chain(paths);
    marks.find(|mark| mark.state == State::Back)
}

/// Is a rollback of files due, of any path?
pub(super) fn is_back_due(s: &Situation) -> bool {
    let due = |(name, spec): (&String, &AccessPointSpec)| {
        spec.snapshot && unfinished(s, name, spec).is_some_and(|mark| mark.state == State::Back)
    };
    s.desired.access_points.iter().any(due)
}
