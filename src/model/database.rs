//! Databases: what can be wanted of one ([`DatabaseSpec`]) and what is there ([`LiveDatabase`]).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Selector, Tags};

/// Database engines. Aurora is refused in the spec: it is a cluster, not an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// PostgreSQL, port 5432.
    Postgres,
    /// MySQL, port 3306.
    Mysql,
    /// MariaDB, port 3306.
    Mariadb,
}

impl Engine {
    /// The name that the RDS API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
        }
    }

    /// The port it listens on unless told otherwise.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::Mysql | Self::Mariadb => 3306,
        }
    }
}

/// What is wanted of a database instance. Every field is passed to AWS explicitly at create *and* after a restore,
/// because a restore loses most of them (`aws.md` 2.4). `None` means that AWS (or the snapshot) decides, and that the
/// field is not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseSpec {
    /// DB instance identifier, lower case (AWS stores it so), 1..63 characters.
    pub identifier: String,
    /// Engine.
    pub engine: Engine,
    /// Engine version, major or full (`16`, `16.4`); compared as a prefix.
    pub engine_version: Option<String>,
    /// Instance class, `db.t4g.micro`.
    pub class: String,
    /// Allocated storage in GiB. Never shrinks.
    pub storage_gib: u32,
    /// Storage type: `gp3`, `gp2`, `io1`, `io2`.
    pub storage_type: String,
    /// Provisioned IOPS; must be left out for gp3 under 400 GiB (`aws.md` 2.5).
    pub iops: Option<u32>,
    /// Storage throughput in MiB/s; must be left out for gp3 under 400 GiB.
    pub storage_throughput: Option<u32>,
    /// Upper limit of storage autoscaling in GiB; `None`: off.
    pub max_storage_gib: Option<u32>,
    /// Master user name.
    pub username: String,
    /// Name of the database made at creation; a restore keeps the snapshot's.
    pub database_name: Option<String>,
    /// TCP port.
    pub port: u16,
    /// Standby in a second availability zone.
    pub multi_az: bool,
    /// Reachable from the internet.
    pub publicly_accessible: bool,
    /// Encrypted storage. Fixed at creation.
    pub encrypted: bool,
    /// KMS key; `None`: the account's default RDS key.
    pub kms_key: Option<String>,
    /// DB subnet group; `None`: the default VPC's.
    pub subnet_group: Option<String>,
    /// Security groups of the database.
    pub security_groups: Vec<Selector>,
    /// Parameter group; `None`: the engine's default.
    pub parameter_group: Option<String>,
    /// Days that automated backups are kept; 0: none.
    pub backup_retention_days: u32,
    /// RDS's own deletion protection. `down` in hibernate mode lifts it in the step before the delete.
    pub deletion_protection: bool,
    /// Minor upgrades in the maintenance window.
    pub auto_minor_version_upgrade: bool,
    /// Pay for Extended Support past the engine's end of life (`aws.md` 2.4: about +146 USD a month on a micro).
    pub extended_support: bool,
    /// Performance Insights; `None`: not compared.
    pub performance_insights: Option<bool>,
    /// Name of the Secrets Manager secret that holds the password. Owned by envctl, its ARN survives down and up.
    pub secret_name: String,
    /// The task of the spec that cleans restored foreign data; `None`: foreign data is refused.
    pub scrub: Option<String>,
}

/// Settings that no spec declares, by envctl's word, and what a database of ours is made with (the API's defaults, said
/// or left out: botocore's model of `CreateDBInstance` and `RestoreDBInstanceFromDBSnapshot`).
pub const DATABASE_MADE_WITH: [(&str, &str); 3] =
    [("copy-tags-to-snapshot", "false"), ("iam-authentication", "false"), ("monitoring", "0 s")];

/// Host and port of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// DNS name.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// A database as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveDatabase {
    /// DB instance identifier.
    pub identifier: String,
    /// ARN.
    pub arn: String,
    /// `DbiResourceId`: the identity that survives a rename and dies with the instance.
    pub resource_id: String,
    /// RDS status word, as AWS spells it (`aws.md` 2.2). Classify with [`DatabaseState::of`].
    pub status: String,
    /// `None` until the instance has one.
    pub endpoint: Option<Endpoint>,
    /// Engine as AWS names it.
    pub engine: String,
    /// Full engine version.
    pub engine_version: String,
    /// Instance class.
    pub class: String,
    /// Allocated storage in GiB.
    pub storage_gib: u32,
    /// Storage type.
    pub storage_type: String,
    /// Provisioned IOPS where AWS reports them.
    pub iops: Option<u32>,
    /// Storage throughput, MiB/s, where AWS reports it.
    pub storage_throughput: Option<u32>,
    /// Storage autoscaling limit, GiB.
    pub max_storage_gib: Option<u32>,
    /// Master user name.
    pub username: String,
    /// Database made at creation.
    pub database_name: Option<String>,
    /// Standby in a second zone.
    pub multi_az: bool,
    /// Reachable from the internet.
    pub publicly_accessible: bool,
    /// Encrypted storage.
    pub encrypted: bool,
    /// KMS key ARN.
    pub kms_key: Option<String>,
    /// DB subnet group.
    pub subnet_group: Option<String>,
    /// Ids of its VPC security groups, sorted.
    pub security_groups: Vec<String>,
    /// Parameter groups.
    pub parameter_group: Option<String>,
    /// Days of automated backups.
    pub backup_retention_days: u32,
    /// RDS's deletion protection.
    pub deletion_protection: bool,
    /// Minor upgrades in the maintenance window.
    pub auto_minor_version_upgrade: bool,
    /// `open-source-rds-extended-support[-disabled]`; `None` where the answer has no such field.
    pub extended_support: Option<bool>,
    /// Performance Insights.
    pub performance_insights: bool,
    /// Settings that no spec declares, as they are, by envctl's word for them; those that were not read are not in it.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub others: std::collections::BTreeMap<String, String>,
    /// Changes that wait for the maintenance window or are being applied: field, as
    /// [`DatabaseChanges`](super::DatabaseChanges) names it (`class`, `storage_gib`; `password` for the master
    /// password), to value (never the password's).
    pub pending: std::collections::BTreeMap<String, String>,
    /// When AWS starts a stopped instance by itself: seven days after the stop.
    pub automatic_restart_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Tags.
    pub tags: Tags,
}

/// RDS status words in four classes. Unknown words are [`DatabaseState::Busy`]: keep polling, never fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseState {
    /// Connectable and safe to modify and snapshot: `available`, `storage-optimization`.
    Available,
    /// Connectable while a first backup runs: `backing-up`.
    BackingUp,
    /// `stopped`.
    Stopped,
    /// `deleting`: on its way out, cannot be called back.
    Deleting,
    /// Changing by itself; will become something else.
    Busy,
    /// Will not get better by waiting: `failed`, `incompatible-*`, `restore-error`, `storage-full` ….
    Broken,
}

impl DatabaseState {
    /// Classifies a status word of `aws.md` 2.2.
    pub fn of(status: &str) -> Self {
        match status {
            "available" | "storage-optimization" => Self::Available,
            "backing-up" => Self::BackingUp,
            "stopped" => Self::Stopped,
            "deleting" | "delete-precheck" => Self::Deleting,
            "failed"
            | "restore-error"
            | "storage-full"
            | "insufficient-capacity"
            | "inaccessible-encryption-credentials"
            | "inaccessible-encryption-credentials-recoverable" => Self::Broken,
            other if other.starts_with("incompatible-") => Self::Broken,
            _ => Self::Busy,
        }
    }
}

impl LiveDatabase {
    /// The class of its status word.
    pub fn state(&self) -> DatabaseState {
        DatabaseState::of(&self.status)
    }

    /// Is its storage being optimised after a change, or about to be? For hours then, AWS neither stops it nor changes
    /// its storage again (`aws.md` 2.1, 2.5); it answers, and snapshots can be taken.
    pub fn is_optimizing_storage(&self) -> bool {
        let changes = ["storage_gib", "storage_type", "iops", "storage_throughput"];
        let changing =
            self.state() == DatabaseState::Busy && changes.iter().any(|field| self.pending.contains_key(*field));
        changing || self.status == STORAGE_OPTIMIZATION
    }

    /// Why it cannot be stopped, and what can be done instead.
    pub fn unstoppable(&self) -> String {
        let name = &self.identifier;
        format!(
            "{name} is {}: after a change of its storage AWS stops it only when that is optimised, which takes hours; \
             `down --mode hibernate` need not wait",
            self.status
        )
    }
}

/// For hours after a change of storage; the database answers (`aws.md` 2.5).
pub const STORAGE_OPTIMIZATION: &str = "storage-optimization";

/// A manual snapshot as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSnapshot {
    /// Snapshot identifier.
    pub identifier: String,
    /// ARN.
    pub arn: String,
    /// Identifier of the database it was taken of.
    pub database: String,
    /// `DbiResourceId` of the database it was taken of; `None` where the answer has no such field (emulators).
    pub database_resource_id: Option<String>,
    /// `creating`, `available`, `failed` ….
    pub status: String,
    /// Share done, 0..=100.
    pub progress_percent: u32,
    /// Allocated storage of the database, GiB.
    pub storage_gib: u32,
    /// Encrypted.
    pub encrypted: bool,
    /// Engine as AWS names it.
    pub engine: String,
    /// Full engine version.
    pub engine_version: String,
    /// Master user name in it.
    pub username: String,
    /// When it was begun; `None` until AWS says.
    pub created_at: Option<Timestamp>,
    /// Tags.
    pub tags: Tags,
}

impl LiveSnapshot {
    /// Can it be restored from now?
    pub fn is_available(&self) -> bool {
        self.status == "available"
    }
}
