//! The settings of a service: what they should be, and which changes reach tasks that run already.

use crate::model::{
    Capacity, LiveService, Reason, ResourceKey, ResourceKind, SERVICE_MADE_WITH, ServiceSettings, ServiceSpec,
};

use super::draft::{Draft, field};
use super::situation::Situation;

/// What differs.
pub(super) struct SettingsChange {
    /// Why, field by field; empty: nothing differs.
    pub(super) reasons: Vec<Reason>,
    /// Tasks that run now keep the old setting until a deployment replaces them.
    pub(super) needs_deployment: bool,
}

/// The settings that the spec wants. Subnets and groups whose selectors were not resolved stay as they are.
pub(super) fn wanted(s: &Situation, spec: &ServiceSpec, live: Option<&LiveService>, draft: &Draft) -> ServiceSettings {
    let attachment = spec.attachment.as_ref().map(|attachment| {
        let key = ResourceKey::new(ResourceKind::TargetGroup, &attachment.target_group);
        (draft.fact(&s.facts, &key, "arn"), attachment.container.clone(), attachment.port)
    });
    let kept = |ids: &Option<Vec<String>>, live: Option<&Vec<String>>| {
        ids.clone().or_else(|| live.cloned()).unwrap_or_default()
    };
    ServiceSettings {
        service_name: spec.service_name.clone(),
        cluster: spec.cluster.clone(),
        capacity: spec.capacity,
        subnets: kept(&s.subnets, live.map(|live| &live.subnets)),
        security_groups: kept(&s.security_groups, live.map(|live| &live.security_groups)),
        assign_public_ip: spec.assign_public_ip,
        attachment,
        health_check_grace_seconds: spec.health_check_grace_seconds,
        enable_exec: spec.enable_exec,
        maximum_percent: spec.maximum_percent,
        minimum_healthy_percent: spec.minimum_healthy_percent,
    }
}

/// Compares setting by setting. `aws.md` 1.4 says which ones start a deployment; those that start none but belong to
/// a task (exec, capacity) need one to reach it.
pub(super) fn differences(wanted: &ServiceSettings, live: &LiveService) -> SettingsChange {
    let mut change = SettingsChange { reasons: Vec::new(), needs_deployment: false };
    let mut compare = |name: &str, from: String, to: String, deploys: bool| {
        if from != to {
            change.reasons.push(field(name, from, to, "the spec says otherwise"));
            change.needs_deployment |= deploys;
        }
    };
    let capacity = |capacity: Option<Capacity>| match capacity {
        Some(Capacity::OnDemand) => "on-demand".to_owned(),
        Some(Capacity::Spot) => "spot".to_owned(),
        None => "not Fargate".to_owned(),
    };
    compare("capacity", capacity(live.capacity), capacity(Some(wanted.capacity)), true);
    compare("subnets", sorted(&live.subnets), sorted(&wanted.subnets), true);
    compare("security-groups", sorted(&live.security_groups), sorted(&wanted.security_groups), true);
    compare("public-ip", live.assign_public_ip.to_string(), wanted.assign_public_ip.to_string(), true);
    compare("attachment", live_attachments(live), wanted_attachment(wanted), true);
    compare("exec", live.enable_exec.to_string(), wanted.enable_exec.to_string(), true);
    let grace = (live.health_check_grace_seconds, wanted.health_check_grace_seconds);
    if wanted.attachment.is_some() {
        compare("health-check-grace", format!("{} s", grace.0), format!("{} s", grace.1), false);
    }
    compare("maximum-percent", live.maximum_percent.to_string(), wanted.maximum_percent.to_string(), false);
    let healthy = (live.minimum_healthy_percent, wanted.minimum_healthy_percent);
    compare("minimum-healthy-percent", healthy.0.to_string(), healthy.1.to_string(), false);
    compare("circuit-breaker", on(live.circuit_breaker), on(true), false);
    for (name, wanted) in SERVICE_MADE_WITH {
        if let Some(is) = live.others.get(name) {
            compare(name, is.clone(), wanted.to_owned(), false);
        }
    }
    change
}

fn on(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

fn sorted(ids: &[String]) -> String {
    let mut ids = ids.to_vec();
    ids.sort();
    ids.join(" ")
}

fn live_attachments(live: &LiveService) -> String {
    let one = |group: &str, container: &str, port: u16| format!("{container}:{port} to {group}");
    let mut all: Vec<String> =
        live.attachments.iter().map(|found| one(&found.target_group_arn, &found.container, found.port)).collect();
    all.sort();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn wanted_attachment(wanted: &ServiceSettings) -> String {
    match &wanted.attachment {
        Some((group, container, port)) => format!("{container}:{port} to {group}"),
        None => "none".to_owned(),
    }
}
