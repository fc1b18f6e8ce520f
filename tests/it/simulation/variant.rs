//! The environments that sessions are about: the shipped one and its neighbours, with less or with more.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use envctl::model::{Capacity, Condition, DatabaseSpec, Desired, FileSystemSpec, ServiceSpec, Throughput};

use super::chance::Chance;

fn folder(name: &str, prefix: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let entries = fs::read_dir(root).expect("a shipped folder");
    let files = entries.map(|entry| entry.expect("entry").path()).filter(|path| path.is_file());
    files
        .map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
            (format!("{prefix}{name}"), fs::read_to_string(&path).expect("text"))
        })
        .collect()
}

/// The shipped environment of this name.
pub(crate) fn shipped(name: &str) -> Desired {
    static READ: OnceLock<BTreeMap<String, Desired>> = OnceLock::new();
    let all = READ.get_or_init(|| {
        let files = folder("environments", "environments/");
        let templates = folder("templates", "");
        let desired = |name: &str| {
            let environment = envctl::spec::parse(name, &files).expect("the shipped spec");
            (name.to_owned(), envctl::template::desired(&environment, &templates).expect("the shipped templates"))
        };
        BTreeMap::from([desired("staging"), desired("preview")])
    });
    all[name].clone()
}

/// One of the environments.
pub(crate) fn chosen(number: u64) -> Desired {
    let mut chance = Chance::new(number, "environment");
    let mut desired = shipped(if chance.percent(75) { "staging" } else { "preview" });
    if chance.percent(25) {
        desired.services.values_mut().for_each(|service| service.scaling = None);
    }
    if chance.percent(10) {
        second_database(&mut desired);
    }
    if chance.percent(10) {
        worker(&mut desired);
    }
    if chance.percent(30) {
        files(&mut desired, chance.percent(40));
    }
    desired
}

/// Files that snapshots take along, on production's file system or on one of its own.
fn files(desired: &mut Desired, owned: bool) {
    desired.access_points.values_mut().for_each(|point| point.snapshot = true);
    if owned {
        for (name, system) in &mut desired.file_systems {
            let file_system_name = format!("{}-{}-{name}", desired.application, desired.environment);
            *system = FileSystemSpec::Owned { file_system_name, encrypted: true, throughput: Throughput::Bursting };
        }
    }
}

/// A second database of the same kind, which no service uses.
fn second_database(desired: &mut Desired) {
    let Some(mut database) = desired.databases.get("main").cloned() else { return };
    database.identifier.push_str("-two");
    database.secret_name.push_str("-two");
    desired.databases.insert("two".to_owned(), database);
}

/// A second service of the same kind without a load balancer, on Spot.
fn worker(desired: &mut Desired) {
    let Some(mut worker) = desired.services.values().next().cloned() else { return };
    worker.service_name.push_str("-worker");
    worker.family.push_str("-worker");
    worker.task_definition["family"] = worker.family.clone().into();
    worker.attachment = None;
    worker.scaling = None;
    worker.desired_count = 3;
    worker.capacity = Capacity::Spot;
    desired.services.insert("worker".to_owned(), worker);
}

/// What an edit may be about.
const EDITS: [&str; 13] = [
    "class",
    "log retention",
    "counts",
    "image",
    "snapshot retention",
    "host",
    "grace period",
    "no autoscaling",
    "exec",
    "more storage",
    "deletion protection",
    "path",
    "tag",
];

/// What this edit is about.
pub(crate) fn name_of_edit(number: u64) -> &'static str {
    EDITS[usize::try_from(number % EDITS.len() as u64).unwrap_or_default()]
}

/// The spec after an edit, as a pull request would change it. Never something that is refused.
pub(crate) fn edited(desired: &Desired, number: u64) -> Desired {
    let mut desired = desired.clone();
    let mut chance = Chance::new(number, "edit");
    let small = u32::try_from(chance.below(7)).unwrap_or(1);
    match name_of_edit(number) {
        "log retention" => {
            let days = [1, 3, 5, 7, 14, 30, 60][small as usize];
            desired.log_groups.values_mut().for_each(|group| group.retention_days = Some(days));
        }
        "snapshot retention" => desired.retention.keep = 1 + small % 3,
        "host" => {
            let host = Condition::HostHeader(vec![format!("h{small}.example.org")]);
            desired.rules.values_mut().for_each(|rule| rule.conditions = vec![host.clone()]);
        }
        "path" => desired.access_points.values_mut().for_each(|point| point.path = format!("/p{small}")),
        "tag" => drop(desired.tags.insert("team".to_owned(), format!("t{small}"))),
        what @ ("class" | "more storage" | "deletion protection") => {
            desired.databases.values_mut().for_each(|database| edit_database(database, what, small));
        }
        what => desired.services.values_mut().for_each(|service| edit_service(service, what, small)),
    }
    desired
}

fn edit_database(database: &mut DatabaseSpec, what: &str, small: u32) {
    match what {
        "class" => database.class = if small > 3 { "db.t4g.small" } else { "db.t4g.micro" }.to_owned(),
        "more storage" => database.storage_gib += 10,
        _ => database.deletion_protection = !database.deletion_protection,
    }
}

fn edit_service(service: &mut ServiceSpec, what: &str, small: u32) {
    match what {
        "image" => {
            service.task_definition["containerDefinitions"][0]["image"] = format!("example/app:{small}").into();
        }
        "grace period" => service.health_check_grace_seconds += 1,
        "no autoscaling" => service.scaling = None,
        "exec" => service.enable_exec = !service.enable_exec,
        _ => match &mut service.scaling {
            Some(scaling) => scaling.max = 2 + small % 5,
            None => service.desired_count = 1 + small % 2,
        },
    }
}
