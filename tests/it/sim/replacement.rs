//! A rollback with its data: exactly the data of the release's start, nothing lost, from any moment.

use std::collections::BTreeMap;

use envctl::model::{DataBefore, Ending, Goal, RefusalKind, SleepMode, StepId};

use super::session::{Session, down, shipped, up};

const DATABASE: &str = "pythonide-staging-db";
const BACK: Goal = Goal::RollbackData { to: BTreeMap::new(), snapshot: None };

/// A release that began with a snapshot, ran, and spoiled the data.
async fn released() -> Session {
    let mut session = Session::new(shipped("staging"));
    session.converge(&up()).await;
    session.cloud.write_data(DATABASE, "before").unwrap();
    let by = format!("20260302T000000Z-{}", session.next_suffix());
    assert_eq!(session.run(&Goal::Snapshot).await.ending, Ending::Done);
    session.cloud.write_data(DATABASE, "while the snapshot was taken already").unwrap();
    deploy(&mut session, "1024", &by).await;
    session.cloud.write_data(DATABASE, "spoiled").unwrap();
    session
}

async fn deploy(session: &mut Session, cpu: &str, by: &str) {
    let settings = BTreeMap::from([("backend".to_owned(), [("cpu".parse().unwrap(), cpu.to_owned())].into())]);
    let deploy = Goal::Deploy { settings, by: by.to_owned() };
    assert_eq!(session.run(&deploy).await.ending, Ending::Done);
}

fn revision(session: &Session) -> String {
    let world = session.cloud.world();
    let service = world.services.values().find(|found| session.desired.owns(&found.live.tags)).expect("the service");
    assert!(service.live.running_count > 0, "it runs");
    service.live.task_definition.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Every other database of ours, with what is in it.
fn kept(session: &Session) -> Vec<(String, Vec<String>)> {
    let world = session.cloud.world();
    let ours =
        world.databases.iter().filter(|(name, found)| *name != DATABASE && session.desired.owns(&found.live.tags));
    ours.map(|(name, _)| (name.clone(), world.read_data(name).unwrap_or_default())).collect()
}

#[tokio::test(start_paused = true)]
async fn the_data_of_the_releases_start_comes_back_and_the_newer_data_is_kept() {
    let mut session = released().await;
    session.converge(&BACK).await;
    assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["before"]);
    assert!(revision(&session).ends_with(":1"), "{}", revision(&session));
    let left = kept(&session);
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].0.starts_with("pythonide-staging-db-replaced-2026"), "{left:?}");
    assert_eq!(left[0].1.last().map(String::as_str), Some("spoiled"));
    let (live, plan) = session.plan(&up()).await;
    assert_eq!((plan.steps.len(), live.undeclared.len()), (0, 0), "kept is no noise");
    assert!(plan.notes.iter().any(|note| note.text.contains("discard-kept")), "{:#?}", plan.notes);
    session.cloud.write_data(DATABASE, "afterwards").unwrap();
    for mode in [SleepMode::Hibernate, SleepMode::Park] {
        session.converge(&down(mode)).await;
        session.converge(&up()).await;
        assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["before", "afterwards"], "{mode:?}");
    }
    assert_eq!(kept(&session).len(), 1, "nothing but the explicit command removes it");
    session.converge(&Goal::DiscardKept).await;
    assert_eq!(kept(&session), []);
    let world = session.cloud.world();
    let snapshots = world.snapshots.values().filter(|found| found.live.database.contains("-replaced-"));
    let texts: Vec<_> = snapshots.flat_map(|found| found.data.writes.iter().map(|write| write.text.clone())).collect();
    assert!(texts.contains(&"spoiled".to_owned()), "in a snapshot first: {texts:?}");
    session.converge(&Goal::Destroy { delete_snapshots: false }).await;
}

#[tokio::test(start_paused = true)]
async fn from_any_moment_the_next_command_ends_it() {
    for seconds in (0..1500).step_by(41) {
        for then in [BACK, up()] {
            let history = format!("killed after {seconds} s, then {}", then.command());
            let mut session = released().await;
            session.abandon(&BACK, seconds).await;
            session.promises_hold(&history);
            let begun = !session.cloud.world().databases.values().all(|found| {
                !found.live.tags.keys().any(|tag| tag == "envctl:replace-with" || tag == "envctl:replaces")
            });
            let remembers = session.cloud.world().services.values().any(|found| DataBefore::of(&found.live).is_some());
            if remembers || then != BACK {
                session.converge_after(&then, &history).await;
            }
            session.converge_after(&up(), &history).await;
            if begun || then == BACK {
                assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["before"], "{history}");
                let left = kept(&session);
                assert_eq!(left.len(), 1, "{history}: {left:?}");
                assert_eq!(left[0].1.last().map(String::as_str), Some("spoiled"), "{history}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn halfway_nothing_else_is_begun() {
    let mut session = released().await;
    session.abandon(&BACK, 300).await;
    let waiting =
        [down(SleepMode::Hibernate), Goal::Destroy { delete_snapshots: true }, Goal::Snapshot, Goal::DiscardKept];
    for goal in waiting {
        let (_, plan) = session.plan(&goal).await;
        assert!(plan.refusals.iter().any(|one| one.why.contains("has begun and not ended")), "{:#?}", plan.refusals);
    }
    session.converge(&up()).await;
    session.converge(&down(SleepMode::Hibernate)).await;
}

#[tokio::test(start_paused = true)]
async fn code_first_then_data_and_never_the_data_of_an_older_release() {
    let mut session = released().await;
    assert_eq!(session.run(&Goal::Rollback { to: BTreeMap::new() }).await.ending, Ending::Done);
    assert_eq!(session.cloud.read_data(DATABASE).unwrap().len(), 3, "data only when asked");
    session.converge(&BACK).await;
    assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["before"]);
    let refused = |plan: envctl::model::Plan| plan.refusals.iter().any(|one| one.why.starts_with("nothing says which"));
    assert!(refused(session.plan(&BACK).await.1), "it is taken back");
    let mut session = released().await;
    deploy(&mut session, "512", "20260302T000000Z-ffff").await;
    let live = session.observe(&Default::default()).await;
    assert_eq!(DataBefore::of(live.services["backend"].present().unwrap()), None);
    assert!(refused(session.plan(&BACK).await.1), "the last release began with no snapshot");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_may_be_named_and_must_be_our_own() {
    let mut session = released().await;
    let named = |name: &str| Goal::RollbackData { to: BTreeMap::new(), snapshot: Some(name.to_owned()) };
    let (_, plan) = session.plan(&named("no-such-one")).await;
    assert_eq!(plan.refusals[0].kind, RefusalKind::Misfit);
    let name = session.cloud.world().snapshots.keys().next().unwrap().clone();
    session.converge(&named(&name)).await;
    assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["before"]);
    assert!(session.plan(&named(&name)).await.1.steps.is_empty(), "that data is there");
}

#[tokio::test(start_paused = true)]
async fn no_name_is_swapped_while_a_task_runs_and_the_data_comes_up_before_tasks_stop() {
    let session = released().await;
    let (_, plan) = session.plan(&BACK).await;
    let stops = plan.step(&StepId("drain-service/backend".to_owned())).unwrap();
    let told: Vec<&str> = plan.steps.iter().map(|step| step.id.0.as_str()).collect();
    let place = |id: &str| told.iter().position(|step| *step == id).unwrap_or_else(|| panic!("{id} in {told:#?}"));
    assert!(place("set-password-database/main.restored") < place(&stops.id.0));
    assert!(place(&stops.id.0) < place("keep-database/main"));
    assert!(place("keep-database/main") < place("swap-database/main"));
    assert!(place("swap-database/main") < place("update-service/backend"));
}

/// The password of the database that comes is that of a secret which somebody deletes meanwhile: the new one's counts.
#[tokio::test(start_paused = true)]
async fn a_secret_that_is_deleted_halfway_gives_the_database_that_comes_its_new_password() {
    for seconds in (300..900).step_by(31) {
        let history = format!("killed after {seconds} s");
        let mut session = released().await;
        session.abandon(&BACK, seconds).await;
        session.cloud.edit(|world| world.secrets.clear());
        session.converge_after(&up(), &history).await;
        assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["before"], "{history}");
        assert!(revision(&session).len() > 2, "{history}: its tasks reach the database");
    }
}
