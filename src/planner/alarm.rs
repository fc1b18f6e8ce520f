//! Alarms: off before the first task stops, on after the environment serves, as the spec says in between.

use std::collections::BTreeMap;

use crate::model::{
    Action, AlarmSpec, Facts, LATE_OPEN, LiveAlarm, NoteKind, Reason, ResourceKey, ResourceKind, Sighting, StepId,
    resolve_text,
};

use super::draft::{Draft, NewStep, field};
use super::situation::{Found, Situation, key};

/// Switches off the actions of every alarm of ours that is there. Everything that is planned afterwards comes after
/// it: nobody is woken because tasks stop on purpose.
pub(super) fn silence(s: &Situation, draft: &mut Draft) {
    let mut silent = Vec::new();
    for name in s.desired.alarms.keys() {
        let key = key(ResourceKind::Alarm, name);
        match s.live.alarms.get(name) {
            Some(Sighting::Present(live)) if live.tags.as_ref().is_some_and(|tags| !s.desired.owns(tags)) => {
                let text = format!("alarm {} is not this environment's: it is left as it is", live.spec.alarm_name);
                draft.note(Some(key), NoteKind::NotDone, text);
            }
            Some(Sighting::Present(live)) if live.actions_enabled => {
                silent.push(switch(&key, live, false, "tasks stop on purpose", Vec::new(), draft));
            }
            Some(Sighting::Present(_) | Sighting::Absent) => {}
            Some(Sighting::Unreadable { why }) => {
                draft.note(Some(key), NoteKind::Warning, format!("the alarm may go off, for it was not read: {why}"));
            }
            None => draft.note(Some(key), NoteKind::Warning, "the alarm may go off, for it was not looked at"),
        }
    }
    if !silent.is_empty() {
        draft.set_gate(silent);
    }
}

/// Makes and changes alarms and lets their actions run, after rules forward and services are there.
pub(super) fn up(s: &Situation, draft: &mut Draft) {
    let services = s.desired.services.keys().map(|name| key(ResourceKind::Service, name));
    let rules = s.desired.rules.keys().map(|name| key(ResourceKind::ListenerRule, name));
    let serving: Vec<StepId> = services.chain(rules).flat_map(|key| draft.ready(&key)).collect();
    let known = draft.lasting(&s.facts);
    for (name, spec) in &s.desired.alarms {
        let key = key(ResourceKind::Alarm, name);
        let wanted = resolved(spec, &known);
        let live = match s.look(draft, &key, &s.live.alarms) {
            Found::Absent => None,
            Found::Ours(live) => Some(live),
            Found::Blocked => continue,
        };
        let reasons = live.map_or_else(Vec::new, |live| reasons(&wanted, &live.spec));
        match live {
            Some(live) if reasons.is_empty() => {
                if !live.actions_enabled || is_silenced(&key, draft) {
                    switch(&key, live, true, "the environment is up", serving.clone(), draft);
                }
            }
            live => put(s, &key, wanted, live.is_some().then_some(reasons), serving.clone(), draft),
        }
    }
}

fn put(
    s: &Situation,
    key: &ResourceKey,
    spec: AlarmSpec,
    reasons: Option<Vec<Reason>>,
    after: Vec<StepId>,
    draft: &mut Draft,
) {
    let verb = if reasons.is_some() { "change" } else { "create" };
    let title = format!("{verb} alarm {}", spec.alarm_name);
    let action = Action::PutAlarm { key: key.clone(), spec, actions_enabled: true, tags: s.desired.tags_of(key) };
    let step = NewStep::new(format!("put-{key}"), title, action).after(after);
    draft.add(match reasons {
        Some(reasons) => step.reasons(reasons),
        None => step.because("there is none"),
    });
}

fn switch(
    key: &ResourceKey,
    live: &LiveAlarm,
    enabled: bool,
    why: &str,
    after: Vec<StepId>,
    draft: &mut Draft,
) -> StepId {
    let alarm_name = live.spec.alarm_name.clone();
    let (id, word) = if enabled { ("arm", "on") } else { ("silence", "off") };
    let title = format!("switch the actions of alarm {alarm_name} {word}");
    let action = Action::SetAlarmActions { key: key.clone(), alarm_name, enabled };
    let words = |enabled: bool| if enabled { "on" } else { "off" };
    let reason = field("actions-enabled", words(!enabled), words(enabled), why);
    draft.add(NewStep::new(format!("{id}-{key}"), title, action).reasons([reason]).after(after))
}

/// Has this plan switched its actions off before (foreign data)?
fn is_silenced(key: &ResourceKey, draft: &Draft) -> bool {
    draft.has(&StepId(format!("silence-{key}")))
}

/// The alarm with what is known of its dimensions.
pub(super) fn resolved(spec: &AlarmSpec, known: &Facts) -> AlarmSpec {
    let dimensions = spec.dimensions.iter().map(|(name, value)| (name.clone(), resolve_text(value, known)));
    AlarmSpec { dimensions: dimensions.collect(), ..spec.clone() }
}

/// Every setting that differs. A dimension that is still late differs: what it names is made anew.
pub(super) fn reasons(wanted: &AlarmSpec, live: &AlarmSpec) -> Vec<Reason> {
    let mut found = Vec::new();
    let mut compare = |name: &str, is: String, wanted: String| {
        if is != wanted {
            let why =
                if wanted.contains(LATE_OPEN) { "what it watches is made anew" } else { "the spec says otherwise" };
            found.push(field(name, is, wanted, why));
        }
    };
    compare("metric", metric(live), metric(wanted));
    compare("dimensions", pairs(&live.dimensions), pairs(&wanted.dimensions));
    compare("statistic", live.statistic.clone(), wanted.statistic.clone());
    compare("comparison", live.comparison.clone(), wanted.comparison.clone());
    compare("threshold", live.threshold.normalize().to_string(), wanted.threshold.normalize().to_string());
    compare("period", format!("{} s", live.period_seconds), format!("{} s", wanted.period_seconds));
    compare("periods", live.evaluation_periods.to_string(), wanted.evaluation_periods.to_string());
    compare("datapoints", live.datapoints_to_alarm.to_string(), wanted.datapoints_to_alarm.to_string());
    compare("missing", live.treat_missing_data.clone(), wanted.treat_missing_data.clone());
    compare("actions", list(&live.actions), list(&wanted.actions));
    compare("ok-actions", list(&live.ok_actions), list(&wanted.ok_actions));
    compare("description", live.description.clone(), wanted.description.clone());
    found
}

fn metric(spec: &AlarmSpec) -> String {
    if spec.namespace.is_empty() {
        "an expression".to_owned()
    } else {
        format!("{} {}", spec.namespace, spec.metric_name)
    }
}

fn pairs(dimensions: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { "none".to_owned() } else { pairs.join(" ") }
}

fn list(arns: &[String]) -> String {
    if arns.is_empty() { "none".to_owned() } else { arns.join(" ") }
}
