//! What becomes of recovery points: pruned with the snapshots of the databases that they belong to, deleted with
//! everything else when the data is to go.

use jiff::Timestamp;

use crate::model::{
    Action, LiveRecoveryPoint, Parts, ResourceKey, ResourceKind, Sighting, StepId, Subject, Until, Wait,
};

use super::draft::{Draft, NewStep};
use super::durations;
use super::file_rollback;
use super::files;
use super::situation::{Situation, key};
use super::whole;

/// Deletes the recovery points that belong to nothing any more. One that belongs to databases goes when the last of
/// their snapshots is gone or goes in this plan; one of files alone by the same bounds as those. What a
/// rollback may still need stays.
pub(super) fn prune(s: &Situation, keep: usize, oldest: Timestamp, draft: &mut Draft) {
    for name in s.desired.backed_up_file_systems() {
        let Some(points) = whole::recovery_points(s, name, draft) else { continue };
        let mut alone = 0;
        for point in points.iter().filter(|point| !point.is_leaving()) {
            let databases = Parts::of(&point.tags).databases;
            let old = point.created_at.is_some_and(|made| made < oldest);
            let belongs = databases.iter().any(|database| snapshot_stays(s, database, point, draft));
            if databases.is_empty() && point.is_completed() {
                alone += 1;
            }
            let beyond = if databases.is_empty() { alone > keep || !point.is_completed() } else { !belongs };
            let needed = point.snapshot_id().is_some_and(|id| file_rollback::is_needed(s, id));
            if old && beyond && !needed {
                delete(s, name, &point.arn, point.snapshot_id(), "its snapshot is no longer kept", &[], draft);
            }
        }
    }
}

/// Deletes every recovery point, the ones taken in this run too, and then the environment's own vault. After the
/// databases' snapshots: should it end halfway, no database is left with half a snapshot.
pub(super) fn delete_all(s: &Situation, draft: &mut Draft) {
    let goes = |action: &Action| {
        matches!(
            action,
            Action::DeleteSnapshot { .. } | Action::DeleteDatabase { .. } | Action::DeleteFileSystem { .. }
        )
    };
    let after: Vec<StepId> = draft.steps.iter().filter(|step| goes(&step.action)).map(|step| step.id.clone()).collect();
    let mut gone = Vec::new();
    for name in s.desired.backed_up_file_systems() {
        let why = "the data is to go too";
        for point in whole::recovery_points(s, name, draft).unwrap_or_default() {
            if !point.is_leaving() {
                gone.push(delete(s, name, &point.arn, point.snapshot_id(), why, &after, draft));
            }
        }
        if let Some((_, arn)) = files::taken_of(s, name, draft) {
            gone.push(delete(s, name, &arn, None, why, &after, draft));
        }
    }
    let there = s.live.vault.as_ref().is_some_and(|vault| vault.present().is_some()) || !gone.is_empty();
    if s.desired.backup.owned && there {
        let key = key(ResourceKind::BackupVault, &s.desired.environment);
        let vault = s.desired.backup.vault.clone();
        let title = format!("delete backup vault {vault}, if it is empty");
        let action = Action::DeleteBackupVault { key: key.clone(), vault };
        draft.add(NewStep::new(format!("delete-{key}"), title, action).because("the data is to go too").after(gone));
    }
}

/// Does the database's part of this recovery point's snapshot stay?
fn snapshot_stays(s: &Situation, database: &str, point: &LiveRecoveryPoint, draft: &Draft) -> bool {
    let snapshots = match s.live.snapshots.get(database) {
        Some(Sighting::Present(snapshots)) => snapshots.as_slice(),
        Some(Sighting::Absent) => &[],
        // Not looked at (it is no longer declared), or unreadable: nobody knows.
        Some(Sighting::Unreadable { .. }) | None => return true,
    };
    let parts = snapshots.iter().filter(|snapshot| snapshot.snapshot_id() == point.snapshot_id());
    parts.into_iter().any(|part| !draft.has(&StepId(format!("delete-snapshot/{}", part.identifier))))
}

fn delete(
    s: &Situation,
    name: &str,
    arn: &str,
    id: Option<&str>,
    why: &str,
    after: &[StepId],
    draft: &mut Draft,
) -> StepId {
    let key: ResourceKey = key(ResourceKind::RecoveryPoint, name);
    let vault = s.desired.backup.vault.clone();
    let short = match arn.contains(crate::model::LATE_OPEN) {
        true => format!("of this run/{name}"),
        false => arn.rsplit(':').next().unwrap_or(arn).to_owned(),
    };
    let title = match id {
        Some(id) => format!("delete the files of snapshot {id} ({short})"),
        None => format!("delete the recovery point {short}"),
    };
    let subject = Subject::RecoveryPoint { vault: vault.clone(), arn: arn.to_owned() };
    let action = Action::DeleteRecoveryPoint { key: key.clone(), vault, recovery_point: arn.to_owned() };
    let step = NewStep::new(format!("delete-recovery-point/{short}"), title, action)
        .because(why)
        .after(after.iter().cloned())
        .until(Wait { subject, key, until: Until::Gone, deadline_seconds: durations::STORAGE_DEADLINE });
    draft.add(step)
}
