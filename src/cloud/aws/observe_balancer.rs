//! The load balancer of an observation: listeners, their rules, target groups, and whose they are.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join_all};

use super::AwsCloud;
use super::elb::same_conditions;
use super::elb_read::Attributes;
use super::fleet::Batch;
use super::observe::{is_declared, key_in, sighting, unreadable};
use crate::cloud::CloudError;
use crate::cloud::sizes::TAGGED_AT_ONCE;
use crate::model::{
    Condition, Depth, ListenerSelector, LiveListener, LiveRule, LiveTargetGroup, ResourceKey, ResourceKind, RuleAction,
    Scope, Sighting, Sightings, Tags, Undeclared, present,
};

/// What was found of the load balancer.
#[derive(Default)]
pub(super) struct Balancer {
    pub(super) target_groups: Sightings<LiveTargetGroup>,
    pub(super) rules: Sightings<LiveRule>,
    pub(super) listener_rules: Sightings<Vec<LiveRule>>,
    pub(super) listeners: Sightings<LiveListener>,
    pub(super) undeclared: Vec<Undeclared>,
    pub(super) resolved_ids: BTreeMap<String, String>,
}

type Seen = (Result<Option<LiveListener>, CloudError>, Result<Option<Vec<LiveRule>>, CloudError>);

impl AwsCloud {
    pub(super) async fn look_at_balancer(&self, scope: &Scope, batch: Option<&Batch<'_>>) -> Balancer {
        if let Some(batch) = batch {
            return self.balancer_of(scope, batch).await;
        }
        let mut balancer = Balancer::default();
        let groups = self.groups_by_name(scope);
        let listeners = join_all(scope.desired.listeners.iter().map(|(name, selector)| async move {
            let (listener, rules) = self.listener_with_rules(scope, selector).await;
            (name.clone(), (sighting(listener), sighting(rules)))
        }));
        let (groups, listeners) = futures_util::join!(groups, listeners);
        balancer.target_groups = groups;
        for (name, (listener, rules)) in listeners {
            if let (Sighting::Present(found), Some(selector)) = (&listener, scope.desired.listeners.get(&name)) {
                balancer.resolved_ids.insert(selector.to_string(), found.arn.clone());
            }
            balancer.listeners.insert(name.clone(), listener);
            balancer.listener_rules.insert(name, rules);
        }
        let arns: Vec<String> = present(&balancer.target_groups).map(|(_, group)| group.arn.clone()).collect();
        let (tags, attributes) = futures_util::join!(self.tags_of(scope, &balancer), self.attributes_of(scope, &arns));
        set_attributes(&mut balancer, attributes);
        set_tags(&mut balancer, tags);
        sort_rules(scope, &mut balancer);
        let left = without_tags(&balancer);
        if scope.depth == Depth::Comparison && !left.is_empty() && balancer.rules.values().any(Sighting::is_absent) {
            // Ours may be among those that looked like a stranger's.
            let tags = self.read_tags(left).await;
            set_tags(&mut balancer, tags);
            (balancer.rules, balancer.undeclared) = Default::default();
            sort_rules(scope, &mut balancer);
        }
        remember_rules(scope, &mut balancer);
        balancer
    }

    /// The part of a batch that is about this environment: of other people's rules those alone that could matter.
    async fn balancer_of(&self, scope: &Scope, batch: &Batch<'_>) -> Balancer {
        let mut balancer = Balancer::default();
        let fleet = batch.fleet;
        for (name, spec) in &scope.desired.target_groups {
            let find = fleet.groups.as_ref().map(|all| all.get(&spec.target_group_name).cloned());
            balancer.target_groups.insert(name.clone(), sighting(find.map_err(Clone::clone)));
        }
        let arns: Vec<String> = present(&balancer.target_groups).map(|(_, group)| group.arn.clone()).collect();
        for (name, selector) in &scope.desired.listeners {
            let listener = fleet.listeners.get(&selector.to_string()).cloned().unwrap_or(Ok(None));
            let matters = |rule: &&LiveRule| {
                rule.priority.is_none()
                    || rule.tags.as_ref().is_some_and(|tags| scope.desired.owns(tags))
                    || could_be_ours(scope, rule, &arns)
            };
            let rules = match &listener {
                Ok(Some(listener)) => match fleet.rules.get(&listener.arn) {
                    Some(Ok(Some(rules))) => Ok(Some(rules.iter().filter(matters).cloned().collect())),
                    Some(Ok(None)) | None => Ok(None),
                    Some(Err(error)) => Err(error.clone()),
                },
                Ok(None) => Ok(None),
                Err(error) => Err(error.clone()),
            };
            if let Ok(Some(listener)) = &listener {
                balancer.resolved_ids.insert(selector.to_string(), listener.arn.clone());
            }
            balancer.listeners.insert(name.clone(), sighting(listener));
            balancer.listener_rules.insert(name.clone(), sighting(rules));
        }
        let attributes = self.attributes_of(scope, &arns).await;
        set_attributes(&mut balancer, attributes);
        sort_rules(scope, &mut balancer);
        balancer
    }

    async fn groups_by_name(&self, scope: &Scope) -> Sightings<LiveTargetGroup> {
        let wanted = &scope.desired.target_groups;
        let names: Vec<String> = wanted.values().map(|spec| spec.target_group_name.clone()).collect();
        let found = self.target_groups(&names).await;
        let one = |name: &str| match &found {
            Ok(found) => Ok(found.iter().find(|group| group.target_group_name == name).cloned()),
            Err(error) => Err(error.clone()),
        };
        wanted.iter().map(|(name, spec)| (name.clone(), sighting(one(&spec.target_group_name)))).collect()
    }

    /// Attributes by ARN: one call for each target group.
    async fn attributes_of(&self, scope: &Scope, arns: &[String]) -> BTreeMap<String, Result<Attributes, CloudError>> {
        let asked = arns.iter().filter(|_| matches!(scope.depth, Depth::Comparison | Depth::Preflight));
        let reads = asked.map(|arn| async move { (arn.clone(), self.target_group_attributes(arn).await) });
        join_all(reads).await.into_iter().collect()
    }

    /// A listener by what is known of it, with its rules. An ARN known from before may be stale: then it is looked for
    /// by its name again.
    pub(super) async fn listener_with_rules(&self, scope: &Scope, selector: &ListenerSelector) -> Seen {
        let known = match selector {
            ListenerSelector::Arn(arn) => Some(arn.clone()),
            ListenerSelector::LoadBalancer { .. } => scope.known_ids.get(&selector.to_string()).cloned(),
        };
        if let Some(arn) = known {
            let (listener, rules) = futures_util::join!(self.known_listener(scope, &arn), self.rules_of(&arn));
            let stale = matches!(rules, Ok(None)) && matches!(selector, ListenerSelector::LoadBalancer { .. });
            if !stale {
                let listener = if matches!(rules, Ok(None)) { Ok(None) } else { listener };
                return (listener, rules);
            }
        }
        let ListenerSelector::LoadBalancer { name, port } = selector else {
            return (Ok(None), Ok(None));
        };
        match self.find_listener(name, *port).await {
            Ok(Some(listener)) => {
                let rules = self.rules_of(&listener.arn).await;
                (Ok(Some(listener)), rules)
            }
            Ok(None) => (Ok(None), Ok(None)),
            Err(error) => (Err(error.clone()), Err(error)),
        }
    }

    async fn known_listener(&self, scope: &Scope, arn: &str) -> Result<Option<LiveListener>, CloudError> {
        if scope.depth == Depth::Preflight {
            return self.listener(arn).await;
        }
        Ok(Some(LiveListener {
            arn: arn.to_owned(),
            load_balancer_arn: load_balancer_of(arn),
            vpc: None,
            protocol: None,
        }))
    }

    /// Tags of the target groups and rules: a rule has no name, its tags are how we know it. Of a listener with many
    /// rules, a comparison asks first for those that could be ours.
    async fn tags_of(&self, scope: &Scope, balancer: &Balancer) -> Result<BTreeMap<String, Tags>, CloudError> {
        let groups: Vec<String> = present(&balancer.target_groups).map(|(_, group)| group.arn.clone()).collect();
        let rules = || present(&balancer.listener_rules).flat_map(|(_, rules)| rules);
        let rules = || rules().filter(|rule| rule.priority.is_some());
        let few = groups.len() + rules().count() <= TAGGED_AT_ONCE;
        let asked =
            rules().filter(|rule| few || scope.depth != Depth::Comparison || could_be_ours(scope, rule, &groups));
        let arns: Vec<String> = groups.iter().cloned().chain(asked.map(|rule| rule.arn.clone())).collect();
        self.read_tags(arns).await
    }

    async fn read_tags(&self, arns: Vec<String>) -> Result<BTreeMap<String, Tags>, CloudError> {
        let reads = arns.chunks(TAGGED_AT_ONCE).map(|arns| async move { self.elb_tags(arns).await });
        Ok(try_join_all(reads).await?.into_iter().flatten().collect())
    }
}

/// Could a rule be one of ours? Some host, the place it forwards to, its number or its ARN would say so.
pub(super) fn could_be_ours(scope: &Scope, rule: &LiveRule, groups: &[String]) -> bool {
    let hosts = |conditions: &[Condition]| -> BTreeSet<String> {
        let hosts = conditions.iter().filter_map(|condition| match condition {
            Condition::HostHeader(hosts) => Some(hosts),
            _ => None,
        });
        hosts.flatten().map(|host| host.to_lowercase()).collect()
    };
    let known = scope.known_ids.get(&known_rules(&rule.listener_arn));
    let theirs = hosts(&rule.conditions);
    let forwards = |action: &RuleAction| match action {
        RuleAction::Forward { target_group_arn } => groups.contains(target_group_arn),
        _ => false,
    };
    known.is_some_and(|known| known.split(' ').any(|arn| arn == rule.arn))
        || rule.actions.iter().any(forwards)
        || scope.desired.rules.values().any(|spec| {
            let ours = hosts(&spec.conditions);
            (spec.priority.is_some() && spec.priority == rule.priority)
                || !ours.is_disjoint(&theirs)
                || ours.iter().any(|host| rule.takes_host(host))
        })
}

/// The key of [`Live::resolved_ids`](crate::model::Live) that holds our rules on a listener.
fn known_rules(listener_arn: &str) -> String {
    format!("rules {listener_arn}")
}

/// Our rules, declared or not, for the next comparison.
fn remember_rules(scope: &Scope, balancer: &mut Balancer) {
    let mut ours: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (_, rules) in present(&balancer.listener_rules) {
        for rule in rules.iter().filter(|rule| rule.tags.as_ref().is_some_and(|tags| scope.desired.owns(tags))) {
            ours.entry(known_rules(&rule.listener_arn)).or_default().push(&rule.arn);
        }
    }
    balancer.resolved_ids.extend(ours.into_iter().map(|(listener, arns)| (listener, arns.join(" "))));
}

/// Rules whose tags were not asked for.
fn without_tags(balancer: &Balancer) -> Vec<String> {
    let rules = present(&balancer.listener_rules).flat_map(|(_, rules)| rules);
    let unread = rules.filter(|rule| rule.priority.is_some() && rule.tags.is_none());
    unread.map(|rule| rule.arn.clone()).collect()
}

fn set_attributes(balancer: &mut Balancer, mut read: BTreeMap<String, Result<Attributes, CloudError>>) {
    for sighting in balancer.target_groups.values_mut() {
        let Sighting::Present(group) = sighting else { continue };
        match read.remove(&group.arn) {
            Some(Ok(attributes)) => {
                group.deregistration_delay_seconds = attributes.deregistration_delay_seconds;
                group.stickiness_seconds = attributes.stickiness_seconds;
                group.others.extend(attributes.others);
            }
            Some(Err(error)) => *sighting = unreadable(&error),
            None => {}
        }
    }
}

fn set_tags(balancer: &mut Balancer, read: Result<BTreeMap<String, Tags>, CloudError>) {
    let mut read = match read {
        Ok(read) => read,
        Err(error) => {
            // Whose they are decides what may be done with them: without tags they cannot be read at all.
            balancer.target_groups.values_mut().for_each(|group| hide(group, &error));
            balancer.listener_rules.values_mut().for_each(|rules| hide(rules, &error));
            return;
        }
    };
    for group in balancer.target_groups.values_mut() {
        if let Sighting::Present(group) = group
            && let Some(tags) = read.remove(&group.arn)
        {
            group.tags = tags;
        }
    }
    for rules in balancer.listener_rules.values_mut() {
        let Sighting::Present(rules) = rules else { continue };
        for rule in rules {
            rule.tags = read.remove(&rule.arn).or(rule.tags.take());
        }
    }
}

fn hide<T>(seen: &mut Sighting<T>, error: &CloudError) {
    if matches!(seen, Sighting::Present(_)) {
        *seen = unreadable(error);
    }
}

/// `…:listener/app/NAME/LB-ID/LISTENER-ID` stands on `…:loadbalancer/app/NAME/LB-ID`.
fn load_balancer_of(listener_arn: &str) -> String {
    let balancer = listener_arn.rsplit_once('/').map_or(listener_arn, |(balancer, _)| balancer);
    balancer.replacen(":listener/", ":loadbalancer/", 1)
}

/// One of ours whose tag lost its name is known by its conditions.
fn key_by_conditions(scope: &Scope, rule: &LiveRule) -> Option<ResourceKey> {
    let mut same = scope.desired.rules.iter().filter(|(_, spec)| same_conditions(&spec.conditions, &rule.conditions));
    same.next().map(|(name, _)| ResourceKey::new(ResourceKind::ListenerRule, name))
}

/// Picks our rules, by their tags, out of all rules of the listeners.
fn sort_rules(scope: &Scope, balancer: &mut Balancer) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (name, spec) in &scope.desired.rules {
        match balancer.listener_rules.get(&spec.listener) {
            Some(Sighting::Unreadable { why }) => {
                balancer.rules.insert(name.clone(), Sighting::Unreadable { why: why.clone() });
            }
            _ => drop(balancer.rules.insert(name.clone(), Sighting::Absent)),
        }
    }
    for (_, rules) in present(&balancer.listener_rules) {
        for rule in rules {
            let Some(tags) = rule.tags.as_ref().filter(|tags| scope.desired.owns(tags)) else { continue };
            let named = key_in(tags).filter(|key| key.kind == ResourceKind::ListenerRule);
            let Some(key) = named.or_else(|| key_by_conditions(scope, rule)) else { continue };
            let warming = key.name.strip_suffix(".warming").is_some_and(|name| scope.desired.rules.contains_key(name));
            let declared = warming || is_declared(&key, ResourceKind::ListenerRule, &scope.desired.rules);
            // A second one of the same key is left over from a lost reply: one is kept, the other goes.
            if declared && seen.insert(key.name.clone()) {
                balancer.rules.insert(key.name, Sighting::Present(rule.clone()));
            } else {
                balancer.undeclared.push(Undeclared { key, id: rule.arn.clone() });
            }
        }
    }
}
