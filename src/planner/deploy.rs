//! A deployment: one new revision of services that run, and nothing else about them. The count and the autoscaling stay
//! as they are. What was deployed is remembered only once it is complete (`aws.md` 1.4), so that a deployment that
//! failed is nothing that `up` would bring back.

use std::collections::BTreeMap;

use crate::model::{
    Action, DataBefore, Desired, LiveService, NoteKind, Overrides, RefusalKind, ResourceKey, ResourceKind, ServiceSpec,
    ServiceUpdate, Settings, Sighting, StepId, TAG_DATA_BEFORE, TAG_DEPLOYED, TAG_DEPLOYED_BEFORE, TAG_DEPLOYED_BY,
    TAG_REVISION, TAG_REVISION_BEFORE, Tags, late_text,
};

use super::draft::{Draft, NewStep};
use super::file_rollback;
use super::service::{has_failed, proven, wait_for_deployment};
use super::situation::{Found, Situation, key};
use super::task_definition;

/// Deploys these settings. `spec`: what is wanted without what was deployed earlier.
pub(super) fn deploy(
    s: &Situation,
    spec: &Desired,
    settings: &BTreeMap<String, Settings>,
    by: &str,
    draft: &mut Draft,
) {
    for (name, settings) in settings {
        let key = key(ResourceKind::Service, name);
        let (Some(wanted), Some(plain)) = (s.desired.services.get(name), spec.services.get(name)) else {
            draft.refuse(
                Some(key),
                RefusalKind::Impossible,
                format!("there is no service `{name}`"),
                "name a service of the spec",
            );
            continue;
        };
        let Some(live) = running(s, &key, draft) else { continue };
        one(s, &key, wanted, plain, live, settings, by, draft);
    }
}

/// The service, when it is there, ours, and wants tasks; refuses otherwise.
pub(super) fn running<'a>(s: &Situation<'a>, key: &ResourceKey, draft: &mut Draft) -> Option<&'a LiveService> {
    let why = match s.look(draft, key, &s.live.services) {
        Found::Ours(live) if live.is_active() && live.desired_count > 0 => return Some(live),
        Found::Ours(live) if live.is_active() => format!("{} sleeps: it wants no task", live.service_name),
        Found::Ours(_) | Found::Absent => format!("{key} is not there"),
        Found::Blocked => return None,
    };
    let remedy = format!("bring it up first: envctl up {}", s.desired.environment);
    draft.refuse(Some(key.clone()), RefusalKind::Impossible, why, remedy);
    None
}

#[allow(clippy::too_many_arguments, reason = "each is another noun, and none goes without the rest")]
fn one(
    s: &Situation,
    key: &ResourceKey,
    wanted: &ServiceSpec,
    plain: &ServiceSpec,
    live: &LiveService,
    settings: &Settings,
    by: &str,
    draft: &mut Draft,
) {
    let known = Overrides::in_tags(&live.tags, TAG_DEPLOYED);
    let overrides = known.with(&plain.task_definition, settings);
    for setting in settings.keys().filter(|setting| missing_container(setting, &plain.task_definition)) {
        draft.refuse(
            Some(key.clone()),
            RefusalKind::Impossible,
            format!("the task definition of {} has no container for {setting}", live.service_name),
            "name a container of its template",
        );
    }
    let document = overrides.apply(&plain.task_definition);
    let spec = ServiceSpec { task_definition: document, ..wanted.clone() };
    let revision = task_definition::of_service(s, &key.name, &spec, Some(live), draft);
    let mut reasons = revision.reasons.clone();
    let failing = has_failed(live);
    if failing {
        reasons.push(super::draft::field("deployment", "failing", "a new one", "its tasks could not start"));
    }
    if reasons.is_empty() {
        // An earlier run may have begun it, and not have seen its end.
        let awaited = wait_for_deployment(s, key, wanted, live, draft);
        if awaited.is_some() || overrides.tags(TAG_DEPLOYED) != remembered(&live.tags, TAG_DEPLOYED) {
            remember(key, live, &live.task_definition, &overrides, &known, by, awaited, draft);
        }
        return;
    }
    if let Some(primary) = live.primary().filter(|_| live.rollout_state() == Some("IN_PROGRESS")) {
        let text = format!("deployment {} of {} is under way, and is replaced", primary.id, live.service_name);
        draft.note(Some(key.clone()), NoteKind::Busy, text);
    }
    let update = ServiceUpdate {
        task_definition: Some(revision.arn.clone()),
        force_new_deployment: failing,
        ..ServiceUpdate::default()
    };
    let action = Action::UpdateService {
        key: key.clone(),
        cluster: wanted.cluster.clone(),
        service_name: wanted.service_name.clone(),
        update,
    };
    let title = format!("deploy a new revision of service {}", live.service_name);
    let mut before = task_definition::before_tasks(s, &spec.task_definition, draft);
    before.extend(begin(s, key, live, by, draft));
    let step = NewStep::new(format!("update-{key}"), title, action).reasons(reasons).after(before);
    let wait = proven(key, wanted, late_text(key, "deployment"), &revision.arn);
    let done = draft.add(step.until(wait));
    remember(key, live, &revision.arn, &overrides, &known, by, Some(done), draft);
}

fn missing_container(setting: &crate::model::Setting, document: &serde_json::Value) -> bool {
    use crate::model::Setting;
    match setting {
        Setting::Image(name) | Setting::Variable(name, _) => Setting::Image(name.clone()).of(document).is_none(),
        Setting::Cpu | Setting::Memory => false,
    }
}

/// Remembers what was deployed, and what had been before it.
#[allow(clippy::too_many_arguments, reason = "each is another noun, and none goes without the rest")]
fn remember(
    key: &ResourceKey,
    live: &LiveService,
    revision: &str,
    now: &Overrides,
    before: &Overrides,
    by: &str,
    after: Option<StepId>,
    draft: &mut Draft,
) {
    let mut tags = now.tags(TAG_DEPLOYED);
    tags.extend(before.tags(TAG_DEPLOYED_BEFORE));
    tags.insert(TAG_REVISION.to_owned(), revision.to_owned());
    tags.insert(TAG_DEPLOYED_BY.to_owned(), by.to_owned());
    if let Some(completed) = last_completed(live) {
        tags.insert(TAG_REVISION_BEFORE.to_owned(), completed.to_owned());
    }
    note_deployed(key, live, tags, after, draft);
}

/// Writes these tags, and removes every other one that remembers a deployment.
pub(super) fn note_deployed(
    key: &ResourceKey,
    live: &LiveService,
    tags: Tags,
    after: Option<StepId>,
    draft: &mut Draft,
) {
    let action = remembering(key, live, tags);
    let title = format!("remember what {} runs", live.service_name);
    let step = NewStep::new(format!("remember-{key}"), title, action);
    draft.add(step.because("`up`, `drift` and `rollback` must know").after(after));
}

/// Writes these tags, and removes every other one that remembers a deployment.
pub(super) fn remembering(key: &ResourceKey, live: &LiveService, tags: Tags) -> Action {
    let remembers = |tag: &String| {
        tag.starts_with(TAG_DEPLOYED)
            || tag.starts_with(TAG_DEPLOYED_BEFORE)
            || [TAG_REVISION, TAG_REVISION_BEFORE, TAG_DEPLOYED_BY].contains(&tag.as_str())
    };
    let remove: Vec<String> =
        live.tags.keys().filter(|tag| remembers(tag) && !tags.contains_key(*tag)).cloned().collect();
    Action::Tag { key: key.clone(), arn: live.arn.clone(), tags, remove }
}

/// Remembers which snapshot this run began with, and the revision that ran then; or that it began with none, so that an
/// earlier one is not taken for its. Before anything is deployed: a deployment that fails may be taken back too.
fn begin(s: &Situation, key: &ResourceKey, live: &LiveService, by: &str, draft: &mut Draft) -> Option<StepId> {
    let revision = last_completed(live).unwrap_or(&live.task_definition).to_owned();
    let begun = taken_by(s, by).map(|moment| DataBefore { moment, revision });
    let (title, why, tags) = match begun {
        Some(begun) if DataBefore::of(live).as_ref() == Some(&begun) => return None,
        Some(begun) => {
            ("remember the snapshot that this run began with", "`rollback --with-data` needs it", begun.tag())
        }
        None if live.tags.contains_key(TAG_DATA_BEFORE) => {
            ("forget the snapshot of the release before", "this one began with none", Tags::new())
        }
        None => return None,
    };
    let remove = if tags.is_empty() { vec![TAG_DATA_BEFORE.to_owned()] } else { Vec::new() };
    let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags, remove };
    Some(draft.add(NewStep::new(format!("begin-release-{key}"), title, action).because(why)))
}

/// The moment of the snapshots that this run has taken of every database, or of the files where there is none; `None`:
/// it has not.
fn taken_by(s: &Situation, by: &str) -> Option<String> {
    let run = by.to_lowercase();
    let (begun, suffix) = run.rsplit_once('-')?;
    let of_run = |moment: &&str| moment.rsplit_once('-').is_some_and(|(at, of)| of == suffix && at >= begun);
    if s.desired.databases.is_empty() {
        return file_rollback::ids(s).find(of_run).map(str::to_owned);
    }
    let mut moments = s.desired.databases.iter().map(|(name, spec)| {
        let all = s.live.snapshots.get(name).and_then(Sighting::present)?;
        let own = all.iter().filter(|one| one.is_available() && s.desired.owns(&one.tags));
        let prefix = format!("{}-", spec.identifier.to_lowercase());
        let mut own = own.filter_map(|one| one.identifier.strip_prefix(&prefix));
        own.find(of_run).map(str::to_owned)
    });
    let first = moments.next()??;
    moments.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// The tags with this prefix.
fn remembered(tags: &Tags, prefix: &str) -> Tags {
    tags.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The revision of the last deployment that completed: the one that runs, or while a deployment is under way or has
/// failed, the one that still serves, else the one remembered.
pub fn last_completed(live: &LiveService) -> Option<&str> {
    let primary = live.primary()?;
    if live.is_settled() {
        return Some(&primary.task_definition);
    }
    // An `up` may have brought another revision since the one that is remembered: ECS knows it as long as its tasks run.
    let older = live.deployments.iter().filter(|found| found.rollout_state.as_deref() == Some("COMPLETED"));
    let newest = older.max_by_key(|found| found.created_at).map(|found| found.task_definition.as_str());
    newest.or_else(|| live.tags.get(TAG_REVISION).map(String::as_str))
}
