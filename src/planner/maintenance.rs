//! Maintenance: the rules answer with a page on purpose while the tasks go on running. Remembered in a tag of each rule
//! before anything is changed, so that `up` and `drift` know. Behind each page stands a warming rule: the targets stay
//! checked, so that deployments can succeed meanwhile and the end is one change.

use crate::model::{
    Action, LiveRule, Maintenance, NoteKind, RefusalKind, ResourceKey, ResourceKind, RuleAction, RuleSpec, Sighting,
    StepId, TAG_FILES, TAG_MAINTENANCE, TAG_SCRUB, Tags, present,
};

use super::condition::{resolved, same_actions, words};
use super::draft::{Draft, NewStep, field};
use super::priority::Priorities;
use super::situation::{Found, Situation, key};
use super::warming::{self, warming_key};
use super::{deploy, power, rule, service};

/// Lets the rules answer with the maintenance page.
pub(super) fn begin(s: Situation, draft: &mut Draft) {
    let asked = Maintenance { since: Some(s.policy.now), by: Some(s.policy.who.clone()) };
    let maintenance = s.maintenance.clone().unwrap_or(asked);
    let s = &s.with_maintenance(Some(maintenance));
    if is_asleep(s) {
        let why = format!("{} sleeps, and its rules answer with the asleep page", s.desired.environment);
        return draft.refuse(None, RefusalKind::Impossible, why, wake(s));
    }
    let rules = rules(s, draft);
    if rules.is_empty() && draft.refusals.is_empty() {
        let why =
            format!("no rule of {} forwards to a service: there is nothing to put a page on", s.desired.environment);
        return draft.refuse(None, RefusalKind::Impossible, why, "declare a rule in the spec");
    }
    let remembered = rules.iter().filter_map(|(key, _, live)| remember(s, key, live, draft)).collect();
    draft.set_gate(remembered);
    let mut priorities = Priorities::of(s.live);
    for (key, spec, live) in &rules {
        let above = live.priority.unwrap_or_default();
        warming::warm(s, key, spec, &live.conditions, above, &mut priorities, draft);
        let page = vec![spec.maintenance.clone()];
        if !same_actions(&page, &live.actions) {
            let title = format!("let rule {} answer with the maintenance page", key.name);
            let after = warming::warmed(key, draft).into_iter().collect();
            answer(key, live, page, title, "maintenance was asked for", after, draft);
        }
    }
}

/// Lets the rules forward again, once there are healthy targets.
pub(super) fn end(s: Situation, draft: &mut Draft) {
    let s = &s.with_maintenance(None);
    let in_maintenance = |live: &LiveRule, spec: &RuleSpec| {
        is_tagged(live) || same_actions(std::slice::from_ref(&spec.maintenance), &live.actions)
    };
    let mut rules = rules(s, draft);
    rules.retain(|(_, spec, live)| in_maintenance(live, spec));
    let mut forgotten = Vec::new();
    for (key, _, live) in &rules {
        let warming = warming_key(key);
        forgotten.extend(untag(key, live, Vec::new(), draft));
        let behind = s.live.rules.get(&warming.name).and_then(Sighting::present);
        forgotten.extend(behind.and_then(|live| untag(&warming, live, Vec::new(), draft)));
    }
    if rules.is_empty() || is_asleep(s) {
        return;
    }
    refuse_unready_data(s, draft);
    draft.set_gate(forgotten);
    for (key, spec, live) in &rules {
        let mut healthy = Vec::new();
        for name in rule::services_behind(s, spec) {
            let service = ResourceKey::new(ResourceKind::Service, name);
            let Some(running) = deploy::running(s, &service, draft) else { continue };
            if !draft.has(&StepId(format!("check-{}", group_of(spec)))) {
                service::check_targets(s, &service, &s.desired.services[name], Some(running), None, draft);
            }
            healthy.extend(draft.ready(&service));
        }
        let wanted = resolved(&spec.actions, &s.facts);
        if !same_actions(&wanted, &live.actions) {
            let title = format!("let rule {} forward", key.name);
            let opened = answer(key, live, wanted, title, "the maintenance is over", healthy, draft);
            draft.hold(key, opened);
        }
        warming::cool(s, key, draft);
    }
}

/// Says that visitors get a page on purpose, and what ends it.
pub(super) fn note(s: &Situation, draft: &mut Draft) {
    let Some(maintenance) = &s.maintenance else { return };
    let environment = &s.desired.environment;
    let words = maintenance.words();
    let text = format!("{environment} is {words}; `envctl maintenance off {environment}` ends it");
    draft.note(None, NoteKind::Kept, text);
}

/// An environment that is put to sleep is in maintenance no more. Its page goes first, so that whatever ends in between
/// opens nothing.
pub(super) fn forget(key: &ResourceKey, live: &LiveRule, after: &[StepId], draft: &mut Draft) {
    let mut asleep = draft.ready(key);
    asleep.extend(after.iter().cloned());
    untag(key, live, asleep, draft);
}

type Rule<'a> = (ResourceKey, &'a RuleSpec, &'a LiveRule);

/// The rules that forward to a service while the environment is up; refuses where one is not there.
fn rules<'a>(s: &Situation<'a>, draft: &mut Draft) -> Vec<Rule<'a>> {
    let mut all = Vec::new();
    for (name, spec) in s.desired.rules.iter().filter(|(_, spec)| spec.target_group.is_some()) {
        let key = key(ResourceKind::ListenerRule, name);
        match s.look(draft, &key, &s.live.rules) {
            Found::Ours(live) => all.push((key, spec, live)),
            Found::Absent => {
                draft.refuse(Some(key), RefusalKind::Impossible, format!("rule {name} is not there"), wake(s));
            }
            Found::Blocked => {}
        }
    }
    all
}

fn is_asleep(s: &Situation) -> bool {
    power::remembered(s.desired, s.live).is_some_and(|power| power.is_asleep())
}

fn wake(s: &Situation) -> String {
    format!("bring it up first: envctl up {}", s.desired.environment)
}

fn is_tagged(live: &LiveRule) -> bool {
    live.tags.as_ref().is_some_and(|tags| tags.contains_key(TAG_MAINTENANCE))
}

/// Nothing is opened before the data behind it may be reached.
fn refuse_unready_data(s: &Situation, draft: &mut Draft) {
    for (name, live) in present(&s.live.databases).filter(|(_, live)| s.desired.owns(&live.tags)) {
        let is_needed = |tag: &str| live.tags.get(tag).is_some_and(|mark| mark.starts_with("needed"));
        if is_needed(TAG_SCRUB) || is_needed(TAG_FILES) {
            let why = format!("the data of {} is not ready to be reached", live.identifier);
            let remedy = format!("`envctl up {}` makes it so; then end the maintenance", s.desired.environment);
            draft.refuse(Some(key(ResourceKind::Database, name)), RefusalKind::Impossible, why, remedy);
        }
    }
}

fn remember(s: &Situation, key: &ResourceKey, live: &LiveRule, draft: &mut Draft) -> Option<StepId> {
    let tags = s.maintenance.as_ref().filter(|_| !is_tagged(live))?.tag();
    let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags, remove: Vec::new() };
    let title = format!("remember on rule {} that it is in maintenance", key.name);
    let step = NewStep::new(format!("begin-maintenance-{key}"), title, action);
    Some(draft.add(step.because("what was asked for is remembered before it is done")))
}

fn untag(key: &ResourceKey, live: &LiveRule, after: Vec<StepId>, draft: &mut Draft) -> Option<StepId> {
    if !is_tagged(live) {
        return None;
    }
    let remove = vec![TAG_MAINTENANCE.to_owned()];
    let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags: Tags::new(), remove };
    let title = format!("forget the maintenance of rule {}", key.name);
    let step = NewStep::new(format!("end-maintenance-{key}"), title, action);
    Some(draft.add(step.because("it is in maintenance no more").after(after)))
}

fn answer(
    key: &ResourceKey,
    live: &LiveRule,
    actions: Vec<RuleAction>,
    title: String,
    why: &str,
    after: Vec<StepId>,
    draft: &mut Draft,
) -> StepId {
    let reason = field("actions", words(&live.actions), words(&actions), why);
    let action =
        Action::ModifyRule { key: key.clone(), arn: live.arn.clone(), conditions: live.conditions.clone(), actions };
    draft.add(NewStep::new(format!("answer-{key}"), title, action).reasons([reason]).after(after))
}

fn group_of(spec: &RuleSpec) -> ResourceKey {
    ResourceKey::new(ResourceKind::TargetGroup, spec.target_group.as_deref().unwrap_or_default())
}
