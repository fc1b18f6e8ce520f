//! AWS's own limits: each ends in an explained failure with nothing lost, and when it is lifted the next run goes on.

use std::time::Duration;

use envctl::model::{Ending, Failure, FailureKind, Goal, SleepMode};

use super::convergence::Session;
use super::world::{self, down_goal, up_goal};

const DATABASE: &str = "pythonide-staging-db";

/// An environment that is up, with data in it.
async fn in_use() -> Session {
    let mut session = Session::new(world::desired("staging"));
    session.reach(&up_goal()).await;
    session.cloud.write_data(DATABASE, "kept").expect("it is up");
    session
}

/// The only failure of this goal, explained; nothing is lost, and no service was taken for another's fault.
async fn failure(session: &mut Session, goal: &Goal) -> Failure {
    let outcome = session.outcome(goal).await;
    assert_eq!(outcome.ending, Ending::Failed, "{outcome:#?}");
    let [(step, failure)] = outcome.failures.iter().collect::<Vec<_>>()[..] else { panic!("{:#?}", outcome.failures) };
    assert!(failure.hint.is_some(), "{step}: nothing says what to do: {failure:#?}");
    session.promises(&format!("{goal:?} fails at {step}"));
    failure.clone()
}

async fn data_is_there_again(session: &mut Session) {
    session.reach(&up_goal()).await;
    assert_eq!(session.cloud.read_data(DATABASE).expect("it is up"), ["kept"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_quota_of_snapshots_stops_down_before_anything_is_deleted() {
    for mode in [SleepMode::Hibernate, SleepMode::Park] {
        let mut session = in_use().await;
        assert_eq!(session.outcome(&Goal::Snapshot).await.ending, Ending::Done);
        session.cloud.edit(|world| {
            let mut stranger = world.snapshots.values().next().expect("a snapshot").clone();
            stranger.live.tags.clear();
            world.snapshots.extend((0..99).map(|number| (format!("somebodys-{number}"), stranger.clone())));
        });
        let failure = failure(&mut session, &down_goal(mode)).await;
        assert!(failure.message.contains("SnapshotQuotaExceeded"), "{}", failure.message);
        assert!(session.cloud.look(|world| world.databases[DATABASE].live.status == "available"));
        session.cloud.edit(|world| world.snapshots.retain(|name, _| !name.starts_with("somebodys-9")));
        session.reach(&down_goal(mode)).await;
        data_is_there_again(&mut session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_restore_that_ends_badly_is_explained_and_the_snapshot_stays() {
    for status in ["restore-error", "incompatible-network", "insufficient-capacity", "storage-full"] {
        let mut session = in_use().await;
        session.reach(&down_goal(SleepMode::Hibernate)).await;
        session.cloud.edit(|world| world.behaviours.database_ends.insert(DATABASE.to_owned(), status.to_owned()));
        let failure = failure(&mut session, &up_goal()).await;
        assert_eq!(failure.kind, FailureKind::Broken);
        assert!(failure.message.contains(status), "{}", failure.message);
        let refused = session.plan(&up_goal()).await;
        assert!(refused.refusals.iter().any(|refusal| refusal.why.contains(status)), "{:#?}", refused.refusals);
        // What the refusal says to do: the data is in a snapshot, so the broken one is deleted in the console.
        session.cloud.edit(|world| {
            world.behaviours.database_ends.clear();
            world.console_delete_database(DATABASE);
        });
        data_is_there_again(&mut session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_fills_up_is_left_alone_until_its_storage_grows() {
    let mut session = in_use().await;
    session.cloud.advance(Duration::from_secs(2 * 3600));
    session.cloud.edit(|world| world.databases.get_mut(DATABASE).expect("it").live.status = "storage-full".to_owned());
    for mode in [SleepMode::Hibernate, SleepMode::Park] {
        let plan = session.plan(&down_goal(mode)).await;
        assert!(plan.notes.iter().any(|note| note.text.contains("is storage-full: no snapshot can be taken")));
        assert!(plan.steps.iter().all(|step| !step.id.0.contains("database/main")), "{}", world::steps(&plan));
    }
    session.promises("storage-full");
    assert!(session.cloud.look(|world| world.databases.contains_key(DATABASE)));
}

#[tokio::test(start_paused = true)]
async fn where_aws_has_no_capacity_a_parked_database_stays_parked() {
    let mut session = in_use().await;
    session.reach(&down_goal(SleepMode::Park)).await;
    let refused = ("rds:StartDBInstance".to_owned(), "InsufficientDBInstanceCapacity".to_owned());
    session.cloud.edit(|world| world.behaviours.refused.extend([refused]));
    let before = session.cloud.world().now;
    let failure = failure(&mut session, &up_goal()).await;
    assert!(failure.message.contains("InsufficientDBInstanceCapacity"), "{}", failure.message);
    let took = session.cloud.world().now.duration_since(before);
    assert!(took.as_secs() < 3600, "gave up after {took}");
    session.cloud.edit(|world| world.behaviours.refused.clear());
    data_is_there_again(&mut session).await;
}

#[tokio::test(start_paused = true)]
async fn a_status_of_tomorrow_is_waited_for_like_any_other() {
    let mut session = in_use().await;
    session.cloud.advance(Duration::from_secs(2 * 3600));
    session.cloud.edit(|world| {
        let database = world.databases.get_mut(DATABASE).expect("it");
        database.live.status = "being-blessed".to_owned();
    });
    let cloud = session.cloud.clone();
    let blessed = async move {
        tokio::time::sleep(Duration::from_secs(20 * 60)).await;
        cloud.edit(|world| world.databases.get_mut(DATABASE).expect("it").live.status = "available".to_owned());
    };
    let down = async {
        session.reach(&down_goal(SleepMode::Hibernate)).await;
        session
    };
    let (mut session, ()) = tokio::join!(down, blessed);
    data_is_there_again(&mut session).await;
}
