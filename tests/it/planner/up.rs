//! `up`, from every state.

use envctl::model::{Action, NoteKind, Power, Sighting};
use insta::assert_snapshot;

use super::world::{absent, asleep, desired, plan, present_mut, steps, up, up_goal};

#[test]
fn a_first_up_makes_everything_side_by_side() {
    let desired = desired("staging");
    let plan = plan(&desired, &absent(&desired), &up_goal());
    assert_eq!(plan.power_now, Power::Absent);
    assert_snapshot!(steps(&plan), @"
    create-secret/main
    create-database/main … DatabaseAvailable < create-secret/main
    create-log-group/backend
    create-access-point/data … Available
    create-target-group/web
    create-listener-rule/web
    warm-listener-rule/web < create-listener-rule/web, create-target-group/web
    register-task-definition/backend < create-database/main, create-access-point/data
    create-service/backend … Deployed < create-log-group/backend, warm-listener-rule/web, register-task-definition/backend
    check-target-group/web … TargetsHealthy < create-service/backend
    forward-listener-rule/web < check-target-group/web
    cool-listener-rule/web < forward-listener-rule/web
    resume-scalable-target/backend < forward-listener-rule/web
    put-policy-scalable-target/backend.cpu < resume-scalable-target/backend
    ");
}

#[test]
fn an_environment_that_is_up_needs_nothing() {
    for name in ["staging", "preview"] {
        let desired = desired(name);
        let plan = plan(&desired, &up(&desired), &up_goal());
        assert_eq!(steps(&plan), "");
        assert_eq!(plan.power_now, Power::Up);
    }
}

#[test]
fn where_nobody_knows_autoscaling_the_rest_comes_up_and_the_plan_says_so() {
    let desired = desired("staging");
    let mut live = up(&desired);
    live.scaling.clear();
    let plan = plan(&desired, &live, &up_goal());
    assert_eq!(steps(&plan), "");
    let note = plan.notes.iter().find(|note| note.kind == NoteKind::NotDone).expect("a note");
    assert!(note.text.contains("no Application Auto Scaling"), "{}", note.text);
}

#[test]
fn a_hibernated_environment_is_restored_and_woken() {
    let desired = desired("staging");
    let plan = plan(&desired, &asleep(&desired, Power::Hibernated), &up_goal());
    assert_eq!(plan.power_now, Power::Hibernated);
    assert_snapshot!(steps(&plan), @"
    remember-service/backend
    remember-secret/main
    restore-database/main … DatabaseAvailable < remember-service/backend, remember-secret/main
    set-password-database/main … DatabaseAvailable < restore-database/main
    mark-password-database/main < set-password-database/main
    modify-database/main … DatabaseAvailable < set-password-database/main
    warm-listener-rule/web < remember-service/backend, remember-secret/main
    register-task-definition/backend < restore-database/main
    update-service/backend … Deployed < modify-database/main, warm-listener-rule/web, register-task-definition/backend
    check-target-group/web … TargetsHealthy < update-service/backend
    forward-listener-rule/web < check-target-group/web
    cool-listener-rule/web < forward-listener-rule/web
    resume-scalable-target/backend < forward-listener-rule/web
    forget-service/backend < resume-scalable-target/backend
    ");
}

#[test]
fn a_parked_environment_is_started_and_woken() {
    let desired = desired("staging");
    let plan = plan(&desired, &asleep(&desired, Power::Parked), &up_goal());
    assert_eq!(plan.power_now, Power::Parked);
    assert_snapshot!(steps(&plan), @"
    remember-service/backend
    remember-secret/main
    start-database/main … DatabaseAvailable < remember-service/backend, remember-secret/main
    warm-listener-rule/web < remember-service/backend, remember-secret/main
    update-service/backend … Deployed < start-database/main, warm-listener-rule/web
    check-target-group/web … TargetsHealthy < update-service/backend
    forward-listener-rule/web < check-target-group/web
    cool-listener-rule/web < forward-listener-rule/web
    resume-scalable-target/backend < forward-listener-rule/web
    forget-service/backend < resume-scalable-target/backend
    ");
}

#[test]
fn an_owned_file_system_gets_mount_targets_in_every_zone() {
    let desired = desired("preview");
    let plan = plan(&desired, &absent(&desired), &up_goal());
    assert_snapshot!(steps(&plan), @"
    create-secret/main
    create-database/main … DatabaseAvailable < create-secret/main
    create-log-group/backend
    create-file-system/preview … Available
    create-mount-target/preview.subnet-0a1b2c3d4e5f60001 … Available < create-file-system/preview
    create-mount-target/preview.subnet-0a1b2c3d4e5f60002 … Available < create-file-system/preview
    create-access-point/data … Available < create-file-system/preview
    create-target-group/web
    create-listener-rule/web
    warm-listener-rule/web < create-listener-rule/web, create-target-group/web
    register-task-definition/backend < create-database/main, create-access-point/data
    create-service/backend … Deployed < create-mount-target/preview.subnet-0a1b2c3d4e5f60001, create-mount-target/preview.subnet-0a1b2c3d4e5f60002, create-log-group/backend, warm-listener-rule/web, register-task-definition/backend
    check-target-group/web … TargetsHealthy < create-service/backend
    forward-listener-rule/web < check-target-group/web
    cool-listener-rule/web < forward-listener-rule/web
    resume-scalable-target/backend < forward-listener-rule/web
    put-policy-scalable-target/backend.cpu < resume-scalable-target/backend
    ");
}

#[test]
fn unreadable_snapshots_are_no_reason_to_begin_empty() {
    let desired = desired("staging");
    let mut live = asleep(&desired, Power::Hibernated);
    live.snapshots.insert("main".to_owned(), Sighting::Unreadable { why: "AccessDenied".to_owned() });
    assert_snapshot!(steps(&plan(&desired, &live, &up_goal())), @"! Unreadable snapshot/main could not be read: AccessDenied");
}

#[test]
fn what_a_service_has_is_saved_before_it_is_stopped_for_data_that_is_not_clean() {
    let desired = desired("staging");
    let mut live = up(&desired);
    for database in present_mut(&mut live.databases) {
        database.tags.insert(envctl::model::TAG_SCRUB.to_owned(), "needed".to_owned());
    }
    for service in present_mut(&mut live.services) {
        (service.desired_count, service.running_count) = (3, 3);
    }
    let plan = plan(&desired, &live, &up_goal());
    let place = |id: &str| plan.steps.iter().position(|step| step.id.0 == id).unwrap_or_else(|| panic!("no {id}"));
    let saved = place("save-service/backend");
    assert!(saved < place("suspend-scalable-target/backend") && saved < place("drain-service/backend"));
    let woken = &plan.steps[place("update-service/backend")].action;
    let Action::UpdateService { update, .. } = woken else { panic!("{woken:?}") };
    assert_eq!(update.desired_count, Some(3), "as many as autoscaling had chosen");
    assert!(place("forget-service/backend") > place("update-service/backend"));
}
