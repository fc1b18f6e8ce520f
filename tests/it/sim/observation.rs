//! One observation: every part of it.

use std::collections::BTreeMap;

use envctl::cloud::Cloud;
use envctl::model::*;
use envctl::observer;

use super::session::{Session, down, shipped, up};

async fn look(session: &Session, desired: &Desired, depth: Depth) -> Live {
    session.cloud.observe(&observer::scope(desired, depth, BTreeMap::new())).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_fresh_account_has_what_is_borrowed_and_nothing_of_ours() {
    let session = Session::new(shipped("staging"));
    let live = look(&session, &session.desired, Depth::Preflight).await;
    assert!(live.databases["main"].is_absent() && live.services["backend"].is_absent());
    assert_eq!(live.snapshots["main"], Sighting::Present(Vec::new()));
    assert_eq!(live.borrowed.cluster, Some(Sighting::Present("ACTIVE".to_owned())));
    assert!(live.borrowed.listeners.values().all(|listener| listener.present().is_some()));
    assert!(live.borrowed.security_groups.values().all(|groups| groups.present().is_some()));
    let zones: Vec<&str> = live
        .borrowed
        .subnets
        .values()
        .filter_map(Sighting::present)
        .flatten()
        .map(|subnet| subnet.zone.as_str())
        .collect();
    assert_eq!(zones, ["us-east-2a", "us-east-2b"]);
    assert_eq!(live.mount_targets["production"].present().map(Vec::len), Some(2));
    assert_eq!(live.foreign_access_points["production"], 1);
    assert_eq!(live.undeclared, Vec::new());
    assert_eq!(live.resolved_ids.len(), 2, "the listener and the file system: {:?}", live.resolved_ids);
}

#[tokio::test(start_paused = true)]
async fn only_a_preflight_looks_at_what_is_borrowed() {
    let session = Session::new(shipped("staging"));
    let live = look(&session, &session.desired, Depth::Environment).await;
    assert!(live.borrowed.cluster.is_none() && live.borrowed.subnets.is_empty());
    assert!(live.mount_targets.is_empty());
    assert!(live.borrowed.listeners.values().all(|listener| listener.present().unwrap().vpc.is_none()));
}

#[tokio::test(start_paused = true)]
async fn what_the_spec_no_longer_declares_is_found_by_its_tags() {
    let mut session = Session::new(shipped("staging"));
    session.converge(&up()).await;
    let mut smaller = session.desired.clone();
    smaller.databases.clear();
    smaller.services.clear();
    smaller.rules.clear();
    smaller.target_groups.clear();
    smaller.access_points.clear();
    smaller.log_groups.clear();
    smaller.tasks.clear();
    let live = look(&session, &smaller, Depth::Environment).await;
    let keys: Vec<String> = live.undeclared.iter().map(|found| found.key.to_string()).collect();
    assert_eq!(
        keys,
        [
            "database/main",
            "secret/main",
            "access-point/data",
            "log-group/backend",
            "task-definition/backend",
            "service/backend",
            "target-group/web",
            "listener-rule/web",
        ]
    );
    let other = Desired { environment: "another".to_owned(), ..smaller };
    assert_eq!(look(&session, &other, Depth::Environment).await.undeclared, Vec::new(), "not of this environment");
}

#[tokio::test(start_paused = true)]
async fn task_definitions_come_back_with_the_noise_that_ecs_adds() {
    let mut session = Session::new(shipped("staging"));
    session.converge(&up()).await;
    let live = look(&session, &session.desired, Depth::Environment).await;
    let document = live.task_definitions["backend"].present().unwrap();
    assert_eq!(document["status"], "ACTIVE");
    assert_eq!(document["containerDefinitions"][0]["essential"], true);
    assert!(document["compatibilities"].is_array() && document["placementConstraints"].is_array());
}

#[tokio::test(start_paused = true)]
async fn snapshots_are_listed_newest_first_and_foreign_ones_under_the_name_asked_for() {
    let mut session = Session::new(shipped("staging"));
    session.cloud.edit(|world| world.seed_database("pythonide-db", &["a real pupil"]));
    session.look_at_strangers();
    session.converge(&up()).await;
    for _ in 0..2 {
        session.converge(&down(SleepMode::Park)).await;
        session.converge(&up()).await;
    }
    let mut scope = observer::scope(&session.desired, Depth::Environment, BTreeMap::new());
    scope.foreign_databases.push("pythonide-db".to_owned());
    scope.foreign_snapshots.extend(["pythonide-db-nightly".to_owned(), "missing".to_owned()]);
    let live = session.cloud.observe(&scope).await.unwrap();
    let own = live.snapshots["main"].present().unwrap();
    assert!(own.len() == 2 && own[0].created_at > own[1].created_at);
    assert_eq!(live.snapshots["pythonide-db"].present().unwrap().len(), 1);
    assert_eq!(live.snapshots["pythonide-db-nightly"].present().unwrap()[0].database, "pythonide-db");
    assert!(live.snapshots["missing"].is_absent());
}
