//! Verdicts about services. "Stable" is not success: a service that was rolled back is stable too (`aws.md` 1.4).

use jiff::Timestamp;

use super::evidence;
use super::wait::{Context, Verdict};
use crate::model::{Deployment, Facts, Failure, FailureKind, LiveService, ResourceKey, ServiceStatus, fact_name};

/// No task runs, none is pending, and none is wanted.
pub(super) fn drained(service: &LiveService) -> Verdict {
    if !service.is_active() || (service.desired_count == 0 && service.running_count == 0 && service.pending_count == 0)
    {
        return Verdict::Done(Facts::new());
    }
    Verdict::not_yet(format!("{} running, {} pending", service.running_count, service.pending_count))
}

/// Is the deployment that this run started the `PRIMARY` one, of the wanted revision, and complete? `deployment` may
/// be empty, when the call started none: then any complete one of the wanted revision counts.
pub(super) fn deployed(
    key: &ResourceKey,
    status: &ServiceStatus,
    deployment: &str,
    revision: &str,
    context: &Context<'_>,
) -> Verdict {
    let service = &status.service;
    if !service.is_active() {
        return failed(status, revision, None, format!("{key} is {}", service.status));
    }
    let own = service.deployments.iter().find(|known| known.id == deployment);
    if let Some(own) = own.filter(|own| own.rollout_state.as_deref() == Some("FAILED")) {
        return failed(status, revision, own.created_at, rolled_back(key, own, service));
    }
    let Some(primary) = service.primary() else {
        return Verdict::not_yet("no deployment shows yet");
    };
    if same_revision(&primary.task_definition, revision) {
        return progress(key, status, primary, revision);
    }
    if own.is_none() && (context.may_lag() || deployment.is_empty() && context.elapsed < super::wait::GRACE) {
        return Verdict::not_yet("the deployment does not show yet");
    }
    let since = own.and_then(|own| own.created_at);
    failed(status, revision, since, superseded(key, primary))
}

/// A deployment of the wanted revision is the primary one: how far is it?
fn progress(key: &ResourceKey, status: &ServiceStatus, primary: &Deployment, revision: &str) -> Verdict {
    let all_run =
        primary.running_count == primary.desired_count && status.service.running_count == primary.desired_count;
    match primary.rollout_state.as_deref() {
        Some("COMPLETED") if all_run => Verdict::Done(facts(key, status, primary)),
        // An ECS that says nothing of rollouts: the old deployments must be gone instead.
        None if all_run && status.service.deployments.len() == 1 => Verdict::Done(facts(key, status, primary)),
        Some("FAILED") => failed(status, revision, primary.created_at, rolled_back(key, primary, &status.service)),
        _ => starting(key, status, primary, revision),
    }
}

/// Tasks are on their way. One that failed is told at once; a reason that repeats ends the wait, for ECS would go on
/// trying for ever, or until its circuit breaker trips.
fn starting(key: &ResourceKey, status: &ServiceStatus, primary: &Deployment, revision: &str) -> Verdict {
    let tasks = evidence::failed_tasks(status, revision, primary.created_at);
    if let Some(reason) = evidence::repeated_reason(&tasks) {
        return failed(status, revision, primary.created_at, format!("{key} cannot start its tasks: {reason}"));
    }
    let mut detail = format!("{} of {} tasks running", primary.running_count, primary.desired_count);
    if let Some(task) = tasks.first() {
        detail = format!("{detail}; one stopped: {}", evidence::reason_of(task));
    } else if let Some(target) = status.targets.iter().find(|target| target.state == "unhealthy") {
        detail = format!("{detail}; {}", evidence::about_target(target));
    } else if let Some(message) = placement_trouble(status, primary) {
        detail = format!("{detail}; {message}");
    }
    Verdict::NotYet(detail)
}

/// The newest event since the deployment began that says that ECS cannot place its tasks.
fn placement_trouble<'a>(status: &'a ServiceStatus, primary: &Deployment) -> Option<&'a str> {
    let fresh = |at: Option<Timestamp>| at.zip(primary.created_at).is_none_or(|(at, since)| at >= since);
    let mut events = status.service.events.iter().filter(|event| fresh(event.at));
    events.find(|event| event.message.contains("unable to")).map(|event| event.message.as_str())
}

/// Are enough targets healthy? While they are not, the tasks behind them say why.
pub(super) fn targets_healthy(key: &ResourceKey, status: &ServiceStatus, at_least: u32) -> Verdict {
    let healthy = status.targets.iter().filter(|target| target.state == "healthy").count();
    let Some(primary) = status.service.primary() else {
        return Verdict::not_yet("no deployment shows yet");
    };
    if u32::try_from(healthy).unwrap_or(u32::MAX) >= at_least {
        return Verdict::Done(Facts::new());
    }
    if primary.rollout_state.as_deref() == Some("FAILED") {
        let message = rolled_back(key, primary, &status.service);
        return failed(status, &primary.task_definition, primary.created_at, message);
    }
    let tasks = evidence::failed_tasks(status, &primary.task_definition, primary.created_at);
    if let Some(reason) = evidence::repeated_reason(&tasks) {
        let message = format!("{key} has no healthy targets: {reason}");
        return failed(status, &primary.task_definition, primary.created_at, message);
    }
    let sick = status.targets.iter().find(|target| target.state != "healthy" && target.state != "draining");
    let why = sick.map(|target| format!("; {}", evidence::about_target(target))).unwrap_or_default();
    Verdict::NotYet(format!("{healthy} of {at_least} targets healthy{why}"))
}

fn facts(key: &ResourceKey, status: &ServiceStatus, primary: &Deployment) -> Facts {
    Facts::from([
        (fact_name(key, "arn"), status.service.arn.clone()),
        (fact_name(key, "deployment"), primary.id.clone()),
    ])
}

/// Revisions may be named by ARN or as `family:number`; only the ARN says where (`aws.md` 1.7).
fn same_revision(live: &str, wanted: &str) -> bool {
    let short = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    live == wanted || ((!live.contains('/') || !wanted.contains('/')) && short(live) == short(wanted))
}

fn rolled_back(key: &ResourceKey, own: &Deployment, service: &LiveService) -> String {
    let why = own.rollout_reason.as_deref().unwrap_or("ECS gives no reason");
    match service.primary().filter(|primary| primary.id != own.id) {
        Some(primary) => {
            let now = primary.task_definition.rsplit('/').next().unwrap_or_default();
            format!("the deployment of {key} failed and ECS went back to {now}: {why}")
        }
        None => format!("the deployment of {key} failed: {why}"),
    }
}

fn superseded(key: &ResourceKey, primary: &Deployment) -> String {
    let now = primary.task_definition.rsplit('/').next().unwrap_or_default();
    format!(
        "the deployment of {key} did not last: {now} is the primary deployment now ({}); it was rolled back, or somebody deployed something else",
        primary.id
    )
}

fn failed(status: &ServiceStatus, revision: &str, since: Option<Timestamp>, message: String) -> Verdict {
    let tasks = evidence::failed_tasks(status, revision, since);
    let of_tasks = tasks.first().and_then(|task| evidence::hint_for_task(task));
    let hint = of_tasks.or_else(|| evidence::hint_for(&message).map(str::to_owned));
    let evidence = evidence::about_service(status, &tasks, since);
    Verdict::Failed(Failure { kind: FailureKind::DeploymentFailed, message, evidence, hint })
}
