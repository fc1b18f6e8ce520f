//! Listener rules (`aws.md` 4.1, 4.2).

use serde::{Deserialize, Serialize};

use super::rule_rules::{check_actions, check_conditions};
use super::tags::{must_be_managed, same_resource};
use super::target_group::forwarded;
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::World;
use crate::model::{Condition, LiveRule, ResourceKey, RuleAction, Tags};

/// A listener rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// As ELB describes it; its tags are always known here.
    pub live: LiveRule,
    pub(super) token: String,
}

impl Rule {
    /// Does it forward to this target group?
    pub(super) fn forwards_to(&self, arn: &str) -> bool {
        forwarded(&self.live.actions).any(|found| found == arn)
    }

    /// Its tags.
    pub(super) fn tags(&self) -> Tags {
        self.live.tags.clone().unwrap_or_default()
    }
}

/// What `CreateRule` is told.
pub(super) struct NewRule<'a> {
    pub(super) listener_arn: &'a str,
    pub(super) priority: u32,
    pub(super) conditions: &'a [Condition],
    pub(super) actions: &'a [RuleAction],
    pub(super) tags: &'a Tags,
}

/// Rules of a load balancer, default rules not counted (`aws.md` 4.2).
const RULE_QUOTA: usize = 100;

impl World {
    /// `elasticloadbalancing:CreateRule`, which has no client token (`aws.md` 4.1): a rule of ours is looked for first.
    pub(super) fn create_rule(&mut self, key: &ResourceKey, new: &NewRule<'_>, token: &str) -> Outcome {
        let same_place = |rule: &&Rule| {
            rule.live.listener_arn == new.listener_arn
                && rule.live.tags.as_ref().is_some_and(|tags| same_resource(tags, new.tags))
        };
        if let Some(found) = self.rules.values().find(same_place) {
            let same = found.live.conditions == new.conditions && found.live.actions == new.actions;
            if same || found.token == token {
                return Ok(receipt(false, key, &[("arn", &found.live.arn)]));
            }
            return Err(Trouble::conflict("", format!("rule {} is ours and differs", found.live.arn)));
        }
        let absent = || Trouble::refused("ListenerNotFound", format!("Listener '{}' not found", new.listener_arn));
        let listener = self.listeners.get(new.listener_arn).ok_or_else(absent)?.clone();
        check_conditions(new.conditions)?;
        check_actions(self, new.actions, &listener.live)?;
        self.check_priority(new.listener_arn, new.priority, None)?;
        let balancer = &listener.live.load_balancer_arn;
        let of_balancer = |rule: &&Rule| {
            self.listeners.get(&rule.live.listener_arn).is_some_and(|found| found.live.load_balancer_arn == *balancer)
        };
        if self.rules.values().filter(of_balancer).count() >= RULE_QUOTA {
            return Err(Trouble::refused("TooManyRules", "a load balancer has at most 100 rules"));
        }
        let mark = self.fresh(16);
        let arn = format!("{}/{mark}", new.listener_arn.replace(":listener/", ":listener-rule/"));
        let live = LiveRule {
            arn: arn.clone(),
            listener_arn: new.listener_arn.to_owned(),
            priority: Some(new.priority),
            conditions: new.conditions.to_vec(),
            actions: new.actions.to_vec(),
            tags: Some(new.tags.clone()),
        };
        self.rules.insert(arn.clone(), Rule { live, token: token.to_owned() });
        self.check_forwarding(&arn);
        Ok(receipt(true, key, &[("arn", &arn)]))
    }

    /// `elasticloadbalancing:ModifyRule`: replaces both lists as a whole.
    pub(super) fn modify_rule(&mut self, arn: &str, conditions: &[Condition], actions: &[RuleAction]) -> Outcome {
        check_conditions(conditions)?;
        let listener = self.our_rule(arn)?.live.listener_arn.clone();
        let absent = || Trouble::not_found("ListenerNotFound", format!("Listener '{listener}' not found"));
        check_actions(self, actions, &self.listeners.get(&listener).ok_or_else(absent)?.live)?;
        let live = &mut self.our_rule(arn)?.live;
        if live.conditions == conditions && live.actions == actions {
            return unchanged();
        }
        live.conditions = conditions.to_vec();
        live.actions = actions.to_vec();
        self.check_forwarding(arn);
        changed()
    }

    /// `elasticloadbalancing:SetRulePriorities`.
    pub(super) fn set_rule_priority(&mut self, arn: &str, priority: u32) -> Outcome {
        let live = self.our_rule(arn)?.live.clone();
        if live.priority == Some(priority) {
            return unchanged();
        }
        self.check_priority(&live.listener_arn, priority, Some(arn))?;
        self.our_rule(arn)?.live.priority = Some(priority);
        self.check_forwarding(arn);
        changed()
    }

    /// `elasticloadbalancing:DeleteRule`.
    pub(super) fn delete_rule(&mut self, arn: &str) -> Outcome {
        if !self.rules.contains_key(arn) {
            return unchanged();
        }
        self.our_rule(arn)?;
        self.rules.remove(arn);
        changed()
    }

    fn our_rule(&mut self, arn: &str) -> Result<&mut Rule, Trouble> {
        let absent = || Trouble::not_found("RuleNotFound", format!("One or more rules not found: {arn}"));
        let rule = self.rules.get_mut(arn).ok_or_else(absent)?;
        must_be_managed(&rule.tags(), arn)?;
        Ok(rule)
    }

    /// aws.md 4.1: 1..50000, each once on a listener.
    fn check_priority(&self, listener_arn: &str, priority: u32, but: Option<&str>) -> Result<(), Trouble> {
        if !(1..=50_000).contains(&priority) {
            return Err(Trouble::refused("ValidationError", format!("{priority} is no priority of 1..50000")));
        }
        let taken = self.rules.values().any(|rule| {
            rule.live.listener_arn == listener_arn
                && rule.live.priority == Some(priority)
                && Some(rule.live.arn.as_str()) != but
        });
        if taken {
            return Err(Trouble::conflict("PriorityInUse", format!("Priority '{priority}' is currently in use")));
        }
        Ok(())
    }
}
