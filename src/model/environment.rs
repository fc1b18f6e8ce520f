//! [`Environment`]: a spec once parsed, inherited, defaulted and validated; nothing is rendered yet.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AccessPointSpec, AlarmSpec, Architecture, BackupSpec, Capacity, Check, DatabaseSpec, FileSystemSpec, HealthCheck,
    LogGroupSpec, Place, PolicyRules, ReleaseSpec, ScalingSpec, Selector, SleepMode, Tags,
};

/// An environment as its spec declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Its name: the file's name without `.yaml`.
    pub name: String,
    /// The application that it belongs to, also the value of the workspace tag.
    pub application: String,
    /// Twelve digits; checked against STS before the first write.
    pub account: String,
    /// AWS region.
    pub region: String,
    /// Refuses every destructive action.
    pub protect: bool,
    /// Tags for everything owned, beside envctl's own.
    pub tags: Tags,
    /// Free values for templates, `{{values.NAME}}`.
    pub values: serde_json::Map<String, Value>,
    /// ECS cluster, by name or ARN. `None` only without services and tasks.
    pub cluster: Option<String>,
    /// Listeners of production's load balancer, by name in the spec.
    pub listeners: BTreeMap<String, ListenerSelector>,
    /// Subnets and security groups of tasks (and of owned mount targets).
    pub network: NetworkSpec,
    /// File systems, owned and borrowed.
    pub file_systems: BTreeMap<String, FileSystemSpec>,
    /// File paths: access points.
    pub access_points: BTreeMap<String, AccessPointSpec>,
    /// Databases.
    pub databases: BTreeMap<String, DatabaseSpec>,
    /// Log groups.
    pub log_groups: BTreeMap<String, LogGroupSpec>,
    /// Services.
    pub services: BTreeMap<String, ServiceDeclaration>,
    /// One-off tasks.
    pub tasks: BTreeMap<String, TaskDeclaration>,
    /// Listener rules, each with its target group when it forwards.
    pub rules: BTreeMap<String, RuleDeclaration>,
    /// What `verify` looks at, by name.
    pub checks: BTreeMap<String, Check>,
    /// What task definitions must keep to; `None`: nothing is demanded.
    pub policy: Option<PolicyRules>,
    /// What a release does.
    pub release: ReleaseSpec,
    /// Alarms.
    #[serde(default)]
    pub alarms: BTreeMap<String, AlarmDeclaration>,
    /// The dashboard; `None`: none.
    #[serde(default)]
    pub dashboard: Option<DashboardDeclaration>,
    /// How it sleeps.
    pub sleep: SleepSpec,
    /// What its rules answer with during maintenance.
    pub maintenance: PageSpec,
    /// Which snapshots are kept.
    pub retention: RetentionSpec,
    /// Where files of snapshots are kept.
    pub backup: BackupSpec,
    /// Fields of task definitions newer than envctl's data that the spec lets pass.
    pub allow_fields: Vec<String>,
    /// Where each resource, and each of its fields (`database/main.class`), is declared.
    pub places: BTreeMap<String, Place>,
}

/// How the spec points at a listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListenerSelector {
    /// By its ARN.
    Arn(String),
    /// By load balancer name and port.
    LoadBalancer {
        /// Load balancer name.
        name: String,
        /// Listener port.
        port: u16,
    },
}

impl std::fmt::Display for ListenerSelector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Arn(arn) => formatter.write_str(arn),
            Self::LoadBalancer { name, port } => write!(formatter, "load balancer {name} port {port}"),
        }
    }
}

/// Where tasks run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Subnets, at most 16.
    pub subnets: Vec<Selector>,
    /// Security groups, at most 5.
    pub security_groups: Vec<Selector>,
    /// Public IP for the tasks: needed in public subnets without NAT.
    pub assign_public_ip: bool,
}

/// A service as declared: what its template needs, and the rest of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceDeclaration {
    /// Service name at AWS.
    pub service_name: String,
    /// Task definition family.
    pub family: String,
    /// Template of the task definition, a path below `templates/`.
    pub template: String,
    /// CPU units.
    pub cpu: u32,
    /// Memory, MiB.
    pub memory_mib: u32,
    /// Architecture.
    pub architecture: Architecture,
    /// On demand or spot.
    pub capacity: Capacity,
    /// Container image for templates; `None`: the template names its images itself.
    pub image: Option<String>,
    /// The container that gets the traffic.
    pub container: String,
    /// Its port; `None`: it serves nothing.
    pub port: Option<u16>,
    /// Plain variables for the template.
    pub environment: BTreeMap<String, String>,
    /// Execution role ARN or name.
    pub execution_role: Option<String>,
    /// Task role ARN or name.
    pub task_role: Option<String>,
    /// Database that it talks to (name in the spec); `None`: none.
    pub database: Option<String>,
    /// Access points that it mounts, by container path.
    pub mounts: BTreeMap<String, String>,
    /// Its log group (name in the spec).
    pub log_group: Option<String>,
    /// Tasks while up.
    pub count: u32,
    /// Grace seconds.
    pub health_check_grace_seconds: u32,
    /// Exec.
    pub enable_exec: bool,
    /// Deployment bounds: maximum percent.
    pub maximum_percent: u32,
    /// Deployment bounds: minimum healthy percent.
    pub minimum_healthy_percent: u32,
    /// Autoscaling.
    pub scaling: Option<ScalingSpec>,
    /// Free values for its template, beside the environment's.
    pub values: serde_json::Map<String, Value>,
}

/// A one-off task as declared: a service's task definition with another command, or a template of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDeclaration {
    /// Service (name in the spec) whose rendered task definition it takes; `None`: `template` says.
    pub service: Option<String>,
    /// Template of its own.
    pub template: Option<String>,
    /// Task definition family.
    pub family: String,
    /// Container whose exit code counts, and which gets the command.
    pub container: String,
    /// Command; empty: the template's.
    pub command: Vec<String>,
    /// Plain variables beside the service's.
    pub environment: BTreeMap<String, String>,
    /// Longest run.
    pub timeout: Duration,
    /// Patterns of which each must match a line of its output.
    pub expect: Vec<String>,
    /// Patterns of which none may match a line of its output.
    pub reject: Vec<String>,
}

/// A listener rule as declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDeclaration {
    /// Listener (name in the spec).
    pub listener: String,
    /// Template of the rule (conditions and actions).
    pub template: String,
    /// Host names.
    pub hosts: Vec<String>,
    /// Paths; empty: all.
    pub paths: Vec<String>,
    /// Fixed priority.
    pub priority: Option<u32>,
    /// Service (name in the spec) that it forwards to.
    pub service: String,
    /// Target group name at AWS.
    pub target_group_name: String,
    /// `HTTP` or `HTTPS` towards the task.
    pub protocol: String,
    /// Health check.
    pub health_check: HealthCheck,
    /// Drain seconds.
    pub deregistration_delay_seconds: u32,
    /// Sticky sessions, seconds.
    pub stickiness_seconds: Option<u32>,
}

/// An alarm as declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmDeclaration {
    /// Template of the alarm.
    pub template: String,
    /// What it watches.
    pub metric: MetricDeclaration,
    /// Everything else; namespace, metric and dimensions of it are empty, for the template gets them from `metric`.
    pub spec: AlarmSpec,
}

/// The metric of an alarm as declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricDeclaration {
    /// One of [`KNOWN_METRICS`](super::KNOWN_METRICS).
    Known {
        /// Its short name.
        word: String,
        /// The service, database or rule (name in the spec).
        of: String,
    },
    /// Any other.
    Named {
        /// Namespace.
        namespace: String,
        /// Name.
        metric_name: String,
        /// Dimensions.
        dimensions: BTreeMap<String, String>,
    },
}

/// The dashboard as declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DashboardDeclaration {
    /// Its name at AWS.
    pub dashboard_name: String,
    /// Template of its body.
    pub template: String,
}

/// How an environment sleeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SleepSpec {
    /// Fixed mode, or arithmetic.
    pub mode: SleepMode,
    /// Idle time to reckon with when `down` is given none; `None`: unknown, reckoned as longer than 7 days.
    pub idle: Option<Duration>,
    /// What its rules answer with meanwhile.
    pub page: PageSpec,
}

/// A page that rules answer with instead of forwarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageSpec {
    /// Its template, below `templates/`.
    pub template: String,
    /// Content type.
    pub content_type: String,
    /// Status code.
    pub status_code: u16,
}

/// Which snapshots `prune` keeps: a snapshot goes only when it is beyond both bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionSpec {
    /// The newest N of each database always stay, at least 1.
    pub keep: u32,
    /// Younger ones always stay.
    pub keep_for: Duration,
}
