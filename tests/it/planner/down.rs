//! `down`, from every state.

use envctl::model::{Power, SleepMode};
use insta::assert_snapshot;

use super::world::{absent, asleep, desired, down_goal, plan, steps, up};

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
