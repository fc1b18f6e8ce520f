//! Many environments at once: the calls that AWS would have seen, by batch and page, each held back as its rates
//! demand (`aws.md` 7.3). Revisions and the tags of what is listed are known as a warm cache knows them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::SimCloud;
use super::calls::half_a_call;
use super::world::World;
use crate::cloud::sizes::{
    ALARMS_AT_ONCE, BALANCER_PAGE, LOG_GROUPS_AT_ONCE, PAGE, SCALABLE_TARGETS_AT_ONCE, SERVICES_AT_ONCE, TAGGED_AT_ONCE,
};
use crate::model::{Depth, FileSystemSpec, ListenerSelector, Live, ResourceKey, ResourceKind, Scope, Selector, Tags};

/// How long what was listed is believed.
const LISTS_LAST: SignedDuration = SignedDuration::from_mins(5);
/// How soon a call that the rates hold back is tried again.
const HELD_BACK: Duration = Duration::from_millis(50);

/// Calls that wait for one another, as the pages of a list do: an operation, and how many.
type Chain = (&'static str, usize);

impl SimCloud {
    /// Makes the calls of an observation of these environments, in their waves.
    pub(super) async fn call_for_all(&self, scopes: &[Scope]) {
        for wave in self.waves(scopes) {
            join_all(wave.into_iter().map(|(operation, calls)| async move {
                for _ in 0..calls {
                    self.read_call(operation).await;
                }
            }))
            .await;
        }
    }

    async fn read_call(&self, operation: &'static str) {
        loop {
            {
                let mut account = self.aged();
                let account = &mut *account;
                if account.rates.allow(operation, account.world.now) {
                    account.world.note_reads(&[(operation, String::new())]);
                    break;
                }
            }
            tokio::time::sleep(HELD_BACK).await;
        }
        half_a_call().await;
        half_a_call().await;
    }

    /// What has to be called, wave by wave. What was listed a short time ago is not listed again.
    fn waves(&self, scopes: &[Scope]) -> [Vec<Chain>; 4] {
        let mut account = self.aged();
        let account = &mut *account;
        let world = &account.world;
        let mut lists = Lists { listed: &mut account.listed, now: world.now };
        let mut first = account_lists(world, &mut lists);
        let (at_once, after) = lists_that_scopes_need(world, scopes, &mut lists);
        first.extend(at_once);
        [first, after, by_name(world, scopes), one_by_one(scopes)]
    }
}

/// What was listed, and when.
struct Lists<'a> {
    listed: &'a mut BTreeMap<String, Timestamp>,
    now: Timestamp,
}

impl Lists<'_> {
    /// Must this be listed? From now on it is.
    fn wants(&mut self, list: &str) -> bool {
        let fresh = self.listed.get(list).is_some_and(|at| self.now.duration_since(*at) < LISTS_LAST);
        if !fresh {
            self.listed.insert(list.to_owned(), self.now);
        }
        !fresh
    }
}

/// Pages of a list; an empty list is a page too.
fn pages(things: usize, at_once: usize) -> usize {
    things.div_ceil(at_once).max(1)
}

fn account_lists(world: &World, lists: &mut Lists<'_>) -> Vec<Chain> {
    if !lists.wants("account") {
        return Vec::new();
    }
    vec![
        ("sts:GetCallerIdentity", 1),
        ("rds:DescribeDBInstances", pages(world.databases.len(), PAGE)),
        ("secretsmanager:ListSecrets", pages(world.secrets.len(), PAGE)),
        ("elasticfilesystem:DescribeFileSystems", pages(world.file_systems.len(), PAGE)),
        ("elasticloadbalancing:DescribeTargetGroups", pages(world.target_groups.len(), BALANCER_PAGE)),
        ("tag:GetResources", pages(world.target_groups.len(), PAGE)),
        ("tag:GetResources", pages(world.rules.len(), PAGE)),
        ("tag:GetResources", pages(world.log_groups.len(), PAGE)),
    ]
}

/// What needs no other answer first, and what does: the ids behind selectors, or which databases are gone.
fn lists_that_scopes_need(world: &World, scopes: &[Scope], lists: &mut Lists<'_>) -> (Vec<Chain>, Vec<Chain>) {
    let (mut at_once, mut after) = (Vec::new(), Vec::new());
    for scope in scopes {
        for selector in scope.desired.listeners.values() {
            let Some(listener) = world.find_listener(selector) else { continue };
            if lists.wants(&listener.live.arn) {
                let rules = world.rules.values().filter(|rule| rule.live.listener_arn == listener.live.arn).count();
                let known = scope.known_ids.contains_key(&selector.to_string());
                let wave =
                    if known || matches!(selector, ListenerSelector::Arn(_)) { &mut at_once } else { &mut after };
                wave.push(("elasticloadbalancing:DescribeRules", pages(rules, BALANCER_PAGE)));
                if !known {
                    at_once.push(("elasticloadbalancing:DescribeLoadBalancers", 1));
                    at_once.push(("elasticloadbalancing:DescribeListeners", 1));
                }
            }
        }
        for (name, spec) in &scope.desired.file_systems {
            let Some(system) = world.find_file_system(scope, name) else { continue };
            if lists.wants(&system.live.id) {
                let points = world.access_points.values().filter(|one| one.live.file_system_id == system.live.id);
                let known = match spec {
                    FileSystemSpec::Borrowed { selector: Selector::Id(_), .. } => true,
                    FileSystemSpec::Borrowed { selector, .. } => scope.known_ids.contains_key(&selector.to_string()),
                    FileSystemSpec::Owned { .. } => false,
                };
                let wave = if known { &mut at_once } else { &mut after };
                wave.push(("elasticfilesystem:DescribeAccessPoints", pages(points.count(), PAGE)));
            }
        }
        let gone = |identifier: &str| !world.databases.contains_key(&identifier.to_lowercase());
        if scope.desired.databases.values().any(|spec| gone(&spec.identifier)) && lists.wants("snapshots") {
            after.push(("rds:DescribeDBSnapshots", pages(world.snapshots.len(), PAGE)));
        }
        let groups = &scope.desired.network.security_groups;
        for selector in groups.iter().chain(scope.desired.databases.values().flat_map(|spec| &spec.security_groups)) {
            let known = scope.known_ids.contains_key(&format!("security-groups {selector}"));
            if matches!(selector, Selector::Tag { .. }) && !known && lists.wants(&selector.to_string()) {
                at_once.push(("ec2:DescribeSecurityGroups", 1));
            }
        }
    }
    (at_once, after)
}

fn by_name(world: &World, scopes: &[Scope]) -> Vec<Chain> {
    let mut by_cluster: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut services, mut log_groups, mut alarms) = (0_usize, 0_usize, 0_usize);
    let mut doubtful: BTreeSet<&str> = BTreeSet::new();
    for scope in scopes {
        let desired = &scope.desired;
        for spec in desired.services.values() {
            *by_cluster.entry(&spec.cluster).or_default() += 1;
            services += 1;
        }
        log_groups += desired.log_groups.len();
        alarms += desired.alarms.len();
        // The list of tags is believed where it says what is wanted.
        let as_wanted = |kind: ResourceKind, name: &str, tags: &Tags| {
            let wanted = desired.tags_with_name(&ResourceKey::new(kind, name));
            wanted.iter().all(|(key, value)| tags.get(key) == Some(value))
        };
        for (name, spec) in &desired.target_groups {
            let mut found = world.target_groups.values();
            let found = found.find(|found| found.live.target_group_name == spec.target_group_name);
            if let Some(found) = found.filter(|found| !as_wanted(ResourceKind::TargetGroup, name, &found.live.tags)) {
                doubtful.insert(&found.live.arn);
            }
        }
    }
    let mut chains: Vec<Chain> = Vec::new();
    let mut at_once = |operation: &'static str, calls: usize| chains.extend((0..calls).map(|_| (operation, 1)));
    by_cluster.values().for_each(|count| at_once("ecs:DescribeServices", count.div_ceil(SERVICES_AT_ONCE)));
    let targets = services.div_ceil(SCALABLE_TARGETS_AT_ONCE);
    at_once("application-autoscaling:DescribeScalableTargets", targets);
    at_once("logs:DescribeLogGroups", log_groups.div_ceil(LOG_GROUPS_AT_ONCE));
    at_once("cloudwatch:DescribeAlarms", alarms.div_ceil(ALARMS_AT_ONCE));
    at_once("elasticloadbalancing:DescribeTags", doubtful.len().div_ceil(TAGGED_AT_ONCE));
    chains
}

/// What AWS tells of one resource at a time.
fn one_by_one(scopes: &[Scope]) -> Vec<Chain> {
    let mut chains = Vec::new();
    for Scope { desired, .. } in scopes.iter().filter(|scope| scope.depth != Depth::Survey) {
        let scaled = desired.services.values().filter(|spec| spec.scaling.is_some()).count();
        let owned = |spec: &&FileSystemSpec| matches!(spec, FileSystemSpec::Owned { .. });
        let systems = desired.file_systems.values().filter(owned).count();
        let groups = desired.target_groups.len();
        chains.extend((0..groups).map(|_| ("elasticloadbalancing:DescribeTargetGroupAttributes", 1)));
        chains.extend((0..scaled).map(|_| ("application-autoscaling:DescribeScalingPolicies", 1)));
        chains.extend((0..systems).map(|_| ("elasticfilesystem:DescribeMountTargets", 1)));
        chains.extend(desired.alarms.values().map(|_| ("cloudwatch:ListTagsForResource", 1)));
        chains.extend(desired.dashboards.values().map(|_| ("cloudwatch:GetDashboard", 1)));
    }
    chains
}

/// Takes away what a survey does not ask for.
pub(super) fn leave_for_another_time(live: &mut Live) {
    for group in live.target_groups.values_mut() {
        if let crate::model::Sighting::Present(group) = group {
            (group.deregistration_delay_seconds, group.stickiness_seconds) = (None, None);
            group.others.retain(|name, _| name.starts_with("health-check."));
        }
    }
    for scaling in live.scaling.values_mut() {
        if let crate::model::Sighting::Present(scaling) = scaling {
            scaling.policies.clear();
        }
    }
    for alarm in live.alarms.values_mut() {
        if let crate::model::Sighting::Present(alarm) = alarm {
            alarm.tags = None;
        }
    }
    live.mount_targets.clear();
    live.dashboards.clear();
}
