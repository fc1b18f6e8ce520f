//! The files of a snapshot: a recovery point of each file system that has a path which snapshots take along. Planned
//! before the databases' part, so that both carry one id and know of each other, and so that nothing is put away before
//! both are complete.

use crate::model::{
    Action, DatabaseState, FileSystemSpec, LiveDatabase, NoteKind, Parts, Power, RefusalKind, ResourceKey,
    ResourceKind, Sighting, StepId, Subject, TAG_SNAPSHOT_PATH, Until, Wait, late_text, present, short_name,
};

use super::draft::{Draft, NewStep};
use super::durations;
use super::file_mark;
use super::file_system::is_leaving;
use super::situation::{Found, Situation, key, refuse_unreadable};

/// Of which file systems a recovery point is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Where an access point of ours still leads to the path.
    InUse,
    /// Also owned ones without one: their files are about to go.
    AllThatGo,
}

/// Along with the databases that `down` puts away; in an environment without databases, when its tasks stop.
pub(super) fn down(s: &Situation, power: Power, drained: &[StepId], draft: &mut Draft) {
    let databases = databases(s, |live| match live.state() {
        DatabaseState::Stopped => power != Power::Parked,
        DatabaseState::Busy => power != Power::Parked || live.status != "stopping",
        DatabaseState::Deleting | DatabaseState::Broken => false,
        DatabaseState::Available | DatabaseState::BackingUp => true,
    });
    let sleeps = s.desired.databases.is_empty() && !drained.is_empty();
    if sleeps || !databases.is_empty() {
        take(s, databases, Which::InUse, drained, draft);
    }
    note_stay(s, draft);
}

/// Along with the databases, and of every owned file system that goes.
pub(super) fn destroy(s: &Situation, idle: &[StepId], draft: &mut Draft) {
    let databases = databases(s, |live| !matches!(live.state(), DatabaseState::Deleting | DatabaseState::Broken));
    take(s, databases, Which::AllThatGo, idle, draft);
}

/// Along with the databases that run; alone only where there are none.
pub(super) fn create(s: &Situation, draft: &mut Draft) {
    let databases = databases(s, |live| {
        let stopped = matches!(live.status.as_str(), "stopped" | "stopping");
        !stopped && !matches!(live.state(), DatabaseState::Deleting | DatabaseState::Broken)
    });
    if s.desired.databases.is_empty() || !databases.is_empty() {
        take(s, databases, Which::InUse, &[], draft);
    }
}

/// The recovery point that this plan takes of a file system: vault and (late) ARN.
pub(super) fn taken_of(s: &Situation, file_system: &str, draft: &Draft) -> Option<(String, String)> {
    let key = key(ResourceKind::RecoveryPoint, file_system);
    draft.makes(&key).then(|| (s.desired.backup.vault.clone(), late_text(&key, "arn")))
}

fn databases(s: &Situation, taken: impl Fn(&LiveDatabase) -> bool) -> Vec<String> {
    let ours = present(&s.live.databases)
        .filter(|(name, live)| s.desired.databases.contains_key(*name) && s.desired.owns(&live.tags));
    ours.filter(|(_, live)| taken(live)).map(|(name, _)| name.clone()).collect()
}

fn take(s: &Situation, databases: Vec<String>, which: Which, after: &[StepId], draft: &mut Draft) {
    let mut systems = Vec::new();
    for name in s.desired.backed_up_file_systems() {
        match arn_of(s, name, which, draft) {
            Ok(Some(arn)) => systems.push((name.clone(), arn)),
            Ok(None) => {}
            Err(()) => return,
        }
    }
    if systems.is_empty() {
        return;
    }
    let Some(vault) = vault(s, draft) else { return };
    let id = format!("{}-{}", s.policy.now.strftime("%Y%m%dT%H%M%SZ"), s.policy.suffix).to_lowercase();
    let parts = Parts { file_systems: systems.iter().map(|(name, _)| name.clone()).collect(), databases };
    let tags = parts.tags(&id);
    let mut steps = Vec::new();
    for (name, arn) in systems {
        let key = key(ResourceKind::RecoveryPoint, &name);
        let mut all = s.desired.tags_of(&key);
        all.extend(tags.clone());
        let paths = s.desired.access_points.iter().filter(|(_, spec)| spec.snapshot && spec.file_system == name);
        all.extend(paths.map(|(path, spec)| (format!("{TAG_SNAPSHOT_PATH}{path}"), spec.path.clone())));
        let action = Action::StartBackup {
            key: key.clone(),
            vault: s.desired.backup.vault.clone(),
            file_system_arn: arn.clone(),
            role: s.desired.backup.role.clone(),
            tags: all,
        };
        let id_of_system = short_name(&arn).to_owned();
        let title = format!("back up the files of {id_of_system}, snapshot {id}");
        let step = NewStep::new(format!("backup-{key}"), title, action)
            .because("a snapshot of the environment takes its files along")
            .after(after.iter().cloned().chain(vault.clone()))
            .until(Wait {
                subject: Subject::BackupJob { id: late_text(&key, "job") },
                key,
                until: Until::JobCompleted,
                deadline_seconds: durations::BACKUP_DEADLINE,
            });
        steps.push(draft.add(step));
    }
    draft.set_files_taken(tags, steps);
}

/// The ARN of a file system to be backed up; `Ok(None)`: there is nothing to take, `Err`: refused.
fn arn_of(s: &Situation, name: &str, which: Which, draft: &mut Draft) -> Result<Option<String>, ()> {
    let key = key(ResourceKind::FileSystem, name);
    let owned = matches!(s.desired.file_systems.get(name), Some(FileSystemSpec::Owned { .. }));
    let mut in_use = owned && which == Which::AllThatGo;
    for (point, spec) in s.desired.access_points.iter().filter(|(_, spec)| spec.file_system == name && spec.snapshot) {
        let point = ResourceKey::new(ResourceKind::AccessPoint, point);
        match s.look(draft, &point, &s.live.access_points) {
            Found::Ours(live) => in_use |= !is_leaving(&live.state) && live.path == spec.path,
            Found::Absent => {}
            Found::Blocked => return Err(()),
        }
    }
    if !in_use {
        return Ok(None);
    }
    if let Some(due) = file_mark::coming(s).find(|(_, spec, _)| spec.file_system == name).map(|(_, _, due)| due) {
        let text = format!("its files are still to come back from snapshot {}: only that one holds them", due.id);
        draft.note(Some(key), NoteKind::NotDone, text);
        return Ok(None);
    }
    match s.live.file_systems.get(name) {
        Some(Sighting::Present(live)) if owned && !s.desired.owns(&live.tags) => Ok(None),
        Some(Sighting::Present(live)) if is_leaving(&live.state) => Ok(None),
        Some(Sighting::Present(live)) => Ok(Some(live.arn.clone())),
        Some(Sighting::Absent) => Ok(None),
        Some(Sighting::Unreadable { why }) => {
            refuse_unreadable(draft, &key, why);
            Err(())
        }
        None => {
            refuse_unreadable(draft, &key, "it was not looked at");
            Err(())
        }
    }
}

/// The step that makes the vault, where it is missing; `None` after a refusal.
fn vault(s: &Situation, draft: &mut Draft) -> Option<Option<StepId>> {
    let key = key(ResourceKind::BackupVault, &s.desired.environment);
    let vault = &s.desired.backup.vault;
    match &s.live.vault {
        Some(Sighting::Present(_)) => Some(None),
        Some(Sighting::Absent) if s.desired.backup.owned => {
            let action =
                Action::CreateBackupVault { key: key.clone(), vault: vault.clone(), tags: s.desired.tags_of(&key) };
            let step = NewStep::new(format!("create-{key}"), format!("create backup vault {vault}"), action);
            Some(Some(draft.add(step.because("there is none for the files of snapshots"))))
        }
        Some(Sighting::Absent) => {
            draft.refuse(
                Some(key),
                RefusalKind::Misfit,
                format!("the backup vault {vault} does not exist"),
                "make it, or leave `snapshots.vault` out: envctl then makes one of the environment's own",
            );
            None
        }
        Some(Sighting::Unreadable { why }) => {
            refuse_unreadable(draft, &key, why);
            None
        }
        None => {
            refuse_unreadable(draft, &key, "it was not looked at");
            None
        }
    }
}

/// Says of every path that its files stay where they are while the environment sleeps.
fn note_stay(s: &Situation, draft: &mut Draft) {
    for (name, spec) in &s.desired.access_points {
        let Some(live) = s.live.access_points.get(name).and_then(|sighting| sighting.present()) else { continue };
        let along = draft.makes(&key(ResourceKind::RecoveryPoint, &spec.file_system)) && spec.snapshot;
        let along = if along { ", and are in the snapshot too" } else { "" };
        let text = format!("the files below {} stay where they are, on {}{along}", live.path, live.file_system_id);
        draft.note(Some(key(ResourceKind::AccessPoint, name)), NoteKind::Kept, text);
    }
}
