//! The promises of `ARCHITECTURE.md`, "Data is never lost", asserted after every call. It reads the world alone: it
//! knows neither the faults nor the plans.

use std::collections::{BTreeMap, BTreeSet};

use envctl::cloud::sim::World;
use envctl::model::{Desired, TAG_BEFORE_SLEEP};

/// Watches one session.
pub(crate) struct Checker {
    desired: Desired,
    /// Everything that was there before envctl came, as it was.
    strangers: BTreeMap<String, String>,
    /// Services in their sleep, with the prior value that the first `down` saved.
    saved: BTreeMap<String, Option<String>>,
    /// Promises broken, each once.
    pub(crate) broken: BTreeSet<String>,
    /// Writes that change the world are rare: strangers are compared only after one.
    wrote: bool,
}

impl Checker {
    /// A checker that takes the world as it is now for what others own.
    pub(crate) fn new(world: &World, desired: &Desired) -> Self {
        let strangers = strangers(world, desired);
        Self { desired: desired.clone(), strangers, saved: BTreeMap::new(), broken: BTreeSet::new(), wrote: true }
    }

    /// Somebody in the console changed something that is not ours: that is the truth now.
    pub(crate) fn hands_were_here(&mut self, world: &World) {
        self.strangers = strangers(world, &self.desired);
        self.saved.clear();
    }

    /// A write is about to be made.
    pub(crate) fn before(&mut self) {
        self.wrote = true;
    }

    /// After a call.
    pub(crate) fn after(&mut self, world: &World, what: &str) {
        let mut broken: Vec<String> =
            world.lost_data().into_iter().map(|lost| format!("1 data lost: {lost}")).collect();
        broken.extend(world.violations.iter().map(|text| format!("3 scrub: {text}")));
        if self.wrote {
            self.wrote = false;
            broken.extend(self.prior_values(world));
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

    /// Promise 2: a count or a bound goes to 0 only when the value before it is saved, and is saved once.
    fn prior_values(&mut self, world: &World) -> Vec<String> {
        let mut broken = Vec::new();
        for service in world.services.values().filter(|service| service.live.status == "ACTIVE") {
            let live = &service.live;
            if !self.desired.owns(&live.tags) {
                continue;
            }
            let target = world
                .scalable_targets
                .values()
                .find(|target| target.live.resource_id.ends_with(&format!("/{}", live.service_name)));
            let asleep =
                live.desired_count == 0 && target.is_none_or(|target| target.live.min == 0 && target.live.suspended);
            let tag = live.tags.get(TAG_BEFORE_SLEEP).cloned();
            match (asleep, self.saved.get(&live.arn)) {
                (true, None) => {
                    if tag.is_none() {
                        broken.push(format!(
                            "2 prior value: {} sleeps and nobody knows its count before",
                            live.service_name
                        ));
                    }
                    self.saved.insert(live.arn.clone(), tag);
                }
                (true, Some(first)) if *first != tag && tag.is_some() && first.is_some() => {
                    broken.push(format!(
                        "2 prior value: {} of {} was overwritten in its sleep",
                        TAG_BEFORE_SLEEP, live.service_name
                    ));
                }
                (false, Some(_)) => {
                    self.saved.remove(&live.arn);
                }
                _ => {}
            }
        }
        broken
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
