//! Two things that would have one AWS name.

use std::collections::BTreeMap;

use super::Check;
use crate::model::FileSystemSpec;
use crate::spec::code::Code;
use crate::spec::problems::wrong;
use crate::spec::schema::shortened;

pub(super) fn check(check: &mut Check<'_>) {
    let environment = check.environment;
    let mut services = Vec::new();
    let mut families = Vec::new();
    for (name, service) in &environment.services {
        services.push((format!("service/{name}.service_name"), service.service_name.as_str()));
        families.push((format!("service/{name}.family"), service.family.as_str()));
    }
    for (name, task) in &environment.tasks {
        families.push((format!("task/{name}.family"), task.family.as_str()));
    }
    distinct(check, "services", &services);
    distinct(check, "task definition families", &families);
    let mut databases = Vec::new();
    let mut secrets = Vec::new();
    for (name, database) in &environment.databases {
        databases.push((format!("database/{name}.identifier"), database.identifier.as_str()));
        secrets.push((format!("database/{name}.secret_name"), database.secret_name.as_str()));
    }
    distinct(check, "databases", &databases);
    distinct(check, "secrets", &secrets);
    let mut groups = Vec::new();
    for (name, group) in &environment.log_groups {
        groups.push((format!("log-group/{name}.log_group_name"), group.log_group_name.as_str()));
    }
    distinct(check, "log groups", &groups);
    let mut points = Vec::new();
    for (name, point) in &environment.access_points {
        points.push((format!("access-point/{name}.access_point_name"), point.access_point_name.as_str()));
    }
    distinct(check, "access points", &points);
    let mut owned = Vec::new();
    for (name, file_system) in &environment.file_systems {
        if let FileSystemSpec::Owned { file_system_name, .. } = file_system {
            owned.push((format!("file-system/{name}.file_system_name"), file_system_name.as_str()));
        }
    }
    distinct(check, "file systems", &owned);
    let mut alarms = Vec::new();
    for (name, alarm) in &environment.alarms {
        alarms.push((format!("alarm/{name}.alarm_name"), alarm.spec.alarm_name.as_str()));
    }
    distinct(check, "alarms", &alarms);
    target_groups(check);
    both_owned_and_borrowed(check);
}

fn distinct(check: &mut Check<'_>, what: &str, named: &[(String, &str)]) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, name) in named {
        let Some(first) = seen.insert(name, path) else { continue };
        let draft = wrong(Code::DuplicateName, format!("two {what} would be called `{}` at AWS", shortened(name)))
            .label("the second")
            .related(check.span(first), "the first")
            .help("give one of them another name");
        check.report(path, draft);
    }
}

/// Rules of one service share a target group; those of different services may not.
fn target_groups(check: &mut Check<'_>) {
    let mut seen: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for (name, rule) in &check.environment.rules {
        let path = format!("listener-rule/{name}.target_group_name");
        match seen.get(rule.target_group_name.as_str()) {
            Some((other, service)) if *service != rule.service => {
                let draft = wrong(
                    Code::DuplicateName,
                    format!("rules `{other}` and `{name}` forward to different services through one target group"),
                )
                .related(check.span(&format!("listener-rule/{other}.target_group_name")), "the other")
                .help("give one of the target groups another name, or leave both names out");
                check.report(&path, draft);
            }
            Some(_) => {}
            None => {
                seen.insert(&rule.target_group_name, (name, &rule.service));
            }
        }
    }
}

fn both_owned_and_borrowed(check: &mut Check<'_>) {
    let root = check.root;
    let borrowed = root.borrow.get().and_then(|borrow| borrow.file_systems.get());
    let Some((borrowed, owned)) = borrowed.zip(root.file_systems.get()) else { return };
    for (name, _) in &owned.0 {
        if let Some((other, _)) = borrowed.0.iter().find(|(other, _)| other.value == name.value) {
            let draft = wrong(
                Code::DuplicateName,
                format!("file system `{}` is owned and borrowed at once", shortened(&name.value)),
            )
            .at(&name.span)
            .related(Some(&other.span), "borrowed here")
            .help("give the owned one another name");
            check.problems.add(draft);
        }
    }
}
