//! The tags by which envctl knows its own, and the ones in which it remembers.

use std::collections::BTreeMap;

/// Tags of a resource, key to value.
pub type Tags = BTreeMap<String, String>;

/// Names the environment that owns the resource.
pub const TAG_ENVIRONMENT: &str = "envctl:environment";
/// Names the application (workspace) that the environment belongs to: two teams may both have a `staging`.
pub const TAG_WORKSPACE: &str = "envctl:workspace";
/// Always `envctl`.
pub const TAG_MANAGED_BY: &str = "envctl:managed-by";
/// The resource's key in the spec, `database/main`.
pub const TAG_RESOURCE: &str = "envctl:resource";
/// The power state asked for last: `up`, `parked` or `hibernated`. On the anchor resource.
pub const TAG_POWER: &str = "envctl:power";
/// When the power state was asked for, RFC 3339.
pub const TAG_POWER_SINCE: &str = "envctl:power-since";
/// Who asked for it.
pub const TAG_POWER_BY: &str = "envctl:power-by";
/// On a service: desired count and autoscaling bounds before envctl put it to sleep, `desired=2 min=1 max=4`.
/// Written before anything is changed, and never overwritten while asleep.
pub const TAG_BEFORE_SLEEP: &str = "envctl:before-sleep";
/// On a database or snapshot: where its data came from, `snapshot:NAME` or `empty`.
pub const TAG_SOURCE: &str = "envctl:source";
/// On a database: `needed` until the scrub task has succeeded on restored foreign data, then `done`.
/// A database without it holds this environment's own data.
pub const TAG_SCRUB: &str = "envctl:scrub";
/// On a database: `pending` from its restore (or from the making of a new secret) until its master password has been
/// set from the secret, then `set`. A database without it has the secret's password.
pub const TAG_PASSWORD: &str = "envctl:password";
/// On an owned file system: when envctl last changed its provisioned throughput, RFC 3339, for the 24-hour rule of
/// `aws.md` 3.1.
pub const TAG_THROUGHPUT_CHANGED: &str = "envctl:throughput-changed";
/// On a rule whose priority the spec leaves open: the one that was taken, which it keeps.
pub const TAG_PRIORITY: &str = "envctl:priority";
/// On a resource: the token of the step that made it, so that a retry knows its own work.
pub const TAG_TOKEN: &str = "envctl:token";

/// On every part of a snapshot that has files beside databases: the id of the snapshot.
pub const TAG_SNAPSHOT: &str = "envctl:snapshot";
/// Beside [`TAG_SNAPSHOT`]: the file systems (names in the spec) whose recovery points belong to it.
pub const TAG_SNAPSHOT_FILES: &str = "envctl:snapshot-files";
/// Beside [`TAG_SNAPSHOT`]: the databases (names in the spec) whose snapshots belong to it.
pub const TAG_SNAPSHOT_DATABASES: &str = "envctl:snapshot-databases";
/// On a recovery point, with the name of each file path behind it: the path that it holds, for the spec may change it.
pub const TAG_SNAPSHOT_PATH: &str = "envctl:snapshot-path/";
/// On an access point, on a file system that was made to be restored, and on a database that was restored together
/// with files: `needed:ID/INTENT` until the files of snapshot ID are in place, then `done:ID/INTENT`. The intent is
/// the run that decided it, and keeps two tries of one restore one. `back:ID/INTENT` on an access point, and on a
/// database that is due to be replaced: a rollback takes the files of every path back.
pub const TAG_FILES: &str = "envctl:files";

/// The value of [`TAG_MANAGED_BY`].
pub const MANAGED_BY: &str = "envctl";

/// Do these tags say that the resource belongs to this environment of this application?
pub fn owned_by(tags: &Tags, workspace: &str, environment: &str) -> bool {
    let has = |key: &str, value: &str| tags.get(key).is_some_and(|found| found == value);
    has(TAG_MANAGED_BY, MANAGED_BY) && has(TAG_WORKSPACE, workspace) && has(TAG_ENVIRONMENT, environment)
}

/// The ownership tags of one resource.
pub fn ownership_tags(workspace: &str, environment: &str, resource: &str) -> Tags {
    Tags::from([
        (TAG_ENVIRONMENT.to_owned(), environment.to_owned()),
        (TAG_WORKSPACE.to_owned(), workspace.to_owned()),
        (TAG_MANAGED_BY.to_owned(), MANAGED_BY.to_owned()),
        (TAG_RESOURCE.to_owned(), resource.to_owned()),
    ])
}
