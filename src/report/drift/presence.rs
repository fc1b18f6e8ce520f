//! Is everything there that is declared, and is it ours?

use super::finding::Findings;
use crate::model::{
    Desired, FileSystemSpec, Live, LiveLogGroup, LiveRule, Power, ResourceKey, ResourceKind, Sighting, Sightings, Tags,
    present,
};

/// A sighting without its content: what presence asks for.
enum Seen<'a> {
    Absent,
    /// With its tags; `None`: they were not read.
    Present(Option<&'a Tags>),
    Unreadable(&'a str),
}

/// The power state when nothing remembers one: something of ours is there (an `up` that did not get far), or nothing.
pub(super) fn power_without_memory(desired: &Desired, live: &Live) -> Power {
    // What waits for its deletion is left of a `destroy`.
    let leaving = |key: &ResourceKey| {
        let secret = live.secrets.get(&key.name).and_then(|sighting| sighting.present());
        key.kind == ResourceKind::Secret && secret.is_some_and(|secret| secret.deletes_at.is_some())
    };
    let owned = seen(desired, live).into_iter().any(|(key, seen)| match seen {
        Seen::Present(Some(tags)) => desired.owns(tags) && !leaving(&key),
        Seen::Present(None) | Seen::Absent | Seen::Unreadable(_) => false,
    });
    if owned { Power::Up } else { Power::Absent }
}

/// Every declared resource that was looked at and is there, or hibernates.
pub(super) fn there(desired: &Desired, live: &Live, power: Power) -> Vec<ResourceKey> {
    let hibernates = |key: &ResourceKey| key.kind == ResourceKind::Database && power == Power::Hibernated;
    let is_there = |(key, seen): &(ResourceKey, Seen<'_>)| match seen {
        Seen::Present(_) => true,
        Seen::Absent => hibernates(key),
        Seen::Unreadable(_) => false,
    };
    seen(desired, live).into_iter().filter(is_there).map(|(key, _)| key).collect()
}

/// Finds what could not be looked at.
pub(super) fn check_readable(desired: &Desired, live: &Live, findings: &mut Findings<'_>) {
    for (key, seen) in seen(desired, live) {
        if let Seen::Unreadable(why) = seen {
            findings.unreadable(&key, why);
        }
    }
    let environment = ResourceKey::new(ResourceKind::Environment, &desired.environment);
    for (name, sighting) in &live.mount_targets {
        if let (Sighting::Unreadable { why }, true) = (sighting, desired.file_systems.contains_key(name)) {
            findings.unreadable(&ResourceKey::new(ResourceKind::MountTarget, name), why);
        }
    }
    for gap in &live.gaps {
        findings.unreadable(&environment, gap);
    }
}

/// Finds what is missing, what is a stranger's, and tags that are not as declared.
pub(super) fn check(desired: &Desired, live: &Live, power: Power, findings: &mut Findings<'_>) {
    check_readable(desired, live, findings);
    for (key, seen) in seen(desired, live) {
        match seen {
            // What a hibernated environment keeps of its database is looked at in `power`.
            Seen::Absent if key.kind == ResourceKind::Database && power == Power::Hibernated => {}
            Seen::Absent => {
                findings.differs(&key, None, "there", "absent", "it is declared and not there");
            }
            Seen::Present(Some(tags)) if !desired.owns(tags) => {
                let why = "a resource of this name exists without this environment's tags";
                findings.differs(&key, Some("tags"), "ours", "somebody else's", why);
            }
            Seen::Present(Some(tags)) => check_tags(desired, &key, tags, findings),
            Seen::Present(None) | Seen::Unreadable(_) => {}
        }
    }
    for (name, secret) in present(&live.secrets).filter(|(name, _)| desired.databases.contains_key(*name)) {
        if let Some(at) = secret.deletes_at {
            let key = ResourceKey::new(ResourceKind::Secret, name);
            findings.drifted(&key, "deletion", "none", format!("deleted on {at}"), "somebody is deleting it");
        }
    }
}

fn check_tags(desired: &Desired, key: &ResourceKey, tags: &Tags, findings: &mut Findings<'_>) {
    for (name, wanted) in desired.tags_with_name(key) {
        let found = tags.get(&name);
        if found != Some(&wanted) {
            let found = found.map_or("absent", String::as_str);
            let why = "a declared tag is missing or has another value";
            findings.differs(key, Some(&format!("tags.{name}")), wanted, found, why);
        }
    }
}

/// Every declared resource that AWS knows by itself, and how it was seen.
fn seen<'a>(desired: &'a Desired, live: &'a Live) -> Vec<(ResourceKey, Seen<'a>)> {
    let mut all = Vec::new();
    let databases: Vec<&String> = desired.databases.keys().collect();
    look(&mut all, ResourceKind::Database, &databases, &live.databases, |database| Some(&database.tags));
    look(&mut all, ResourceKind::Secret, &databases, &live.secrets, |secret| Some(&secret.tags));
    let owned: Vec<&String> = owned_file_systems(desired);
    look(&mut all, ResourceKind::FileSystem, &owned, &live.file_systems, |system| Some(&system.tags));
    let borrowed: Vec<&String> = desired.file_systems.keys().filter(|name| !owned.contains(name)).collect();
    look(&mut all, ResourceKind::FileSystem, &borrowed, &live.file_systems, |_| None);
    let points = desired.access_points.keys().collect::<Vec<_>>();
    look(&mut all, ResourceKind::AccessPoint, &points, &live.access_points, |point| Some(&point.tags));
    let groups = desired.log_groups.keys().collect::<Vec<_>>();
    look(&mut all, ResourceKind::LogGroup, &groups, &live.log_groups, |group: &LiveLogGroup| group.tags.as_ref());
    let groups = desired.target_groups.keys().collect::<Vec<_>>();
    look(&mut all, ResourceKind::TargetGroup, &groups, &live.target_groups, |group| Some(&group.tags));
    let rules = desired.rules.keys().collect::<Vec<_>>();
    look(&mut all, ResourceKind::ListenerRule, &rules, &live.rules, |rule: &LiveRule| rule.tags.as_ref());
    for name in desired.services.keys() {
        let key = ResourceKey::new(ResourceKind::Service, name);
        // DRAINING and INACTIVE services count as gone (field.md row 20).
        let seen = match live.services.get(name) {
            Some(Sighting::Present(service)) if !service.is_active() => Seen::Absent,
            other => how(other, |service| Some(&service.tags)),
        };
        all.push((key, seen));
    }
    let scaled: Vec<&String> =
        desired.services.iter().filter(|(_, service)| service.scaling.is_some()).map(|(name, _)| name).collect();
    look(&mut all, ResourceKind::ScalableTarget, &scaled, &live.scaling, |_| None);
    // A document of a service that is not there is not looked for.
    let documented: Vec<&String> =
        present(&live.services).map(|(name, _)| name).filter(|name| desired.services.contains_key(*name)).collect();
    look(&mut all, ResourceKind::TaskDefinition, &documented, &live.task_definitions, |_| None);
    all
}

fn owned_file_systems(desired: &Desired) -> Vec<&String> {
    let owned = |spec: &FileSystemSpec| matches!(spec, FileSystemSpec::Owned { .. });
    desired.file_systems.iter().filter(|(_, spec)| owned(spec)).map(|(name, _)| name).collect()
}

fn look<'a, T>(
    all: &mut Vec<(ResourceKey, Seen<'a>)>,
    kind: ResourceKind,
    names: &[&String],
    sightings: &'a Sightings<T>,
    tags: fn(&T) -> Option<&Tags>,
) {
    for name in names {
        all.push((ResourceKey::new(kind, *name), how(sightings.get(*name), tags)));
    }
}

fn how<T>(sighting: Option<&Sighting<T>>, tags: fn(&T) -> Option<&Tags>) -> Seen<'_> {
    match sighting {
        None => Seen::Unreadable("it was not looked at"),
        Some(Sighting::Absent) => Seen::Absent,
        Some(Sighting::Present(thing)) => Seen::Present(tags(thing)),
        Some(Sighting::Unreadable { why }) => Seen::Unreadable(why),
    }
}
