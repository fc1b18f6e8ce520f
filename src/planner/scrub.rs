//! Foreign data is cleaned before anything reaches it. Fails closed: without the mark on the database that the task
//! has succeeded, every later plan runs it again first.

use std::collections::BTreeMap;

use crate::model::{Action, RefusalKind, ResourceKey, ResourceKind, StepId, TAG_SCRUB, Tags, TaskSpec};

use super::data_source::Data;
use super::draft::{Draft, NewStep};
use super::situation::{Situation, key};

/// Why nobody comes in before it is.
pub(super) const NOT_CLEAN: &str = "the data behind it is not clean yet";

/// Does this database hold, or will it hold, data that is not cleaned yet?
pub(super) fn is_needed(data: &Data) -> bool {
    match data {
        Data::Existing(live) => live.tags.get(TAG_SCRUB).is_some_and(|state| state == "needed"),
        Data::Snapshot { scrub, .. } => *scrub,
        Data::Empty | Data::Replaced | Data::Blocked => false,
    }
}

/// Runs every scrub task that is needed, once its databases can be used; the steps after which the data is clean.
pub(super) fn up(s: &Situation, data: &BTreeMap<&str, Data>, draft: &mut Draft) -> Vec<StepId> {
    let mut tasks: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (name, spec) in &s.desired.databases {
        if !data.get(name.as_str()).is_some_and(is_needed) {
            continue;
        }
        match spec.scrub.as_ref().filter(|task| s.desired.tasks.contains_key(*task)) {
            Some(task) => tasks.entry(task).or_default().push(name),
            None => draft.refuse(
                Some(key(ResourceKind::Database, name)),
                RefusalKind::Impossible,
                format!("{} holds foreign data that was never cleaned, and no scrub task is declared", spec.identifier),
                "declare a task that cleans it, and name it as the database's scrub",
            ),
        }
    }
    let mut clean = Vec::new();
    for (task, databases) in tasks {
        if let Some(spec) = s.desired.tasks.get(task) {
            let ran = run(s, task, spec, &databases, draft);
            clean.push(ran.clone());
            clean.extend(databases.into_iter().map(|database| mark(s, database, &ran, draft)));
        }
    }
    clean
}

fn run(s: &Situation, name: &str, spec: &TaskSpec, databases: &[&String], draft: &mut Draft) -> StepId {
    let mut before = Vec::new();
    for database in databases {
        before.extend(draft.ready(&key(ResourceKind::Database, database)));
    }
    let title = format!("clean the restored data with task {name}");
    let why = "the data is not this environment's own, and nothing may reach it before it is clean";
    super::run::start(s, name, spec, &before, &title, why, draft)
}

fn mark(s: &Situation, database: &str, ran: &StepId, draft: &mut Draft) -> StepId {
    let key: ResourceKey = key(ResourceKind::Database, database);
    let arn = draft.fact(&s.facts, &key, "arn");
    let tags = Tags::from([(TAG_SCRUB.to_owned(), "done".to_owned())]);
    let action = Action::Tag { key: key.clone(), arn, tags, remove: Vec::new() };
    let step =
        NewStep::new(format!("mark-scrubbed-{key}"), format!("note that the data of {database} is clean"), action);
    let marked = draft.add(step.because("the next run must know").after([ran.clone()]));
    draft.hold(&key, marked.clone());
    marked
}
