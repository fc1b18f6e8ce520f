//! Names: of resources inside an environment ([`ResourceKey`]) and of the steps of a plan ([`StepId`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The last part of a name or ARN: `arn:…:cluster/production` is the cluster `production`, `arn:…:task-definition/app:7`
/// the revision `app:7`.
pub fn short_name(name_or_arn: &str) -> &str {
    name_or_arn.rsplit('/').next().unwrap_or(name_or_arn)
}

/// The kinds of resource that envctl knows. The order is the order in which people read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// An RDS database instance.
    Database,
    /// A Secrets Manager secret that holds a database's master password.
    Secret,
    /// A manual RDS snapshot.
    Snapshot,
    /// A vault of AWS Backup that holds the environment's recovery points.
    BackupVault,
    /// A recovery point: the files of a snapshot, of one file system.
    RecoveryPoint,
    /// A restore of one file path from a recovery point.
    FileRestore,
    /// An EFS file system that the environment owns or borrows.
    FileSystem,
    /// An EFS mount target of an owned file system, one a subnet.
    MountTarget,
    /// An EFS access point: a path of a file system.
    AccessPoint,
    /// A CloudWatch log group.
    LogGroup,
    /// An ECS task definition family.
    TaskDefinition,
    /// An ECS service.
    Service,
    /// A one-off ECS task (scrub, migrate).
    Task,
    /// An Application Auto Scaling target of a service.
    ScalableTarget,
    /// An ALB target group.
    TargetGroup,
    /// An ALB listener rule.
    ListenerRule,
    /// A CloudWatch alarm.
    Alarm,
    /// A CloudWatch dashboard.
    Dashboard,
    /// The environment itself (its remembered power state).
    Environment,
}

impl ResourceKind {
    /// The kind as it is written in keys, plans and tags: `listener-rule`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Secret => "secret",
            Self::Snapshot => "snapshot",
            Self::BackupVault => "backup-vault",
            Self::RecoveryPoint => "recovery-point",
            Self::FileRestore => "file-restore",
            Self::FileSystem => "file-system",
            Self::MountTarget => "mount-target",
            Self::AccessPoint => "access-point",
            Self::LogGroup => "log-group",
            Self::TaskDefinition => "task-definition",
            Self::Service => "service",
            Self::Task => "task",
            Self::ScalableTarget => "scalable-target",
            Self::TargetGroup => "target-group",
            Self::ListenerRule => "listener-rule",
            Self::Alarm => "alarm",
            Self::Dashboard => "dashboard",
            Self::Environment => "environment",
        }
    }

    /// Every kind, in reading order.
    pub const ALL: [Self; 19] = [
        Self::Database,
        Self::Secret,
        Self::Snapshot,
        Self::BackupVault,
        Self::RecoveryPoint,
        Self::FileRestore,
        Self::FileSystem,
        Self::MountTarget,
        Self::AccessPoint,
        Self::LogGroup,
        Self::TaskDefinition,
        Self::Service,
        Self::Task,
        Self::ScalableTarget,
        Self::TargetGroup,
        Self::ListenerRule,
        Self::Alarm,
        Self::Dashboard,
        Self::Environment,
    ];
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A resource by its kind and its name in the spec: `database/main`. Never an AWS name or ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceKey {
    /// What it is.
    pub kind: ResourceKind,
    /// Its name in the spec, a mapping key such as `main` or `backend`.
    pub name: String,
}

impl ResourceKey {
    /// A key of this kind and name.
    pub fn new(kind: ResourceKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind, self.name)
    }
}

/// A text that is no resource key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no resource: expected KIND/NAME, such as database/main")]
pub struct NotAResourceKey(pub String);

impl FromStr for ResourceKey {
    type Err = NotAResourceKey;

    fn from_str(text: &str) -> Result<Self, NotAResourceKey> {
        let wrong = || NotAResourceKey(text.to_owned());
        let (kind, name) = text.split_once('/').ok_or_else(wrong)?;
        let kind = ResourceKind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or_else(wrong)?;
        if name.is_empty() { Err(wrong()) } else { Ok(Self::new(kind, name)) }
    }
}

impl Serialize for ResourceKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ResourceKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The name of a step, unique in its plan and the same in every plan that does the same: `restore-database/main`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl fmt::Display for StepId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A place in a source file, for messages that point at the line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file's path as the user would type it, relative to the workspace.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// How the spec points at a borrowed resource: by id or by one tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selector {
    /// The AWS id: `subnet-0a1b`, `sg-0a1b`, `fs-0a1b`.
    Id(String),
    /// Exactly those that carry this tag.
    Tag {
        /// Tag key, `Name` for instance.
        key: String,
        /// Tag value.
        value: String,
    },
}

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => formatter.write_str(id),
            Self::Tag { key, value } => write!(formatter, "tag {key}={value}"),
        }
    }
}
