//! Files belong to a snapshot too: recovery points beside database snapshots, and paths that come back.

use envctl::cloud::sim::{Directory, SimCloud};
use envctl::model::{
    DataSource, Desired, Ending, FileSystemSpec, Goal, Power, SleepMode, TAG_FILES, TAG_RESOURCE, Throughput,
};

use super::session::{Session, down, shipped, up};

/// Staging, whose path on production's file system is taken along.
pub(super) fn staging() -> Desired {
    let mut desired = shipped("staging");
    desired.access_points.values_mut().for_each(|point| point.snapshot = true);
    desired
}

/// The same on a file system of its own.
pub(super) fn on_its_own() -> Desired {
    let mut desired = staging();
    let spec = FileSystemSpec::Owned {
        file_system_name: "pythonide-staging-files".to_owned(),
        encrypted: true,
        throughput: Throughput::Bursting,
    };
    desired.file_systems.insert("production".to_owned(), spec);
    desired
}

/// Files alone, without a database.
pub(super) fn without_database() -> Desired {
    let mut desired = staging();
    desired.databases.clear();
    desired.tasks.clear();
    for service in desired.services.values_mut() {
        let document = service.task_definition.to_string();
        service.task_definition = serde_json::from_str(&without_references(&document)).unwrap();
    }
    desired
}

/// A document that no longer points at a database.
fn without_references(document: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(document).unwrap();
    for container in value["containerDefinitions"].as_array_mut().unwrap() {
        for list in ["environment", "secrets"] {
            if let Some(items) = container[list].as_array_mut() {
                items.retain(|item| !item.to_string().contains("database/") && !item.to_string().contains("secret/"));
            }
        }
    }
    value.to_string()
}

pub(super) fn point(cloud: &SimCloud) -> String {
    let world = cloud.world();
    let ours = world.access_points.values().map(|point| &point.live);
    let mut ours = ours.filter(|live| live.tags.get(TAG_RESOURCE).is_some_and(|key| key == "access-point/data"));
    ours.next().expect("an access point").id.clone()
}

pub(super) fn write(session: &Session, text: &str) {
    session.cloud.write_file(&point(&session.cloud), text).expect("a mounted path");
}

pub(super) fn read(session: &Session) -> Vec<String> {
    session.cloud.read_files(&point(&session.cloud)).expect("a mounted path")
}

/// The id of the newest snapshot with files.
pub(super) fn newest_id(session: &Session) -> String {
    let world = session.cloud.world();
    let mut points: Vec<_> = world.recovery_points.values().map(|point| &point.live).collect();
    points.sort_by_key(|live| live.created_at);
    points.last().and_then(|live| live.snapshot_id()).expect("a snapshot").to_owned()
}

fn from(id: &str) -> Goal {
    Goal::Up { from: DataSource::Snapshot(id.to_owned()) }
}

#[tokio::test(start_paused = true)]
async fn a_sleep_takes_the_files_along_and_leaves_them_where_they_are() {
    let mut session = Session::new(staging());
    session.converge(&up()).await;
    write(&session, "monday's drawing");
    session.cloud.write_data("pythonide-staging-db", "monday's text").unwrap();
    session.converge(&down(SleepMode::Hibernate)).await;
    let world = session.cloud.world();
    let snapshot = world.snapshots.values().next().unwrap();
    let files = world.recovery_points.values().next().unwrap();
    assert_eq!(snapshot.live.snapshot_id(), files.live.snapshot_id(), "one id");
    assert!(snapshot.live.snapshot_id().is_some());
    assert!(snapshot.live.is_available() && files.live.is_completed());
    session.converge(&up()).await;
    assert_eq!(read(&session), ["monday's drawing"]);
    assert!(session.cloud.world().backup_jobs.values().all(|job| !job.live.state.is_empty()));
    let restores = session.cloud.world().calls.iter().filter(|call| call.operation == "backup:StartRestoreJob").count();
    assert_eq!(restores, 0, "files that are there stay");
}

#[tokio::test(start_paused = true)]
async fn a_database_is_put_away_only_when_its_files_are_backed_up_too() {
    for mode in [SleepMode::Park, SleepMode::Hibernate] {
        for state in ["FAILED", "EXPIRED", "ABORTED", "PARTIAL"] {
            let mut session = Session::new(staging());
            session.converge(&up()).await;
            let token = session.cloud.world().file_systems.values().next().unwrap().creation_token.clone();
            session.cloud.edit(|world| world.behaviours.backup_ends.insert(token.clone(), state.to_owned()));
            let outcome = session.run(&down(mode)).await;
            assert_ne!(outcome.ending, Ending::Done, "{state}");
            let database = session.cloud.world().databases["pythonide-staging-db"].live.status.clone();
            assert_eq!(database, "available", "{state}: half a snapshot is none");
            let outcome = session.run(&Goal::Destroy { delete_snapshots: false }).await;
            assert_ne!(outcome.ending, Ending::Done, "{state}");
            assert!(session.cloud.world().databases.contains_key("pythonide-staging-db"), "{state}");
            session.promises_hold(state);
            session.cloud.edit(|world| world.behaviours.backup_ends.clear());
            session.converge(&down(mode)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_is_asked_for_brings_database_and_files_back_together() {
    let mut session = Session::new(staging());
    session.converge(&up()).await;
    write(&session, "monday's drawing");
    session.cloud.write_data("pythonide-staging-db", "monday's text").unwrap();
    session.run(&Goal::Snapshot).await;
    let id = newest_id(&session);
    write(&session, "tuesday's drawing");
    session.cloud.write_data("pythonide-staging-db", "tuesday's text").unwrap();
    session.converge(&down(SleepMode::Hibernate)).await;
    session.converge(&from(&id)).await;
    assert_eq!(read(&session), ["monday's drawing"]);
    assert_eq!(session.cloud.read_data("pythonide-staging-db").unwrap(), ["monday's text"]);
    session.converge(&up()).await;
    let world = session.cloud.world();
    let system = world.file_systems.values().next().unwrap();
    let aside: Vec<&Directory> = system
        .directories
        .iter()
        .filter(|(path, _)| path.starts_with("/staging.before-"))
        .map(|(_, one)| one)
        .collect();
    assert_eq!(aside.len(), 1, "the former content stays aside");
    assert_eq!(aside[0].writes.len(), 2);
    session.converge(&Goal::DiscardFormer).await;
    let world = session.cloud.world();
    let left: Vec<&String> = world.file_systems.values().next().unwrap().directories.keys().collect();
    assert!(!left.iter().any(|path| path.contains("before-") || path.contains("aws-backup-restore")), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_outside_the_path_is_touched_on_a_borrowed_file_system() {
    let mut session = Session::new(staging());
    session.converge(&up()).await;
    let production = Directory { made_with: (0, 0, "0755".to_owned()), writes: Vec::new() };
    session.cloud.edit(|world| {
        let system = world.file_systems.values_mut().next().unwrap();
        for path in ["/production", "/staging-two", "/production/staging"] {
            system.directories.insert(path.to_owned(), production.clone());
        }
    });
    write(&session, "a drawing");
    session.run(&Goal::Snapshot).await;
    let id = newest_id(&session);
    session.converge(&down(SleepMode::Hibernate)).await;
    session.cloud.edit(|world| {
        let system = world.file_systems.values_mut().next().unwrap();
        system.directories.insert("/production/new".to_owned(), production.clone());
    });
    session.converge(&from(&id)).await;
    let world = session.cloud.world();
    let directories = &world.file_systems.values().next().unwrap().directories;
    for path in ["/production", "/staging-two", "/production/staging", "/production/new"] {
        assert_eq!(directories.get(path), Some(&production), "{path}");
    }
    let others = directories.keys().filter(|path| !path.starts_with("/production") && *path != "/staging-two");
    assert!(others.clone().all(|path| path.starts_with("/staging")), "{:?}", others.collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_file_system_goes_only_into_a_recovery_point_and_comes_back_from_it() {
    let mut session = Session::new(on_its_own());
    session.converge(&up()).await;
    write(&session, "monday's drawing");
    session.converge(&Goal::Destroy { delete_snapshots: false }).await;
    let owned = |session: &Session| {
        let world = session.cloud.world();
        world.file_systems.values().filter(|found| found.creation_token == "pythonide-staging-files").count()
    };
    assert_eq!(owned(&session), 0, "its files are in the snapshot");
    session.promises_hold("destroyed");
    session.converge(&up()).await;
    assert_eq!(read(&session), ["monday's drawing"]);
    write(&session, "tuesday's drawing");
    session.converge(&Goal::Destroy { delete_snapshots: false }).await;
    session.converge(&up()).await;
    assert_eq!(read(&session), ["monday's drawing", "tuesday's drawing"]);
    // Its owner says that the files may go.
    session.cloud.edit(|world| {
        world.forget_files();
        world.forget_data("pythonide-staging-db");
    });
    session.converge(&Goal::Destroy { delete_snapshots: true }).await;
    let world = session.cloud.world();
    assert!(world.recovery_points.is_empty() && world.vaults.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_environment_of_files_alone_is_snapshotted_and_restored() {
    let mut session = Session::new(without_database());
    session.converge(&up()).await;
    write(&session, "monday's drawing");
    assert_eq!(session.run(&Goal::Snapshot).await.ending, Ending::Done);
    let id = newest_id(&session);
    write(&session, "tuesday's drawing");
    session.converge(&from(&id)).await;
    assert_eq!(read(&session), ["monday's drawing"], "also while it is up");
    let (_, again) = session.plan(&from(&id)).await;
    assert!(again.steps.is_empty(), "a second time there is nothing left to do");
    session.converge(&down(SleepMode::Auto)).await;
    assert_ne!(newest_id(&session), id, "a sleep takes the files along");
    assert_eq!(
        envctl::planner::power_now(&session.desired, &session.observe(&DataSource::Latest).await),
        Power::Parked
    );
}

#[tokio::test(start_paused = true)]
async fn half_a_snapshot_is_never_restored() {
    let mut session = Session::new(staging());
    session.converge(&up()).await;
    session.run(&Goal::Snapshot).await;
    let id = newest_id(&session);
    session.converge(&down(SleepMode::Hibernate)).await;
    session.cloud.edit(|world| world.recovery_points.retain(|_, point| point.live.snapshot_id() != Some(&id)));
    let (_, plan) = session.plan(&from(&id)).await;
    assert!(plan.refusals.iter().any(|refusal| refusal.why.contains("only half")), "{:#?}", plan.refusals);
    session.converge(&up()).await;
}

#[tokio::test(start_paused = true)]
async fn a_restore_that_was_interrupted_anywhere_is_ended_by_the_next_run() {
    for seconds in (5..1400).step_by(45) {
        let mut session = Session::new(staging());
        session.converge(&up()).await;
        write(&session, "monday's drawing");
        session.run(&Goal::Snapshot).await;
        let id = newest_id(&session);
        write(&session, "tuesday's drawing");
        session.converge(&down(SleepMode::Hibernate)).await;
        session.abandon(&from(&id), seconds).await;
        session.promises_hold(&format!("killed after {seconds} s"));
        session.converge_after(&up(), &format!("killed after {seconds} s")).await;
        let begun = session.cloud.world().access_points.values().any(|point| point.live.tags.contains_key(TAG_FILES));
        let files = read(&session);
        let expected: &[&str] = if begun { &["monday's drawing"] } else { &["monday's drawing", "tuesday's drawing"] };
        assert_eq!(files, expected, "killed after {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_destroy_that_was_interrupted_anywhere_loses_no_file() {
    for seconds in (5..900).step_by(40) {
        let mut session = Session::new(on_its_own());
        session.converge(&up()).await;
        write(&session, "monday's drawing");
        session.abandon(&Goal::Destroy { delete_snapshots: false }, seconds).await;
        session.promises_hold(&format!("killed after {seconds} s"));
        session.converge_after(&Goal::Destroy { delete_snapshots: false }, &format!("killed after {seconds} s")).await;
        session.converge(&up()).await;
        assert_eq!(read(&session), ["monday's drawing"], "killed after {seconds} s");
    }
}

/// What is made anew holds less than what it is made from: no snapshot of it may be taken for the newest.
#[tokio::test(start_paused = true)]
async fn files_on_their_way_back_are_not_lost_by_whatever_comes_in_between() {
    for seconds in (5..900).step_by(35) {
        for between in
            [Goal::Destroy { delete_snapshots: false }, down(SleepMode::Hibernate), Goal::Snapshot, Goal::Prune]
        {
            let history = format!("up killed after {seconds} s, then {}", between.command());
            let mut session = Session::new(on_its_own());
            session.desired.retention.keep = 1;
            session.desired.retention.keep_for = std::time::Duration::from_secs(1);
            session.converge(&up()).await;
            write(&session, "monday's drawing");
            session.converge(&Goal::Destroy { delete_snapshots: false }).await;
            session.abandon(&up(), seconds).await;
            let (_, plan) = session.plan(&between).await;
            if plan.refusals.is_empty() {
                session.run(&between).await;
                session.run(&Goal::Prune).await;
            } else {
                assert!(
                    plan.refusals.iter().any(|one| one.why.contains("has begun and not ended")),
                    "{history}: {plan:#?}"
                );
            }
            session.promises_hold(&history);
            session.converge_after(&up(), &history).await;
            assert_eq!(read(&session), ["monday's drawing"], "{history}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn recovery_points_are_pruned_with_the_snapshots_that_they_belong_to() {
    let mut session = Session::new(staging());
    session.desired.retention.keep = 2;
    session.desired.retention.keep_for = std::time::Duration::from_secs(3600);
    session.converge(&up()).await;
    for day in 0..4 {
        write(&session, &format!("day {day}"));
        session.run(&Goal::Snapshot).await;
        session.cloud.advance(std::time::Duration::from_secs(86_400));
    }
    session.converge(&Goal::Prune).await;
    let world = session.cloud.world();
    assert_eq!((world.snapshots.len(), world.recovery_points.len()), (2, 2));
    let ids = |ids: Vec<Option<&str>>| {
        ids.into_iter().flatten().map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    };
    let databases = ids(world.snapshots.values().map(|found| found.live.snapshot_id()).collect());
    let files = ids(world.recovery_points.values().map(|found| found.live.snapshot_id()).collect());
    assert_eq!(databases, files);
}

/// Staging with files and a second database beside its first.
pub(super) fn with_two_databases() -> Desired {
    let mut desired = staging();
    let mut second = desired.databases["main"].clone();
    second.identifier = "pythonide-staging-second".to_owned();
    second.secret_name = "pythonide/staging/second".to_owned();
    desired.databases.insert("second".to_owned(), second);
    desired
}

/// A `destroy` that was killed has deleted one database and left the other, and the other's snapshot may be gone: what
/// is live needs none. Without both the snapshot is half, and is not taken.
#[tokio::test(start_paused = true)]
async fn a_database_that_never_went_away_is_not_missed_in_a_snapshot() {
    for (gone, comes_up) in
        [(vec!["pythonide-staging-db"], true), (vec!["pythonide-staging-db", "pythonide-staging-second"], false)]
    {
        let mut session = Session::new(with_two_databases());
        session.converge(&up()).await;
        session.cloud.write_data("pythonide-staging-db", "monday's text").unwrap();
        assert_eq!(session.run(&Goal::Snapshot).await.ending, Ending::Done);
        session.cloud.edit(|world| {
            world.snapshots.retain(|_, snapshot| snapshot.live.database != "pythonide-staging-second");
            world.databases.retain(|identifier, _| !gone.contains(&identifier.as_str()));
        });
        let (_, plan) = session.plan(&up()).await;
        let refusals: Vec<&str> = plan.refusals.iter().map(|refusal| refusal.why.as_str()).collect();
        if comes_up {
            assert_eq!(refusals, Vec::<&str>::new());
            session.converge(&up()).await;
            assert_eq!(session.cloud.read_data("pythonide-staging-db").unwrap(), ["monday's text"]);
        } else {
            assert!(
                refusals.iter().any(|why| why.contains("is only half: the data of second is not there")),
                "{refusals:?}"
            );
        }
    }
}
