//! A cloud that says what a script tells it to, and the smallest plan, desired and live that a run needs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use envctl::clock::TokioClock;
use envctl::cloud::{Cloud, CloudError, CloudErrorKind};
use envctl::executor::{self, EventSink, Options, Order, Outcome, SinkError, Stream};
use envctl::model::*;
use jiff::Timestamp;
use tokio::time::Instant;

/// What the cloud answers to one call, and when.
#[derive(Clone)]
pub(super) struct Reply {
    pub(super) after: u64,
    pub(super) result: Result<Receipt, CloudError>,
}

#[derive(Default)]
pub(super) struct Script {
    /// Answers by step; the last one stays.
    pub(super) replies: BTreeMap<String, VecDeque<Reply>>,
    /// Statuses by identifier, each from a second of the run on.
    pub(super) statuses: BTreeMap<String, Vec<(u64, Status)>>,
}

/// A cloud that follows a script and writes down every call with its second.
pub(super) struct Scripted {
    pub(super) script: Mutex<Script>,
    pub(super) begun: Instant,
    pub(super) calls: Mutex<Vec<(u64, String)>>,
}

#[async_trait]
impl Cloud for Scripted {
    async fn observe(&self, _: &Scope) -> Result<Live, CloudError> {
        Err(error(CloudErrorKind::Refused))
    }

    async fn perform(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError> {
        let reply = {
            let mut script = self.script.lock().unwrap();
            match script.replies.get_mut(&token.step.0) {
                Some(replies) if replies.len() > 1 => replies.pop_front().unwrap(),
                Some(replies) => replies[0].clone(),
                None => Reply { after: 1, result: Ok(changed()) },
            }
        };
        let said = match action {
            Action::StartDatabase { identifier, .. } => identifier.clone(),
            _ => token.step.0.clone(),
        };
        self.calls.lock().unwrap().push((self.begun.elapsed().as_secs(), said));
        tokio::time::sleep(Duration::from_secs(reply.after)).await;
        reply.result
    }

    async fn status(&self, subject: &Subject) -> Result<Status, CloudError> {
        let name = match subject {
            Subject::Database { identifier } => identifier,
            Subject::Snapshot { snapshot } => snapshot,
            Subject::Service { service_name, .. } => service_name,
            Subject::Task { arn, .. } => arn,
            _ => "?",
        };
        let now = self.begun.elapsed().as_secs();
        let script = self.script.lock().unwrap();
        let mut known = script.statuses.get(name).into_iter().flatten();
        Ok(known.rfind(|(from, _)| *from <= now).map_or(Status::Absent, |(_, status)| status.clone()))
    }
}

pub(super) fn changed() -> Receipt {
    Receipt { facts: Facts::new(), changed: true }
}

pub(super) fn error(kind: CloudErrorKind) -> CloudError {
    CloudError {
        kind,
        operation: "rds:StartDBInstance".to_owned(),
        code: None,
        message: "no".to_owned(),
        request_id: None,
        retry_at: None,
    }
}

pub(super) fn key(name: &str) -> ResourceKey {
    ResourceKey::new(ResourceKind::Database, name)
}

/// A step that starts database `id` and, for a wait, is done when it is available.
pub(super) fn step(id: &str, needs: &[&str], waits: bool) -> Step {
    let wait = waits.then(|| Wait {
        subject: Subject::Database { identifier: id.to_owned() },
        key: key(id),
        until: Until::DatabaseAvailable { connectable: true },
        deadline_seconds: 600,
    });
    Step {
        id: StepId(id.to_owned()),
        title: id.to_owned(),
        action: Action::StartDatabase { key: key(id), identifier: id.to_owned() },
        needs: needs.iter().map(|need| StepId((*need).to_owned())).collect(),
        reasons: Vec::new(),
        wait,
        expected_seconds: 1,
    }
}

pub(super) fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        environment: "staging".to_owned(),
        application: "app".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-2".to_owned(),
        goal: Goal::Up { from: DataSource::Latest },
        power_now: Power::Parked,
        power_wanted: Power::Up,
        steps,
        notes: Vec::new(),
        refusals: Vec::new(),
        sleep_choice: None,
        bill: None,
        observed_at: Timestamp::UNIX_EPOCH,
    }
}

pub(super) fn desired() -> Desired {
    let page = serde_json::json!({"template": "p", "content_type": "text/html", "status_code": 503});
    let empty = serde_json::json!({
        "environment": "staging", "application": "app", "account": "123456789012", "region": "us-east-2",
        "protect": false, "tags": {}, "cluster": null, "listeners": {},
        "network": {"subnets": [], "security_groups": [], "assign_public_ip": false},
        "file_systems": {}, "access_points": {}, "databases": {}, "log_groups": {}, "target_groups": {}, "rules": {},
        "services": {}, "tasks": {}, "checks": {}, "policy": null,
        "sleep": {"mode": "auto", "idle": null, "page": page},
        "retention": {"keep": 1, "keep_for": {"secs": 0, "nanos": 0}}, "places": {},
        "backup": {"vault": "v", "owned": true, "role": "r", "image": "i", "execution_role": null}
    });
    serde_json::from_value(empty).unwrap()
}

pub(super) fn live() -> Live {
    let empty = serde_json::json!({
        "observed_at": "2026-01-05T08:00:00Z", "account": "123456789012", "region": "us-east-2",
        "databases": {}, "secrets": {}, "snapshots": {}, "file_systems": {}, "mount_targets": {}, "access_points": {},
        "foreign_access_points": {}, "log_groups": {}, "target_groups": {}, "target_health": {}, "rules": {},
        "listener_rules": {}, "services": {}, "task_definitions": {}, "task_families": {}, "scaling": {},
        "borrowed": {"listeners": {}, "subnets": {}, "security_groups": {}, "cluster": null},
        "undeclared": [], "gaps": []
    });
    serde_json::from_value(empty).unwrap()
}

pub(super) fn database(identifier: &str, status: &str) -> LiveDatabase {
    let value = serde_json::json!({
        "identifier": identifier, "arn": format!("arn:{identifier}"), "resource_id": format!("db-{identifier}"),
        "status": status, "endpoint": {"host": format!("{identifier}.rds"), "port": 5432}, "engine": "postgres",
        "engine_version": "16.4", "class": "db.t4g.micro", "storage_gib": 20, "storage_type": "gp3",
        "username": "u", "multi_az": false, "publicly_accessible": false, "encrypted": true,
        "security_groups": [], "backup_retention_days": 1, "deletion_protection": false,
        "auto_minor_version_upgrade": true, "performance_insights": false, "pending": {}, "tags": {}
    });
    serde_json::from_value(value).unwrap()
}

pub(super) fn shows(identifier: &str, status: &str) -> Status {
    Status::Database(Box::new(database(identifier, status)))
}

#[derive(Clone, Default)]
pub(super) struct Heard(pub(super) Arc<Mutex<Vec<Event>>>);

impl EventSink for Heard {
    fn emit(&mut self, event: &Event) -> Result<(), SinkError> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

pub(super) struct Ran {
    pub(super) outcome: Outcome,
    pub(super) events: Vec<EventKind>,
    pub(super) calls: Vec<(u64, String)>,
    pub(super) seconds: u64,
}

impl Ran {
    pub(super) fn failure(&self, step: &str) -> &Failure {
        &self.outcome.failures[&StepId(step.to_owned())]
    }

    pub(super) fn skipped(&self) -> Vec<(&str, &str)> {
        self.outcome.skipped.iter().map(|(step, why)| (step.0.as_str(), why.as_str())).collect()
    }

    pub(super) fn succeeded(&self) -> Vec<&str> {
        self.outcome.succeeded.iter().map(|step| step.0.as_str()).collect()
    }
}

pub(super) async fn run(steps: Vec<Step>, script: Script, options: Options) -> Ran {
    run_with(steps, script, options, Vec::new()).await
}

pub(super) async fn run_with(steps: Vec<Step>, script: Script, options: Options, more: Vec<Box<dyn EventSink>>) -> Ran {
    let begun = Instant::now();
    let cloud = Arc::new(Scripted { script: Mutex::new(script), begun, calls: Mutex::default() });
    let heard = Heard::default();
    let mut sinks: Vec<Box<dyn EventSink>> = vec![Box::new(heard.clone())];
    sinks.extend(more);
    let mut stream = Stream::new(Arc::new(TokioClock::starting_at(Timestamp::UNIX_EPOCH)), sinks);
    let (plan, live, desired) = (plan(steps), live(), desired());
    let order =
        Order { plan: &plan, live: &live, desired: &desired, run: "r1", command: "envctl up", who: "anna@laptop" };
    let outcome = executor::run(&order, Arc::clone(&cloud) as Arc<dyn Cloud>, &mut stream, &options).await;
    let events: Vec<Event> = heard.0.lock().unwrap().clone();
    assert!(events.iter().zip(1..).all(|(event, number)| event.sequence == number));
    assert!(matches!(events.last().unwrap().kind, EventKind::RunFinished { .. }));
    let calls = cloud.calls.lock().unwrap().clone();
    let events = events.into_iter().map(|event| event.kind).collect();
    Ran { outcome, events, calls, seconds: begun.elapsed().as_secs() }
}

pub(super) fn replies(step: &str, replies: Vec<Reply>) -> Script {
    Script { replies: BTreeMap::from([(step.to_owned(), replies.into())]), ..Script::default() }
}
