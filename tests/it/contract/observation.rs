//! Observations as a whole.

use envctl::model::*;

use super::balancer::create_rule;
use super::ground::{Ground, fact, key};

pub(super) async fn an_empty_place_is_absent_not_unreadable(ground: &Ground) {
    let live = ground.observe(Depth::Environment).await;
    assert_eq!((&live.account, &live.region), (&ground.borrowed.account, &ground.borrowed.region));
    assert!(live.databases["main"].is_absent());
    assert!(live.secrets["main"].is_absent());
    assert!(matches!(&live.snapshots["main"], Sighting::Present(list) if list.is_empty()));
    assert!(live.access_points["home"].is_absent());
    assert!(live.log_groups["app"].is_absent());
    assert!(live.target_groups["web"].is_absent());
    assert!(live.rules["web"].is_absent());
    assert!(live.services["web"].is_absent());
    assert!(live.listener_rules["web"].present().is_some());
    assert!(live.undeclared.is_empty() && live.gaps.is_empty());
    assert_eq!(live.resolved_ids.get(&ground.listener().to_string()), Some(&ground.borrowed.listener_arn));
}

pub(super) async fn what_is_borrowed_is_found_before_a_write(ground: &Ground) {
    let mut desired = ground.desired();
    let by_name = Selector::Tag { key: "Name".to_owned(), value: ground.borrowed.file_system_name.clone() };
    desired
        .file_systems
        .insert("data".to_owned(), FileSystemSpec::Borrowed { selector: by_name.clone(), throughput: None });
    let live = ground.observe_for(desired, Depth::Preflight).await;
    let listener = live.borrowed.listeners["web"].present().expect("the listener").clone();
    assert_eq!((&listener.arn, listener.vpc.as_ref()), (&ground.borrowed.listener_arn, Some(&ground.borrowed.vpc)));
    assert_eq!(listener.protocol.as_deref(), Some("HTTP"));
    assert_eq!(live.borrowed.cluster, Some(Sighting::Present("ACTIVE".to_owned())));
    for id in &ground.borrowed.subnets {
        let found = live.borrowed.subnets[id].present().expect("the subnet").clone();
        assert_eq!(
            found.iter().map(|subnet| (&subnet.id, &subnet.vpc)).collect::<Vec<_>>(),
            [(id, &ground.borrowed.vpc)]
        );
        assert!(found[0].zone.starts_with(&ground.borrowed.region));
    }
    let groups = live.borrowed.security_groups[&ground.borrowed.security_group].present().expect("the group").clone();
    assert_eq!(groups[0].vpc, ground.borrowed.vpc);
    let system = live.file_systems["data"].present().expect("the file system").clone();
    assert_eq!(system.id, ground.borrowed.file_system_id);
    assert_eq!(live.resolved_ids.get(&by_name.to_string()), Some(&system.id));
    let targets = live.mount_targets["data"].present().expect("its mount targets").clone();
    let mut subnets: Vec<String> = targets.into_iter().map(|target| target.subnet).collect();
    subnets.sort();
    assert_eq!(subnets, ground.borrowed.subnets);
}

pub(super) async fn a_missing_loan_is_absent(ground: &Ground) {
    let mut desired = ground.desired();
    desired.cluster = Some(ground.name("no-such-cluster"));
    desired.network.subnets = vec![Selector::Tag { key: "Name".to_owned(), value: ground.name("no-such-subnet") }];
    desired.network.security_groups = vec![Selector::Id("sg-00000000000000000".to_owned())];
    let listener = ListenerSelector::LoadBalancer { name: ground.name("no-alb"), port: 443 };
    desired.listeners.insert("web".to_owned(), listener);
    let live = ground.observe_for(desired.clone(), Depth::Preflight).await;
    assert_eq!(live.borrowed.cluster, Some(Sighting::Absent));
    assert!(live.borrowed.subnets[&desired.network.subnets[0].to_string()].is_absent());
    assert!(live.borrowed.security_groups["sg-00000000000000000"].is_absent());
    assert!(live.borrowed.listeners["web"].is_absent());
    assert!(live.rules["web"].is_absent());
}

pub(super) async fn what_the_spec_no_longer_declares_is_named(ground: &Ground) {
    let rule = create_rule(ground, "former", 10, vec![ground.asleep()]);
    let arn = fact(&ground.perform(rule).await, "listener-rule/former.arn");
    let live = ground.observe(Depth::Environment).await;
    assert_eq!(live.undeclared, [Undeclared { key: key("listener-rule/former"), id: arn }]);
}
