//! Names that parts of the spec call each other by.

use std::collections::BTreeMap;

use super::Check;
use crate::model::{CheckKind, KNOWN_METRICS, MetricDeclaration, Watched};
use crate::spec::code::Code;
use crate::spec::problems::{nearest, one_of, wrong};
use crate::spec::schema::{Borrow, Field, Named, shortened};

/// What can be named: the section that declares it, its names, and whether these are all that were meant.
struct Section<'a> {
    what: &'static str,
    written_as: &'static str,
    known: Vec<&'a str>,
    /// Names that are declared, but could not be read: to call them is no second mistake.
    unreadable: Vec<&'a str>,
    /// The section itself could not be read.
    is_broken: bool,
}

impl<'a> Section<'a> {
    fn new<T, V>(
        what: &'static str,
        written_as: &'static str,
        known: &'a BTreeMap<String, V>,
        field: &'a Field<Named<T>>,
    ) -> Self {
        Self {
            what,
            written_as,
            known: known.keys().map(String::as_str).collect(),
            unreadable: field.get().map(|named| named.1.iter().map(String::as_str).collect()).unwrap_or_default(),
            is_broken: matches!(field, Field::Broken(_)),
        }
    }
}

pub(super) fn check(check: &mut Check<'_>) {
    let (environment, root) = (check.environment, check.root);
    let services = Section::new("service", "services", &environment.services, &root.services);
    let databases = Section::new("database", "databases", &environment.databases, &root.databases);
    let files = Section::new("file path", "files", &environment.access_points, &root.files);
    let log_groups = Section::new("log group", "log_groups", &environment.log_groups, &root.log_groups);
    let rules = Section::new("rule", "rules", &environment.rules, &root.rules);
    let tasks = Section::new("task", "tasks", &environment.tasks, &root.tasks);
    for (name, service) in &environment.services {
        let at = |field: &str| format!("service/{name}.{field}");
        if let Some(database) = &service.database {
            named(check, &at("database"), &databases, database);
        }
        if let Some(group) = &service.log_group {
            named(check, &at("log_group"), &log_groups, group);
        }
        for (path, files_name) in &service.mounts {
            named(check, &at(&format!("mounts.{path}.files")), &files, files_name);
        }
    }
    for (name, rule) in &environment.rules {
        named(check, &format!("listener-rule/{name}.service"), &services, &rule.service);
    }
    for (name, task) in &environment.tasks {
        if let Some(service) = &task.service {
            named(check, &format!("task/{name}.service"), &services, service);
        }
    }
    for (name, database) in &environment.databases {
        if let Some(task) = &database.scrub {
            named(check, &format!("database/{name}.scrub"), &tasks, task);
        }
    }
    for (name, declared) in &environment.checks {
        match &declared.kind {
            CheckKind::Service(wanted) => named(check, &format!("check/{name}.service"), &services, &wanted.service),
            CheckKind::Sql(sql) => {
                if let Some(database) = &sql.target.database {
                    named(check, &format!("check/{name}.database"), &databases, database);
                }
            }
            _ => {}
        }
    }
    for (name, shape) in root.checks.get().map_or(&[][..], |named| &named.0) {
        if let Some(service) = shape.log.get().and_then(|log| log.service.get()) {
            named(check, &format!("check/{}.service", name.value), &services, service);
        }
    }
    for (name, alarm) in &environment.alarms {
        let MetricDeclaration::Known { word, of } = &alarm.metric else { continue };
        let Some(known) = KNOWN_METRICS.iter().find(|known| known.word == word) else { continue };
        let section = match known.watched {
            Watched::Service => &services,
            Watched::Database => &databases,
            Watched::Rule => &rules,
        };
        named(check, &format!("alarm/{name}.of"), section, of);
    }
    borrowed(check);
}

/// Listeners and file systems, which stand under `borrow`.
fn borrowed(check: &mut Check<'_>) {
    let (environment, root) = (check.environment, check.root);
    let none = Borrow::default();
    let borrow = root.borrow.get().unwrap_or(&none);
    let is_broken = matches!(root.borrow, Field::Broken(_));
    let mut listeners = Section::new("listener", "borrow.listeners", &environment.listeners, &borrow.listeners);
    listeners.is_broken |= is_broken || matches!(borrow.listener, Field::Broken(_));
    for (name, rule) in environment.rules.iter().filter(|(_, rule)| !rule.listener.is_empty()) {
        named(check, &format!("listener-rule/{name}.listener"), &listeners, &rule.listener);
    }
    let section = "file_systems` or `borrow.file_systems";
    let owned = Section::new("file system", section, &environment.file_systems, &root.file_systems);
    let mut file_systems = Section::new("file system", section, &environment.file_systems, &borrow.file_systems);
    file_systems.is_broken |= is_broken || owned.is_broken;
    file_systems.unreadable.extend(owned.unreadable);
    for (name, access_point) in &environment.access_points {
        named(check, &format!("access-point/{name}.file_system"), &file_systems, &access_point.file_system);
    }
}

fn named(check: &mut Check<'_>, path: &str, section: &Section<'_>, name: &str) {
    if section.known.contains(&name) || section.unreadable.contains(&name) || section.is_broken {
        return;
    }
    let Section { what, written_as, known, .. } = section;
    let meant = nearest(name, known.iter().copied());
    let help = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => format!("declare it under `{written_as}`"),
        None => format!("`{written_as}` has {}", one_of(known.iter().copied())),
    };
    let draft = wrong(Code::NoSuchName, format!("there is no {what} `{}`", shortened(name)))
        .label(format!("no such {what}"))
        .help(help)
        .instead(meant);
    check.report(path, draft);
}
