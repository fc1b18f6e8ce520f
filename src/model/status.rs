//! [`Subject`] and [`Status`]: what a step waits on, and how it is doing; [`Until`]: what it waits for.

use serde::{Deserialize, Serialize};

use super::{
    LiveAccessPoint, LiveBackupJob, LiveDatabase, LiveFileSystem, LiveMountTarget, LiveRecoveryPoint, LiveService,
    LiveSnapshot, LiveTask, ResourceKey, TargetHealth,
};

/// A resource whose progress can be asked for, by its AWS name. Text fields may hold late values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the fields are AWS names and ids of what each variant says")]
pub enum Subject {
    /// A database by identifier.
    Database { identifier: String },
    /// A snapshot by identifier.
    Snapshot { snapshot: String },
    /// A service with, when it is not steady, its stopped tasks and target health.
    Service { cluster: String, service_name: String, target_group_arn: Option<String> },
    /// A one-off task by ARN.
    Task { cluster: String, arn: String },
    /// A file system by id.
    FileSystem { id: String },
    /// A mount target by id or, once made, by file system and subnet.
    MountTarget { file_system_id: String, subnet: String },
    /// An access point by id.
    AccessPoint { id: String },
    /// A backup of a file system, by job id.
    BackupJob { id: String },
    /// A restore of files, by job id.
    RestoreJob { id: String },
    /// A recovery point.
    RecoveryPoint { vault: String, arn: String },
}

/// How a subject is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// AWS says that it is not there.
    Absent,
    /// A database.
    Database(Box<LiveDatabase>),
    /// A snapshot.
    Snapshot(Box<LiveSnapshot>),
    /// A service and the evidence about it.
    Service(Box<ServiceStatus>),
    /// A one-off task.
    Task(LiveTask),
    /// A file system.
    FileSystem(LiveFileSystem),
    /// A mount target.
    MountTarget(LiveMountTarget),
    /// An access point.
    AccessPoint(LiveAccessPoint),
    /// A backup or a restore.
    BackupJob(LiveBackupJob),
    /// A recovery point.
    RecoveryPoint(Box<LiveRecoveryPoint>),
}

/// A service with the evidence of `aws.md` 1.5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// The service.
    pub service: LiveService,
    /// Tasks of it that stopped lately, newest first; read only while it is not steady.
    pub stopped_tasks: Vec<LiveTask>,
    /// Health of its targets; empty without a load balancer.
    pub targets: Vec<TargetHealth>,
}

/// What a step waits for before it counts as done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each variant says what its fields mean")]
pub enum Until {
    /// `available` and no change of class, storage or password pending. `backing-up` counts too when
    /// `connectable` is enough.
    DatabaseAvailable { connectable: bool },
    /// [`Until::DatabaseAvailable`] of this very instance (resource id, perhaps late), which takes minutes to show under
    /// its new name (`aws.md` 2.5).
    DatabaseRenamed { resource_id: String },
    /// `stopped`.
    DatabaseStopped,
    /// `available`, 100 %.
    SnapshotAvailable,
    /// Not there any more.
    Gone,
    /// No task of the service runs or is pending.
    Drained,
    /// The deployment with this id is `PRIMARY`, runs this revision and is `COMPLETED` with running = desired
    /// (`aws.md` 1.4). "Stable" is not enough: a rolled-back service is stable too.
    Deployed {
        deployment: String,
        task_definition: String,
        /// It must have run at least one task: that of none completes too, and proves nothing.
        #[serde(default)]
        with_tasks: bool,
    },
    /// At least this many targets are healthy.
    TargetsHealthy { at_least: u32 },
    /// The task stopped with exit code 0 of this container, each `expect` matches a line of its output, and no
    /// `reject` does.
    TaskSucceeded {
        container: String,
        #[serde(default)]
        expect: Vec<String>,
        #[serde(default)]
        reject: Vec<String>,
    },
    /// Life cycle state `available`.
    Available,
    /// The backup or restore is `COMPLETED`. A `PARTIAL` one is none.
    JobCompleted,
}

/// A wait at the end of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// What to poll.
    pub subject: Subject,
    /// The resource, for facts learned while polling.
    pub key: ResourceKey,
    /// What to wait for.
    pub until: Until,
    /// Longest wait, seconds, after which the step has failed.
    pub deadline_seconds: u64,
}
