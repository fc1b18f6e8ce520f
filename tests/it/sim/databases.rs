//! Databases and snapshots: section 2 of the AWS facts.

use envctl::cloud::Cloud;
use envctl::cloud::CloudErrorKind;
use envctl::model::*;

use super::account::{Account, DATABASE, key};

#[tokio::test(start_paused = true)]
async fn create_wait_snapshot_delete_restore_and_the_data_is_there() {
    let account = Account::new();
    let secret = account.with_database().await;
    account.cloud.write_data(DATABASE, "first").unwrap();
    account.with_snapshot("one").await;
    account.cloud.write_data(DATABASE, "second").unwrap();
    account.with_snapshot("two").await;
    account.perform(account.delete("two")).await.unwrap();
    account.pass(600).await;
    assert!(account.world().databases.is_empty());
    assert_eq!(account.world().lost_data(), Vec::<String>::new());

    account.perform(account.restore("two", account.spec())).await.unwrap();
    account.pass(900).await;
    let set = Action::SetMasterPassword {
        key: key(ResourceKind::Database, "main"),
        identifier: DATABASE.to_owned(),
        secret_arn: secret,
    };
    account.perform(set).await.unwrap();
    account.pass(60).await;
    assert_eq!(account.cloud.read_data(DATABASE).unwrap(), ["first", "second"]);
    assert_eq!(account.cloud.write_data(DATABASE, "third"), Some(3), "versions go on over a restore");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_holds_the_data_of_the_moment_it_was_begun() {
    let account = Account::new();
    account.with_database().await;
    account.cloud.write_data(DATABASE, "before").unwrap();
    account.perform(account.snapshot("one")).await.unwrap();
    account.pass(10).await;
    account.cloud.write_data(DATABASE, "during").unwrap();
    account.pass(300).await;
    assert_eq!(account.world().snapshots["one"].data.writes.len(), 1);
    account.perform(account.delete("one")).await.unwrap();
    assert_eq!(account.world().lost_data(), ["version 2 of pythonide-staging-db is nowhere"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_instance_goes_through_creating_and_its_first_backup() {
    let account = Account::new();
    let secret = account.secret().await;
    let spec = DatabaseSpec { backup_retention_days: 1, ..account.spec() };
    account.perform(account.create(spec, &secret)).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..60 {
        account.pass(15).await;
        let live = account.live_database();
        if seen.last() != Some(&live.status) {
            assert_eq!(live.endpoint.is_some(), live.status != "creating", "{}", live.status);
            seen.push(live.status);
        }
    }
    assert_eq!(seen, ["creating", "backing-up", "available"]);
}

#[tokio::test(start_paused = true)]
async fn only_an_available_instance_can_be_snapshotted_stopped_or_modified() {
    let account = Account::new();
    account.with_database().await;
    account.with_snapshot("one").await;
    account.perform(account.stop("one")).await.unwrap();
    let modify = account.modify(DatabaseChanges { class: Some("db.t4g.small".to_owned()), ..Default::default() });
    for wait in [0, 400] {
        account.pass(wait).await;
        assert_eq!(account.refusal(account.snapshot("two")).await, "InvalidDBInstanceState");
        assert_eq!(account.refusal(modify.clone()).await, "InvalidDBInstanceState");
    }
    assert_eq!(account.live_database().status, "stopped");
    assert!(!account.perform(account.stop("one")).await.unwrap().changed, "a second stop has nothing to do");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_instance_restarts_by_itself_after_seven_days() {
    let account = Account::new();
    account.with_database().await;
    account.with_snapshot("one").await;
    account.perform(account.stop("one")).await.unwrap();
    account.pass(400).await;
    let at = account.live_database().automatic_restart_at.unwrap();
    let left = at.duration_since(account.world().now).as_secs();
    assert!((6 * 86_400..7 * 86_400).contains(&left), "{left}");
    account.pass(u64::try_from(left).unwrap() + 1).await;
    assert_eq!(account.live_database().status, "starting");
    account.pass(600).await;
    let live = account.live_database();
    assert_eq!((live.status.as_str(), live.automatic_restart_at), ("available", None));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stopped_or_deleted_without_an_available_snapshot_of_this_very_instance() {
    let account = Account::new();
    account.with_database().await;
    account.with_snapshot("old").await;
    for action in [account.stop("missing"), account.delete("missing")] {
        assert_eq!(account.perform(action).await.unwrap_err().kind, CloudErrorKind::Unsafe);
    }
    account.perform(account.snapshot("half")).await.unwrap();
    account.pass(20).await;
    // While the snapshot runs, RDS itself refuses.
    assert_eq!(account.refusal(account.delete("half")).await, "InvalidDBInstanceState");
    account.pass(300).await;
    account.perform(account.delete("half")).await.unwrap();
    account.pass(400).await;
    account.perform(account.restore("half", account.spec())).await.unwrap();
    account.pass(900).await;
    // Same name, another instance.
    for action in [account.stop("old"), account.delete("half")] {
        assert_eq!(account.perform(action).await.unwrap_err().kind, CloudErrorKind::Unsafe);
    }
    assert_eq!(account.live_database().status, "available");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_is_smaller_or_not_encrypted_does_not_count() {
    let account = Account::new();
    account.with_database().await;
    account.with_snapshot("one").await;
    account.cloud.edit(|world| world.snapshots.get_mut("one").unwrap().live.encrypted = false);
    assert_eq!(account.perform(account.delete("one")).await.unwrap_err().kind, CloudErrorKind::Unsafe);
    account.cloud.edit(|world| {
        let snapshot = world.snapshots.get_mut("one").unwrap();
        (snapshot.live.encrypted, snapshot.live.storage_gib) = (true, 10);
    });
    assert_eq!(account.perform(account.delete("one")).await.unwrap_err().kind, CloudErrorKind::Unsafe);
}

#[tokio::test(start_paused = true)]
async fn deletion_protection_holds() {
    let account = Account::new();
    account.with_database().await;
    account.with_snapshot("one").await;
    let protect = |on| account.modify(DatabaseChanges { deletion_protection: Some(on), ..Default::default() });
    account.perform(protect(true)).await.unwrap();
    assert_eq!(account.refusal(account.delete("one")).await, "InvalidParameterCombination");
    account.perform(protect(false)).await.unwrap();
    account.perform(account.delete("one")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_restore_loses_what_aws_loses() {
    let account = Account::new();
    account.with_database().await;
    account.with_snapshot("one").await;
    account.perform(account.delete("one")).await.unwrap();
    account.pass(600).await;
    let spec = DatabaseSpec {
        max_storage_gib: Some(100),
        performance_insights: Some(true),
        engine_version: Some("17".to_owned()),
        username: "another".to_owned(),
        ..account.spec()
    };
    let restore = Action::RestoreDatabase {
        key: key(ResourceKind::Database, "main"),
        snapshot: "one".to_owned(),
        spec,
        security_groups: Vec::new(),
        tags: Tags::new(),
    };
    account.perform(restore).await.unwrap();
    let live = account.live_database();
    assert_eq!((live.max_storage_gib, live.performance_insights), (None, false));
    assert_eq!((live.engine_version.as_str(), live.username.as_str()), ("16.10", "pythonide_admin"));
    assert_eq!(live.security_groups, ["sg-default"]);
    assert_eq!(live.tags, account.tags(ResourceKind::Snapshot, "main"), "the snapshot's tags leak into the instance");
}

#[tokio::test(start_paused = true)]
async fn storage_never_shrinks_and_small_gp3_takes_no_iops() {
    let account = Account::new();
    account.with_database().await;
    let storage = |gib| account.modify(DatabaseChanges { storage_gib: Some(gib), ..Default::default() });
    account.perform(storage(30)).await.unwrap();
    assert_eq!(account.live_database().pending["storage_gib"], "30");
    account.pass(900).await;
    let live = account.live_database();
    assert_eq!((live.storage_gib, live.status.as_str()), (30, "storage-optimization"));
    assert_eq!(account.refusal(storage(40)).await, "InvalidParameterCombination", "one change at a time");
    account.with_snapshot("grown").await;
    assert_eq!(account.refusal(account.stop("grown")).await, "InvalidDBInstanceState");
    account.pass(7 * 3600).await;
    assert_eq!(account.live_database().status, "available");
    assert_eq!(account.refusal(storage(20)).await, "InvalidParameterCombination");
    assert_eq!(account.refusal(storage(31)).await, "InvalidParameterCombination");
    let iops = account.modify(DatabaseChanges { iops: Some(4000), ..Default::default() });
    assert_eq!(account.refusal(iops).await, "InvalidParameterCombination");
    account.with_snapshot("one").await;
    account.perform(account.delete("one")).await.unwrap();
    account.pass(600).await;
    assert_eq!(account.refusal(account.restore("one", account.spec())).await, "InvalidParameterCombination");
}

#[tokio::test(start_paused = true)]
async fn a_change_shows_as_pending_before_the_status_word_follows() {
    let account = Account::new();
    account.with_database().await;
    let class = account.modify(DatabaseChanges { class: Some("db.t4g.small".to_owned()), ..Default::default() });
    account.perform(class).await.unwrap();
    let live = account.live_database();
    assert_eq!((live.status.as_str(), live.pending["class"].as_str()), ("available", "db.t4g.small"));
    account.pass(10).await;
    assert_eq!(account.live_database().status, "modifying");
    account.pass(900).await;
    let live = account.live_database();
    assert_eq!((live.status.as_str(), live.class.as_str()), ("available", "db.t4g.small"));
    assert!(live.pending.is_empty());
}

#[tokio::test(start_paused = true)]
async fn names_are_checked_and_stored_in_lower_case() {
    let account = Account::new();
    let secret = account.secret().await;
    for wrong in ["", "1db", "db-", "my--db", "my_db"] {
        let spec = DatabaseSpec { identifier: wrong.to_owned(), ..account.spec() };
        assert_eq!(account.refusal(account.create(spec, &secret)).await, "InvalidParameterValue", "{wrong:?}");
    }
    let spec = DatabaseSpec { identifier: "PythonIDE-Staging-DB".to_owned(), ..account.spec() };
    account.perform(account.create(spec, &secret)).await.unwrap();
    assert!(account.world().databases.contains_key(DATABASE));
    account.pass(900).await;
    account.with_snapshot("Before-Sleep").await;
    assert!(account.world().snapshots.contains_key("before-sleep"));
    assert_eq!(account.refusal(account.snapshot("no--good")).await, "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn the_hundred_and_first_snapshot_is_refused() {
    let account = Account::new();
    account.with_database().await;
    account.with_snapshot("one").await;
    account.cloud.edit(|world| {
        let one = world.snapshots["one"].clone();
        world.snapshots.extend((2..=100).map(|number| (format!("copy-{number}"), one.clone())));
    });
    assert_eq!(account.refusal(account.snapshot("another")).await, "SnapshotQuotaExceeded");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_name_is_taken_once() {
    let account = Account::new();
    account.with_database().await;
    account.with_snapshot("one").await;
    assert!(!account.perform(account.snapshot("one")).await.unwrap().changed, "our own, of this instance: adopted");
    account.cloud.edit(|world| world.snapshots.get_mut("one").unwrap().live.tags.clear());
    assert_eq!(account.refusal(account.snapshot("one")).await, "DBSnapshotAlreadyExists");
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_was_lost_is_adopted_and_a_stranger_is_not() {
    let account = Account::new();
    let secret = account.secret().await;
    let create = account.create(account.spec(), &secret);
    assert!(account.perform_as(&create, "create").await.unwrap().changed);
    let again = account.perform_as(&create, "create").await.unwrap();
    assert!(!again.changed && again.facts.contains_key("database/main.arn"));
    assert_eq!(account.perform_as(&create, "another").await.unwrap_err().kind, CloudErrorKind::Conflict);
    account.cloud.edit(|world| world.databases.get_mut(DATABASE).unwrap().live.tags.clear());
    assert_eq!(account.perform_as(&create, "create").await.unwrap_err().kind, CloudErrorKind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn nothing_without_our_tags_is_touched() {
    let account = Account::new();
    account.with_database().await;
    account.with_snapshot("one").await;
    let arn = account.live_database().arn;
    account.cloud.edit(|world| world.console_set_tags(&arn, Tags::from([("owner".to_owned(), "me".to_owned())])));
    let changes = DatabaseChanges { deletion_protection: Some(false), ..Default::default() };
    let tag = Action::Tag { key: key(ResourceKind::Database, "main"), arn, tags: Tags::new(), remove: Vec::new() };
    for action in [account.stop("one"), account.delete("one"), account.modify(changes), account.snapshot("two"), tag] {
        let operation = format!("{action:?}");
        assert_eq!(account.perform(action).await.unwrap_err().kind, CloudErrorKind::Unsafe, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn deleting_what_is_gone_is_done() {
    let account = Account::new();
    account.with_database().await;
    account.with_snapshot("one").await;
    let delete = account.delete("one");
    assert!(account.perform(delete.clone()).await.unwrap().changed);
    assert!(!account.perform(delete.clone()).await.unwrap().changed, "under way");
    account.pass(600).await;
    assert!(!account.perform(delete).await.unwrap().changed, "gone");
    let subject = Subject::Database { identifier: DATABASE.to_owned() };
    assert_eq!(account.cloud.status(&subject).await.unwrap(), Status::Absent);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_secret_can_be_called_back_for_seven_days_and_its_name_stays_taken() {
    let account = Account::new();
    let arn = account.secret().await;
    let secret = key(ResourceKind::Secret, "main");
    let delete = Action::DeleteSecret { key: secret.clone(), secret_arn: arn.clone() };
    account.perform(delete.clone()).await.unwrap();
    let create = Action::CreateSecret {
        key: secret.clone(),
        secret_name: "staging/password".to_owned(),
        tags: account.tags(ResourceKind::Secret, "main"),
    };
    assert_eq!(account.refusal(create.clone()).await, "InvalidRequestException");
    assert_eq!(account.refusal(account.create(account.spec(), &arn)).await, "InvalidRequestException");
    account.pass(6 * 86_400).await;
    account.perform(Action::RestoreSecret { key: secret, secret_arn: arn.clone() }).await.unwrap();
    account.perform(delete).await.unwrap();
    account.pass(8 * 86_400).await;
    assert!(account.world().secrets.is_empty());
    assert_ne!(account.fact(create, "arn").await, arn, "a new secret has a new ARN");
}

#[tokio::test(start_paused = true)]
async fn a_secret_never_shows_in_debug_output() {
    let account = Account::new();
    account.with_database().await;
    let world = account.world();
    let shown = format!("{:?} {:?}", world.secrets, world.databases);
    assert!(shown.contains("value: (hidden)") && shown.contains("password: Some((hidden))"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_planted_end_shows_as_rds_would_show_it() {
    let account = Account::new();
    account.with_database().await;
    account.cloud.edit(|world| world.behaviours.failing_snapshots.insert(DATABASE.to_owned()));
    account.with_snapshot("one").await;
    assert_eq!(account.world().snapshots["one"].live.status, "failed");
    assert_eq!(account.perform(account.delete("one")).await.unwrap_err().kind, CloudErrorKind::Unsafe);
    account.cloud.edit(|world| world.behaviours.failing_snapshots.clear());
    account.with_snapshot("two").await;
    account.perform(account.delete("two")).await.unwrap();
    account.pass(600).await;
    let ends = (DATABASE.to_owned(), "incompatible-network".to_owned());
    account.cloud.edit(|world| world.behaviours.database_ends.extend([ends]));
    account.perform(account.restore("two", account.spec())).await.unwrap();
    account.pass(900).await;
    assert_eq!(account.live_database().status, "incompatible-network");
    let capacity = ("rds:StartDBInstance".to_owned(), "InsufficientDBInstanceCapacity".to_owned());
    account.cloud.edit(|world| world.behaviours.refused.extend([capacity]));
    let start = Action::StartDatabase { key: key(ResourceKind::Database, "main"), identifier: DATABASE.to_owned() };
    assert_eq!(account.refusal(start).await, "InsufficientDBInstanceCapacity");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_still_late_is_refused() {
    let account = Account::new();
    let late = late_text(&key(ResourceKind::Secret, "main"), "arn");
    assert_eq!(account.refusal(account.create(account.spec(), &late)).await, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn an_engine_is_upgraded_and_never_taken_back() {
    let account = Account::new();
    account.with_database().await;
    let version = |version: &str| {
        account.modify(DatabaseChanges { engine_version: Some(version.to_owned()), ..Default::default() })
    };
    assert_eq!(account.refusal(version("15")).await, "InvalidParameterCombination");
    assert!(!account.perform(version("16")).await.unwrap().changed, "it is a 16 already");
    account.perform(version("17")).await.unwrap();
    account.pass(1200).await;
    assert_eq!(account.live_database().engine_version, "17.6");
}
