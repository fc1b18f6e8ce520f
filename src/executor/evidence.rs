//! Why a deployment or a task does not come up, in the order of `aws.md` 1.5: stopped tasks, target health, events;
//! and a hint for each reason that ECS is known to give.

use jiff::Timestamp;

use crate::model::{LiveContainer, LiveTask, ServiceStatus, TargetHealth, short_name};

/// Lines of the container log that are shown.
const LOG_LINES: usize = 10;
/// Events that are shown.
const EVENTS: usize = 3;

/// Stopped reasons and log texts that are known, each with what to do (`aws.md` 1.5).
const HINTS: [(&str, &str); 14] = [
    (
        "CannotPullContainerError",
        "check that the image and tag exist, that the execution role may pull from ECR, and that the subnet reaches the registry (NAT, public IP or VPC endpoints)",
    ),
    (
        "ResourceInitializationError: unable to pull secrets",
        "check that the execution role may read the secret (secretsmanager:GetSecretValue, kms:Decrypt) and that the subnet reaches Secrets Manager",
    ),
    (
        "ResourceInitializationError: failed to invoke EFS utils",
        "check that a mount target exists in the task's zone, that its security group admits port 2049 from the task, and that the access point exists",
    ),
    (
        "ResourceInitializationError: failed to validate logger",
        "check that the log group exists and that the execution role may write to it",
    ),
    (
        "ResourceInitializationError",
        "check the execution role and that the subnet reaches the AWS services it needs (NAT, public IP or VPC endpoints)",
    ),
    ("OutOfMemoryError", "raise `memory` of the service, or lower what the process uses"),
    ("CannotStartContainerError", "check the command and entry point of the container, and its user and volumes"),
    (
        "Task failed ELB health checks",
        "check path, port and matcher of the health check, and that the security group admits the load balancer; raise the grace period when the start is slow",
    ),
    (
        "Task failed container health checks",
        "check the container's health check command; raise its startPeriod when the start is slow",
    ),
    ("Timeout waiting for network interface provisioning", "AWS was slow to attach a network interface; try again"),
    ("SpotInterruption", "Fargate Spot took the task away; try again, or set `capacity: on-demand`"),
    (
        "Capacity is unavailable",
        "AWS has no Fargate capacity there now; try again later, or add subnets in other zones",
    ),
    ("RESOURCE:ENI", "the subnet has no free addresses, or the account no free network interfaces"),
    ("unable to place", "check the subnets and the capacity of the cluster"),
];

/// What to do about a container that ended with this code (`aws.md` 1.5).
fn exit_code_hint(code: i32) -> Option<&'static str> {
    match code {
        137 => Some("exit code 137: killed, most often for using more memory than it has; raise `memory`"),
        139 => Some("exit code 139: a segmentation fault; was the image built for this architecture?"),
        126 | 127 => {
            Some("exit code 126/127: the command is not there or cannot be run; check `command` and the image")
        }
        0 => Some("the process ended by itself; a service must keep running"),
        _ => None,
    }
}

/// The hint for a reason in ECS's words.
pub(super) fn hint_for(reason: &str) -> Option<&'static str> {
    HINTS.iter().find(|(known, _)| reason.contains(known)).map(|(_, hint)| *hint)
}

/// The hint for a task that stopped: by its reason, its containers' reasons, or their exit codes.
pub(super) fn hint_for_task(task: &LiveTask) -> Option<String> {
    let reasons = task.stopped_reason.iter().chain(task.stop_code.iter());
    let reasons = reasons.chain(task.containers.iter().filter_map(|container| container.reason.as_ref()));
    let by_reason = reasons.filter_map(|reason| hint_for(reason)).next();
    let by_code = || task.containers.iter().filter_map(|container| container.exit_code).find_map(exit_code_hint);
    by_reason.or_else(by_code).map(str::to_owned)
}

/// A task that stopped because something is wrong with it, not because ECS or a person took it away on purpose.
pub(super) fn is_failure(task: &LiveTask) -> bool {
    let reason = task.stopped_reason.as_deref().unwrap_or_default();
    let on_purpose = reason.starts_with("Scaling activity initiated by");
    let code = task.stop_code.as_deref();
    task.last_status == "STOPPED"
        && !on_purpose
        && (matches!(code, Some("TaskFailedToStart" | "EssentialContainerExited"))
            || reason.starts_with("Task failed ")
            || (code.is_none() && hint_for(reason).is_some()))
}

/// The tasks of this revision that failed since a deployment began, newest first. ECS shows stopped tasks for about
/// an hour (`aws.md` 1.2): those of an earlier attempt say nothing about this one.
pub(super) fn failed_tasks<'a>(
    status: &'a ServiceStatus,
    revision: &str,
    since: Option<Timestamp>,
) -> Vec<&'a LiveTask> {
    let fresh = |task: &LiveTask| match (task.stopped_at, since) {
        (Some(stopped), Some(since)) => stopped >= since,
        _ => true,
    };
    let tasks = status.stopped_tasks.iter();
    tasks.filter(|task| task.task_definition == revision && is_failure(task) && fresh(task)).collect()
}

/// Reasons that often pass by themselves: ECS tries again, and is given the time to.
const PASSING: [&str; 2] = ["Timeout waiting for network interface", "Capacity is unavailable"];

/// The reason that at least two of these tasks share: it will not go away by starting a third.
pub(super) fn repeated_reason(tasks: &[&LiveTask]) -> Option<String> {
    let passes = |reason: &str| PASSING.iter().any(|known| reason.contains(known));
    let kinds: Vec<String> = tasks.iter().map(|task| kind_of(&reason_of(task))).collect();
    let times = |wanted: &String| kinds.iter().filter(|kind| *kind == wanted).count();
    let repeated = tasks.iter().zip(&kinds).find(|(task, kind)| times(kind) >= 2 && !passes(&reason_of(task)));
    repeated.map(|(task, _)| reason_of(task))
}

/// What two reasons of one cause share: ECS puts ids and times behind the words that are known.
fn kind_of(reason: &str) -> String {
    let known = HINTS.iter().find(|(known, _)| reason.contains(known));
    known.map_or_else(|| reason.to_owned(), |(known, _)| (*known).to_owned())
}

/// Why a task stopped, in one line without anything that differs from task to task.
pub(super) fn reason_of(task: &LiveTask) -> String {
    let code = task.stop_code.as_deref().unwrap_or("stopped");
    let reason = task.stopped_reason.as_deref().unwrap_or("no reason given");
    let reason = reason.split(" (target ").next().unwrap_or(reason);
    let exits: Vec<String> = task.containers.iter().filter_map(exit_of).collect();
    if exits.is_empty() { format!("{code}: {reason}") } else { format!("{code}: {reason} ({})", exits.join(", ")) }
}

fn exit_of(container: &LiveContainer) -> Option<String> {
    container.exit_code.filter(|code| *code != 0).map(|code| format!("{} exit code {code}", container.name))
}

/// Everything known about one task, a line each.
pub(super) fn about_task(task: &LiveTask) -> Vec<String> {
    let name = short_name(&task.arn);
    let mut lines = vec![format!("task {name}: {}", reason_of(task))];
    for container in &task.containers {
        if let Some(reason) = &container.reason {
            lines.push(format!("container {}: {reason}", container.name));
        }
        let skipped = container.log_lines.len().saturating_sub(LOG_LINES);
        lines.extend(container.log_lines.iter().skip(skipped).map(|line| format!("log {}: {line}", container.name)));
    }
    lines
}

/// A target that is not healthy, in one line.
pub(super) fn about_target(target: &TargetHealth) -> String {
    let why = [target.reason.as_deref(), target.description.as_deref()];
    let why: Vec<&str> = why.into_iter().flatten().collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
    format!("target {} {}{why}", target.target, target.state)
}

/// Everything known about a service that does not come up: its newest failed task, its targets, its events since
/// the deployment began.
pub(super) fn about_service(status: &ServiceStatus, failed: &[&LiveTask], since: Option<Timestamp>) -> Vec<String> {
    let mut lines: Vec<String> = failed.first().map(|task| about_task(task)).unwrap_or_default();
    if failed.len() > 1 {
        lines.push(format!("{} tasks stopped like this", failed.len()));
    }
    lines.extend(status.targets.iter().filter(|target| target.state != "healthy").map(about_target));
    let fresh = |at: Option<Timestamp>| at.zip(since).is_none_or(|(at, since)| at >= since);
    let events = status.service.events.iter().filter(|event| fresh(event.at)).take(EVENTS);
    lines.extend(events.map(|event| format!("event: {}", event.message)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(code: &str, reason: &str, exit: Option<i32>) -> LiveTask {
        LiveTask {
            arn: "arn:aws:ecs:us-east-2:123456789012:task/c/abc".to_owned(),
            task_definition: "td:1".to_owned(),
            last_status: "STOPPED".to_owned(),
            stop_code: Some(code.to_owned()),
            stopped_reason: Some(reason.to_owned()),
            containers: vec![LiveContainer {
                name: "app".to_owned(),
                exit_code: exit,
                reason: None,
                log_lines: (0..20).map(|number| format!("line {number}")).collect(),
            }],
            stopped_at: None,
        }
    }

    #[test]
    fn each_known_reason_has_its_hint() {
        let check = |reason: &str, word: &str| assert!(hint_for(reason).unwrap().contains(word), "{reason}");
        check("CannotPullContainerError: pull image manifest has been retried 5 time(s): not found", "image");
        check("ResourceInitializationError: unable to pull secrets or registry auth: AccessDenied", "secret");
        check("ResourceInitializationError: failed to invoke EFS utils commands", "mount target");
        check("Task failed ELB health checks in (target-group arn)", "health check");
        assert_eq!(hint_for("something new"), None);
    }

    #[test]
    fn an_exit_code_explains_what_a_reason_does_not() {
        let killed = task("EssentialContainerExited", "Essential container in task exited", Some(137));
        assert!(hint_for_task(&killed).unwrap().contains("memory"));
        assert_eq!(
            reason_of(&killed),
            "EssentialContainerExited: Essential container in task exited (app exit code 137)"
        );
    }

    #[test]
    fn a_task_that_ecs_took_away_on_purpose_is_no_failure() {
        let scaled = task("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", None);
        assert!(!is_failure(&scaled));
        assert!(is_failure(&task("TaskFailedToStart", "CannotPullContainerError: x", None)));
        assert!(is_failure(&task(
            "ServiceSchedulerInitiated",
            "Task failed ELB health checks in (target-group x)",
            None
        )));
    }

    #[test]
    fn a_reason_counts_as_repeated_from_the_second_task_on() {
        let one = task("EssentialContainerExited", "Essential container in task exited", Some(1));
        let other = task("EssentialContainerExited", "Essential container in task exited", Some(3));
        assert_eq!(repeated_reason(&[&one, &other]), None);
        assert!(repeated_reason(&[&one, &other, &one]).is_some());
        let here = task("TaskFailedToStart", "CannotPullContainerError: retried at 10:01", None);
        let there = task("TaskFailedToStart", "CannotPullContainerError: retried at 10:02", None);
        assert!(repeated_reason(&[&here, &there]).is_some(), "the same but for a time");
        let passing = task("TaskFailedToStart", "Timeout waiting for network interface provisioning to complete", None);
        assert_eq!(repeated_reason(&[&passing, &passing]), None, "ECS tries again");
    }

    #[test]
    fn only_the_last_log_lines_are_shown() {
        let lines = about_task(&task("EssentialContainerExited", "Essential container in task exited", Some(1)));
        assert_eq!(lines.last().unwrap(), "log app: line 19");
        assert_eq!(lines.len(), 1 + LOG_LINES);
    }
}
