//! The four checklists on MiniStack, released by the built binary.
//!
//! What the emulator lacks is left out by name: it runs no application and no PostgreSQL, so the checks of those kinds
//! ([`WITHOUT_AN_APPLICATION`]) become programs that pass; no container ends by itself, so a hand of the test is each
//! one-off task; AWS Backup is there in part, so files stay out of snapshots. The watch is cut to seconds: this is real time.

use std::time::Duration;

use serde_json::Value;

use crate::aws_deploy::{Hand, workspace};
use crate::aws_prerequisites::{LIST, push};
use crate::support::TestEnvironment;
use crate::support::emulator::{Corner, Emulator, REGION};

/// Checks that talk to the application or its database.
const WITHOUT_AN_APPLICATION: [&str; 14] = [
    "health",
    "editor",
    "pipelines",
    "unauthenticated",
    "fast",
    "socket",
    "headers",
    "https",
    "certificate",
    "performance",
    "data",
    "login",
    "schema",
    "connections",
];

/// A shipped checklist, and what its tasks print.
struct Checklist {
    environment: &'static str,
    workspace: &'static str,
    /// Service, container, log group, repository, and the tag that the spec names.
    service: [&'static str; 5],
    answer: &'static str,
    tasks: &'static [(&'static str, &'static str)],
}

impl Checklist {
    /// The spec on the things of the corner.
    fn spec(&self, corner: &Corner, secret: &str) -> String {
        let borrowed = &corner.borrowed;
        let text = TestEnvironment::shipped(self.workspace).read(&format!("environments/{}.yaml", self.environment));
        let (before, rest) = text.split_once("\nborrow:").expect("it borrows");
        let (_, after) = rest.split_once("\ndatabases:").expect("databases follow");
        let system = if self.environment == "django" { "shared" } else { "production" };
        let borrow = format!(
            "\nborrow:\n  cluster: {}\n  listener: {{load_balancer: {}, port: 80}}\n  file_systems:\n    {system}: \
             {{tag: Name={}}}\n  subnets: [{}]\n  security_groups: [{}]\n\ndatabases:",
            borrowed.cluster,
            borrowed.load_balancer,
            borrowed.file_system_name,
            borrowed.subnets.join(", "),
            borrowed.security_group
        );
        let after = after
            .replace("{tag: Name=pythonide-database}", &borrowed.security_group)
            .replace("{tag: Name=database}", &borrowed.security_group)
            .replace("arn:aws:secretsmanager:us-east-2:123456789012:secret:repairs/secret-key-AbCdEf", secret)
            .replace(", snapshot: true}", "}")
            .replace("lasts: 15m,", "lasts: 10s, every: 5s,");
        let passes = |line: &str| {
            let name = line.trim_start().split(':').next().unwrap_or_default();
            let is_check = line.starts_with("  ") && !line.starts_with("   ") && line.contains(": {");
            match is_check && WITHOUT_AN_APPLICATION.contains(&name) {
                true => format!("  {name}: {{command: {{run: ['true']}}}}"),
                false => line.to_owned(),
            }
        };
        let after: Vec<String> = after.lines().map(passes).collect();
        format!("{before}{borrow}{}\n", after.join("\n")).replace("123456789012", &borrowed.account)
    }

    async fn released(&self) {
        let Some(corner) = Corner::new(Emulator::MiniStack).await else { return };
        let [service, container, group, repository, tag] = self.service;
        let index = "application/vnd.oci.image.index.v1+json";
        push(&corner, repository, tag, LIST, index).await;
        push(&corner, repository, "2.1", &LIST.replace("sha256:aaaa", "sha256:dddd"), index).await;
        let secrets = aws_sdk_secretsmanager::Client::new(&corner.settings);
        let secret = secrets.create_secret().name("secret-key").secret_string("play").send().await.expect("a secret");
        let topics = aws_sdk_sns::Client::new(&corner.settings);
        topics.create_topic().name("releases").send().await.expect("a topic");
        let spec = self.spec(&corner, secret.arn().expect("its ARN"));
        let shipped = TestEnvironment::shipped(self.workspace);
        let workspace = workspace(&corner, "");
        for template in ["task-definition.json.hbs", "listener-rule.json.hbs"] {
            workspace.write(&format!("templates/{template}"), &shipped.read(&format!("templates/{template}")));
        }
        std::fs::remove_file(workspace.path("environments/staging.yaml")).expect("an empty spec");
        std::fs::remove_file(workspace.path("environments/preview.yaml")).expect("the preview of it");
        workspace.write(&format!("environments/{}.yaml", self.environment), &spec);
        workspace.write("templates/asleep.html.hbs", "{{application}} {{environment}} is asleep");
        workspace.done(&["up", self.environment, "--yes"]);

        let image = format!("{service}={}.dkr.ecr.{REGION}.amazonaws.com/{repository}:2.1", corner.borrowed.account);
        let release = ["release", self.environment, "--image", &image, "--yes", "--answer", self.answer];
        let hand = Hand::of(&corner, group, container);
        let mut command = workspace.command(&release);
        let mut command = tokio::task::spawn_blocking(move || command.output().expect("envctl runs"));
        let output = loop {
            tokio::select! {
                output = &mut command => break output.expect("it ended"),
                () = tokio::time::sleep(Duration::from_millis(300)) => {
                    for (family, line) in self.tasks {
                        hand.end_any(family, &[*line]).await;
                    }
                }
            }
        };
        let answer = workspace.answer(&output);
        assert_eq!(answer.code, 0, "{}: {answer}", self.environment);
        let record: Value = workspace.json(&["release", "show", self.environment]);
        assert!(matches!(record["state"].as_str(), Some("succeeded" | "open")), "{record}");
        workspace.done(&["plan", self.environment]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_ide_is_released() {
    let checklist = Checklist {
        environment: "staging",
        workspace: "",
        service: ["backend", "pythonide-backend", "/aws/ecs/pythonide-staging", "pythonide-backend", "latest"],
        answer: "merged=yes",
        tasks: &[("pythonide-staging-migrate", "Created: 60, Errors: 0")],
    };
    checklist.released().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pipeline_app_is_released() {
    let checklist = Checklist {
        environment: "pipeline",
        workspace: "examples",
        service: ["web", "web", "/aws/ecs/pipeline-pipeline-web", "pipeline", "2.0"],
        answer: "install=yes",
        tasks: &[("pipeline-pipeline-migrate", "Migrations applied: 3")],
    };
    checklist.released().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_django_app_is_released() {
    let checklist = Checklist {
        environment: "django",
        workspace: "examples",
        service: ["web", "web", "/aws/ecs/repairs-django-web", "repairs", "2.0"],
        answer: "plan=yes",
        tasks: &[("repairs-django-check", "System check identified no issues"), ("repairs-django-migrate", "OK")],
    };
    checklist.released().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scratch_server_is_released() {
    let checklist = Checklist {
        environment: "scratch",
        workspace: "examples",
        service: ["web", "web", "/aws/ecs/scratch-scratch-web", "scratch", "2.0"],
        answer: "two-editors=yes",
        tasks: &[("scratch-scratch-migrate", "version column added")],
    };
    checklist.released().await;
}
