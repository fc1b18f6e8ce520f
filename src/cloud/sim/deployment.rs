//! The service scheduler: rolling deployments, the circuit breaker, draining (`aws.md` 1.4).

use jiff::SignedDuration;

use super::service::Service;
use super::task::{Phase, Task};
use super::world::World;
use crate::model::{Deployment, short_name};

/// Seconds before the scheduler tries again after so many failures in a row: up to a quarter of an hour.
const BACK_OFF_SECONDS: [i64; 7] = [2, 10, 30, 60, 180, 480, 900];

impl World {
    /// Lets every service act on what has become of its tasks.
    pub(super) fn age_services(&mut self) {
        let arns: Vec<String> = self.services.keys().cloned().collect();
        for arn in arns {
            // A rollback begins a deployment, which wants tasks at once: a few rounds settle that.
            for _ in 0..4 {
                self.reconcile(&arn);
            }
            self.recount(&arn);
        }
    }

    fn reconcile(&mut self, arn: &str) {
        let (now, later) = (self.now, self.after_exactly(SignedDuration::from_hours(1)));
        let Some(service) = self.services.get_mut(arn) else { return };
        match service.live.status.as_str() {
            "ACTIVE" => {
                self.judge_primary(arn);
                self.start_wanted(arn);
                self.stop_unwanted(arn);
                self.complete_primary(arn);
            }
            "DRAINING" => {
                self.stop_all(arn);
                if self.tasks_of(arn).is_empty()
                    && let Some(service) = self.services.get_mut(arn)
                {
                    service.live.status = "INACTIVE".to_owned();
                    service.live.deployments.clear();
                    service.forgotten_at = Some(later);
                }
            }
            _ if service.forgotten_at.is_some_and(|at| at <= now) => {
                self.services.remove(arn);
            }
            _ => {}
        }
    }

    /// Its tasks that have not stopped, youngest last.
    pub(super) fn tasks_of(&self, arn: &str) -> Vec<&Task> {
        let of_service = |task: &&Task| task.service.as_deref() == Some(arn) && task.phase != Phase::Stopped;
        let mut tasks: Vec<&Task> = self.tasks.values().filter(of_service).collect();
        tasks.sort_by_key(|task| task.number);
        tasks
    }

    fn primary(&self, arn: &str) -> Option<(&Service, &Deployment)> {
        let service = self.services.get(arn)?;
        Some((service, service.live.primary()?))
    }

    /// aws.md 1.4: the circuit breaker fails a deployment after so many tasks, and goes back to the last completed
    /// one; a first-ever deployment has nothing to go back to.
    fn judge_primary(&mut self, arn: &str) {
        let Some((service, primary)) = self.primary(arn) else { return };
        let Some(rollout) = service.rollouts.get(&primary.id).cloned() else { return };
        let threshold = service.live.desired_count.div_ceil(2).clamp(3, 200);
        let in_progress = primary.rollout_state.as_deref() == Some("IN_PROGRESS");
        if !in_progress || !service.live.circuit_breaker || rollout.failures < threshold {
            return;
        }
        let (id, back_to) = (primary.id.clone(), service.last_completed.clone().filter(|_| !rollout.is_rollback));
        self.tell(arn, &format!("(deployment {id}) deployment failed: tasks failed to start."));
        if let Some(back_to) = &back_to {
            let next = self.begin_deployment(arn, back_to, true);
            self.tell(arn, &format!("rolling back to deployment {next}."));
            let reason = format!("ECS deployment circuit breaker: rolling back to deploymentId {next}.");
            self.set_rollout(arn, &next, "IN_PROGRESS", &reason);
        }
        self.set_rollout(arn, &id, "FAILED", "ECS deployment circuit breaker: tasks failed to start.");
    }

    fn set_rollout(&mut self, arn: &str, id: &str, state: &str, reason: &str) {
        let Some(service) = self.services.get_mut(arn) else { return };
        if let Some(deployment) = service.live.deployments.iter_mut().find(|found| found.id == id) {
            deployment.rollout_state = Some(state.to_owned());
            deployment.rollout_reason = Some(reason.to_owned());
        }
    }

    /// Starts tasks of the primary deployment, as many as the upper bound leaves room for.
    fn start_wanted(&mut self, arn: &str) {
        let Some((service, primary)) = self.primary(arn) else { return };
        let (live, id) = (&service.live, &primary.id);
        let failed = primary.rollout_state.as_deref() == Some("FAILED");
        let waits = service.rollouts.get(id).and_then(|rollout| rollout.retry_at).is_some_and(|at| at > self.now);
        if failed || waits {
            return;
        }
        let tasks = self.tasks_of(arn);
        let staying = tasks.iter().filter(|task| task.is_staying()).count();
        let of_primary = tasks.iter().filter(|task| task.is_staying() && task.deployment.as_ref() == Some(id)).count();
        let desired = count(live.desired_count);
        let room = (desired * count(live.maximum_percent) / 100).max(1).saturating_sub(staying);
        let missing = desired.saturating_sub(of_primary).min(room);
        if missing == 0 {
            return;
        }
        let (live, id) = (live.clone(), id.clone());
        for _ in 0..missing {
            let revision = live.task_definition.clone();
            let task = self.begin_task(&live.cluster, &revision, &live.subnets, Some((arn, &id)));
            let short = short_name(&task).to_owned();
            self.tell(arn, &format!("has started 1 tasks: (task {short})."));
        }
    }

    /// Stops tasks of older deployments as far as the lower bound allows, and surplus ones of the primary.
    fn stop_unwanted(&mut self, arn: &str) {
        let Some((service, primary)) = self.primary(arn) else { return };
        let desired = count(service.live.desired_count);
        let lowest = (desired * count(service.live.minimum_healthy_percent)).div_ceil(100);
        let id = primary.id.clone();
        let tasks: Vec<Task> = self.tasks_of(arn).into_iter().filter(|task| task.is_staying()).cloned().collect();
        let (newer, older): (Vec<_>, Vec<_>) = tasks.iter().partition(|task| task.deployment.as_ref() == Some(&id));
        let mut healthy = tasks.iter().filter(|task| task.is_healthy()).count();
        let reason = format!("Scaling activity initiated by (deployment {id})");
        for task in newer.iter().skip(desired) {
            healthy -= usize::from(task.is_healthy());
            self.stop_one(arn, task, &reason);
        }
        for task in older {
            if !task.is_healthy() || healthy > lowest {
                healthy -= usize::from(task.is_healthy());
                self.stop_one(arn, task, &reason);
            }
        }
    }

    fn stop_all(&mut self, arn: &str) {
        let tasks: Vec<Task> = self.tasks_of(arn).into_iter().filter(|task| task.is_staying()).cloned().collect();
        for task in &tasks {
            self.stop_one(arn, task, "Scaling activity initiated by the deletion of the service");
        }
    }

    fn stop_one(&mut self, service: &str, task: &Task, reason: &str) {
        if task.target.is_some() {
            self.tell(service, "has begun draining connections on 1 tasks.");
        }
        self.stop_task(&task.live.arn, reason);
        let short = short_name(&task.live.arn);
        self.tell(service, &format!("has stopped 1 running tasks: (task {short})."));
    }

    /// aws.md 1.4: completed when old deployments have drained and every task is healthy.
    fn complete_primary(&mut self, arn: &str) {
        let Some((service, primary)) = self.primary(arn) else { return };
        if primary.rollout_state.as_deref() != Some("IN_PROGRESS") {
            self.drop_drained(arn);
            return;
        }
        let (id, desired) = (primary.id.clone(), count(service.live.desired_count));
        let tasks = self.tasks_of(arn);
        let healthy = tasks.iter().filter(|task| task.is_healthy()).count();
        let alone = tasks.iter().all(|task| task.deployment.as_ref() == Some(&id));
        let staying = tasks.iter().filter(|task| task.is_staying()).count();
        if !alone || healthy != desired || staying != desired {
            return;
        }
        self.set_rollout(arn, &id, "COMPLETED", &format!("ECS deployment {id} completed."));
        self.tell(arn, &format!("(deployment {id}) deployment completed."));
        self.tell(arn, "has reached a steady state.");
        if let Some(service) = self.services.get_mut(arn) {
            service.last_completed = Some(service.live.task_definition.clone());
        }
        self.drop_drained(arn);
    }

    /// Older deployments without tasks are not listed any more.
    fn drop_drained(&mut self, arn: &str) {
        let used: Vec<String> = self.tasks_of(arn).iter().filter_map(|task| task.deployment.clone()).collect();
        let Some(service) = self.services.get_mut(arn) else { return };
        service.live.deployments.retain(|found| found.status == "PRIMARY" || used.contains(&found.id));
        let listed: Vec<String> = service.live.deployments.iter().map(|found| found.id.clone()).collect();
        service.rollouts.retain(|id, _| listed.contains(id));
    }

    /// Brings the counts up to date. A task that drains still counts as running: it still answers.
    fn recount(&mut self, arn: &str) {
        let tasks: Vec<(Option<String>, Phase)> =
            self.tasks_of(arn).iter().map(|task| (task.deployment.clone(), task.phase)).collect();
        let Some(service) = self.services.get_mut(arn) else { return };
        let runs = |phase: Phase| (Phase::Starting..=Phase::Stopping).contains(&phase);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        service.live.running_count = number(tasks.iter().filter(|(_, phase)| runs(*phase)).count());
        service.live.pending_count = number(tasks.iter().filter(|(_, phase)| *phase < Phase::Starting).count());
        let desired = service.live.desired_count;
        for deployment in &mut service.live.deployments {
            let own = tasks.iter().filter(|(of, phase)| of.as_ref() == Some(&deployment.id) && runs(*phase)).count();
            deployment.running_count = number(own);
            deployment.desired_count = if deployment.status == "PRIMARY" { desired } else { 0 };
        }
    }

    /// A task has stopped. One that never was healthy counts against its deployment.
    pub(super) fn count_ended(&mut self, task: &Task) {
        let by_scheduler = task.live.stop_code.as_deref() == Some("ServiceSchedulerInitiated");
        if !by_scheduler {
            self.count_failure(task);
        }
    }

    /// One more task that failed: the scheduler waits longer before the next.
    pub(super) fn count_failure(&mut self, task: &Task) {
        let (Some(arn), Some(deployment)) = (&task.service, &task.deployment) else { return };
        let now = self.now;
        let Some(service) = self.services.get_mut(arn) else { return };
        let Some(rollout) = service.rollouts.get_mut(deployment) else { return };
        rollout.failures += 1;
        let step = usize::try_from(rollout.failures - 1).unwrap_or(0).min(BACK_OFF_SECONDS.len() - 1);
        rollout.retry_at = now.checked_add(SignedDuration::from_secs(BACK_OFF_SECONDS[step])).ok();
        let failures = rollout.failures;
        if let Some(found) = service.live.deployments.iter_mut().find(|found| found.id == *deployment) {
            found.failed_tasks = failures;
        }
        if failures == 3 {
            self.tell(arn, "is unable to consistently start tasks successfully.");
        }
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
