//! EC2: the subnets and security groups that an environment borrows, by id or tag; and its cluster.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, Tag};
use futures_util::future::join_all;

use super::AwsCloud;
use super::answer::text;
use super::observe::{sighting, unreadable};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{
    Borrowed, Depth, Desired, FileSystemSpec, LiveSecurityGroup, LiveSubnet, Scope, Selector, Sighting, Sightings,
    present,
};

/// Begins the keys of [`Live::resolved_ids`](crate::model::Live) that hold what these selectors found.
const SUBNETS: &str = "subnets";
const SECURITY_GROUPS: &str = "security-groups";

impl AwsCloud {
    /// What a scope's depth asks for of what is borrowed. A comparison needs the ids behind tags alone, and takes those
    /// that are known from before.
    pub(super) async fn look_at_borrowed(&self, scope: &Scope) -> Borrowed {
        let (subnets, groups) = selectors(&scope.desired);
        match scope.depth {
            Depth::Environment => Borrowed::default(),
            Depth::Comparison | Depth::Survey => {
                let by_tag = |all: BTreeSet<Selector>| -> BTreeSet<Selector> {
                    all.into_iter().filter(|selector| matches!(selector, Selector::Tag { .. })).collect()
                };
                // Whether a mount target is missing is a question of zones.
                let owns = scope.desired.file_systems.values().any(|spec| matches!(spec, FileSystemSpec::Owned { .. }));
                let subnets = if owns { subnets } else { by_tag(subnets) };
                let (mut known_subnets, subnets) = known(scope, SUBNETS, subnets, subnet_from);
                let (mut known_groups, groups) = known(scope, SECURITY_GROUPS, by_tag(groups), group_from);
                let (subnets, groups) = futures_util::join!(self.all_subnets(&subnets), self.all_groups(&groups));
                known_subnets.extend(subnets);
                known_groups.extend(groups);
                Borrowed { subnets: known_subnets, security_groups: known_groups, ..Borrowed::default() }
            }
            Depth::Preflight => {
                let cluster = async {
                    match &scope.desired.cluster {
                        Some(cluster) => Some(sighting(self.cluster_status(cluster).await)),
                        None => None,
                    }
                };
                let (subnets, security_groups, cluster) =
                    futures_util::join!(self.all_subnets(&subnets), self.all_groups(&groups), cluster);
                Borrowed { subnets, security_groups, cluster, ..Borrowed::default() }
            }
        }
    }

    async fn all_subnets(&self, selectors: &BTreeSet<Selector>) -> Sightings<Vec<LiveSubnet>> {
        let reads = together(selectors).into_iter().map(|selectors| async move {
            let request = self.clients.ec2.describe_subnets().filters(filter("subnet-id", &selectors));
            let answer = self.caller.call("ec2:DescribeSubnets", || request.clone().send()).await;
            let answer = answer.map(|answer| answer.subnets().to_vec());
            shared(&selectors, answer, |subnet| (subnet.subnet_id(), subnet.tags()), live_subnet)
        });
        join_all(reads).await.into_iter().flatten().collect()
    }

    async fn all_groups(&self, selectors: &BTreeSet<Selector>) -> Sightings<Vec<LiveSecurityGroup>> {
        let reads = together(selectors).into_iter().map(|selectors| async move {
            let request = self.clients.ec2.describe_security_groups().filters(filter("group-id", &selectors));
            let answer = self.caller.call("ec2:DescribeSecurityGroups", || request.clone().send()).await;
            let answer = answer.map(|answer| answer.security_groups().to_vec());
            shared(&selectors, answer, |group| (group.group_id(), group.tags()), live_group)
        });
        join_all(reads).await.into_iter().flatten().collect()
    }

    /// The subnets that a selector finds; none: an empty list.
    pub(super) async fn subnets(&self, selector: &Selector) -> Result<Vec<LiveSubnet>, CloudError> {
        let request = self.clients.ec2.describe_subnets().filters(filter("subnet-id", std::slice::from_ref(selector)));
        let answer = self.caller.call("ec2:DescribeSubnets", || request.clone().send()).await?;
        let found = answer.subnets().iter().filter(|subnet| fits(selector, subnet.subnet_id(), subnet.tags()));
        Ok(found.map(live_subnet).collect())
    }
}

/// The selectors of subnets and of security groups.
fn selectors(desired: &Desired) -> (BTreeSet<Selector>, BTreeSet<Selector>) {
    let of_databases = desired.databases.values().flat_map(|spec| &spec.security_groups);
    let groups = desired.network.security_groups.iter().chain(of_databases).cloned().collect();
    (desired.network.subnets.iter().cloned().collect(), groups)
}

/// Selectors that one filter can hold: those by id, and those by each tag's key.
fn together(selectors: &BTreeSet<Selector>) -> Vec<Vec<Selector>> {
    let mut calls: BTreeMap<Option<&String>, Vec<Selector>> = BTreeMap::new();
    for selector in selectors {
        let key = match selector {
            Selector::Id(_) => None,
            Selector::Tag { key, .. } => Some(key),
        };
        calls.entry(key).or_default().push(selector.clone());
    }
    calls.into_values().collect()
}

/// A filter, unlike a list of ids, does not fail for an id that is not there.
fn filter(id_name: &str, selectors: &[Selector]) -> Filter {
    let mut filter = Filter::builder();
    for selector in selectors {
        filter = match selector {
            Selector::Id(id) => filter.name(id_name).values(id),
            Selector::Tag { key, value } => filter.name(format!("tag:{key}")).values(value),
        };
    }
    filter.build()
}

/// One answer, divided among the selectors that it is for: not every server knows every filter, so each thing is held
/// against the selector once more.
fn shared<Found, T>(
    selectors: &[Selector],
    answer: Result<Vec<Found>, CloudError>,
    parts: impl Fn(&Found) -> (Option<&str>, &[Tag]),
    live: impl Fn(&Found) -> T,
) -> Vec<(String, Sighting<Vec<T>>)> {
    let one = |selector: &Selector| {
        let sighting = match &answer {
            Ok(all) => {
                let fitting = all.iter().filter(|found| {
                    let (id, tags) = parts(found);
                    fits(selector, id, tags)
                });
                let fitting: Vec<T> = fitting.map(&live).collect();
                if fitting.is_empty() { Sighting::Absent } else { Sighting::Present(fitting) }
            }
            Err(error) if error.kind == CloudErrorKind::NotFound => Sighting::Absent,
            Err(error) => unreadable(error),
        };
        (selector.to_string(), sighting)
    };
    selectors.iter().map(one).collect()
}

fn fits(selector: &Selector, id: Option<&str>, tags: &[Tag]) -> bool {
    match selector {
        Selector::Id(wanted) => id == Some(wanted),
        Selector::Tag { key, value } => tags.iter().any(|tag| tag.key() == Some(key) && tag.value() == Some(value)),
    }
}

fn live_subnet(subnet: &aws_sdk_ec2::types::Subnet) -> LiveSubnet {
    LiveSubnet { id: text(subnet.subnet_id()), vpc: text(subnet.vpc_id()), zone: text(subnet.availability_zone()) }
}

fn live_group(group: &aws_sdk_ec2::types::SecurityGroup) -> LiveSecurityGroup {
    LiveSecurityGroup { id: text(group.group_id()), vpc: text(group.vpc_id()) }
}

/// What is known from before, and the selectors that nothing is known of.
fn known<T>(
    scope: &Scope,
    kind: &str,
    selectors: BTreeSet<Selector>,
    from: impl Fn(&str) -> Option<T>,
) -> (Sightings<Vec<T>>, BTreeSet<Selector>) {
    let mut found = Sightings::new();
    let mut unknown = BTreeSet::new();
    for selector in selectors {
        let kept = scope.known_ids.get(&format!("{kind} {selector}"));
        match kept.and_then(|kept| kept.split(' ').map(&from).collect::<Option<Vec<T>>>()) {
            Some(things) => drop(found.insert(selector.to_string(), Sighting::Present(things))),
            None => drop(unknown.insert(selector)),
        }
    }
    (found, unknown)
}

fn subnet_from(text: &str) -> Option<LiveSubnet> {
    let mut parts = text.split('/').map(str::to_owned);
    Some(LiveSubnet { id: parts.next()?, vpc: parts.next()?, zone: parts.next()? })
}

fn group_from(text: &str) -> Option<LiveSecurityGroup> {
    let mut parts = text.split('/').map(str::to_owned);
    Some(LiveSecurityGroup { id: parts.next()?, vpc: parts.next()? })
}

/// What the next comparison need not ask for: the ids behind selectors.
pub(super) fn resolved(borrowed: &Borrowed) -> BTreeMap<String, String> {
    let subnets = present(&borrowed.subnets).map(|(selector, found)| {
        let found = found.iter().map(|subnet| format!("{}/{}/{}", subnet.id, subnet.vpc, subnet.zone));
        (format!("{SUBNETS} {selector}"), found.collect::<Vec<_>>().join(" "))
    });
    let groups = present(&borrowed.security_groups).map(|(selector, found)| {
        let found = found.iter().map(|group| format!("{}/{}", group.id, group.vpc));
        (format!("{SECURITY_GROUPS} {selector}"), found.collect::<Vec<_>>().join(" "))
    });
    subnets.chain(groups).collect()
}
