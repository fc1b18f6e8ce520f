//! Names that parts of the spec call each other by.

use super::Check;
use crate::spec::code::Code;
use crate::spec::problems::{nearest, one_of, wrong};
use crate::spec::schema::shortened;

pub(super) fn check(check: &mut Check<'_>) {
    let environment = check.environment;
    let services: Vec<&str> = environment.services.keys().map(String::as_str).collect();
    let databases: Vec<&str> = environment.databases.keys().map(String::as_str).collect();
    let files: Vec<&str> = environment.access_points.keys().map(String::as_str).collect();
    let file_systems: Vec<&str> = environment.file_systems.keys().map(String::as_str).collect();
    let log_groups: Vec<&str> = environment.log_groups.keys().map(String::as_str).collect();
    let listeners: Vec<&str> = environment.listeners.keys().map(String::as_str).collect();
    let tasks: Vec<&str> = environment.tasks.keys().map(String::as_str).collect();
    for (name, service) in &environment.services {
        let at = |field: &str| format!("service/{name}.{field}");
        if let Some(database) = &service.database {
            named(check, &at("database"), "database", "databases", database, &databases);
        }
        if let Some(group) = &service.log_group {
            named(check, &at("log_group"), "log group", "log_groups", group, &log_groups);
        }
        for (path, files_name) in &service.mounts {
            named(check, &at(&format!("mounts.{path}")), "file path", "files", files_name, &files);
        }
    }
    for (name, access_point) in &environment.access_points {
        let path = format!("access-point/{name}.file_system");
        named(
            check,
            &path,
            "file system",
            "file_systems or borrow.file_systems",
            &access_point.file_system,
            &file_systems,
        );
    }
    for (name, rule) in &environment.rules {
        named(check, &format!("listener-rule/{name}.service"), "service", "services", &rule.service, &services);
        named(
            check,
            &format!("listener-rule/{name}.listener"),
            "listener",
            "borrow.listeners",
            &rule.listener,
            &listeners,
        );
    }
    for (name, task) in &environment.tasks {
        if let Some(service) = &task.service {
            named(check, &format!("task/{name}.service"), "service", "services", service, &services);
        }
    }
    for (name, database) in &environment.databases {
        if let Some(task) = &database.scrub {
            named(check, &format!("database/{name}.scrub"), "task", "tasks", task, &tasks);
        }
    }
}

fn named(check: &mut Check<'_>, path: &str, what: &str, section: &str, name: &str, known: &[&str]) {
    if known.contains(&name) {
        return;
    }
    let meant = nearest(name, known.iter().copied());
    let help = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => format!("declare it under `{section}`"),
        None => format!("`{section}` has {}", one_of(known.iter().copied())),
    };
    let draft = wrong(Code::NoSuchName, format!("there is no {what} `{}`", shortened(name)))
        .label(format!("no such {what}"))
        .help(help)
        .instead(meant);
    check.report(path, draft);
}
