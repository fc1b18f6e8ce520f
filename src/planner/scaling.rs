//! Autoscaling on the way up: bounds and policies as the spec says, resumed once the service serves.

use crate::model::{
    Action, LiveScaling, LiveScalingPolicy, NoteKind, Reason, ResourceKey, ResourceKind, ScalingPolicy, ScalingSpec,
    ServiceSpec, Sighting, StepId, Tags, short_name,
};

use super::draft::{Draft, NewStep, field};
use super::situation::{Situation, key, refuse_unreadable};

pub(super) const CPU: &str = "ECSServiceAverageCPUUtilization";
pub(super) const MEMORY: &str = "ECSServiceAverageMemoryUtilization";

/// Resumes autoscaling where the spec declares it, and removes it where it does not.
pub(super) fn up(s: &Situation, draft: &mut Draft) {
    for (name, spec) in &s.desired.services {
        let key = key(ResourceKind::ScalableTarget, name);
        let live = match s.live.scaling.get(name) {
            Some(Sighting::Present(live)) => Some(live),
            Some(Sighting::Absent) => None,
            None => {
                note_unknown(&key, spec, draft);
                continue;
            }
            Some(Sighting::Unreadable { why }) => {
                refuse_unreadable(draft, &key, why);
                continue;
            }
        };
        match (&spec.scaling, live) {
            (Some(scaling), live) => resume(s, &key, spec, scaling, live, draft),
            (None, Some(live)) => {
                deregister(&key, live, "the spec declares no autoscaling", Vec::new(), draft);
            }
            (None, None) => {}
        }
    }
}

/// The endpoint does not know autoscaling (an emulator): the service runs with the count that it starts with.
fn note_unknown(key: &ResourceKey, spec: &ServiceSpec, draft: &mut Draft) {
    if spec.scaling.is_some() {
        let text = format!("this endpoint has no Application Auto Scaling, so nothing scales {}", spec.service_name);
        draft.note(Some(key.clone()), NoteKind::NotDone, text);
    }
}

/// Removes a scalable target; its policies and alarms go with it.
pub(super) fn deregister(
    key: &ResourceKey,
    live: &LiveScaling,
    why: &str,
    after: Vec<StepId>,
    draft: &mut Draft,
) -> StepId {
    let action = Action::DeregisterScalableTarget { key: key.clone(), resource_id: live.resource_id.clone() };
    let title = format!("remove autoscaling of {}", key.name);
    draft.add(NewStep::new(format!("deregister-{key}"), title, action).because(why).after(after))
}

/// The tags of a scalable target.
pub(super) fn tags(s: &Situation, key: &ResourceKey) -> Tags {
    s.desired.tags_of(key)
}

fn resume(
    s: &Situation,
    key: &ResourceKey,
    spec: &ServiceSpec,
    scaling: &ScalingSpec,
    live: Option<&LiveScaling>,
    draft: &mut Draft,
) {
    let service = ResourceKey::new(ResourceKind::Service, &key.name);
    let resource_id = format!("service/{}/{}", short_name(&spec.cluster), spec.service_name);
    let awake = draft.ready(&service);
    // A drain in this plan has suspended it, whatever is there now.
    let suspended_here = draft.has(&StepId(format!("suspend-{key}")));
    let mut reasons = bounds(scaling, live);
    if suspended_here && reasons.is_empty() {
        reasons.push(field("suspended", true, false, "the environment is up"));
    }
    let mut registered = None;
    if !reasons.is_empty() {
        let action = Action::RegisterScalableTarget {
            key: key.clone(),
            resource_id: resource_id.clone(),
            min: scaling.min,
            max: scaling.max,
            suspended: false,
            tags: tags(s, key),
        };
        let title = format!("let autoscaling of {} run between {} and {}", key.name, scaling.min, scaling.max);
        let resumed = draft.add(NewStep::new(format!("resume-{key}"), title, action).reasons(reasons).after(awake));
        draft.hold(&service, resumed.clone());
        registered = Some(resumed);
    }
    if !s.live.surveyed {
        policies(key, spec, scaling, live, &resource_id, registered, draft);
    }
}

fn bounds(scaling: &ScalingSpec, live: Option<&LiveScaling>) -> Vec<Reason> {
    let Some(live) = live else {
        let why = "there is no autoscaling yet".to_owned();
        return vec![Reason { field: None, from: None, to: None, why }];
    };
    let mut reasons = Vec::new();
    if live.min != scaling.min {
        reasons.push(field("min", live.min, scaling.min, "the spec says so for an environment that is up"));
    }
    if live.max != scaling.max {
        reasons.push(field("max", live.max, scaling.max, "the spec says otherwise"));
    }
    if live.suspended {
        reasons.push(field("suspended", true, false, "the environment is up"));
    } else if !live.partly_suspended.is_empty() {
        reasons.push(field("suspended", live.partly_suspended.join(" "), false, "the environment is up"));
    }
    reasons
}

fn policies(
    key: &ResourceKey,
    spec: &ServiceSpec,
    scaling: &ScalingSpec,
    live: Option<&LiveScaling>,
    resource_id: &str,
    registered: Option<StepId>,
    draft: &mut Draft,
) {
    let found = live.map(|live| live.policies.as_slice()).unwrap_or_default();
    let targets = [("cpu", CPU, scaling.cpu_percent), ("memory", MEMORY, scaling.memory_percent)];
    for (word, metric, target) in targets {
        let name = format!("{}-{word}", spec.service_name);
        let there = found.iter().find(|policy| policy.name == name);
        let id = format!("{key}.{word}");
        match (target, there) {
            (Some(target_percent), there) => {
                let policy = ScalingPolicy {
                    name: name.clone(),
                    metric: metric.to_owned(),
                    target_percent,
                    scale_in_cooldown_seconds: scaling.scale_in_cooldown_seconds,
                    scale_out_cooldown_seconds: scaling.scale_out_cooldown_seconds,
                };
                if there.is_none_or(|there| !same(there, &policy)) {
                    let from = there.and_then(|there| there.target_percent).map_or("none".to_owned(), percent);
                    let reason = field(word, from, percent(target_percent), "the spec says otherwise");
                    let action =
                        Action::PutScalingPolicy { key: key.clone(), resource_id: resource_id.to_owned(), policy };
                    let title = format!("scale {} at {target_percent} % {word}", key.name);
                    let step = NewStep::new(format!("put-policy-{id}"), title, action).reasons([reason]);
                    draft.add(step.after(registered.clone()));
                }
            }
            (None, Some(_)) => {
                let action = Action::DeleteScalingPolicy {
                    key: key.clone(),
                    resource_id: resource_id.to_owned(),
                    policy_name: name.clone(),
                };
                let step = NewStep::new(format!("delete-policy-{id}"), format!("delete scaling policy {name}"), action);
                draft.add(step.because("the spec declares none").after(registered.clone()));
            }
            (None, None) => {}
        }
    }
    for stranger in found
        .iter()
        .filter(|policy| !targets.iter().any(|(word, ..)| policy.name == format!("{}-{word}", spec.service_name)))
    {
        let text = format!("scaling policy {} is not in the spec and also moves the count", stranger.name);
        draft.note(Some(key.clone()), NoteKind::Warning, text);
    }
}

fn same(there: &LiveScalingPolicy, wanted: &ScalingPolicy) -> bool {
    there.metric.as_ref() == Some(&wanted.metric)
        && there.target_percent == Some(wanted.target_percent)
        && there.scale_in_cooldown_seconds == Some(wanted.scale_in_cooldown_seconds)
        && there.scale_out_cooldown_seconds == Some(wanted.scale_out_cooldown_seconds)
        && there.others.is_empty()
}

fn percent(percent: u32) -> String {
    format!("{percent} %")
}
