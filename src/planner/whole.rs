//! Is a snapshot of the environment whole: are all its parts, databases and files, there and complete? Half a snapshot
//! is never restored.

use crate::model::{
    DatabaseState, Desired, Live, LiveRecoveryPoint, Parts, RefusalKind, ResourceKey, ResourceKind, Sighting, Tags,
    present,
};

use super::data_source::may_become_available;
use super::draft::Draft;
use super::situation::{Situation, key};

/// This environment's recovery points of a file system, newest first; `None` after a refusal.
pub(super) fn recovery_points<'a>(s: &Situation<'a>, name: &str, draft: &mut Draft) -> Option<&'a [LiveRecoveryPoint]> {
    Situation::listed(draft, &key(ResourceKind::RecoveryPoint, name), &s.live.recovery_points, name)
}

/// The completed recovery point of a file system that belongs to a snapshot.
pub(super) fn recovery_point<'a>(live: &'a Live, name: &str, id: &str) -> Option<&'a LiveRecoveryPoint> {
    let points = live.recovery_points.get(name).and_then(Sighting::present)?;
    points.iter().find(|point| point.snapshot_id() == Some(id) && point.is_completed())
}

/// A part of a snapshot of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The files of a file system (name in the spec).
    Files(String),
    /// The data of a database (name in the spec).
    Data(String),
}

impl std::fmt::Display for Part {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Files(file_system) => write!(formatter, "the files of {file_system}"),
            Self::Data(database) => write!(formatter, "the data of {database}"),
        }
    }
}

/// Parts in words: `the files of production and the data of main`.
pub fn in_words(parts: &[Part]) -> String {
    parts.iter().map(Part::to_string).collect::<Vec<_>>().join(" and ")
}

/// What is missing of the snapshot that a part with these tags belongs to; empty: it is whole. Only what the spec still
/// declares counts.
pub fn missing_parts(desired: &Desired, live: &Live, id: &str, tags: &Tags) -> Vec<Part> {
    let parts = Parts::of(tags);
    let backed_up = desired.backed_up_file_systems();
    let files = parts.file_systems.iter().filter(|name| backed_up.contains(name));
    let files = files.filter(|name| recovery_point(live, name, id).is_none()).cloned().map(Part::Files);
    let databases = parts.databases.iter().filter(|name| desired.databases.contains_key(*name));
    let has_data = |name: &String| {
        let mut all = present(&live.snapshots).filter(|(of, _)| *of == name).flat_map(|(_, snapshots)| snapshots);
        all.any(|snapshot| snapshot.snapshot_id() == Some(id) && may_become_available(snapshot))
    };
    let databases = databases.filter(|name| !has_data(name)).cloned().map(Part::Data);
    files.chain(databases).collect()
}

/// What is missing for an environment that comes up from a snapshot: [`missing_parts`] without the databases that are
/// live. Those keep their data, which is newer than any snapshot: a `destroy` that was killed leaves some in place.
pub(super) fn missing_to_come_up(s: &Situation, id: &str, tags: &Tags) -> Vec<Part> {
    let live =
        |name: &str| present(&s.live.databases).any(|(of, live)| of == name && live.state() != DatabaseState::Deleting);
    let mut missing = missing_parts(s.desired, s.live, id, tags);
    missing.retain(|part| !matches!(part, Part::Data(database) if live(database)));
    missing
}

/// Refuses half a snapshot. `flag`: what names another one.
pub(super) fn refuse_half(key: &ResourceKey, id: &str, missing: &[Part], flag: &str, draft: &mut Draft) {
    draft.refuse(
        Some(key.clone()),
        RefusalKind::Misfit,
        format!("snapshot {id} is only half: {} is not there", in_words(missing)),
        format!(
            "`envctl snapshot list` shows which are whole, and `{flag}` takes one of them; without `snapshot: true` in \
             the spec a database is restored alone"
        ),
    );
}
