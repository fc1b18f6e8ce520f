//! Log groups, file systems, access points.

use envctl::model::*;

use super::ground::{Ground, fact, key};

pub(super) async fn a_log_group_lives_and_dies(ground: &Ground) {
    let log_key = key("log-group/app");
    let name = ground.desired().log_groups["app"].log_group_name.clone();
    let create = Action::CreateLogGroup {
        key: log_key.clone(),
        log_group_name: name.clone(),
        retention_days: Some(7),
        tags: ground.tags(&log_key),
    };
    let receipt = ground.perform_twice(create).await;
    assert_eq!(fact(&receipt, "log-group/app.name"), name);
    let live = ground.observe(Depth::Preflight).await;
    let group = live.log_groups["app"].present().expect("the log group").clone();
    assert_eq!(group.retention_days, Some(7));
    assert_eq!(group.arn, fact(&receipt, "log-group/app.arn"));
    assert!(group.tags.is_some_and(|tags| ground.desired().owns(&tags)));

    let set =
        |retention_days| Action::SetLogRetention { key: log_key.clone(), log_group_name: name.clone(), retention_days };
    for retention in [Some(14), None] {
        ground.perform(set(retention)).await;
        let live = ground.observe(Depth::Environment).await;
        assert_eq!(live.log_groups["app"].present().map(|group| group.retention_days), Some(retention));
    }
    ground.perform_twice(Action::DeleteLogGroup { key: log_key, log_group_name: name }).await;
    assert!(ground.observe(Depth::Environment).await.log_groups["app"].is_absent());
}

fn owned(ground: &Ground, throughput: Throughput) -> (Desired, Action) {
    let mut desired = ground.desired();
    desired.access_points.clear();
    let file_system_name = ground.name("own");
    let spec = FileSystemSpec::Owned { file_system_name: file_system_name.clone(), encrypted: true, throughput };
    desired.file_systems.insert("data".to_owned(), spec);
    let key = key("file-system/data");
    let tags = ground.tags(&key);
    (desired, Action::CreateFileSystem { key, file_system_name, encrypted: true, throughput, tags })
}

async fn available(ground: &Ground, id: &str) -> LiveFileSystem {
    let subject = Subject::FileSystem { id: id.to_owned() };
    match ground.wait(subject, |status| matches!(status, Status::FileSystem(found) if found.state == "available")).await
    {
        Status::FileSystem(found) => found,
        other => panic!("{other:?}"),
    }
}

pub(super) async fn an_owned_file_system_lives_and_dies(ground: &Ground) {
    let (desired, create) = owned(ground, Throughput::Provisioned(10));
    assert!(ground.observe_for(desired.clone(), Depth::Environment).await.file_systems["data"].is_absent());
    let id = fact(&ground.perform_twice(create).await, "file-system/data.id");
    let found = available(ground, &id).await;
    assert_eq!((found.throughput, found.encrypted), (Throughput::Provisioned(10), true));
    assert!(desired.owns(&found.tags), "{:?}", found.tags);
    assert_eq!(found.tags.get("Name"), Some(&ground.name("own")));

    let subnet = ground.borrowed.subnets[0].clone();
    let target = Action::CreateMountTarget {
        key: key("mount-target/data-0"),
        file_system_id: id.clone(),
        subnet: subnet.clone(),
        security_groups: vec![ground.borrowed.security_group.clone()],
    };
    ground.perform_twice(target).await;
    let subject = Subject::MountTarget { file_system_id: id.clone(), subnet: subnet.clone() };
    let there = |status: &Status| matches!(status, Status::MountTarget(found) if found.state == "available");
    let Status::MountTarget(LiveMountTarget { id: target_id, .. }) = ground.wait(subject.clone(), there).await else {
        unreachable!()
    };
    let live = ground.observe_for(desired.clone(), Depth::Environment).await;
    let targets = live.mount_targets["data"].present().expect("the mount targets").clone();
    assert_eq!(targets.iter().map(|found| (&found.id, &found.subnet)).collect::<Vec<_>>(), [(&target_id, &subnet)]);

    ground
        .perform_twice(Action::DeleteMountTarget { key: key("mount-target/data-0"), mount_target_id: target_id })
        .await;
    ground.wait(subject, |status| *status == Status::Absent).await;
    ground
        .perform_twice(Action::DeleteFileSystem {
            key: key("file-system/data"),
            file_system_id: id.clone(),
            verified_recovery_point: None,
        })
        .await;
    ground.wait(Subject::FileSystem { id }, |status| *status == Status::Absent).await;
    assert!(ground.observe_for(desired, Depth::Environment).await.file_systems["data"].is_absent());
}

pub(super) async fn throughput_is_changed_and_read_back(ground: &Ground) {
    let (desired, create) = owned(ground, Throughput::Bursting);
    let id = fact(&ground.perform(create).await, "file-system/data.id");
    available(ground, &id).await;
    let throughput = Throughput::Provisioned(20);
    let set = Action::SetThroughput { key: key("file-system/data"), file_system_id: id.clone(), throughput };
    ground.perform(set.clone()).await;
    assert_eq!(available(ground, &id).await.throughput, throughput);
    assert!(!ground.perform(set).await.changed, "as wanted already");
    let live = ground.observe_for(desired, Depth::Environment).await;
    assert_eq!(live.file_systems["data"].present().map(|found| found.throughput), Some(throughput));
}

pub(super) async fn an_access_point_is_made_once_and_leaves_the_others_alone(ground: &Ground) {
    let point_key = key("access-point/home");
    let create = |path: &str| Action::CreateAccessPoint {
        key: point_key.clone(),
        file_system_id: ground.borrowed.file_system_id.clone(),
        spec: ground.access_point_spec(path),
        tags: ground.tags(&point_key),
    };
    let live = ground.observe(Depth::Environment).await;
    assert!(live.access_points["home"].is_absent());
    assert_eq!(live.foreign_access_points.get("data"), Some(&1), "production's own");
    let id = fact(&ground.perform_twice(create("/staging")).await, "access-point/home.id");
    let subject = Subject::AccessPoint { id: id.clone() };
    ground
        .wait(subject.clone(), |status| matches!(status, Status::AccessPoint(found) if found.state == "available"))
        .await;
    let live = ground.observe(Depth::Environment).await;
    let point = live.access_points["home"].present().expect("the access point").clone();
    assert_eq!((point.path.as_str(), point.uid, point.gid), ("/staging", Some(1000), Some(1000)));
    assert_eq!(point.file_system_id, ground.borrowed.file_system_id);
    assert_eq!(live.foreign_access_points.get("data"), Some(&1));

    // Another path is another access point; the one that no longer fits is named as left over.
    let other = fact(&ground.perform(create("/elsewhere")).await, "access-point/home.id");
    assert_ne!(other, id);
    let live = ground.observe(Depth::Environment).await;
    assert_eq!(live.access_points["home"].present().map(|point| &point.id), Some(&id));
    assert_eq!(live.undeclared, [Undeclared { key: point_key.clone(), id: other.clone() }]);

    let delete = |id: String| Action::DeleteAccessPoint { key: point_key.clone(), access_point_id: id };
    for id in [id, other] {
        ground.perform(delete(id.clone())).await;
        ground.wait(Subject::AccessPoint { id: id.clone() }, |status| *status == Status::Absent).await;
        assert!(!ground.perform(delete(id)).await.changed);
    }
    let foreign = delete(ground.borrowed.foreign_access_point.clone());
    ground.refused(foreign, envctl::cloud::CloudErrorKind::Unsafe).await;
    assert_eq!(ground.observe(Depth::Environment).await.foreign_access_points.get("data"), Some(&1));
}
