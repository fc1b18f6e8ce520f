//! What is refused before anything is done, all of it at once and each with its remedy; and what is only said.

use envctl::model::{
    Goal, Live, LiveRule, NoteKind, Plan, Power, RefusalKind, Selector, Sighting, SleepMode, SleepSpec,
};
use insta::assert_snapshot;

use super::world::{absent, asleep, desired, down_goal, plan, present_mut, snapshot, steps, up, up_goal};

fn refusals(plan: &Plan) -> String {
    let line = |refusal: &envctl::model::Refusal| format!("{:?}: {} | {}", refusal.kind, refusal.why, refusal.remedy);
    plan.refusals.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn notes(plan: &Plan, kind: NoteKind) -> String {
    let of_kind = plan.notes.iter().filter(|note| note.kind == kind);
    of_kind.map(|note| note.text.clone()).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_misfit_is_found_at_once() {
    let desired = desired("staging");
    let mut live = absent(&desired);
    live.account = "999999999999".to_owned();
    live.borrowed.cluster = Some(Sighting::Present("INACTIVE".to_owned()));
    for listener in present_mut(&mut live.borrowed.listeners) {
        listener.vpc = Some("vpc-2".to_owned());
    }
    let first = desired.network.subnets[0].to_string();
    live.borrowed.subnets.insert(first, Sighting::Absent);
    for targets in present_mut(&mut live.mount_targets) {
        targets.retain(|target| target.zone.as_deref() == Some("us-east-2a"));
    }
    assert_snapshot!(refusals(&plan(&desired, &live, &up_goal())), @"
    WrongAccount: the credentials are for account 999999999999, the spec says 123456789012 | use credentials and settings for account 123456789012, or correct the spec
    Misfit: cluster pythonide-cluster is INACTIVE | name an active cluster in the spec
    Misfit: no subnet matches subnet-0a1b2c3d4e5f60001 | correct the subnet's id or tag in the spec
    Misfit: subnets, security groups and listeners stand in several VPCs (vpc-1: sg-tasks subnet-0a1b2c3d4e5f60002; vpc-2: listener default) | name subnets and security groups of the load balancer's VPC in the spec
    Misfit: the borrowed file system has no mount target in us-east-2b, where subnet-0a1b2c3d4e5f60002 is | leave that subnet out, or ask the file system's owner for a mount target
    ");
}

#[test]
fn a_protected_environment_goes_up_and_nothing_else() {
    let mut desired = desired("staging");
    desired.protect = true;
    let live = up(&desired);
    for goal in [down_goal(SleepMode::Auto), Goal::Destroy { delete_snapshots: false }, Goal::Prune] {
        let plan = plan(&desired, &live, &goal);
        assert_eq!(plan.refusals.len(), 1);
        assert_eq!(plan.refusals[0].kind, RefusalKind::Protected);
    }
    assert_eq!(steps(&plan(&desired, &live, &up_goal())), "");
    assert_eq!(plan(&desired, &live, &Goal::Snapshot).steps.len(), 1);
}

#[test]
fn a_snapshot_that_does_not_fit_is_refused_before_anything_is_done() {
    let desired = desired("staging");
    let mut live = asleep(&desired, Power::Hibernated);
    for all in present_mut(&mut live.snapshots) {
        let newest = &mut all[0];
        newest.engine = "mysql".to_owned();
        newest.username = "root".to_owned();
        newest.storage_gib = 500;
        newest.encrypted = false;
    }
    assert_snapshot!(refusals(&plan(&desired, &live, &up_goal())), @"
    Impossible: snapshot old-1 is of engine mysql, the spec says postgres | set engine: mysql or take another snapshot
    Impossible: snapshot old-1 has the master user root, the spec says pythonide_admin | set username: root (a restore cannot change it)
    Impossible: snapshot old-1 holds 500 GiB, the spec says 20 GiB | set storage: 500 GiB (storage never shrinks)
    Impossible: snapshot old-1 is not encrypted, the spec says otherwise | copy the snapshot with the KMS key wanted, or change `encrypted` in the spec
    ");
}

#[test]
fn a_fixed_priority_that_is_taken_names_a_free_one() {
    let mut desired = desired("staging");
    desired.rules.get_mut("web").unwrap().priority = Some(1);
    let mut live = absent(&desired);
    let stranger = rule_of_production(&desired);
    for listener in desired.listeners.keys() {
        live.listener_rules.insert(listener.clone(), Sighting::Present(vec![stranger.clone()]));
    }
    assert_snapshot!(refusals(&plan(&desired, &live, &up_goal())), @"Misfit: priority 1 on listener default is taken | set priority: 2, the lowest free one, or leave it out");
}

fn rule_of_production(desired: &envctl::model::Desired) -> LiveRule {
    LiveRule {
        arn: "arn:rule:production".to_owned(),
        listener_arn: "arn:listener".to_owned(),
        priority: Some(1),
        conditions: desired.rules["web"].conditions.clone(),
        actions: Vec::new(),
        tags: None,
    }
}

#[test]
fn a_rule_that_would_get_no_request_is_warned_of() {
    let desired = desired("staging");
    let mut live: Live = absent(&desired);
    let stranger = rule_of_production(&desired);
    for listener in desired.listeners.keys() {
        live.listener_rules.insert(listener.clone(), Sighting::Present(vec![stranger.clone()]));
    }
    let plan = plan(&desired, &live, &up_goal());
    assert_snapshot!(notes(&plan, NoteKind::Warning), @"arn:rule:production has the same conditions and comes first: rule web would get no request");
    let created = plan.steps.iter().find(|step| step.id.0 == "create-listener-rule/web").unwrap();
    assert!(created.title.contains("priority 2"), "{}", created.title);
}

#[test]
fn an_untagged_newer_snapshot_is_told_of_and_not_taken() {
    let desired = desired("staging");
    let mut live = asleep(&desired, Power::Hibernated);
    let mut newer = snapshot(&desired, "by-hand", 0);
    newer.tags.clear();
    present_mut(&mut live.snapshots).for_each(|all| all.push(newer.clone()));
    let plan = plan(&desired, &live, &up_goal());
    assert!(plan.steps.iter().any(|step| step.title.ends_with("from old-1")), "{}", steps(&plan));
    assert_snapshot!(notes(&plan, NoteKind::Warning), @"snapshot by-hand is newer, but does not carry this environment's tags and is not taken; --from takes it");
}

#[test]
fn a_snapshot_that_is_still_being_taken_is_waited_for() {
    let desired = desired("staging");
    let mut live = asleep(&desired, Power::Hibernated);
    let mut newer = snapshot(&desired, "in-the-making", 0);
    newer.status = "creating".to_owned();
    present_mut(&mut live.snapshots).for_each(|all| all.insert(0, newer.clone()));
    let plan = plan(&desired, &live, &up_goal());
    assert!(plan.steps.iter().any(|step| step.title.ends_with("from in-the-making")), "{}", steps(&plan));
    assert_snapshot!(notes(&plan, NoteKind::Busy), @"snapshot in-the-making is creating; the restore waits for it");
}

#[test]
fn what_cannot_be_read_is_not_deleted() {
    let desired = desired("staging");
    let mut live = up(&desired);
    live.databases.insert("main".to_owned(), Sighting::Unreadable { why: "AccessDenied".to_owned() });
    for goal in [down_goal(SleepMode::Hibernate), Goal::Destroy { delete_snapshots: true }, up_goal()] {
        let plan = plan(&desired, &live, &goal);
        assert!(plan.steps.is_empty());
        assert!(plan.refusals.iter().any(|refusal| refusal.kind == RefusalKind::Unreadable), "{}", refusals(&plan));
    }
}

#[test]
fn retention_keeps_the_newest_and_the_young() {
    let mut desired = desired("staging");
    desired.retention.keep = 2;
    let mut live = asleep(&desired, Power::Hibernated);
    let days = [("a", 1), ("b", 10), ("c", 13), ("d", 15), ("e", 40)];
    let mut all: Vec<_> = days.iter().map(|(name, days)| snapshot(&desired, name, *days)).collect();
    let mut stranger = snapshot(&desired, "stranger", 90);
    stranger.tags.clear();
    all.push(stranger);
    live.snapshots.insert("main".to_owned(), Sighting::Present(all));
    assert_snapshot!(steps(&plan(&desired, &live, &Goal::Prune)), @"
    delete-snapshot/d
    delete-snapshot/e
    ");
    desired.retention.keep = 9;
    assert_eq!(steps(&plan(&desired, &live, &Goal::Prune)), "");
    desired.retention.keep = 0;
    desired.retention.keep_for = std::time::Duration::ZERO;
    let left = plan(&desired, &live, &Goal::Prune);
    assert!(!steps(&left).contains("delete-snapshot/a"), "the newest may be the only data");
    assert_eq!(left.steps.len(), 4);
}

#[test]
fn a_mode_that_somebody_said_wins_over_arithmetic() {
    let mut desired = desired("staging");
    let live = up(&desired);
    let chosen = |desired: &envctl::model::Desired, mode| plan(desired, &live, &down_goal(mode)).power_wanted;
    desired.sleep = SleepSpec { mode: SleepMode::Hibernate, ..desired.sleep };
    assert_eq!(chosen(&desired, SleepMode::Auto), Power::Hibernated);
    assert_eq!(chosen(&desired, SleepMode::Park), Power::Parked);
    desired.sleep = SleepSpec { mode: SleepMode::Park, ..desired.sleep };
    assert_eq!(chosen(&desired, SleepMode::Auto), Power::Parked);
    assert_eq!(chosen(&desired, SleepMode::Hibernate), Power::Hibernated);
    desired.sleep = SleepSpec { mode: SleepMode::Auto, idle: None, ..desired.sleep };
    assert_eq!(chosen(&desired, SleepMode::Auto), Power::Hibernated);
}

#[test]
fn selectors_that_were_not_resolved_are_not_compared() {
    let mut desired = desired("staging");
    let live = up(&desired);
    desired.network.security_groups = vec![Selector::Tag { key: "Name".to_owned(), value: "unlooked".to_owned() }];
    let plan = plan(&desired, &live, &up_goal());
    assert!(!steps(&plan).contains("update-service"), "{}", steps(&plan));
}

#[test]
fn a_renamed_database_does_not_begin_empty() {
    let mut desired = desired("staging");
    let mut live = absent(&desired);
    let former = desired.databases["main"].identifier.clone();
    live.undeclared.push(envctl::model::Undeclared { key: "database/main".parse().unwrap(), id: former.clone() });
    desired.databases.get_mut("main").unwrap().identifier = "another".to_owned();
    let refused = refusals(&plan(&desired, &live, &up_goal()));
    assert!(refused.contains(&format!("set identifier: {former} again")), "{refused}");
}

#[test]
fn an_older_snapshot_that_was_asked_for_is_taken_with_a_warning() {
    let desired = desired("staging");
    let mut live = asleep(&desired, Power::Hibernated);
    present_mut(&mut live.snapshots).for_each(|all| all.push(snapshot(&desired, "older", 5)));
    let from = Goal::Up { from: envctl::model::DataSource::Snapshot("older".to_owned()) };
    let plan = plan(&desired, &live, &from);
    assert!(plan.steps.iter().any(|step| step.title.ends_with("from older")), "{}", steps(&plan));
    assert!(!steps(&plan).contains("run-task"), "its own data is not foreign");
    assert_eq!(notes(&plan, NoteKind::Warning), "old-1 holds newer data of this environment, and is not taken");
}
