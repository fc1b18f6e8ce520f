//! A service runs what it should: running is desired, its deployment completed, its targets healthy. "Stable" is not
//! enough: a service that was rolled back is stable too (`aws.md` 1.4).

use rust_decimal::Decimal;

use super::Ground;
use super::mask::Mask;
use super::seen::Seen;
use crate::cloud::CloudError;
use crate::model::{LiveService, ServiceCheck, ServiceStatus, Status, Subject, short_name};

/// Looks once.
pub(super) async fn look(check: &ServiceCheck, ground: &Ground<'_>) -> Seen {
    let seen = Seen::new(&Mask::default());
    match ask(check, ground).await {
        Ok(Some(status)) => judged(seen, check, &status),
        Ok(None) => seen.failed(&format!("service {} is not there", check.service)),
        Err(error) => seen.not_looked(&error.to_string()),
    }
}

/// The service with its targets: whose they are stands in the service, hence two questions.
async fn ask(check: &ServiceCheck, ground: &Ground<'_>) -> Result<Option<ServiceStatus>, CloudError> {
    let Some(spec) = ground.desired.services.get(&check.service) else { return Ok(None) };
    let subject = |target_group_arn| Subject::Service {
        cluster: spec.cluster.clone(),
        service_name: spec.service_name.clone(),
        target_group_arn,
    };
    let Status::Service(alone) = ground.cloud.ask(&subject(None)).await? else { return Ok(None) };
    let Some(attached) = alone.service.attachments.first() else { return Ok(Some(*alone)) };
    match ground.cloud.ask(&subject(Some(attached.target_group_arn.clone()))).await? {
        Status::Service(status) => Ok(Some(*status)),
        _ => Ok(None),
    }
}

fn judged(mut seen: Seen, check: &ServiceCheck, status: &ServiceStatus) -> Seen {
    let service = &status.service;
    let LiveService { desired_count, running_count, pending_count, .. } = service;
    seen.summary(&format!("{running_count} of {desired_count} tasks running"));
    seen.figure("running", Decimal::from(*running_count));
    seen.figure("desired", Decimal::from(*desired_count));
    if !service.is_active() {
        seen.problem(&format!("the service is {}", service.status));
    }
    if running_count != desired_count || *pending_count > 0 {
        seen.problem(&format!("{running_count} running, {pending_count} pending, expected {desired_count} running"));
    }
    if *running_count < check.at_least {
        seen.problem(&format!("{running_count} tasks run, expected at least {}", check.at_least));
    }
    deployments(&mut seen, service);
    targets(&mut seen, check, status);
    if !seen.problems.is_empty() {
        for task in status.stopped_tasks.iter().take(2) {
            let container = task.containers.iter().find(|container| container.exit_code.is_some_and(|code| code != 0));
            let code = container.and_then(|found| found.exit_code).map(|code| format!(", exit code {code}"));
            let reason = task.stopped_reason.as_deref().unwrap_or("no reason is given");
            seen.evidence(&format!("a task stopped: {reason}{}", code.unwrap_or_default()));
        }
        for event in service.events.iter().take(3) {
            seen.evidence(&event.message);
        }
    }
    seen
}

fn deployments(seen: &mut Seen, service: &LiveService) {
    match service.primary() {
        None => seen.problem("it has no deployment"),
        Some(primary) => {
            let revision = short_name(&primary.task_definition);
            // An ECS that says nothing of rollouts has completed those that run.
            let state = primary.rollout_state.as_deref().unwrap_or("COMPLETED");
            seen.evidence(&format!("deployment {} of {revision} is {state}", primary.id));
            if state != "COMPLETED" {
                let reason = primary.rollout_reason.as_deref().unwrap_or("no reason is given");
                seen.problem(&format!("its deployment is {state}: {reason}"));
            }
        }
    }
    for other in service.deployments.iter().filter(|found| found.status != "PRIMARY" && found.running_count > 0) {
        seen.problem(&format!("{} tasks of the deployment {} still run", other.running_count, other.id));
    }
}

fn targets(seen: &mut Seen, check: &ServiceCheck, status: &ServiceStatus) {
    if status.service.attachments.is_empty() {
        return;
    }
    let healthy = status.targets.iter().filter(|target| target.state == "healthy").count();
    seen.evidence(&format!("{healthy} healthy of {} targets", status.targets.len()));
    seen.figure("healthy_targets", Decimal::from(healthy));
    if healthy < usize::try_from(check.at_least).unwrap_or(usize::MAX) {
        seen.problem(&format!("{healthy} targets are healthy, expected at least {}", check.at_least));
    }
    for target in status.targets.iter().filter(|target| !matches!(target.state.as_str(), "healthy" | "draining")) {
        let why = target.description.as_deref().or(target.reason.as_deref()).unwrap_or("no reason is given");
        seen.problem(&format!("target {} is {}: {why}", target.target, target.state));
    }
}
