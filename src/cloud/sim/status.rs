//! How one subject is doing, with its evidence (`aws.md` 1.5).

use super::task::Phase;
use super::world::World;
use crate::model::{LiveService, LiveTask, ServiceStatus, Status, Subject};

/// Events that a description shows.
const EVENTS_SHOWN: usize = 20;
/// Stopped tasks that a status shows.
const TASKS_SHOWN: usize = 10;

impl World {
    /// The status of a subject now.
    pub(super) fn status_of(&self, subject: &Subject) -> Status {
        match subject {
            Subject::Database { identifier } => {
                let found = self.databases.get(&identifier.to_lowercase());
                found.map_or(Status::Absent, |found| Status::Database(Box::new(found.live.clone())))
            }
            Subject::Snapshot { snapshot } => {
                let found = self.snapshots.get(&snapshot.to_lowercase());
                found.map_or(Status::Absent, |found| Status::Snapshot(Box::new(self.described_snapshot(found))))
            }
            Subject::Service { cluster, service_name, target_group_arn } => {
                self.service_status(&self.service_arn(cluster, service_name), target_group_arn.as_deref())
            }
            Subject::Task { arn, .. } => {
                self.tasks.get(arn).map_or(Status::Absent, |found| Status::Task(found.live.clone()))
            }
            Subject::FileSystem { id } => {
                let found = self.file_systems.get(id);
                found.map_or(Status::Absent, |found| Status::FileSystem(self.described_file_system(found)))
            }
            Subject::MountTarget { file_system_id, subnet } => {
                let is_it = |live: &crate::model::LiveMountTarget| {
                    live.file_system_id == *file_system_id && (live.subnet == *subnet || live.id == *subnet)
                };
                let found = self.mount_targets.values().find(|found| is_it(&found.live));
                found.map_or(Status::Absent, |found| Status::MountTarget(found.live.clone()))
            }
            Subject::AccessPoint { id } => {
                let found = self.access_points.get(id);
                found.map_or(Status::Absent, |found| Status::AccessPoint(found.live.clone()))
            }
            Subject::BackupJob { id } | Subject::RestoreJob { id } => {
                let found = self.backup_jobs.get(id);
                found.map_or(Status::Absent, |found| Status::BackupJob(found.live.clone()))
            }
            Subject::RecoveryPoint { arn, .. } => {
                let found = self.recovery_points.get(arn);
                found.map_or(Status::Absent, |found| Status::RecoveryPoint(Box::new(found.live.clone())))
            }
        }
    }

    fn service_status(&self, arn: &str, target_group_arn: Option<&str>) -> Status {
        let Some(live) = self.services.get(arn).map(|found| described(&found.live)) else { return Status::Absent };
        let stopped_tasks = if is_steady(&live) { Vec::new() } else { self.stopped_tasks(arn) };
        let targets = target_group_arn.map(|group| self.target_health(group)).unwrap_or_default();
        Status::Service(Box::new(ServiceStatus { service: live, stopped_tasks, targets }))
    }

    /// Tasks of a service that stopped within the last hour, newest first.
    pub(super) fn stopped_tasks(&self, arn: &str) -> Vec<LiveTask> {
        let stopped = self.tasks.values().filter(|task| task.service.as_deref() == Some(arn));
        let mut stopped: Vec<_> = stopped.filter(|task| task.phase == Phase::Stopped).collect();
        stopped.sort_by_key(|task| std::cmp::Reverse((task.live.stopped_at, task.number)));
        stopped.into_iter().take(TASKS_SHOWN).map(|task| task.live.clone()).collect()
    }
}

/// A service as a description shows it.
pub(super) fn described(live: &LiveService) -> LiveService {
    let mut live = live.clone();
    live.events.truncate(EVENTS_SHOWN);
    live
}

/// One deployment, completed, with as many tasks as wanted.
pub(super) fn is_steady(live: &LiveService) -> bool {
    let completed = |deployment: &crate::model::Deployment| deployment.rollout_state.as_deref() == Some("COMPLETED");
    live.deployments.len() == 1
        && live.deployments.first().is_some_and(completed)
        && live.running_count == live.desired_count
        && live.pending_count == 0
}
