//! AWS Backup: vaults, recovery points of file systems, and the jobs that make and restore them.
//!
//! A job goes from `CREATED` over `RUNNING` to its end. A recovery point holds the files of the moment at which its
//! job was begun, and is listed once the job has completed. A restore puts what was asked for below a directory of
//! its own, `/aws-backup-restore_…`, and touches nothing else (AWS Backup Developer Guide, "Restore an Amazon EFS
//! file system").

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::file_system::{Directory, must_be_available, not_found};
use super::tags::{must_be_managed, same_owner};
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::World;
use crate::model::{LiveBackupJob, LiveRecoveryPoint, ResourceKey, Tags};

/// A vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vault {
    /// ARN.
    pub arn: String,
    /// Tags.
    pub tags: Tags,
}

/// A recovery point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryPoint {
    /// As AWS Backup describes it.
    pub live: LiveRecoveryPoint,
    /// Directories of the whole file system, with everything that was written below them.
    pub directories: BTreeMap<String, Directory>,
}

/// A job, and what it does at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupJob {
    /// As AWS Backup describes it.
    pub live: LiveBackupJob,
    /// What made it one job however often it was asked for.
    pub(super) token: String,
    /// The file system that is restored to, with the path; `None`: it is a backup.
    pub(super) restores: Option<(String, Option<String>)>,
    /// When it goes on; `None`: it has ended.
    pub(super) next_at: Option<Timestamp>,
}

/// What the name of every recovery directory begins with.
pub(super) const RECOVERY_DIRECTORY: &str = "/aws-backup-restore_";

impl World {
    /// `backup:CreateBackupVault`.
    pub(super) fn create_backup_vault(&mut self, vault: &str, tags: &Tags) -> Outcome {
        match self.vaults.get(vault) {
            Some(found) if same_owner(&found.tags, tags) => unchanged(),
            Some(_) => Err(Trouble::conflict("AlreadyExistsException", "a backup vault of that name exists")),
            None => {
                let arn = self.arn("backup", &format!("backup-vault:{vault}"));
                self.vaults.insert(vault.to_owned(), Vault { arn, tags: tags.clone() });
                changed()
            }
        }
    }

    /// `backup:DeleteBackupVault`.
    pub(super) fn delete_backup_vault(&mut self, vault: &str) -> Outcome {
        let Some(found) = self.vaults.get(vault) else { return unchanged() };
        must_be_managed(&found.tags, &format!("backup vault {vault}"))?;
        if self.recovery_points.values().any(|point| point.live.vault == vault) {
            let message = "Backup vault cannot be deleted because it contains recovery points.";
            return Err(Trouble::busy("InvalidRequestException", message));
        }
        self.vaults.remove(vault);
        changed()
    }

    /// `backup:StartBackupJob`.
    pub(super) fn start_backup(
        &mut self,
        key: &ResourceKey,
        vault: &str,
        file_system_arn: &str,
        role: &str,
        tags: &Tags,
        token: &str,
    ) -> Outcome {
        if let Some(found) = self.backup_jobs.values().find(|job| job.restores.is_none() && job.token == token) {
            return Ok(job_receipt(false, key, &found.live));
        }
        if !self.vaults.contains_key(vault) {
            return Err(Trouble::not_found("ResourceNotFoundException", format!("no backup vault {vault}")));
        }
        check_role(role)?;
        let system = self.file_systems.values().find(|found| found.live.arn == file_system_arn);
        let system = system.ok_or_else(|| not_found(file_system_arn))?.clone();
        let id = self.fresh(32);
        let point = self.fresh(32);
        let arn = self.arn("backup", &format!("recovery-point:{point}"));
        let live = LiveRecoveryPoint {
            arn: arn.clone(),
            vault: vault.to_owned(),
            file_system_arn: file_system_arn.to_owned(),
            status: "CREATING".to_owned(),
            size_bytes: None,
            encrypted: system.live.encrypted,
            created_at: Some(self.now),
            tags: tags.clone(),
        };
        self.recovery_points.insert(arn.clone(), RecoveryPoint { live, directories: system.directories });
        let job = self.begin_job(id, token, None, (arn, file_system_arn.to_owned()));
        Ok(job_receipt(true, key, &job))
    }

    /// `backup:StartRestoreJob`. A job that has failed is not the one that is asked for: envctl goes on to another token.
    pub(super) fn start_restore(
        &mut self,
        key: &ResourceKey,
        recovery_point: &str,
        file_system_id: &str,
        path: Option<&str>,
        role: &str,
        intent: &str,
    ) -> Outcome {
        let same = |job: &&BackupJob| job.restores.is_some() && job.token == intent && !job.live.has_failed();
        if let Some(found) = self.backup_jobs.values().find(same) {
            return Ok(receipt(false, key, &[("job", &found.live.id)]));
        }
        check_role(role)?;
        let absent = || Trouble::not_found("ResourceNotFoundException", format!("no recovery point {recovery_point}"));
        let point = self.recovery_points.get(recovery_point).ok_or_else(absent)?;
        if !point.live.is_completed() {
            return Err(Trouble::busy("InvalidRequestException", "the recovery point is not completed"));
        }
        let system = self.file_systems.get(file_system_id).ok_or_else(|| not_found(file_system_id))?;
        must_be_available(&system.live)?;
        let arn = system.live.arn.clone();
        let id = self.fresh(32);
        let restores = Some((file_system_id.to_owned(), path.map(str::to_owned)));
        let job = self.begin_job(id, intent, restores, (recovery_point.to_owned(), arn));
        Ok(receipt(true, key, &[("job", &job.id)]))
    }

    /// `backup:DeleteRecoveryPoint`.
    pub(super) fn delete_recovery_point(&mut self, vault: &str, arn: &str) -> Outcome {
        let Some(found) = self.recovery_points.get(arn).filter(|found| found.live.vault == vault) else {
            return unchanged();
        };
        must_be_managed(&found.live.tags, &format!("recovery point {arn}"))?;
        if found.live.status == "CREATING" {
            return Err(Trouble::busy("InvalidResourceStateException", "the recovery point is being created"));
        }
        self.recovery_points.remove(arn);
        changed()
    }

    /// Is this recovery point completed, and of this file system? Read back before the file system goes.
    pub(super) fn must_hold_files(&self, file_system_id: &str, kept: &(String, String)) -> Result<(), Trouble> {
        let (vault, arn) = kept;
        let refuse = |why: &str| Err(Trouble::unsafe_to(format!("{file_system_id} stays: recovery point {arn} {why}")));
        let found = self.recovery_points.get(arn).filter(|found| found.live.vault == *vault);
        let Some(found) = found.map(|found| &found.live) else { return refuse("does not exist") };
        if !found.is_completed() {
            return refuse("is not completed");
        }
        if !found.file_system_arn.ends_with(&format!("/{file_system_id}")) {
            return refuse("is of another file system");
        }
        Ok(())
    }

    fn begin_job(
        &mut self,
        id: String,
        token: &str,
        restores: Option<(String, Option<String>)>,
        (recovery_point_arn, file_system_arn): (String, String),
    ) -> LiveBackupJob {
        let live = LiveBackupJob {
            id: id.clone(),
            state: if restores.is_some() { "PENDING" } else { "CREATED" }.to_owned(),
            percent_done: None,
            message: None,
            recovery_point_arn: Some(recovery_point_arn),
            file_system_arn: Some(file_system_arn),
        };
        let next_at = Some(self.after(20, &id));
        let job = BackupJob { live: live.clone(), token: token.to_owned(), restores, next_at };
        self.backup_jobs.insert(id, job);
        live
    }

    /// Moves every job on that is due.
    pub(super) fn age_backups(&mut self) {
        let now = self.now;
        let due = self.backup_jobs.values().filter(|job| job.next_at.is_some_and(|at| at <= now));
        let due: Vec<String> = due.map(|job| job.live.id.clone()).collect();
        for id in due {
            self.step_job(&id);
        }
    }

    fn step_job(&mut self, id: &str) {
        // Small file systems take minutes, as restores of them do.
        let ends = self.after(200, id);
        let Some(job) = self.backup_jobs.get_mut(id) else { return };
        if job.live.state != "RUNNING" {
            job.live.state = "RUNNING".to_owned();
            job.live.percent_done = Some("0.0".to_owned());
            job.next_at = Some(ends);
            return;
        }
        job.next_at = None;
        let job = job.clone();
        let (state, message) = match &job.restores {
            None => self.end_backup(&job.live),
            Some((system, path)) => self.end_restore(&job.live, system, path.as_deref()),
        };
        if let Some(job) = self.backup_jobs.get_mut(id) {
            job.live.percent_done = (state == "COMPLETED").then(|| "100.0".to_owned());
            job.live.state = state;
            job.live.message = message;
        }
    }

    /// The recovery point is there, or is not: the state of its job, and why.
    fn end_backup(&mut self, job: &LiveBackupJob) -> (String, Option<String>) {
        let arn = job.recovery_point_arn.as_deref().unwrap_or_default();
        let of = job.file_system_arn.as_deref().unwrap_or_default();
        let system = self.file_systems.values().find(|found| found.live.arn == of);
        let planted = system.and_then(|found| self.behaviours.backup_ends.get(&found.creation_token)).cloned();
        let size = system.map(|found| found.live.size_bytes);
        let Some(point) = self.recovery_points.get_mut(arn) else { return aborted() };
        match planted {
            Some(state) if state == "PARTIAL" => {
                point.live.status.clone_from(&state);
                (state, Some("Some files could not be read".to_owned()))
            }
            Some(state) => {
                self.recovery_points.remove(arn);
                (state, Some("The backup job could not read the file system".to_owned()))
            }
            None => {
                point.live.status = "COMPLETED".to_owned();
                point.live.size_bytes = size;
                ("COMPLETED".to_owned(), None)
            }
        }
    }

    /// What was asked for stands below a recovery directory.
    fn end_restore(&mut self, job: &LiveBackupJob, system: &str, path: Option<&str>) -> (String, Option<String>) {
        let failed = |why: String| ("FAILED".to_owned(), Some(why));
        let name = self.now.strftime("%Y-%m-%dT%H-%M-%S-%3fZ").to_string();
        let point = job.recovery_point_arn.as_ref().and_then(|arn| self.recovery_points.get(arn));
        let Some(point) = point else { return failed("the recovery point is gone".to_owned()) };
        let wanted = |directory: &str| path.is_none_or(|path| is_below(directory, path));
        let found = point.directories.iter().filter(|(directory, _)| wanted(directory));
        let found: Vec<(String, Directory)> = found
            .map(|(directory, content)| (format!("{RECOVERY_DIRECTORY}{name}{directory}"), content.clone()))
            .collect();
        let Some(system) = self.file_systems.get_mut(system) else {
            return failed("the file system is gone".to_owned());
        };
        if let Some(state) = self.behaviours.restore_ends.get(&system.creation_token) {
            return (state.clone(), Some("The restore job could not write to the file system".to_owned()));
        }
        if let (true, Some(path)) = (found.is_empty(), path) {
            return failed(format!("{path} is not in the recovery point"));
        }
        system.directories.extend(found);
        ("COMPLETED".to_owned(), None)
    }
}

/// Is it this directory, or one inside it?
pub(super) fn is_below(directory: &str, path: &str) -> bool {
    directory.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn aborted() -> (String, Option<String>) {
    ("ABORTED".to_owned(), Some("the recovery point is gone".to_owned()))
}

fn job_receipt(changed: bool, key: &ResourceKey, job: &LiveBackupJob) -> crate::model::Receipt {
    let arn = job.recovery_point_arn.as_deref().unwrap_or_default();
    receipt(changed, key, &[("job", &job.id), ("arn", arn)])
}

fn check_role(role: &str) -> Result<(), Trouble> {
    if role.starts_with("arn:") && role.contains(":role/") {
        return Ok(());
    }
    Err(Trouble::refused("InvalidParameterValueException", format!("{role:?} is no role that AWS Backup can assume")))
}
