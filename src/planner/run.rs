//! One-off tasks that somebody asks for: on the environment's network and secrets, once.

use crate::model::{
    Action, DatabaseState, RefusalKind, ResourceKey, ResourceKind, Sighting, StepId, Subject, TaskRun, TaskSpec, Until,
    Wait, late_text,
};

use super::draft::{Draft, NewStep};
use super::situation::{Situation, key};
use super::task_definition;

/// Runs a task of the spec, when what it needs is there.
pub(super) fn run(s: &Situation, name: &str, draft: &mut Draft) {
    let Some(spec) = s.desired.tasks.get(name) else {
        let why = format!("there is no task `{name}`");
        draft.refuse(None, RefusalKind::Impossible, why, "name a task of the spec");
        return;
    };
    databases_answer(s, spec, draft);
    let (title, why) = (format!("run task {name}"), "it was asked for");
    start(s, name, spec, &[], &title, why, draft);
}

/// What a one-off task must show to have succeeded.
pub(super) fn succeeded(spec: &TaskSpec) -> Until {
    Until::TaskSucceeded { container: spec.container.clone(), expect: spec.expect.clone(), reject: spec.reject.clone() }
}

/// Registers the task's definition and starts it after these steps; the step that has waited for its end.
pub(super) fn start(
    s: &Situation,
    name: &str,
    spec: &TaskSpec,
    after: &[StepId],
    title: &str,
    why: &str,
    draft: &mut Draft,
) -> StepId {
    let revision = task_definition::of_task(s, name, spec, draft);
    let mut before = task_definition::before_tasks(s, &spec.task_definition, draft);
    before.extend(after.iter().cloned());
    let key = key(ResourceKind::Task, name);
    let run = TaskRun {
        cluster: spec.cluster.clone(),
        task_definition: revision.arn,
        capacity: spec.capacity,
        subnets: s.subnets.clone().unwrap_or_default(),
        security_groups: s.security_groups.clone().unwrap_or_default(),
        assign_public_ip: spec.assign_public_ip,
        tags: s.desired.tags_of(&key),
    };
    let subject = Subject::Task { cluster: spec.cluster.clone(), arn: late_text(&key, "arn") };
    draft.add(
        NewStep::new(format!("run-{key}"), title, Action::RunTask { key: key.clone(), run })
            .because(why)
            .after(before)
            .until(Wait { subject, key: key.clone(), until: succeeded(spec), deadline_seconds: spec.timeout_seconds }),
    )
}

/// Refuses while a database that the task talks to does not answer, or holds data that nobody may reach yet.
fn databases_answer(s: &Situation, spec: &TaskSpec, draft: &mut Draft) {
    let needed = task_definition::references(&spec.task_definition).into_iter();
    let needed = needed.filter(|key| key.kind == ResourceKind::Database);
    for key in needed {
        let remedy = format!("bring the environment up first: envctl up {}", s.desired.environment);
        let why = match s.live.databases.get(&key.name) {
            Some(Sighting::Present(live))
                if live.tags.get(crate::model::TAG_SCRUB).is_some_and(|state| state == "needed") =>
            {
                format!("{} holds foreign data that is not clean yet", live.identifier)
            }
            Some(Sighting::Present(live))
                if matches!(live.state(), DatabaseState::Available | DatabaseState::BackingUp) =>
            {
                continue;
            }
            Some(Sighting::Present(live)) => format!("{} is {}", live.identifier, live.status),
            Some(Sighting::Absent) => format!("{key} is not there"),
            Some(Sighting::Unreadable { why }) => format!("{key} could not be read: {why}"),
            None => format!("{key} was not looked at"),
        };
        draft.refuse(Some(ResourceKey::clone(&key)), RefusalKind::Impossible, why, remedy);
    }
}
