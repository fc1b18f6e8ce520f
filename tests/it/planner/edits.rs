//! Edited specs and hands in the console: `up` mends what differs, and then there is nothing to do.

use std::time::Duration;

use envctl::cloud::sim::{Behaviour, FaultPlan};
use envctl::model::{
    Capacity, Condition, Desired, Goal, NoteKind, RefusalKind, Sighting, SleepMode, TargetAttachment, Throughput,
};
use serde_json::json;

use super::convergence::Session;
use super::world::{self, down_goal, steps, up_goal};

/// Up, an edit of the spec, up again: these steps among others, and afterwards nothing.
async fn check(edit: impl FnOnce(&mut Desired), expected: &[&str]) {
    let mut session = Session::new(world::desired("preview"));
    session.reach(&up_goal()).await;
    edit(&mut session.desired);
    let plan = session.reach(&up_goal()).await;
    let found = steps(&plan);
    for step in expected {
        assert!(plan.steps.iter().any(|planned| planned.id.0 == *step), "{step} in\n{found}");
    }
    session.reach(&down_goal(SleepMode::Hibernate)).await;
    session.reach(&up_goal()).await;
}

#[tokio::test(start_paused = true)]
async fn a_database_grows() {
    check(
        |desired| {
            let database = desired.databases.get_mut("main").unwrap();
            database.storage_gib = 40;
            database.class = "db.t4g.small".to_owned();
            database.backup_retention_days = 3;
            database.deletion_protection = true;
            database.max_storage_gib = Some(100);
            database.performance_insights = Some(true);
        },
        &["modify-database/main"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_service_changes() {
    check(
        |desired| {
            let service = desired.services.get_mut("backend").unwrap();
            service.capacity = Capacity::Spot;
            service.task_definition["memory"] = json!("4096");
            service.task_definition["cpu"] = json!("1024");
        },
        &["register-task-definition/backend", "update-service/backend", "check-target-group/web"],
    )
    .await;
    check(
        |desired| {
            let service = desired.services.get_mut("backend").unwrap();
            service.enable_exec = !service.enable_exec;
            service.scaling = None;
            service.desired_count = 2;
        },
        &["update-service/backend", "deregister-scalable-target/backend"],
    )
    .await;
    check(
        |desired| {
            let service = desired.services.get_mut("backend").unwrap();
            service.maximum_percent = 150;
            service.scaling.as_mut().unwrap().min = 2;
            service.scaling.as_mut().unwrap().cpu_percent = Some(70);
        },
        &["update-service/backend", "resume-scalable-target/backend", "put-policy-scalable-target/backend.cpu"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn files_rules_and_logs_change() {
    check(
        |desired| desired.access_points.get_mut("data").unwrap().path = "/elsewhere".to_owned(),
        &["create-access-point/data", "update-service/backend", "retire-access-point/data"],
    )
    .await;
    check(
        |desired| {
            let rule = desired.rules.get_mut("web").unwrap();
            rule.conditions = vec![Condition::HostHeader(vec!["other.pythonide-classroom.tech".to_owned()])];
            rule.priority = Some(77);
            desired.log_groups.values_mut().for_each(|group| group.retention_days = Some(30));
            desired.tags.insert("team".to_owned(), "another".to_owned());
        },
        &[
            "forward-listener-rule/web",
            "prioritise-listener-rule/web",
            "retain-log-group/backend",
            "tag-service/backend",
        ],
    )
    .await;
    check(
        |desired| {
            for system in desired.file_systems.values_mut() {
                if let envctl::model::FileSystemSpec::Owned { throughput, .. } = system {
                    *throughput = Throughput::Provisioned(20);
                }
            }
        },
        &["throughput-file-system/preview", "date-throughput-file-system/preview"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn less_throughput_waits_a_day() {
    let mut session = Session::new(world::desired("preview"));
    let set = |session: &mut Session, wanted: Throughput| {
        for system in session.desired.file_systems.values_mut() {
            if let envctl::model::FileSystemSpec::Owned { throughput, .. } = system {
                *throughput = wanted;
            }
        }
    };
    session.reach(&up_goal()).await;
    set(&mut session, Throughput::Provisioned(20));
    session.reach(&up_goal()).await;
    set(&mut session, Throughput::Provisioned(10));
    let plan = session.plan(&up_goal()).await;
    assert!(!steps(&plan).contains("throughput"), "{}", steps(&plan));
    assert!(plan.notes.iter().any(|note| note.kind == NoteKind::NotDone && note.text.contains("24 hours")));
    session.cloud.advance(Duration::from_secs(25 * 3600));
    let plan = session.reach(&up_goal()).await;
    assert!(steps(&plan).contains("throughput-file-system/preview"), "{}", steps(&plan));
}

#[tokio::test(start_paused = true)]
async fn several_services_and_databases_sleep_and_wake() {
    let mut session = Session::new(world::larger());
    session.reach(&up_goal()).await;
    session.cloud.write_data("pythonide-staging-archive", "kept");
    for goal in [down_goal(SleepMode::Park), up_goal(), down_goal(SleepMode::Hibernate), up_goal()] {
        session.reach(&goal).await;
    }
    assert_eq!(session.cloud.read_data("pythonide-staging-archive").unwrap(), ["kept"]);
    session.reach(&Goal::Destroy { delete_snapshots: false }).await;
}

#[tokio::test(start_paused = true)]
async fn an_environment_may_be_almost_nothing() {
    let mut session = Session::new(world::desired("staging"));
    let desired = &mut session.desired;
    desired.databases.clear();
    desired.rules.clear();
    desired.target_groups.clear();
    desired.access_points.clear();
    desired.file_systems.clear();
    desired.tasks.clear();
    let service = desired.services.get_mut("backend").unwrap();
    service.attachment = None::<TargetAttachment>;
    service.scaling = None;
    service.task_definition = json!({
        "family": service.family, "cpu": "256", "memory": "512", "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{"name": "app", "image": "example", "essential": true}],
    });
    for goal in [up_goal(), down_goal(SleepMode::Auto), up_goal(), Goal::Destroy { delete_snapshots: true }] {
        session.reach(&goal).await;
    }
}

#[tokio::test(start_paused = true)]
async fn destroy_takes_the_snapshots_and_files_along_when_told() {
    let mut session = Session::new(world::desired("preview"));
    session.reach(&up_goal()).await;
    session.reach(&down_goal(SleepMode::Hibernate)).await;
    session.reach(&up_goal()).await;
    session.reach(&Goal::Destroy { delete_snapshots: true }).await;
    let world = session.cloud.world();
    assert!(world.snapshots.is_empty() && world.databases.is_empty());
    assert!(world.services.values().all(|service| service.live.status != "ACTIVE"));
}

#[tokio::test(start_paused = true)]
async fn what_hands_in_the_console_do_is_mended() {
    let mut session = Session::new(world::desired("staging"));
    session.reach(&up_goal()).await;
    session.cloud.edit(|world| world.console_set_class("pythonide-staging-db", "db.t4g.large"));
    session.cloud.advance(Duration::from_secs(3600));
    session.reach(&up_goal()).await;
    let rule = session.cloud.world().rules.keys().next().unwrap().clone();
    session.cloud.edit(|world| world.console_delete_rule(&rule));
    session.reach(&up_goal()).await;
    session.cloud.edit(|world| world.secrets.clear());
    let plan = session.reach(&up_goal()).await;
    assert!(plan.steps.iter().any(|step| step.id.0 == "set-password-database/main"), "{}", steps(&plan));
    session.reach(&down_goal(SleepMode::Hibernate)).await;
    session.cloud.edit(|world| world.console_set_desired_count("pythonide-cluster", "pythonide-staging-service", 2));
    session.cloud.advance(Duration::from_secs(600));
    session.reach(&down_goal(SleepMode::Auto)).await;
}

#[tokio::test(start_paused = true)]
async fn a_database_that_aws_woke_is_parked_again() {
    let mut session = Session::new(world::desired("staging"));
    session.reach(&up_goal()).await;
    session.reach(&down_goal(SleepMode::Park)).await;
    session.cloud.advance(Duration::from_secs(8 * 24 * 3600));
    let plan = session.reach(&down_goal(SleepMode::Auto)).await;
    assert!(plan.steps.iter().any(|step| step.id.0 == "stop-database/main"), "{}", steps(&plan));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_start_is_mended_by_a_better_spec() {
    let mut session = Session::new(world::desired("staging"));
    session.cloud.edit(|world| world.plant("pythonide-staging-task", Behaviour::CannotPull));
    session.killed(&up_goal(), Duration::from_secs(3 * 3600)).await;
    session.cloud.edit(|world| world.behaviours = Default::default());
    session.reach(&up_goal()).await;
}

#[tokio::test(start_paused = true)]
async fn a_bad_day_is_followed_by_a_good_one() {
    for seed in 0..10 {
        let mut session = Session::new(world::desired(if seed % 2 == 0 { "staging" } else { "preview" }));
        let good = session.cloud.clone();
        let faults = FaultPlan {
            seed,
            throttle: 150,
            server_error: 60,
            lost_reply: 60,
            refusal: if seed % 3 == 0 { 60 } else { 0 },
            slow_start: 60,
            stale_read: 60,
            ..FaultPlan::NONE
        };
        for goal in [up_goal(), down_goal(SleepMode::Hibernate), up_goal(), down_goal(SleepMode::Park)] {
            session.cloud = good.with_faults(faults);
            session.attempt(&goal, Duration::from_secs(6 * 3600)).await;
            session.cloud = good.clone();
            session.reach(&goal).await;
        }
        session.reach(&Goal::Destroy { delete_snapshots: false }).await;
        session.reach(&up_goal()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_aws_never_changes_is_refused_with_its_remedy() {
    let mut session = Session::new(world::desired("staging"));
    session.reach(&up_goal()).await;
    let database = session.desired.databases.get_mut("main").unwrap();
    database.username = "somebody".to_owned();
    database.encrypted = false;
    let plan = session.plan(&up_goal()).await;
    assert_eq!(plan.refusals.len(), 2, "{}", steps(&plan));
    assert!(plan.refusals.iter().all(|refusal| refusal.kind == RefusalKind::Impossible));
    assert!(plan.steps.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_strangers_resource_is_left_alone() {
    let desired = world::desired("staging");
    let mut live = world::up(&desired);
    for database in world::present_mut(&mut live.databases) {
        database.tags.clear();
    }
    live.rules.insert("web".to_owned(), Sighting::Absent);
    for goal in [up_goal(), down_goal(SleepMode::Hibernate), Goal::Destroy { delete_snapshots: false }] {
        let plan = world::plan(&desired, &live, &goal);
        assert!(plan.steps.is_empty());
        assert_eq!(plan.refusals[0].kind, RefusalKind::NotOurs);
        assert!(plan.refusals[0].remedy.contains("envctl:environment=staging"), "{}", plan.refusals[0].remedy);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_longer_declared_stays_until_destroy() {
    let mut session = Session::new(world::larger());
    session.reach(&up_goal()).await;
    session.desired = world::desired("staging");
    let plan = session.reach(&up_goal()).await;
    assert!(
        plan.notes.iter().any(|note| note.kind == NoteKind::Kept && note.text.contains("pythonide-staging-worker"))
    );
    session.reach(&Goal::Destroy { delete_snapshots: false }).await;
    let world = session.cloud.world();
    assert!(world.services.values().all(|service| service.live.status != "ACTIVE"));
    assert!(world.databases.contains_key("pythonide-staging-archive"), "data that nobody declares is not deleted");
}

#[test]
fn a_second_rule_of_one_name_goes_once_the_other_serves() {
    let desired = world::desired("staging");
    let mut live = world::up(&desired);
    let key: envctl::model::ResourceKey = "listener-rule/web".parse().unwrap();
    for id in ["arn:rule:lost-1", "arn:rule:lost-2"] {
        live.undeclared.push(envctl::model::Undeclared { key: key.clone(), id: id.to_owned() });
    }
    let plan = world::plan(&desired, &live, &up_goal());
    assert_eq!(steps(&plan), "surplus/arn:rule:lost-1\nsurplus/arn:rule:lost-2");
}

#[tokio::test(start_paused = true)]
async fn storage_autoscaling_is_switched_on_and_off() {
    let mut session = Session::new(world::desired("staging"));
    session.reach(&up_goal()).await;
    for limit in [Some(100), None, Some(50)] {
        session.desired.databases.get_mut("main").unwrap().max_storage_gib = limit;
        let plan = session.reach(&up_goal()).await;
        assert!(plan.steps.iter().any(|step| step.id.0 == "modify-database/main"), "{}", steps(&plan));
    }
}

#[tokio::test(start_paused = true)]
async fn security_groups_that_nobody_declares_are_awss_own() {
    let mut session = Session::new(world::desired("staging"));
    session.desired.databases.get_mut("main").unwrap().security_groups.clear();
    for goal in [up_goal(), down_goal(SleepMode::Hibernate), up_goal()] {
        session.reach(&goal).await;
    }
}
