//! Listener rules. A rule answers with the asleep page until the targets behind it are healthy; while it answers with a
//! page and its service runs, a warming rule ([`super::warming`]) stands behind it.

use crate::model::{
    Action, ListenerSelector, LiveRule, Maintenance, NoteKind, RefusalKind, ResourceKey, ResourceKind, RuleAction,
    RuleSpec, Sighting, StepId, TAG_PRIORITY, Tags,
};

use super::condition::{condition_words, resolved, same_actions, same_conditions, words};
use super::draft::{Draft, NewStep, field};
use super::priority::{self, Priorities};
use super::situation::{Found, Situation, key, refuse_unreadable};
use super::warming::{cool, warm, warmed, warming_key};

/// Makes sure that every rule is there, and that every target group is attached: rules that do not forward yet stay
/// on the asleep page, with a warming rule behind them.
pub(super) fn prepare(s: &Situation, draft: &mut Draft) {
    let mut priorities = Priorities::of(s.live);
    for (name, spec) in &s.desired.rules {
        let key = key(ResourceKind::ListenerRule, name);
        match s.look(draft, &key, &s.live.rules) {
            Found::Absent => {
                let priority = create(s, &key, spec, &mut priorities, draft);
                warm(s, &key, spec, &spec.conditions, priority, &mut priorities, draft);
            }
            Found::Ours(live) => {
                reprioritise(s, &key, spec, live, &mut priorities, draft);
                if s.maintenance.is_some() || !forwards(s, name, spec, live, draft) {
                    let above = wanted_priority(s, spec, live).or(live.priority).unwrap_or_default();
                    warm(s, &key, spec, &live.conditions, above, &mut priorities, draft);
                }
            }
            Found::Blocked => continue,
        }
        note_shadows(s, &key, spec, draft);
    }
}

/// Lets every rule forward once the targets of its service are healthy, and removes the warming rules. During
/// maintenance the rules that forward show their page, and their warming rules stay behind them.
pub(super) fn forward(s: &Situation, gate: &[StepId], draft: &mut Draft) {
    for (name, spec) in &s.desired.rules {
        let key = key(ResourceKind::ListenerRule, name);
        let (Found::Absent | Found::Ours(_)) = s.look(draft, &key, &s.live.rules) else { continue };
        forward_one(s, &key, spec, gate, draft);
        if !is_in_maintenance(s, spec) {
            cool(s, &key, draft);
        }
    }
}

/// Does the rule show the maintenance page in place of forwarding?
pub(super) fn is_in_maintenance(s: &Situation, spec: &RuleSpec) -> bool {
    s.maintenance.is_some() && spec.target_group.is_some()
}

fn forward_one(s: &Situation, key: &ResourceKey, spec: &RuleSpec, gate: &[StepId], draft: &mut Draft) {
    let live = s.live.rules.get(&key.name).and_then(|sighting| sighting.present());
    let maintenance = is_in_maintenance(s, spec);
    let wanted = match maintenance {
        true => vec![spec.maintenance.clone()],
        false => resolved(&spec.actions, &draft.lasting(&s.facts)),
    };
    let closed = is_closed(key, draft);
    let actions_differ = closed || live.is_none_or(|live| !same_actions(&wanted, &live.actions));
    let conditions_differ = live.is_some_and(|live| !same_conditions(&spec.conditions, &live.conditions));
    if !actions_differ && !conditions_differ {
        return;
    }
    let mut reasons = Vec::new();
    if actions_differ {
        let from = live.filter(|_| !closed).map_or("page".to_owned(), |live| words(&live.actions));
        let why = if maintenance { "the environment is in maintenance" } else { "the environment is up" };
        reasons.push(field("actions", from, words(&wanted), why));
    }
    if let Some(live) = live.filter(|_| conditions_differ) {
        let (from, to) = (condition_words(&live.conditions), condition_words(&spec.conditions));
        reasons.push(field("conditions", from, to, "the spec says otherwise"));
    }
    let action = Action::ModifyRule {
        key: key.clone(),
        arn: draft.fact(&s.facts, key, "arn"),
        conditions: spec.conditions.clone(),
        actions: wanted,
    };
    let mut after = gate.to_vec();
    after.extend(draft.ready(key));
    if maintenance {
        // The targets stay checked only behind a rule that forwards to them.
        after.extend(draft.ready(&warming_key(key)));
        after.extend(warmed(key, draft));
    }
    for service in services_behind(s, spec) {
        after.extend(draft.ready(&ResourceKey::new(ResourceKind::Service, service)));
    }
    let title = match maintenance {
        true => format!("let rule {} answer with the maintenance page", key.name),
        false => format!("let rule {} forward", key.name),
    };
    let step = NewStep::new(format!("forward-{key}"), title, action);
    let forwarded = draft.add(step.reasons(reasons).after(after));
    draft.hold(key, forwarded.clone());
    for service in services_behind(s, spec) {
        draft.hold(&ResourceKey::new(ResourceKind::Service, service), forwarded.clone());
    }
}

/// Puts every rule on the asleep page, after these steps, and removes warming rules that were left.
pub(super) fn down(s: &Situation, after: &[StepId], draft: &mut Draft) {
    for (name, spec) in &s.desired.rules {
        let key = key(ResourceKind::ListenerRule, name);
        let Found::Ours(live) = s.look(draft, &key, &s.live.rules) else { continue };
        if !same_actions(std::slice::from_ref(&spec.asleep), &live.actions) {
            let asleep = show_page(&key, spec, live, "the environment sleeps", after, draft);
            draft.hold(&key, asleep);
        }
        cool(s, &key, draft);
        super::maintenance::forget(&key, live, after, draft);
    }
}

/// Puts every rule that forwards on the asleep page before data comes up behind it that is not clean, or changes places:
/// a warming rule too, where its rule does not stand before it any more.
pub(super) fn close(s: &Situation, why: &str, draft: &mut Draft) -> Vec<StepId> {
    let forwards = |live: &LiveRule| live.actions.iter().any(|action| matches!(action, RuleAction::Forward { .. }));
    let mut closed = Vec::new();
    for (name, spec) in &s.desired.rules {
        let key = key(ResourceKind::ListenerRule, name);
        let main = match s.look(draft, &key, &s.live.rules) {
            Found::Ours(live) => Some(live),
            Found::Absent => None,
            Found::Blocked => continue,
        };
        if let Some(live) = main.filter(|live| forwards(live)) {
            closed.push(show_page(&key, spec, live, why, &[], draft));
        }
        let warming = warming_key(&key);
        let open = |live: &&LiveRule| forwards(live) && !main.is_some_and(|main| stands_before(main, live));
        if let Some(live) = s.live.rules.get(&warming.name).and_then(Sighting::present).filter(open) {
            closed.push(show_page(&warming, spec, live, why, &[], draft));
        }
    }
    closed
}

/// Does every request that would reach the second rule meet the first one before?
fn stands_before(first: &LiveRule, second: &LiveRule) -> bool {
    first.priority < second.priority && same_conditions(&first.conditions, &second.conditions)
}

/// Puts a rule on the asleep page.
fn show_page(
    key: &ResourceKey,
    spec: &RuleSpec,
    live: &LiveRule,
    why: &str,
    after: &[StepId],
    draft: &mut Draft,
) -> StepId {
    let page = vec![spec.asleep.clone()];
    let reason = field("actions", words(&live.actions), words(&page), why);
    let action = Action::ModifyRule {
        key: key.clone(),
        arn: live.arn.clone(),
        conditions: live.conditions.clone(),
        actions: page,
    };
    let title = format!("let rule {} answer with the asleep page", key.name);
    let step = NewStep::new(format!("sleep-{key}"), title, action);
    draft.add(step.reasons([reason]).after(after.iter().cloned()))
}

/// Has this plan put the rule on the asleep page before?
pub(super) fn is_closed(key: &ResourceKey, draft: &Draft) -> bool {
    draft.has(&StepId(format!("sleep-{key}")))
}

/// Does the live rule forward to the target group that the spec names, and go on so?
pub(super) fn forwards(s: &Situation, name: &str, spec: &RuleSpec, live: &LiveRule, draft: &Draft) -> bool {
    let Some(group) = &spec.target_group else { return true };
    if is_closed(&key(ResourceKind::ListenerRule, name), draft) {
        return false;
    }
    let arn = draft.fact(&s.facts, &ResourceKey::new(ResourceKind::TargetGroup, group), "arn");
    live.actions
        .iter()
        .any(|action| matches!(action, RuleAction::Forward { target_group_arn } if *target_group_arn == arn))
}

/// The services (names in the spec) whose tasks a rule forwards to.
pub(super) fn services_behind<'a>(s: &'a Situation, spec: &'a RuleSpec) -> impl Iterator<Item = &'a String> {
    s.desired.services.iter().filter_map(|(name, service)| {
        let attached = service.attachment.as_ref().map(|attachment| &attachment.target_group);
        (attached.is_some() && attached == spec.target_group.as_ref()).then_some(name)
    })
}

/// The tags of a rule that is made: one that is made during maintenance is in maintenance.
pub(super) fn tags_of(s: &Situation, key: &ResourceKey) -> Tags {
    let mut tags = s.desired.tags_of(key);
    tags.extend(s.maintenance.iter().flat_map(Maintenance::tag));
    tags
}

fn create(s: &Situation, key: &ResourceKey, spec: &RuleSpec, priorities: &mut Priorities, draft: &mut Draft) -> u32 {
    if let Some(why) = priority::unknown(s.live, &spec.listener) {
        refuse_unreadable(draft, key, &format!("the rules of listener {}: {why}", spec.listener));
        return 0;
    }
    let mut tags = tags_of(s, key);
    let priority = match spec.priority {
        Some(fixed) => {
            take_fixed(key, spec, fixed, priorities, draft);
            fixed
        }
        None => {
            let free = priorities.take_above(&spec.listener, 0);
            tags.insert(TAG_PRIORITY.to_owned(), free.to_string());
            free
        }
    };
    let actions = if spec.target_group.is_some() { vec![spec.asleep.clone()] } else { spec.actions.clone() };
    let action = Action::CreateRule {
        key: key.clone(),
        listener_arn: listener_arn(s, &spec.listener, key, draft),
        priority,
        conditions: spec.conditions.clone(),
        actions,
        tags,
    };
    let title = format!("create rule {} with priority {priority}, on the asleep page", key.name);
    draft.add(NewStep::new(format!("create-{key}"), title, action).because("there is none"));
    priority
}

fn reprioritise(
    s: &Situation,
    key: &ResourceKey,
    spec: &RuleSpec,
    live: &LiveRule,
    priorities: &mut Priorities,
    draft: &mut Draft,
) {
    let Some(fixed) = wanted_priority(s, spec, live).filter(|fixed| live.priority != Some(*fixed)) else { return };
    take_fixed(key, spec, fixed, priorities, draft);
    let from = live.priority.map_or("none".to_owned(), |priority| priority.to_string());
    let action = Action::SetRulePriority { key: key.clone(), arn: live.arn.clone(), priority: fixed };
    let title = format!("give rule {} priority {fixed}", key.name);
    let why = if spec.priority.is_some() { "the spec says otherwise" } else { "it keeps the one that it took" };
    let reason = field("priority", from, fixed, why);
    let moved = draft.add(NewStep::new(format!("prioritise-{key}"), title, action).reasons([reason]));
    // Until then a warming rule, which stands behind its new place, would be reached.
    draft.hold(key, moved);
}

/// The priority that a rule should have: the spec's, else the one that it took when it was made, unless another rule
/// has that by now.
pub(super) fn wanted_priority(s: &Situation, spec: &RuleSpec, live: &LiveRule) -> Option<u32> {
    spec.priority.or_else(|| {
        let taken = live.tags.as_ref()?.get(TAG_PRIORITY)?.parse().ok()?;
        let listed = s.live.listener_rules.get(&spec.listener)?.present()?;
        let lost = listed.iter().any(|rule| rule.arn != live.arn && rule.priority == Some(taken));
        (!lost).then_some(taken)
    })
}

fn take_fixed(key: &ResourceKey, spec: &RuleSpec, fixed: u32, priorities: &mut Priorities, draft: &mut Draft) {
    if !priorities.take(&spec.listener, fixed) {
        let free = priorities.take_above(&spec.listener, 0);
        draft.refuse(
            Some(key.clone()),
            RefusalKind::Misfit,
            format!("priority {fixed} on listener {} is taken", spec.listener),
            format!("set priority: {free}, the lowest free one, or leave it out"),
        );
    }
}

pub(super) fn listener_arn(s: &Situation, listener: &str, key: &ResourceKey, draft: &mut Draft) -> String {
    let found = s.live.borrowed.listeners.get(listener).and_then(|sighting| sighting.present());
    match (found, s.desired.listeners.get(listener)) {
        (Some(live), _) => live.arn.clone(),
        (None, Some(ListenerSelector::Arn(arn))) => arn.clone(),
        (None, _) => {
            draft.refuse(
                Some(key.clone()),
                RefusalKind::Misfit,
                format!("listener {listener} was not found"),
                "correct the load balancer's name and port in the spec",
            );
            String::new()
        }
    }
}

fn note_shadows(s: &Situation, key: &ResourceKey, spec: &RuleSpec, draft: &mut Draft) {
    let ours = |name: &str| s.live.rules.get(name).and_then(|sighting| sighting.present());
    let own = [ours(&key.name), ours(&warming_key(key).name)];
    let own_priority = own[0].and_then(|rule| rule.priority);
    let listed = s.live.listener_rules.get(&spec.listener).and_then(|sighting| sighting.present());
    for rule in listed.into_iter().flatten() {
        let is_own = own.iter().flatten().any(|own| own.arn == rule.arn);
        let same = same_conditions(&spec.conditions, &rule.conditions);
        let above = match (rule.priority, own_priority.or(spec.priority)) {
            (Some(theirs), Some(own)) => theirs < own,
            _ => true,
        };
        if same && !is_own && rule.priority.is_some() {
            let text = if above {
                format!("{} has the same conditions and comes first: rule {} would get no request", rule.arn, key.name)
            } else {
                format!("{} has the same conditions and comes later: rule {} takes its requests", rule.arn, key.name)
            };
            draft.note(Some(key.clone()), NoteKind::Warning, text);
        }
    }
}
