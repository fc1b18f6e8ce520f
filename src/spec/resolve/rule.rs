//! Listener rules with their target groups.

use std::collections::BTreeMap;

use crate::model::{HealthCheck, ResourceKey, ResourceKind, RuleDeclaration};

use super::super::names::Names;
use super::super::problems::Problems;
use super::super::schema::{self, Root, Rule};
use super::super::units::Span as TimeSpan;
use super::{Declared, Section, borrow, parts, seconds};

/// Every rule, defaulted.
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
    let mut all = BTreeMap::new();
    for (name, shape) in parts(&root.rules) {
        let mut section =
            declared.section(&ResourceKey::new(ResourceKind::ListenerRule, &name.value), &name.span, problems);
        all.insert(name.value.clone(), rule(&mut section, names, &name.value, &listeners, shape));
        section.rename("hosts", "conditions");
        section.rename("service", "actions");
        section.also(&ResourceKey::new(ResourceKind::TargetGroup, &name.value));
    }
    all
}

fn rule(section: &mut Section<'_>, names: &Names, name: &str, listeners: &[String], shape: &Rule) -> RuleDeclaration {
    let listener = match listeners {
        [only] => section.or("listener", &shape.listener, only.clone()),
        _ => section.need("listener", "listener", &shape.listener, "listener: https"),
    };
    let check = shape.health_check.get().cloned().unwrap_or_default();
    section.maybe("health_check", &shape.health_check);
    RuleDeclaration {
        listener,
        template: section.or("template", &shape.template, "listener-rule.json.hbs".to_owned()),
        hosts: section.list("hosts", &shape.hosts),
        paths: section.list("paths", &shape.paths),
        priority: section.maybe("priority", &shape.priority),
        service: section.need("service", "service", &shape.service, "service: backend"),
        target_group_name: section.or("target_group_name", &shape.target_group, names.target_group(name)),
        protocol: section.or("protocol", &shape.protocol, "HTTP".to_owned()),
        health_check: health_check(section, &check),
        deregistration_delay_seconds: seconds(section.or(
            "deregistration_delay_seconds",
            &shape.deregistration_delay,
            TimeSpan::of_seconds(15),
        )),
        stickiness_seconds: section.maybe("stickiness_seconds", &shape.stickiness).map(seconds),
    }
}

fn health_check(section: &mut Section<'_>, shape: &schema::HealthCheck) -> HealthCheck {
    let interval = section.or("health_check.interval_seconds", &shape.interval, TimeSpan::of_seconds(10));
    let timeout = section.or("health_check.timeout_seconds", &shape.timeout, TimeSpan::of_seconds(5));
    HealthCheck {
        path: section.or("health_check.path", &shape.path, "/".to_owned()),
        interval_seconds: seconds(interval),
        timeout_seconds: seconds(timeout),
        healthy_threshold: section.or("health_check.healthy_threshold", &shape.healthy, 2),
        unhealthy_threshold: section.or("health_check.unhealthy_threshold", &shape.unhealthy, 3),
        matcher: section.or("health_check.matcher", &shape.codes, "200".to_owned()),
    }
}
