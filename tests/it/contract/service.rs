//! Task definitions, services, tasks, scaling.

use envctl::model::*;

use super::balancer::{create_rule, forward, target_group};
use super::ground::{Ground, fact, key};

fn register(ground: &Ground, document: serde_json::Value) -> Action {
    let key = key("task-definition/web");
    let tags = ground.tags(&key);
    Action::RegisterTaskDefinition { key, family: ground.name("task"), document, tags }
}

pub(super) async fn a_task_definition_is_registered_once_for_its_content(ground: &Ground) {
    let document = ground.task_definition();
    let first = fact(&ground.perform_twice(register(ground, document.clone())).await, "task-definition/web.arn");
    assert!(first.ends_with(&format!("task-definition/{}:1", ground.name("task"))), "{first}");
    let mut changed = document.clone();
    changed["containerDefinitions"][0]["image"] = "nginx:1.28".into();
    let second = fact(&ground.perform_twice(register(ground, changed)).await, "task-definition/web.arn");
    assert!(second.ends_with(":2"), "{second}");
    // Only the newest counts: going back is a new revision, as at AWS.
    let third = fact(&ground.perform(register(ground, document)).await, "task-definition/web.arn");
    assert!(third.ends_with(":3"), "{third}");
    let delete = Action::DeleteTaskDefinitions { key: key("task-definition/web"), family: ground.name("task") };
    assert!(ground.perform(delete).await.changed);
}

fn settings(ground: &Ground, target_group_arn: &str) -> ServiceSettings {
    let spec = ground.service_spec();
    ServiceSettings {
        service_name: spec.service_name,
        cluster: spec.cluster,
        capacity: spec.capacity,
        subnets: ground.borrowed.subnets.clone(),
        security_groups: vec![ground.borrowed.security_group.clone()],
        assign_public_ip: spec.assign_public_ip,
        attachment: Some((target_group_arn.to_owned(), "backend".to_owned(), 8080)),
        health_check_grace_seconds: spec.health_check_grace_seconds,
        enable_exec: spec.enable_exec,
        maximum_percent: spec.maximum_percent,
        minimum_healthy_percent: spec.minimum_healthy_percent,
    }
}

/// A service with its revision; the service's receipt and the revision's ARN.
async fn service(ground: &Ground) -> (Receipt, String) {
    let group = target_group(ground).await;
    ground.perform(create_rule(ground, "web", 10, forward(&group))).await;
    let revision = fact(&ground.perform(register(ground, ground.task_definition())).await, "task-definition/web.arn");
    let service_key = key("service/web");
    let create = Action::CreateService {
        tags: ground.tags(&service_key),
        key: service_key,
        settings: settings(ground, &group),
        task_definition: revision.clone(),
        desired_count: 1,
    };
    (ground.perform(create).await, revision)
}

fn update(ground: &Ground, update: ServiceUpdate) -> Action {
    Action::UpdateService {
        key: key("service/web"),
        cluster: ground.borrowed.cluster.clone(),
        service_name: ground.name("service"),
        update,
    }
}

fn subject(ground: &Ground) -> Subject {
    Subject::Service {
        cluster: ground.borrowed.cluster.clone(),
        service_name: ground.name("service"),
        target_group_arn: None,
    }
}

pub(super) async fn a_service_lives_and_dies(ground: &Ground) {
    let (receipt, revision) = service(ground).await;
    assert!(!fact(&receipt, "service/web.deployment").is_empty());
    let live = ground.observe(Depth::Environment).await;
    let found = live.services["web"].present().expect("the service").clone();
    assert!(ground.desired().owns(&found.tags), "{:?}", found.tags);
    assert_eq!((found.desired_count, &found.task_definition), (1, &revision));
    assert_eq!(found.subnets, ground.borrowed.subnets);
    assert_eq!(found.capacity, Some(Capacity::OnDemand));
    assert_eq!(
        found.attachments.iter().map(|one| (one.container.as_str(), one.port)).collect::<Vec<_>>(),
        [("backend", 8080)]
    );
    let document = live.task_definitions["web"].present().expect("its document").clone();
    assert!(envctl::planner::canonical::same(&ground.task_definition(), &document), "{document}");

    let asleep = Tags::from([(TAG_BEFORE_SLEEP.to_owned(), "desired=1".to_owned())]);
    let tag = Action::Tag { key: key("service/web"), arn: found.arn.clone(), tags: asleep, remove: vec![] };
    ground.perform(tag).await;
    ground.perform(update(ground, ServiceUpdate { desired_count: Some(0), ..ServiceUpdate::default() })).await;
    let drained = |status: &Status| matches!(status, Status::Service(found) if found.service.running_count + found.service.pending_count == 0);
    ground.wait(subject(ground), drained).await;
    let live = ground.observe(Depth::Environment).await;
    let found = live.services["web"].present().expect("the service").clone();
    assert_eq!(found.tags.get(TAG_BEFORE_SLEEP).map(String::as_str), Some("desired=1"));
    assert_eq!(found.desired_count, 0);

    let awake = ServiceUpdate {
        desired_count: Some(1),
        task_definition: Some(revision),
        force_new_deployment: true,
        settings: None,
    };
    let receipt = ground.perform(update(ground, awake)).await;
    assert!(!fact(&receipt, "service/web.deployment").is_empty());
    ground.perform(update(ground, ServiceUpdate { desired_count: Some(0), ..ServiceUpdate::default() })).await;
    ground.wait(subject(ground), drained).await;

    let delete = Action::DeleteService {
        key: key("service/web"),
        cluster: ground.borrowed.cluster.clone(),
        service_name: ground.name("service"),
    };
    ground.perform_twice(delete).await;
    ground.wait(subject(ground), |status| *status == Status::Absent).await;
    assert!(ground.observe(Depth::Environment).await.services["web"].is_absent());
}

pub(super) async fn a_task_runs(ground: &Ground) {
    let revision = fact(&ground.perform(register(ground, ground.task_definition())).await, "task-definition/web.arn");
    let task_key = key("task/scrub");
    let run = TaskRun {
        cluster: ground.borrowed.cluster.clone(),
        task_definition: revision.clone(),
        capacity: Capacity::OnDemand,
        subnets: ground.borrowed.subnets.clone(),
        security_groups: vec![ground.borrowed.security_group.clone()],
        assign_public_ip: false,
        tags: ground.tags(&task_key),
    };
    let arn = fact(&ground.perform(Action::RunTask { key: task_key, run }).await, "task/scrub.arn");
    let subject = Subject::Task { cluster: ground.borrowed.cluster.clone(), arn: arn.clone() };
    let status = ground.wait(subject, |status| matches!(status, Status::Task(_))).await;
    let Status::Task(task) = status else { unreachable!() };
    assert_eq!((task.arn, task.task_definition), (arn, revision));
    let nowhere = Subject::Task {
        cluster: ground.borrowed.cluster.clone(),
        arn: format!(
            "arn:aws:ecs:{}:{}:task/{}/00000000000000000000000000000000",
            ground.borrowed.region, ground.borrowed.account, ground.borrowed.cluster
        ),
    };
    assert_eq!(ground.cloud.status(&nowhere).await.expect("a status"), Status::Absent);
}

pub(super) async fn scaling_is_registered_suspended_and_removed(ground: &Ground) {
    service(ground).await;
    let mut desired = ground.desired();
    let scaling = ScalingSpec {
        min: 1,
        max: 4,
        cpu_percent: Some(60),
        memory_percent: None,
        scale_in_cooldown_seconds: 300,
        scale_out_cooldown_seconds: 60,
    };
    desired.services.get_mut("web").expect("web").scaling = Some(scaling);
    assert!(ground.observe_for(desired.clone(), Depth::Environment).await.scaling["web"].is_absent());
    let scaling_key = key("scalable-target/web");
    let resource_id = format!("service/{}/{}", ground.borrowed.cluster, ground.name("service"));
    let register = |min, suspended| Action::RegisterScalableTarget {
        key: scaling_key.clone(),
        resource_id: resource_id.clone(),
        min,
        max: 4,
        suspended,
        tags: ground.tags(&scaling_key),
    };
    ground.perform_twice(register(1, false)).await;
    let policy = ScalingPolicy {
        name: ground.name("cpu"),
        metric: "ECSServiceAverageCPUUtilization".to_owned(),
        target_percent: 60,
        scale_in_cooldown_seconds: 300,
        scale_out_cooldown_seconds: 60,
    };
    let put = Action::PutScalingPolicy { key: scaling_key.clone(), resource_id: resource_id.clone(), policy };
    ground.perform(put).await;
    let live = ground.observe_for(desired.clone(), Depth::Environment).await;
    let found = live.scaling["web"].present().expect("the scalable target").clone();
    assert_eq!((found.min, found.max, found.suspended), (1, 4, false));
    let expected = LiveScalingPolicy {
        name: ground.name("cpu"),
        metric: Some("ECSServiceAverageCPUUtilization".to_owned()),
        target_percent: Some(60),
        scale_in_cooldown_seconds: Some(300),
        scale_out_cooldown_seconds: Some(60),
        others: Vec::new(),
    };
    assert_eq!(found.policies, [expected]);
    ground.perform_twice(register(0, true)).await;
    let live = ground.observe_for(desired.clone(), Depth::Environment).await;
    assert_eq!(live.scaling["web"].present().map(|found| (found.min, found.suspended)), Some((0, true)));
    let policy_name = ground.name("cpu");
    let delete =
        Action::DeleteScalingPolicy { key: scaling_key.clone(), resource_id: resource_id.clone(), policy_name };
    ground.perform_twice(delete).await;
    ground.perform_twice(Action::DeregisterScalableTarget { key: scaling_key, resource_id }).await;
    assert!(ground.observe_for(desired, Depth::Environment).await.scaling["web"].is_absent());
}
