//! What a case stands on, and an environment that it can ask for.

use std::collections::BTreeMap;
use std::time::Duration;

use envctl::cloud::sim::{SimCloud, World};
use envctl::cloud::{Cloud, CloudError, CloudErrorKind};
use envctl::model::*;
use serde_json::{Value, json};

use crate::support::Borrowed;

/// A cloud and what an environment borrows there.
pub(super) struct Ground {
    pub(super) cloud: Box<dyn Cloud>,
    pub(super) borrowed: Borrowed,
}

impl Ground {
    #[cfg(feature = "aws")]
    pub(super) async fn in_emulator(emulator: crate::support::emulator::Emulator) -> Option<Self> {
        let corner = crate::support::emulator::Corner::new(emulator).await?;
        Some(Self { cloud: Box::new(corner.cloud().await), borrowed: corner.borrowed })
    }

    /// The simulated cloud with what the environment borrows; needs a runtime whose clock is paused.
    pub(super) fn simulated() -> Self {
        let begin = "2026-11-22T09:00:00Z".parse().expect("a time");
        let cloud = SimCloud::new(World::new("123456789012", "us-east-2", 1, begin));
        let mut borrowed = Borrowed {
            unique: "sim".to_owned(),
            account: "123456789012".to_owned(),
            region: "us-east-2".to_owned(),
            vpc: String::new(),
            subnets: vec!["subnet-0aaaaaaaaaaaaaaaa".to_owned(), "subnet-0bbbbbbbbbbbbbbbb".to_owned()],
            security_group: "sg-0aaaaaaaaaaaaaaaa".to_owned(),
            cluster: "sim-cluster".to_owned(),
            load_balancer: "sim-alb".to_owned(),
            listener_arn: String::new(),
            file_system_id: "fs-0aaaaaaaaaaaaaaaa".to_owned(),
            file_system_name: "sim-production".to_owned(),
            foreign_access_point: String::new(),
        };
        let desired = Self { cloud: Box::new(cloud.clone()), borrowed: borrowed.clone() }.desired();
        cloud.seed_borrowed(&desired);
        cloud.edit(|world| {
            let name = ("Name".to_owned(), borrowed.file_system_name.clone());
            world
                .file_systems
                .values_mut()
                .for_each(|system| drop(system.live.tags.insert(name.0.clone(), name.1.clone())));
        });
        let world = cloud.world();
        let listener = world.listeners.values().next().expect("the listener").live.clone();
        borrowed.listener_arn = listener.arn;
        borrowed.vpc = listener.vpc.expect("its VPC");
        borrowed.foreign_access_point = world.access_points.keys().next().expect("production's").clone();
        Self { cloud: Box::new(cloud), borrowed }
    }

    /// A name that no other case has.
    pub(super) fn name(&self, word: &str) -> String {
        format!("{}-{word}", self.borrowed.unique)
    }

    /// An environment with one of each resource.
    pub(super) fn desired(&self) -> Desired {
        let database = self.database_spec();
        Desired {
            environment: "staging".to_owned(),
            application: self.borrowed.unique.clone(),
            account: self.borrowed.account.clone(),
            region: self.borrowed.region.clone(),
            protect: false,
            tags: Tags::from([("team".to_owned(), "classroom".to_owned())]),
            cluster: Some(self.borrowed.cluster.clone()),
            listeners: BTreeMap::from([("web".to_owned(), self.listener())]),
            network: NetworkSpec {
                subnets: self.borrowed.subnets.iter().cloned().map(Selector::Id).collect(),
                security_groups: vec![Selector::Id(self.borrowed.security_group.clone())],
                assign_public_ip: false,
            },
            file_systems: BTreeMap::from([(
                "data".to_owned(),
                FileSystemSpec::Borrowed {
                    selector: Selector::Id(self.borrowed.file_system_id.clone()),
                    throughput: None,
                },
            )]),
            access_points: BTreeMap::from([("home".to_owned(), self.access_point_spec("/staging"))]),
            databases: BTreeMap::from([("main".to_owned(), database)]),
            log_groups: BTreeMap::from([(
                "app".to_owned(),
                LogGroupSpec { log_group_name: format!("/aws/ecs/{}", self.name("log")), retention_days: Some(7) },
            )]),
            target_groups: BTreeMap::from([("web".to_owned(), self.target_group_spec())]),
            rules: BTreeMap::from([("web".to_owned(), self.rule_spec())]),
            services: BTreeMap::from([("web".to_owned(), self.service_spec())]),
            tasks: BTreeMap::new(),
            alarms: BTreeMap::new(),
            dashboards: BTreeMap::new(),
            sleep: SleepSpec {
                mode: SleepMode::Auto,
                idle: None,
                page: PageSpec {
                    template: "asleep.html.hbs".to_owned(),
                    content_type: "text/html".to_owned(),
                    status_code: 503,
                },
            },
            checks: BTreeMap::new(),
            policy: None,
            release: envctl::model::ReleaseSpec::usual(false, envctl::model::AnnounceSpec::default()),
            retention: RetentionSpec { keep: 3, keep_for: Duration::from_secs(86_400) },
            backup: BackupSpec {
                vault: "app-staging".to_owned(),
                owned: true,
                role: "arn:aws:iam::123456789012:role/backup".to_owned(),
                image: "busybox".to_owned(),
                execution_role: None,
            },
            places: BTreeMap::new(),
        }
    }

    /// The listener by load balancer name and port.
    pub(super) fn listener(&self) -> ListenerSelector {
        ListenerSelector::LoadBalancer { name: self.borrowed.load_balancer.clone(), port: 80 }
    }

    pub(super) fn database_spec(&self) -> DatabaseSpec {
        DatabaseSpec {
            identifier: self.name("db"),
            engine: Engine::Postgres,
            engine_version: Some("16".to_owned()),
            class: "db.t4g.micro".to_owned(),
            storage_gib: 20,
            storage_type: "gp3".to_owned(),
            iops: None,
            storage_throughput: None,
            max_storage_gib: None,
            username: "envctl_admin".to_owned(),
            database_name: Some("app".to_owned()),
            port: 5432,
            multi_az: false,
            publicly_accessible: false,
            encrypted: true,
            kms_key: None,
            subnet_group: None,
            security_groups: vec![Selector::Id(self.borrowed.security_group.clone())],
            parameter_group: None,
            backup_retention_days: 1,
            deletion_protection: false,
            auto_minor_version_upgrade: true,
            extended_support: false,
            performance_insights: None,
            secret_name: self.name("password"),
            scrub: None,
        }
    }

    pub(super) fn access_point_spec(&self, path: &str) -> AccessPointSpec {
        AccessPointSpec {
            access_point_name: self.name("home"),
            file_system: "data".to_owned(),
            path: path.to_owned(),
            uid: 1000,
            gid: 1000,
            permissions: "0755".to_owned(),
            snapshot: false,
        }
    }

    pub(super) fn target_group_spec(&self) -> TargetGroupSpec {
        TargetGroupSpec {
            target_group_name: self.name("tg"),
            port: 8080,
            protocol: "HTTP".to_owned(),
            health_check: HealthCheck {
                path: "/health".to_owned(),
                interval_seconds: 10,
                timeout_seconds: 5,
                healthy_threshold: 2,
                unhealthy_threshold: 3,
                matcher: "200-299".to_owned(),
            },
            deregistration_delay_seconds: 15,
            stickiness_seconds: None,
        }
    }

    pub(super) fn rule_spec(&self) -> RuleSpec {
        RuleSpec {
            listener: "web".to_owned(),
            priority: None,
            conditions: self.conditions(),
            actions: vec![RuleAction::Forward { target_group_arn: "⟦target-group/web.arn⟧".to_owned() }],
            target_group: Some("web".to_owned()),
            asleep: self.page("asleep"),
            maintenance: self.page("maintenance"),
        }
    }

    pub(super) fn conditions(&self) -> Vec<Condition> {
        vec![Condition::HostHeader(vec![format!("{}.example.com", self.borrowed.unique)])]
    }

    pub(super) fn asleep(&self) -> RuleAction {
        self.page("asleep")
    }

    fn page(&self, word: &str) -> RuleAction {
        RuleAction::FixedResponse {
            status_code: 503,
            content_type: "text/html".to_owned(),
            body: format!("<h1>{word}</h1>"),
        }
    }

    pub(super) fn task_definition(&self) -> Value {
        json!({
            "family": self.name("task"),
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "512",
            "memory": "2048",
            "executionRoleArn": format!("arn:aws:iam::{}:role/execution", self.borrowed.account),
            "containerDefinitions": [{
                "name": "backend",
                "image": "nginx:1.27",
                "cpu": 0,
                "memory": 512,
                "essential": true,
                "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
                "environment": [{"name": "ENVIRONMENT", "value": "staging"}]
            }]
        })
    }

    pub(super) fn service_spec(&self) -> ServiceSpec {
        ServiceSpec {
            service_name: self.name("service"),
            cluster: self.borrowed.cluster.clone(),
            family: self.name("task"),
            task_definition: self.task_definition(),
            desired_count: 1,
            capacity: Capacity::OnDemand,
            attachment: Some(TargetAttachment {
                target_group: "web".to_owned(),
                container: "backend".to_owned(),
                port: 8080,
            }),
            assign_public_ip: false,
            health_check_grace_seconds: 60,
            enable_exec: false,
            maximum_percent: 200,
            minimum_healthy_percent: 100,
            scaling: None,
        }
    }

    /// The tags of a resource of ours.
    pub(super) fn tags(&self, key: &ResourceKey) -> Tags {
        self.desired().tags_of(key)
    }

    /// Performs an action that must succeed.
    pub(super) async fn perform(&self, action: Action) -> Receipt {
        self.attempt(&action).await.unwrap_or_else(|error| panic!("{error}\nof {action:?}"))
    }

    /// Performs an action twice with one token: the second time changes nothing and says the same facts.
    pub(super) async fn perform_twice(&self, action: Action) -> Receipt {
        let first = self.perform(action.clone()).await;
        assert!(first.changed, "the first time changes something: {action:?}");
        let second = self.perform(action.clone()).await;
        assert!(!second.changed, "the second time changes nothing: {action:?}");
        for (fact, value) in &first.facts {
            assert_eq!(second.facts.get(fact), Some(value), "the fact {fact} of {action:?}");
        }
        first
    }

    pub(super) async fn attempt(&self, action: &Action) -> Result<Receipt, CloudError> {
        // The same action has the same token, another one has another.
        let step = StepId(serde_json::to_string(action).expect("an action as JSON"));
        let token = Token { run: "run-1".to_owned(), step };
        self.cloud.perform(action, &token).await
    }

    /// Performs an action that must be refused with this kind.
    pub(super) async fn refused(&self, action: Action, kind: CloudErrorKind) -> CloudError {
        match self.attempt(&action).await {
            Ok(receipt) => panic!("{action:?} was not refused: {receipt:?}"),
            Err(error) => {
                assert_eq!(error.kind, kind, "{error}");
                error
            }
        }
    }

    pub(super) async fn observe(&self, depth: Depth) -> Live {
        self.observe_for(self.desired(), depth).await
    }

    pub(super) async fn observe_for(&self, desired: Desired, depth: Depth) -> Live {
        let scope = Scope {
            desired,
            depth,
            known_ids: BTreeMap::new(),
            foreign_databases: Vec::new(),
            foreign_snapshots: Vec::new(),
            revisions: Vec::new(),
        };
        self.cloud.observe(&scope).await.expect("an observation")
    }

    /// Polls until it is as wanted; virtual time on the simulated cloud.
    pub(super) async fn wait(&self, subject: Subject, wanted: impl Fn(&Status) -> bool) -> Status {
        for _ in 0..600 {
            let status = self.cloud.status(&subject).await.expect("a status");
            if wanted(&status) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(if self.is_simulated() { 10_000 } else { 50 })).await;
        }
        panic!("{subject:?} never became what was waited for: {:?}", self.cloud.status(&subject).await);
    }

    /// Rules on the listener now, those of others included.
    pub(super) async fn count_rules(&self) -> usize {
        let live = self.observe(Depth::Environment).await;
        live.listener_rules["web"].present().expect("the listener's rules").len()
    }

    fn is_simulated(&self) -> bool {
        self.borrowed.unique == "sim"
    }
}

/// A key in short.
pub(super) fn key(text: &str) -> ResourceKey {
    text.parse().expect("a key")
}

/// Tags of a thing that is production's.
pub(super) fn tags_of_another() -> Tags {
    Tags::from([("Name".to_owned(), "production".to_owned())])
}

/// The value of a fact.
pub(super) fn fact(receipt: &Receipt, name: &str) -> String {
    receipt.facts.get(name).unwrap_or_else(|| panic!("no fact {name} in {receipt:?}")).clone()
}
