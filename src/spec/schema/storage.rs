//! Files and logs.

use super::{ThroughputText, shape};
use crate::spec::units::Days;

shape! {
    /// A path of a file system that services mount: an EFS access point.
    Files is "a file path" {
        /// Its Name tag. Default `APPLICATION-ENVIRONMENT-FILES`.
        name: String,
        /// File system, by its name under `borrow.file_systems` or `file_systems`. May be left out when there is one.
        file_system: String,
        /// Path on the file system, at most four levels and 100 characters. Required. Made at the first mount.
        path: String,
        /// POSIX user id of every access. Default 1000.
        uid: u32,
        /// POSIX group id of every access. Default 1000.
        gid: u32,
        /// Permissions of the path when it is made, octal. Default `"0755"`.
        permissions: String,
        /// Snapshots of the environment take the path along: AWS Backup makes a recovery point of its file system, and a
        /// restore brings back the path alone. Default `false`: the files stay where they are, in one copy.
        snapshot: bool,
    }
}

shape! {
    /// A file system that the environment owns. `destroy` removes it with its files.
    FileSystem is "a file system" {
        /// Its Name tag and creation token. Default `APPLICATION-ENVIRONMENT-FILE_SYSTEM`.
        name: String,
        /// Encrypted at rest; cannot be changed later. Default `true`.
        encrypted: bool,
        /// `bursting`, `elastic`, or an amount such as `10 MiB/s`, which means provisioned. Default `bursting`.
        throughput: ThroughputText,
    }
}

shape! {
    /// A CloudWatch log group.
    LogGroup is "a log group" {
        /// Name. Default `/aws/ecs/APPLICATION-ENVIRONMENT-NAME`.
        name: String,
        /// How long events are kept: a number of days that CloudWatch offers, or `forever`. Default `14d`.
        keep: Keep,
    }
}

/// Days, or `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spec) struct Keep(pub(in crate::spec) Option<Days>);
