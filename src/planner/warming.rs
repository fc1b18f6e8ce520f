//! Warming rules: ELB checks only targets that some rule forwards to, and ECS wants its target group attached to a
//! listener (`aws.md` 4.3). While a rule answers with a page, a second one with the same conditions and a higher priority
//! number, which no request ever reaches, forwards to the target group.

use crate::model::{Action, Condition, LiveRule, ResourceKey, ResourceKind, RuleAction, RuleSpec, StepId, late_text};

use super::condition::same_conditions;
use super::draft::{Draft, NewStep, field};
use super::priority::{self, Priorities};
use super::rule::{is_closed, listener_arn, tags_of};
use super::situation::{Situation, refuse_unreadable};

/// Ends the name of a warming rule.
pub(super) const WARMING: &str = ".warming";

/// The key of a rule's warming rule.
pub(super) fn warming_key(rule: &ResourceKey) -> ResourceKey {
    ResourceKey::new(ResourceKind::ListenerRule, format!("{}{WARMING}", rule.name))
}

/// Makes sure that a warming rule stands behind this rule, whose priority is `above`.
pub(super) fn warm(
    s: &Situation,
    rule: &ResourceKey,
    spec: &RuleSpec,
    conditions: &[Condition],
    above: u32,
    priorities: &mut Priorities,
    draft: &mut Draft,
) {
    let Some(group) = &spec.target_group else { return };
    let group_key = ResourceKey::new(ResourceKind::TargetGroup, group);
    let key = warming_key(rule);
    let arn = draft.fact(&s.facts, &group_key, "arn");
    let live = s.live.rules.get(&key.name).and_then(|sighting| sighting.present());
    let closed = is_closed(&key, draft);
    let warms = |live: &LiveRule| {
        let forwards = live
            .actions
            .iter()
            .any(|action| matches!(action, RuleAction::Forward { target_group_arn } if *target_group_arn == arn));
        forwards && !closed && same_conditions(conditions, &live.conditions)
    };
    let mut after = draft.ready(rule);
    if let Some(live) = live.filter(|live| live.priority <= Some(above)) {
        after.push(put_behind(s, &key, spec, live, above, priorities, draft));
    }
    let id = format!("warm-{rule}");
    let forward = vec![RuleAction::Forward { target_group_arn: arn.clone() }];
    let why = "ELB checks only targets that a rule forwards to; no request reaches this one";
    let warming = match live {
        Some(live) if warms(live) => return,
        Some(live) => {
            let action = Action::ModifyRule {
                key: key.clone(),
                arn: live.arn.clone(),
                conditions: conditions.to_vec(),
                actions: forward,
            };
            after.extend(closed.then(|| StepId(format!("sleep-{key}"))));
            let title = format!("let the warming rule of {} forward", rule.name);
            draft.add(NewStep::new(id, title, action).because(why).after(after))
        }
        None => {
            if let Some(why) = priority::unknown(s.live, &spec.listener) {
                refuse_unreadable(draft, rule, &format!("the rules of listener {}: {why}", spec.listener));
                return;
            }
            let priority = priorities.take_above(&spec.listener, above);
            let action = Action::CreateRule {
                key: key.clone(),
                listener_arn: listener_arn(s, &spec.listener, rule, draft),
                priority,
                conditions: conditions.to_vec(),
                actions: forward,
                tags: tags_of(s, &key),
            };
            draft.add(
                NewStep::new(id, format!("warm the targets of rule {}", rule.name), action).because(why).after(after),
            )
        }
    };
    draft.hold(&group_key, warming);
}

/// Gives a warming rule a priority behind its rule's.
fn put_behind(
    s: &Situation,
    key: &ResourceKey,
    spec: &RuleSpec,
    live: &LiveRule,
    above: u32,
    priorities: &mut Priorities,
    draft: &mut Draft,
) -> StepId {
    if let Some(why) = priority::unknown(s.live, &spec.listener) {
        refuse_unreadable(draft, key, &format!("the rules of listener {}: {why}", spec.listener));
    }
    let priority = priorities.take_above(&spec.listener, above);
    let action = Action::SetRulePriority { key: key.clone(), arn: live.arn.clone(), priority };
    let from = live.priority.map_or("none".to_owned(), |priority| priority.to_string());
    let reason = field("priority", from, priority, "no request may reach it");
    let title = format!("put rule {} behind", key.name);
    let behind = draft.add(NewStep::new(format!("behind-{key}"), title, action).reasons([reason]));
    draft.hold(key, behind.clone());
    behind
}

/// Deletes a warming rule that is there, or that this plan makes, once its rule needs it no more.
pub(super) fn cool(s: &Situation, rule: &ResourceKey, draft: &mut Draft) {
    let key = warming_key(rule);
    let live = s.live.rules.get(&key.name).and_then(|sighting| sighting.present());
    let arn = match live {
        _ if draft.makes(&key) => late_text(&key, "arn"),
        Some(live) => live.arn.clone(),
        None => return,
    };
    let mut after = draft.ready(rule);
    after.extend(draft.ready(&key));
    let action = Action::DeleteRule { key: key.clone(), arn };
    let title = format!("delete the warming rule of {}", rule.name);
    draft.add(NewStep::new(format!("cool-{rule}"), title, action).because("it has done its work").after(after));
}

/// The step that lets the warming rule of this rule forward, where this plan has one.
pub(super) fn warmed(rule: &ResourceKey, draft: &Draft) -> Option<StepId> {
    let id = StepId(format!("warm-{rule}"));
    draft.has(&id).then_some(id)
}
