//! One hand-made change at a time: found, named, and nothing else.

use super::*;
use crate::model::*;
use crate::report::fixture::{live_as, whole};
use crate::report::{CostOptions, PriceTable, cost};

fn report(desired: &Desired, live: &Live) -> DriftReport {
    report_with(desired, live, &[], "")
}

fn report_with(desired: &Desired, live: &Live, differences: &[Difference], accepted: &str) -> DriftReport {
    let cost = cost(desired, PriceTable::shipped(), &CostOptions::default()).unwrap();
    let accepted = AcceptedDifferences::parse(accepted).unwrap();
    drift(&DriftInput { desired, live, differences, plan: None, cost: Some(&cost), accepted: &accepted })
}

fn found(report: &DriftReport) -> Vec<String> {
    let one = |finding: &Finding| {
        let price = finding.usd_per_day.map(|usd| format!(" {usd}/day")).unwrap_or_default();
        format!(
            "{} {}: {} -> {}{price}",
            finding.kind.as_str(),
            finding.subject(),
            finding.wanted.as_deref().unwrap_or("-"),
            finding.found.as_deref().unwrap_or("-")
        )
    };
    report.findings.iter().map(one).collect()
}

fn database(live: &mut Live) -> &mut LiveDatabase {
    match live.databases.get_mut("n0") {
        Some(Sighting::Present(database)) => database,
        other => panic!("{other:?}"),
    }
}

fn service(live: &mut Live) -> &mut LiveService {
    match live.services.get_mut("n0") {
        Some(Sighting::Present(service)) => service,
        other => panic!("{other:?}"),
    }
}

#[test]
fn as_declared_is_in_sync_in_every_power_state() {
    let desired = whole();
    for power in [Power::Up, Power::Parked, Power::Hibernated] {
        let report = report(&desired, &live_as(&desired, power));
        assert_eq!(found(&report), Vec::<String>::new(), "{power}");
        assert!(report.is_in_sync());
        assert_eq!((report.power, report.by.as_deref()), (power, Some("anna@laptop")));
        let kinds: Vec<String> = report.in_sync.iter().map(ToString::to_string).collect();
        assert!(kinds.contains(&"listener-rule/n0".to_owned()) && kinds.contains(&"database/n0".to_owned()));
    }
}

#[test]
fn a_database_that_aws_woke_on_day_seven_is_drift_with_its_price() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Parked);
    database(&mut live).status = "available".into();
    let report = report(&desired, &live);
    // 24 × 0.016.
    assert_eq!(found(&report), ["drift database/n0.status: stopped -> available 0.38/day"]);
    assert_eq!(report.findings[0].place.as_ref().unwrap().line, 10);
}

#[test]
fn a_service_that_somebody_scaled_up_while_asleep_is_drift_with_its_price() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Hibernated);
    service(&mut live).desired_count = 2;
    let report = report(&desired, &live);
    // 2 × 24 × (0.5 × 0.04048 + 2 × 0.004445) = 1.398.
    assert_eq!(found(&report), ["drift service/n0.count: 0 -> 2 1.40/day"]);
    assert_eq!(report.findings[0].place.as_ref().unwrap().line, 22);
}

#[test]
fn autoscaling_resumed_and_a_forwarding_rule_are_drift_while_asleep() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Parked);
    let up = live_as(&desired, Power::Up);
    live.scaling = up.scaling;
    live.rules = up.rules;
    assert_eq!(
        found(&report(&desired, &live)),
        [
            "drift scalable-target/n0.min: 0 -> 1",
            "drift scalable-target/n0.suspended: true -> false",
            "drift listener-rule/n0.actions: the asleep page -> forwards",
        ]
    );
}

#[test]
fn autoscaling_may_move_the_count_between_its_bounds_only() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Up);
    service(&mut live).desired_count = 4;
    assert!(report(&desired, &live).is_in_sync());
    service(&mut live).desired_count = 5;
    assert_eq!(found(&report(&desired, &live)), ["drift service/n0.count: 1 to 4 -> 5"]);
    service(&mut live).desired_count = 0;
    assert_eq!(found(&report(&desired, &live)), ["drift service/n0.count: 1 to 4 -> 0"]);
}

#[test]
fn what_cannot_be_read_is_never_in_sync() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Up);
    live.rules.insert("n0".into(), Sighting::Unreadable { why: "AccessDenied".into() });
    live.scaling.insert("n0".into(), Sighting::Unreadable { why: "Throttling".into() });
    let report = report(&desired, &live);
    assert_eq!(found(&report), ["unreadable scalable-target/n0: - -> -", "unreadable listener-rule/n0: - -> -"]);
    assert!(!report.is_in_sync() && !report.differs());
}

#[test]
fn what_an_endpoint_does_not_have_is_said_in_a_note() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Up);
    live.scaling.clear();
    let report = report(&desired, &live);
    assert!(report.is_in_sync());
    assert_eq!(report.notes, ["scalable-target/n0 was not compared: this endpoint has no Application Auto Scaling"]);
}

#[test]
fn a_removed_resource_a_strangers_and_a_lost_tag_are_three_findings() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Up);
    live.rules.insert("n0".into(), Sighting::Absent);
    database(&mut live).tags.remove(TAG_MANAGED_BY);
    service(&mut live).tags.remove(TAG_RESOURCE);
    assert_eq!(
        found(&report(&desired, &live)),
        [
            "drift database/n0.tags: ours -> somebody else's",
            "drift service/n0.tags.envctl:resource: service/n0 -> absent",
            "drift listener-rule/n0: there -> absent",
        ]
    );
}

#[test]
fn the_spec_moved_is_pending_and_the_world_moved_is_drift() {
    let before = whole();
    let live = live_as(&before, Power::Up);
    let mut desired = whole();
    desired.databases.get_mut("n0").unwrap().class = "db.t4g.small".into();
    let difference = |key: ResourceKey, field: &str| Difference {
        key,
        field: field.into(),
        wanted: Some("new".into()),
        found: Some("old".into()),
        remedy: None,
    };
    let differences = [
        difference(ResourceKey::new(ResourceKind::Database, "n0"), "class"),
        difference(ResourceKey::new(ResourceKind::ListenerRule, "n0"), "conditions"),
    ];
    let report = report_with(&desired, &live, &differences, "");
    assert_eq!(
        found(&report),
        ["drift listener-rule/n0.conditions: new -> old", "pending database/n0.class: new -> old"]
    );
    assert_eq!(report.findings[1].place.as_ref().unwrap().line, 12);
}

#[test]
fn an_accepted_difference_is_shown_apart_until_it_expires() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Up);
    service(&mut live).desired_count = 7;
    let file =
        "- {environment: staging, difference: service/n0.count, reason: load test, author: anna, expires: 2026-11-22}";
    let report = |file: &str| report_with(&desired, &live, &[], file);
    let accepted = report(file);
    assert!(accepted.is_in_sync());
    assert_eq!(accepted.accepted[0].1.reason, "load test");
    assert!(!accepted.in_sync.contains(&ResourceKey::new(ResourceKind::Service, "n0")));
    let expired = report(&file.replace("11-22", "11-21"));
    assert_eq!(expired.findings.len(), 1);
    assert_eq!(expired.notes, ["the acceptance of service/n0.count by anna ended on 2026-11-21"]);
    assert_eq!(report(&file.replace("staging", "preview")).findings.len(), 1);
    let idle = report(&file.replace("service/n0.count", "database/n0"));
    assert_eq!(idle.notes, ["the acceptance of database/n0 by anna is for nothing any more"]);
    assert!(AcceptedDifferences::parse("- {environment: x}").is_err());
    assert!(AcceptedDifferences::parse(&file.replace("load test", "''")).is_err());
}

#[test]
fn a_hibernated_environment_without_its_snapshot_is_the_gravest_drift() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Hibernated);
    live.snapshots.insert("n0".into(), Sighting::Present(vec![]));
    assert_eq!(found(&report(&desired, &live)), ["drift snapshot/n0.status: available -> absent"]);
}

#[test]
fn somebody_elses_rule_on_our_host_is_extra() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Up);
    let Some(Sighting::Present(rules)) = live.listener_rules.get_mut("https") else { panic!() };
    let mut stranger = rules[0].clone();
    (stranger.arn, stranger.priority, stranger.tags) = ("arn:rule/theirs".into(), Some(5), None);
    rules.push(stranger.clone());
    // Another host is nobody's business.
    stranger.conditions = vec![Condition::HostHeader(vec!["shop.example".into()])];
    rules.push(stranger);
    let report = report(&desired, &live);
    assert_eq!(found(&report), ["extra listener-rule/n0: - -> arn:rule/theirs (priority 5)"]);
    assert!(report.findings[0].why.contains("before ours"));
}

#[test]
fn what_nobody_brought_up_is_absent_and_in_sync() {
    let desired = whole();
    let mut live = live_as(&desired, Power::Up);
    for sighting in live.services.values_mut() {
        *sighting = Sighting::Absent;
    }
    live.databases.insert("n0".into(), Sighting::Absent);
    live.secrets.insert("n0".into(), Sighting::Absent);
    live.rules.insert("n0".into(), Sighting::Absent);
    let report = report(&desired, &live);
    assert_eq!((report.power, report.is_in_sync()), (Power::Absent, true));
    assert!(report.notes[0].contains("not there"));
}
