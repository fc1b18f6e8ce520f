//! Files in snapshots: what AWS Backup is told, the recovery points that it keeps, and its jobs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Desired, LiveSnapshot, TAG_SNAPSHOT, TAG_SNAPSHOT_DATABASES, TAG_SNAPSHOT_FILES, Tags};

/// Where and as whom AWS Backup keeps files, and what moves restored files into place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSpec {
    /// Backup vault, 2..=50 letters, digits, `-` and `_`.
    pub vault: String,
    /// Is the vault the environment's own, made by envctl when it is missing?
    pub owned: bool,
    /// Role that AWS Backup assumes to read and to restore file systems: by name or ARN, rendered always by ARN.
    pub role: String,
    /// Image of the task that moves restored files into place: it needs `sh`, `mv`, `mkdir` and `rmdir`.
    pub image: String,
    /// Execution role of that task, likewise; `None`: it needs none, because anybody may pull its image.
    pub execution_role: Option<String>,
}

/// A recovery point of a file system, as AWS Backup describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRecoveryPoint {
    /// ARN, its only name.
    pub arn: String,
    /// Vault that holds it.
    pub vault: String,
    /// ARN of the file system that it was taken of.
    pub file_system_arn: String,
    /// `CREATING`, `COMPLETED`, `PARTIAL`, `DELETING`, `EXPIRED`, `STOPPED`.
    pub status: String,
    /// Size in bytes; `None` where AWS does not say (yet). Incremental: the chain holds more than this or less.
    pub size_bytes: Option<u64>,
    /// Encrypted.
    pub encrypted: bool,
    /// When it was begun; `None` until AWS says.
    pub created_at: Option<Timestamp>,
    /// Tags.
    pub tags: Tags,
}

impl LiveRecoveryPoint {
    /// Can it be restored from now?
    pub fn is_completed(&self) -> bool {
        matches!(self.status.as_str(), "COMPLETED" | "AVAILABLE")
    }

    /// Is it on its way out?
    pub fn is_leaving(&self) -> bool {
        matches!(self.status.as_str(), "DELETING" | "EXPIRED")
    }

    /// Id of the snapshot of the environment that it is a part of; `None`: of none.
    pub fn snapshot_id(&self) -> Option<&str> {
        self.tags.get(TAG_SNAPSHOT).map(String::as_str)
    }
}

/// Variable of the task that moves files: the path below which they belong.
pub const MOVE_PATH: &str = "ENVCTL_PATH";
/// Where it puts the former content.
pub const MOVE_ASIDE: &str = "ENVCTL_ASIDE";
/// What it does: `place` moves restored files into place, `if-there` does so where anything was restored, `discard`
/// removes what was put aside.
pub const MOVE_WHAT: &str = "ENVCTL_WHAT";

/// A job of AWS Backup: a backup, or a restore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveBackupJob {
    /// Job id.
    pub id: String,
    /// A backup's `CREATED`, `PENDING`, `RUNNING`, `ABORTING`, `ABORTED`, `COMPLETED`, `FAILED`, `EXPIRED`, `PARTIAL`;
    /// a restore's `PENDING`, `RUNNING`, `COMPLETED`, `ABORTED`, `FAILED`.
    pub state: String,
    /// Share done, as AWS writes it (`42.0`); `None` where it does not say.
    pub percent_done: Option<String>,
    /// Why it is as it is; `None`: AWS says nothing.
    pub message: Option<String>,
    /// The recovery point that it makes, or restores; `None` until there is one.
    pub recovery_point_arn: Option<String>,
    /// ARN of the file system that is backed up, or restored to; `None` where AWS does not say.
    pub file_system_arn: Option<String>,
}

impl LiveBackupJob {
    /// Has it come to nothing?
    pub fn has_failed(&self) -> bool {
        matches!(self.state.as_str(), "FAILED" | "ABORTED" | "ABORTING" | "EXPIRED" | "PARTIAL")
    }
}

/// The parts that belong to one snapshot of the environment, as the tags of any one of them tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// File systems (names in the spec).
    pub file_systems: Vec<String>,
    /// Databases (names in the spec).
    pub databases: Vec<String>,
}

impl Parts {
    /// Reads the tags of a part.
    pub fn of(tags: &Tags) -> Self {
        let names = |key: &str| {
            let value = tags.get(key).map_or("", String::as_str);
            value.split_whitespace().map(str::to_owned).collect()
        };
        Self { file_systems: names(TAG_SNAPSHOT_FILES), databases: names(TAG_SNAPSHOT_DATABASES) }
    }

    /// The tags that every part carries, for this id.
    pub fn tags(&self, id: &str) -> Tags {
        Tags::from([
            (TAG_SNAPSHOT.to_owned(), id.to_owned()),
            (TAG_SNAPSHOT_FILES.to_owned(), self.file_systems.join(" ")),
            (TAG_SNAPSHOT_DATABASES.to_owned(), self.databases.join(" ")),
        ])
    }
}

impl LiveSnapshot {
    /// Id of the snapshot of the environment that it is a part of; `None`: it stands alone.
    pub fn snapshot_id(&self) -> Option<&str> {
        self.tags.get(TAG_SNAPSHOT).map(String::as_str)
    }
}

impl Desired {
    /// The file systems (names in the spec) with a path that snapshots take along.
    pub fn backed_up_file_systems(&self) -> Vec<&String> {
        let backed_up =
            |name: &&String| self.access_points.values().any(|point| point.snapshot && point.file_system == **name);
        self.file_systems.keys().filter(backed_up).collect()
    }
}
