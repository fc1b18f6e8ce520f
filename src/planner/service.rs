//! Services on the way up: created, woken, redeployed, changed or left alone.

use crate::model::{
    Action, LiveService, NoteKind, Power, Reason, ResourceKey, ResourceKind, ServiceSpec, ServiceUpdate, StepId,
    Subject, Until, Wait, late_text, ownership_tags,
};

use super::draft::{Draft, NewStep, field};
use super::durations;
use super::power;
use super::rule;
use super::service_settings::{self, SettingsChange};
use super::situation::{Found, Situation, key};
use super::task_definition::{self, Revision};

/// Brings every service up. `gate`: steps that every service comes after (scrubbed data).
pub(super) fn up(s: &Situation, gate: &[StepId], draft: &mut Draft) {
    for (name, spec) in &s.desired.services {
        let key = key(ResourceKind::Service, name);
        let live = match s.look(draft, &key, &s.live.services) {
            Found::Ours(live) if live.is_active() => Some(live),
            Found::Ours(live) => {
                note_leaving(&key, live, draft);
                None
            }
            Found::Absent => None,
            Found::Blocked => continue,
        };
        let revision = task_definition::of_service(s, name, spec, live, draft);
        let mut before = gate.to_vec();
        before.extend(before_service(s, name, spec, draft));
        let deployed = match live {
            None => Some(create(s, &key, spec, &revision, before, draft)),
            Some(live) => existing(s, &key, spec, live, revision, before, draft),
        };
        if let Some(deployed) = deployed.as_ref().filter(|_| put_to_sleep(&key, draft)) {
            // Before it, the tasks are the ones that this plan stops.
            draft.hold(&key, deployed.clone());
        }
        check_targets(s, &key, spec, live, deployed.as_ref(), draft);
    }
}

/// The count that a service should wake up with. Where autoscaling decides, what it had before it slept.
pub(super) fn count(spec: &ServiceSpec, live: Option<&LiveService>) -> u32 {
    match &spec.scaling {
        None => spec.desired_count,
        Some(scaling) => {
            let before = live.and_then(|live| power::count_before_sleep(live).or(Some(live.desired_count)));
            let before = before.filter(|count| *count > 0);
            before.unwrap_or(spec.desired_count).clamp(scaling.min, scaling.max.max(scaling.min))
        }
    }
}

/// The count that a service will have when this plan's deployment is done: its own where this plan does not set it.
fn expected_count(key: &ResourceKey, spec: &ServiceSpec, live: Option<&LiveService>, draft: &Draft) -> u32 {
    match live {
        Some(live) if spec.scaling.is_some() && live.desired_count > 0 && !put_to_sleep(key, draft) => {
            within_bounds(spec, live.desired_count)
        }
        live => count(spec, live),
    }
}

/// The nearest count that autoscaling may choose: beyond its bounds somebody moved it, within them autoscaling did.
fn within_bounds(spec: &ServiceSpec, count: u32) -> u32 {
    spec.scaling.as_ref().map_or(count, |scaling| count.clamp(scaling.min, scaling.max.max(scaling.min)))
}

/// Has this plan stopped its tasks before (foreign data)?
fn put_to_sleep(key: &ResourceKey, draft: &Draft) -> bool {
    draft.has(&StepId(format!("drain-{key}")))
}

fn tasks(count: u32) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

fn note_leaving(key: &ResourceKey, live: &LiveService, draft: &mut Draft) {
    if live.status == "DRAINING" {
        let text = format!("{} is draining; its name is free when that is done", live.service_name);
        draft.note(Some(key.clone()), NoteKind::Busy, text);
    }
}

/// What must be done before tasks of the service start: what its document refers to, its target group is attached to
/// a rule, and its databases can be used. A database that no service refers to is everybody's.
fn before_service(s: &Situation, name: &str, spec: &ServiceSpec, draft: &Draft) -> Vec<StepId> {
    let mut before = task_definition::before_tasks(s, &spec.task_definition, draft);
    if let Some(attachment) = &spec.attachment {
        before.extend(draft.ready(&ResourceKey::new(ResourceKind::TargetGroup, &attachment.target_group)));
    }
    for database in s.desired.databases.keys() {
        let key = ResourceKey::new(ResourceKind::Database, database);
        let users: Vec<&String> = s
            .desired
            .services
            .iter()
            .filter(|(_, service)| uses(&service.task_definition, database))
            .map(|(name, _)| name)
            .collect();
        if users.is_empty() || users.iter().any(|user| *user == name) {
            before.extend(draft.ready(&key));
        }
    }
    before
}

fn uses(document: &serde_json::Value, database: &str) -> bool {
    task_definition::references(document)
        .iter()
        .any(|key| matches!(key.kind, ResourceKind::Database | ResourceKind::Secret) && key.name == database)
}

fn create(
    s: &Situation,
    key: &ResourceKey,
    spec: &ServiceSpec,
    revision: &Revision,
    before: Vec<StepId>,
    draft: &mut Draft,
) -> StepId {
    let mut tags = s.desired.tags_of(key);
    tags.extend(s.power_tags(Power::Up));
    let desired_count = count(spec, None);
    let action = Action::CreateService {
        key: key.clone(),
        settings: service_settings::wanted(s, spec, None, draft),
        task_definition: revision.arn.clone(),
        desired_count,
        tags,
    };
    let title = format!("create service {} with {}", spec.service_name, tasks(desired_count));
    draft.add(
        NewStep::new(format!("create-{key}"), title, action).because("there is none").after(before).until(deployed(
            key,
            spec,
            late_text(key, "deployment"),
            &revision.arn,
        )),
    )
}

fn existing(
    s: &Situation,
    key: &ResourceKey,
    spec: &ServiceSpec,
    live: &LiveService,
    revision: Revision,
    before: Vec<StepId>,
    draft: &mut Draft,
) -> Option<StepId> {
    let wanted = service_settings::wanted(s, spec, Some(live), draft);
    let SettingsChange { reasons: setting_reasons, needs_deployment } = service_settings::differences(&wanted, live);
    let outside = live.desired_count > 0 && within_bounds(spec, live.desired_count) != live.desired_count;
    let count = if outside { within_bounds(spec, live.desired_count) } else { count(spec, Some(live)) };
    let put_to_sleep = put_to_sleep(key, draft);
    let wakes = count > 0 && (live.desired_count == 0 || put_to_sleep);
    let recount = wakes || outside || (spec.scaling.is_none() && live.desired_count != count);
    let failed = has_failed(live);
    let stranded = !wakes && is_stranded(s, spec, live, &before, draft);
    let redeploy = wakes || failed || stranded || needs_deployment || !revision.reasons.is_empty();
    let mut reasons: Vec<Reason> = Vec::new();
    if recount {
        let from = if put_to_sleep { 0 } else { live.desired_count };
        reasons.push(field("count", from, count, if wakes { "it wakes" } else { "the spec says otherwise" }));
    }
    if failed {
        reasons.push(field("deployment", "failing", "a new one", "its tasks could not start"));
    }
    if stranded {
        reasons.push(field("deployment", "begun too early", "a new one", "what its tasks need was not there"));
    }
    reasons.extend(setting_reasons.iter().cloned());
    reasons.extend(revision.reasons.iter().cloned());
    if reasons.is_empty() {
        return wait_for_deployment(s, key, spec, live, draft);
    }
    let update = ServiceUpdate {
        task_definition: redeploy.then(|| revision.arn.clone()),
        desired_count: recount.then_some(count),
        force_new_deployment: redeploy,
        settings: (!setting_reasons.is_empty()).then_some(wanted),
    };
    let deployment = match live.primary() {
        Some(primary) if !redeploy => primary.id.clone(),
        _ => late_text(key, "deployment"),
    };
    let title = match (wakes, redeploy) {
        (true, _) => format!("wake service {} with {}", live.service_name, tasks(count)),
        (false, true) => format!("redeploy service {}", live.service_name),
        (false, false) => format!("change service {}", live.service_name),
    };
    let action = Action::UpdateService {
        key: key.clone(),
        cluster: spec.cluster.clone(),
        service_name: spec.service_name.clone(),
        update,
    };
    let step = NewStep::new(format!("update-{key}"), title, action).reasons(reasons).after(before);
    let waits = redeploy || (recount && live.primary().is_some());
    if waits {
        return Some(draft.add(step.until(deployed(key, spec, deployment, &revision.arn))));
    }
    let changed = draft.add(step);
    draft.hold(key, changed);
    None
}

/// Did the last deployment fail, or does it while it goes on? Without an older one to roll back to ECS tries for ever
/// (`aws.md` 1.4), slower and slower; so it does when the tasks of a completed one stop running.
pub(super) fn has_failed(live: &LiveService) -> bool {
    let none_runs = live.desired_count > 0 && live.running_count == 0;
    match live.rollout_state() {
        Some("FAILED") => true,
        Some("IN_PROGRESS") => live.primary().is_some_and(|primary| primary.failed_tasks > 0),
        _ => none_runs,
    }
}

/// Somebody woke it while the environment slept: its tasks began before what they need was there, fail ever since, and
/// ECS tries again slower and slower (`aws.md` 1.4). Of a service that serves already this says nothing.
fn is_stranded(s: &Situation, spec: &ServiceSpec, live: &LiveService, before: &[StepId], draft: &Draft) -> bool {
    let incomplete = live.running_count < live.desired_count || !before.is_empty();
    live.desired_count > 0 && incomplete && opens(s, spec, draft)
}

/// Will this plan let a rule forward to the service that does not yet?
fn opens(s: &Situation, spec: &ServiceSpec, draft: &Draft) -> bool {
    let Some(attachment) = &spec.attachment else { return false };
    if s.maintenance.is_some() {
        return false;
    }
    s.desired.rules.iter().any(|(name, rule_spec)| {
        let live = s.live.rules.get(name).and_then(|sighting| sighting.present());
        rule_spec.target_group.as_ref() == Some(&attachment.target_group)
            && live.is_none_or(|live| !rule::forwards(s, name, rule_spec, live, draft))
    })
}

/// Nothing differs, but a deployment is still under way: its end is waited for. No API call means "wait", so the step
/// writes tags that the service has.
pub(super) fn wait_for_deployment(
    s: &Situation,
    key: &ResourceKey,
    spec: &ServiceSpec,
    live: &LiveService,
    draft: &mut Draft,
) -> Option<StepId> {
    let primary = live.primary().filter(|_| live.rollout_state() == Some("IN_PROGRESS"))?;
    let text = format!("deployment {} of {} is under way", primary.id, live.service_name);
    draft.note(Some(key.clone()), NoteKind::Busy, text.clone());
    let tags = ownership_tags(&s.desired.application, &s.desired.environment, &key.to_string());
    let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags, remove: Vec::new() };
    let title = format!("wait for the deployment of {}", live.service_name);
    Some(draft.add(NewStep::new(format!("await-{key}"), title, action).because(text).taking(120).until(deployed(
        key,
        spec,
        primary.id.clone(),
        &primary.task_definition,
    ))))
}

/// Waits for healthy targets, after a deployment and before a rule forwards for the first time.
pub(super) fn check_targets(
    s: &Situation,
    key: &ResourceKey,
    spec: &ServiceSpec,
    live: Option<&LiveService>,
    deployed: Option<&StepId>,
    draft: &mut Draft,
) {
    let Some(attachment) = &spec.attachment else { return };
    let at_least = expected_count(key, spec, live, draft).min(if deployed.is_some() { u32::MAX } else { 1 });
    let group = ResourceKey::new(ResourceKind::TargetGroup, &attachment.target_group);
    let opens = opens(s, spec, draft);
    if at_least == 0 || (deployed.is_none() && !opens) {
        return;
    }
    let arn = draft.fact(&s.facts, &group, "arn");
    let tags = ownership_tags(&s.desired.application, &s.desired.environment, &group.to_string());
    let action = Action::Tag { key: group.clone(), arn: arn.clone(), tags, remove: Vec::new() };
    let after = deployed.cloned().into_iter().chain(draft.ready(&group)).chain(draft.ready(key));
    let checked = draft.add(
        NewStep::new(
            format!("check-{group}"),
            format!("check that targets of {} are healthy", spec.service_name),
            action,
        )
        .because("nothing is forwarded to a task that does not answer")
        .after(after.collect::<Vec<_>>())
        .taking(30)
        .until(Wait {
            subject: Subject::Service {
                cluster: spec.cluster.clone(),
                service_name: spec.service_name.clone(),
                target_group_arn: Some(arn),
            },
            key: key.clone(),
            until: Until::TargetsHealthy { at_least },
            deadline_seconds: durations::HEALTHY_DEADLINE,
        }),
    );
    draft.hold(key, checked);
}

/// [`deployed`] with at least one task that runs.
pub(super) fn proven(key: &ResourceKey, spec: &ServiceSpec, deployment: String, task_definition: &str) -> Wait {
    let until = Until::Deployed {
        deployment: deployment.clone(),
        task_definition: task_definition.to_owned(),
        with_tasks: true,
    };
    Wait { until, ..deployed(key, spec, deployment, task_definition) }
}

pub(super) fn deployed(key: &ResourceKey, spec: &ServiceSpec, deployment: String, task_definition: &str) -> Wait {
    Wait {
        subject: Subject::Service {
            cluster: spec.cluster.clone(),
            service_name: spec.service_name.clone(),
            target_group_arn: None,
        },
        key: key.clone(),
        until: Until::Deployed { deployment, task_definition: task_definition.to_owned(), with_tasks: false },
        deadline_seconds: durations::DEPLOYMENT_DEADLINE,
    }
}
