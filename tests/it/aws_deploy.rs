//! `deploy`, `run`, `rollback` and `verify` by the built binary on the emulators, looked at from outside.
//!
//! What the emulators lack (`aws.md` 9): neither runs a container, so a hand of the test writes the lines of a one-off
//! task and stops it. MiniStack completes every deployment at once: failing ones are the simulated cloud's business. On
//! moto a deployment never completes, so that `deploy` and `rollback` are not tried there. Its service checks are left
//! out for the same reason.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_sdk_ecs::types::DesiredStatus;
use envctl::clock::{Clock, WallClock};
use serde_json::json;

use crate::aws_cycle::spec;
use crate::aws_prerequisites::{LIST, push};
use crate::aws_readings::put_metric_data;
use crate::support::TestEnvironment;
use crate::support::emulator::{Corner, Emulator, REGION};

/// The spec of the cycle with an image of ECR, a task, and checks.
fn with_checks(corner: &Corner, image: &str) -> String {
    let unique = &corner.borrowed.unique;
    spec(&corner.borrowed)
        .replace("image: nginx:1.27", &format!("image: {image}:1"))
        .replace("    scaling: {min: 1, max: 4, cpu: 60}\n", "")
        + &format!(
            r"tasks:
  migrate:
    service: backend
    command: [migrate]
    expect: ['Errors: 0$']
    reject: [Traceback]
checks:
  quiet: {{log: {{service: backend, absent: [ERROR]}}}}
  ready: {{log: {{service: backend, present: ['ready for \w+']}}}}
  load: {{metric: {{namespace: Test/ECS, metric: CPUUtilization, dimensions: {{ServiceName: {unique}}}, statistic: Average, value: '< 50'}}}}
"
        )
}

/// A workspace whose commands talk to the corner.
pub(crate) fn workspace(corner: &Corner, spec: &str) -> TestEnvironment {
    let mut workspace = TestEnvironment::new();
    for (name, value) in &corner.variables {
        workspace.set(name, value);
    }
    workspace.write("environments/staging.yaml", spec);
    workspace
}

/// Another person with other clients.
pub(crate) struct Hand {
    ecs: aws_sdk_ecs::Client,
    logs: aws_sdk_cloudwatchlogs::Client,
    cluster: String,
    group: String,
    container: String,
}

impl Hand {
    fn new(corner: &Corner) -> Self {
        Self::of(corner, &format!("/aws/ecs/{}-staging-backend", corner.borrowed.unique), "backend")
    }

    /// One that knows the service by its log group and container.
    pub(crate) fn of(corner: &Corner, group: &str, container: &str) -> Self {
        Self {
            ecs: aws_sdk_ecs::Client::new(&corner.settings),
            logs: aws_sdk_cloudwatchlogs::Client::new(&corner.settings),
            cluster: corner.borrowed.cluster.clone(),
            group: group.to_owned(),
            container: container.to_owned(),
        }
    }

    async fn write(&self, stream: &str, lines: &[&str]) {
        let _ = self.logs.create_log_stream().log_group_name(&self.group).log_stream_name(stream).send().await;
        let at = WallClock.now().as_millisecond();
        let event = |line: &&str| InputLogEvent::builder().timestamp(at).message(*line).build().expect("an event");
        let put = self.logs.put_log_events().log_group_name(&self.group).log_stream_name(stream);
        put.set_log_events(Some(lines.iter().map(event).collect())).send().await.expect("lines are put");
    }

    /// Waits for a task of the family, at most a minute, and is it.
    async fn be_the_task(&self, family: &str, lines: &[&str]) {
        for _ in 0..240 {
            if self.end_any(family, lines).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        // What envctl said tells more than a panic here would.
    }

    /// Writes the lines of a running task of the family and stops it, which the emulators call exit code 0; false: none
    /// runs.
    pub(crate) async fn end_any(&self, family: &str, lines: &[&str]) -> bool {
        let running = self.ecs.list_tasks().cluster(&self.cluster).family(family);
        let running = running.desired_status(DesiredStatus::Running).send().await.expect("tasks");
        let Some(arn) = running.task_arns().first() else { return false };
        let id = arn.rsplit('/').next().unwrap_or_default();
        self.write(&format!("{0}/{0}/{id}", self.container), lines).await;
        self.ecs.stop_task().cluster(&self.cluster).task(arn).send().await.expect("it stops");
        true
    }

    /// The image of the revision that the service runs.
    async fn image(&self, service: &str) -> String {
        let found = self.ecs.describe_services().cluster(&self.cluster).services(service).send().await;
        let found = found.expect("services");
        let revision = found.services().first().and_then(|one| one.task_definition()).expect("a revision").to_owned();
        let found = self.ecs.describe_task_definition().task_definition(revision).send().await.expect("the revision");
        let document = found.task_definition().expect("its document");
        document.container_definitions().first().and_then(|one| one.image()).unwrap_or_default().to_owned()
    }
}

/// Runs a command beside what the hand does meanwhile.
async fn beside(
    workspace: &TestEnvironment,
    arguments: &[&str],
    hand: impl Future<Output = ()>,
) -> crate::support::Answer {
    let mut command = workspace.command(arguments);
    let command = tokio::task::spawn_blocking(move || command.output().expect("envctl runs"));
    let (output, ()) = tokio::join!(command, hand);
    workspace.answer(&output.expect("it ended"))
}

async fn measure(corner: &Corner, value: f64) {
    let data = json!({"Namespace": "Test/ECS", "MetricData": [{
        "MetricName": "CPUUtilization", "Value": value, "Timestamp": WallClock.now().as_second() - 120,
        "Dimensions": [{"Name": "ServiceName", "Value": corner.borrowed.unique}]
    }]});
    put_metric_data(corner, &data).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_by_hand_goes_through_on_mini_stack() {
    let Some(corner) = Corner::new(Emulator::MiniStack).await else { return };
    let unique = &corner.borrowed.unique;
    let repository = format!("{unique}/web");
    let image = format!("{}.dkr.ecr.{REGION}.amazonaws.com/{repository}", corner.borrowed.account);
    let index = "application/vnd.oci.image.index.v1+json";
    push(&corner, &repository, "1", LIST, index).await;
    push(&corner, &repository, "2", &LIST.replace("sha256:aaaa", "sha256:dddd"), index).await;
    let check = "  backend: {service: backend}\n";
    let workspace = workspace(&corner, &(with_checks(&corner, &image) + check));
    let hand = Hand::new(&corner);
    let service = format!("{unique}-staging-backend");
    workspace.done(&["up", "staging", "--yes"]);

    let missing = workspace.run(&["deploy", "staging", "--image", &format!("{image}:3"), "--yes"]);
    assert_eq!(missing.code, 1, "{missing}");
    assert!(missing.stderr.contains("there is no image"), "{missing}");
    let deployed = workspace.run(&["deploy", "staging", "--image", &format!("{image}:2"), "--yes"]);
    assert_eq!(deployed.code, 0, "{deployed}");
    assert!(deployed.stderr.contains("linux/amd64"), "{deployed}");
    assert!(hand.image(&service).await.starts_with(&format!("{image}@sha256:")), "by its digest");
    workspace.done(&["plan", "staging"]);

    let family = format!("{unique}-staging-migrate");
    let lines = ["Applying 0001", "Created: 60, Errors: 0"];
    let run = ["run", "staging", "migrate", "--follow"];
    let migrated = beside(&workspace, &run, hand.be_the_task(&family, &lines)).await;
    assert_eq!(migrated.code, 0, "{migrated}");
    assert_eq!(migrated.stdout, "Applying 0001\nCreated: 60, Errors: 0\n", "{migrated}");
    let lines = ["Traceback (most recent call last)", "Created: 58, Errors: 0"];
    let rejected = beside(&workspace, &["run", "staging", "migrate"], hand.be_the_task(&family, &lines)).await;
    assert_eq!(rejected.code, 1, "{rejected}");
    assert!(rejected.stderr.contains("matches `Traceback`"), "{rejected}");

    hand.write("backend/backend/1", &["ready for requests"]).await;
    measure(&corner, 20.0).await;
    let verified = workspace.run(&["verify", "staging"]);
    assert_eq!(verified.code, 0, "{verified}");
    hand.write("backend/backend/1", &["ERROR: lost"]).await;
    let failed = workspace.run(&["verify", "staging"]);
    assert_eq!(failed.code, 7, "{failed}");
    assert!(failed.stdout.contains("ERROR: lost") && failed.stdout.contains("3 passed, 1 failed"), "{failed}");

    workspace.done(&["rollback", "staging", "--yes"]);
    assert_eq!(hand.image(&service).await, format!("{image}:1"), "what ran before");
    workspace.done(&["plan", "staging"]);
    workspace.done(&["destroy", "staging", "--yes", "--confirm", "staging"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_are_run_and_logs_and_metrics_checked_on_moto() {
    let Some(corner) = Corner::new(Emulator::Moto).await else { return };
    let unique = &corner.borrowed.unique;
    let repository = format!("{unique}/web");
    let image = format!("{}.dkr.ecr.{REGION}.amazonaws.com/{repository}", corner.borrowed.account);
    push(&corner, &repository, "1", LIST, "application/vnd.oci.image.index.v1+json").await;
    // The task has nothing to do with the database, which is not there.
    let spec =
        with_checks(&corner, &image).replace("    database: main\n", "").replace("    mounts: {/data: data}\n", "");
    let workspace = workspace(&corner, &spec);
    // moto breaks over a task whose container says nothing about memory.
    workspace.edit(
        "templates/task-definition.json.hbs",
        "\"essential\": true,",
        "\"essential\": true, \"memory\": 512,",
    );
    let hand = Hand::new(&corner);
    hand.logs.create_log_group().log_group_name(&hand.group).send().await.expect("a log group");

    let family = format!("{unique}-staging-migrate");
    let lines = ["Created: 60, Errors: 0"];
    let run = ["run", "staging", "migrate", "--follow"];
    let migrated = beside(&workspace, &run, hand.be_the_task(&family, &lines)).await;
    assert_eq!((migrated.code, migrated.stdout.as_str()), (0, "Created: 60, Errors: 0\n"), "{migrated}");

    hand.write("backend/backend/1", &["ready for requests"]).await;
    measure(&corner, 80.0).await;
    let verified = workspace.run(&["verify", "staging"]);
    assert_eq!(verified.code, 7, "{verified}");
    assert!(verified.stdout.contains("2 passed, 1 failed"), "the load is too high: {verified}");
}
