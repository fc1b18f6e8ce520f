//! Verdicts about snapshots, file systems, mount targets and access points.

use super::wait::{Context, Verdict};
use crate::model::{
    Facts, Failure, FailureKind, LiveBackupJob, LiveDatabase, LiveSnapshot, ResourceKey, Status, fact_name,
};

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

/// A backup or restore counts when all of it is done: a `PARTIAL` one left files out. The words are those of the AWS
/// Backup API's `BackupJobState` and `RestoreJobStatus`; an unknown one is busy.
pub(super) fn job(key: &ResourceKey, job: &LiveBackupJob) -> Verdict {
    match job.state.as_str() {
        "COMPLETED" => {
            let arn = job.recovery_point_arn.iter().map(|arn| (fact_name(key, "arn"), arn.clone()));
            Verdict::Done(arn.collect())
        }
        _ if job.has_failed() => {
            let why = job.message.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            Verdict::Failed(Failure {
                kind: FailureKind::Broken,
                message: format!("{key}: job {} of AWS Backup is `{}`{why}", job.id, job.state),
                evidence: Vec::new(),
                hint: Some(
                    "nothing was deleted; look at the job in the AWS Backup console (its role, its vault), then run \
                     the command again"
                        .to_owned(),
                ),
            })
        }
        state => {
            let percent = job.percent_done.as_ref().map(|percent| format!(", {percent} %")).unwrap_or_default();
            Verdict::not_yet(format!("{state}{percent}"))
        }
    }
}

/// EFS shows what it has deleted for a while.
pub(super) fn gone(state: &str) -> Verdict {
    if state == "deleted" { Verdict::Done(Facts::new()) } else { Verdict::not_yet(state) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> LiveDatabase {
        serde_json::from_value(serde_json::json!({
            "identifier": "app-db", "arn": "arn:db", "resource_id": "db-1", "status": "available",
            "engine": "postgres", "engine_version": "16.4", "class": "db.t4g.micro", "storage_gib": 20,
            "storage_type": "gp3", "username": "u", "multi_az": false, "publicly_accessible": false,
            "encrypted": true, "security_groups": [], "backup_retention_days": 1, "deletion_protection": false,
            "auto_minor_version_upgrade": true, "performance_insights": false, "pending": {}, "tags": {}
        }))
        .unwrap()
    }

    fn taken(change: impl FnOnce(&mut LiveSnapshot)) -> Verdict {
        let mut snapshot_of_it = LiveSnapshot {
            identifier: "app-db-1".to_owned(),
            arn: "arn:snapshot".to_owned(),
            database: "app-db".to_owned(),
            database_resource_id: Some("db-1".to_owned()),
            status: "available".to_owned(),
            progress_percent: 100,
            storage_gib: 20,
            encrypted: true,
            engine: "postgres".to_owned(),
            engine_version: "16.4".to_owned(),
            username: "u".to_owned(),
            created_at: None,
            tags: crate::model::Tags::new(),
        };
        change(&mut snapshot_of_it);
        let source = source();
        snapshot(&snapshot_of_it, &Context { source: Some(&source), ..Context::default() })
    }

    #[test]
    fn an_available_snapshot_of_the_very_instance_counts() {
        assert_eq!(taken(|_| ()), Verdict::Done(Facts::new()));
        assert_eq!(taken(|snapshot| snapshot.storage_gib = 30), Verdict::Done(Facts::new()), "storage grew meanwhile");
        assert_eq!(taken(|snapshot| snapshot.database_resource_id = None), Verdict::Done(Facts::new()));
    }

    #[test]
    fn a_snapshot_that_is_not_what_it_should_be_is_never_relied_on() {
        let check = |change: fn(&mut LiveSnapshot), word: &str| match taken(change) {
            Verdict::Failed(failure) => {
                assert_eq!(failure.kind, FailureKind::Unsafe);
                assert!(failure.message.contains(word), "{}", failure.message);
            }
            other => panic!("{other:?}"),
        };
        check(|snapshot| snapshot.database = "prod-db".to_owned(), "prod-db");
        check(|snapshot| snapshot.database_resource_id = Some("db-0".to_owned()), "db-0");
        check(|snapshot| snapshot.storage_gib = 10, "10 GiB");
        check(|snapshot| snapshot.encrypted = false, "not encrypted");
    }

    #[test]
    fn a_snapshot_under_way_is_waited_for_and_a_failed_one_is_not() {
        let creating = taken(|snapshot| {
            snapshot.status = "creating".to_owned();
            snapshot.progress_percent = 40;
        });
        assert_eq!(creating, Verdict::NotYet("creating, 40 %".to_owned()));
        assert!(matches!(taken(|snapshot| snapshot.status = "a new word".to_owned()), Verdict::NotYet(_)));
        assert!(matches!(taken(|snapshot| snapshot.status = "failed".to_owned()), Verdict::Failed(_)));
    }
}
