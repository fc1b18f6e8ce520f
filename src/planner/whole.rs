//! Is a snapshot of the environment whole: are all its parts, databases and files, there and complete? Half a snapshot
//! is never restored.

use crate::model::{
    Desired, Live, LiveRecoveryPoint, Parts, RefusalKind, ResourceKey, ResourceKind, Sighting, Tags, present,
};

use super::data_source::may_become_available;
use super::draft::Draft;
use super::situation::{Situation, key, refuse_unreadable};

/// This environment's recovery points of a file system, newest first; `None` after a refusal.
pub(super) fn recovery_points<'a>(s: &Situation<'a>, name: &str, draft: &mut Draft) -> Option<&'a [LiveRecoveryPoint]> {
    let key = key(ResourceKind::RecoveryPoint, name);
    match s.live.recovery_points.get(name) {
        Some(Sighting::Present(points)) => Some(points),
        Some(Sighting::Absent) => Some(&[]),
        Some(Sighting::Unreadable { why }) => {
            refuse_unreadable(draft, &key, why);
            None
        }
        None => {
            refuse_unreadable(draft, &key, "they were not looked at");
            None
        }
    }
}

/// The completed recovery point of a file system that belongs to a snapshot.
pub(super) fn recovery_point<'a>(live: &'a Live, name: &str, id: &str) -> Option<&'a LiveRecoveryPoint> {
    let points = live.recovery_points.get(name).and_then(Sighting::present)?;
    points.iter().find(|point| point.snapshot_id() == Some(id) && point.is_completed())
}

/// What is missing of the snapshot that a part with these tags belongs to, in words; empty: it is whole. Only what the
/// spec still declares counts.
pub fn missing_parts(desired: &Desired, live: &Live, id: &str, tags: &Tags) -> Vec<String> {
    let parts = Parts::of(tags);
    let backed_up = desired.backed_up_file_systems();
    let files = parts.file_systems.iter().filter(|name| backed_up.contains(name));
    let files =
        files.filter(|name| recovery_point(live, name, id).is_none()).map(|name| format!("the files of {name}"));
    let databases = parts.databases.iter().filter(|name| desired.databases.contains_key(*name));
    let has_data = |name: &String| {
        let mut all = present(&live.snapshots).filter(|(of, _)| *of == name).flat_map(|(_, snapshots)| snapshots);
        all.any(|snapshot| snapshot.snapshot_id() == Some(id) && may_become_available(snapshot))
    };
    let databases = databases.filter(|name| !has_data(name)).map(|name| format!("the data of {name}"));
    files.chain(databases).collect()
}

/// Refuses half a snapshot.
pub(super) fn refuse_half(key: &ResourceKey, id: &str, missing: &[String], draft: &mut Draft) {
    draft.refuse(
        Some(key.clone()),
        RefusalKind::Misfit,
        format!("snapshot {id} is only half: {} is not there", missing.join(" and ")),
        "`envctl snapshot list` shows which are whole, and `--from` takes one of them; without `snapshot: true` in the \
         spec a database is restored alone",
    );
}
