//! Two things that would have one AWS name.

use std::collections::BTreeMap;

use super::Check;
use crate::spec::code::Code;
use crate::spec::problems::wrong;
use crate::spec::schema::shortened;

pub(super) fn check(check: &mut Check<'_>) {
    let environment = check.environment;
    let path = |kind: &str, name: &str, field: &str| format!("{kind}/{name}.{field}");
    let services = environment.services.iter();
    distinct(
        check,
        "service",
        services.clone().map(|(name, service)| (path("service", name, "service_name"), service.service_name.clone())),
    );
    let families = services.map(|(name, service)| (path("service", name, "family"), service.family.clone()));
    let tasks = environment.tasks.iter().map(|(name, task)| (path("task", name, "family"), task.family.clone()));
    distinct(check, "task definition family", families.chain(tasks));
    let databases = environment.databases.iter();
    distinct(
        check,
        "database",
        databases
            .clone()
            .map(|(name, database)| (path("database", name, "identifier"), database.identifier.to_lowercase())),
    );
    distinct(
        check,
        "secret",
        databases.map(|(name, database)| (path("database", name, "secret_name"), database.secret_name.clone())),
    );
    let groups = environment.log_groups.iter();
    distinct(
        check,
        "log group",
        groups.map(|(name, group)| (path("log-group", name, "log_group_name"), group.log_group_name.clone())),
    );
    let points = environment.access_points.iter();
    distinct(
        check,
        "access point",
        points.map(|(name, point)| (path("access-point", name, "access_point_name"), point.access_point_name.clone())),
    );
    let owned = environment.file_systems.iter().filter_map(|(name, file_system)| match file_system {
        crate::model::FileSystemSpec::Owned { file_system_name, .. } => {
            Some((path("file-system", name, "file_system_name"), file_system_name.clone()))
        }
        crate::model::FileSystemSpec::Borrowed { .. } => None,
    });
    distinct(check, "file system", owned);
    target_groups(check);
    both_owned_and_borrowed(check);
}

fn distinct(check: &mut Check<'_>, what: &str, named: impl Iterator<Item = (String, String)>) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (path, name) in named {
        match seen.get(&name) {
            Some(first) => {
                let draft =
                    wrong(Code::DuplicateName, format!("two {what}s would be called `{}` at AWS", shortened(&name)))
                        .label("the second")
                        .related(check.span(first), "the first")
                        .help("give one of them another name");
                check.report(&path, draft);
            }
            None => {
                seen.insert(name, path);
            }
        }
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
