//! Random worlds and every goal: the planner always answers, and the linter finds nothing wrong with it.

use std::collections::BTreeMap;
use std::time::Duration;

use envctl::model::{
    DataSource, Desired, Goal, Live, LiveRecoveryPoint, LiveRule, Parts, Power, ResourceKey, ResourceKind, RuleAction,
    Sighting, SleepMode, TAG_BEFORE_SLEEP, TAG_FILES, TAG_KEPT_AS, TAG_MAINTENANCE, TAG_PASSWORD, TAG_POWER,
    TAG_REPLACE_WITH, TAG_SCRUB, TAG_SNAPSHOT_PATH, TAG_THROUGHPUT_CHANGED, Tags, Throughput, Undeclared,
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
pub(super) fn change(live: &mut Live, desired: &mut Desired, what: u8, how: u8) {
    match what {
        0..=19 => vanish(live, what, how),
        20..=39 => change_service_or_rule(live, desired, what, how),
        40..=59 => change_data(live, desired, what, how),
        _ => change_spec(live, desired, what, how),
    }
}

fn pick(texts: &[&str], how: u8) -> String {
    texts[usize::from(how) % texts.len()].to_owned()
}

/// Something is gone, cannot be read or was not looked at.
fn vanish(live: &mut Live, what: u8, how: u8) {
    match what {
        0 => lose(&mut live.databases, how),
        1 => lose(&mut live.secrets, how),
        2 => lose(&mut live.access_points, how),
        3 => lose(&mut live.target_groups, how),
        4 => lose(&mut live.services, how),
        5 => lose(&mut live.rules, how),
        6 => lose(&mut live.scaling, how),
        7 => lose(&mut live.log_groups, how),
        8 => lose(&mut live.file_systems, how),
        9 => lose(&mut live.snapshots, how),
        10 => lose(&mut live.task_definitions, how),
        11 => lose(&mut live.mount_targets, how),
        12 => lose(&mut live.listener_rules, how),
        13 => live.mount_targets.values_mut().for_each(|targets| *targets = Sighting::Present(Vec::new())),
        14 => live.borrowed = envctl::model::Borrowed::default(),
        15 => live.account = "000000000000".to_owned(),
        _ => live.undeclared.push(Undeclared {
            key: ResourceKey::new(ResourceKind::ALL[usize::from(how) % ResourceKind::ALL.len()], "old"),
            id: format!("an-old-one-{}", live.undeclared.len()),
        }),
    }
}

fn change_service_or_rule(live: &mut Live, desired: &Desired, what: u8, how: u8) {
    if what == 39 {
        return warming_rule(live, desired);
    }
    for one in present_mut(&mut live.services) {
        match what {
            20 => one.desired_count = u32::from(how % 3),
            21 => one.running_count = u32::from(how % 3),
            22 => one.status = pick(&["DRAINING", "INACTIVE", "ACTIVE"], how),
            23 => {
                one.deployments = vec![deployment(&one.task_definition, &pick(&["IN_PROGRESS", "FAILED"], how), 1)];
            }
            24 => one.deployments.clear(),
            25 => one.attachments.clear(),
            26 => one.enable_exec = !one.enable_exec,
            27 => one.tags.clear(),
            28 => mark(&mut one.tags, TAG_BEFORE_SLEEP, "desired=3 nonsense"),
            29 => mark(&mut one.tags, TAG_POWER, &pick(&["up", "parked", "?"], how)),
            _ => {}
        }
    }
    for one in present_mut(&mut live.scaling) {
        match what {
            30 => (one.min, one.max) = (u32::from(how % 3), u32::from(how % 7)),
            31 => one.suspended = !one.suspended,
            32 => one.policies.clear(),
            _ => {}
        }
    }
    for one in present_mut(&mut live.rules) {
        match what {
            37 => one.tags.iter_mut().for_each(|tags| mark(tags, TAG_MAINTENANCE, "2026-03-01T12:00:00Z anna")),
            33 => one.actions.clear(),
            34 => one.conditions.clear(),
            35 => one.priority = Some(u32::from(how)),
            _ => {}
        }
    }
    if what == 36 {
        present_mut(&mut live.target_groups).for_each(|one| one.port = u16::from(how));
    }
}

fn change_data(live: &mut Live, desired: &Desired, what: u8, how: u8) {
    for one in present_mut(&mut live.databases) {
        match what {
            40..=43 => one.status = pick(&DATABASE_STATUSES, how),
            44 => mark(&mut one.tags, TAG_SCRUB, "needed"),
            45 => mark(&mut one.tags, TAG_PASSWORD, "pending"),
            46 => one.class = "db.t4g.large".to_owned(),
            47 => one.storage_gib = u32::from(how),
            48 => one.deletion_protection = true,
            49 => one.tags.clear(),
            50 => one.endpoint = None,
            59 => {
                mark(&mut one.tags, TAG_REPLACE_WITH, "old-1");
                mark(&mut one.tags, TAG_KEPT_AS, &pick(&["kept-1", &one.identifier.clone()], how));
            }
            _ => {}
        }
    }
    for all in present_mut(&mut live.snapshots) {
        match what {
            51 => {
                let more = |number: u8| snapshot(desired, &format!("more-{number}"), i64::from(number) * 9);
                all.extend((0..how % 5).filter(|_| !desired.databases.is_empty()).map(more));
            }
            52 => all.iter_mut().take(1).for_each(|one| one.status = pick(&["creating", "failed"], how)),
            53 => all.iter_mut().for_each(|one| one.tags.clear()),
            _ => {}
        }
    }
    for one in present_mut(&mut live.file_systems) {
        match what {
            54 => one.throughput = Throughput::Provisioned(u32::from(how)),
            55 => mark(&mut one.tags, TAG_THROUGHPUT_CHANGED, "2026-03-01T12:00:00Z"),
            _ => {}
        }
    }
    for one in present_mut(&mut live.access_points) {
        match what {
            56 => one.path = "/elsewhere".to_owned(),
            57 => one.state = pick(&["creating", "deleting"], how),
            _ => {}
        }
    }
    let at = live.observed_at;
    if what == 58 {
        present_mut(&mut live.secrets).for_each(|one| one.deletes_at = Some(at));
    }
}

fn change_spec(live: &mut Live, desired: &mut Desired, what: u8, how: u8) {
    match what {
        60 => desired.services.values_mut().for_each(|spec| spec.scaling = None),
        61 => desired.databases.values_mut().for_each(|spec| spec.scrub = None),
        62 => desired.services.values_mut().for_each(|spec| spec.attachment = None),
        63 => desired.rules.values_mut().for_each(|spec| spec.priority = Some(u32::from(how).max(1))),
        64 => desired.databases.clear(),
        65 => desired.rules.clear(),
        66 => desired.protect = how.is_multiple_of(2),
        67 => live.region = "eu-central-1".to_owned(),
        68 | 69 => files_in_snapshots(live, desired, how),
        _ => desired.services.values_mut().for_each(|spec| spec.desired_count = u32::from(how % 3)),
    }
}

/// Snapshots take the files along, one of them is there or half there, and a restore of it has begun or ended.
pub(super) fn files_in_snapshots(live: &mut Live, desired: &mut Desired, how: u8) {
    desired.access_points.values_mut().for_each(|point| point.snapshot = true);
    let systems: Vec<String> = desired.backed_up_file_systems().into_iter().cloned().collect();
    let parts = Parts { file_systems: systems.clone(), databases: desired.databases.keys().cloned().collect() };
    let id = "20260301t000000z-aaaa";
    live.vault = Some(Sighting::Present("a-vault".to_owned()));
    for name in systems {
        let mut tags = desired.tags_of(&ResourceKey::new(ResourceKind::RecoveryPoint, &name));
        tags.extend(parts.tags(id));
        let paths = desired.access_points.iter().map(|(path, spec)| (format!("{TAG_SNAPSHOT_PATH}{path}"), &spec.path));
        tags.extend(paths.map(|(tag, path)| (tag, path.clone())));
        let point = LiveRecoveryPoint {
            arn: "arn:recovery-point:1".to_owned(),
            vault: "a-vault".to_owned(),
            file_system_arn: "arn:file-system/fs-1".to_owned(),
            status: pick(&["COMPLETED", "COMPLETED", "COMPLETED", "PARTIAL"], how),
            size_bytes: None,
            encrypted: true,
            created_at: Some(live.observed_at),
            tags,
        };
        live.recovery_points.insert(name, Sighting::Present(vec![point]));
    }
    for all in present_mut(&mut live.snapshots) {
        for one in all.iter_mut().take(1) {
            one.identifier = format!("{}-{id}", one.database);
            one.tags.extend(parts.tags(id));
        }
    }
    let state = pick(&["", "back", "needed", "done", "tidied"], how / 4);
    let marks = present_mut(&mut live.access_points).map(|one| &mut one.tags);
    let marks: Vec<&mut Tags> = match how % 3 {
        0 => marks.chain(present_mut(&mut live.databases).map(|one| &mut one.tags)).collect(),
        _ => marks.collect(),
    };
    for tags in marks.into_iter().filter(|_| !state.is_empty()) {
        mark(tags, TAG_FILES, &format!("{state}:{id}/20260302t000000z-bbbb"));
    }
    if how.is_multiple_of(3) && state == "back" {
        for one in present_mut(&mut live.databases) {
            let due = format!("{}-{id}", one.identifier);
            mark(&mut one.tags, TAG_REPLACE_WITH, &due);
            mark(&mut one.tags, TAG_KEPT_AS, "kept-1");
        }
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
    goals.extend([false, true].map(|on| Goal::Maintenance { on }));
    let snapshots = [None, Some("old-1".to_owned()), Some("20260301t000000z-aaaa".to_owned())];
    goals.extend(snapshots.map(|snapshot| Goal::RollbackData { to: BTreeMap::new(), snapshot }));
    goals.push(Goal::DiscardKept);
    goals
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_plan_from_every_world_passes_the_linter(
        preview in any::<bool>(),
        state in 0u8..4,
        changes in proptest::collection::vec((0u8..70, any::<u8>()), 0..6),
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
