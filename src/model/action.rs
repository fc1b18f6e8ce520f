//! [`Action`]: every change envctl can make to the world, as one closed enum. The narrow waist of the design: the
//! simulated cloud, the AWS cloud, a recorder and a fault injector are each one implementation of it.
//!
//! Text fields may hold [late values](super::late_text) while the action stands in a plan; the executor resolves
//! them all before it performs the action.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AccessPointSpec, AlarmSpec, Capacity, Condition, DashboardSpec, DatabaseSpec, Facts, ResourceKey, RuleAction,
    StepId, Tags, TargetGroupSpec, Throughput,
};

/// One change. Performing it twice with the same [`Token`] is the same as once: what exists already and is ours is
/// adopted, what is gone already is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the fields are the parameters of the API call that each variant documents")]
pub enum Action {
    /// `rds:CreateDBInstance`, password read from the secret.
    CreateDatabase {
        key: ResourceKey,
        spec: DatabaseSpec,
        security_groups: Vec<String>,
        secret_arn: String,
        tags: Tags,
    },
    /// `rds:RestoreDBInstanceFromDBSnapshot` with everything passed explicitly.
    RestoreDatabase { key: ResourceKey, snapshot: String, spec: DatabaseSpec, security_groups: Vec<String>, tags: Tags },
    /// `rds:StartDBInstance`.
    StartDatabase { key: ResourceKey, identifier: String },
    /// `rds:StopDBInstance`. Refused unless `verified_snapshot` is available and of this instance.
    StopDatabase { key: ResourceKey, identifier: String, resource_id: String, verified_snapshot: String },
    /// `rds:ModifyDBInstance` with `ApplyImmediately`; only the fields given.
    ModifyDatabase { key: ResourceKey, identifier: String, changes: DatabaseChanges },
    /// `rds:ModifyDBInstance(MasterUserPassword)` with the value of the secret, which nobody sees.
    SetMasterPassword { key: ResourceKey, identifier: String, secret_arn: String },
    /// `rds:ModifyDBInstance(NewDBInstanceIdentifier)` with `ApplyImmediately`: the instance restarts under the new name,
    /// and its endpoint follows (`aws.md` 2.5). Refused unless it is this very instance, and unless none of the `quiet`
    /// services wants, starts or runs a task: what it would write meanwhile would go to both sides of a swap.
    RenameDatabase {
        key: ResourceKey,
        identifier: String,
        resource_id: String,
        new_identifier: String,
        quiet: Vec<ServiceName>,
    },
    /// `rds:DeleteDBInstance(SkipFinalSnapshot)`. Refused by the cloud unless `verified_snapshot` is read back as
    /// available, of this very instance, as encrypted and as large as it; and unless none of the `quiet` services
    /// wants, starts or runs a task: what that would have written since the snapshot would be lost.
    DeleteDatabase {
        key: ResourceKey,
        identifier: String,
        resource_id: String,
        verified_snapshot: String,
        quiet: Vec<ServiceName>,
    },
    /// `rds:CreateDBSnapshot`.
    CreateSnapshot { key: ResourceKey, database: String, snapshot: String, tags: Tags },
    /// `rds:DeleteDBSnapshot`, only with our tags.
    DeleteSnapshot { key: ResourceKey, snapshot: String },

    /// `secretsmanager:CreateSecret` with a generated password of 32 characters that RDS accepts (`aws.md` 2.3).
    CreateSecret { key: ResourceKey, secret_name: String, tags: Tags },
    /// `secretsmanager:RestoreSecret`: calls back a secret that waits for its deletion.
    RestoreSecret { key: ResourceKey, secret_arn: String },
    /// `secretsmanager:DeleteSecret` with a recovery window of 7 days.
    DeleteSecret { key: ResourceKey, secret_arn: String },

    /// `logs:CreateLogGroup` and `logs:PutRetentionPolicy`.
    CreateLogGroup { key: ResourceKey, log_group_name: String, retention_days: Option<u32>, tags: Tags },
    /// `logs:PutRetentionPolicy`, or `logs:DeleteRetentionPolicy` for `None`.
    SetLogRetention { key: ResourceKey, log_group_name: String, retention_days: Option<u32> },
    /// `logs:DeleteLogGroup`.
    DeleteLogGroup { key: ResourceKey, log_group_name: String },

    /// `elasticfilesystem:CreateFileSystem`.
    CreateFileSystem { key: ResourceKey, file_system_name: String, encrypted: bool, throughput: Throughput, tags: Tags },
    /// `elasticfilesystem:UpdateFileSystem`.
    SetThroughput { key: ResourceKey, file_system_id: String, throughput: Throughput },
    /// `elasticfilesystem:DeleteFileSystem`. Where `verified_recovery_point` names one (vault, ARN), refused unless it
    /// is read back as completed and of this very file system; `None`: the files are to go.
    DeleteFileSystem { key: ResourceKey, file_system_id: String, verified_recovery_point: Option<(String, String)> },
    /// `elasticfilesystem:CreateMountTarget`.
    CreateMountTarget { key: ResourceKey, file_system_id: String, subnet: String, security_groups: Vec<String> },
    /// `elasticfilesystem:DeleteMountTarget`.
    DeleteMountTarget { key: ResourceKey, mount_target_id: String },
    /// `elasticfilesystem:CreateAccessPoint`.
    CreateAccessPoint { key: ResourceKey, file_system_id: String, spec: AccessPointSpec, tags: Tags },
    /// `elasticfilesystem:DeleteAccessPoint`. The directory stays.
    DeleteAccessPoint { key: ResourceKey, access_point_id: String },

    /// `backup:CreateBackupVault`.
    CreateBackupVault { key: ResourceKey, vault: String, tags: Tags },
    /// `backup:DeleteBackupVault`; one that is not empty stays.
    DeleteBackupVault { key: ResourceKey, vault: String },
    /// `backup:StartBackupJob`: an on-demand recovery point of a file system, kept until it is pruned. Facts: `job`,
    /// `arn`.
    StartBackup { key: ResourceKey, vault: String, file_system_arn: String, role: String, tags: Tags },
    /// `backup:DeleteRecoveryPoint`, only with our tags.
    DeleteRecoveryPoint { key: ResourceKey, vault: String, recovery_point: String },
    /// `backup:StartRestoreJob` into an existing file system, where AWS makes a directory `aws-backup-restore_…`;
    /// `path`: this one alone, `None`: everything. One intent is one job, whoever asks and how often. Fact: `job`.
    StartRestore {
        key: ResourceKey,
        recovery_point: String,
        file_system_id: String,
        path: Option<String>,
        encrypted: bool,
        role: String,
        intent: String,
    },

    /// `elasticloadbalancing:CreateTargetGroup` (type `ip`) and its attributes.
    CreateTargetGroup { key: ResourceKey, spec: TargetGroupSpec, vpc: String, tags: Tags },
    /// `elasticloadbalancing:ModifyTargetGroup` and `ModifyTargetGroupAttributes`.
    ModifyTargetGroup { key: ResourceKey, arn: String, spec: TargetGroupSpec },
    /// `elasticloadbalancing:DeleteTargetGroup`.
    DeleteTargetGroup { key: ResourceKey, arn: String },
    /// `elasticloadbalancing:CreateRule`.
    CreateRule {
        key: ResourceKey,
        listener_arn: String,
        priority: u32,
        conditions: Vec<Condition>,
        actions: Vec<RuleAction>,
        tags: Tags,
    },
    /// `elasticloadbalancing:ModifyRule`: replaces both lists.
    ModifyRule { key: ResourceKey, arn: String, conditions: Vec<Condition>, actions: Vec<RuleAction> },
    /// `elasticloadbalancing:SetRulePriorities`.
    SetRulePriority { key: ResourceKey, arn: String, priority: u32 },
    /// `elasticloadbalancing:DeleteRule`.
    DeleteRule { key: ResourceKey, arn: String },

    /// `ecs:RegisterTaskDefinition` with the document as the body. The newest revision of the family is taken
    /// instead when its content is the same (ECS never dedupes, and a reply may be lost). Fact: `arn`.
    RegisterTaskDefinition { key: ResourceKey, family: String, document: Value, tags: Tags },
    /// Deregisters and deletes every revision of a family that carries our tags.
    DeleteTaskDefinitions { key: ResourceKey, family: String },
    /// `ecs:CreateService`. Fact: `deployment`.
    CreateService {
        key: ResourceKey,
        settings: ServiceSettings,
        task_definition: String,
        desired_count: u32,
        tags: Tags,
    },
    /// `ecs:UpdateService`. Fact: `deployment` when it started one.
    UpdateService { key: ResourceKey, cluster: String, service_name: String, update: ServiceUpdate },
    /// `ecs:DeleteService`, at 0 tasks.
    DeleteService { key: ResourceKey, cluster: String, service_name: String },
    /// `ecs:RunTask`. Fact: `arn`.
    RunTask { key: ResourceKey, run: TaskRun },

    /// `application-autoscaling:RegisterScalableTarget`, which clamps the running count into the bounds at once
    /// (`aws.md` 1.8).
    RegisterScalableTarget { key: ResourceKey, resource_id: String, min: u32, max: u32, suspended: bool, tags: Tags },
    /// `application-autoscaling:PutScalingPolicy`, target tracking.
    PutScalingPolicy { key: ResourceKey, resource_id: String, policy: ScalingPolicy },
    /// `application-autoscaling:DeleteScalingPolicy`.
    DeleteScalingPolicy { key: ResourceKey, resource_id: String, policy_name: String },
    /// `application-autoscaling:DeregisterScalableTarget`; its policies and alarms go with it.
    DeregisterScalableTarget { key: ResourceKey, resource_id: String },

    /// `cloudwatch:PutMetricAlarm`, which replaces everything of an alarm but its tags. Refused when there is one of
    /// that name without them.
    PutAlarm { key: ResourceKey, spec: AlarmSpec, actions_enabled: bool, tags: Tags },
    /// `cloudwatch:EnableAlarmActions` or `DisableAlarmActions`.
    SetAlarmActions { key: ResourceKey, alarm_name: String, enabled: bool },
    /// `cloudwatch:DeleteAlarms`.
    DeleteAlarm { key: ResourceKey, alarm_name: String },
    /// `cloudwatch:PutDashboard`. Refused when there is one of that name without our mark.
    PutDashboard { key: ResourceKey, spec: DashboardSpec, mark: String },
    /// `cloudwatch:DeleteDashboards`. Refused without our mark.
    DeleteDashboard { key: ResourceKey, dashboard_name: String, mark: String },

    /// Adds (and removes) tags on a resource of ours, by ARN: the remembered power state, prior values, scrub marks.
    Tag { key: ResourceKey, arn: String, tags: Tags, remove: Vec<String> },
}

/// A service by its names at AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceName {
    /// Cluster name or ARN.
    pub cluster: String,
    /// Service name.
    pub service_name: String,
}

/// The fields of a database that change in place; `None`: unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named and measured as in DatabaseSpec")]
pub struct DatabaseChanges {
    pub engine_version: Option<String>,
    pub class: Option<String>,
    pub storage_gib: Option<u32>,
    pub storage_type: Option<String>,
    pub iops: Option<u32>,
    pub storage_throughput: Option<u32>,
    pub max_storage_gib: Option<u32>,
    pub multi_az: Option<bool>,
    pub publicly_accessible: Option<bool>,
    pub security_groups: Option<Vec<String>>,
    pub parameter_group: Option<String>,
    pub backup_retention_days: Option<u32>,
    pub deletion_protection: Option<bool>,
    pub auto_minor_version_upgrade: Option<bool>,
    pub performance_insights: Option<bool>,
    pub port: Option<u16>,
    /// Seconds between two samples of Enhanced Monitoring; 0: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iam_authentication: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_tags_to_snapshot: Option<bool>,
}

/// Everything of a service but its count and revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named and measured as in ServiceSpec")]
pub struct ServiceSettings {
    pub service_name: String,
    pub cluster: String,
    pub capacity: Capacity,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    pub assign_public_ip: bool,
    /// Target group ARN, container and port; `None`: no load balancer.
    pub attachment: Option<(String, String, u16)>,
    pub health_check_grace_seconds: u32,
    pub enable_exec: bool,
    pub maximum_percent: u32,
    pub minimum_healthy_percent: u32,
}

/// What `UpdateService` changes; `None`: left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceUpdate {
    /// Revision ARN.
    pub task_definition: Option<String>,
    /// Tasks.
    pub desired_count: Option<u32>,
    /// Start a deployment even if nothing else would.
    pub force_new_deployment: bool,
    /// Replace every setting.
    pub settings: Option<ServiceSettings>,
}

/// A one-off task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRun {
    /// Cluster name or ARN.
    pub cluster: String,
    /// Revision ARN.
    pub task_definition: String,
    /// On demand or spot.
    pub capacity: Capacity,
    /// Subnet ids.
    pub subnets: Vec<String>,
    /// Security group ids.
    pub security_groups: Vec<String>,
    /// Public IP.
    pub assign_public_ip: bool,
    /// Tags of the task.
    pub tags: Tags,
}

/// A target-tracking policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalingPolicy {
    /// Policy name.
    pub name: String,
    /// Predefined metric type.
    pub metric: String,
    /// Target, percent.
    pub target_percent: u32,
    /// Seconds between two scale-ins.
    pub scale_in_cooldown_seconds: u32,
    /// Seconds between two scale-outs.
    pub scale_out_cooldown_seconds: u32,
}

impl Action {
    /// The resource that it changes.
    pub fn key(&self) -> &ResourceKey {
        match self {
            Self::CreateDatabase { key, .. }
            | Self::RestoreDatabase { key, .. }
            | Self::StartDatabase { key, .. }
            | Self::StopDatabase { key, .. }
            | Self::ModifyDatabase { key, .. }
            | Self::SetMasterPassword { key, .. }
            | Self::RenameDatabase { key, .. }
            | Self::DeleteDatabase { key, .. }
            | Self::CreateSnapshot { key, .. }
            | Self::DeleteSnapshot { key, .. }
            | Self::CreateSecret { key, .. }
            | Self::RestoreSecret { key, .. }
            | Self::DeleteSecret { key, .. }
            | Self::CreateLogGroup { key, .. }
            | Self::SetLogRetention { key, .. }
            | Self::DeleteLogGroup { key, .. }
            | Self::CreateFileSystem { key, .. }
            | Self::SetThroughput { key, .. }
            | Self::DeleteFileSystem { key, .. }
            | Self::CreateMountTarget { key, .. }
            | Self::DeleteMountTarget { key, .. }
            | Self::CreateAccessPoint { key, .. }
            | Self::DeleteAccessPoint { key, .. }
            | Self::CreateBackupVault { key, .. }
            | Self::DeleteBackupVault { key, .. }
            | Self::StartBackup { key, .. }
            | Self::DeleteRecoveryPoint { key, .. }
            | Self::StartRestore { key, .. }
            | Self::CreateTargetGroup { key, .. }
            | Self::ModifyTargetGroup { key, .. }
            | Self::DeleteTargetGroup { key, .. }
            | Self::CreateRule { key, .. }
            | Self::ModifyRule { key, .. }
            | Self::SetRulePriority { key, .. }
            | Self::DeleteRule { key, .. }
            | Self::RegisterTaskDefinition { key, .. }
            | Self::DeleteTaskDefinitions { key, .. }
            | Self::CreateService { key, .. }
            | Self::UpdateService { key, .. }
            | Self::DeleteService { key, .. }
            | Self::RunTask { key, .. }
            | Self::RegisterScalableTarget { key, .. }
            | Self::PutScalingPolicy { key, .. }
            | Self::DeleteScalingPolicy { key, .. }
            | Self::DeregisterScalableTarget { key, .. }
            | Self::PutAlarm { key, .. }
            | Self::SetAlarmActions { key, .. }
            | Self::DeleteAlarm { key, .. }
            | Self::PutDashboard { key, .. }
            | Self::DeleteDashboard { key, .. }
            | Self::Tag { key, .. } => key,
        }
    }

    /// Does it remove something, or make it unavailable?
    pub fn is_destructive(&self) -> bool {
        matches!(
            self,
            Self::StopDatabase { .. }
                | Self::DeleteDatabase { .. }
                | Self::DeleteSnapshot { .. }
                | Self::DeleteSecret { .. }
                | Self::DeleteLogGroup { .. }
                | Self::DeleteFileSystem { .. }
                | Self::DeleteMountTarget { .. }
                | Self::DeleteBackupVault { .. }
                | Self::DeleteRecoveryPoint { .. }
                | Self::DeleteAccessPoint { .. }
                | Self::DeleteTargetGroup { .. }
                | Self::DeleteRule { .. }
                | Self::DeleteTaskDefinitions { .. }
                | Self::DeleteService { .. }
                | Self::DeleteScalingPolicy { .. }
                | Self::DeregisterScalableTarget { .. }
                | Self::DeleteAlarm { .. }
                | Self::DeleteDashboard { .. }
        )
    }
}

/// Makes a repeated `perform` harmless: derived from run and step, the same at every try, never random.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Token {
    /// Id of the run.
    pub run: String,
    /// The step.
    pub step: StepId,
}

/// What `perform` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Facts learned, by full name (`service/web.deployment`).
    pub facts: Facts,
    /// False when there was nothing left to do: it had been done before, or it was so already.
    pub changed: bool,
}
