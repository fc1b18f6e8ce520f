//! Is a step done? A pure function of what it waits for and how its subject is doing.

use std::time::Duration;

use super::task_end::{self, Expected};
use super::{deployment, evidence, storage};
use crate::model::{DatabaseState, Facts, Failure, FailureKind, LiveDatabase, ResourceKey, Status, Until, Wait};

/// How long after a call its effect may still be invisible: AWS answers from copies that lag behind.
pub(super) const GRACE: Duration = Duration::from_secs(60);

/// What else a verdict depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Context<'a> {
    /// Since the call was answered.
    pub(super) elapsed: Duration,
    /// The subject (of a deployment: the deployment itself) was seen before in this wait.
    pub(super) seen: bool,
    /// How long the subject has stood still; `None`: it moves. Logs arrive a while after the line was written.
    pub(super) still: Option<Duration>,
    /// The database that a snapshot is taken of, as it was observed; `None` for anything but a snapshot.
    pub(super) source: Option<&'a LiveDatabase>,
}

impl Context<'_> {
    /// May what is looked for still be about to show?
    pub(super) fn may_lag(&self) -> bool {
        !self.seen && self.elapsed < GRACE
    }
}

/// Whether a step is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is, and this was learned.
    Done(Facts),
    /// Not yet; in words, without anything that changes from second to second.
    NotYet(String),
    /// It never will be.
    Failed(Failure),
}

impl Verdict {
    pub(super) fn not_yet(detail: impl Into<String>) -> Self {
        Self::NotYet(detail.into())
    }

    pub(super) fn broken(message: impl Into<String>) -> Self {
        Self::Failed(Failure { kind: FailureKind::Broken, message: message.into(), evidence: Vec::new(), hint: None })
    }
}

/// Judges one answer of `Cloud::status`.
pub(super) fn verdict(wait: &Wait, status: &Status, context: &Context<'_>) -> Verdict {
    let key = &wait.key;
    match (&wait.until, status) {
        (Until::Gone, status) => gone(status),
        (Until::DatabaseRenamed { .. }, Status::Absent) => Verdict::not_yet("renaming"),
        (Until::DatabaseRenamed { resource_id }, Status::Database(database)) => {
            if database.resource_id == *resource_id {
                return database_available(key, database, false);
            }
            Verdict::broken(format!("{} is another database than the one that was renamed", database.identifier))
        }
        (_, Status::Absent) => absent(key, context),
        (Until::DatabaseAvailable { connectable }, Status::Database(database)) => {
            database_available(key, database, *connectable)
        }
        (Until::DatabaseStopped, Status::Database(database)) => database_stopped(key, database),
        (Until::SnapshotAvailable, Status::Snapshot(snapshot)) => storage::snapshot(snapshot, context),
        (Until::Drained, Status::Service(service)) => deployment::drained(&service.service),
        (Until::Deployed { deployment, task_definition, with_tasks }, Status::Service(service)) => {
            match deployment::deployed(key, service, deployment, task_definition, context) {
                Verdict::Done(_) if *with_tasks && service.service.desired_count == 0 => {
                    deployment::without_tasks(key, service, task_definition)
                }
                verdict => verdict,
            }
        }
        (Until::TargetsHealthy { at_least }, Status::Service(service)) => {
            deployment::targets_healthy(key, service, *at_least)
        }
        (Until::TaskSucceeded { container, expect, reject }, Status::Task(task)) => {
            task_end::task_succeeded(key, task, container, &Expected { expect, reject }, context)
        }
        (Until::Available, status) => storage::available(key, status),
        (Until::JobCompleted, Status::BackupJob(job)) => storage::job(key, job),
        (until, status) => Verdict::broken(format!("cannot judge {status:?} by {until:?}")),
    }
}

/// Does this answer show what the wait is about? Once it was seen, its absence is no lag any more.
pub(super) fn shows(wait: &Wait, status: &Status) -> bool {
    match (&wait.until, status) {
        (_, Status::Absent) => false,
        (Until::Deployed { deployment, .. }, Status::Service(service)) => {
            service.service.deployments.iter().any(|known| known.id == *deployment)
        }
        _ => true,
    }
}

fn absent(key: &ResourceKey, context: &Context<'_>) -> Verdict {
    if context.may_lag() {
        Verdict::not_yet("not visible yet")
    } else if context.seen {
        Verdict::broken(format!("{key} is gone: somebody or something deleted it while it was waited for"))
    } else {
        Verdict::broken(format!("{key} did not appear"))
    }
}

fn gone(status: &Status) -> Verdict {
    match status {
        Status::Absent => Verdict::Done(Facts::new()),
        Status::Database(database) => Verdict::not_yet(database.status.clone()),
        Status::Snapshot(snapshot) => Verdict::not_yet(snapshot.status.clone()),
        // The name of a service is free again only once it is INACTIVE (`aws.md` 1.4).
        Status::Service(service) if service.service.status == "INACTIVE" => Verdict::Done(Facts::new()),
        Status::Service(service) => Verdict::not_yet(service.service.status.clone()),
        Status::Task(task) if task.last_status == "STOPPED" => Verdict::Done(Facts::new()),
        Status::Task(task) => Verdict::not_yet(task.last_status.clone()),
        Status::FileSystem(system) => storage::gone(&system.state),
        Status::MountTarget(target) => storage::gone(&target.state),
        Status::AccessPoint(point) => storage::gone(&point.state),
        Status::BackupJob(job) => Verdict::not_yet(job.state.clone()),
        Status::RecoveryPoint(point) => Verdict::not_yet(point.status.clone()),
    }
}

/// Fields that, while pending, make a database not what was asked for. RDS names them as its API does.
const PENDING_THAT_MATTERS: [&str; 7] = ["class", "storage", "password", "iops", "multi", "port", "identifier"];

fn database_available(key: &ResourceKey, database: &LiveDatabase, connectable: bool) -> Verdict {
    let pending: Vec<&str> = database.pending.keys().map(String::as_str).filter(|field| matters(field)).collect();
    match database.state() {
        DatabaseState::Available if pending.is_empty() => Verdict::Done(database.facts(key)),
        DatabaseState::Available => Verdict::not_yet(format!("{}, applying {}", database.status, pending.join(", "))),
        DatabaseState::BackingUp if connectable => Verdict::Done(database.facts(key)),
        DatabaseState::BackingUp | DatabaseState::Busy => Verdict::not_yet(database.status.clone()),
        // Said by a copy that has not heard of the start yet; the deadline ends it when it stays so.
        DatabaseState::Stopped => Verdict::not_yet("stopped, about to start"),
        DatabaseState::Deleting => Verdict::broken(format!("{key} is being deleted")),
        DatabaseState::Broken => database_broken(key, database),
    }
}

fn matters(field: &str) -> bool {
    let field = field.to_lowercase();
    PENDING_THAT_MATTERS.iter().any(|word| field.contains(word))
}

fn database_stopped(key: &ResourceKey, database: &LiveDatabase) -> Verdict {
    match database.state() {
        DatabaseState::Stopped => Verdict::Done(database.facts(key)),
        DatabaseState::Broken => database_broken(key, database),
        DatabaseState::Deleting => Verdict::broken(format!("{key} is being deleted")),
        DatabaseState::Available | DatabaseState::BackingUp | DatabaseState::Busy => {
            Verdict::not_yet(database.status.clone())
        }
    }
}

fn database_broken(key: &ResourceKey, database: &LiveDatabase) -> Verdict {
    let hint = match database.status.as_str() {
        "storage-full" => "raise `storage` (it can only grow), or set `max_storage`",
        "insufficient-capacity" => {
            "AWS has no capacity for this class in the zone now: try again later, or another class"
        }
        "incompatible-network" => "check the subnet group: free addresses, zones, and that its VPC still exists",
        "incompatible-parameters" => "check the parameter group against the engine version and class",
        status if status.starts_with("inaccessible-encryption") => {
            "check that the KMS key is enabled and its policy lets RDS use it"
        }
        "restore-error" | "incompatible-restore" => {
            "the restore did not work: the snapshot is unharmed; delete the instance and run `up` again"
        }
        _ => "look at the instance's events in the RDS console; nothing was deleted",
    };
    Verdict::Failed(Failure {
        kind: FailureKind::Broken,
        message: format!("{key} ({}) is `{}`, which waiting does not mend", database.identifier, database.status),
        evidence: Vec::new(),
        hint: Some(hint.to_owned()),
    })
}

/// What there is to say about a subject that was waited for in vain.
pub(super) fn evidence(status: &Status) -> Vec<String> {
    match status {
        Status::Service(service) => {
            let primary = service.service.primary();
            let since = primary.and_then(|primary| primary.created_at);
            let revision = primary.map_or(service.service.task_definition.as_str(), |primary| &primary.task_definition);
            evidence::about_service(service, &evidence::failed_tasks(service, revision, since), since)
        }
        Status::Task(task) => evidence::about_task(task),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ResourceKind, Subject};

    fn database(status: &str) -> LiveDatabase {
        serde_json::from_value(serde_json::json!({
            "identifier": "app-db", "arn": "arn:db", "resource_id": "db-1", "status": status,
            "endpoint": {"host": "app-db.rds", "port": 5432},
            "engine": "postgres", "engine_version": "16.4", "class": "db.t4g.micro", "storage_gib": 20,
            "storage_type": "gp3", "username": "u", "multi_az": false, "publicly_accessible": false,
            "encrypted": true, "security_groups": [], "backup_retention_days": 1, "deletion_protection": false,
            "auto_minor_version_upgrade": true, "performance_insights": false, "pending": {}, "tags": {}
        }))
        .unwrap()
    }

    fn judge(until: Until, status: &Status, elapsed: u64, seen: bool) -> Verdict {
        let wait = Wait {
            subject: Subject::Database { identifier: "app-db".to_owned() },
            key: ResourceKey::new(ResourceKind::Database, "main"),
            until,
            deadline_seconds: 600,
        };
        verdict(&wait, status, &Context { elapsed: Duration::from_secs(elapsed), seen, still: None, source: None })
    }

    fn of_database(until: Until, status: &str) -> Verdict {
        judge(until, &Status::Database(Box::new(database(status))), 5, true)
    }

    #[test]
    fn every_status_word_of_rds_is_ready_busy_or_broken_and_an_unknown_one_is_busy() {
        let check = |status: &str, expected: &str| {
            let found = match of_database(Until::DatabaseAvailable { connectable: false }, status) {
                Verdict::Done(_) => "ready",
                Verdict::NotYet(_) => "busy",
                Verdict::Failed(_) => "broken",
            };
            assert_eq!(found, expected, "{status}");
        };
        for status in ["available", "storage-optimization"] {
            check(status, "ready");
        }
        for status in [
            "backing-up",
            "configuring-enhanced-monitoring",
            "creating",
            "maintenance",
            "modifying",
            "rebooting",
            "resetting-master-credentials",
            "renaming",
            "starting",
            "stopping",
            "upgrading",
            "a-word-of-next-year",
        ] {
            check(status, "busy");
        }
        for status in [
            "failed",
            "incompatible-network",
            "incompatible-restore",
            "insufficient-capacity",
            "restore-error",
            "storage-full",
            "deleting",
        ] {
            check(status, "broken");
        }
    }

    #[test]
    fn a_database_that_is_backing_up_can_be_connected_to_and_tells_its_endpoint() {
        let Verdict::Done(facts) = of_database(Until::DatabaseAvailable { connectable: true }, "backing-up") else {
            panic!("it can be connected to")
        };
        assert_eq!(facts["database/main.endpoint"], "app-db.rds");
    }

    #[test]
    fn an_available_database_with_a_pending_password_is_not_ready() {
        let mut changing = database("available");
        changing.pending.insert("password".to_owned(), "****".to_owned());
        let status = Status::Database(Box::new(changing.clone()));
        let until = Until::DatabaseAvailable { connectable: false };
        let verdict = judge(until.clone(), &status, 5, true);
        assert_eq!(verdict, Verdict::NotYet("available, applying password".to_owned()));
        changing.pending = [("backup_retention_days".to_owned(), "7".to_owned())].into();
        let status = Status::Database(Box::new(changing));
        assert!(matches!(judge(until, &status, 5, true), Verdict::Done(_)), "that may wait for its window");
    }

    #[test]
    fn what_is_not_visible_yet_is_not_gone_and_what_was_seen_is() {
        let until = || Until::DatabaseStopped;
        assert!(matches!(judge(until(), &Status::Absent, 5, false), Verdict::NotYet(_)));
        assert!(matches!(judge(until(), &Status::Absent, 61, false), Verdict::Failed(_)));
        assert!(matches!(judge(until(), &Status::Absent, 5, true), Verdict::Failed(_)));
        assert_eq!(judge(Until::Gone, &Status::Absent, 0, false), Verdict::Done(Facts::new()));
        assert!(matches!(of_database(Until::Gone, "deleting"), Verdict::NotYet(_)));
    }

    #[test]
    fn a_task_succeeds_by_the_exit_code_of_its_container_alone() {
        let task = |status: &str, exit: Option<i32>| {
            let value = serde_json::json!({
                "arn": "arn:task/1", "task_definition": "td", "last_status": status,
                "stop_code": "EssentialContainerExited", "stopped_reason": "Essential container in task exited",
                "containers": [{"name": "scrub", "exit_code": exit, "log_lines": ["dropping users"]}]
            });
            Status::Task(serde_json::from_value(value).unwrap())
        };
        let until = |container: &str| Until::TaskSucceeded {
            container: container.to_owned(),
            expect: Vec::new(),
            reject: Vec::new(),
        };
        assert!(matches!(judge(until("scrub"), &task("RUNNING", None), 5, true), Verdict::NotYet(_)));
        assert!(matches!(judge(until("scrub"), &task("STOPPED", Some(0)), 5, true), Verdict::Done(_)));
        for (container, exit) in [("scrub", Some(1)), ("scrub", None), ("other", Some(0))] {
            let Verdict::Failed(failure) = judge(until(container), &task("STOPPED", exit), 5, true) else {
                panic!("{container} {exit:?}")
            };
            assert_eq!(failure.kind, FailureKind::TaskFailed);
            assert!(failure.evidence.join("\n").contains("dropping users"));
        }
    }

    #[test]
    fn a_status_of_another_kind_is_an_error_and_no_success() {
        assert!(matches!(of_database(Until::Drained, "available"), Verdict::Failed(_)));
        assert!(matches!(of_database(Until::Available, "available"), Verdict::Failed(_)));
    }
}
