//! Worlds to plan in: the shipped environments, and what AWS would show of them in each power state.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use envctl::model::{
    Borrowed, Capacity, Deployment, Desired, Endpoint, FileSystemSpec, Goal, Live, LiveAccessPoint, LiveAttachment,
    LiveDatabase, LiveFileSystem, LiveListener, LiveLogGroup, LiveMountTarget, LiveRule, LiveScaling,
    LiveScalingPolicy, LiveSecret, LiveSecurityGroup, LiveService, LiveSnapshot, LiveSubnet, LiveTargetGroup, Plan,
    Policy, Power, ResourceKey, ResourceKind, RuleAction, Sighting, Sightings, SleepMode, TAG_POWER, Tags, Throughput,
    resolve_text, resolve_value,
};
use envctl::{planner, spec, template};

/// The moment of every plan.
pub(crate) const NOW: &str = "2026-03-01T18:00:00Z";

/// A shipped environment, parsed once for all tests.
pub(crate) fn desired(name: &str) -> Desired {
    static SHIPPED: OnceLock<[Desired; 2]> = OnceLock::new();
    let [staging, preview] = SHIPPED.get_or_init(|| ["staging", "preview"].map(shipped));
    if name == "preview" { preview.clone() } else { staging.clone() }
}

/// A web service and a worker without a load balancer, two databases.
pub(crate) fn larger() -> Desired {
    let mut desired = desired("staging");
    let mut worker = desired.services["backend"].clone();
    worker.service_name = "pythonide-staging-worker".to_owned();
    worker.family = "pythonide-staging-worker-task".to_owned();
    worker.task_definition["family"] = serde_json::json!(worker.family);
    worker.attachment = None;
    worker.scaling = None;
    worker.desired_count = 3;
    worker.capacity = Capacity::Spot;
    desired.services.insert("worker".to_owned(), worker);
    let mut archive = desired.databases["main"].clone();
    archive.identifier = "pythonide-staging-archive".to_owned();
    archive.secret_name = "pythonide-staging/archive".to_owned();
    desired.databases.insert("archive".to_owned(), archive);
    desired
}

fn shipped(name: &str) -> Desired {
    let files = BTreeMap::from(["staging", "preview"].map(|name| {
        let path = format!("environments/{name}.yaml");
        let text = std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        (path, text)
    }));
    let environment = spec::parse(name, &files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    template::desired(&environment, &crate::template::shipped()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

pub(crate) fn policy() -> Policy {
    Policy { now: NOW.parse().unwrap(), who: "anna@laptop".to_owned(), suffix: "ab12".to_owned(), sleep_cost: None }
}

pub(crate) fn plan(desired: &Desired, live: &Live, goal: &Goal) -> Plan {
    let plan = planner::plan(desired, live, goal, &policy());
    assert_eq!(planner::check(&plan), Vec::<String>::new(), "{:#?}", plan.steps);
    plan
}

pub(crate) fn up_goal() -> Goal {
    Goal::Up { from: envctl::model::DataSource::Latest }
}

pub(crate) fn down_goal(mode: SleepMode) -> Goal {
    Goal::Down { mode, idle: None }
}

/// Each step with what it needs and what it waits for, one a line.
pub(crate) fn steps(plan: &Plan) -> String {
    let refusals = plan.refusals.iter().map(|refusal| format!("! {:?} {}", refusal.kind, refusal.why));
    let steps = plan.steps.iter().map(|step| {
        let needs: Vec<&str> = step.needs.iter().map(|need| need.0.as_str()).collect();
        let needs = if needs.is_empty() { String::new() } else { format!(" < {}", needs.join(", ")) };
        let until = step.wait.as_ref().map(|wait| format!("{:?}", wait.until));
        let until = until.map_or(String::new(), |until| format!(" … {}", until.split([' ', '{']).next().unwrap()));
        format!("{}{until}{needs}", step.id)
    });
    refusals.chain(steps).collect::<Vec<_>>().join("\n")
}

fn key(kind: ResourceKind, name: &str) -> ResourceKey {
    ResourceKey::new(kind, name)
}

fn tags(desired: &Desired, kind: ResourceKind, name: &str, power: Option<Power>) -> Tags {
    let mut tags = desired.tags_with_name(&key(kind, name));
    if let Some(power) = power {
        tags.insert(TAG_POWER.to_owned(), power.to_string());
        tags.extend(desired.declared_tags());
    }
    tags
}

/// Nothing of the environment is there, and everything that it borrows.
pub(crate) fn absent(desired: &Desired) -> Live {
    fn none<T, S>(names: &BTreeMap<String, S>) -> Sightings<T> {
        names.keys().map(|name| (name.clone(), Sighting::Absent)).collect()
    }
    let mut live = Live {
        vault: None,
        recovery_points: BTreeMap::new(),
        surveyed: false,
        observed_at: NOW.parse().unwrap(),
        account: desired.account.clone(),
        region: desired.region.clone(),
        databases: none(&desired.databases),
        beside: Vec::new(),
        secrets: none(&desired.databases),
        snapshots: desired.databases.keys().map(|name| (name.clone(), Sighting::Present(Vec::new()))).collect(),
        file_systems: none(&desired.file_systems),
        mount_targets: BTreeMap::new(),
        access_points: none(&desired.access_points),
        foreign_access_points: BTreeMap::new(),
        log_groups: none(&desired.log_groups),
        target_groups: none(&desired.target_groups),
        target_health: BTreeMap::new(),
        rules: none(&desired.rules),
        listener_rules: BTreeMap::new(),
        services: none(&desired.services),
        task_definitions: BTreeMap::new(),
        task_families: none(&desired.tasks),
        revisions: Default::default(),
        scaling: none(&desired.services),
        alarms: none(&desired.alarms),
        dashboards: none(&desired.dashboards),
        borrowed: borrowed(desired),
        undeclared: Vec::new(),
        gaps: Vec::new(),
        resolved_ids: BTreeMap::new(),
    };
    for name in desired.listeners.keys() {
        live.listener_rules.insert(name.clone(), Sighting::Present(Vec::new()));
    }
    for (name, spec) in &desired.file_systems {
        if matches!(spec, FileSystemSpec::Borrowed { .. }) {
            live.file_systems.insert(name.clone(), Sighting::Present(file_system(Tags::new(), Throughput::Elastic)));
            live.mount_targets.insert(name.clone(), Sighting::Present(mount_targets()));
        }
    }
    live
}

fn borrowed(desired: &Desired) -> Borrowed {
    let groups = desired.databases.values().flat_map(|database| &database.security_groups);
    let groups = desired.network.security_groups.iter().chain(groups);
    let listener = LiveListener {
        arn: "arn:listener".to_owned(),
        load_balancer_arn: "arn:alb".to_owned(),
        vpc: Some("vpc-1".to_owned()),
        protocol: Some("HTTPS".to_owned()),
    };
    Borrowed {
        listeners: desired.listeners.keys().map(|name| (name.clone(), Sighting::Present(listener.clone()))).collect(),
        subnets: (desired.network.subnets.iter().enumerate())
            .map(|(number, selector)| {
                let zone = format!("us-east-2{}", char::from(b'a' + u8::try_from(number).unwrap()));
                let subnet = LiveSubnet { id: selector.to_string(), vpc: "vpc-1".to_owned(), zone };
                (selector.to_string(), Sighting::Present(vec![subnet]))
            })
            .collect(),
        security_groups: groups
            .map(|selector| {
                let group = LiveSecurityGroup { id: group_id(&selector.to_string()), vpc: "vpc-1".to_owned() };
                (selector.to_string(), Sighting::Present(vec![group]))
            })
            .collect(),
        cluster: Some(Sighting::Present("ACTIVE".to_owned())),
    }
}

fn group_id(selector: &str) -> String {
    format!("sg-{}", selector.rsplit(['=', '-']).next().unwrap())
}

fn file_system(tags: Tags, throughput: Throughput) -> LiveFileSystem {
    LiveFileSystem {
        id: "fs-1".to_owned(),
        arn: "arn:fs-1".to_owned(),
        state: "available".to_owned(),
        throughput,
        encrypted: true,
        size_bytes: 6144,
        mount_targets: 2,
        created_at: None,
        tags,
    }
}

fn mount_targets() -> Vec<LiveMountTarget> {
    let target = |number: u8, zone: &str| LiveMountTarget {
        id: format!("fsmt-{number}"),
        file_system_id: "fs-1".to_owned(),
        subnet: format!("subnet-other-{number}"),
        zone: Some(zone.to_owned()),
        state: "available".to_owned(),
    };
    vec![target(1, "us-east-2a"), target(2, "us-east-2b")]
}

/// Everything is there and serves.
pub(crate) fn up(desired: &Desired) -> Live {
    let mut live = absent(desired);
    let up = Some(Power::Up);
    for (name, spec) in &desired.databases {
        let tags = tags(desired, ResourceKind::Database, name, None);
        live.databases.insert(name.clone(), Sighting::Present(database(spec, tags)));
        let secret = LiveSecret {
            secret_name: spec.secret_name.clone(),
            arn: format!("arn:secret:{name}"),
            deletes_at: None,
            changed_at: None,
            tags: self::tags(desired, ResourceKind::Secret, name, up),
        };
        live.secrets.insert(name.clone(), Sighting::Present(secret));
    }
    storage_up(desired, &mut live);
    for (name, spec) in &desired.target_groups {
        let group = LiveTargetGroup {
            others: Default::default(),
            target_group_name: spec.target_group_name.clone(),
            arn: format!("arn:group:{name}"),
            port: spec.port,
            protocol: spec.protocol.clone(),
            target_type: "ip".to_owned(),
            vpc: Some("vpc-1".to_owned()),
            load_balancer_arns: vec!["arn:alb".to_owned()],
            health_check: spec.health_check.clone(),
            deregistration_delay_seconds: Some(spec.deregistration_delay_seconds),
            stickiness_seconds: spec.stickiness_seconds,
            tags: tags(desired, ResourceKind::TargetGroup, name, None),
        };
        live.target_groups.insert(name.clone(), Sighting::Present(group));
    }
    services_up(desired, &mut live);
    let facts = live.facts(desired);
    for (name, spec) in &desired.rules {
        let forward = |action: &RuleAction| match action {
            RuleAction::Forward { target_group_arn } => {
                RuleAction::Forward { target_group_arn: resolve_text(target_group_arn, &facts) }
            }
            other => other.clone(),
        };
        let rule = LiveRule {
            arn: format!("arn:rule:{name}"),
            listener_arn: "arn:listener".to_owned(),
            priority: Some(spec.priority.unwrap_or(1)),
            conditions: spec.conditions.clone(),
            actions: spec.actions.iter().map(forward).collect(),
            tags: Some(tags(desired, ResourceKind::ListenerRule, name, None)),
        };
        live.listener_rules.insert(spec.listener.clone(), Sighting::Present(vec![rule.clone()]));
        live.rules.insert(name.clone(), Sighting::Present(rule));
    }
    live
}

fn storage_up(desired: &Desired, live: &mut Live) {
    for (name, spec) in &desired.file_systems {
        if let FileSystemSpec::Owned { throughput, .. } = spec {
            let tags = tags(desired, ResourceKind::FileSystem, name, None);
            live.file_systems.insert(name.clone(), Sighting::Present(file_system(tags, *throughput)));
            live.mount_targets.insert(name.clone(), Sighting::Present(mount_targets()));
        }
    }
    for (name, spec) in &desired.access_points {
        let point = LiveAccessPoint {
            id: format!("fsap-{name}"),
            arn: format!("arn:fsap:{name}"),
            file_system_id: "fs-1".to_owned(),
            path: spec.path.clone(),
            uid: Some(spec.uid),
            gid: Some(spec.gid),
            state: "available".to_owned(),
            tags: tags(desired, ResourceKind::AccessPoint, name, None),
        };
        live.access_points.insert(name.clone(), Sighting::Present(point));
    }
    for (name, spec) in &desired.log_groups {
        let group = LiveLogGroup {
            log_group_name: spec.log_group_name.clone(),
            arn: format!("arn:log:{name}"),
            retention_days: spec.retention_days,
            tags: Some(tags(desired, ResourceKind::LogGroup, name, None)),
        };
        live.log_groups.insert(name.clone(), Sighting::Present(group));
    }
}

fn services_up(desired: &Desired, live: &mut Live) {
    let facts = live.facts(desired);
    for (name, spec) in &desired.services {
        let count = spec.scaling.as_ref().map_or(spec.desired_count, |scaling| scaling.min.max(spec.desired_count));
        let revision = format!("arn:task-definition/{}:1", spec.family);
        let attachment = spec.attachment.as_ref().map(|attachment| LiveAttachment {
            target_group_arn: format!("arn:group:{}", attachment.target_group),
            container: attachment.container.clone(),
            port: attachment.port,
        });
        let ids = |selectors: &[envctl::model::Selector], id: &dyn Fn(&str) -> String| {
            let mut ids: Vec<String> = selectors.iter().map(|selector| id(&selector.to_string())).collect();
            ids.sort();
            ids
        };
        let service = LiveService {
            others: Default::default(),
            service_name: spec.service_name.clone(),
            arn: format!("arn:service:{name}"),
            cluster: spec.cluster.clone(),
            status: "ACTIVE".to_owned(),
            desired_count: count,
            running_count: count,
            pending_count: 0,
            task_definition: revision.clone(),
            deployments: vec![deployment(&revision, "COMPLETED", count)],
            capacity: Some(Capacity::OnDemand),
            attachments: attachment.into_iter().collect(),
            subnets: ids(&desired.network.subnets, &|text| text.to_owned()),
            security_groups: ids(&desired.network.security_groups, &group_id),
            assign_public_ip: spec.assign_public_ip,
            health_check_grace_seconds: spec.health_check_grace_seconds,
            enable_exec: spec.enable_exec,
            maximum_percent: spec.maximum_percent,
            minimum_healthy_percent: spec.minimum_healthy_percent,
            circuit_breaker: true,
            events: Vec::new(),
            created_at: None,
            tags: tags(desired, ResourceKind::Service, name, Some(Power::Up)),
        };
        live.services.insert(name.clone(), Sighting::Present(service));
        let mut document = spec.task_definition.clone();
        resolve_value(&mut document, &facts);
        live.task_definitions.insert(name.clone(), Sighting::Present(document));
        if let Some(scaling) = &spec.scaling {
            let resource_id = format!("service/{}/{}", spec.cluster, spec.service_name);
            let policy = LiveScalingPolicy {
                name: format!("{}-cpu", spec.service_name),
                metric: Some("ECSServiceAverageCPUUtilization".to_owned()),
                target_percent: scaling.cpu_percent,
                scale_in_cooldown_seconds: Some(scaling.scale_in_cooldown_seconds),
                scale_out_cooldown_seconds: Some(scaling.scale_out_cooldown_seconds),
                others: Vec::new(),
            };
            let (min, max) = (scaling.min, scaling.max);
            let scaling = LiveScaling {
                resource_id,
                min,
                max,
                suspended: false,
                partly_suspended: Vec::new(),
                policies: vec![policy],
            };
            live.scaling.insert(name.clone(), Sighting::Present(scaling));
        }
    }
}

pub(crate) fn deployment(revision: &str, rollout: &str, count: u32) -> Deployment {
    Deployment {
        id: "ecs-svc/1".to_owned(),
        status: "PRIMARY".to_owned(),
        task_definition: revision.to_owned(),
        rollout_state: Some(rollout.to_owned()),
        rollout_reason: None,
        desired_count: count,
        running_count: count,
        failed_tasks: 0,
        created_at: None,
    }
}

fn database(spec: &envctl::model::DatabaseSpec, tags: Tags) -> LiveDatabase {
    LiveDatabase {
        identifier: spec.identifier.clone(),
        arn: format!("arn:db:{}", spec.identifier),
        resource_id: "db-ONE".to_owned(),
        status: "available".to_owned(),
        endpoint: Some(Endpoint { host: "db.example".to_owned(), port: spec.port }),
        engine: spec.engine.as_str().to_owned(),
        engine_version: "16.4".to_owned(),
        class: spec.class.clone(),
        storage_gib: spec.storage_gib,
        storage_type: spec.storage_type.clone(),
        iops: Some(3000),
        storage_throughput: Some(125),
        max_storage_gib: spec.max_storage_gib,
        username: spec.username.clone(),
        database_name: spec.database_name.clone(),
        multi_az: spec.multi_az,
        publicly_accessible: spec.publicly_accessible,
        encrypted: spec.encrypted,
        kms_key: None,
        subnet_group: spec.subnet_group.clone(),
        security_groups: spec.security_groups.iter().map(|selector| group_id(&selector.to_string())).collect(),
        parameter_group: Some("default.postgres16".to_owned()),
        backup_retention_days: spec.backup_retention_days,
        deletion_protection: spec.deletion_protection,
        auto_minor_version_upgrade: spec.auto_minor_version_upgrade,
        extended_support: Some(spec.extended_support),
        performance_insights: spec.performance_insights.unwrap_or_default(),
        others: Default::default(),
        pending: BTreeMap::new(),
        automatic_restart_at: None,
        created_at: None,
        tags,
    }
}

/// A snapshot of the database `main`, ours unless said otherwise, this many days old.
pub(crate) fn snapshot(desired: &Desired, identifier: &str, days: i64) -> LiveSnapshot {
    let spec = &desired.databases["main"];
    let now: jiff::Timestamp = NOW.parse().unwrap();
    LiveSnapshot {
        identifier: identifier.to_owned(),
        arn: format!("arn:snapshot:{identifier}"),
        database: spec.identifier.clone(),
        database_resource_id: Some("db-ONE".to_owned()),
        status: "available".to_owned(),
        progress_percent: 100,
        storage_gib: spec.storage_gib,
        encrypted: spec.encrypted,
        engine: spec.engine.as_str().to_owned(),
        engine_version: "16.4".to_owned(),
        username: spec.username.clone(),
        created_at: Some(now - jiff::SignedDuration::from_hours(days * 24)),
        tags: tags(desired, ResourceKind::Snapshot, "main", None),
    }
}

/// Asleep: no tasks, autoscaling suspended, the page, and the database stopped or gone.
pub(crate) fn asleep(desired: &Desired, power: Power) -> Live {
    let mut live = up(desired);
    for service in present_mut(&mut live.services) {
        (service.desired_count, service.running_count) = (0, 0);
        for deployment in &mut service.deployments {
            (deployment.desired_count, deployment.running_count) = (0, 0);
        }
        service.tags.insert(TAG_POWER.to_owned(), power.to_string());
        let before = "desired=1 min=1 max=4".to_owned();
        service.tags.insert(envctl::model::TAG_BEFORE_SLEEP.to_owned(), before);
    }
    for secret in present_mut(&mut live.secrets) {
        secret.tags.insert(TAG_POWER.to_owned(), power.to_string());
    }
    for scaling in present_mut(&mut live.scaling) {
        (scaling.min, scaling.suspended) = (0, true);
    }
    for (name, spec) in &desired.rules {
        if let Some(Sighting::Present(rule)) = live.rules.get_mut(name) {
            rule.actions = vec![spec.asleep.clone()];
        }
    }
    for name in desired.databases.keys() {
        live.snapshots.insert(name.clone(), Sighting::Present(vec![snapshot(desired, "old-1", 1)]));
        match live.databases.get_mut(name) {
            Some(Sighting::Present(database)) if power == Power::Parked => database.status = "stopped".to_owned(),
            _ => drop(live.databases.insert(name.clone(), Sighting::Absent)),
        }
    }
    live
}

pub(crate) fn present_mut<T>(sightings: &mut Sightings<T>) -> impl Iterator<Item = &mut T> {
    sightings.values_mut().filter_map(|sighting| match sighting {
        Sighting::Present(thing) => Some(thing),
        _ => None,
    })
}
