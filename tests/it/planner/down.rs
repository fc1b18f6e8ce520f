//! `down`, from every state.

use std::time::Duration;

use envctl::model::{Action, Goal, NoteKind, Power, SleepMode};
use insta::assert_snapshot;

use super::world::{absent, asleep, desired, down_goal, plan, present_mut, steps, up, up_goal};

#[test]
fn down_takes_a_snapshot_before_it_deletes() {
    let desired = desired("staging");
    let plan = plan(&desired, &up(&desired), &down_goal(SleepMode::Hibernate));
    assert_snapshot!(steps(&plan), @"
    remember-service/backend
    remember-secret/main
    suspend-scalable-target/backend < remember-service/backend, remember-secret/main
    drain-service/backend … Drained < suspend-scalable-target/backend
    snapshot-database/main … SnapshotAvailable < drain-service/backend
    delete-database/main … Gone < snapshot-database/main
    sleep-listener-rule/web < delete-database/main
    ");
}

/// The look may be older than the service: a reply that was late by one write cost a day's data in a simulated session.
#[test]
fn a_delete_looks_at_declared_services_that_were_not_seen_too() {
    let desired = desired("staging");
    let mut live = up(&desired);
    live.services.insert("backend".to_owned(), envctl::model::Sighting::Absent);
    let plan = plan(&desired, &live, &down_goal(SleepMode::Hibernate));
    let quiet = plan.steps.iter().find_map(|step| match &step.action {
        Action::DeleteDatabase { quiet, .. } => Some(quiet),
        _ => None,
    });
    let names: Vec<&str> = quiet.expect("a delete").iter().map(|service| service.service_name.as_str()).collect();
    assert_eq!(names, [desired.services["backend"].service_name.as_str()]);
}

#[test]
fn a_database_is_parked_after_a_snapshot_too() {
    let desired = desired("staging");
    let plan = plan(&desired, &up(&desired), &down_goal(SleepMode::Park));
    assert_snapshot!(steps(&plan), @"
    remember-service/backend
    remember-secret/main
    suspend-scalable-target/backend < remember-service/backend, remember-secret/main
    drain-service/backend … Drained < suspend-scalable-target/backend
    snapshot-database/main … SnapshotAvailable < drain-service/backend
    stop-database/main … DatabaseStopped < snapshot-database/main
    sleep-listener-rule/web < stop-database/main
    ");
}

#[test]
fn an_environment_that_sleeps_goes_on_sleeping() {
    for name in ["staging", "preview"] {
        let desired = desired(name);
        for power in [Power::Parked, Power::Hibernated] {
            let plan = plan(&desired, &asleep(&desired, power), &down_goal(SleepMode::Auto));
            assert_eq!(steps(&plan), "");
            assert_eq!((plan.power_now, plan.power_wanted), (power, power));
        }
    }
}

#[test]
fn nothing_is_made_to_be_put_to_sleep() {
    let desired = desired("staging");
    assert_eq!(steps(&plan(&desired, &absent(&desired), &down_goal(SleepMode::Auto))), "");
}

#[test]
fn a_parked_database_is_started_for_the_snapshot_that_hibernating_needs() {
    let desired = desired("staging");
    let plan = plan(&desired, &asleep(&desired, Power::Parked), &down_goal(SleepMode::Hibernate));
    assert_snapshot!(steps(&plan), @"
    remember-service/backend
    remember-secret/main
    start-database/main … DatabaseAvailable < remember-service/backend, remember-secret/main
    snapshot-database/main … SnapshotAvailable < start-database/main
    delete-database/main … Gone < snapshot-database/main
    ");
}

/// Its storage grew a moment ago, or is growing.
fn optimizing(live: &mut envctl::model::Live, status: &str) {
    for database in present_mut(&mut live.databases) {
        database.status = status.to_owned();
        if status == "modifying" {
            database.pending.insert("storage_gib".to_owned(), "40".to_owned());
        }
    }
}

#[test]
fn parking_a_database_whose_storage_is_being_optimised_is_refused_with_the_remedy() {
    let desired = desired("staging");
    for status in ["storage-optimization", "modifying"] {
        let mut live = up(&desired);
        optimizing(&mut live, status);
        let plan = plan(&desired, &live, &down_goal(SleepMode::Park));
        assert_eq!(plan.steps, Vec::new());
        let [refusal] = plan.refusals.as_slice() else { panic!("{:#?}", plan.refusals) };
        assert!(refusal.why.contains("pythonide-staging-db") && refusal.why.contains(status), "{}", refusal.why);
        assert!(refusal.remedy.contains("`down --mode hibernate`"), "{}", refusal.remedy);
    }
}

#[test]
fn a_sleep_that_nobody_fixed_is_no_parking_while_storage_is_being_optimised() {
    let desired = desired("staging");
    let goal = Goal::Down { mode: SleepMode::Auto, idle: Some(Duration::from_secs(3600)) };
    assert_eq!(plan(&desired, &up(&desired), &goal).power_wanted, Power::Parked);
    let mut live = up(&desired);
    optimizing(&mut live, "storage-optimization");
    let plan = plan(&desired, &live, &goal);
    assert_eq!((plan.power_wanted, plan.refusals.len()), (Power::Hibernated, 0));
    assert_snapshot!(
        plan.sleep_choice.unwrap().why,
        @"AWS cannot stop pythonide-staging-db for hours: its storage has just been changed"
    );
}

#[test]
fn storage_that_is_being_optimised_is_changed_again_later_and_the_rest_at_once() {
    let mut desired = desired("staging");
    let mut live = up(&desired);
    optimizing(&mut live, "storage-optimization");
    for database in desired.databases.values_mut() {
        (database.storage_gib, database.class) = (100, "db.t4g.large".to_owned());
    }
    let plan = plan(&desired, &live, &up_goal());
    let changes = plan.steps.iter().filter_map(|step| match &step.action {
        Action::ModifyDatabase { changes, .. } => Some((changes.class.as_deref(), changes.storage_gib)),
        _ => None,
    });
    assert_eq!(changes.collect::<Vec<_>>(), [(Some("db.t4g.large"), None)]);
    assert!(plan.notes.iter().any(|note| note.kind == NoteKind::NotDone && note.text.contains("storage again")));
}
