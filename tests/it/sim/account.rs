//! An account to try single actions on, with what the shipped staging environment borrows.

use std::cell::Cell;
use std::time::Duration;

use envctl::cloud::sim::{SimCloud, World};
use envctl::cloud::{Cloud, CloudError};
use envctl::model::*;
use serde_json::{Value, json};

use super::session::shipped;

/// The account, and a counter for tokens.
pub(super) struct Account {
    pub(super) cloud: SimCloud,
    pub(super) desired: Desired,
    step: Cell<u32>,
}

/// Identifier of the database of these tests.
pub(super) const DATABASE: &str = "pythonide-staging-db";
/// Cluster of these tests.
pub(super) const CLUSTER: &str = "pythonide-cluster";
/// Service of these tests.
pub(super) const SERVICE: &str = "web";

impl Account {
    pub(super) fn new() -> Self {
        let desired = shipped("staging");
        let begin = "2026-03-02T08:00:00Z".parse().unwrap();
        let cloud = SimCloud::new(World::new(&desired.account, &desired.region, 1, begin));
        cloud.seed_borrowed(&desired);
        Self { cloud, desired, step: Cell::new(0) }
    }

    pub(super) fn tags(&self, kind: ResourceKind, name: &str) -> Tags {
        self.desired.tags_of(&ResourceKey::new(kind, name))
    }

    /// Performs with a token of its own.
    pub(super) async fn perform(&self, action: Action) -> Result<Receipt, CloudError> {
        self.step.set(self.step.get() + 1);
        self.perform_as(&action, &format!("step-{}", self.step.get())).await
    }

    /// Performs with this token.
    pub(super) async fn perform_as(&self, action: &Action, step: &str) -> Result<Receipt, CloudError> {
        self.cloud.perform(action, &Token { run: "run".to_owned(), step: StepId(step.to_owned()) }).await
    }

    /// Performs what must work; the fact of that name.
    pub(super) async fn fact(&self, action: Action, attribute: &str) -> String {
        let key = action.key().clone();
        let receipt = self.perform(action).await.unwrap();
        receipt.facts[&fact_name(&key, attribute)].clone()
    }

    /// Performs what must be refused; the code.
    pub(super) async fn refusal(&self, action: Action) -> String {
        let error = self.perform(action).await.unwrap_err();
        error.code.unwrap_or_else(|| format!("{:?}", error.kind))
    }

    /// Lets time pass.
    pub(super) async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    /// Does a read or so much time pass that everything settles.
    pub(super) fn world(&self) -> World {
        self.cloud.world()
    }

    pub(super) fn live_database(&self) -> LiveDatabase {
        self.world().databases[DATABASE].live.clone()
    }

    pub(super) fn group(&self) -> String {
        self.world().security_groups.keys().next().unwrap().clone()
    }

    pub(super) fn subnets(&self) -> Vec<String> {
        self.world().subnets.keys().cloned().collect()
    }

    pub(super) fn vpc(&self) -> String {
        self.world().subnets.values().next().unwrap().live.vpc.clone()
    }

    // Databases

    pub(super) fn spec(&self) -> DatabaseSpec {
        self.desired.databases["main"].clone()
    }

    pub(super) async fn secret(&self) -> String {
        let (key, tags) = (key(ResourceKind::Secret, "main"), self.tags(ResourceKind::Secret, "main"));
        self.fact(Action::CreateSecret { key, secret_name: "staging/password".to_owned(), tags }, "arn").await
    }

    pub(super) fn create(&self, spec: DatabaseSpec, secret_arn: &str) -> Action {
        Action::CreateDatabase {
            key: key(ResourceKind::Database, "main"),
            spec,
            security_groups: vec![self.group()],
            secret_arn: secret_arn.to_owned(),
            tags: self.tags(ResourceKind::Database, "main"),
        }
    }

    /// A database that is available; the ARN of its secret.
    pub(super) async fn with_database(&self) -> String {
        let secret = self.secret().await;
        self.perform(self.create(self.spec(), &secret)).await.unwrap();
        self.pass(900).await;
        assert_eq!(self.live_database().status, "available");
        secret
    }

    pub(super) fn snapshot(&self, name: &str) -> Action {
        Action::CreateSnapshot {
            key: key(ResourceKind::Snapshot, "main"),
            database: DATABASE.to_owned(),
            snapshot: name.to_owned(),
            tags: self.tags(ResourceKind::Snapshot, "main"),
        }
    }

    /// A snapshot that is available.
    pub(super) async fn with_snapshot(&self, name: &str) {
        self.perform(self.snapshot(name)).await.unwrap();
        self.pass(300).await;
    }

    pub(super) fn restore(&self, snapshot: &str, spec: DatabaseSpec) -> Action {
        Action::RestoreDatabase {
            key: key(ResourceKind::Database, "main"),
            snapshot: snapshot.to_owned(),
            spec,
            security_groups: vec![self.group()],
            tags: self.tags(ResourceKind::Database, "main"),
        }
    }

    pub(super) fn delete(&self, snapshot: &str) -> Action {
        Action::DeleteDatabase {
            key: key(ResourceKind::Database, "main"),
            identifier: DATABASE.to_owned(),
            resource_id: self.live_database().resource_id,
            verified_snapshot: snapshot.to_owned(),
            quiet: Vec::new(),
        }
    }

    pub(super) fn stop(&self, snapshot: &str) -> Action {
        Action::StopDatabase {
            key: key(ResourceKind::Database, "main"),
            identifier: DATABASE.to_owned(),
            resource_id: self.live_database().resource_id,
            verified_snapshot: snapshot.to_owned(),
        }
    }

    pub(super) fn modify(&self, changes: DatabaseChanges) -> Action {
        let key = key(ResourceKind::Database, "main");
        Action::ModifyDatabase { key, identifier: DATABASE.to_owned(), changes }
    }

    // Services

    /// A plain task definition; `change` may add to it.
    pub(super) fn register(&self, image: &str, change: impl FnOnce(&mut Value)) -> Action {
        let mut document = json!({
            "family": "web",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "containerDefinitions": [
                {"name": "app", "image": image, "portMappings": [{"containerPort": 8080}], "environment": []},
            ],
        });
        change(&mut document);
        let family = document["family"].as_str().unwrap().to_owned();
        let tags = self.tags(ResourceKind::TaskDefinition, "web");
        Action::RegisterTaskDefinition { key: key(ResourceKind::TaskDefinition, "web"), family, document, tags }
    }

    pub(super) async fn registered(&self, image: &str) -> String {
        self.fact(self.register(image, |_| {}), "arn").await
    }

    pub(super) fn settings(&self) -> ServiceSettings {
        ServiceSettings {
            service_name: SERVICE.to_owned(),
            cluster: CLUSTER.to_owned(),
            capacity: Capacity::OnDemand,
            subnets: self.subnets(),
            security_groups: vec![self.group()],
            assign_public_ip: false,
            attachment: None,
            health_check_grace_seconds: 0,
            enable_exec: false,
            maximum_percent: 200,
            minimum_healthy_percent: 100,
        }
    }

    pub(super) fn create_service(&self, settings: ServiceSettings, revision: &str, count: u32) -> Action {
        Action::CreateService {
            key: key(ResourceKind::Service, "web"),
            settings,
            task_definition: revision.to_owned(),
            desired_count: count,
            tags: self.tags(ResourceKind::Service, "web"),
        }
    }

    /// A service with so many tasks, running.
    pub(super) async fn with_service(&self, count: u32) -> String {
        let revision = self.registered("app:1").await;
        self.perform(self.create_service(self.settings(), &revision, count)).await.unwrap();
        self.pass(120).await;
        assert_eq!(self.service().running_count, count);
        revision
    }

    pub(super) fn update(&self, update: ServiceUpdate) -> Action {
        let (cluster, service_name) = (CLUSTER.to_owned(), SERVICE.to_owned());
        Action::UpdateService { key: key(ResourceKind::Service, "web"), cluster, service_name, update }
    }

    pub(super) fn service(&self) -> LiveService {
        self.world().services.values().next().unwrap().live.clone()
    }

    pub(super) async fn service_status(&self, target_group_arn: Option<String>) -> ServiceStatus {
        let (cluster, service_name) = (CLUSTER.to_owned(), SERVICE.to_owned());
        let subject = Subject::Service { cluster, service_name, target_group_arn };
        match self.cloud.status(&subject).await.unwrap() {
            Status::Service(status) => *status,
            other => panic!("{other:?}"),
        }
    }

    // Load balancer

    pub(super) fn create_target_group(&self, name: &str) -> Action {
        let spec = TargetGroupSpec {
            target_group_name: name.to_owned(),
            port: 8080,
            protocol: "HTTP".to_owned(),
            health_check: HealthCheck {
                path: "/".to_owned(),
                interval_seconds: 10,
                timeout_seconds: 5,
                healthy_threshold: 2,
                unhealthy_threshold: 2,
                matcher: "200".to_owned(),
            },
            deregistration_delay_seconds: 30,
            stickiness_seconds: None,
        };
        let tags = self.tags(ResourceKind::TargetGroup, name);
        Action::CreateTargetGroup { key: key(ResourceKind::TargetGroup, name), spec, vpc: self.vpc(), tags }
    }

    pub(super) fn listener(&self) -> String {
        self.world().listeners.keys().next().unwrap().clone()
    }

    pub(super) fn create_rule(&self, name: &str, priority: u32, actions: Vec<RuleAction>) -> Action {
        Action::CreateRule {
            key: key(ResourceKind::ListenerRule, name),
            listener_arn: self.listener(),
            priority,
            conditions: vec![Condition::HostHeader(vec![format!("{name}.example.com")])],
            actions,
            tags: self.tags(ResourceKind::ListenerRule, name),
        }
    }
}

pub(super) fn key(kind: ResourceKind, name: &str) -> ResourceKey {
    ResourceKey::new(kind, name)
}

pub(super) fn forward(arn: &str) -> Vec<RuleAction> {
    vec![RuleAction::Forward { target_group_arn: arn.to_owned() }]
}

pub(super) fn asleep() -> Vec<RuleAction> {
    let (content_type, body) = ("text/plain".to_owned(), "asleep".to_owned());
    vec![RuleAction::FixedResponse { status_code: 503, content_type, body }]
}
