//! ECS services, their task definitions (as documents) and their autoscaling.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Tags;

/// Fargate, or Fargate Spot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// `FARGATE`.
    #[default]
    OnDemand,
    /// `FARGATE_SPOT`: about 68 % cheaper, taken away with two minutes' notice.
    Spot,
}

/// Processor architecture of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Architecture {
    /// `X86_64`, what ECS takes when nothing is said.
    #[default]
    #[serde(rename = "x86_64")]
    X86,
    /// `ARM64`.
    #[serde(rename = "arm64")]
    Arm,
}

impl Architecture {
    /// The word of `runtimePlatform.cpuArchitecture`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86 => "X86_64",
            Self::Arm => "ARM64",
        }
    }
}

/// Settings that no spec declares, by envctl's word, and what a service of ours is made with (`aws.md` 1.7, 1.8).
pub const SERVICE_MADE_WITH: [(&str, &str); 4] = [
    ("availability-zone-rebalancing", "DISABLED"),
    ("managed-tags", "true"),
    ("platform-version", "LATEST"),
    ("propagate-tags", "SERVICE"),
];

/// Autoscaling of a service: target tracking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalingSpec {
    /// Fewest tasks while up.
    pub min: u32,
    /// Most tasks.
    pub max: u32,
    /// Target of `ECSServiceAverageCPUUtilization` in percent; `None`: no such policy.
    pub cpu_percent: Option<u32>,
    /// Target of `ECSServiceAverageMemoryUtilization` in percent; `None`: no such policy.
    pub memory_percent: Option<u32>,
    /// Seconds between two scale-ins.
    pub scale_in_cooldown_seconds: u32,
    /// Seconds between two scale-outs.
    pub scale_out_cooldown_seconds: u32,
}

/// What is wanted of a service. Its documents are rendered: `task_definition` is the body of
/// `RegisterTaskDefinition` as it will be sent, with [late values](super::late_text) still in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// Service name at AWS.
    pub service_name: String,
    /// Cluster name or ARN (borrowed).
    pub cluster: String,
    /// Task definition family.
    pub family: String,
    /// The rendered task definition.
    pub task_definition: Value,
    /// Tasks while up, where no autoscaling decides. With autoscaling: only the count to start with.
    pub desired_count: u32,
    /// On demand or spot.
    pub capacity: Capacity,
    /// Container port that the target group sends to; `None`: no load balancer.
    pub attachment: Option<TargetAttachment>,
    /// Public IP for the tasks.
    pub assign_public_ip: bool,
    /// Seconds during which a new task's failed health checks do not count.
    pub health_check_grace_seconds: u32,
    /// `ecs execute-command`.
    pub enable_exec: bool,
    /// Upper bound of tasks during a deployment, percent of desired.
    pub maximum_percent: u32,
    /// Lower bound of healthy tasks during a deployment, percent of desired.
    pub minimum_healthy_percent: u32,
    /// Autoscaling; `None`: none, and a scalable target that is ours is removed.
    pub scaling: Option<ScalingSpec>,
}

/// Which container and port of a service a target group sends to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetAttachment {
    /// Name in the spec of the target group, `target-group/NAME`.
    pub target_group: String,
    /// Container name.
    pub container: String,
    /// Container port.
    pub port: u16,
}

/// A one-off task declared in the spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSpec {
    /// Service (name in the spec) whose task definition it takes; `None`: it has a template of its own.
    #[serde(default)]
    pub service: Option<String>,
    /// Cluster name or ARN (borrowed).
    pub cluster: String,
    /// Task definition family.
    pub family: String,
    /// The rendered task definition, command included.
    pub task_definition: Value,
    /// On demand or spot.
    pub capacity: Capacity,
    /// Public IP for the task.
    pub assign_public_ip: bool,
    /// Container whose exit code counts.
    pub container: String,
    /// Longest time it may run, in seconds.
    pub timeout_seconds: u64,
    /// Patterns of which each must match a line of its output.
    #[serde(default)]
    pub expect: Vec<String>,
    /// Patterns of which none may match a line of its output.
    #[serde(default)]
    pub reject: Vec<String>,
}

/// A service as ECS describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveService {
    /// Service name.
    pub service_name: String,
    /// ARN.
    pub arn: String,
    /// Cluster ARN or name.
    pub cluster: String,
    /// `ACTIVE`, `DRAINING`, `INACTIVE`.
    pub status: String,
    /// Desired tasks.
    pub desired_count: u32,
    /// Running tasks.
    pub running_count: u32,
    /// Pending tasks.
    pub pending_count: u32,
    /// Task definition ARN of the service.
    pub task_definition: String,
    /// Deployments, `PRIMARY` first.
    pub deployments: Vec<Deployment>,
    /// On demand or spot, from launch type and capacity providers; `None`: something else (EC2).
    pub capacity: Option<Capacity>,
    /// Load balancer attachments.
    pub attachments: Vec<LiveAttachment>,
    /// Subnet ids, sorted.
    pub subnets: Vec<String>,
    /// Security group ids, sorted.
    pub security_groups: Vec<String>,
    /// Public IP for the tasks.
    pub assign_public_ip: bool,
    /// Grace seconds.
    pub health_check_grace_seconds: u32,
    /// Exec.
    pub enable_exec: bool,
    /// Deployment bounds: maximum percent.
    pub maximum_percent: u32,
    /// Deployment bounds: minimum healthy percent.
    pub minimum_healthy_percent: u32,
    /// Circuit breaker with rollback is on.
    pub circuit_breaker: bool,
    /// Settings that no spec declares, as they are, by envctl's word for them; those that were not read are not in it.
    #[serde(default)]
    pub others: BTreeMap<String, String>,
    /// The newest events, newest first, at most 20.
    pub events: Vec<ServiceEvent>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Tags (only with `include=["TAGS"]`).
    pub tags: Tags,
}

impl LiveService {
    /// The deployment that ECS calls `PRIMARY`.
    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.status == "PRIMARY")
    }

    /// How far its `PRIMARY` deployment is: `IN_PROGRESS`, `COMPLETED`, `FAILED`; `None` where ECS does not say.
    pub fn rollout_state(&self) -> Option<&str> {
        self.primary()?.rollout_state.as_deref()
    }

    /// Is no deployment under way or failed? Where ECS does not say, none is.
    pub fn is_settled(&self) -> bool {
        self.rollout_state().is_none_or(|state| state == "COMPLETED")
    }

    /// Does it neither want, start nor run a task? One that is being deleted says nothing any more.
    pub fn is_quiet(&self) -> bool {
        !self.is_active() || self.desired_count + self.running_count + self.pending_count == 0
    }

    /// Why a database is not deleted while a service is not quiet.
    pub fn woken(service_name: &str) -> String {
        format!(
            "tasks of {service_name} run again since the snapshot was taken, and what they write would be lost; \
             stop them, or run the command again"
        )
    }

    /// `ACTIVE`. `DRAINING` and `INACTIVE` services count as gone.
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE"
    }
}

/// One deployment of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// `ecs-svc/…`.
    pub id: String,
    /// `PRIMARY`, `ACTIVE`, `INACTIVE`.
    pub status: String,
    /// Task definition ARN.
    pub task_definition: String,
    /// `IN_PROGRESS`, `COMPLETED`, `FAILED`; `None` where ECS does not say.
    pub rollout_state: Option<String>,
    /// Why it is in that state.
    pub rollout_reason: Option<String>,
    /// Desired tasks.
    pub desired_count: u32,
    /// Running tasks.
    pub running_count: u32,
    /// Tasks that failed to start; can go back to 0.
    pub failed_tasks: u32,
    /// When it began.
    pub created_at: Option<Timestamp>,
}

/// A target group that a service registers its tasks with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveAttachment {
    /// Target group ARN.
    pub target_group_arn: String,
    /// Container name.
    pub container: String,
    /// Container port.
    pub port: u16,
}

/// A line of a service's event list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceEvent {
    /// When.
    pub at: Option<Timestamp>,
    /// What, in ECS's words.
    pub message: String,
}

/// A task that stopped, or a one-off task that runs: the evidence of `aws.md` 1.5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveTask {
    /// Task ARN.
    pub arn: String,
    /// Task definition ARN.
    pub task_definition: String,
    /// `PROVISIONING` … `RUNNING` … `STOPPED`.
    pub last_status: String,
    /// Stop code, `EssentialContainerExited` ….
    pub stop_code: Option<String>,
    /// Stopped reason in ECS's words.
    pub stopped_reason: Option<String>,
    /// Containers.
    pub containers: Vec<LiveContainer>,
    /// When it stopped.
    pub stopped_at: Option<Timestamp>,
}

/// A container of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveContainer {
    /// Name.
    pub name: String,
    /// `None` while it runs, or when it never started.
    pub exit_code: Option<i32>,
    /// Why it stopped, where ECS says.
    pub reason: Option<String>,
    /// The last lines of its log, oldest first; empty when none could be read.
    pub log_lines: Vec<String>,
}

/// A scalable target with its target-tracking policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveScaling {
    /// `service/CLUSTER/SERVICE`.
    pub resource_id: String,
    /// Fewest tasks.
    pub min: u32,
    /// Most tasks.
    pub max: u32,
    /// All three kinds of scaling are suspended.
    pub suspended: bool,
    /// The kinds that are suspended while others are not: `scale-in`, `scale-out`, `scheduled`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partly_suspended: Vec<String>,
    /// Its target-tracking policies.
    pub policies: Vec<LiveScalingPolicy>,
}

/// A target-tracking policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveScalingPolicy {
    /// Policy name.
    pub name: String,
    /// Predefined metric, `ECSServiceAverageCPUUtilization`; `None`: a policy of another kind.
    pub metric: Option<String>,
    /// Target in percent, rounded to a whole number; `None`: another kind.
    pub target_percent: Option<u32>,
    /// Seconds between two scale-ins.
    pub scale_in_cooldown_seconds: Option<u32>,
    /// Seconds between two scale-outs.
    pub scale_out_cooldown_seconds: Option<u32>,
    /// What envctl never writes into a policy, as it is, in words: `never scales in`, `aims at 60.4 %`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}
