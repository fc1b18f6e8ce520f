//! Target groups.

use crate::model::{
    Action, LiveTargetGroup, Reason, RefusalKind, ResourceKey, ResourceKind, TARGET_GROUP_MADE_WITH, TargetGroupSpec,
};

use super::draft::{Draft, NewStep, field};
use super::situation::{Found, Situation, key};

/// Creates what is missing, and changes what ELB can change.
pub(super) fn up(s: &Situation, draft: &mut Draft) {
    for (name, spec) in &s.desired.target_groups {
        let key = key(ResourceKind::TargetGroup, name);
        match s.look(draft, &key, &s.live.target_groups) {
            Found::Absent => create(s, &key, spec, draft),
            Found::Ours(live) => existing(&key, spec, live, draft),
            Found::Blocked => {}
        }
    }
}

/// The VPC of the listener that the group's rule stands on, else that of the tasks' subnets.
pub(super) fn vpc(s: &Situation, name: &str) -> Option<String> {
    let mut rules = s.desired.rules.values().filter(|rule| rule.target_group.as_deref() == Some(name));
    let of_listener = rules.find_map(|rule| s.live.borrowed.listeners.get(&rule.listener)?.present()?.vpc.clone());
    let subnets = || s.live.borrowed.subnets.values().filter_map(|sighting| sighting.present()).flatten();
    of_listener.or_else(|| subnets().next().map(|subnet| subnet.vpc.clone()))
}

fn create(s: &Situation, key: &ResourceKey, spec: &TargetGroupSpec, draft: &mut Draft) {
    let Some(vpc) = vpc(s, &key.name) else {
        let remedy = "observe with preflight depth, or name subnets and the listener in the spec";
        draft.refuse(Some(key.clone()), RefusalKind::Unreadable, "its VPC is not known", remedy);
        return;
    };
    let action = Action::CreateTargetGroup { key: key.clone(), spec: spec.clone(), vpc, tags: s.desired.tags_of(key) };
    let title = format!("create target group {}", spec.target_group_name);
    draft.add(NewStep::new(format!("create-{key}"), title, action).because("there is none"));
}

fn existing(key: &ResourceKey, spec: &TargetGroupSpec, live: &LiveTargetGroup, draft: &mut Draft) {
    if live.port != spec.port || live.protocol != spec.protocol {
        let (was, wanted) = (format!("{} {}", live.protocol, live.port), format!("{} {}", spec.protocol, spec.port));
        draft.refuse(
            Some(key.clone()),
            RefusalKind::Impossible,
            format!(
                "target group {} is {was}, the spec says {wanted}, and ELB cannot change it",
                live.target_group_name
            ),
            "give the target group another name in the spec: a new one is made, and the old one goes with `destroy`",
        );
    }
    let reasons = differences(spec, live);
    if reasons.is_empty() {
        return;
    }
    let action = Action::ModifyTargetGroup { key: key.clone(), arn: live.arn.clone(), spec: spec.clone() };
    let title = format!("change target group {}", live.target_group_name);
    draft.add(NewStep::new(format!("modify-{key}"), title, action).reasons(reasons));
}

fn differences(spec: &TargetGroupSpec, live: &LiveTargetGroup) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut compare = |name: &str, from: String, to: String| {
        if from != to {
            reasons.push(field(name, from, to, "the spec says otherwise"));
        }
    };
    let (is, wanted) = (&live.health_check, &spec.health_check);
    compare("health-check.path", is.path.clone(), wanted.path.clone());
    compare("health-check.interval", seconds(is.interval_seconds), seconds(wanted.interval_seconds));
    compare("health-check.timeout", seconds(is.timeout_seconds), seconds(wanted.timeout_seconds));
    compare("health-check.healthy", is.healthy_threshold.to_string(), wanted.healthy_threshold.to_string());
    compare("health-check.unhealthy", is.unhealthy_threshold.to_string(), wanted.unhealthy_threshold.to_string());
    compare("health-check.matcher", is.matcher.clone(), wanted.matcher.clone());
    for (name, wanted) in TARGET_GROUP_MADE_WITH {
        if let Some(is) = live.others.get(name) {
            compare(name, is.clone(), wanted.to_owned());
        }
    }
    if let Some(is) = live.others.get("health-check.protocol") {
        compare("health-check.protocol", is.clone(), spec.protocol.clone());
    }
    // The cookie is the load balancer's own, where there is one.
    if let (Some(is), Some(_)) = (live.others.get("stickiness.type"), spec.stickiness_seconds) {
        compare("stickiness.type", is.clone(), "lb_cookie".to_owned());
    }
    // Without the attributes nobody knows; a group whose attributes were read always has a delay.
    if let Some(delay) = live.deregistration_delay_seconds {
        compare("deregistration-delay", seconds(delay), seconds(spec.deregistration_delay_seconds));
        let sticky = |stickiness: Option<u32>| stickiness.map_or("off".to_owned(), seconds);
        compare("stickiness", sticky(live.stickiness_seconds), sticky(spec.stickiness_seconds));
    }
    reasons
}

fn seconds(seconds: u32) -> String {
    format!("{seconds} s")
}
