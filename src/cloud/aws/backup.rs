//! AWS Backup: a vault, on-demand recovery points of file systems, and restores of single paths. Operations, states
//! and restore metadata are those of the AWS Backup API reference (`StartBackupJob`, `StartRestoreJob`,
//! `DescribeRecoveryPoint`) and of its developer guide, "Restore an Amazon EFS file system".

use std::collections::HashMap;

use super::AwsCloud;
use super::error::{incomplete, own_error};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{Receipt, ResourceKey, Tags, Token};

/// AWS Backup gives up a job that could not begin within so many minutes; 60 is the least that it takes. Its default
/// is eight hours, in which `down` would wait.
const START_WINDOW_MINUTES: i64 = 60;

/// So many restores of one intent may fail before somebody must look: each costs the next run two calls.
const MOST_FAILED_RESTORES: usize = 20;

/// What to restore, and where to.
pub(super) struct Restore<'a> {
    pub(super) recovery_point: &'a str,
    pub(super) file_system_id: &'a str,
    /// `None`: everything.
    pub(super) path: Option<&'a str>,
    pub(super) encrypted: bool,
    pub(super) role: &'a str,
    pub(super) intent: &'a str,
}

impl AwsCloud {
    /// Adopts a vault of that name that is ours: its tags are read first, because an existing one is refused.
    pub(super) async fn create_backup_vault(&self, vault: &str, tags: &Tags) -> Result<Receipt, CloudError> {
        let request = self.clients.backup.create_backup_vault().backup_vault_name(vault);
        let request = request.set_backup_vault_tags(Some(tags.clone().into_iter().collect()));
        match self.caller.call("backup:CreateBackupVault", || request.clone().send()).await {
            Ok(_) => Ok(super::done(true)),
            Err(error) if error.kind == CloudErrorKind::Conflict => {
                let found = self.backup_vault(vault).await?.ok_or(error)?;
                let tags = self.backup_tags(&found).await?;
                self.require_ours("backup:CreateBackupVault", CloudErrorKind::Conflict, vault, &tags)?;
                Ok(super::done(false))
            }
            Err(error) => Err(error),
        }
    }

    /// A vault that holds anything stays: somebody relies on it.
    pub(super) async fn delete_backup_vault(&self, vault: &str) -> Result<Receipt, CloudError> {
        let Some(arn) = self.backup_vault(vault).await? else { return Ok(super::done(false)) };
        let tags = self.backup_tags(&arn).await?;
        self.require_ours("backup:DeleteBackupVault", CloudErrorKind::Unsafe, vault, &tags)?;
        if !self.recovery_points(vault).await?.is_empty() {
            return Ok(super::done(false));
        }
        let request = self.clients.backup.delete_backup_vault().backup_vault_name(vault);
        super::gone_is_done(self.caller.call("backup:DeleteBackupVault", || request.clone().send()).await)
    }

    /// The token makes a repeated call the same job ("a success message with no action taken").
    pub(super) async fn start_backup(
        &self,
        key: &ResourceKey,
        vault: &str,
        file_system_arn: &str,
        role: &str,
        tags: &Tags,
        token: &Token,
    ) -> Result<Receipt, CloudError> {
        const OPERATION: &str = "backup:StartBackupJob";
        let request = self
            .clients
            .backup
            .start_backup_job()
            .backup_vault_name(vault)
            .resource_arn(file_system_arn)
            .iam_role_arn(role)
            .idempotency_token(super::digest(&[&token.run, &token.step.0], 64))
            .start_window_minutes(START_WINDOW_MINUTES)
            .set_recovery_point_tags(Some(tags.clone().into_iter().collect()));
        let started = self.caller.call(OPERATION, || request.clone().send()).await?;
        let job = started.backup_job_id().ok_or_else(|| incomplete(OPERATION, "BackupJobId"))?;
        Ok(super::receipt(key, &[("job", job), ("arn", started.recovery_point_arn().unwrap_or_default())], true))
    }

    /// Only with our tags, read at this moment.
    pub(super) async fn delete_recovery_point(&self, vault: &str, arn: &str) -> Result<Receipt, CloudError> {
        let found = self.recovery_point(vault, arn).await?.filter(|point| !point.is_leaving());
        if found.is_none() {
            return Ok(super::done(false));
        }
        let tags = self.backup_tags(arn).await?;
        self.require_ours("backup:DeleteRecoveryPoint", CloudErrorKind::Unsafe, arn, &tags)?;
        let request = self.clients.backup.delete_recovery_point().backup_vault_name(vault).recovery_point_arn(arn);
        super::gone_is_done(self.caller.call("backup:DeleteRecoveryPoint", || request.clone().send()).await)
    }

    /// Into an existing file system: AWS Backup never overwrites anything, it makes a recovery directory. One intent is one
    /// job, in however many runs; after one that has failed the next token follows from it, for a token answers with its
    /// job for ever.
    pub(super) async fn start_restore(&self, key: &ResourceKey, wanted: &Restore<'_>) -> Result<Receipt, CloudError> {
        let mut token = super::digest(&[wanted.recovery_point, wanted.file_system_id, wanted.intent], 64);
        let mut job = self.start_restore_once(wanted, &token).await?;
        for _ in 0..MOST_FAILED_RESTORES {
            if self.restore_job(&job).await?.is_none_or(|found| !found.has_failed()) {
                break;
            }
            token = super::digest(&[&token, &job], 64);
            job = self.start_restore_once(wanted, &token).await?;
        }
        Ok(super::receipt(key, &[("job", &job)], true))
    }

    async fn start_restore_once(&self, wanted: &Restore<'_>, token: &str) -> Result<String, CloudError> {
        const OPERATION: &str = "backup:StartRestoreJob";
        let mut metadata: HashMap<String, String> = HashMap::from([
            ("file-system-id".to_owned(), wanted.file_system_id.to_owned()),
            ("Encrypted".to_owned(), wanted.encrypted.to_string()),
            ("PerformanceMode".to_owned(), "generalPurpose".to_owned()),
            ("CreationToken".to_owned(), token.to_owned()),
            ("newFileSystem".to_owned(), "false".to_owned()),
        ]);
        if let Some(path) = wanted.path {
            metadata.insert("ItemsToRestore".to_owned(), serde_json::json!([path]).to_string());
        }
        let request = self
            .clients
            .backup
            .start_restore_job()
            .recovery_point_arn(wanted.recovery_point)
            .iam_role_arn(wanted.role)
            .resource_type("EFS")
            .idempotency_token(token)
            .set_metadata(Some(metadata));
        let started = self.caller.call(OPERATION, || request.clone().send()).await?;
        started.restore_job_id().map(str::to_owned).ok_or_else(|| incomplete(OPERATION, "RestoreJobId"))
    }

    /// Is this recovery point completed, and of this file system? Read back in the very call that deletes the files.
    pub(super) async fn must_hold_files(
        &self,
        file_system_arn: &str,
        (vault, arn): &(String, String),
    ) -> Result<(), CloudError> {
        let refuse = |why: String| {
            let message = format!("{file_system_arn} stays: recovery point {arn} {why}");
            Err(own_error(CloudErrorKind::Unsafe, "elasticfilesystem:DeleteFileSystem", message))
        };
        match self.recovery_point(vault, arn).await? {
            None => refuse("does not exist".to_owned()),
            Some(found) if !found.is_completed() => refuse(format!("is {}", found.status)),
            Some(found) if found.file_system_arn != file_system_arn => {
                refuse(format!("is of {}", found.file_system_arn))
            }
            Some(_) => Ok(()),
        }
    }
}
