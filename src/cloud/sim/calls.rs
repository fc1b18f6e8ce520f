//! The call log: what was asked of the simulated cloud, as the API calls that AWS would have seen.

use std::time::Duration;

use super::trouble::Outcome;
use super::world::{Call, World};
use crate::model::{Depth, FileSystemSpec, Live, Scope, Sighting, Sightings, Subject};

/// Half the time that an API call takes.
pub(super) async fn half_a_call() {
    tokio::time::sleep(Duration::from_millis(60)).await;
}

/// The calls that one observation of this environment takes, revisions and ids being known from before.
pub(super) fn observation_calls(scope: &Scope) -> Vec<(&'static str, String)> {
    let desired = &scope.desired;
    let mut calls = Vec::new();
    let mut call = |needed: bool, operation: &'static str| {
        if needed {
            calls.push((operation, String::new()));
        }
    };
    let deep = scope.depth == Depth::Preflight;
    let compares = scope.depth == Depth::Comparison;
    let scales = desired.services.values().any(|spec| spec.scaling.is_some());
    call(!compares, "sts:GetCallerIdentity");
    call(!desired.services.is_empty(), "ecs:DescribeServices");
    call(scales, "application-autoscaling:DescribeScalableTargets");
    call(scales, "application-autoscaling:DescribeScalingPolicies");
    call(!desired.databases.is_empty(), "rds:DescribeDBInstances");
    call(!compares && !desired.databases.is_empty(), "rds:DescribeDBSnapshots");
    desired.databases.iter().for_each(|_| call(true, "secretsmanager:DescribeSecret"));
    let listed = |system: &FileSystemSpec| !matches!(system, FileSystemSpec::Borrowed { throughput: None, .. });
    call(deep || desired.file_systems.values().any(listed), "elasticfilesystem:DescribeFileSystems");
    call(!desired.access_points.is_empty(), "elasticfilesystem:DescribeAccessPoints");
    desired.log_groups.iter().for_each(|_| call(true, "logs:DescribeLogGroups"));
    let thorough = compares || deep;
    desired.log_groups.iter().for_each(|_| call(thorough, "logs:ListTagsForResource"));
    desired.listeners.iter().for_each(|_| call(true, "elasticloadbalancing:DescribeRules"));
    call(!compares && !desired.backed_up_file_systems().is_empty(), "backup:ListRecoveryPointsByBackupVault");
    call(!desired.target_groups.is_empty(), "elasticloadbalancing:DescribeTargetGroups");
    call(!desired.listeners.is_empty(), "elasticloadbalancing:DescribeTags");
    let groups = desired.target_groups.iter();
    groups.for_each(|_| call(thorough, "elasticloadbalancing:DescribeTargetGroupAttributes"));
    call(!desired.alarms.is_empty(), "cloudwatch:DescribeAlarms");
    desired.alarms.iter().for_each(|_| call(thorough, "cloudwatch:ListTagsForResource"));
    call(!desired.dashboards.is_empty(), "cloudwatch:GetDashboard");
    call(deep && !desired.network.subnets.is_empty(), "ec2:DescribeSubnets");
    call(deep && !desired.network.security_groups.is_empty(), "ec2:DescribeSecurityGroups");
    call(deep && !desired.listeners.is_empty(), "elasticloadbalancing:DescribeListeners");
    call(deep && !desired.file_systems.is_empty(), "elasticfilesystem:DescribeMountTargets");
    call(deep && desired.cluster.is_some(), "ecs:DescribeClusters");
    calls
}

/// The call that a status takes, and what it is about.
pub(super) fn status_call(subject: &Subject) -> (&'static str, String) {
    match subject {
        Subject::Database { identifier } => ("rds:DescribeDBInstances", identifier.clone()),
        Subject::Snapshot { snapshot } => ("rds:DescribeDBSnapshots", snapshot.clone()),
        Subject::Service { service_name, .. } => ("ecs:DescribeServices", service_name.clone()),
        Subject::Task { arn, .. } => ("ecs:DescribeTasks", arn.clone()),
        Subject::FileSystem { id } => ("elasticfilesystem:DescribeFileSystems", id.clone()),
        Subject::MountTarget { file_system_id, .. } => {
            ("elasticfilesystem:DescribeMountTargets", file_system_id.clone())
        }
        Subject::AccessPoint { id } => ("elasticfilesystem:DescribeAccessPoints", id.clone()),
        Subject::BackupJob { id } => ("backup:DescribeBackupJob", id.clone()),
        Subject::RestoreJob { id } => ("backup:DescribeRestoreJob", id.clone()),
        Subject::RecoveryPoint { arn, .. } => ("backup:DescribeRecoveryPoint", arn.clone()),
    }
}

/// Takes parts of an observation away, as calls that failed would; how many.
pub(super) fn make_unreadable(live: &mut Live, fails: impl Fn(&str) -> bool) -> usize {
    fn lose<T>(sightings: &mut Sightings<T>, operation: &str) {
        for sighting in sightings.values_mut() {
            *sighting = Sighting::Unreadable { why: format!("{operation}: Rate exceeded (ThrottlingException)") };
        }
    }
    let parts = [
        "databases",
        "snapshots",
        "services",
        "rules",
        "target-groups",
        "access-points",
        "recovery-points",
        "scaling",
        "alarms",
        "dashboards",
        "secrets",
    ];
    let lost: Vec<&str> = parts.into_iter().filter(|part| fails(part)).collect();
    for part in &lost {
        match *part {
            "databases" => lose(&mut live.databases, "rds:DescribeDBInstances"),
            "snapshots" => lose(&mut live.snapshots, "rds:DescribeDBSnapshots"),
            "services" => {
                lose(&mut live.services, "ecs:DescribeServices");
                lose(&mut live.task_definitions, "ecs:DescribeTaskDefinition");
            }
            "rules" => {
                lose(&mut live.rules, "elasticloadbalancing:DescribeRules");
                lose(&mut live.listener_rules, "elasticloadbalancing:DescribeRules");
            }
            "target-groups" => lose(&mut live.target_groups, "elasticloadbalancing:DescribeTargetGroups"),
            "access-points" => lose(&mut live.access_points, "elasticfilesystem:DescribeAccessPoints"),
            "recovery-points" => lose(&mut live.recovery_points, "backup:ListRecoveryPointsByBackupVault"),
            "scaling" => lose(&mut live.scaling, "application-autoscaling:DescribeScalableTargets"),
            "alarms" => lose(&mut live.alarms, "cloudwatch:DescribeAlarms"),
            "dashboards" => lose(&mut live.dashboards, "cloudwatch:GetDashboard"),
            _ => lose(&mut live.secrets, "secretsmanager:DescribeSecret"),
        }
    }
    lost.len()
}

impl World {
    /// Notes a write and how it ended.
    pub(super) fn note_call(&mut self, operation: &str, key: &str, write: bool, answer: &Outcome) {
        let outcome = match answer {
            Ok(receipt) if receipt.changed => "ok".to_owned(),
            Ok(_) => "unchanged".to_owned(),
            Err(trouble) => trouble.word(),
        };
        let (at, operation, key) = (self.now, operation.to_owned(), key.to_owned());
        self.calls.push(Call { at, operation, key, write, outcome });
    }

    /// Notes reads.
    pub(super) fn note_reads(&mut self, calls: &[(&str, String)]) {
        for (operation, key) in calls {
            let (at, operation, key) = (self.now, (*operation).to_owned(), key.clone());
            self.calls.push(Call { at, operation, key, write: false, outcome: "ok".to_owned() });
        }
    }

    /// The id of the last request.
    pub(super) fn request_id(&self) -> String {
        super::chance::hex(self.seed, &["request", &self.calls.len().to_string(), &self.now.to_string()], 32)
    }

    /// The world without its call log: what a read that lags behind sees.
    pub(super) fn without_calls(&mut self) -> World {
        let calls = std::mem::take(&mut self.calls);
        let world = self.clone();
        self.calls = calls;
        world
    }

    /// The writes in the call log that changed something.
    pub fn writes(&self) -> Vec<&Call> {
        self.calls.iter().filter(|call| call.write && call.outcome == "ok").collect()
    }
}
