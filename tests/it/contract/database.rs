//! Secrets, databases, snapshots.

use envctl::cloud::CloudErrorKind;
use envctl::model::*;

use super::ground::{Ground, fact, key, tags_of_another};

fn create_secret(ground: &Ground) -> Action {
    let key = key("secret/main");
    let tags = ground.tags(&key);
    Action::CreateSecret { key, secret_name: ground.name("password"), tags }
}

fn create_database(ground: &Ground, secret_arn: &str) -> Action {
    let key = key("database/main");
    Action::CreateDatabase {
        tags: ground.tags(&key),
        key,
        spec: ground.database_spec(),
        security_groups: vec![ground.borrowed.security_group.clone()],
        secret_arn: secret_arn.to_owned(),
    }
}

/// A database with its secret, available.
async fn database(ground: &Ground) -> (LiveDatabase, String) {
    let secret_arn = fact(&ground.perform(create_secret(ground)).await, "secret/main.arn");
    ground.perform(create_database(ground, &secret_arn)).await;
    (available(ground).await, secret_arn)
}

async fn available(ground: &Ground) -> LiveDatabase {
    wait_for_database(ground, "available").await
}

async fn wait_for_database(ground: &Ground, word: &str) -> LiveDatabase {
    let subject = Subject::Database { identifier: ground.name("db") };
    let reached = |status: &Status| matches!(status, Status::Database(database) if database.status == word);
    match ground.wait(subject, reached).await {
        Status::Database(database) => *database,
        other => panic!("{other:?}"),
    }
}

async fn snapshot(ground: &Ground, name: &str) -> Receipt {
    let key = key("database/main");
    let tags = ground.tags(&key);
    let action = Action::CreateSnapshot { key, database: ground.name("db"), snapshot: name.to_owned(), tags };
    let receipt = ground.perform_twice(action).await;
    let subject = Subject::Snapshot { snapshot: name.to_owned() };
    ground.wait(subject, |status| matches!(status, Status::Snapshot(snapshot) if snapshot.is_available())).await;
    receipt
}

fn delete(ground: &Ground, database: &LiveDatabase, verified_snapshot: &str) -> Action {
    Action::DeleteDatabase {
        key: key("database/main"),
        identifier: ground.name("db"),
        resource_id: database.resource_id.clone(),
        verified_snapshot: verified_snapshot.to_owned(),
        quiet: Vec::new(),
    }
}

pub(super) async fn a_secret_is_made_once_and_comes_back_after_its_deletion(ground: &Ground) {
    let arn = fact(&ground.perform_twice(create_secret(ground)).await, "secret/main.arn");
    let live = ground.observe(Depth::Environment).await;
    let secret = live.secrets["main"].present().expect("the secret").clone();
    assert_eq!((secret.secret_name, &secret.arn, secret.deletes_at), (ground.name("password"), &arn, None));
    assert!(ground.desired().owns(&secret.tags), "{:?}", secret.tags);

    let note = Tags::from([(TAG_POWER.to_owned(), "parked".to_owned())]);
    let tag = |tags: Tags, remove| Action::Tag { key: key("secret/main"), arn: arn.clone(), tags, remove };
    ground.perform(tag(note, vec![])).await;
    let live = ground.observe(Depth::Environment).await;
    assert_eq!(
        live.secrets["main"].present().and_then(|secret| secret.tags.get(TAG_POWER)),
        Some(&"parked".to_owned())
    );
    ground.perform(tag(Tags::new(), vec![TAG_POWER.to_owned()])).await;

    ground.perform_twice(Action::DeleteSecret { key: key("secret/main"), secret_arn: arn.clone() }).await;
    let live = ground.observe(Depth::Environment).await;
    let secret = live.secrets["main"].present().expect("the secret waits for its deletion").clone();
    assert!(secret.deletes_at.is_some());
    assert_eq!(secret.tags.get(TAG_POWER), None);

    ground.perform_twice(Action::RestoreSecret { key: key("secret/main"), secret_arn: arn.clone() }).await;
    let live = ground.observe(Depth::Environment).await;
    assert_eq!(live.secrets["main"].present().and_then(|secret| secret.deletes_at), None);
}

pub(super) async fn a_secret_of_somebody_else_is_left_alone(ground: &Ground) {
    ground.observe(Depth::Environment).await;
    let foreign =
        Action::CreateSecret { key: key("secret/main"), secret_name: ground.name("password"), tags: tags_of_another() };
    let arn = fact(&ground.perform(foreign).await, "secret/main.arn");
    ground.refused(create_secret(ground), CloudErrorKind::Conflict).await;
    let delete = Action::DeleteSecret { key: key("secret/main"), secret_arn: arn };
    ground.refused(delete, CloudErrorKind::Unsafe).await;
    let live = ground.observe(Depth::Environment).await;
    assert_eq!(live.secrets["main"].present().and_then(|secret| secret.deletes_at), None);
}

pub(super) async fn a_database_is_made_with_every_field_of_its_spec(ground: &Ground) {
    let secret_arn = fact(&ground.perform(create_secret(ground)).await, "secret/main.arn");
    ground.perform_twice(create_database(ground, &secret_arn)).await;
    let database = available(ground).await;
    let spec = ground.database_spec();
    assert_eq!(database.identifier, spec.identifier);
    assert_eq!(database.engine, "postgres");
    assert!(database.engine_version.starts_with("16"), "{}", database.engine_version);
    assert_eq!((database.class.as_str(), database.storage_gib), ("db.t4g.micro", 20));
    assert_eq!(database.storage_type, "gp3");
    assert_eq!((database.encrypted, database.publicly_accessible, database.multi_az), (true, false, false));
    assert_eq!(database.username, "envctl_admin");
    assert_eq!(database.database_name.as_deref(), Some("app"));
    assert_eq!(database.security_groups, std::slice::from_ref(&ground.borrowed.security_group));
    assert_eq!(database.backup_retention_days, 1);
    assert!(ground.desired().owns(&database.tags), "{:?}", database.tags);
    assert_eq!(database.tags.get("team").map(String::as_str), Some("classroom"));
    assert!(!database.resource_id.is_empty());
    let facts = database.facts(&key("database/main"));
    assert!(facts.contains_key("database/main.endpoint"), "{facts:?}");
    let live = ground.observe(Depth::Environment).await;
    assert_eq!(live.databases["main"].present(), Some(&database));
    assert!(matches!(&live.snapshots["main"], Sighting::Present(list) if list.is_empty()));
}

pub(super) async fn a_database_changes_in_place(ground: &Ground) {
    let (_, secret_arn) = database(ground).await;
    let changes = DatabaseChanges {
        class: Some("db.t4g.small".to_owned()),
        backup_retention_days: Some(3),
        deletion_protection: Some(true),
        ..DatabaseChanges::default()
    };
    let identifier = ground.name("db");
    ground.perform(Action::ModifyDatabase { key: key("database/main"), identifier: identifier.clone(), changes }).await;
    let changed = |status: &Status| matches!(status, Status::Database(found) if found.class == "db.t4g.small");
    ground.wait(Subject::Database { identifier: identifier.clone() }, changed).await;
    let found = available(ground).await;
    assert_eq!((found.backup_retention_days, found.deletion_protection), (3, true));
    ground
        .perform(Action::SetMasterPassword { key: key("database/main"), identifier: identifier.clone(), secret_arn })
        .await;
    let settled = |status: &Status| matches!(status, Status::Database(found) if found.state() == DatabaseState::Available && found.pending.is_empty());
    ground.wait(Subject::Database { identifier }, settled).await;
}

pub(super) async fn a_database_is_deleted_only_against_a_snapshot_of_itself(ground: &Ground) {
    let (found, _) = database(ground).await;
    let name = ground.name("db-20261122t000000z-0a1b");
    ground.refused(delete(ground, &found, ""), CloudErrorKind::Unsafe).await;
    ground.refused(delete(ground, &found, &name), CloudErrorKind::Unsafe).await;
    snapshot(ground, &name).await;
    let other = LiveDatabase { resource_id: "db-OTHER".to_owned(), ..found.clone() };
    ground.refused(delete(ground, &other, &name), CloudErrorKind::Unsafe).await;
    let live = ground.observe(Depth::Environment).await;
    let Sighting::Present(snapshots) = &live.snapshots["main"] else { panic!("{:?}", live.snapshots) };
    assert_eq!(snapshots.len(), 1);
    assert!(ground.desired().owns(&snapshots[0].tags), "{:?}", snapshots[0].tags);
    assert_eq!((snapshots[0].storage_gib, snapshots[0].encrypted), (20, true));

    assert!(ground.perform(delete(ground, &found, &name)).await.changed);
    let identifier = ground.name("db");
    ground.wait(Subject::Database { identifier }, |status| *status == Status::Absent).await;
    assert!(!ground.perform(delete(ground, &found, &name)).await.changed, "gone already");
    let live = ground.observe(Depth::Environment).await;
    assert!(live.databases["main"].is_absent());
    assert!(matches!(&live.snapshots["main"], Sighting::Present(list) if list.len() == 1), "the snapshot stays");
    ground.perform_twice(Action::DeleteSnapshot { key: key("snapshot/main"), snapshot: name }).await;
    let live = ground.observe(Depth::Environment).await;
    assert!(matches!(&live.snapshots["main"], Sighting::Present(list) if list.is_empty()));
}

pub(super) async fn a_database_is_stopped_only_against_a_snapshot_and_starts_again(ground: &Ground) {
    let (found, _) = database(ground).await;
    let name = ground.name("db-20261122t000000z-0a1b");
    let stop = |verified: &str| Action::StopDatabase {
        key: key("database/main"),
        identifier: ground.name("db"),
        resource_id: found.resource_id.clone(),
        verified_snapshot: verified.to_owned(),
    };
    ground.refused(stop("no-such-snapshot"), CloudErrorKind::Unsafe).await;
    snapshot(ground, &name).await;
    ground.perform_twice(stop(&name)).await;
    wait_for_database(ground, "stopped").await;
    let start = Action::StartDatabase { key: key("database/main"), identifier: ground.name("db") };
    ground.perform_twice(start).await;
    available(ground).await;
}

pub(super) async fn a_restored_database_is_ours_with_everything_said_anew(ground: &Ground) {
    let (found, secret_arn) = database(ground).await;
    let name = ground.name("db-20261122t000000z-0a1b");
    snapshot(ground, &name).await;
    ground.perform(delete(ground, &found, &name)).await;
    let identifier = ground.name("db");
    ground.wait(Subject::Database { identifier: identifier.clone() }, |status| *status == Status::Absent).await;

    let database_key = key("database/main");
    let mut tags = ground.tags(&database_key);
    tags.insert(TAG_SOURCE.to_owned(), format!("snapshot:{name}"));
    let restore = Action::RestoreDatabase {
        key: database_key.clone(),
        snapshot: name.clone(),
        spec: ground.database_spec(),
        security_groups: vec![ground.borrowed.security_group.clone()],
        tags: tags.clone(),
    };
    ground.perform_twice(restore).await;
    let restored = available(ground).await;
    assert_eq!(restored.tags, tags);
    assert_eq!((restored.encrypted, restored.publicly_accessible, restored.storage_gib), (true, false, 20));
    ground.perform(Action::SetMasterPassword { key: database_key, identifier, secret_arn }).await;
}

pub(super) async fn a_snapshot_of_the_former_instance_does_not_stand_for_the_restored_one(ground: &Ground) {
    let (found, _) = database(ground).await;
    let name = ground.name("db-20261122t000000z-0a1b");
    snapshot(ground, &name).await;
    ground.perform(delete(ground, &found, &name)).await;
    let identifier = ground.name("db");
    ground.wait(Subject::Database { identifier }, |status| *status == Status::Absent).await;
    let database_key = key("database/main");
    let restore = Action::RestoreDatabase {
        tags: ground.tags(&database_key),
        key: database_key,
        snapshot: name.clone(),
        spec: ground.database_spec(),
        security_groups: vec![ground.borrowed.security_group.clone()],
    };
    ground.perform(restore).await;
    let restored = available(ground).await;
    assert_ne!(restored.resource_id, found.resource_id, "another instance");
    ground.refused(delete(ground, &restored, &name), CloudErrorKind::Unsafe).await;
}

pub(super) async fn a_database_takes_another_name_and_stays_itself(ground: &Ground) {
    let (found, _) = database(ground).await;
    let kept = ground.name("db-kept");
    let rename = |resource_id: &str| Action::RenameDatabase {
        key: key("database/main.kept"),
        identifier: ground.name("db"),
        resource_id: resource_id.to_owned(),
        new_identifier: kept.clone(),
        quiet: Vec::new(),
    };
    ground.refused(rename("db-OTHER"), CloudErrorKind::Unsafe).await;
    assert!(ground.perform(rename(&found.resource_id)).await.changed);
    let available = |status: &Status| matches!(status, Status::Database(found) if found.status == "available");
    let Status::Database(renamed) = ground.wait(Subject::Database { identifier: kept.clone() }, available).await else {
        panic!("a database")
    };
    assert_eq!((&renamed.resource_id, &renamed.tags), (&found.resource_id, &found.tags));
    assert!(renamed.arn.ends_with(&kept), "{}", renamed.arn);
    assert!(!ground.perform(rename(&found.resource_id)).await.changed, "it has that name");
    let live = ground.observe(Depth::Environment).await;
    assert!(live.databases["main"].is_absent());
}

pub(super) async fn a_database_of_somebody_else_is_left_alone(ground: &Ground) {
    ground.observe(Depth::Environment).await;
    let secret_arn = fact(&ground.perform(create_secret(ground)).await, "secret/main.arn");
    let Action::CreateDatabase { key: database_key, spec, security_groups, .. } = create_database(ground, &secret_arn)
    else {
        unreachable!()
    };
    let tags = tags_of_another();
    let foreign = Action::CreateDatabase {
        key: database_key.clone(),
        spec,
        security_groups,
        secret_arn: secret_arn.clone(),
        tags,
    };
    ground.perform(foreign).await;
    let found = available(ground).await;
    ground.refused(create_database(ground, &secret_arn), CloudErrorKind::Conflict).await;
    ground.refused(delete(ground, &found, "any"), CloudErrorKind::Unsafe).await;
    let changes = DatabaseChanges { deletion_protection: Some(true), ..DatabaseChanges::default() };
    let modify = Action::ModifyDatabase { key: database_key, identifier: ground.name("db"), changes };
    ground.refused(modify, CloudErrorKind::Unsafe).await;
}
