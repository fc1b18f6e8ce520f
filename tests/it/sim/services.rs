//! Task definitions, services, deployments, tasks and autoscaling: section 1 of the AWS facts.

use envctl::cloud::sim::Behaviour;
use envctl::cloud::{Cloud, CloudErrorKind};
use envctl::model::*;
use serde_json::json;

use super::account::{Account, CLUSTER, DATABASE, SERVICE, forward, key};

fn resource_id() -> String {
    format!("service/{CLUSTER}/{SERVICE}")
}

fn scaling(account: &Account, min: u32, max: u32, suspended: bool) -> Action {
    let tags = account.tags(ResourceKind::ScalableTarget, "web");
    let key = key(ResourceKind::ScalableTarget, "web");
    Action::RegisterScalableTarget { key, resource_id: resource_id(), min, max, suspended, tags }
}

fn count(count: u32) -> ServiceUpdate {
    ServiceUpdate { desired_count: Some(count), ..Default::default() }
}

#[tokio::test(start_paused = true)]
async fn fargate_refuses_what_is_not_in_its_table() {
    let account = Account::new();
    let odd = account.register("app:1", |document| document["cpu"] = json!("1536"));
    let error = account.perform(odd).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("ClientException"));
    assert_eq!(error.message, "No Fargate configuration exists for given values.");
    let small = account.register("app:1", |document| document["ephemeralStorage"] = json!({"sizeInGiB": 20}));
    assert_eq!(account.refusal(small).await, "ClientException");
    let secrets = account.register("app:1", |document| {
        document["containerDefinitions"][0]["secrets"] = json!([{"name": "P", "valueFrom": "arn:x"}]);
    });
    assert_eq!(account.refusal(secrets).await, "ClientException", "secrets need an execution role");
}

#[tokio::test(start_paused = true)]
async fn a_revision_of_the_same_content_is_adopted_and_another_is_new() {
    let account = Account::new();
    let first = account.registered("app:1").await;
    assert!(first.ends_with("web:1"));
    let environment = json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]);
    let set = |document: &mut serde_json::Value| document["containerDefinitions"][0]["environment"] = environment;
    let second = account.fact(account.register("app:1", set.clone()), "arn").await;
    assert!(second.ends_with("web:2"));
    assert!(!account.perform(account.register("app:1", set)).await.unwrap().changed);
    assert!(account.registered("app:1").await.ends_with("web:3"), "only the newest is compared");
}

#[tokio::test(start_paused = true)]
async fn the_counter_of_a_family_survives_its_deletion() {
    let account = Account::new();
    let revision = account.registered("app:1").await;
    let (key, family) = (key(ResourceKind::TaskDefinition, "web"), "web".to_owned());
    account.perform(Action::DeleteTaskDefinitions { key, family }).await.unwrap();
    assert_eq!(account.refusal(account.create_service(account.settings(), &revision, 1)).await, "ClientException");
    assert!(account.registered("app:1").await.ends_with("web:2"));
}

#[tokio::test(start_paused = true)]
async fn a_service_name_is_taken_while_active_and_while_draining() {
    let account = Account::new();
    let revision = account.with_service(1).await;
    let create = account.create_service(account.settings(), &revision, 1);
    assert_eq!(account.perform(create.clone()).await.unwrap_err().kind, CloudErrorKind::Conflict);
    let delete = || Action::DeleteService {
        key: key(ResourceKind::Service, "web"),
        cluster: CLUSTER.to_owned(),
        service_name: SERVICE.to_owned(),
    };
    assert_eq!(account.refusal(delete()).await, "InvalidParameterException", "scaled above 0");
    account.perform(account.update(count(0))).await.unwrap();
    account.perform(delete()).await.unwrap();
    assert_eq!(account.service().status, "DRAINING");
    assert_eq!(account.perform(create.clone()).await.unwrap_err().kind, CloudErrorKind::Busy);
    account.pass(60).await;
    assert_eq!(account.service().status, "INACTIVE");
    assert_eq!(account.refusal(account.update(count(1))).await, "ServiceNotActiveException");
    account.perform(create).await.unwrap();
    assert_eq!(account.service().status, "ACTIVE");
}

#[tokio::test(start_paused = true)]
async fn only_some_fields_of_an_update_start_a_deployment() {
    let account = Account::new();
    let revision = account.with_service(1).await;
    let fact = "service/web.deployment";
    let settings = |change: fn(&mut ServiceSettings)| {
        let mut settings = account.settings();
        change(&mut settings);
        ServiceUpdate { settings: Some(settings), ..Default::default() }
    };
    let starts = [
        (count(2), false),
        (settings(|settings| settings.enable_exec = true), false),
        (settings(|settings| settings.health_check_grace_seconds = 30), false),
        (settings(|settings| settings.assign_public_ip = true), true),
        (ServiceUpdate { task_definition: Some(revision), ..Default::default() }, false),
        (ServiceUpdate { force_new_deployment: true, ..Default::default() }, true),
    ];
    for (update, starts) in starts {
        let receipt = account.perform(account.update(update.clone())).await.unwrap();
        // Leaving the public address out again changes the network too: that is why the order above matters.
        assert_eq!(receipt.facts.contains_key(fact), starts, "{update:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_whose_answer_was_lost_starts_no_second_deployment() {
    let account = Account::new();
    account.with_service(1).await;
    let update = account.update(ServiceUpdate { force_new_deployment: true, ..Default::default() });
    let first = account.perform_as(&update, "wake").await.unwrap();
    let second = account.perform_as(&update, "wake").await.unwrap();
    assert_eq!(first.facts, second.facts);
    assert_eq!(account.service().deployments.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_replaces_tasks_and_completes_when_the_old_ones_are_gone() {
    let account = Account::new();
    account.with_service(2).await;
    let next = account.registered("app:2").await;
    let update = ServiceUpdate { task_definition: Some(next.clone()), ..Default::default() };
    account.perform(account.update(update)).await.unwrap();
    let mut most = 0;
    for _ in 0..40 {
        account.pass(5).await;
        let service = account.service();
        most = most.max(service.running_count + service.pending_count);
        assert!(service.running_count >= 2, "never fewer than the lower bound");
    }
    assert!(most <= 4 && most > 2, "{most}: never more than the upper bound");
    let service = account.service();
    assert_eq!(service.deployments.len(), 1);
    assert_eq!(service.primary().unwrap().rollout_state.as_deref(), Some("COMPLETED"));
    assert_eq!(service.task_definition, next);
    assert!(service.events[0].message.contains("steady state"), "{:?}", service.events[0]);
}

#[tokio::test(start_paused = true)]
async fn the_circuit_breaker_rolls_back_to_the_last_completed_deployment() {
    let account = Account::new();
    let good = account.with_service(1).await;
    let bad = account.registered("app:exits-1").await;
    let update = account.update(ServiceUpdate { task_definition: Some(bad), ..Default::default() });
    account.perform(update).await.unwrap();
    account.pass(150).await;
    let status = account.service_status(None).await;
    let stopped = &status.stopped_tasks[0];
    assert_eq!(stopped.stop_code.as_deref(), Some("EssentialContainerExited"));
    assert_eq!(stopped.stopped_reason.as_deref(), Some("Essential container in task exited"));
    assert_eq!(stopped.containers[0].exit_code, Some(1));
    assert!(!stopped.containers[0].log_lines.is_empty());
    account.pass(600).await;
    let service = account.service();
    assert_eq!((service.task_definition.as_str(), service.running_count), (good.as_str(), 1));
    let told: Vec<&str> = service.events.iter().map(|event| event.message.as_str()).collect();
    assert!(told.iter().any(|event| event.contains("deployment failed: tasks failed to start")), "{told:?}");
    assert!(told.iter().any(|event| event.contains("rolling back to deployment")), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_first_deployment_that_fails_has_nothing_to_go_back_to() {
    let account = Account::new();
    let bad = account.registered("app:cannot-pull").await;
    account.perform(account.create_service(account.settings(), &bad, 1)).await.unwrap();
    account.pass(900).await;
    let service = account.service();
    let primary = service.primary().unwrap();
    assert_eq!(primary.rollout_state.as_deref(), Some("FAILED"));
    assert_eq!(primary.rollout_reason.as_deref(), Some("ECS deployment circuit breaker: tasks failed to start."));
    assert_eq!((primary.failed_tasks, service.running_count), (3, 0), "at least three tasks are tried");
    let status = account.service_status(None).await;
    let reason = status.stopped_tasks[0].stopped_reason.clone().unwrap();
    assert!(reason.starts_with("CannotPullContainerError"), "{reason}");
    assert_eq!(status.stopped_tasks[0].stop_code.as_deref(), Some("TaskFailedToStart"));
}

#[tokio::test(start_paused = true)]
async fn memory_and_health_failures_leave_their_own_traces() {
    let account = Account::new();
    let group = account.fact(account.create_target_group("web"), "arn").await;
    account.perform(account.create_rule("web", 10, forward(&group))).await.unwrap();
    let revision = account.registered("app:1").await;
    account.cloud.edit(|world| world.plant("web", Behaviour::NeverHealthy));
    let attachment = Some((group.clone(), "app".to_owned(), 8080));
    let settings = ServiceSettings { attachment, ..account.settings() };
    account.perform(account.create_service(settings, &revision, 1)).await.unwrap();
    account.pass(150).await;
    let status = account.service_status(Some(group.clone())).await;
    let reason = status.stopped_tasks[0].stopped_reason.clone().unwrap();
    assert!(reason.starts_with("Task failed ELB health checks in"), "{reason}");
    assert!(status.service.events.iter().any(|event| event.message.contains("is unhealthy in")));
    account.cloud.edit(|world| world.plant("web", Behaviour::OutOfMemory));
    account.pass(300).await;
    let status = account.service_status(Some(group)).await;
    let container = &status.stopped_tasks[0].containers[0];
    assert_eq!(container.exit_code, Some(137));
    assert!(container.reason.as_ref().unwrap().starts_with("OutOfMemoryError"));
}

#[tokio::test(start_paused = true)]
async fn scaling_to_zero_drains_for_the_whole_deregistration_delay() {
    let account = Account::new();
    let group = account.fact(account.create_target_group("web"), "arn").await;
    account.perform(account.create_rule("web", 10, forward(&group))).await.unwrap();
    let revision = account.registered("app:1").await;
    let attachment = Some((group.clone(), "app".to_owned(), 8080));
    let settings = ServiceSettings { attachment, ..account.settings() };
    account.perform(account.create_service(settings, &revision, 1)).await.unwrap();
    account.pass(120).await;
    account.perform(account.update(count(0))).await.unwrap();
    account.pass(20).await;
    assert_eq!(account.service_status(Some(group.clone())).await.targets[0].state, "draining");
    assert_eq!(account.service().running_count, 1);
    account.pass(20).await;
    assert_eq!(account.service().running_count, 0);
    assert!(account.service_status(Some(group)).await.targets.is_empty());
}

#[tokio::test(start_paused = true)]
async fn registering_a_scalable_target_clamps_the_count_at_once() {
    let account = Account::new();
    account.with_service(1).await;
    account.perform(scaling(&account, 2, 4, false)).await.unwrap();
    assert_eq!(account.service().desired_count, 2);
    // Zero under a minimum of two is undone by the next look of the scaler.
    account.perform(account.update(count(0))).await.unwrap();
    account.pass(90).await;
    assert_eq!(account.service().desired_count, 2);
    account.perform(scaling(&account, 0, 4, true)).await.unwrap();
    account.perform(account.update(count(0))).await.unwrap();
    account.pass(600).await;
    assert_eq!(account.service().desired_count, 0, "suspended and with a minimum of zero it stays asleep");
    assert!(!account.perform(scaling(&account, 0, 4, true)).await.unwrap().changed);
}

#[tokio::test(start_paused = true)]
async fn deregistering_a_scalable_target_takes_its_policies_along() {
    let account = Account::new();
    account.with_service(1).await;
    assert_eq!(account.refusal(scaling(&account, 3, 2, false)).await, "ValidationException");
    account.perform(scaling(&account, 1, 2, false)).await.unwrap();
    let policy = ScalingPolicy {
        name: "cpu".to_owned(),
        metric: "ECSServiceAverageCPUUtilization".to_owned(),
        target_percent: 60,
        scale_in_cooldown_seconds: 300,
        scale_out_cooldown_seconds: 60,
    };
    let target = || key(ResourceKind::ScalableTarget, "web");
    let put = |policy| Action::PutScalingPolicy { key: target(), resource_id: resource_id(), policy };
    account.perform(put(policy.clone())).await.unwrap();
    assert!(!account.perform(put(policy.clone())).await.unwrap().changed);
    let twice = ScalingPolicy { name: "again".to_owned(), ..policy };
    assert_eq!(account.refusal(put(twice)).await, "ValidationException");
    let deregister = Action::DeregisterScalableTarget { key: target(), resource_id: resource_id() };
    account.perform(deregister.clone()).await.unwrap();
    account.perform(scaling(&account, 1, 2, false)).await.unwrap();
    assert!(account.world().scalable_targets[&resource_id()].live.policies.is_empty());
    account.perform(deregister.clone()).await.unwrap();
    assert!(!account.perform(deregister).await.unwrap().changed);
}

fn run(account: &Account, revision: String) -> Action {
    Action::RunTask {
        key: key(ResourceKind::Task, "migrate"),
        run: TaskRun {
            cluster: CLUSTER.to_owned(),
            task_definition: revision,
            capacity: Capacity::OnDemand,
            subnets: account.subnets(),
            security_groups: vec![account.group()],
            assign_public_ip: false,
            tags: account.tags(ResourceKind::Task, "migrate"),
        },
    }
}

async fn task(account: &Account, arn: &str) -> LiveTask {
    let subject = Subject::Task { cluster: CLUSTER.to_owned(), arn: arn.to_owned() };
    match account.cloud.status(&subject).await.unwrap() {
        Status::Task(task) => task,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_one_off_task_ends_with_its_planted_exit_code_and_is_forgotten_after_an_hour() {
    let account = Account::new();
    let revision = account.registered("app:1").await;
    account.cloud.edit(|world| world.plant_exit_code("web", 3));
    let action = run(&account, revision);
    let first = account.perform_as(&action, "run").await.unwrap();
    let again = account.perform_as(&action, "run").await.unwrap();
    assert_eq!(first.facts, again.facts, "the same token runs one task");
    let arn = &first.facts["task/migrate.arn"];
    let mut seen = Vec::new();
    for _ in 0..40 {
        account.pass(3).await;
        let status = task(&account, arn).await.last_status;
        if seen.last() != Some(&status) {
            seen.push(status);
        }
    }
    assert_eq!(seen, ["PROVISIONING", "PENDING", "RUNNING", "STOPPED"]);
    assert_eq!(task(&account, arn).await.containers[0].exit_code, Some(3));
    account.pass(3600).await;
    assert!(account.world().tasks.is_empty());
}

/// A revision that is pointed at the database, with the password of this secret.
async fn with_database_url(account: &Account, family: &str, secret: &str) -> String {
    let host = account.live_database().endpoint.unwrap().host;
    let action = account.register("app:1", |document| {
        document["family"] = json!(family);
        document["executionRoleArn"] = json!("arn:aws:iam::123456789012:role/execution");
        document["containerDefinitions"][0]["environment"] = json!([{"name": "HOST", "value": host}]);
        document["containerDefinitions"][0]["secrets"] = json!([{"name": "PASSWORD", "valueFrom": secret}]);
    });
    account.fact(action, "arn").await
}

async fn outcome_of(account: &Account, revision: &str) -> (Option<i32>, String) {
    let arn = account.fact(run(account, revision.to_owned()), "arn").await;
    account.pass(120).await;
    let task = task(account, &arn).await;
    let container = &task.containers[0];
    let lines = container.log_lines.first().cloned().or(task.stopped_reason).unwrap_or_default();
    (container.exit_code, lines)
}

#[tokio::test(start_paused = true)]
async fn after_a_restore_nobody_gets_in_before_the_password_is_set() {
    let account = Account::new();
    let secret = account.with_database().await;
    let revision = with_database_url(&account, "web", &secret).await;
    assert_eq!(outcome_of(&account, &revision).await.0, Some(0));
    account.with_snapshot("one").await;
    account.perform(account.delete("one")).await.unwrap();
    account.pass(600).await;
    let (code, line) = outcome_of(&account, &revision).await;
    assert_eq!(code, Some(1));
    assert!(line.contains("could not translate host name"), "{line}");
    account.perform(account.restore("one", account.spec())).await.unwrap();
    account.pass(900).await;
    let (code, line) = outcome_of(&account, &revision).await;
    assert_eq!((code, line.as_str()), (Some(1), "FATAL: password authentication failed for user \"pythonide_admin\""));
    let (database, identifier) = (key(ResourceKind::Database, "main"), DATABASE.to_owned());
    account.perform(Action::SetMasterPassword { key: database, identifier, secret_arn: secret }).await.unwrap();
    account.pass(60).await;
    assert_eq!(outcome_of(&account, &revision).await.0, Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_task_needs_its_secret_its_log_group_and_a_mount_target_in_its_zone() {
    let account = Account::new();
    let secret = account.with_database().await;
    let revision = with_database_url(&account, "web", &secret).await;
    let delete = Action::DeleteSecret { key: key(ResourceKind::Secret, "main"), secret_arn: secret };
    account.perform(delete).await.unwrap();
    let (code, reason) = outcome_of(&account, &revision).await;
    assert_eq!(code, None);
    assert!(reason.starts_with("ResourceInitializationError: unable to pull secrets or registry auth"), "{reason}");

    let logs = account.register("app:1", |document| {
        document["executionRoleArn"] = json!("arn:aws:iam::123456789012:role/execution");
        document["containerDefinitions"][0]["logConfiguration"] =
            json!({"logDriver": "awslogs", "options": {"awslogs-group": "/missing"}});
    });
    let revision = account.fact(logs, "arn").await;
    let (_, reason) = outcome_of(&account, &revision).await;
    assert!(reason.contains("The specified log group does not exist"), "{reason}");

    let system = account.world().file_systems.keys().next().unwrap().clone();
    let files = account.register("app:1", |document| {
        document["volumes"] = json!([{"name": "data", "efsVolumeConfiguration": {"fileSystemId": system}}]);
    });
    let revision = account.fact(files, "arn").await;
    assert_eq!(outcome_of(&account, &revision).await.0, Some(0));
    account.cloud.edit(|world| world.mount_targets.clear());
    let (_, reason) = outcome_of(&account, &revision).await;
    assert!(reason.starts_with("ResourceInitializationError: failed to invoke EFS utils commands"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn who_reaches_foreign_data_before_the_scrub_is_noticed() {
    let account = Account::new();
    let secret = account.with_database().await;
    let scrub = with_database_url(&account, "scrub-staging", &secret).await;
    let web = with_database_url(&account, "web", &secret).await;
    account.cloud.edit(|world| {
        let database = world.databases.get_mut(DATABASE).unwrap();
        database.data.origin = "production-db".to_owned();
    });
    assert_eq!(outcome_of(&account, &scrub).await.0, Some(0));
    assert!(account.world().violations.is_empty(), "the scrub task may");
    account.perform(account.create_service(account.settings(), &web, 1)).await.unwrap();
    account.pass(120).await;
    assert!(account.world().violations.is_empty(), "and afterwards everybody");
    account.cloud.edit(|world| world.databases.get_mut(DATABASE).unwrap().data.scrubbed = false);
    assert_eq!(account.world().violations.len(), 1, "{:?}", account.world().violations);
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_forwards_before_the_scrub_is_noticed_and_one_that_is_never_reached_is_not() {
    let account = Account::new();
    let secret = account.with_database().await;
    let revision = with_database_url(&account, "web", &secret).await;
    let group = account.fact(account.create_target_group("web"), "arn").await;
    let page = account.fact(account.create_rule("web", 10, super::account::asleep()), "arn").await;
    let conditions = vec![Condition::HostHeader(vec!["web.example.com".to_owned()])];
    let warming = Action::CreateRule {
        key: key(ResourceKind::ListenerRule, "web.warming"),
        listener_arn: account.listener(),
        priority: 11,
        conditions: conditions.clone(),
        actions: forward(&group),
        tags: account.tags(ResourceKind::ListenerRule, "web.warming"),
    };
    account.perform(warming).await.unwrap();
    let attachment = Some((group.clone(), "app".to_owned(), 8080));
    let settings = ServiceSettings { attachment, ..account.settings() };
    account.perform(account.create_service(settings, &revision, 1)).await.unwrap();
    account.pass(120).await;
    account.cloud.edit(|world| world.databases.get_mut(DATABASE).unwrap().data.origin = "production-db".to_owned());
    account.pass(60).await;
    let forwarded = |account: &Account| account.world().violations.iter().any(|text| text.starts_with("a rule"));
    assert!(!forwarded(&account), "{:?}", account.world().violations);
    let rule = key(ResourceKind::ListenerRule, "web");
    account.perform(Action::ModifyRule { key: rule, arn: page, conditions, actions: forward(&group) }).await.unwrap();
    assert!(forwarded(&account), "{:?}", account.world().violations);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_spot_takes_away_is_replaced() {
    let account = Account::new();
    account.with_service(2).await;
    account.cloud.edit(|world| world.interrupt_spot(CLUSTER, SERVICE));
    account.pass(20).await;
    let status = account.service_status(None).await;
    assert_eq!(status.stopped_tasks[0].stop_code.as_deref(), Some("SpotInterruption"));
    account.pass(120).await;
    assert_eq!(account.service().running_count, 2);
}
