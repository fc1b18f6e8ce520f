//! How long things usually take, and how long they may take at most, in seconds.
//!
//! Databases: `aws.md` 2.6 (pairs measured by Terraform's acceptance tests; plan timeouts). The rest: `aws.md` 1.4
//! (deployments), 4.3 (health checks, draining) and `field.md` row 20 (a drain is never shorter than the
//! deregistration delay and five minutes).

use crate::model::{Action, ServiceUpdate};

/// Create or restore a database (`aws.md` 2.6: 30–40 min).
pub(super) const DATABASE_CREATE_DEADLINE: u64 = 40 * 60;
/// Start or stop a database: the SDK's own waiter gives 30 min (`aws.md` 2.2).
pub(super) const DATABASE_POWER_DEADLINE: u64 = 30 * 60;
/// Modify a database, take a snapshot, delete a database (`aws.md` 2.6: 60 min each).
pub(super) const DATABASE_CHANGE_DEADLINE: u64 = 60 * 60;
/// A deployment: longer than the SDK's 10 min, which a slow pull and 300 s of draining exceed (`aws.md` 1.4).
pub(super) const DEPLOYMENT_DEADLINE: u64 = 30 * 60;
/// Targets healthy: 150 s with ELB's defaults (`aws.md` 4.3), and a slow start.
pub(super) const HEALTHY_DEADLINE: u64 = 10 * 60;
/// File systems, mount targets, access points.
pub(super) const STORAGE_DEADLINE: u64 = 10 * 60;
/// A backup or a restore of files: AWS Backup reads about 100 MB/s of many small files, and gives a job hours.
pub(super) const BACKUP_DEADLINE: u64 = 6 * 3600;
/// The task that moves restored files: two renames, once its image is there.
pub(super) const MOVE_DEADLINE: u64 = 20 * 60;
/// Taken of a drain: `field.md` row 20.
const DRAIN_MARGIN: u64 = 5 * 60;
/// A drain without a target group.
const DRAIN_LEAST: u64 = 10 * 60;

/// Longest wait for a service to be drained, given its deregistration delay.
pub(super) fn drain_deadline(deregistration_delay_seconds: Option<u32>) -> u64 {
    DRAIN_LEAST.max(u64::from(deregistration_delay_seconds.unwrap_or(300)) + DRAIN_MARGIN)
}

/// How long an action and its wait usually take.
pub(super) fn expected_seconds(action: &Action) -> u64 {
    match action {
        Action::CreateDatabase { .. } => 300,
        Action::RestoreDatabase { .. } => 420,
        Action::StartDatabase { .. } => 300,
        Action::StopDatabase { .. } => 240,
        Action::ModifyDatabase { changes, .. } if changes.class.is_some() || changes.engine_version.is_some() => 600,
        Action::ModifyDatabase { .. } => 60,
        Action::SetMasterPassword { .. } => 60,
        Action::RenameDatabase { .. } => 150,
        Action::DeleteDatabase { .. } => 180,
        Action::CreateSnapshot { .. } => 150,
        Action::StartBackup { .. } | Action::StartRestore { .. } => 240,
        Action::CreateFileSystem { .. } => 10,
        Action::SetThroughput { .. } => 30,
        Action::CreateMountTarget { .. } | Action::DeleteMountTarget { .. } => 90,
        Action::CreateAccessPoint { .. } => 5,
        Action::CreateService { .. } => 120,
        Action::UpdateService { update, .. } => service_update_seconds(update),
        Action::DeleteService { .. } => 60,
        Action::RunTask { .. } => 120,
        _ => 2,
    }
}

fn service_update_seconds(update: &ServiceUpdate) -> u64 {
    if update.desired_count == Some(0) {
        60
    } else if update.force_new_deployment || update.task_definition.is_some() {
        120
    } else {
        5
    }
}
