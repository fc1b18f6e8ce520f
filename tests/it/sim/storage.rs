//! File systems, access points and log groups: section 3 of the AWS facts.

use envctl::cloud::CloudErrorKind;
use envctl::model::*;

use super::account::{Account, key};

fn production(account: &Account) -> String {
    account.world().file_systems.keys().next().unwrap().clone()
}

fn set(id: &str, throughput: Throughput) -> Action {
    let (key, file_system_id) = (key(ResourceKind::FileSystem, "production"), id.to_owned());
    Action::SetThroughput { key, file_system_id, throughput }
}

fn access_point(account: &Account, id: &str, path: &str) -> Action {
    let spec = AccessPointSpec { path: path.to_owned(), ..account.desired.access_points["data"].clone() };
    let tags = account.tags(ResourceKind::AccessPoint, "data");
    Action::CreateAccessPoint { key: key(ResourceKind::AccessPoint, "data"), file_system_id: id.to_owned(), spec, tags }
}

#[tokio::test(start_paused = true)]
async fn provisioned_throughput_goes_down_only_after_a_day() {
    let account = Account::new();
    let id = production(&account);
    account.perform(set(&id, Throughput::Provisioned(10))).await.unwrap();
    assert_eq!(account.refusal(set(&id, Throughput::Provisioned(20))).await, "IncorrectFileSystemLifeCycleState");
    account.pass(120).await;
    account.perform(set(&id, Throughput::Provisioned(50))).await.unwrap();
    let since = account.world().now;
    account.pass(120).await;
    for lower in [Throughput::Provisioned(20), Throughput::Bursting, Throughput::Elastic] {
        let error = account.perform(set(&id, lower)).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_deref()), (CloudErrorKind::Refused, Some("TooManyRequests")));
        let until = error.retry_at.unwrap();
        let hours = until.duration_since(since).as_secs_f64() / 3600.0;
        assert!((23.99..24.01).contains(&hours), "{hours}: the increase counts too");
        assert!(error.message.contains(&format!("Wait until {until:.0}")), "{}", error.message);
    }
    account.perform(set(&id, Throughput::Provisioned(60))).await.unwrap();
    account.pass(86_400 + 60).await;
    account.perform(set(&id, Throughput::Bursting)).await.unwrap();
    account.pass(120).await;
    account.perform(set(&id, Throughput::Elastic)).await.unwrap();
    assert_eq!(account.refusal(set(&id, Throughput::Provisioned(4000))).await, "BadRequest");
}

#[tokio::test(start_paused = true)]
async fn an_access_point_is_made_once_and_its_directory_outlives_it() {
    let account = Account::new();
    let id = production(&account);
    let create = access_point(&account, &id, "/staging");
    let first = account.perform(create.clone()).await.unwrap();
    let second = account.perform(create).await.unwrap();
    assert_eq!(first.facts, second.facts);
    assert!(!second.changed);
    account.pass(30).await;
    let point = first.facts["access-point/data.id"].clone();
    assert_eq!(account.cloud.edit(|world| world.write_file(&point, "too early")), None, "made at the first mount");
    let delete =
        || Action::DeleteAccessPoint { key: key(ResourceKind::AccessPoint, "data"), access_point_id: point.clone() };
    assert!(account.perform(delete()).await.unwrap().changed);
    account.pass(30).await;
    assert!(!account.perform(delete()).await.unwrap().changed);
    for wrong in ["staging", "/a/b/c/d/e", &format!("/{}", "x".repeat(100))] {
        assert_eq!(account.refusal(access_point(&account, &id, wrong)).await, "BadRequest", "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn production_access_points_and_file_systems_are_left_alone() {
    let account = Account::new();
    let world = account.world();
    let point = world.access_points.keys().next().unwrap().clone();
    let delete = Action::DeleteAccessPoint { key: key(ResourceKind::AccessPoint, "data"), access_point_id: point };
    let target = world.mount_targets.keys().next().unwrap().clone();
    let unmount = Action::DeleteMountTarget { key: key(ResourceKind::MountTarget, "x"), mount_target_id: target };
    let (system, file_system_id) = (key(ResourceKind::FileSystem, "production"), production(&account));
    for action in
        [delete, unmount, Action::DeleteFileSystem { key: system, file_system_id, verified_recovery_point: None }]
    {
        assert_eq!(account.perform(action).await.unwrap_err().kind, CloudErrorKind::Unsafe);
    }
    let after = account.world();
    assert_eq!((after.access_points, after.mount_targets), (world.access_points, world.mount_targets));
}

#[tokio::test(start_paused = true)]
async fn a_file_system_of_ours_goes_only_without_mount_targets() {
    let account = Account::new();
    let system = key(ResourceKind::FileSystem, "own");
    let create = Action::CreateFileSystem {
        key: system.clone(),
        file_system_name: "own".to_owned(),
        encrypted: true,
        throughput: Throughput::Elastic,
        tags: account.tags(ResourceKind::FileSystem, "own"),
    };
    let id = account.fact(create.clone(), "id").await;
    assert!(!account.perform(create).await.unwrap().changed, "the creation token makes it the same");
    let mount = |subnet: &str| Action::CreateMountTarget {
        key: key(ResourceKind::MountTarget, "own"),
        file_system_id: id.clone(),
        subnet: subnet.to_owned(),
        security_groups: vec![account.group()],
    };
    let subnets = account.subnets();
    assert_eq!(account.refusal(mount(&subnets[0])).await, "IncorrectFileSystemLifeCycleState", "still creating");
    account.pass(30).await;
    account.perform(mount(&subnets[0])).await.unwrap();
    assert!(!account.perform(mount(&subnets[0])).await.unwrap().changed);
    account.cloud.edit(|world| {
        let zone = world.subnets[&subnets[0]].live.zone.clone();
        world.subnets.get_mut(&subnets[1]).unwrap().live.zone = zone;
    });
    assert_eq!(account.refusal(mount(&subnets[1])).await, "MountTargetConflict", "one in each zone");
    account.pass(200).await;
    let delete =
        || Action::DeleteFileSystem { key: system.clone(), file_system_id: id.clone(), verified_recovery_point: None };
    assert_eq!(account.refusal(delete()).await, "FileSystemInUse");
    let target = account.world().mount_targets.values().find(|found| found.live.file_system_id == id).cloned().unwrap();
    let unmount =
        Action::DeleteMountTarget { key: key(ResourceKind::MountTarget, "own"), mount_target_id: target.live.id };
    account.perform(unmount).await.unwrap();
    account.pass(200).await;
    account.perform(delete()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn log_groups_take_only_retentions_that_exist() {
    let account = Account::new();
    let create = |retention_days| Action::CreateLogGroup {
        key: key(ResourceKind::LogGroup, "web"),
        log_group_name: "/web".to_owned(),
        retention_days,
        tags: account.tags(ResourceKind::LogGroup, "web"),
    };
    assert_eq!(account.refusal(create(Some(10))).await, "InvalidParameterException");
    account.perform(create(Some(14))).await.unwrap();
    assert!(!account.perform(create(Some(14))).await.unwrap().changed);
    account.cloud.edit(|world| world.log_groups.get_mut("/web").unwrap().tags.clear());
    assert_eq!(account.refusal(create(Some(14))).await, "ResourceAlreadyExistsException");
    let delete = Action::DeleteLogGroup { key: key(ResourceKind::LogGroup, "web"), log_group_name: "/web".to_owned() };
    assert_eq!(account.perform(delete).await.unwrap_err().kind, CloudErrorKind::Unsafe);
}
