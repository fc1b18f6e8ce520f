//! Listener rules: conditions and actions rendered, the pages, the target groups.

use std::collections::BTreeMap;

use crate::model::{Environment, Problem, RuleAction, RuleDeclaration, RuleSpec, TargetGroupSpec, late_names};

use super::page::Page;
use super::source::Explained;
use super::{Renderer, context, page, rule_json};

/// Renders every rule; those with problems are left out.
pub(super) fn render_all(renderer: &Renderer<'_>, problems: &mut Vec<Problem>) -> BTreeMap<String, RuleSpec> {
    let mut rendered = BTreeMap::new();
    for (name, rule) in &renderer.environment.rules {
        match render(renderer, name, rule) {
            Ok(spec) => {
                rendered.insert(name.clone(), spec);
            }
            Err(found) => problems.extend(found),
        }
    }
    rendered
}

/// The target groups that the rules forward to, by the name that the rules call them.
pub(super) fn target_groups(
    environment: &Environment,
    rules: &BTreeMap<String, RuleSpec>,
) -> BTreeMap<String, TargetGroupSpec> {
    rules
        .values()
        .filter_map(|rule| rule.target_group.as_ref())
        .filter_map(|name| {
            let rule = environment.rules.get(name)?;
            let port = environment.services.get(&rule.service)?.port?;
            let spec = TargetGroupSpec {
                target_group_name: rule.target_group_name.clone(),
                port,
                protocol: rule.protocol.clone(),
                health_check: rule.health_check.clone(),
                deregistration_delay_seconds: rule.deregistration_delay_seconds,
                stickiness_seconds: rule.stickiness_seconds,
            };
            Some((name.clone(), spec))
        })
        .collect()
}

/// The first rule of the same service: its target group serves them all, because a service is registered with one.
pub(super) fn group_of<'a>(environment: &'a Environment, name: &'a str, rule: &RuleDeclaration) -> &'a str {
    environment.rules.iter().find(|(_, other)| other.service == rule.service).map_or(name, |(first, _)| first)
}

fn render(renderer: &Renderer<'_>, name: &str, rule: &RuleDeclaration) -> Result<RuleSpec, Vec<Problem>> {
    let environment = renderer.environment;
    let place = format!("listener-rule/{name}");
    let mut problems = Vec::new();
    let group = group_of(environment, name, rule);
    if let Some(first) = environment.rules.get(group)
        && (&first.health_check, &first.protocol, first.deregistration_delay_seconds, first.stickiness_seconds)
            != (&rule.health_check, &rule.protocol, rule.deregistration_delay_seconds, rule.stickiness_seconds)
    {
        let message =
            format!("rules `{group}` and `{name}` forward to service `{}` with different target groups", rule.service);
        let first = environment.places.get(&format!("listener-rule/{group}"));
        problems.push(
            renderer
                .at_spec("TPL050", message, &place)
                .related(first, "the other")
                .help("give both the same health check, protocol, delay and stickiness: they share one target group"),
        );
    }
    let values = context::of_rule(environment, name, rule, group);
    let document = renderer.document(&rule.template, &values).and_then(|document| rule_json::parse(&document));
    let (conditions, actions) = document.unwrap_or_else(|found| {
        problems.extend(found);
        Default::default()
    });
    let target_group = forwarded(&actions).map(str::to_owned);
    problems.extend(forward_problems(renderer, rule, &place, &actions));
    let asleep = page::render(renderer, Page::Asleep, &values, &mut problems);
    let maintenance = page::render(renderer, Page::Maintenance, &values, &mut problems);
    for problem in &mut problems {
        if problem.span.is_none() {
            problem.span = environment.places.get(&place).map(super::source::line_span);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(RuleSpec {
        listener: rule.listener.clone(),
        priority: rule.priority,
        conditions,
        actions,
        target_group: target_group.and_then(|name| group_key(&name)),
        asleep,
        maintenance,
    })
}

/// The ARN that a rule forwards to, late or not.
fn forwarded(actions: &[RuleAction]) -> Option<&str> {
    actions.iter().find_map(|action| match action {
        RuleAction::Forward { target_group_arn } => Some(target_group_arn.as_str()),
        _ => None,
    })
}

/// `⟦target-group/web.arn⟧` to `web`.
fn group_key(arn: &str) -> Option<String> {
    let name = late_names(arn).into_iter().next()?;
    Some(name.strip_prefix("target-group/")?.strip_suffix(".arn")?.to_owned())
}

fn forward_problems(
    renderer: &Renderer<'_>,
    rule: &RuleDeclaration,
    place: &str,
    actions: &[RuleAction],
) -> Option<Problem> {
    let arn = forwarded(actions)?;
    let Some(group) = group_key(arn) else {
        let message = format!("the rule forwards to `{arn}`, which is no target group of this environment");
        return Some(
            renderer.at_spec("TPL050", message, place).help("write \"TargetGroupArn\": \"{{target_group.arn}}\""),
        );
    };
    let serves = renderer.environment.rules.get(&group).map(|other| other.service.as_str());
    if serves != Some(rule.service.as_str()) {
        let message =
            format!("the rule forwards to the target group `{group}`, which is not of service `{}`", rule.service);
        return Some(renderer.at_spec("TPL050", message, place));
    }
    let Some(service) = renderer.environment.services.get(&rule.service) else {
        let message = format!("the rule forwards to service `{}`, which is not declared", rule.service);
        return Some(renderer.at_spec("TPL050", message, place));
    };
    service.port.is_none().then(|| {
        let message = format!("the rule forwards to service `{}`, which has no port", rule.service);
        renderer.at_spec("TPL050", message, place).help("write `port:` at the service")
    })
}
