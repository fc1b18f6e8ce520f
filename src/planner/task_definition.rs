//! Which revision a service should run: the one it runs when its document says the same, else one to be registered.

use serde_json::Value;

use crate::model::{
    Action, Facts, LiveService, NoteKind, Reason, ResourceKey, ResourceKind, ServiceSpec, Sighting, StepId, TaskSpec,
    late_names_in, late_text, resolve_value, short_name,
};

use super::document;
use super::draft::{Draft, NewStep, field, key_of};
use super::situation::{Situation, key};

/// The revision that a service should run.
pub(super) struct Revision {
    /// Its ARN, or the late text of one.
    pub(super) arn: String,
    /// Why it is another than the one that runs; empty: it is not.
    pub(super) reasons: Vec<Reason>,
}

/// Compares the wanted document with the one that the service runs, and registers it when it differs or when a value
/// in it is known only later in this plan.
pub(super) fn of_service(
    s: &Situation,
    name: &str,
    spec: &ServiceSpec,
    live: Option<&LiveService>,
    draft: &mut Draft,
) -> Revision {
    if let (Some(back), Some(live)) = (s.rollback.as_ref().and_then(|rollback| rollback.services.get(name)), live) {
        let (from, to) = (short_name(&live.task_definition), short_name(&back.revision));
        let why = "it is taken back to a revision that completed";
        let differs = live.task_definition != back.revision;
        let reasons = differs.then(|| field("task definition", from, to, why)).into_iter().collect();
        return Revision { arn: back.revision.clone(), reasons };
    }
    let (document, unknown) = with_known_values(&spec.task_definition, &draft.lasting(&s.facts));
    let key = key(ResourceKind::TaskDefinition, name);
    let mut reasons = Vec::new();
    let Some(live) = live else {
        reasons.push(whole("there is no service that runs it"));
        return register(s, key, &spec.family, &spec.task_definition, reasons, draft);
    };
    match s.live.task_definitions.get(name) {
        _ if !unknown.is_empty() => reasons.push(whole(&format!("known only later: {}", unknown.join(", ")))),
        Some(Sighting::Present(running)) => {
            reasons = document::differences(&document, running);
            if running.get("status").and_then(Value::as_str) == Some("INACTIVE") {
                reasons.push(whole("the revision was deregistered"));
            }
        }
        Some(Sighting::Absent) => reasons.push(whole("the revision is gone")),
        Some(Sighting::Unreadable { why }) => {
            let text = format!("{} could not be compared: {why}", live.task_definition);
            draft.note(Some(key.clone()), NoteKind::Warning, text);
        }
        None => {}
    }
    if reasons.is_empty() {
        return Revision { arn: live.task_definition.clone(), reasons };
    }
    register(s, key, &spec.family, &spec.task_definition, reasons, draft)
}

/// Registers the document of a one-off task: the newest revision is taken when it says the same.
pub(super) fn of_task(s: &Situation, name: &str, spec: &TaskSpec, draft: &mut Draft) -> Revision {
    // A service may have the same name, and a task definition's fact has only one place.
    let key = key(ResourceKind::TaskDefinition, &format!("{name}.task"));
    let reasons = vec![whole("a one-off task runs it")];
    register(s, key, &spec.family, &spec.task_definition, reasons, draft)
}

/// The resources that a document refers to.
pub(super) fn references(document: &Value) -> Vec<ResourceKey> {
    let mut keys: Vec<ResourceKey> = late_names_in(document).iter().filter_map(|fact| key_of(fact)).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Steps that must be done before tasks of a document may start: what it refers to can be used, and its log groups
/// are there. Databases are the service's business.
pub(super) fn before_tasks(s: &Situation, document: &Value, draft: &Draft) -> Vec<StepId> {
    let referred = references(document).into_iter();
    let groups = s.desired.log_groups.keys().map(|name| ResourceKey::new(ResourceKind::LogGroup, name));
    referred.chain(groups).flat_map(|key| draft.ready(&key)).collect()
}

fn with_known_values(document: &Value, facts: &Facts) -> (Value, Vec<String>) {
    let mut document = document.clone();
    resolve_value(&mut document, facts);
    let unknown = late_names_in(&document);
    (document, unknown)
}

fn register(
    s: &Situation,
    key: ResourceKey,
    family: &str,
    document: &Value,
    reasons: Vec<Reason>,
    draft: &mut Draft,
) -> Revision {
    let action = Action::RegisterTaskDefinition {
        key: key.clone(),
        family: family.to_owned(),
        document: document.clone(),
        tags: s.desired.tags_of(&key),
    };
    let title = format!("register task definition {family}");
    draft.add(NewStep::new(format!("register-{key}"), title, action).reasons(reasons.clone()));
    Revision { arn: late_text(&key, "arn"), reasons }
}

fn whole(why: &str) -> Reason {
    Reason { field: None, from: None, to: None, why: why.to_owned() }
}
