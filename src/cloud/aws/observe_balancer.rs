//! The load balancer of an observation: listeners, their rules, target groups, and whose they are.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::AwsCloud;
use super::observe::{is_declared, key_in, sighting, unreadable};
use crate::cloud::CloudError;
use crate::model::{
    Depth, ListenerSelector, LiveListener, LiveRule, LiveTargetGroup, ResourceKind, Scope, Sighting, Sightings, Tags,
    Undeclared, present,
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

type Seen = (Sighting<LiveListener>, Sighting<Vec<LiveRule>>);

impl AwsCloud {
    pub(super) async fn look_at_balancer(&self, scope: &Scope) -> Balancer {
        let mut balancer = Balancer::default();
        let groups = join_all(scope.desired.target_groups.iter().map(|(name, spec)| async move {
            (name.clone(), self.whole_target_group(scope, &spec.target_group_name).await)
        }));
        let listeners =
            join_all(scope.desired.listeners.iter().map(|(name, selector)| async move {
                (name.clone(), self.listener_with_rules(scope, selector).await)
            }));
        let (groups, listeners) = futures_util::join!(groups, listeners);
        balancer.target_groups = groups.into_iter().map(|(name, read)| (name, sighting(read))).collect();
        for (name, (listener, rules)) in listeners {
            if let (Sighting::Present(found), Some(selector)) = (&listener, scope.desired.listeners.get(&name)) {
                balancer.resolved_ids.insert(selector.to_string(), found.arn.clone());
            }
            balancer.listeners.insert(name.clone(), listener);
            balancer.listener_rules.insert(name, rules);
        }
        self.read_tags(&mut balancer).await;
        sort_rules(scope, &mut balancer);
        balancer
    }

    async fn whole_target_group(&self, scope: &Scope, name: &str) -> Result<Option<LiveTargetGroup>, CloudError> {
        let mut found = self.target_group(name).await?;
        if let (Some(group), Depth::Preflight) = (&mut found, scope.depth) {
            let (delay, stickiness) = self.target_group_attributes(&group.arn).await?;
            group.deregistration_delay_seconds = delay;
            group.stickiness_seconds = stickiness;
        }
        Ok(found)
    }

    /// A listener by what is known of it, with its rules. An ARN known from before may be stale: then it is looked for
    /// by its name again.
    async fn listener_with_rules(&self, scope: &Scope, selector: &ListenerSelector) -> Seen {
        let known = match selector {
            ListenerSelector::Arn(arn) => Some(arn.clone()),
            ListenerSelector::LoadBalancer { .. } => scope.known_ids.get(&selector.to_string()).cloned(),
        };
        if let Some(arn) = known {
            let (listener, rules) = futures_util::join!(self.known_listener(scope, &arn), self.rules_of(&arn));
            let stale = matches!(rules, Ok(None)) && matches!(selector, ListenerSelector::LoadBalancer { .. });
            if !stale {
                let listener = if matches!(rules, Ok(None)) { Ok(None) } else { listener };
                return (sighting(listener), sighting(rules));
            }
        }
        let ListenerSelector::LoadBalancer { name, port } = selector else {
            return (Sighting::Absent, Sighting::Absent);
        };
        match self.find_listener(name, *port).await {
            Ok(Some(listener)) => {
                let rules = self.rules_of(&listener.arn).await;
                (Sighting::Present(listener), sighting(rules))
            }
            Ok(None) => (Sighting::Absent, Sighting::Absent),
            Err(error) => (unreadable(&error), unreadable(&error)),
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

    /// Tags of the target groups and of every rule: a rule has no name, its tags are how we know it.
    async fn read_tags(&self, balancer: &mut Balancer) {
        let rules = present(&balancer.listener_rules).flat_map(|(_, rules)| rules);
        let groups = present(&balancer.target_groups).map(|(_, group)| group.arn.clone());
        let mut arns: Vec<String> = groups.collect();
        arns.extend(rules.filter(|rule| rule.priority.is_some()).map(|rule| rule.arn.clone()));
        if arns.is_empty() {
            return;
        }
        let reads = join_all(arns.chunks(20).map(|arns| async move { self.elb_tags(arns).await })).await;
        let mut tags: BTreeMap<String, Tags> = BTreeMap::new();
        let mut failed = None;
        for read in reads {
            match read {
                Ok(read) => tags.extend(read),
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            // Whose they are decides what may be done with them: without tags they cannot be read at all.
            balancer.target_groups.values_mut().for_each(|group| hide(group, &error));
            balancer.listener_rules.values_mut().for_each(|rules| hide(rules, &error));
            return;
        }
        for group in balancer.target_groups.values_mut() {
            if let Sighting::Present(group) = group {
                group.tags = tags.get(&group.arn).cloned().unwrap_or_default();
            }
        }
        for rules in balancer.listener_rules.values_mut() {
            if let Sighting::Present(rules) = rules {
                rules.iter_mut().for_each(|rule| rule.tags = tags.get(&rule.arn).cloned());
            }
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
            let Some(key) = key_in(tags).filter(|key| key.kind == ResourceKind::ListenerRule) else { continue };
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
