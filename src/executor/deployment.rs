//! Verdicts about services. "Stable" is not success: a service that was rolled back is stable too (`aws.md` 1.4).

use jiff::Timestamp;

use super::evidence;
use super::wait::{Context, Verdict};
use crate::model::{
    Deployment, Facts, Failure, FailureKind, LiveService, ResourceKey, ServiceStatus, fact_name, short_name,
};

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

/// A deployment of no task is complete, and proves nothing.
pub(super) fn without_tasks(key: &ResourceKey, status: &ServiceStatus, revision: &str) -> Verdict {
    let why = format!(
        "{key} wants no task any more: somebody has set its count to 0, and nobody knows whether {} works",
        short_name(revision)
    );
    failed(status, revision, None, why)
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
    live == wanted || ((!live.contains('/') || !wanted.contains('/')) && short_name(live) == short_name(wanted))
}

fn rolled_back(key: &ResourceKey, own: &Deployment, service: &LiveService) -> String {
    let why = own.rollout_reason.as_deref().unwrap_or("ECS gives no reason");
    match service.primary().filter(|primary| primary.id != own.id) {
        Some(primary) => {
            let now = short_name(&primary.task_definition);
            format!("the deployment of {key} failed and ECS went back to {now}: {why}")
        }
        None => format!("the deployment of {key} failed: {why}"),
    }
}

fn superseded(key: &ResourceKey, primary: &Deployment) -> String {
    let now = short_name(&primary.task_definition);
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{LiveContainer, LiveTask, ResourceKind, ServiceEvent, Tags, TargetHealth};

    const NEW: &str = "arn:aws:ecs:us-east-2:123456789012:task-definition/web:2";
    const OLD: &str = "arn:aws:ecs:us-east-2:123456789012:task-definition/web:1";

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(1_700_000_000 + second).ok()
    }

    fn deployment(id: &str, status: &str, revision: &str, rollout: &str, running: u32) -> Deployment {
        Deployment {
            id: id.to_owned(),
            status: status.to_owned(),
            task_definition: revision.to_owned(),
            rollout_state: Some(rollout.to_owned()),
            rollout_reason: Some("tasks failed to start".to_owned()),
            desired_count: 2,
            running_count: running,
            failed_tasks: 0,
            created_at: at(100),
        }
    }

    fn service(deployments: Vec<Deployment>, running: u32) -> ServiceStatus {
        let service = LiveService {
            others: Default::default(),
            service_name: "web".to_owned(),
            arn: "arn:service".to_owned(),
            cluster: "c".to_owned(),
            status: "ACTIVE".to_owned(),
            desired_count: 2,
            running_count: running,
            pending_count: 0,
            task_definition: NEW.to_owned(),
            deployments,
            capacity: None,
            attachments: Vec::new(),
            subnets: Vec::new(),
            security_groups: Vec::new(),
            assign_public_ip: false,
            health_check_grace_seconds: 0,
            enable_exec: false,
            maximum_percent: 200,
            minimum_healthy_percent: 100,
            circuit_breaker: true,
            events: Vec::new(),
            created_at: None,
            tags: Tags::new(),
        };
        ServiceStatus { service, stopped_tasks: Vec::new(), targets: Vec::new() }
    }

    fn stopped(revision: &str, reason: &str, second: i64) -> LiveTask {
        LiveTask {
            arn: "arn:aws:ecs:us-east-2:123456789012:task/c/t1".to_owned(),
            task_definition: revision.to_owned(),
            last_status: "STOPPED".to_owned(),
            stop_code: Some("TaskFailedToStart".to_owned()),
            stopped_reason: Some(reason.to_owned()),
            containers: vec![LiveContainer {
                name: "app".to_owned(),
                exit_code: None,
                reason: None,
                log_lines: vec!["boom".to_owned()],
            }],
            stopped_at: at(second),
        }
    }

    fn judge_at(status: &ServiceStatus, elapsed: u64, seen: bool) -> Verdict {
        let key = ResourceKey::new(ResourceKind::Service, "web");
        let context = Context { elapsed: Duration::from_secs(elapsed), seen, still: None, source: None };
        deployed(&key, status, "ecs-svc/2", NEW, &context)
    }

    fn judge(status: &ServiceStatus) -> Verdict {
        judge_at(status, 90, true)
    }

    fn failure(verdict: Verdict) -> Failure {
        match verdict {
            Verdict::Failed(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn success_is_the_started_deployment_complete_with_every_task_running() {
        let own = |rollout, running| service(vec![deployment("ecs-svc/2", "PRIMARY", NEW, rollout, running)], running);
        assert!(matches!(judge(&own("COMPLETED", 2)), Verdict::Done(_)));
        assert!(matches!(judge(&own("COMPLETED", 1)), Verdict::NotYet(_)));
        assert!(matches!(judge(&own("IN_PROGRESS", 2)), Verdict::NotYet(_)));
    }

    #[test]
    fn another_complete_deployment_of_the_wanted_revision_counts_as_done() {
        let other = service(vec![deployment("ecs-svc/9", "PRIMARY", NEW, "COMPLETED", 2)], 2);
        assert!(matches!(judge(&other), Verdict::Done(_)));
    }

    #[test]
    fn a_service_that_was_rolled_back_is_stable_and_yet_failed() {
        let mut status = service(vec![deployment("ecs-svc/3", "PRIMARY", OLD, "COMPLETED", 2)], 2);
        let gone = failure(judge(&status));
        assert_eq!(gone.kind, FailureKind::DeploymentFailed);
        assert!(gone.message.contains("web:1"), "{}", gone.message);
        status.service.deployments.push(deployment("ecs-svc/2", "ACTIVE", NEW, "FAILED", 0));
        let failed = failure(judge(&status));
        assert!(failed.message.contains("went back to web:1: tasks failed to start"), "{}", failed.message);
    }

    #[test]
    fn an_answer_from_before_the_deployment_is_no_rollback() {
        let before = service(vec![deployment("ecs-svc/1", "PRIMARY", OLD, "COMPLETED", 2)], 2);
        assert!(matches!(judge_at(&before, 1, false), Verdict::NotYet(_)));
        assert!(matches!(judge_at(&before, 90, false), Verdict::Failed(_)));
    }

    #[test]
    fn the_first_failed_task_is_told_and_a_second_of_the_same_reason_ends_the_wait() {
        let mut status = service(vec![deployment("ecs-svc/2", "PRIMARY", NEW, "IN_PROGRESS", 0)], 0);
        let reason = "CannotPullContainerError: pull image manifest: not found";
        status.stopped_tasks.push(stopped(NEW, reason, 120));
        let Verdict::NotYet(detail) = judge(&status) else { panic!("too early") };
        assert!(detail.contains("CannotPullContainerError"), "{detail}");
        status.stopped_tasks.push(stopped(NEW, reason, 130));
        status.service.events.push(ServiceEvent { at: at(125), message: "(service web) failed to launch".to_owned() });
        status.service.events.push(ServiceEvent { at: at(20), message: "an old event".to_owned() });
        let failure = failure(judge(&status));
        assert!(failure.hint.unwrap().contains("image"));
        let evidence = failure.evidence.join("\n");
        assert!(evidence.contains("log app: boom") && evidence.contains("failed to launch"), "{evidence}");
        assert!(!evidence.contains("an old event"));
    }

    #[test]
    fn failures_of_an_earlier_deployment_or_another_revision_say_nothing() {
        let mut status = service(vec![deployment("ecs-svc/2", "PRIMARY", NEW, "IN_PROGRESS", 0)], 0);
        status.stopped_tasks = vec![stopped(NEW, "CannotPullContainerError", 50); 3];
        status.stopped_tasks.extend(vec![stopped(OLD, "CannotPullContainerError", 120); 3]);
        assert_eq!(judge(&status), Verdict::NotYet("0 of 2 tasks running".to_owned()));
    }

    #[test]
    fn targets_are_counted_and_a_sick_one_says_why() {
        let key = ResourceKey::new(ResourceKind::Service, "web");
        let mut status = service(vec![deployment("ecs-svc/2", "PRIMARY", NEW, "IN_PROGRESS", 1)], 1);
        let target = |state: &str, reason: Option<&str>| TargetHealth {
            target: "10.0.0.7".to_owned(),
            state: state.to_owned(),
            reason: reason.map(str::to_owned),
            description: None,
        };
        status.targets = vec![target("healthy", None), target("unhealthy", Some("Target.ResponseCodeMismatch"))];
        assert_eq!(targets_healthy(&key, &status, 1), Verdict::Done(Facts::new()));
        let Verdict::NotYet(detail) = targets_healthy(&key, &status, 2) else { panic!("too early") };
        assert!(detail.contains("Target.ResponseCodeMismatch"), "{detail}");
        status.service.deployments[0].rollout_state = Some("FAILED".to_owned());
        assert_eq!(failure(targets_healthy(&key, &status, 2)).kind, FailureKind::DeploymentFailed);
    }

    #[test]
    fn drained_means_that_no_task_runs_is_pending_or_wanted() {
        let mut status = service(Vec::new(), 0);
        assert!(matches!(drained(&status.service), Verdict::NotYet(_)), "two are wanted");
        status.service.desired_count = 0;
        assert_eq!(drained(&status.service), Verdict::Done(Facts::new()));
        status.service.pending_count = 1;
        assert!(matches!(drained(&status.service), Verdict::NotYet(_)));
    }
}
