//! Listener rules with their target groups.

use std::collections::BTreeMap;

use crate::model::{HealthCheck, ResourceKey, ResourceKind, RuleDeclaration};

use super::{Declared, Section, borrow, parts, seconds};
use crate::spec::names::Names;
use crate::spec::problems::Problems;
use crate::spec::schema::{self, Root, Rule};
use crate::spec::units::Span as TimeSpan;

/// Every rule, defaulted. Rules of one service share the target group of the first of them by name: what the others do
/// not say about it, they take from that one.
pub(super) fn rules(
    names: &Names,
    root: &Root,
    declared: &mut Declared,
    problems: &mut Problems,
) -> BTreeMap<String, RuleDeclaration> {
    let borrow = borrow::written(root);
    let mut listeners: Vec<String> = parts(&borrow.listeners).iter().map(|(name, _)| name.value.clone()).collect();
    if borrow.listener.here().is_some() {
        listeners.push("default".to_owned());
    }
    let mut written: Vec<_> = parts(&root.rules).iter().collect();
    written.sort_by(|(left, _), (right, _)| left.value.cmp(&right.value));
    let mut all: BTreeMap<String, RuleDeclaration> = BTreeMap::new();
    for (name, shape) in written {
        let key = ResourceKey::new(ResourceKind::ListenerRule, &name.value);
        let mut section = declared.section(&key, &name.span, problems);
        let first = all.values().find(|rule| Some(&rule.service) == shape.service.get());
        let group = first.map_or_else(|| TargetGroup::default_of(names, &name.value), TargetGroup::of);
        let rule = rule(&mut section, &listeners, group, shape);
        section.rename("hosts", "conditions");
        section.rename("service", "actions");
        section.also(&ResourceKey::new(ResourceKind::TargetGroup, &name.value));
        all.insert(name.value.clone(), rule);
    }
    all
}

/// What is said about a target group when a rule does not say it.
struct TargetGroup {
    name: String,
    protocol: String,
    health_check: HealthCheck,
    deregistration_delay_seconds: u32,
    stickiness_seconds: Option<u32>,
}

impl TargetGroup {
    fn default_of(names: &Names, rule: &str) -> Self {
        let health_check = HealthCheck {
            path: "/".to_owned(),
            interval_seconds: 10,
            timeout_seconds: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
            matcher: "200".to_owned(),
        };
        Self {
            name: names.target_group(rule),
            protocol: "HTTP".to_owned(),
            health_check,
            deregistration_delay_seconds: 15,
            stickiness_seconds: None,
        }
    }

    fn of(rule: &RuleDeclaration) -> Self {
        Self {
            name: rule.target_group_name.clone(),
            protocol: rule.protocol.clone(),
            health_check: rule.health_check.clone(),
            deregistration_delay_seconds: rule.deregistration_delay_seconds,
            stickiness_seconds: rule.stickiness_seconds,
        }
    }
}

fn rule(section: &mut Section<'_>, listeners: &[String], group: TargetGroup, shape: &Rule) -> RuleDeclaration {
    let listener = match listeners {
        [] => section.or("listener", &shape.listener, String::new()),
        [only] => section.or("listener", &shape.listener, only.clone()),
        _ => section.need("listener", "listener", &shape.listener, "listener: https"),
    };
    let check = shape.health_check.get().cloned().unwrap_or_default();
    section.maybe("health_check", &shape.health_check);
    let delay = TimeSpan::of_seconds(u64::from(group.deregistration_delay_seconds));
    let stickiness = section.maybe("stickiness_seconds", &shape.stickiness).map(seconds);
    RuleDeclaration {
        listener,
        template: section.or("template", &shape.template, "listener-rule.json.hbs".to_owned()),
        hosts: section.list("hosts", &shape.hosts),
        paths: section.list("paths", &shape.paths),
        priority: section.maybe("priority", &shape.priority),
        service: section.need("service", "service", &shape.service, "service: backend"),
        target_group_name: section.or("target_group_name", &shape.target_group, group.name),
        protocol: section.or("protocol", &shape.protocol, group.protocol),
        health_check: health_check(section, group.health_check, &check),
        deregistration_delay_seconds: seconds(section.or(
            "deregistration_delay_seconds",
            &shape.deregistration_delay,
            delay,
        )),
        stickiness_seconds: stickiness.or(group.stickiness_seconds),
    }
}

fn health_check(section: &mut Section<'_>, default: HealthCheck, shape: &schema::HealthCheck) -> HealthCheck {
    let lasting = |seconds: u32| TimeSpan::of_seconds(u64::from(seconds));
    let interval = section.or("health_check.interval_seconds", &shape.interval, lasting(default.interval_seconds));
    let timeout = section.or("health_check.timeout_seconds", &shape.timeout, lasting(default.timeout_seconds));
    HealthCheck {
        path: section.or("health_check.path", &shape.path, default.path),
        interval_seconds: seconds(interval),
        timeout_seconds: seconds(timeout),
        healthy_threshold: section.or("health_check.healthy_threshold", &shape.healthy, default.healthy_threshold),
        unhealthy_threshold: section.or(
            "health_check.unhealthy_threshold",
            &shape.unhealthy,
            default.unhealthy_threshold,
        ),
        matcher: section.or("health_check.matcher", &shape.codes, default.matcher),
    }
}
