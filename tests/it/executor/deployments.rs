//! Runs that wait for deployments, with looks that get no answer, with a journal and a lease.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use envctl::clock::TokioClock;
use envctl::cloud::{Cloud, CloudError, CloudErrorKind};
use envctl::executor::{self, Options, Order, Stream, WriteGuard};
use envctl::model::*;
use jiff::Timestamp;
use tokio::time::Instant;

use super::scripted::*;

fn service(rollout: &str, failed: usize) -> Status {
    let task = serde_json::json!({
        "arn": "arn:task/1", "task_definition": "td:2", "last_status": "STOPPED", "stop_code": "TaskFailedToStart",
        "stopped_reason": "CannotPullContainerError: not found", "containers": []
    });
    let value = serde_json::json!({
        "service": {
            "service_name": "web", "arn": "arn:web", "cluster": "c", "status": "ACTIVE", "desired_count": 1,
            "running_count": 1, "pending_count": 0, "task_definition": "td:2", "attachments": [], "subnets": [],
            "security_groups": [], "assign_public_ip": false, "health_check_grace_seconds": 0, "enable_exec": false,
            "maximum_percent": 200, "minimum_healthy_percent": 100, "circuit_breaker": true, "events": [], "tags": {},
            "deployments": [{
                "id": "ecs-svc/2", "status": "PRIMARY", "task_definition": "td:2", "rollout_state": rollout,
                "desired_count": 1, "running_count": 1, "failed_tasks": 0
            }]
        },
        "stopped_tasks": vec![task; failed], "targets": []
    });
    Status::Service(Box::new(serde_json::from_value(value).unwrap()))
}

/// A step that deploys service `web` and waits for its deployment.
fn deploying() -> Step {
    let key = ResourceKey::new(ResourceKind::Service, "web");
    let mut deploying = step("deploy", &[], false);
    deploying.action = Action::UpdateService {
        key: key.clone(),
        cluster: "c".to_owned(),
        service_name: "web".to_owned(),
        update: ServiceUpdate::default(),
    };
    deploying.wait = Some(Wait {
        subject: Subject::Service { cluster: "c".to_owned(), service_name: "web".to_owned(), target_group_arn: None },
        until: Until::Deployed {
            deployment: late_text(&key, "deployment"),
            task_definition: "td:2".to_owned(),
            with_tasks: true,
        },
        key,
        deadline_seconds: 1800,
    });
    deploying
}

fn deployed_as(id: &str) -> Script {
    let facts = Facts::from([("service/web.deployment".to_owned(), id.to_owned())]);
    replies("deploy", vec![Reply { after: 0, result: Ok(Receipt { facts, changed: true }) }])
}

#[tokio::test(start_paused = true)]
async fn a_task_that_cannot_start_is_told_while_waiting_and_ends_the_wait_when_it_repeats() {
    let mut script = deployed_as("ecs-svc/2");
    let times = vec![(0, service("IN_PROGRESS", 0)), (30, service("IN_PROGRESS", 1)), (60, service("IN_PROGRESS", 2))];
    script.statuses.insert("web".to_owned(), times);
    let ran = run(vec![deploying(), step("forward", &["deploy"], false)], script, Options::default()).await;
    assert_eq!(ran.failure("deploy").kind, FailureKind::DeploymentFailed);
    assert!(ran.failure("deploy").hint.as_ref().unwrap().contains("image"));
    assert!((60..=80).contains(&ran.seconds), "{}", ran.seconds);
    let told = |event: &EventKind| match event {
        EventKind::StepWaiting { detail, .. } => detail.contains("CannotPullContainerError"),
        _ => false,
    };
    assert!(ran.events.iter().any(told));
    assert_eq!(ran.skipped(), [("forward", "deploy failed")]);
}

#[tokio::test(start_paused = true)]
async fn an_update_that_started_no_deployment_is_done_when_the_wanted_revision_is_complete() {
    let mut script = Script::default();
    script.statuses.insert("web".to_owned(), vec![(0, service("COMPLETED", 0))]);
    let ran = run(vec![deploying()], script, Options::default()).await;
    assert_eq!(ran.succeeded(), ["deploy"]);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_of_no_task_proves_nothing() {
    let mut script = deployed_as("ecs-svc/2");
    let Status::Service(mut asleep) = service("COMPLETED", 0) else { panic!("a service") };
    asleep.service.desired_count = 0;
    asleep.service.running_count = 0;
    asleep.service.deployments[0].desired_count = 0;
    asleep.service.deployments[0].running_count = 0;
    script.statuses.insert("web".to_owned(), vec![(0, service("IN_PROGRESS", 0)), (30, Status::Service(asleep))]);
    let ran = run(vec![deploying(), step("remember", &["deploy"], false)], script, Options::default()).await;
    assert_eq!(ran.failure("deploy").kind, FailureKind::DeploymentFailed);
    assert!(ran.failure("deploy").message.contains("somebody has set its count to 0"));
    assert_eq!(ran.skipped(), [("remember", "deploy failed")]);
}

#[tokio::test(start_paused = true)]
async fn without_waiting_a_deployment_is_left_and_what_needs_it_is_not_begun() {
    let mut script = deployed_as("ecs-svc/2");
    script.statuses.insert("web".to_owned(), vec![(0, service("IN_PROGRESS", 0))]);
    let options = Options { wait_for_deployments: false, ..Options::default() };
    let ran = run(vec![deploying(), step("forward", &["deploy"], false)], script, options).await;
    assert_eq!(ran.outcome.ending, Ending::Done);
    assert_eq!(ran.succeeded(), ["deploy"]);
    assert_eq!(ran.skipped(), [("forward", "deploy was not waited for")]);
    assert_eq!(ran.seconds, 0);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_gets_no_answer_says_nothing_about_its_subject() {
    struct Deaf(Arc<Mutex<u32>>);
    #[async_trait]
    impl Cloud for Deaf {
        async fn observe(&self, _: &Scope) -> Result<Live, CloudError> {
            Err(error(CloudErrorKind::Refused))
        }
        async fn perform(&self, _: &Action, _: &Token) -> Result<Receipt, CloudError> {
            Ok(changed())
        }
        async fn status(&self, _: &Subject) -> Result<Status, CloudError> {
            let mut looks = self.0.lock().unwrap();
            *looks += 1;
            if *looks < 6 { Err(error(CloudErrorKind::Throttled)) } else { Ok(shows("a", "available")) }
        }
    }
    let mut stream = Stream::new(Arc::new(TokioClock::starting_at(Timestamp::UNIX_EPOCH)), Vec::new());
    let (plan, live, desired) = (plan(vec![step("a", &[], true)]), live(), desired());
    let order = Order { plan: &plan, live: &live, desired: &desired, run: "r", command: "c", who: "w" };
    let looks = Arc::new(Mutex::new(0));
    let cloud = Arc::new(Deaf(Arc::clone(&looks)));
    let outcome = executor::run(&order, cloud, &mut stream, &Options::default()).await;
    assert_eq!(outcome.ending, Ending::Done);
    assert_eq!(*looks.lock().unwrap(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_journalled_before_its_effects_and_holds_its_lease() {
    let folder = tempfile::tempdir().unwrap();
    let store = envctl::store::Store::open_folder(folder.path()).unwrap();
    let clock = Arc::new(TokioClock::starting_at(Timestamp::UNIX_EPOCH));
    let locks = envctl::store::lock::Locks::new(&store, Arc::clone(&clock) as Arc<dyn envctl::clock::Clock>);
    let holder = envctl::store::lock::Holder {
        run: "r1".to_owned(),
        owner: "anna".to_owned(),
        host: "laptop".to_owned(),
        process: 1,
        process_identity: None,
        command: "envctl up".to_owned(),
        ci: None,
        reason: None,
    };
    let lease = Arc::new(locks.acquire("staging", &holder).await.unwrap());
    let journals = envctl::store::journal::Journals::new(&store);
    let journal = journals.begin("staging", "r1").await.unwrap();
    let mut stream = Stream::new(clock, Vec::new()).with_journal(journal);
    let begun = Instant::now();
    let cloud = Arc::new(Scripted { script: Mutex::default(), begun, calls: Mutex::default() });
    cloud
        .script
        .lock()
        .unwrap()
        .statuses
        .insert("a".to_owned(), vec![(0, shows("a", "starting")), (550, shows("a", "available"))]);
    let (plan, live, desired) = (plan(vec![step("a", &[], true), step("b", &["a"], false)]), live(), desired());
    let order = Order { plan: &plan, live: &live, desired: &desired, run: "r1", command: "envctl up", who: "anna" };
    let options = Options { guard: Arc::clone(&lease) as Arc<dyn WriteGuard>, ..Options::default() };
    let outcome = executor::run(&order, Arc::clone(&cloud) as Arc<dyn Cloud>, &mut stream, &options).await;
    assert_eq!(outcome.ending, Ending::Done);
    lease.release().await.unwrap();
    let summary = &journals.list(Some("staging"), 1).await.unwrap()[0];
    assert_eq!(summary.ending, Some(Ending::Done));
    assert_eq!(summary.who.as_deref(), Some("anna"));
    assert_eq!(summary.succeeded, 2);
    assert!(summary.duration().unwrap().as_secs() >= 550);
    assert_eq!(journals.read("r1").await.unwrap().unwrap().damage, Vec::<String>::new());
    assert!(lease.number().await > 5, "it was renewed while the run went on");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_answered_is_tried_again_and_then_given_up() {
    let script = replies("a", vec![Reply { after: 10_000_000, result: Ok(changed()) }]);
    let ran = run(vec![step("a", &[], false)], script, Options::default()).await;
    assert_eq!(ran.failure("a").kind, FailureKind::Unavailable);
    assert!(ran.failure("a").message.contains("no answer"), "{}", ran.failure("a").message);
}
