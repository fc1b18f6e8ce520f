//! Whole cycles of the shipped environments.

use envctl::cloud::sim::{Behaviour, FaultPlan};
use envctl::model::{DataSource, Ending, Goal, SleepMode};

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

#[tokio::test(start_paused = true)]
async fn from_any_moment_of_up_or_down_the_next_run_converges() {
    for seconds in (0..1400).step_by(109) {
        for (begun, then) in [(up(), down(SleepMode::Hibernate)), (up(), up()), (up(), down(SleepMode::Park))] {
            let mut session = Session::new(shipped("staging"));
            session.abandon(&begun, seconds).await;
            session.converge(&then).await;
            session.converge(&up()).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn from_any_moment_of_down_the_data_is_safe() {
    for mode in [SleepMode::Hibernate, SleepMode::Park] {
        for seconds in (0..700).step_by(67) {
            let mut session = Session::new(shipped("staging"));
            session.converge(&up()).await;
            session.cloud.write_data(DATABASE, "a pupil's work").unwrap();
            session.abandon(&down(mode), seconds).await;
            session.promises_hold(&format!("{mode:?} {seconds}"));
            session.converge(&up()).await;
            assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["a pupil's work"], "{mode:?} {seconds}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn foreign_data_is_scrubbed_before_anybody_sees_it() {
    let mut session = Session::new(shipped("staging"));
    session.cloud.edit(|world| world.seed_database("pythonide-db", &["a real pupil"]));
    session.look_at_strangers();
    session.cloud.advance(std::time::Duration::from_secs(3600));
    let from = DataSource::Database("pythonide-db".to_owned());
    session.converge(&Goal::Up { from }).await;
    assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["a real pupil"]);
    assert!(session.cloud.world().databases[DATABASE].data.scrubbed);
}

#[tokio::test(start_paused = true)]
async fn an_image_that_cannot_be_pulled_fails_the_run_and_says_so() {
    let mut session = Session::new(shipped("staging"));
    session.cloud.edit(|world| world.plant("pythonide-backend", Behaviour::CannotPull));
    let outcome = session.run(&up()).await;
    assert_eq!(outcome.ending, Ending::Failed);
    let told = format!("{:?}", outcome.failures);
    assert!(told.contains("CannotPullContainerError"), "{told}");
    session.cloud.edit(|world| world.behaviours.planted.clear());
    tokio::time::sleep(std::time::Duration::from_secs(900)).await;
    session.converge(&up()).await;
}

#[tokio::test(start_paused = true)]
async fn a_database_that_aws_woke_on_day_seven_is_put_back_to_sleep() {
    let mut session = Session::new(shipped("staging"));
    session.converge(&up()).await;
    session.converge(&down(SleepMode::Park)).await;
    tokio::time::sleep(std::time::Duration::from_secs(7 * 86_400 + 900)).await;
    assert_eq!(session.cloud.world().databases[DATABASE].live.status, "available");
    session.converge(&down(SleepMode::Park)).await;
}

#[tokio::test(start_paused = true)]
async fn under_faults_the_data_is_safe_and_a_clean_run_converges() {
    for seed in 0..15 {
        let plan = FaultPlan {
            seed,
            throttle: 100,
            server_error: 30,
            lost_reply: 50,
            slow_start: 30,
            stale_read: 30,
            unreadable: 10,
            ..FaultPlan::NONE
        };
        let mut session = Session::new(shipped("staging"));
        session.converge(&up()).await;
        session.cloud.write_data(DATABASE, "a pupil's work").unwrap();
        let clean = session.cloud.clone();
        session.cloud = clean.with_faults(plan);
        for goal in [down(SleepMode::Hibernate), up(), down(SleepMode::Park), up()] {
            session.try_run(&goal).await;
            session.promises_hold(&format!("seed {seed}"));
        }
        session.cloud = clean;
        session.converge(&up()).await;
        assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["a pupil's work"], "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stranger_with_our_name_is_refused_and_left_alone() {
    let mut session = Session::new(shipped("staging"));
    session.cloud.edit(|world| world.console_create_log_group("/aws/ecs/pythonide-staging"));
    session.look_at_strangers();
    let (_, plan) = session.plan(&up()).await;
    assert!(!plan.refusals.is_empty(), "{:#?}", plan.steps);
    session.promises_hold("refused");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_did_by_hand_is_put_right() {
    let mut session = Session::new(shipped("staging"));
    session.converge(&up()).await;
    session.cloud.write_data(DATABASE, "a pupil's work").unwrap();
    let rule = session.cloud.world().rules.values().find(|rule| rule.live.priority != Some(1)).cloned().unwrap();
    session.cloud.edit(|world| world.console_delete_rule(&rule.live.arn));
    session.converge(&up()).await;
    session.cloud.edit(|world| world.console_set_class(DATABASE, "db.t4g.large"));
    session.converge(&up()).await;
    assert_eq!(session.cloud.world().databases[DATABASE].live.class, "db.t4g.micro");
    session.converge(&down(SleepMode::Park)).await;
    session.cloud.edit(|world| world.console_start_database(DATABASE));
    session.cloud.edit(|world| {
        world.console_set_desired_count("pythonide-cluster", "pythonide-staging-service", 3);
    });
    session.converge(&down(SleepMode::Park)).await;
    let world = session.cloud.world();
    assert_eq!(world.databases[DATABASE].live.status, "stopped");
    assert_eq!(world.services.values().next().unwrap().live.running_count, 0);
    session.cloud.edit(|world| world.console_delete_database(DATABASE));
    session.converge(&up()).await;
    assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["a pupil's work"]);
}
