//! An environment for the tests of reports.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::model::*;

/// As in the shipped environment, more or less.
pub(super) fn database() -> DatabaseSpec {
    DatabaseSpec {
        identifier: "shop-staging-db".into(),
        engine: Engine::Postgres,
        engine_version: Some("16".into()),
        class: "db.t4g.micro".into(),
        storage_gib: 20,
        storage_type: "gp3".into(),
        iops: None,
        storage_throughput: None,
        max_storage_gib: None,
        username: "shop".into(),
        database_name: None,
        port: 5432,
        multi_az: false,
        publicly_accessible: false,
        encrypted: true,
        kms_key: None,
        subnet_group: None,
        security_groups: vec![],
        parameter_group: None,
        backup_retention_days: 1,
        deletion_protection: false,
        auto_minor_version_upgrade: true,
        extended_support: false,
        performance_insights: None,
        secret_name: "shop-staging-db-password".into(),
        scrub: None,
    }
}

/// As in the shipped environment, more or less.
pub(super) fn service(cpu: &str, memory: &str) -> ServiceSpec {
    ServiceSpec {
        service_name: "shop-staging".into(),
        cluster: "shop".into(),
        family: "shop-staging".into(),
        task_definition: json!({"cpu": cpu, "memory": memory}),
        desired_count: 1,
        capacity: Capacity::OnDemand,
        attachment: None,
        assign_public_ip: false,
        health_check_grace_seconds: 0,
        enable_exec: false,
        maximum_percent: 200,
        minimum_healthy_percent: 100,
        scaling: None,
    }
}

/// As in the shipped environment, more or less.
pub(super) fn desired(services: Vec<ServiceSpec>, databases: Vec<DatabaseSpec>) -> Desired {
    let named = |index: usize| format!("n{index}");
    Desired {
        environment: "staging".into(),
        application: "shop".into(),
        account: "123456789012".into(),
        region: "us-east-2".into(),
        protect: false,
        tags: Tags::new(),
        cluster: Some("shop".into()),
        listeners: BTreeMap::new(),
        network: NetworkSpec::default(),
        file_systems: BTreeMap::new(),
        access_points: BTreeMap::new(),
        databases: databases.into_iter().enumerate().map(|(index, spec)| (named(index), spec)).collect(),
        log_groups: BTreeMap::new(),
        target_groups: BTreeMap::new(),
        rules: BTreeMap::new(),
        services: services.into_iter().enumerate().map(|(index, spec)| (named(index), spec)).collect(),
        tasks: BTreeMap::new(),
        alarms: BTreeMap::new(),
        dashboards: BTreeMap::new(),
        sleep: SleepSpec {
            mode: SleepMode::Auto,
            idle: None,
            page: PageSpec { template: "asleep.html.hbs".into(), content_type: "text/html".into(), status_code: 503 },
        },
        checks: BTreeMap::new(),
        policy: None,
        release: ReleaseSpec::usual(false, AnnounceSpec::default()),
        retention: RetentionSpec { keep: 1, keep_for: Duration::from_secs(0) },
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

/// The environment of the drift tests: one of each kind.
pub(super) fn whole() -> Desired {
    let mut web = service("512", "2048");
    web.scaling = Some(ScalingSpec {
        min: 1,
        max: 4,
        cpu_percent: Some(60),
        memory_percent: None,
        scale_in_cooldown_seconds: 300,
        scale_out_cooldown_seconds: 60,
    });
    let mut whole = desired(vec![web], vec![database()]);
    whole.rules.insert(
        "n0".into(),
        RuleSpec {
            listener: "https".into(),
            priority: Some(100),
            conditions: vec![Condition::HostHeader(vec!["staging.shop.example".into()])],
            actions: vec![RuleAction::Forward { target_group_arn: "arn:tg".into() }],
            target_group: Some("n0".into()),
            asleep: page("asleep"),
            maintenance: page("maintenance"),
        },
    );
    let place = |line: usize| Place { file: "environments/staging.yaml".into(), line, column: 5 };
    whole.places = BTreeMap::from([
        ("database/n0".to_owned(), place(10)),
        ("database/n0.class".to_owned(), place(12)),
        ("service/n0".to_owned(), place(20)),
        ("service/n0.count".to_owned(), place(22)),
        ("listener-rule/n0".to_owned(), place(30)),
    ]);
    whole
}

fn page(body: &str) -> RuleAction {
    RuleAction::FixedResponse { status_code: 503, content_type: "text/html".into(), body: body.into() }
}

/// What is there when everything is as declared and in this power state.
pub(super) fn live_as(desired: &Desired, power: Power) -> Live {
    let mut memory = desired.declared_tags();
    memory.extend([
        (TAG_POWER.to_owned(), power.to_string()),
        (TAG_POWER_SINCE.to_owned(), "2026-11-14T18:00:00Z".to_owned()),
        (TAG_POWER_BY.to_owned(), "anna@laptop".to_owned()),
    ]);
    let mut live = nothing(desired);
    add_databases(desired, power, &memory, &mut live);
    add_services(desired, power, &memory, &mut live);
    add_rules(desired, power, &mut live);
    live
}

fn tags(desired: &Desired, kind: ResourceKind, name: &str, memory: &Tags) -> Tags {
    let mut tags = desired.tags_of(&ResourceKey::new(kind, name));
    tags.extend(memory.clone());
    tags
}

fn nothing(desired: &Desired) -> Live {
    Live {
        vault: None,
        recovery_points: BTreeMap::new(),
        observed_at: "2026-11-22T08:00:00Z".parse().unwrap(),
        account: desired.account.clone(),
        region: desired.region.clone(),
        databases: BTreeMap::new(),
        beside: Vec::new(),
        secrets: BTreeMap::new(),
        snapshots: BTreeMap::new(),
        file_systems: BTreeMap::new(),
        mount_targets: BTreeMap::new(),
        access_points: BTreeMap::new(),
        foreign_access_points: BTreeMap::new(),
        log_groups: BTreeMap::new(),
        target_groups: BTreeMap::new(),
        target_health: BTreeMap::new(),
        rules: BTreeMap::new(),
        listener_rules: BTreeMap::new(),
        services: BTreeMap::new(),
        task_definitions: BTreeMap::new(),
        task_families: BTreeMap::new(),
        revisions: BTreeMap::new(),
        scaling: BTreeMap::new(),
        alarms: BTreeMap::new(),
        dashboards: BTreeMap::new(),
        borrowed: Borrowed::default(),
        undeclared: Vec::new(),
        surveyed: false,
        gaps: Vec::new(),
        resolved_ids: BTreeMap::new(),
    }
}

fn add_databases(desired: &Desired, power: Power, memory: &Tags, live: &mut Live) {
    for (name, spec) in &desired.databases {
        let database = live_database(spec, power, tags(desired, ResourceKind::Database, name, &Tags::new()));
        let there = if power == Power::Hibernated { Sighting::Absent } else { Sighting::Present(database) };
        live.databases.insert(name.clone(), there);
        let secret = LiveSecret {
            secret_name: spec.secret_name.clone(),
            arn: "arn:secret".into(),
            deletes_at: None,
            changed_at: None,
            tags: tags(desired, ResourceKind::Secret, name, memory),
        };
        live.secrets.insert(name.clone(), Sighting::Present(secret));
        live.snapshots.insert(name.clone(), Sighting::Present(vec![live_snapshot(spec)]));
    }
}

fn add_services(desired: &Desired, power: Power, memory: &Tags, live: &mut Live) {
    for (name, spec) in &desired.services {
        let service = live_service(spec, power, tags(desired, ResourceKind::Service, name, memory));
        live.services.insert(name.clone(), Sighting::Present(service));
        live.task_definitions.insert(name.clone(), Sighting::Present(spec.task_definition.clone()));
        if let Some(scaling) = &spec.scaling {
            let scaling = LiveScaling {
                resource_id: "service/shop/shop-staging".into(),
                min: if power.is_asleep() { 0 } else { scaling.min },
                max: scaling.max,
                suspended: power.is_asleep(),
                partly_suspended: Vec::new(),
                policies: vec![],
            };
            live.scaling.insert(name.clone(), Sighting::Present(scaling));
        }
    }
}

fn add_rules(desired: &Desired, power: Power, live: &mut Live) {
    for (name, spec) in &desired.rules {
        let rule = LiveRule {
            arn: format!("arn:rule/{name}"),
            listener_arn: "arn:listener".into(),
            priority: spec.priority,
            conditions: spec.conditions.clone(),
            actions: if power.is_asleep() { vec![spec.asleep.clone()] } else { spec.actions.clone() },
            tags: Some(tags(desired, ResourceKind::ListenerRule, name, &Tags::new())),
        };
        live.listener_rules.insert(spec.listener.clone(), Sighting::Present(vec![rule.clone()]));
        live.rules.insert(name.clone(), Sighting::Present(rule));
    }
}

fn live_database(spec: &DatabaseSpec, power: Power, tags: Tags) -> LiveDatabase {
    LiveDatabase {
        identifier: spec.identifier.clone(),
        arn: "arn:db".into(),
        resource_id: "db-ABC".into(),
        status: if power == Power::Parked { "stopped".into() } else { "available".into() },
        endpoint: Some(Endpoint { host: "db.example".into(), port: spec.port }),
        engine: spec.engine.as_str().into(),
        engine_version: "16.4".into(),
        class: spec.class.clone(),
        storage_gib: spec.storage_gib,
        storage_type: spec.storage_type.clone(),
        iops: Some(3000),
        storage_throughput: Some(125),
        max_storage_gib: None,
        username: spec.username.clone(),
        database_name: spec.database_name.clone(),
        multi_az: spec.multi_az,
        publicly_accessible: spec.publicly_accessible,
        encrypted: spec.encrypted,
        kms_key: None,
        subnet_group: None,
        security_groups: vec![],
        parameter_group: None,
        backup_retention_days: spec.backup_retention_days,
        deletion_protection: spec.deletion_protection,
        auto_minor_version_upgrade: spec.auto_minor_version_upgrade,
        extended_support: Some(spec.extended_support),
        performance_insights: false,
        others: Default::default(),
        pending: BTreeMap::new(),
        automatic_restart_at: None,
        created_at: None,
        tags,
    }
}

fn live_snapshot(spec: &DatabaseSpec) -> LiveSnapshot {
    LiveSnapshot {
        identifier: format!("{}-20261114t180000z-0a1b", spec.identifier),
        arn: "arn:snapshot".into(),
        database: spec.identifier.clone(),
        database_resource_id: Some("db-ABC".into()),
        status: "available".into(),
        progress_percent: 100,
        storage_gib: spec.storage_gib,
        encrypted: spec.encrypted,
        engine: spec.engine.as_str().into(),
        engine_version: "16.4".into(),
        username: spec.username.clone(),
        created_at: None,
        tags: Tags::new(),
    }
}

fn live_service(spec: &ServiceSpec, power: Power, tags: Tags) -> LiveService {
    let count = if power.is_asleep() { 0 } else { spec.desired_count };
    LiveService {
        others: Default::default(),
        service_name: spec.service_name.clone(),
        arn: "arn:service".into(),
        cluster: spec.cluster.clone(),
        status: "ACTIVE".into(),
        desired_count: count,
        running_count: count,
        pending_count: 0,
        task_definition: "arn:task-definition:1".into(),
        deployments: vec![],
        capacity: Some(spec.capacity),
        attachments: vec![],
        subnets: vec![],
        security_groups: vec![],
        assign_public_ip: spec.assign_public_ip,
        health_check_grace_seconds: spec.health_check_grace_seconds,
        enable_exec: spec.enable_exec,
        maximum_percent: spec.maximum_percent,
        minimum_healthy_percent: spec.minimum_healthy_percent,
        circuit_breaker: true,
        events: vec![],
        created_at: None,
        tags,
    }
}
