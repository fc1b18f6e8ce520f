//! Verdicts about snapshots, file systems, mount targets and access points.

use super::wait::{Context, Verdict};
use crate::model::{Facts, Failure, FailureKind, LiveDatabase, LiveSnapshot, ResourceKey, Status, fact_name};

/// A snapshot counts when it is `available` *and* is what it should be: of this very instance, as large and as
/// encrypted as it. Data is deleted on the strength of this answer.
pub(super) fn snapshot(snapshot: &LiveSnapshot, context: &Context<'_>) -> Verdict {
    match snapshot.status.as_str() {
        "available" => match context.source.and_then(|source| misfit(snapshot, source)) {
            None => Verdict::Done(Facts::new()),
            Some(misfit) => Verdict::Failed(Failure {
                kind: FailureKind::Unsafe,
                message: format!("snapshot {} is not what it should be: {misfit}", snapshot.identifier),
                evidence: Vec::new(),
                hint: Some("nothing was deleted; look at the snapshot, then run the command again".to_owned()),
            }),
        },
        "failed" | "incompatible-restore" => Verdict::broken(format!(
            "snapshot {} is `{}`: it holds nothing that can be restored",
            snapshot.identifier, snapshot.status
        )),
        status => Verdict::not_yet(format!("{status}, {} %", snapshot.progress_percent)),
    }
}

/// In what a snapshot differs from the database it should hold; `None`: in nothing. Storage may have grown since the
/// database was observed (storage autoscaling), never shrunk.
fn misfit(snapshot: &LiveSnapshot, source: &LiveDatabase) -> Option<String> {
    if snapshot.database != source.identifier {
        return Some(format!("it is of {}, not of {}", snapshot.database, source.identifier));
    }
    if let Some(id) = snapshot.database_resource_id.as_ref().filter(|id| **id != source.resource_id) {
        return Some(format!("it is of an instance {id} that had the same name, not of {}", source.resource_id));
    }
    if snapshot.storage_gib < source.storage_gib {
        return Some(format!("it has {} GiB, the database {} GiB", snapshot.storage_gib, source.storage_gib));
    }
    if source.encrypted && !snapshot.encrypted {
        return Some("it is not encrypted, the database is".to_owned());
    }
    None
}

/// File systems, mount targets and access points come to be `available` (`aws.md` 3).
pub(super) fn available(key: &ResourceKey, status: &Status) -> Verdict {
    let (state, attributes) = match status {
        Status::FileSystem(system) => (&system.state, vec![("id", &system.id), ("arn", &system.arn)]),
        Status::AccessPoint(point) => (&point.state, vec![("id", &point.id), ("arn", &point.arn)]),
        Status::MountTarget(target) => (&target.state, vec![("id", &target.id)]),
        other => return Verdict::broken(format!("{key} cannot be waited for: {other:?}")),
    };
    match state.as_str() {
        "available" => Verdict::Done(
            attributes.into_iter().map(|(attribute, value)| (fact_name(key, attribute), value.clone())).collect(),
        ),
        "error" | "deleting" | "deleted" => Verdict::broken(format!("{key} is `{state}`")),
        state => Verdict::not_yet(state),
    }
}

/// EFS shows what it has deleted for a while.
pub(super) fn gone(state: &str) -> Verdict {
    if state == "deleted" { Verdict::Done(Facts::new()) } else { Verdict::not_yet(state) }
}
