//! Whole cycles of the shipped environments.

use envctl::model::{Goal, SleepMode};

use super::session::{Session, down, shipped, up};

const DATABASE: &str = "pythonide-staging-db";

#[tokio::test(start_paused = true)]
async fn what_was_written_before_down_is_there_after_up() {
    let mut session = Session::new(shipped("staging"));
    session.converge(&up()).await;
    session.cloud.write_data(DATABASE, "a pupil's work").unwrap();
    for mode in [SleepMode::Hibernate, SleepMode::Park] {
        session.converge(&down(mode)).await;
        session.converge(&up()).await;
        assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["a pupil's work"], "after {mode:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn destroy_leaves_what_is_borrowed_and_the_last_snapshot() {
    let mut session = Session::new(shipped("staging"));
    let before = session.cloud.world();
    session.converge(&up()).await;
    session.cloud.write_data(DATABASE, "a pupil's work").unwrap();
    session.converge(&Goal::Destroy { delete_snapshots: false }).await;
    let after = session.cloud.world();
    assert_eq!(after.rules, before.rules);
    assert_eq!(after.target_groups, before.target_groups);
    assert_eq!(after.access_points, before.access_points);
    assert_eq!(after.log_groups, before.log_groups);
    assert_eq!((after.databases.len(), after.snapshots.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_environment_with_a_file_system_of_its_own_goes_through_the_cycle() {
    let mut session = Session::new(shipped("preview"));
    session.converge(&up()).await;
    session.converge(&down(SleepMode::Auto)).await;
    session.converge(&up()).await;
    session.converge(&Goal::Destroy { delete_snapshots: true }).await;
}
