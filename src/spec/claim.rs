//! What an environment claims at AWS for itself alone: names, paths, hosts, priorities. Two environments that claim one
//! thing would fight over it.

use crate::model::{AccessPointSpec, DASHBOARD, Environment, FileSystemSpec, ListenerSelector, RuleDeclaration};

/// One claim.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// What is claimed, `service name`.
    pub(super) what: &'static str,
    /// The name itself, for messages.
    pub(super) name: String,
    /// Where the name counts: a cluster, a listener, a file system; empty: the whole account and region.
    pub(super) scope: String,
    /// Where it is declared.
    pub(super) path: String,
}

/// Everything that this environment claims.
pub(super) fn claims(environment: &Environment) -> Vec<Claim> {
    let mut all = Vec::new();
    let mut claim = |what, name: &str, scope: String, path: String| {
        all.push(Claim { what, name: name.to_owned(), scope, path });
    };
    let cluster = environment.cluster.clone().unwrap_or_default();
    for (name, service) in &environment.services {
        claim("service name", &service.service_name, cluster.clone(), format!("service/{name}.service_name"));
        claim("task definition family", &service.family, String::new(), format!("service/{name}.family"));
    }
    for (name, task) in &environment.tasks {
        claim("task definition family", &task.family, String::new(), format!("task/{name}.family"));
    }
    for (name, database) in &environment.databases {
        claim("database identifier", &database.identifier, String::new(), format!("database/{name}.identifier"));
        claim("secret name", &database.secret_name, String::new(), format!("database/{name}.secret_name"));
    }
    for (name, group) in &environment.log_groups {
        claim("log group name", &group.log_group_name, String::new(), format!("log-group/{name}.log_group_name"));
    }
    for (name, file_system) in &environment.file_systems {
        if let FileSystemSpec::Owned { file_system_name, .. } = file_system {
            claim("file system name", file_system_name, String::new(), format!("file-system/{name}.file_system_name"));
        }
    }
    for (name, point) in &environment.access_points {
        claim(
            "access point name",
            &point.access_point_name,
            String::new(),
            format!("access-point/{name}.access_point_name"),
        );
        if let Some(scope) = borrowed(environment, point) {
            claim("path on production's file system", &point.path, scope, format!("access-point/{name}.path"));
        }
    }
    for (name, alarm) in &environment.alarms {
        claim("alarm name", &alarm.spec.alarm_name, String::new(), format!("alarm/{name}.alarm_name"));
    }
    if let Some(dashboard) = &environment.dashboard {
        let path = format!("dashboard/{DASHBOARD}.dashboard_name");
        claim("dashboard name", &dashboard.dashboard_name, String::new(), path);
    }
    for (name, rule) in &environment.rules {
        claim(
            "target group name",
            &rule.target_group_name,
            String::new(),
            format!("listener-rule/{name}.target_group_name"),
        );
        let listener = listener(environment, rule);
        if let Some(priority) = rule.priority {
            claim("priority", &priority.to_string(), listener.clone(), format!("listener-rule/{name}.priority"));
        }
        for (index, host) in rule.hosts.iter().enumerate() {
            // A host may be shared by paths: only the same paths of it are claimed twice.
            let scope = format!("{listener} {}", rule.paths.join(" "));
            claim("host", &host.to_lowercase(), scope, format!("listener-rule/{name}.hosts.{index}"));
        }
    }
    all
}

/// The borrowed file system on which this access point lies.
fn borrowed(environment: &Environment, point: &AccessPointSpec) -> Option<String> {
    match environment.file_systems.get(&point.file_system) {
        Some(FileSystemSpec::Borrowed { selector, .. }) => Some(selector.to_string()),
        _ => None,
    }
}

fn listener(environment: &Environment, rule: &RuleDeclaration) -> String {
    match environment.listeners.get(&rule.listener) {
        Some(ListenerSelector::Arn(arn)) => arn.clone(),
        Some(ListenerSelector::LoadBalancer { name, port }) => format!("{name}:{port}"),
        None => String::new(),
    }
}
