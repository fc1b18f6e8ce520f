//! How one subject is doing: what the executor polls while it waits.

use super::AwsCloud;
use super::ecs_read::task_id;
use super::emulated;
use crate::cloud::CloudError;
use crate::model::{LiveService, LiveTask, ServiceStatus, Status, Subject};

/// Whose output is read, and how much of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LogsOf {
    /// Of containers that failed, the end: evidence.
    Failed,
    /// Of every container: what a one-off task says is what it is judged by.
    All,
}

impl LogsOf {
    fn lines(self) -> i32 {
        match self {
            Self::Failed => 12,
            Self::All => 2_000,
        }
    }
}

/// Stopped tasks whose log lines are read.
const TASKS_WITH_LOGS: usize = 2;

impl AwsCloud {
    pub(super) async fn ask(&self, subject: &Subject) -> Result<Status, CloudError> {
        let found = match subject {
            Subject::Database { identifier } => {
                self.database(identifier).await?.map(|database| Status::Database(Box::new(database)))
            }
            Subject::Snapshot { snapshot } => {
                self.snapshot(snapshot).await?.map(|snapshot| Status::Snapshot(Box::new(snapshot)))
            }
            Subject::Service { cluster, service_name, target_group_arn } => {
                self.service_status(cluster, service_name, target_group_arn.as_deref()).await?
            }
            Subject::Task { cluster, arn } => self.one_off_task(cluster, arn).await?.map(Status::Task),
            Subject::FileSystem { id } => {
                self.file_system(id).await?.filter(|system| system.state != "deleted").map(Status::FileSystem)
            }
            Subject::MountTarget { file_system_id, subnet } => {
                let targets = self.mount_targets(file_system_id).await?;
                let target = targets.into_iter().find(|target| target.subnet == *subnet && target.state != "deleted");
                target.map(Status::MountTarget)
            }
            Subject::AccessPoint { id } => {
                self.access_point(id).await?.filter(|point| point.state != "deleted").map(Status::AccessPoint)
            }
            Subject::BackupJob { id } => self.backup_job(id).await?.map(Status::BackupJob),
            Subject::RestoreJob { id } => self.restore_job(id).await?.map(Status::BackupJob),
            Subject::RecoveryPoint { vault, arn } => {
                self.recovery_point(vault, arn).await?.map(|point| Status::RecoveryPoint(Box::new(point)))
            }
        };
        Ok(found.unwrap_or(Status::Absent))
    }

    async fn service_status(
        &self,
        cluster: &str,
        name: &str,
        target_group: Option<&str>,
    ) -> Result<Option<Status>, CloudError> {
        let health = async {
            match target_group.filter(|arn| !arn.is_empty()) {
                // Evidence, not the thing asked for: what cannot be read is left out.
                Some(arn) => self.target_health(arn).await.unwrap_or_default(),
                None => Vec::new(),
            }
        };
        let (service, mut targets) = futures_util::join!(self.service(cluster, name), health);
        let Some(service) = service?.filter(|service| service.status != "INACTIVE") else { return Ok(None) };
        if self.clients.emulated && target_group.is_some() && targets.is_empty() && is_steady(&service) {
            targets = emulated::stand_ins(&service);
        }
        let stopped_tasks = if is_steady(&service) { Vec::new() } else { self.evidence(cluster, &service).await };
        Ok(Some(Status::Service(Box::new(ServiceStatus { service, stopped_tasks, targets }))))
    }

    /// The tasks that stopped lately, the newest with their last log lines. Best effort: evidence that cannot be read
    /// must not hide the service itself.
    async fn evidence(&self, cluster: &str, service: &LiveService) -> Vec<LiveTask> {
        let mut tasks = self.lately_stopped(cluster, &service.service_name).await.unwrap_or_default();
        for task in tasks.iter_mut().take(TASKS_WITH_LOGS) {
            self.read_log_lines(task, LogsOf::Failed).await;
        }
        tasks
    }

    async fn one_off_task(&self, cluster: &str, arn: &str) -> Result<Option<LiveTask>, CloudError> {
        let mut task = self.task(cluster, arn).await?;
        if let Some(task) = task.as_mut().filter(|task| task.last_status == "STOPPED") {
            self.read_log_lines(task, LogsOf::All).await;
        }
        Ok(task)
    }

    async fn read_log_lines(&self, task: &mut LiveTask, of: LogsOf) {
        let Ok(Some(document)) = self.task_definition(&task.task_definition).await else { return };
        let containers = document.get("containerDefinitions").and_then(|list| list.as_array());
        for container in
            task.containers.iter_mut().filter(|container| of == LogsOf::All || container.exit_code != Some(0))
        {
            let options = containers
                .and_then(|list| list.iter().find(|one| one.get("name").is_some_and(|name| *name == container.name)))
                .and_then(|one| one.pointer("/logConfiguration/options"));
            let option = |name: &str| options.and_then(|options| options.get(name)).and_then(|value| value.as_str());
            let (Some(group), Some(prefix)) = (option("awslogs-group"), option("awslogs-stream-prefix")) else {
                continue;
            };
            let stream = format!("{prefix}/{}/{}", container.name, task_id(&task.arn));
            container.log_lines = self.last_lines(group, &stream, of.lines()).await.unwrap_or_default();
        }
    }
}

/// Runs what it should, and no deployment is on its way.
pub(super) fn is_steady(service: &LiveService) -> bool {
    let settled = |state: &Option<String>| state.as_deref().is_none_or(|state| state == "COMPLETED");
    service.is_active()
        && service.running_count == service.desired_count
        && service.pending_count == 0
        && service.deployments.len() == 1
        && service.deployments.iter().all(|deployment| settled(&deployment.rollout_state))
}
