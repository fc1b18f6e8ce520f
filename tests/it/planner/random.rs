//! Random worlds and every goal: the planner always answers, and the linter finds nothing wrong with it.

use std::time::Duration;

use envctl::model::{
    DataSource, Desired, Goal, Live, LiveRule, Power, ResourceKey, ResourceKind, RuleAction, Sighting, SleepMode,
    TAG_BEFORE_SLEEP, TAG_PASSWORD, TAG_POWER, TAG_SCRUB, TAG_THROUGHPUT_CHANGED, Tags, Throughput, Undeclared,
};
use envctl::planner;
use proptest::prelude::*;

use super::world::{absent, asleep, deployment, desired, policy, present_mut, snapshot, steps, up};

const DATABASE_STATUSES: [&str; 14] = [
    "available",
    "backing-up",
    "creating",
    "deleting",
    "failed",
    "incompatible-restore",
    "modifying",
    "rebooting",
    "starting",
    "stopped",
    "stopping",
    "storage-full",
    "a-word-of-tomorrow",
    "storage-optimization",
];

/// One change by hand, by AWS or by a crash: what, and how.
fn change(live: &mut Live, desired: &mut Desired, what: u8, how: u8) {
    let pick = |texts: &[&str]| texts[usize::from(how) % texts.len()].to_owned();
    let flag = how.is_multiple_of(2);
    match what {
        0..=3 => present_mut(&mut live.databases).for_each(|one| one.status = pick(&DATABASE_STATUSES)),
        4 => lose(&mut live.databases, how),
        5 => lose(&mut live.secrets, how),
        6 => lose(&mut live.access_points, how),
        7 => lose(&mut live.target_groups, how),
        8 => lose(&mut live.services, how),
        9 => lose(&mut live.rules, how),
        10 => lose(&mut live.scaling, how),
        11 => lose(&mut live.log_groups, how),
        12 => lose(&mut live.file_systems, how),
        13 => lose(&mut live.snapshots, how),
        14 => lose(&mut live.task_definitions, how),
        15 => lose(&mut live.mount_targets, how),
        16 => lose(&mut live.listener_rules, how),
        17 => present_mut(&mut live.services).for_each(|one| one.desired_count = u32::from(how % 3)),
        18 => present_mut(&mut live.services).for_each(|one| one.running_count = u32::from(how % 3)),
        19 => present_mut(&mut live.services).for_each(|one| one.status = pick(&["DRAINING", "INACTIVE", "ACTIVE"])),
        20 => present_mut(&mut live.services).for_each(|one| {
            one.deployments = vec![deployment(&one.task_definition, &pick(&["IN_PROGRESS", "FAILED"]), 1)];
        }),
        21 => present_mut(&mut live.services).for_each(|one| one.deployments.clear()),
        22 => present_mut(&mut live.services).for_each(|one| one.attachments.clear()),
        23 => present_mut(&mut live.services).for_each(|one| one.enable_exec = !one.enable_exec),
        24 => present_mut(&mut live.scaling).for_each(|one| {
            (one.min, one.max, one.suspended) = (u32::from(how % 3), u32::from(how % 7), flag);
        }),
        25 => present_mut(&mut live.scaling).for_each(|one| one.policies.clear()),
        26 => warming_rule(live, desired),
        27 => present_mut(&mut live.rules).for_each(|one| one.actions.clear()),
        28 => present_mut(&mut live.rules).for_each(|one| one.conditions.clear()),
        29 => present_mut(&mut live.databases).for_each(|one| mark(&mut one.tags, TAG_SCRUB, "needed")),
        30 => present_mut(&mut live.databases).for_each(|one| mark(&mut one.tags, TAG_PASSWORD, "pending")),
        31 => present_mut(&mut live.databases).for_each(|one| one.class = "db.t4g.large".to_owned()),
        32 => present_mut(&mut live.databases).for_each(|one| one.storage_gib = u32::from(how)),
        33 => present_mut(&mut live.databases).for_each(|one| one.deletion_protection = true),
        34 => present_mut(&mut live.databases).for_each(|one| one.tags.clear()),
        35 => present_mut(&mut live.services).for_each(|one| one.tags.clear()),
        36 => {
            present_mut(&mut live.services).for_each(|one| mark(&mut one.tags, TAG_BEFORE_SLEEP, "desired=3 nonsense"))
        }
        37 => present_mut(&mut live.services)
            .for_each(|one| mark(&mut one.tags, TAG_POWER, &pick(&["up", "parked", "?"]))),
        38 => present_mut(&mut live.secrets).for_each(|one| one.deletes_at = Some(live.observed_at)),
        39 => {
            present_mut(&mut live.file_systems).for_each(|one| one.throughput = Throughput::Provisioned(u32::from(how)))
        }
        40 => present_mut(&mut live.file_systems)
            .for_each(|one| mark(&mut one.tags, TAG_THROUGHPUT_CHANGED, "2026-03-01T12:00:00Z")),
        41 => present_mut(&mut live.access_points).for_each(|one| one.path = "/elsewhere".to_owned()),
        42 => present_mut(&mut live.access_points).for_each(|one| one.state = pick(&["creating", "deleting"])),
        43 => live.undeclared.push(Undeclared {
            key: ResourceKey::new(ResourceKind::ALL[usize::from(how) % ResourceKind::ALL.len()], "old"),
            id: "an-old-one".to_owned(),
        }),
        44 => present_mut(&mut live.snapshots).for_each(|all| {
            all.extend((0..how % 5).map(|number| snapshot(desired, &format!("more-{number}"), i64::from(number) * 9)));
        }),
        45 => present_mut(&mut live.snapshots).for_each(|all| {
            all.iter_mut().take(1).for_each(|one| one.status = pick(&["creating", "failed", "available"]));
        }),
        46 => present_mut(&mut live.snapshots).for_each(|all| all.iter_mut().for_each(|one| one.tags.clear())),
        47 => desired.services.values_mut().for_each(|spec| spec.scaling = None),
        48 => desired.databases.values_mut().for_each(|spec| spec.scrub = None),
        49 => desired.services.values_mut().for_each(|spec| spec.attachment = None),
        50 => desired.rules.values_mut().for_each(|spec| spec.priority = Some(u32::from(how).max(1))),
        51 => desired.databases.clear(),
        52 => desired.rules.clear(),
        53 => desired.protect = flag,
        54 => live.account = "000000000000".to_owned(),
        55 => live.borrowed = envctl::model::Borrowed::default(),
        56 => desired.services.values_mut().for_each(|spec| spec.desired_count = u32::from(how % 3)),
        57 => live.mount_targets.values_mut().for_each(|targets| *targets = Sighting::Present(Vec::new())),
        58 => present_mut(&mut live.target_groups).for_each(|one| one.port = u16::from(how)),
        _ => present_mut(&mut live.databases).for_each(|one| one.endpoint = None),
    }
}

fn mark(tags: &mut Tags, key: &str, value: &str) {
    tags.insert(key.to_owned(), value.to_owned());
}

fn lose<T>(sightings: &mut envctl::model::Sightings<T>, how: u8) {
    match how % 3 {
        0 => sightings.clear(),
        1 => sightings.values_mut().for_each(|one| *one = Sighting::Absent),
        _ => sightings.values_mut().for_each(|one| *one = Sighting::Unreadable { why: "AccessDenied".to_owned() }),
    }
}

fn warming_rule(live: &mut Live, desired: &Desired) {
    for (name, spec) in &desired.rules {
        let rule = LiveRule {
            arn: "arn:rule:warming".to_owned(),
            listener_arn: "arn:listener".to_owned(),
            priority: Some(2),
            conditions: spec.conditions.clone(),
            actions: vec![RuleAction::Forward { target_group_arn: "arn:group:web".to_owned() }],
            tags: Some(desired.tags_of(&ResourceKey::new(ResourceKind::ListenerRule, format!("{name}.warming")))),
        };
        live.rules.insert(format!("{name}.warming"), Sighting::Present(rule));
    }
}

fn goals() -> Vec<Goal> {
    let mut goals = vec![Goal::Snapshot, Goal::Prune];
    let from = ["old-1", "a-stranger"].map(|name| DataSource::Snapshot(name.to_owned()));
    let from = from.into_iter().chain([DataSource::Latest, DataSource::Database("production".to_owned())]);
    goals.extend(from.map(|from| Goal::Up { from }));
    for mode in [SleepMode::Auto, SleepMode::Park, SleepMode::Hibernate] {
        let idle = [None, Some(Duration::from_secs(3600)), Some(Duration::from_secs(900_000))];
        goals.extend(idle.map(|idle| Goal::Down { mode, idle }));
    }
    goals.extend([false, true].map(|delete_snapshots| Goal::Destroy { delete_snapshots }));
    goals
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_plan_from_every_world_passes_the_linter(
        preview in any::<bool>(),
        state in 0u8..4,
        changes in proptest::collection::vec((0u8..60, any::<u8>()), 0..6),
    ) {
        let mut desired = desired(if preview { "preview" } else { "staging" });
        let mut live = match state {
            0 => absent(&desired),
            1 => up(&desired),
            2 => asleep(&desired, Power::Parked),
            _ => asleep(&desired, Power::Hibernated),
        };
        for (what, how) in &changes {
            change(&mut live, &mut desired, *what, *how);
        }
        for goal in goals() {
            let plan = planner::plan(&desired, &live, &goal, &policy());
            prop_assert_eq!(planner::check(&plan), Vec::<String>::new(), "{:?}\n{}", goal, steps(&plan));
            prop_assert_eq!(&planner::plan(&desired, &live, &goal, &policy()), &plan);
        }
    }
}
