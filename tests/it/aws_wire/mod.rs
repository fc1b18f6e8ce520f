//! The wire between envctl and AWS, replayed: what no emulator does (throttles, lost replies, refusals, the 24-hour
//! rule), and what an observation costs.

mod answers;
mod backup;
mod evidence;
mod faults;
mod image;
mod observation;
mod prices;
mod safety;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use envctl::model::*;

/// Cases of the contract that hold on no emulator and are covered here instead.
pub(crate) const RECORDED_CASES: &[&str] = &[];

/// The environment that [`answers`] describes, with one of each resource.
fn desired() -> Desired {
    let listener = ListenerSelector::Arn(answers::LISTENER.to_owned());
    let system =
        FileSystemSpec::Borrowed { selector: Selector::Id("fs-0123456789abcdef0".to_owned()), throughput: None };
    Desired {
        environment: "staging".to_owned(),
        application: "shop".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-2".to_owned(),
        protect: false,
        tags: Tags::new(),
        cluster: Some("prod".to_owned()),
        listeners: BTreeMap::from([("web".to_owned(), listener)]),
        network: NetworkSpec::default(),
        file_systems: BTreeMap::from([("data".to_owned(), system)]),
        access_points: BTreeMap::from([("home".to_owned(), access_point())]),
        databases: BTreeMap::from([("main".to_owned(), database())]),
        log_groups: BTreeMap::from([(
            "app".to_owned(),
            LogGroupSpec { log_group_name: "/aws/ecs/shop-staging".to_owned(), retention_days: Some(14) },
        )]),
        target_groups: BTreeMap::from([("web".to_owned(), target_group())]),
        rules: BTreeMap::from([("web".to_owned(), rule())]),
        services: BTreeMap::from([("web".to_owned(), service())]),
        alarms: BTreeMap::new(),
        dashboards: BTreeMap::new(),
        tasks: BTreeMap::new(),
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

fn access_point() -> AccessPointSpec {
    AccessPointSpec {
        access_point_name: "shop-staging-home".to_owned(),
        file_system: "data".to_owned(),
        path: "/staging".to_owned(),
        uid: 1000,
        gid: 1000,
        permissions: "0755".to_owned(),
        snapshot: false,
    }
}

fn database() -> DatabaseSpec {
    DatabaseSpec {
        identifier: "shop-staging-db".to_owned(),
        engine: Engine::Postgres,
        engine_version: Some("16".to_owned()),
        class: "db.t4g.micro".to_owned(),
        storage_gib: 20,
        storage_type: "gp3".to_owned(),
        iops: None,
        storage_throughput: None,
        max_storage_gib: None,
        username: "shop".to_owned(),
        database_name: Some("shop".to_owned()),
        port: 5432,
        multi_az: false,
        publicly_accessible: false,
        encrypted: true,
        kms_key: None,
        subnet_group: Some("private".to_owned()),
        security_groups: Vec::new(),
        parameter_group: None,
        backup_retention_days: 1,
        deletion_protection: false,
        auto_minor_version_upgrade: true,
        extended_support: false,
        performance_insights: None,
        secret_name: "shop/staging/main".to_owned(),
        scrub: None,
    }
}

fn target_group() -> TargetGroupSpec {
    TargetGroupSpec {
        target_group_name: "shop-staging-web".to_owned(),
        port: 8080,
        protocol: "HTTP".to_owned(),
        health_check: HealthCheck {
            path: "/health".to_owned(),
            interval_seconds: 10,
            timeout_seconds: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
            matcher: "200".to_owned(),
        },
        deregistration_delay_seconds: 15,
        stickiness_seconds: None,
    }
}

fn rule() -> RuleSpec {
    RuleSpec {
        listener: "web".to_owned(),
        priority: None,
        conditions: vec![Condition::HostHeader(vec!["staging.shop.example".to_owned()])],
        actions: Vec::new(),
        target_group: Some("web".to_owned()),
        asleep: RuleAction::FixedResponse {
            status_code: 503,
            content_type: "text/html".to_owned(),
            body: "asleep".to_owned(),
        },
        maintenance: RuleAction::FixedResponse {
            status_code: 503,
            content_type: "text/html".to_owned(),
            body: "maintenance".to_owned(),
        },
    }
}

fn service() -> ServiceSpec {
    ServiceSpec {
        service_name: "shop-staging-web".to_owned(),
        cluster: "prod".to_owned(),
        family: "shop-staging-web".to_owned(),
        task_definition: serde_json::json!({}),
        desired_count: 2,
        capacity: Capacity::OnDemand,
        attachment: None,
        assign_public_ip: false,
        health_check_grace_seconds: 60,
        enable_exec: false,
        maximum_percent: 200,
        minimum_healthy_percent: 100,
        scaling: Some(ScalingSpec {
            min: 1,
            max: 4,
            cpu_percent: Some(60),
            memory_percent: None,
            scale_in_cooldown_seconds: 300,
            scale_out_cooldown_seconds: 60,
        }),
    }
}

fn scope() -> Scope {
    Scope {
        desired: desired(),
        depth: Depth::Environment,
        known_ids: BTreeMap::new(),
        foreign_databases: Vec::new(),
        foreign_snapshots: Vec::new(),
        revisions: Vec::new(),
    }
}

fn token() -> Token {
    Token { run: "run-1".to_owned(), step: StepId("step-1".to_owned()) }
}

fn key(text: &str) -> ResourceKey {
    text.parse().expect("a key")
}
