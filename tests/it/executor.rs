//! The executor against a cloud that says what a script tells it to, in virtual time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use envctl::clock::TokioClock;
use envctl::cloud::{Cloud, CloudError, CloudErrorKind};
use envctl::executor::{self, EventSink, Options, Order, Outcome, SinkError, Stream, WriteGuard};
use envctl::model::*;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

/// What the cloud answers to one call, and when.
#[derive(Clone)]
struct Reply {
    after: u64,
    result: Result<Receipt, CloudError>,
}

#[derive(Default)]
struct Script {
    /// Answers by step; the last one stays.
    replies: BTreeMap<String, VecDeque<Reply>>,
    /// Statuses by identifier, each from a second of the run on.
    statuses: BTreeMap<String, Vec<(u64, Status)>>,
}

/// A cloud that follows a script and writes down every call with its second.
struct Scripted {
    script: Mutex<Script>,
    begun: Instant,
    calls: Mutex<Vec<(u64, String)>>,
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

fn changed() -> Receipt {
    Receipt { facts: Facts::new(), changed: true }
}

fn error(kind: CloudErrorKind) -> CloudError {
    CloudError {
        kind,
        operation: "rds:StartDBInstance".to_owned(),
        code: None,
        message: "no".to_owned(),
        request_id: None,
        retry_at: None,
    }
}

fn key(name: &str) -> ResourceKey {
    ResourceKey::new(ResourceKind::Database, name)
}

/// A step that starts database `id` and, for a wait, is done when it is available.
fn step(id: &str, needs: &[&str], waits: bool) -> Step {
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

fn plan(steps: Vec<Step>) -> Plan {
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
        observed_at: Timestamp::UNIX_EPOCH,
    }
}

fn desired() -> Desired {
    let empty = serde_json::json!({
        "environment": "staging", "application": "app", "account": "123456789012", "region": "us-east-2",
        "protect": false, "tags": {}, "cluster": null, "listeners": {},
        "network": {"subnets": [], "security_groups": [], "assign_public_ip": false},
        "file_systems": {}, "access_points": {}, "databases": {}, "log_groups": {}, "target_groups": {}, "rules": {},
        "services": {}, "tasks": {},
        "sleep": {"mode": "auto", "idle": null, "page": "p", "content_type": "text/html", "status_code": 503},
        "retention": {"keep": 1, "keep_for": {"secs": 0, "nanos": 0}}, "places": {}
    });
    serde_json::from_value(empty).unwrap()
}

fn live() -> Live {
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

pub(crate) fn database(identifier: &str, status: &str) -> LiveDatabase {
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

fn shows(identifier: &str, status: &str) -> Status {
    Status::Database(Box::new(database(identifier, status)))
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Event>>>);

impl EventSink for Heard {
    fn emit(&mut self, event: &Event) -> Result<(), SinkError> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

struct Ran {
    outcome: Outcome,
    events: Vec<EventKind>,
    calls: Vec<(u64, String)>,
    seconds: u64,
}

impl Ran {
    fn failure(&self, step: &str) -> &Failure {
        &self.outcome.failures[&StepId(step.to_owned())]
    }

    fn skipped(&self) -> Vec<(&str, &str)> {
        self.outcome.skipped.iter().map(|(step, why)| (step.0.as_str(), why.as_str())).collect()
    }

    fn succeeded(&self) -> Vec<&str> {
        self.outcome.succeeded.iter().map(|step| step.0.as_str()).collect()
    }
}

async fn run(steps: Vec<Step>, script: Script, options: Options) -> Ran {
    run_with(steps, script, options, Vec::new()).await
}

async fn run_with(steps: Vec<Step>, script: Script, options: Options, more: Vec<Box<dyn EventSink>>) -> Ran {
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

fn replies(step: &str, replies: Vec<Reply>) -> Script {
    Script { replies: BTreeMap::from([(step.to_owned(), replies.into())]), ..Script::default() }
}

#[tokio::test(start_paused = true)]
async fn a_run_takes_as_long_as_its_critical_path() {
    let mut script = Script::default();
    for (id, after) in [("a", 300), ("b", 200), ("c", 100), ("d", 10)] {
        script.replies.insert(id.to_owned(), vec![Reply { after, result: Ok(changed()) }].into());
    }
    let steps =
        vec![step("a", &[], false), step("b", &[], false), step("c", &["b"], false), step("d", &["a", "c"], false)];
    let ran = run(steps, script, Options::default()).await;
    assert_eq!(ran.outcome.ending, Ending::Done);
    assert_eq!(ran.outcome.changed, 4);
    assert_eq!(ran.seconds, 310);
    let calls: Vec<(u64, &str)> = ran.calls.iter().map(|(at, step)| (*at, step.as_str())).collect();
    assert_eq!(calls, [(0, "a"), (0, "b"), (200, "c"), (300, "d")]);
}

#[tokio::test(start_paused = true)]
async fn what_was_there_is_told_before_the_first_step_and_a_start_before_its_call() {
    let ran = run(vec![step("a", &[], false)], Script::default(), Options::default()).await;
    let names: Vec<&str> = ran
        .events
        .iter()
        .map(|event| match event {
            EventKind::RunStarted { .. } => "run-started",
            EventKind::PriorStateSaved { .. } => "prior-state-saved",
            EventKind::StepStarted { .. } => "step-started",
            EventKind::StepSucceeded { .. } => "step-succeeded",
            EventKind::RunFinished { .. } => "run-finished",
            _ => "other",
        })
        .collect();
    assert_eq!(names, ["run-started", "prior-state-saved", "step-started", "step-succeeded", "run-finished"]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_tried_again_and_each_try_is_announced() {
    let no = |kind| Reply { after: 0, result: Err(error(kind)) };
    let script = replies(
        "a",
        vec![
            no(CloudErrorKind::Throttled),
            no(CloudErrorKind::Unavailable),
            Reply { after: 0, result: Ok(Receipt::default()) },
        ],
    );
    let ran = run(vec![step("a", &[], false)], script, Options::default()).await;
    assert_eq!(ran.succeeded(), ["a"]);
    assert_eq!(ran.outcome.changed, 0, "the lost reply's second try found it done");
    let tries: Vec<u32> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            EventKind::StepStarted { attempt, .. } => Some(*attempt),
            _ => None,
        })
        .collect();
    assert_eq!(tries, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_denied_call_is_not_tried_again_and_skips_its_dependants_alone() {
    let script = replies("a", vec![Reply { after: 0, result: Err(error(CloudErrorKind::Denied)) }]);
    let steps = vec![step("a", &[], false), step("b", &["a"], false), step("c", &["b"], false), step("d", &[], false)];
    let ran = run(steps, script, Options::default()).await;
    assert_eq!(ran.outcome.ending, Ending::Failed);
    assert_eq!(ran.failure("a").kind, FailureKind::Denied);
    assert_eq!(ran.skipped(), [("b", "a failed"), ("c", "b was skipped")]);
    assert_eq!(ran.succeeded(), ["d"]);
    assert_eq!(ran.calls.iter().filter(|(_, step)| step == "a").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_soon_after_its_resource_is_ready() {
    let mut script = Script::default();
    let times = vec![(0, shows("a", "starting")), (400, shows("a", "available"))];
    script.statuses.insert("a".to_owned(), times);
    script.statuses.insert("b".to_owned(), vec![(0, shows("b", "available"))]);
    let ran = run(vec![step("a", &[], true)], script, Options::default()).await;
    assert_eq!(ran.succeeded(), ["a"]);
    assert!((400..=416).contains(&ran.seconds), "{}", ran.seconds);
    let told: Vec<&EventKind> =
        ran.events.iter().filter(|event| matches!(event, EventKind::StepWaiting { .. })).collect();
    assert_eq!(told.len(), 1, "the same words are told once");
}

#[tokio::test(start_paused = true)]
async fn a_thing_that_is_ready_at_once_costs_no_ten_seconds() {
    let mut script = Script::default();
    script.statuses.insert("a".to_owned(), vec![(0, shows("a", "available"))]);
    let ran = run(vec![step("a", &[], true)], script, Options::default()).await;
    assert_eq!(ran.seconds, 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_lasts_too_long_fails_with_what_was_said_last() {
    let mut script = Script::default();
    script.statuses.insert("a".to_owned(), vec![(0, shows("a", "some-new-word"))]);
    let ran = run(vec![step("a", &[], true), step("b", &["a"], false)], script, Options::default()).await;
    assert_eq!(ran.failure("a").kind, FailureKind::TimedOut);
    assert!(ran.failure("a").message.contains("some-new-word"), "{}", ran.failure("a").message);
    assert_eq!(ran.skipped(), [("b", "a failed")]);
    assert!((600..=603).contains(&ran.seconds));
}

#[tokio::test(start_paused = true)]
async fn a_late_value_is_taken_from_what_an_earlier_step_learned() {
    let mut script = Script::default();
    script.statuses.insert("a".to_owned(), vec![(0, shows("a", "available"))]);
    let mut later = step("b", &["a"], false);
    later.action = Action::StartDatabase { key: key("b"), identifier: late_text(&key("a"), "endpoint") };
    let ran = run(vec![step("a", &[], true), later], script, Options::default()).await;
    assert_eq!(ran.calls.last().unwrap().1, "a.rds");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_stays_unknown_fails_its_step_before_any_call() {
    let mut odd = step("b", &[], false);
    odd.action = Action::StartDatabase { key: key("b"), identifier: late_text(&key("ghost"), "endpoint") };
    let ran = run(vec![odd], Script::default(), Options::default()).await;
    assert_eq!(ran.failure("b").kind, FailureKind::Unresolved);
    assert!(ran.calls.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_lets_calls_end_abandons_waits_and_begins_nothing() {
    let (sender, interrupt) = watch::channel(None);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        sender.send(Some(2)).unwrap();
        std::future::pending::<()>().await;
    });
    let mut script = replies("calls", vec![Reply { after: 10, result: Ok(changed()) }]);
    script.statuses.insert("waits".to_owned(), vec![(0, shows("waits", "starting"))]);
    let steps = vec![step("calls", &[], false), step("waits", &[], true), step("later", &["calls"], false)];
    let ran = run(steps, script, Options { interrupt, ..Options::default() }).await;
    assert_eq!(ran.outcome.ending, Ending::Interrupted(2));
    assert_eq!(ran.succeeded(), ["calls"]);
    assert_eq!(ran.failure("waits").kind, FailureKind::Interrupted);
    assert_eq!(ran.skipped(), [("later", "the run was interrupted (Ctrl-C)")]);
    assert_eq!(ran.seconds, 10);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_left_after_an_interrupt() {
    let (sender, interrupt) = watch::channel(Some(15));
    let (later, hanging) = watch::channel(None);
    drop(sender);
    let ran = run(vec![step("a", &[], false)], Script::default(), Options { interrupt, ..Options::default() }).await;
    assert_eq!(ran.outcome.ending, Ending::Interrupted(15));
    assert!(ran.calls.is_empty(), "the signal came before the first call");

    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        later.send(Some(15)).unwrap();
        std::future::pending::<()>().await;
    });
    let script = replies("a", vec![Reply { after: 100_000, result: Ok(changed()) }]);
    let ran = run(vec![step("a", &[], false)], script, Options { interrupt: hanging, ..Options::default() }).await;
    assert_eq!(ran.failure("a").kind, FailureKind::Interrupted);
    assert_eq!(ran.seconds, 21);
}

#[tokio::test(start_paused = true)]
async fn the_overall_timeout_ends_the_run() {
    let mut script = Script::default();
    script.statuses.insert("a".to_owned(), vec![(0, shows("a", "starting"))]);
    let options = Options { timeout: Some(Duration::from_secs(60)), ..Options::default() };
    let ran = run(vec![step("a", &[], true), step("b", &["a"], false)], script, options).await;
    assert_eq!(ran.outcome.ending, Ending::TimedOut);
    assert_eq!(ran.failure("a").kind, FailureKind::TimedOut);
    assert_eq!(ran.skipped(), [("b", "the time for the whole run is up")]);
    assert_eq!(ran.seconds, 60);
}

/// Allows so many writes.
struct Allows(Mutex<u32>);

#[async_trait]
impl WriteGuard for Allows {
    async fn may_write(&self) -> Result<(), String> {
        let mut left = self.0.lock().unwrap();
        *left = left.checked_sub(1).ok_or("bob@desk holds it now")?;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_after_the_lease_is_lost() {
    let options = Options { guard: Arc::new(Allows(Mutex::new(1))), ..Options::default() };
    let steps = vec![step("a", &[], false), step("b", &["a"], false), step("c", &["b"], false)];
    let ran = run(steps, Script::default(), options).await;
    assert_eq!(ran.outcome.ending, Ending::LeaseLost);
    assert_eq!(ran.calls.len(), 1);
    assert_eq!(ran.succeeded(), ["a"]);
    assert!(ran.outcome.stopped_because.unwrap().contains("bob@desk"));
}

/// Takes so many events.
struct Full(u64);

impl EventSink for Full {
    fn emit(&mut self, event: &Event) -> Result<(), SinkError> {
        if event.sequence > self.0 { Err(SinkError("no space left".to_owned())) } else { Ok(()) }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_down_is_not_done() {
    for taken in 0..6 {
        let steps = vec![step("a", &[], false), step("b", &["a"], false)];
        let ran = run_with(steps, Script::default(), Options::default(), vec![Box::new(Full(taken))]).await;
        // Events: run started, prior state, a started, a succeeded, b started, b succeeded.
        let expected = match taken {
            0..=2 => 0,
            3..=4 => 1,
            _ => 2,
        };
        assert_eq!(ran.calls.len(), expected, "{taken} events taken");
        assert_eq!(ran.outcome.ending, Ending::Failed);
        assert!(ran.outcome.stopped_because.unwrap().contains("no space left"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_plan_is_not_run() {
    let cloud = Arc::new(Scripted { script: Mutex::default(), begun: Instant::now(), calls: Mutex::default() });
    let mut stream = Stream::new(Arc::new(TokioClock::starting_at(Timestamp::UNIX_EPOCH)), Vec::new());
    let mut plan = plan(vec![step("a", &[], false)]);
    plan.refusals.push(Refusal {
        key: None,
        kind: RefusalKind::Protected,
        why: "protected".to_owned(),
        remedy: String::new(),
    });
    let (live, desired) = (live(), desired());
    let order = Order { plan: &plan, live: &live, desired: &desired, run: "r", command: "c", who: "w" };
    let outcome = executor::run(&order, Arc::clone(&cloud) as Arc<dyn Cloud>, &mut stream, &Options::default()).await;
    assert_eq!(outcome.ending, Ending::Failed);
    assert!(cloud.calls.lock().unwrap().is_empty());
}
