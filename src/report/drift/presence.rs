//! Is everything there that is declared, and is it ours?

use serde_json::Value;

use super::finding::Findings;
use crate::model::{
    Desired, FileSystemSpec, Live, LiveAccessPoint, LiveAlarm, LiveDashboard, LiveDatabase, LiveFileSystem,
    LiveLogGroup, LiveRule, LiveScaling, LiveSecret, LiveService, LiveTargetGroup, Power, ResourceKey, ResourceKind,
    Sighting, Sightings, Tags, present,
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

/// What was left out on purpose.
pub(super) fn notes(desired: &Desired, live: &Live) -> Vec<String> {
    let scaled = desired.services.iter().filter(|(_, service)| service.scaling.is_some());
    let unasked = scaled.filter(|(name, _)| !live.scaling.contains_key(*name));
    let unasked = unasked.map(|(name, _)| ResourceKey::new(ResourceKind::ScalableTarget, name));
    unasked.map(|key| format!("{key} was not compared: this endpoint has no Application Auto Scaling")).collect()
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

/// What presence asks of a resource.
trait Seeable {
    /// Its tags; `None`: not read, or somebody else's business.
    fn tags(&self) -> Option<&Tags> {
        None
    }
    /// It is on its way out: it counts as gone.
    fn is_leaving(&self) -> bool {
        false
    }
}

impl Seeable for LiveDatabase {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

impl Seeable for LiveSecret {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

impl Seeable for LiveTargetGroup {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

impl Seeable for LiveLogGroup {
    fn tags(&self) -> Option<&Tags> {
        self.tags.as_ref()
    }
}

impl Seeable for LiveRule {
    fn tags(&self) -> Option<&Tags> {
        self.tags.as_ref()
    }
}

impl Seeable for LiveFileSystem {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
    fn is_leaving(&self) -> bool {
        is_leaving(&self.state)
    }
}

impl Seeable for LiveAccessPoint {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
    fn is_leaving(&self) -> bool {
        is_leaving(&self.state)
    }
}

impl Seeable for LiveService {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
    /// `DRAINING` and `INACTIVE` services count as gone (`field.md` row 20).
    fn is_leaving(&self) -> bool {
        !self.is_active()
    }
}

impl Seeable for LiveAlarm {
    fn tags(&self) -> Option<&Tags> {
        self.tags.as_ref()
    }
}

impl Seeable for LiveDashboard {}
impl Seeable for LiveScaling {}
impl Seeable for Value {}

fn is_leaving(state: &str) -> bool {
    matches!(state, "deleting" | "deleted")
}

/// Every declared resource that AWS knows by itself, and how it was seen.
fn seen<'a>(desired: &'a Desired, live: &'a Live) -> Vec<(ResourceKey, Seen<'a>)> {
    let mut all = Vec::new();
    look(&mut all, ResourceKind::Database, desired.databases.keys(), &live.databases);
    look(&mut all, ResourceKind::Secret, desired.databases.keys(), &live.secrets);
    // A borrowed file system of which nothing is declared is known by its access points.
    let compared = desired.file_systems.iter().filter(|(name, spec)| {
        !matches!(spec, FileSystemSpec::Borrowed { throughput: None, .. }) || live.file_systems.contains_key(*name)
    });
    look(&mut all, ResourceKind::FileSystem, compared.map(|(name, _)| name), &live.file_systems);
    for (key, seen) in &mut all {
        let borrowed = matches!(desired.file_systems.get(&key.name), Some(FileSystemSpec::Borrowed { .. }));
        if let (ResourceKind::FileSystem, true, Seen::Present(tags)) = (key.kind, borrowed, seen) {
            // Nobody asks production's file system for our tags.
            *tags = None;
        }
    }
    look(&mut all, ResourceKind::AccessPoint, desired.access_points.keys(), &live.access_points);
    look(&mut all, ResourceKind::LogGroup, desired.log_groups.keys(), &live.log_groups);
    look(&mut all, ResourceKind::TargetGroup, desired.target_groups.keys(), &live.target_groups);
    look(&mut all, ResourceKind::ListenerRule, desired.rules.keys(), &live.rules);
    look(&mut all, ResourceKind::Service, desired.services.keys(), &live.services);
    // Only an emulator without the service leaves it out, and says so (`notes`).
    let scaled = desired.services.iter().filter(|(name, _)| live.scaling.contains_key(*name));
    let scaled = scaled.filter(|(_, service)| service.scaling.is_some());
    look(&mut all, ResourceKind::ScalableTarget, scaled.map(|(name, _)| name), &live.scaling);
    look(&mut all, ResourceKind::Alarm, desired.alarms.keys(), &live.alarms);
    let dashboards = desired.dashboards.keys().filter(|_| !live.surveyed);
    look(&mut all, ResourceKind::Dashboard, dashboards, &live.dashboards);
    // A document of a service that is not there is not looked for.
    let there = present(&live.services).filter(|(name, _)| desired.services.contains_key(*name));
    look(&mut all, ResourceKind::TaskDefinition, there.map(|(name, _)| name), &live.task_definitions);
    all
}

fn look<'a, T: Seeable>(
    all: &mut Vec<(ResourceKey, Seen<'a>)>,
    kind: ResourceKind,
    names: impl Iterator<Item = &'a String>,
    sightings: &'a Sightings<T>,
) {
    all.extend(names.map(|name| (ResourceKey::new(kind, name), how(sightings.get(name)))));
}

fn how<T: Seeable>(sighting: Option<&Sighting<T>>) -> Seen<'_> {
    match sighting {
        None => Seen::Unreadable("it was not looked at"),
        Some(Sighting::Absent) => Seen::Absent,
        Some(Sighting::Present(thing)) if thing.is_leaving() => Seen::Absent,
        Some(Sighting::Present(thing)) => Seen::Present(thing.tags()),
        Some(Sighting::Unreadable { why }) => Seen::Unreadable(why),
    }
}
