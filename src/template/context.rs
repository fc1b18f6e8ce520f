//! The values that templates see. The table of them stands in [`super`].

use serde_json::{Map, Value, json};

use crate::model::{
    AccessPointSpec, Environment, FileSystemSpec, LATE_CLOSE, LATE_OPEN, Problem, ResourceKey, ResourceKind,
    RuleDeclaration, Selector, ServiceDeclaration, TaskDeclaration, late_text,
};

use super::roles::role_arn;
use super::source::{Explained, line_span, problem};

/// What every template sees.
pub(super) fn base(environment: &Environment, more: &Map<String, Value>) -> Map<String, Value> {
    let mut values = environment.values.clone();
    values.extend(more.clone());
    let mut context = Map::new();
    context.insert("environment".to_owned(), json!(environment.name));
    context.insert("application".to_owned(), json!(environment.application));
    context.insert("region".to_owned(), json!(environment.region));
    context.insert("account".to_owned(), json!(environment.account));
    context.insert("tags".to_owned(), json!(environment.tags));
    context.insert("values".to_owned(), Value::Object(values));
    context
}

/// What the task-definition template of a service sees.
pub(super) fn of_service(environment: &Environment, name: &str, service: &ServiceDeclaration) -> Value {
    let mut context = base(environment, &service.values);
    context.insert("service".to_owned(), service_values(environment, name, service));
    context.insert("database".to_owned(), database_values(environment, service.database.as_deref()));
    context.insert("log_group".to_owned(), log_group_values(environment, service.log_group.as_deref()));
    let (mounts, volumes) = mount_values(environment, service);
    context.insert("mounts".to_owned(), mounts);
    context.insert("volumes".to_owned(), volumes);
    context.insert("task".to_owned(), Value::Null);
    Value::Object(context)
}

/// What the own template of a one-off task sees: its service's values too, when it names one.
pub(super) fn of_task(environment: &Environment, name: &str, task: &TaskDeclaration) -> Value {
    let service = task.service.as_ref().and_then(|name| environment.services.get_key_value(name));
    let mut context = match service {
        Some((service_name, service)) => of_service(environment, service_name, service),
        None => {
            let mut context = base(environment, &Map::new());
            for absent in ["service", "database", "log_group"] {
                context.insert(absent.to_owned(), Value::Null);
            }
            context.insert("mounts".to_owned(), json!([]));
            context.insert("volumes".to_owned(), json!([]));
            Value::Object(context)
        }
    };
    context["task"] = json!({
        "name": name,
        "family": task.family,
        "container": task.container,
        "command": task.command,
        "environment": task.environment,
    });
    context
}

/// What a rule's template (and, for the same rule, the pages) sees.
pub(super) fn of_rule(environment: &Environment, name: &str, rule: &RuleDeclaration, target_group: &str) -> Value {
    let service = environment.services.get(&rule.service);
    let mut context = base(environment, &service.map(|service| service.values.clone()).unwrap_or_default());
    let service = service.map_or(Value::Null, |service| service_values(environment, &rule.service, service));
    context.insert("service".to_owned(), service);
    context.insert(
        "rule".to_owned(),
        json!({ "name": name, "hosts": rule.hosts, "paths": rule.paths, "priority": rule.priority }),
    );
    let key = ResourceKey::new(ResourceKind::TargetGroup, target_group);
    context.insert("target_group".to_owned(), json!({ "name": target_group, "arn": late_text(&key, "arn") }));
    Value::Object(context)
}

fn service_values(environment: &Environment, name: &str, service: &ServiceDeclaration) -> Value {
    let role = |role: &Option<String>| role.as_ref().map(|role| role_arn(environment, role));
    json!({
        "name": name,
        "aws_name": service.service_name,
        "family": service.family,
        "cpu": service.cpu,
        "memory": service.memory_mib,
        "architecture": service.architecture.as_str(),
        "image": service.image,
        "container": service.container,
        "port": service.port,
        "environment": service.environment,
        "execution_role": role(&service.execution_role),
        "task_role": role(&service.task_role),
    })
}

/// The database that a service talks to; empty when it has none.
fn database_values(environment: &Environment, name: Option<&str>) -> Value {
    let Some((name, database)) = name.and_then(|name| environment.databases.get_key_value(name)) else {
        return Value::Null;
    };
    let late = |kind, attribute| late_text(&ResourceKey::new(kind, name), attribute);
    json!({
        "name": name,
        "identifier": database.identifier,
        "engine": database.engine.as_str(),
        "host": late(ResourceKind::Database, "endpoint"),
        "port": database.port,
        "username": database.username,
        "database_name": database.database_name,
        "secret_arn": late(ResourceKind::Secret, "arn"),
    })
}

fn log_group_values(environment: &Environment, name: Option<&str>) -> Value {
    name.and_then(|name| environment.log_groups.get_key_value(name)).map_or(
        Value::Null,
        |(key, group)| json!({ "key": key, "name": group.log_group_name, "retention_days": group.retention_days }),
    )
}

/// The mounts of a service, and the volumes behind them: two mounts of one access point share a volume.
fn mount_values(environment: &Environment, service: &ServiceDeclaration) -> (Value, Value) {
    let mut mounts = Vec::new();
    let mut volumes: Vec<Value> = Vec::new();
    for (path, name) in &service.mounts {
        let Some(point) = environment.access_points.get(name) else { continue };
        let id = late_text(&ResourceKey::new(ResourceKind::AccessPoint, name), "id");
        let system = file_system_id(environment, point);
        mounts.push(json!({ "name": name, "path": path, "file_system_id": system, "access_point_id": id }));
        let volume = json!({ "name": name, "file_system_id": system, "access_point_id": id });
        if !volumes.contains(&volume) {
            volumes.push(volume);
        }
    }
    (Value::Array(mounts), Value::Array(volumes))
}

fn file_system_id(environment: &Environment, point: &AccessPointSpec) -> String {
    match environment.file_systems.get(&point.file_system) {
        Some(FileSystemSpec::Borrowed { selector: Selector::Id(id), .. }) => id.clone(),
        _ => late_text(&ResourceKey::new(ResourceKind::FileSystem, &point.file_system), "id"),
    }
}

/// Values of the spec that contain the marks of late values: they would be taken for some.
pub(super) fn marked_values(environment: &Environment) -> Vec<Problem> {
    let marked = |value: &Value| value.to_string().contains([LATE_OPEN, LATE_CLOSE]);
    let mut found: Vec<String> = Vec::new();
    for (name, value) in &environment.values {
        if marked(value) || name.contains([LATE_OPEN, LATE_CLOSE]) {
            found.push(format!("values.{name}"));
        }
    }
    for (name, service) in &environment.services {
        // Everything of a service goes into its template, so the whole is looked at.
        if serde_json::to_value(service).as_ref().is_ok_and(marked) {
            found.push(format!("service/{name}"));
        }
    }
    for (name, task) in &environment.tasks {
        if serde_json::to_value(task).as_ref().is_ok_and(marked) {
            found.push(format!("task/{name}"));
        }
    }
    for (name, rule) in &environment.rules {
        if serde_json::to_value(rule).as_ref().is_ok_and(marked) {
            found.push(format!("listener-rule/{name}"));
        }
    }
    found
        .into_iter()
        .map(|place| {
            let span = environment.places.get(&place).map(line_span);
            problem(
                "TPL005",
                format!("`{place}` contains `{LATE_OPEN}` or `{LATE_CLOSE}`, which mark values known late"),
                span,
            )
            .help("write {{ref \"…\"}} in the template instead")
        })
        .collect()
}
