//! Services: task definitions rendered, the rest copied over.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Environment, Problem, RuleSpec, ScalingSpec, ServiceDeclaration, ServiceSpec, TargetAttachment};

use super::check::{self, Expected};
use super::document::Document;
use super::roles::role_arn;
use super::{Renderer, context, shape};

/// A service with its rendered document.
pub(super) struct RenderedService {
    /// The service.
    pub(super) spec: ServiceSpec,
}

/// Renders every service; those with problems are left out.
pub(super) fn render_all(
    renderer: &Renderer<'_>,
    rules: &BTreeMap<String, RuleSpec>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, RenderedService> {
    let mut rendered = BTreeMap::new();
    for (name, service) in &renderer.environment.services {
        match render(renderer, name, service) {
            Ok(task_definition) => {
                let attachment = attachment(renderer.environment, name, service, rules);
                let spec = assemble(renderer.environment, service, task_definition, attachment);
                rendered.insert(name.clone(), RenderedService { spec });
            }
            Err(found) => problems.extend(found),
        }
    }
    rendered
}

/// The task definition of a service as it will be sent.
fn render(renderer: &Renderer<'_>, name: &str, service: &ServiceDeclaration) -> Result<Value, Vec<Problem>> {
    let environment = renderer.environment;
    let values = context::of_service(environment, name, service);
    let document = renderer.document(&service.template, &values).map_err(|found| with_use(renderer, found, name))?;
    let expected = Expected {
        environment,
        family: &service.family,
        container: &service.container,
        service: Some((name, service)),
    };
    completed(document, &expected)
}

/// The document checked, with its family and whole role ARNs.
pub(super) fn completed(document: Document, expected: &Expected<'_>) -> Result<Value, Vec<Problem>> {
    let mut problems = shape::check(&document, &expected.environment.allow_fields);
    // What has the wrong shape is read as absent below, and would be reported twice.
    if problems.iter().all(|problem| problem.code == "TPL030") {
        problems.extend(check::check(&document, expected));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut value = document.value;
    if let Some(fields) = value.as_object_mut() {
        fields.entry("family").or_insert_with(|| expected.family.into());
        for field in ["executionRoleArn", "taskRoleArn"] {
            if let Some(Value::String(role)) = fields.get_mut(field) {
                *role = role_arn(expected.environment, role);
            }
        }
    }
    Ok(value)
}

/// A missing file has no line of its own: the line of the spec that names it is shown.
fn with_use(renderer: &Renderer<'_>, problems: Vec<Problem>, name: &str) -> Vec<Problem> {
    let place = ["template", ""].iter().find_map(|field| {
        let key = if field.is_empty() { format!("service/{name}") } else { format!("service/{name}.{field}") };
        renderer.environment.places.get(&key)
    });
    problems
        .into_iter()
        .map(|mut problem| {
            if problem.span.is_none() {
                problem.span = place.map(super::source::line_span);
            }
            problem
        })
        .collect()
}

/// The target group that sends to a service.
fn attachment(
    environment: &Environment,
    name: &str,
    service: &ServiceDeclaration,
    rules: &BTreeMap<String, RuleSpec>,
) -> Option<TargetAttachment> {
    let port = service.port?;
    let group = environment
        .rules
        .iter()
        .filter(|(_, rule)| rule.service == name)
        .find_map(|(rule, _)| rules.get(rule).and_then(|rule| rule.target_group.clone()))?;
    Some(TargetAttachment { target_group: group, container: service.container.clone(), port })
}

fn assemble(
    environment: &Environment,
    service: &ServiceDeclaration,
    task_definition: Value,
    attachment: Option<TargetAttachment>,
) -> ServiceSpec {
    let scaling: Option<ScalingSpec> = service.scaling.clone();
    ServiceSpec {
        service_name: service.service_name.clone(),
        cluster: environment.cluster.clone().unwrap_or_default(),
        family: service.family.clone(),
        task_definition,
        desired_count: service.count,
        capacity: service.capacity,
        attachment,
        assign_public_ip: environment.network.assign_public_ip,
        health_check_grace_seconds: service.health_check_grace_seconds,
        enable_exec: service.enable_exec,
        maximum_percent: service.maximum_percent,
        minimum_healthy_percent: service.minimum_healthy_percent,
        scaling,
    }
}
