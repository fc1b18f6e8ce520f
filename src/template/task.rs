//! One-off tasks: a service's document with another command, or a template of their own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{Capacity, Problem, TaskDeclaration, TaskSpec};

use super::check::Expected;
use super::service::{RenderedService, completed};
use super::source::Explained;
use super::{Renderer, context};

/// Renders every task; those with problems, or whose service has problems, are left out.
pub(super) fn render_all(
    renderer: &Renderer<'_>,
    services: &BTreeMap<String, RenderedService>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, TaskSpec> {
    let mut rendered = BTreeMap::new();
    for (name, task) in &renderer.environment.tasks {
        match render(renderer, name, task, services) {
            Ok(Some(document)) => {
                let service = task.service.as_ref().and_then(|name| renderer.environment.services.get(name));
                let spec = TaskSpec {
                    service: task.service.clone(),
                    cluster: renderer.environment.cluster.clone().unwrap_or_default(),
                    family: task.family.clone(),
                    task_definition: document,
                    capacity: service.map_or(Capacity::OnDemand, |service| service.capacity),
                    assign_public_ip: renderer.environment.network.assign_public_ip,
                    container: task.container.clone(),
                    timeout_seconds: task.timeout.as_secs(),
                    expect: task.expect.clone(),
                    reject: task.reject.clone(),
                };
                rendered.insert(name.clone(), spec);
            }
            Ok(None) => {}
            Err(found) => problems.extend(found),
        }
    }
    rendered
}

/// The document of a task; `None`: its service's document has problems, which are said once.
fn render(
    renderer: &Renderer<'_>,
    name: &str,
    task: &TaskDeclaration,
    services: &BTreeMap<String, RenderedService>,
) -> Result<Option<Value>, Vec<Problem>> {
    let place = format!("task/{name}");
    let mut value = match (&task.template, &task.service) {
        (Some(template), _) => {
            let document = renderer.document(template, &context::of_task(renderer.environment, name, task))?;
            let expected = Expected {
                environment: renderer.environment,
                family: &task.family,
                container: &task.container,
                service: None,
            };
            completed(document, &expected)?
        }
        (None, Some(service)) => match services.get(service) {
            Some(rendered) => rendered.spec.task_definition.clone(),
            None if renderer.environment.services.contains_key(service) => return Ok(None),
            None => {
                let message =
                    format!("task `{name}` takes the task definition of service `{service}`, which is not declared");
                return Err(vec![renderer.at_spec("TPL052", message, &place)]);
            }
        },
        (None, None) => {
            let message = format!("task `{name}` has neither a service nor a template");
            return Err(vec![renderer.at_spec("TPL052", message, &place).help("write `service:` or `template:`")]);
        }
    };
    if let Some(fields) = value.as_object_mut() {
        fields.insert("family".to_owned(), json!(task.family));
    }
    override_container(&mut value, task).map_err(|message| vec![renderer.at_spec("TPL052", message, &place)])?;
    Ok(Some(value))
}

/// Gives the task's container its command and variables.
fn override_container(document: &mut Value, task: &TaskDeclaration) -> Result<(), String> {
    let containers = document.get_mut("containerDefinitions").and_then(Value::as_array_mut);
    let container = containers
        .into_iter()
        .flatten()
        .find(|container| container["name"] == task.container.as_str())
        .and_then(Value::as_object_mut)
        .ok_or_else(|| format!("the task definition has no container `{}`", task.container))?;
    if !task.command.is_empty() {
        container.insert("command".to_owned(), json!(task.command));
    }
    if task.environment.is_empty() {
        return Ok(());
    }
    let secrets = container.get("secrets").and_then(Value::as_array).into_iter().flatten();
    let mut secret_names = secrets.filter_map(|secret| secret["name"].as_str());
    if let Some(name) = secret_names.find(|name| task.environment.contains_key(*name)) {
        return Err(format!("variable `{name}` is a secret of container `{}` already", task.container));
    }
    let variables = container.entry("environment").or_insert_with(|| json!([]));
    let variables = variables.as_array_mut().ok_or("`environment` of the container is no list")?;
    variables.retain(|variable| variable["name"].as_str().is_none_or(|name| !task.environment.contains_key(name)));
    variables.extend(task.environment.iter().map(|(name, value)| json!({ "name": name, "value": value })));
    Ok(())
}
