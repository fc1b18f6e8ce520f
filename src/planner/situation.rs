//! [`Situation`]: what the parts of the planner look at, and [`Found`]: what they find of one resource.

use std::cell::OnceCell;

use crate::model::{
    Desired, Facts, Live, LiveAccessPoint, LiveAlarm, LiveDatabase, LiveFileSystem, LiveLogGroup, LiveSecret,
    LiveService, LiveTargetGroup, Maintenance, Policy, RefusalKind, ResourceKey, ResourceKind, Selector, Sighting,
    Sightings, Tags,
};

use super::draft::Draft;
use super::replacement::DataRollback;

/// What is wanted, what is there, and what is known.
pub(super) struct Situation<'a> {
    pub(super) desired: &'a Desired,
    pub(super) live: &'a Live,
    pub(super) policy: &'a Policy,
    /// What the spec says, without what was deployed over it.
    pub(super) spec: &'a Desired,
    /// Everything known about what is there.
    pub(super) facts: Facts,
    /// What a rollback of data goes back to; `None`: none was asked for.
    pub(super) rollback: Option<DataRollback>,
    /// Visitors get the maintenance page on purpose; `None`: they do not.
    pub(super) maintenance: Option<Maintenance>,
    /// Subnets of the tasks; `None`: none is declared or a selector was not resolved, so they are not compared.
    pub(super) subnets: Option<Vec<String>>,
    /// Security groups of the tasks; `None` as above.
    pub(super) security_groups: Option<Vec<String>>,
    /// See [`Situation::declared`].
    declared: OnceCell<Tags>,
}

/// What was found of a resource of the environment.
pub(super) enum Found<'a, T> {
    /// Nothing.
    Absent,
    /// It, and it is ours.
    Ours(&'a T),
    /// It must not be touched, or nobody knows; the refusal is in the draft.
    Blocked,
}

impl<'a> Situation<'a> {
    /// Looks at desired and live once.
    pub(super) fn new(desired: &'a Desired, live: &'a Live, policy: &'a Policy) -> Self {
        let groups = security_group_ids(live, &desired.network.security_groups);
        Self {
            desired,
            live,
            policy,
            spec: desired,
            facts: live.facts(desired),
            rollback: None,
            maintenance: Maintenance::find(live, desired),
            subnets: subnet_ids(live, &desired.network.subnets),
            security_groups: groups,
            declared: OnceCell::new(),
        }
    }

    /// The same, where this is what the spec says, and `desired` has what was deployed over it.
    pub(super) fn declared_by(mut self, spec: &'a Desired) -> Self {
        self.spec = spec;
        self
    }

    /// The same, on the way back.
    pub(super) fn taken_back(mut self, rollback: DataRollback) -> Self {
        self.rollback = Some(rollback);
        self
    }

    /// The same with another maintenance than the rules remember.
    pub(super) fn with_maintenance(mut self, maintenance: Option<Maintenance>) -> Self {
        self.maintenance = maintenance;
        self
    }

    /// What is there of a resource; refuses when it is a stranger's or unreadable.
    pub(super) fn look<T: Tagged>(
        &self,
        draft: &mut Draft,
        key: &ResourceKey,
        sightings: &'a Sightings<T>,
    ) -> Found<'a, T> {
        match sightings.get(&key.name) {
            Some(Sighting::Absent) => Found::Absent,
            Some(Sighting::Present(thing)) => {
                if thing.tags().is_some_and(|tags| !self.desired.owns(tags)) {
                    self.refuse_stranger(draft, key, thing.aws_name());
                    Found::Blocked
                } else {
                    Found::Ours(thing)
                }
            }
            Some(Sighting::Unreadable { why }) => {
                refuse_unreadable(draft, key, why);
                Found::Blocked
            }
            None => {
                refuse_unreadable(draft, key, "it was not looked at");
                Found::Blocked
            }
        }
    }

    /// The things listed under `name`, none where there are none; `None` after a refusal, which names `key`. A list that
    /// could not be read is never taken for an empty one.
    pub(super) fn listed<T>(
        draft: &mut Draft,
        key: &ResourceKey,
        sightings: &'a Sightings<Vec<T>>,
        name: &str,
    ) -> Option<&'a [T]> {
        match sightings.get(name) {
            Some(Sighting::Present(things)) => Some(things),
            Some(Sighting::Absent) => Some(&[]),
            Some(Sighting::Unreadable { why }) => {
                refuse_unreadable(draft, key, why);
                None
            }
            None => {
                refuse_unreadable(draft, key, "they were not looked at");
                None
            }
        }
    }

    /// The ids of a database's security groups; `None`: none is declared, or a selector was not resolved.
    pub(super) fn security_groups_of(&self, selectors: &[Selector]) -> Option<Vec<String>> {
        security_group_ids(self.live, selectors)
    }

    /// The tags that remember what is declared; hashed once a plan, for every part asks for them.
    pub(super) fn declared(&self) -> &Tags {
        self.declared.get_or_init(|| self.spec.declared_tags())
    }

    /// When an environment sleeps or wakes, the tags that say so; when it wakes, also what was declared then.
    pub(super) fn power_tags(&self, power: crate::model::Power) -> Tags {
        let mut tags = Tags::from([
            (crate::model::TAG_POWER.to_owned(), power.as_str().to_owned()),
            (crate::model::TAG_POWER_SINCE.to_owned(), self.policy.now.to_string()),
            (crate::model::TAG_POWER_BY.to_owned(), self.policy.who.clone()),
        ]);
        if power == crate::model::Power::Up {
            tags.extend(self.declared().clone());
        }
        tags
    }

    fn refuse_stranger(&self, draft: &mut Draft, key: &ResourceKey, aws_name: &str) {
        let wanted =
            crate::model::ownership_tags(&self.desired.application, &self.desired.environment, &key.to_string());
        let tags: Vec<String> = wanted.iter().map(|(key, value)| format!("{key}={value}")).collect();
        draft.refuse(
            Some(key.clone()),
            RefusalKind::NotOurs,
            format!("{aws_name} exists already and does not carry this environment's tags"),
            format!("give {key} another name in the spec, or, to adopt it, tag it {}", tags.join(" ")),
        );
    }
}

/// Refuses because a resource could not be read.
pub(super) fn refuse_unreadable(draft: &mut Draft, key: &ResourceKey, why: &str) {
    draft.refuse(
        Some(key.clone()),
        RefusalKind::Unreadable,
        format!("{key} could not be read: {why}"),
        "a resource that cannot be read is never taken for absent; mend the permission or try again",
    );
}

/// A key of this kind and name.
pub(super) fn key(kind: ResourceKind, name: &str) -> ResourceKey {
    ResourceKey::new(kind, name)
}

fn security_group_ids(live: &Live, selectors: &[Selector]) -> Option<Vec<String>> {
    let found = &live.borrowed.security_groups;
    resolved(selectors, found.iter().map(|(text, sighting)| (text, ids(sighting, |group| &group.id))))
}

fn subnet_ids(live: &Live, selectors: &[Selector]) -> Option<Vec<String>> {
    let found = &live.borrowed.subnets;
    resolved(selectors, found.iter().map(|(text, sighting)| (text, ids(sighting, |subnet| &subnet.id))))
}

fn ids<T>(sighting: &Sighting<Vec<T>>, id: impl Fn(&T) -> &String) -> Vec<String> {
    sighting.present().into_iter().flatten().map(|thing| id(thing).clone()).collect()
}

fn resolved<'a>(selectors: &[Selector], found: impl Iterator<Item = (&'a String, Vec<String>)>) -> Option<Vec<String>> {
    let found = found.map(|(text, ids)| (text.clone(), ids)).collect();
    let (ids, missing) = Live::resolve_selectors(selectors, &found);
    // Nothing declared is AWS's default, and not compared.
    (missing.is_empty() && !selectors.is_empty()).then_some(ids)
}

/// A live resource that can carry tags.
pub(super) trait Tagged {
    /// Its tags; `None`: not read.
    fn tags(&self) -> Option<&Tags>;
    /// Its name or id at AWS, for messages.
    fn aws_name(&self) -> &str;
}

macro_rules! tagged {
    ($($type:ty: $name:ident),* $(,)?) => {
        $(impl Tagged for $type {
            fn tags(&self) -> Option<&Tags> {
                Some(&self.tags)
            }
            fn aws_name(&self) -> &str {
                &self.$name
            }
        })*
    };
}

tagged! {
    LiveDatabase: identifier,
    LiveSecret: secret_name,
    LiveFileSystem: id,
    LiveAccessPoint: id,
    LiveTargetGroup: target_group_name,
    LiveService: service_name,
}

impl Tagged for LiveLogGroup {
    fn tags(&self) -> Option<&Tags> {
        self.tags.as_ref()
    }
    fn aws_name(&self) -> &str {
        &self.log_group_name
    }
}

impl Tagged for LiveAlarm {
    fn tags(&self) -> Option<&Tags> {
        self.tags.as_ref()
    }
    fn aws_name(&self) -> &str {
        &self.spec.alarm_name
    }
}

impl Tagged for crate::model::LiveRule {
    fn tags(&self) -> Option<&Tags> {
        self.tags.as_ref()
    }
    fn aws_name(&self) -> &str {
        &self.arn
    }
}
