//! What forbids a plan before anything is planned: the wrong account, protection, and borrowed things that are missing
//! or do not fit. Everything is found at once, each with its remedy.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    FileSystemSpec, Goal, LiveSecurityGroup, LiveSubnet, RefusalKind, ResourceKey, ResourceKind, Selector, Sighting,
    Sightings, present,
};

use super::draft::Draft;
use super::file_system;
use super::situation::{Situation, key};

/// Refuses another account or region than the spec's.
pub(super) fn account(s: &Situation, draft: &mut Draft) {
    let pairs = [("account", &s.live.account, &s.desired.account), ("region", &s.live.region, &s.desired.region)];
    for (what, found, wanted) in pairs {
        if found != wanted {
            draft.refuse(
                None,
                RefusalKind::WrongAccount,
                format!("the credentials are for {what} {found}, the spec says {wanted}"),
                format!("use credentials and settings for {what} {wanted}, or correct the spec"),
            );
        }
    }
}

/// Refuses to put away what is protected.
pub(super) fn protection(s: &Situation, goal: &Goal, draft: &mut Draft) {
    let destructive = matches!(
        goal,
        Goal::Down { .. } | Goal::Destroy { .. } | Goal::Prune | Goal::DiscardFormer | Goal::DiscardKept
    );
    if s.desired.protect && destructive {
        draft.refuse(
            None,
            RefusalKind::Protected,
            format!("{} is protected: `{}` stops or deletes something", s.desired.environment, goal.command()),
            "remove `protect: true` from the spec first",
        );
    }
}

/// Refuses when something borrowed is missing or does not fit, as far as it was looked at.
pub(super) fn borrowed(s: &Situation, draft: &mut Draft) {
    cluster(s, draft);
    listeners(s, draft);
    let groups = s.desired.databases.values().flat_map(|database| &database.security_groups);
    let groups: BTreeSet<&Selector> = s.desired.network.security_groups.iter().chain(groups).collect();
    missing("security group", groups, &s.live.borrowed.security_groups, draft);
    missing("subnet", s.desired.network.subnets.iter().collect(), &s.live.borrowed.subnets, draft);
    one_vpc(s, draft);
    target_group_vpcs(s, draft);
    mount_targets(s, draft);
}

fn cluster(s: &Situation, draft: &mut Draft) {
    let Some(name) = &s.desired.cluster else { return };
    match &s.live.borrowed.cluster {
        None => {}
        Some(Sighting::Present(status)) if status == "ACTIVE" => {}
        Some(Sighting::Present(status)) => {
            let why = format!("cluster {name} is {status}");
            draft.refuse(None, RefusalKind::Misfit, why, "name an active cluster in the spec");
        }
        Some(Sighting::Absent) => {
            let why = format!("cluster {name} does not exist");
            draft.refuse(None, RefusalKind::Misfit, why, "correct the cluster's name in the spec");
        }
        Some(Sighting::Unreadable { why }) => unreadable(&format!("cluster {name}"), why, draft),
    }
}

fn listeners(s: &Situation, draft: &mut Draft) {
    for (name, selector) in &s.desired.listeners {
        match s.live.borrowed.listeners.get(name) {
            Some(Sighting::Absent) => draft.refuse(
                None,
                RefusalKind::Misfit,
                format!("listener {name} ({selector}) does not exist"),
                "correct the load balancer's name and port, or the ARN, in the spec",
            ),
            Some(Sighting::Unreadable { why }) => unreadable(&format!("listener {name}"), why, draft),
            Some(Sighting::Present(_)) | None => {}
        }
    }
}

fn missing<T>(what: &str, selectors: BTreeSet<&Selector>, found: &Sightings<Vec<T>>, draft: &mut Draft) {
    for selector in selectors {
        match found.get(&selector.to_string()) {
            Some(Sighting::Unreadable { why }) => unreadable(&format!("{what} {selector}"), why, draft),
            Some(Sighting::Present(things)) if !things.is_empty() => {}
            Some(_) => draft.refuse(
                None,
                RefusalKind::Misfit,
                format!("no {what} matches {selector}"),
                format!("correct the {what}'s id or tag in the spec"),
            ),
            None => {}
        }
    }
}

/// The tasks' subnets and security groups and the load balancer stand in one VPC.
fn one_vpc(s: &Situation, draft: &mut Draft) {
    let mut vpcs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let borrowed = &s.live.borrowed;
    for selector in &s.desired.network.subnets {
        for LiveSubnet { id, vpc, .. } in matched(&borrowed.subnets, selector) {
            vpcs.entry(vpc).or_default().insert(id.clone());
        }
    }
    for selector in &s.desired.network.security_groups {
        for LiveSecurityGroup { id, vpc } in matched(&borrowed.security_groups, selector) {
            vpcs.entry(vpc).or_default().insert(id.clone());
        }
    }
    for (name, listener) in present(&borrowed.listeners) {
        if let Some(vpc) = &listener.vpc {
            vpcs.entry(vpc).or_default().insert(format!("listener {name}"));
        }
    }
    if vpcs.len() > 1 {
        let parts: Vec<String> = vpcs
            .iter()
            .map(|(vpc, things)| format!("{vpc}: {}", things.iter().cloned().collect::<Vec<_>>().join(" ")))
            .collect();
        draft.refuse(
            None,
            RefusalKind::Misfit,
            format!("subnets, security groups and listeners stand in several VPCs ({})", parts.join("; ")),
            "name subnets and security groups of the load balancer's VPC in the spec",
        );
    }
}

fn target_group_vpcs(s: &Situation, draft: &mut Draft) {
    for (name, group) in present(&s.live.target_groups) {
        let rules = s.desired.rules.values().filter(|rule| rule.target_group.as_ref() == Some(name));
        for rule in rules {
            let listener = s.live.borrowed.listeners.get(&rule.listener).and_then(|sighting| sighting.present());
            let wanted = listener.and_then(|listener| listener.vpc.as_ref());
            if let (Some(found), Some(wanted)) = (&group.vpc, wanted)
                && found != wanted
            {
                draft.refuse(
                    Some(key(ResourceKind::TargetGroup, name)),
                    RefusalKind::Misfit,
                    format!(
                        "target group {} stands in {found}, listener {} in {wanted}",
                        group.target_group_name, rule.listener
                    ),
                    "give the target group another name in the spec: a new one is made in the listener's VPC",
                );
            }
        }
    }
}

/// A borrowed file system that tasks mount needs a mount target in each of their zones (`aws.md` 3.4).
fn mount_targets(s: &Situation, draft: &mut Draft) {
    for (name, spec) in &s.desired.file_systems {
        let used = s.desired.access_points.values().any(|point| point.file_system == *name);
        if !used || !matches!(spec, FileSystemSpec::Borrowed { .. }) {
            continue;
        }
        let targets = match s.live.mount_targets.get(name) {
            Some(Sighting::Present(targets)) => targets.as_slice(),
            Some(Sighting::Absent) => &[],
            Some(Sighting::Unreadable { why }) => {
                unreadable(&format!("mount targets of {name}"), why, draft);
                continue;
            }
            None => continue,
        };
        let covered: BTreeSet<&str> = targets.iter().map(|target| file_system::zone_of(s, target)).collect();
        for subnet in s.desired.network.subnets.iter().flat_map(|selector| matched(&s.live.borrowed.subnets, selector))
        {
            if !covered.contains(subnet.zone.as_str()) {
                draft.refuse(
                    Some(ResourceKey::new(ResourceKind::FileSystem, name)),
                    RefusalKind::Misfit,
                    format!("the borrowed file system has no mount target in {}, where {} is", subnet.zone, subnet.id),
                    "leave that subnet out, or ask the file system's owner for a mount target",
                );
            }
        }
    }
}

fn matched<'a, T>(found: &'a Sightings<Vec<T>>, selector: &Selector) -> impl Iterator<Item = &'a T> {
    found.get(&selector.to_string()).and_then(Sighting::present).into_iter().flatten()
}

fn unreadable(what: &str, why: &str, draft: &mut Draft) {
    let remedy = "what cannot be read is never taken for fitting; mend the permission or try again";
    draft.refuse(None, RefusalKind::Unreadable, format!("{what} could not be read: {why}"), remedy);
}
