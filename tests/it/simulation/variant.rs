//! The environments that sessions are about: the shipped one and its neighbours, with less or with more.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use envctl::model::Desired;

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

/// One of the environments, by chance.
pub(crate) fn chosen(chance: &mut Chance) -> Desired {
    let mut desired = shipped(if chance.percent(75) { "staging" } else { "preview" });
    if chance.percent(25) {
        desired.services.values_mut().for_each(|service| service.scaling = None);
    }
    if chance.percent(10) {
        second_database(&mut desired);
    }
    desired
}

/// A second database of the same kind, which no service uses.
fn second_database(desired: &mut Desired) {
    let Some(mut database) = desired.databases.get("main").cloned() else { return };
    database.identifier.push_str("-two");
    database.secret_name.push_str("-two");
    desired.databases.insert("two".to_owned(), database);
}

/// The spec after an edit, as a pull request would change it. Never something that is refused.
pub(crate) fn edited(desired: &Desired, chance: &mut Chance) -> Desired {
    let mut desired = desired.clone();
    match chance.below(5) {
        0 => {
            for database in desired.databases.values_mut() {
                database.class = if chance.percent(50) { "db.t4g.small" } else { "db.t4g.micro" }.to_owned();
            }
        }
        1 => {
            let kept = 1 + u32::try_from(chance.below(7)).unwrap_or(1);
            desired
                .log_groups
                .values_mut()
                .for_each(|group| group.retention_days = Some([1, 3, 5, 7, 14, 30, 60][kept as usize - 1]));
        }
        2 => {
            for service in desired.services.values_mut() {
                if let Some(scaling) = &mut service.scaling {
                    scaling.max = 2 + u32::try_from(chance.below(5)).unwrap_or(1);
                } else {
                    service.desired_count = 1 + u32::try_from(chance.below(2)).unwrap_or(0);
                }
            }
        }
        3 => {
            let image = format!("example/app:{}", chance.below(4));
            for service in desired.services.values_mut() {
                service.task_definition["containerDefinitions"][0]["image"] = image.clone().into();
            }
        }
        _ => desired.retention.keep = 1 + u32::try_from(chance.below(3)).unwrap_or(0),
    }
    desired
}
