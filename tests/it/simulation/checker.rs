//! The promises of `ARCHITECTURE.md`, "Data is never lost", asserted after every call. It reads the world alone: it
//! knows neither the faults nor the plans.

use std::collections::{BTreeMap, BTreeSet};

use envctl::cloud::sim::World;
use envctl::model::{Action, Desired, ResourceKey, ResourceKind, TAG_BEFORE_SLEEP, TAG_RESOURCE};

use super::file_checker::FileChecker;
use super::release_checker::ReleaseChecker;

/// Watches one session.
pub(crate) struct Checker {
    desired: Desired,
    /// Everything that was there before envctl came, as it was.
    strangers: BTreeMap<String, String>,
    /// Promises broken, each once.
    pub(crate) broken: BTreeSet<String>,
    /// The promises about releases.
    releases: ReleaseChecker,
    /// The promises about files that go back.
    files: FileChecker,
    /// Writes that change the world are rare: strangers are compared only after one.
    wrote: bool,
}

impl Checker {
    /// A checker that takes the world as it is now for what others own.
    pub(crate) fn new(world: &World, desired: &Desired) -> Self {
        let strangers = strangers(world, desired);
        Self {
            desired: desired.clone(),
            strangers,
            broken: BTreeSet::new(),
            releases: ReleaseChecker::new(desired),
            files: FileChecker::new(desired),
            wrote: true,
        }
    }

    /// Somebody in the console changed something that is not ours: that is the truth now.
    pub(crate) fn hands_were_here(&mut self, world: &World) {
        self.strangers = strangers(world, &self.desired);
        self.files.hands_were_here();
    }

    /// Somebody says that all data may go.
    pub(crate) fn lets_go(&mut self) {
        self.releases.lets_go();
        self.files.lets_go();
    }

    /// Somebody asks for other data than the newest.
    pub(crate) fn data_may_go_back(&mut self) {
        self.releases.data_may_go_back();
        self.files.may_go_back();
    }

    /// A write is about to be made. `destroys`: for the command that removes everything, and needs no way back.
    pub(crate) fn before(&mut self, world: &World, action: &Action, destroys: bool) {
        self.wrote = true;
        self.broken.extend(self.releases.before(world, action));
        if !destroys {
            self.broken.extend(prior_value(world, action));
        }
    }

    /// After a call.
    pub(crate) fn after(&mut self, world: &World, what: &str) {
        let mut broken: Vec<String> =
            world.lost_data().into_iter().map(|lost| format!("1 data lost: {lost}")).collect();
        broken.extend(self.releases.after(world));
        broken.extend(self.files.after(world));
        broken.extend(world.violations.iter().map(|text| format!("3 scrub: {text}")));
        if self.wrote {
            self.wrote = false;
            let now = strangers(world, &self.desired);
            for (name, was) in &self.strangers {
                if now.get(name) != Some(was) {
                    broken.push(format!("4 not ours: {name} was changed or deleted"));
                }
            }
        }
        for text in broken {
            if self.broken.insert(text.clone()) && self.broken.len() == 1 {
                self.broken.insert(format!("{text} (first seen after {what} at {})", world.now));
            }
        }
    }
}

/// Promise 2: a count or a bound goes to 0 only when the value before it is saved; and what is saved stays as it is for
/// as long as the service sleeps.
fn prior_value(world: &World, action: &Action) -> Option<String> {
    let find = |key: &ResourceKey| {
        let key = ResourceKey::new(ResourceKind::Service, &key.name).to_string();
        let services = world.services.values().map(|service| &service.live);
        services.filter(|live| live.status == "ACTIVE").find(|live| live.tags.get(TAG_RESOURCE) == Some(&key))
    };
    match action {
        Action::UpdateService { key, update, .. } if update.desired_count == Some(0) => {
            let live = find(key)?;
            let forgotten = live.desired_count > 0 && !live.tags.contains_key(TAG_BEFORE_SLEEP);
            forgotten.then(|| format!("2 prior value: {key} goes to 0 tasks and nobody knows how many it had"))
        }
        Action::RegisterScalableTarget { key, min: 0, suspended: true, .. } => {
            let forgotten = !find(key)?.tags.contains_key(TAG_BEFORE_SLEEP);
            forgotten.then(|| format!("2 prior value: {key} is suspended and nobody knows its bounds"))
        }
        Action::Tag { key, tags, .. } => {
            let (live, new) = (find(key)?, tags.get(TAG_BEFORE_SLEEP)?);
            let first = live.tags.get(TAG_BEFORE_SLEEP).filter(|first| *first != new)?;
            let asleep = live.desired_count == 0 && live.running_count == 0;
            asleep.then(|| format!("2 prior value: {key} had {first} before its sleep, and now it is {new}"))
        }
        _ => None,
    }
}

/// Everything without our tags, by name, as text. What belongs to ours (tasks, targets) is not in it.
fn strangers(world: &World, desired: &Desired) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut note = |kind: &str, name: &str, text: String| {
        found.insert(format!("{kind} {name}"), text);
    };
    for (name, database) in &world.databases {
        if !desired.owns(&database.live.tags) {
            let live = &database.live;
            note("database", name, format!("{:?} {:?} {:?}", live.class, live.tags, database.data.writes));
        }
    }
    for (name, snapshot) in &world.snapshots {
        if !desired.owns(&snapshot.live.tags) {
            note("snapshot", name, format!("{:?}", snapshot.live.tags));
        }
    }
    for (name, service) in &world.services {
        if !desired.owns(&service.live.tags) {
            let live = &service.live;
            note("service", name, format!("{} {} {:?}", live.desired_count, live.task_definition, live.tags));
        }
    }
    for (name, rule) in &world.rules {
        if !rule.live.tags.as_ref().is_some_and(|tags| desired.owns(tags)) {
            let live = &rule.live;
            note("rule", name, format!("{:?} {:?} {:?}", live.priority, live.conditions, live.actions));
        }
    }
    for (name, point) in &world.access_points {
        if !desired.owns(&point.live.tags) {
            note("access point", name, format!("{:?}", point.live.path));
        }
    }
    for (name, system) in &world.file_systems {
        if !desired.owns(&system.live.tags) {
            note("file system", name, format!("{:?} {:?}", system.live.throughput, system.live.tags));
        }
    }
    found
}
