//! File systems, access points and log groups.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Selector, Tags};

/// EFS throughput mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "mode", content = "mib_per_second")]
pub enum Throughput {
    /// Grows with the stored data, 50 KiB/s per GiB.
    Bursting,
    /// Bought: 1..=3414 MiB/s at 6 USD per MiB/s and month above the included baseline (`aws.md` 3.2).
    Provisioned(u32),
    /// Paid per GB moved.
    Elastic,
}

/// What is wanted of a file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileSystemSpec {
    /// Created, tagged and (by `destroy`) removed by envctl.
    Owned {
        /// Name tag and creation token.
        file_system_name: String,
        /// Encrypted at rest.
        encrypted: bool,
        /// Throughput mode.
        throughput: Throughput,
    },
    /// Production's: never changed but for what the spec allows in so many words.
    Borrowed {
        /// By id or by tag.
        selector: Selector,
        /// `Some` only when the spec says `allow: [throughput]`: the mode that envctl may set.
        throughput: Option<Throughput>,
    },
}

/// What is wanted of an access point. Path and user cannot be changed afterwards: a change is a new access point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPointSpec {
    /// Name tag.
    pub access_point_name: String,
    /// Name in the spec of the file system, `file-system/NAME`.
    pub file_system: String,
    /// Path on the file system, at most 100 characters and 4 levels (`aws.md` 3.3).
    pub path: String,
    /// POSIX user id of every access through it.
    pub uid: u32,
    /// POSIX group id.
    pub gid: u32,
    /// Permissions of the directory made at the first mount, octal text such as `0755`.
    pub permissions: String,
    /// Do snapshots of the environment take the path along?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub snapshot: bool,
}

/// What is wanted of a log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroupSpec {
    /// Log group name.
    pub log_group_name: String,
    /// Days that events are kept; `None`: for ever.
    pub retention_days: Option<u32>,
}

/// A file system as EFS describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveFileSystem {
    /// `fs-…`.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// `creating`, `available`, `updating`, `deleting`, `deleted`, `error`.
    pub state: String,
    /// Throughput mode.
    pub throughput: Throughput,
    /// Encrypted at rest.
    pub encrypted: bool,
    /// Metered size in bytes.
    pub size_bytes: u64,
    /// Number of mount targets.
    pub mount_targets: u32,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Tags.
    pub tags: Tags,
}

/// A mount target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveMountTarget {
    /// `fsmt-…`.
    pub id: String,
    /// File system id.
    pub file_system_id: String,
    /// Subnet id.
    pub subnet: String,
    /// Availability zone name, where AWS says.
    pub zone: Option<String>,
    /// Life cycle state.
    pub state: String,
}

/// An access point as EFS describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveAccessPoint {
    /// `fsap-…`.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// File system id.
    pub file_system_id: String,
    /// Root directory.
    pub path: String,
    /// POSIX user; `None`: none enforced.
    pub uid: Option<u32>,
    /// POSIX group.
    pub gid: Option<u32>,
    /// Life cycle state.
    pub state: String,
    /// Tags.
    pub tags: Tags,
}

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveLogGroup {
    /// Name.
    pub log_group_name: String,
    /// ARN without the trailing `:*`.
    pub arn: String,
    /// Days; `None`: for ever.
    pub retention_days: Option<u32>,
    /// Tags; `None`: not read (only a preflight observation reads them).
    pub tags: Option<Tags>,
}

/// A secret, never its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSecret {
    /// Name.
    pub secret_name: String,
    /// ARN, stable across down and up.
    pub arn: String,
    /// `Some` while it waits for its deletion: it can be restored until then.
    pub deletes_at: Option<Timestamp>,
    /// When its value was last changed.
    pub changed_at: Option<Timestamp>,
    /// Tags.
    pub tags: Tags,
}
