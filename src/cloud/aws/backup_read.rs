//! AWS Backup, reading: vaults, recovery points with their tags, jobs.
//!
//! An observation of an environment whose snapshots hold files makes one call more, `ListRecoveryPointsByBackupVault`.
//! The list has no tags; they are read once for each recovery point and remembered with the ids of the environment,
//! for nobody but envctl writes them, and every write reads them again. A vault that the list cannot be read of is
//! looked for by `ListBackupVaults`: AWS answers that one is missing in the same words as that access is denied.

use std::collections::BTreeMap;

use aws_sdk_backup::types as backup;
use futures_util::future::join_all;

use super::AwsCloud;
use super::answer::{text, timestamp};
use super::observe::{key_in, unreadable};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{
    LiveBackupJob, LiveRecoveryPoint, ResourceKey, ResourceKind, Scope, Sighting, Sightings, TAG_RESOURCE, Tags,
};

/// Under which name the tags of a recovery point are remembered among the ids.
const TAGS_OF: &str = "tags of ";

/// What was found of the backups.
#[derive(Default)]
pub(super) struct Backups {
    pub(super) vault: Option<Sighting<String>>,
    pub(super) recovery_points: Sightings<Vec<LiveRecoveryPoint>>,
    pub(super) resolved_ids: BTreeMap<String, String>,
}

impl AwsCloud {
    pub(super) async fn look_at_backups(&self, scope: &Scope) -> Backups {
        let names = scope.desired.backed_up_file_systems();
        // A comparison asks for no snapshots either.
        if names.is_empty() || scope.depth.compares() {
            return Backups::default();
        }
        let vault = &scope.desired.backup.vault;
        let mut found = Backups { vault: Some(Sighting::Present(vault.clone())), ..Backups::default() };
        let points = match self.recovery_points(vault).await {
            Ok(points) => points,
            Err(error) if matches!(error.kind, CloudErrorKind::NotFound | CloudErrorKind::Denied) => {
                match self.backup_vault(vault).await {
                    Ok(None) => {
                        found.vault = Some(Sighting::Absent);
                        Vec::new()
                    }
                    _ => return unknown(scope, &error),
                }
            }
            Err(error) => return unknown(scope, &error),
        };
        let tagged = join_all(points.into_iter().map(|point| self.with_tags(point, scope))).await;
        let mut ours = Vec::new();
        for point in tagged {
            match point {
                Ok(point) => {
                    let remembered = serde_json::to_string(&point.tags).unwrap_or_default();
                    found.resolved_ids.insert(format!("{TAGS_OF}{}", point.arn), remembered);
                    if scope.desired.owns(&point.tags) {
                        ours.push(point);
                    }
                }
                Err(error) => return unknown(scope, &error),
            }
        }
        ours.sort_by(|left, right| (right.created_at, &right.arn).cmp(&(left.created_at, &left.arn)));
        for name in names {
            let key = ResourceKey::new(ResourceKind::RecoveryPoint, name).to_string();
            let of_it = ours.iter().filter(|point| point.tags.get(TAG_RESOURCE) == Some(&key));
            found.recovery_points.insert(name.clone(), Sighting::Present(of_it.cloned().collect()));
        }
        found
    }

    async fn with_tags(&self, point: LiveRecoveryPoint, scope: &Scope) -> Result<LiveRecoveryPoint, CloudError> {
        let known = scope.known_ids.get(&format!("{TAGS_OF}{}", point.arn));
        let tags: Option<Tags> = known.and_then(|text| serde_json::from_str(text).ok());
        let tags = match tags {
            Some(tags) if tags.is_empty() || key_in(&tags).is_some() => tags,
            _ => self.backup_tags(&point.arn).await?,
        };
        Ok(LiveRecoveryPoint { tags, ..point })
    }

    /// The on-demand recovery points of file systems in a vault, without their tags. Those that a backup plan made
    /// are somebody else's.
    pub(super) async fn recovery_points(&self, vault: &str) -> Result<Vec<LiveRecoveryPoint>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.clients.backup.list_recovery_points_by_backup_vault().backup_vault_name(vault);
            let request = request.by_resource_type("EFS").max_results(1000).set_next_token(token);
            let page = self.caller.call("backup:ListRecoveryPointsByBackupVault", || request.clone().send()).await?;
            let points = page.recovery_points().iter().filter(|point| is_on_demand(point));
            found.extend(points.map(|point| listed(vault, point)).filter(|point| point.status != "CREATING"));
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// The ARN of a vault; `None`: there is none.
    pub(super) async fn backup_vault(&self, name: &str) -> Result<Option<String>, CloudError> {
        let mut token = None;
        loop {
            let request = self.clients.backup.list_backup_vaults().max_results(1000).set_next_token(token);
            let page = self.caller.call("backup:ListBackupVaults", || request.clone().send()).await?;
            let found = page.backup_vault_list().iter().find(|vault| vault.backup_vault_name() == Some(name));
            if let Some(found) = found {
                return Ok(Some(text(found.backup_vault_arn())));
            }
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(None);
            }
        }
    }

    /// The tags of a vault or recovery point.
    pub(super) async fn backup_tags(&self, arn: &str) -> Result<Tags, CloudError> {
        let request = self.clients.backup.list_tags().resource_arn(arn);
        let answer = self.caller.call("backup:ListTags", || request.clone().send()).await?;
        Ok(answer.tags().map(|tags| tags.clone().into_iter().collect()).unwrap_or_default())
    }

    /// One recovery point, without its tags; `None`: it is not there.
    pub(super) async fn recovery_point(&self, vault: &str, arn: &str) -> Result<Option<LiveRecoveryPoint>, CloudError> {
        let request = self.clients.backup.describe_recovery_point().backup_vault_name(vault).recovery_point_arn(arn);
        match self.caller.call("backup:DescribeRecoveryPoint", || request.clone().send()).await {
            Ok(found) => Ok(Some(LiveRecoveryPoint {
                arn: arn.to_owned(),
                vault: vault.to_owned(),
                file_system_arn: text(found.resource_arn()),
                status: found.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
                size_bytes: found.backup_size_in_bytes().and_then(|size| u64::try_from(size).ok()),
                encrypted: found.is_encrypted(),
                created_at: timestamp(found.creation_date()),
                tags: Tags::new(),
            })),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A backup by its job; `None`: there is no such job.
    pub(super) async fn backup_job(&self, id: &str) -> Result<Option<LiveBackupJob>, CloudError> {
        let request = self.clients.backup.describe_backup_job().backup_job_id(id);
        match self.caller.call("backup:DescribeBackupJob", || request.clone().send()).await {
            Ok(found) => Ok(Some(LiveBackupJob {
                id: id.to_owned(),
                state: found.state().map(|state| state.as_str().to_owned()).unwrap_or_default(),
                percent_done: found.percent_done().map(str::to_owned),
                message: found.status_message().map(str::to_owned),
                recovery_point_arn: found.recovery_point_arn().map(str::to_owned),
                file_system_arn: found.resource_arn().map(str::to_owned),
            })),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A restore by its job; `None`: there is no such job.
    pub(super) async fn restore_job(&self, id: &str) -> Result<Option<LiveBackupJob>, CloudError> {
        let request = self.clients.backup.describe_restore_job().restore_job_id(id);
        match self.caller.call("backup:DescribeRestoreJob", || request.clone().send()).await {
            Ok(found) => Ok(Some(LiveBackupJob {
                id: id.to_owned(),
                state: found.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
                percent_done: found.percent_done().map(str::to_owned),
                message: found.status_message().map(str::to_owned),
                recovery_point_arn: found.recovery_point_arn().map(str::to_owned),
                file_system_arn: found.created_resource_arn().map(str::to_owned),
            })),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Nothing can be said.
fn unknown(scope: &Scope, error: &CloudError) -> Backups {
    let names = scope.desired.backed_up_file_systems();
    Backups {
        vault: Some(unreadable(error)),
        recovery_points: names.into_iter().map(|name| (name.clone(), unreadable(error))).collect(),
        resolved_ids: BTreeMap::new(),
    }
}

fn is_on_demand(point: &backup::RecoveryPointByBackupVault) -> bool {
    point.created_by().is_none_or(|by| by.backup_plan_id().is_none())
}

fn listed(vault: &str, point: &backup::RecoveryPointByBackupVault) -> LiveRecoveryPoint {
    LiveRecoveryPoint {
        arn: text(point.recovery_point_arn()),
        vault: vault.to_owned(),
        file_system_arn: text(point.resource_arn()),
        status: point.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        size_bytes: point.backup_size_in_bytes().and_then(|size| u64::try_from(size).ok()),
        encrypted: point.is_encrypted(),
        created_at: timestamp(point.creation_date()),
        tags: Tags::new(),
    }
}
