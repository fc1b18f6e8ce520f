//! Tasks as targets: registered when they answer, checked only while a rule forwards to their group (`aws.md` 4.3, 4.4).

use jiff::SignedDuration;

use super::behaviour::Behaviour;
use super::target_group::Target;
use super::task::Phase;
use super::world::World;

impl World {
    /// Registers a task that answers with the target group of its service. Without one it counts as healthy.
    pub(super) fn register_target(&mut self, arn: &str) {
        let service = self.tasks.get(arn).and_then(|task| task.service.clone()).unwrap_or_default();
        let attachment = self.services.get(&service).and_then(|found| found.live.attachments.first().cloned());
        if let (Some(attachment), Some(task)) = (&attachment, self.tasks.get_mut(arn)) {
            task.target = Some(Target {
                target_group_arn: attachment.target_group_arn.clone(),
                checked_since: None,
                healthy: None,
                draining: false,
            });
            self.tell(&service, &format!("registered 1 targets in (target-group {})", attachment.target_group_arn));
        }
        self.note_healthy(arn);
    }

    /// Begins to check targets whose group a rule forwards to, and ceases where none does any more.
    pub(super) fn age_targets(&mut self) {
        let ready: Vec<String> = self
            .tasks
            .values()
            .filter(|task| task.phase == Phase::Ready && task.target.is_some())
            .map(|task| task.live.arn.clone())
            .collect();
        for arn in ready {
            self.age_target(&arn);
        }
    }

    fn age_target(&mut self, arn: &str) {
        let Some(target) = self.tasks.get(arn).and_then(|task| task.target.clone()) else { return };
        let used = self.is_forwarded_to(&target.target_group_arn);
        if used == target.checked_since.is_some() {
            return;
        }
        let verdict = if used { self.verdict_seconds(arn, &target.target_group_arn) } else { 0 };
        let due = self.after_exactly(SignedDuration::from_secs(i64::from(verdict)));
        let now = self.now;
        let Some(task) = self.tasks.get_mut(arn) else { return };
        let Some(target) = &mut task.target else { return };
        if used {
            target.checked_since = Some(now);
            task.next_at = Some(due);
        } else {
            target.checked_since = None;
            target.healthy = None;
            task.next_at = None;
        }
    }

    /// Seconds until the first verdict: so many checks in a row, with the grace period before a bad one counts.
    fn verdict_seconds(&self, arn: &str, group: &str) -> u32 {
        let Some(check) = self.target_groups.get(group).map(|found| &found.live.health_check) else { return 30 };
        if self.answers_checks(arn) {
            return check.interval_seconds * check.healthy_threshold;
        }
        let service = self.tasks.get(arn).and_then(|task| task.service.as_ref()).and_then(|id| self.services.get(id));
        let grace = service.map_or(0, |found| found.live.health_check_grace_seconds);
        grace.max(check.interval_seconds * check.unhealthy_threshold)
    }

    fn answers_checks(&self, arn: &str) -> bool {
        let (family, document) = self.document_of(arn);
        self.behaviours.of(&family, &document) != Some(Behaviour::NeverHealthy)
    }

    /// The verdict of the health checks is due.
    pub(super) fn judge_target(&mut self, arn: &str) {
        let healthy = self.answers_checks(arn);
        let Some(task) = self.tasks.get_mut(arn) else { return };
        task.next_at = None;
        let Some(target) = &mut task.target else { return };
        target.healthy = Some(healthy);
        let group = target.target_group_arn.clone();
        if healthy {
            self.note_healthy(arn);
            return;
        }
        let service = task.service.clone().unwrap_or_default();
        let unhealthy =
            format!("(port 8080) is unhealthy in (target-group {group}) due to (reason Health checks failed)");
        self.tell(&service, &unhealthy);
        self.stop_task(arn, &format!("Task failed ELB health checks in (target-group {group})"));
        // The end of an unhealthy task is known at once, not after it has drained.
        if let Some(task) = self.tasks.get(arn).cloned() {
            self.count_failure(&task);
        }
    }

    /// A healthy task resets the failures of its deployment (aws.md 1.4: `resetOnHealthyTask`).
    fn note_healthy(&mut self, arn: &str) {
        let Some(task) = self.tasks.get(arn).filter(|task| task.is_healthy()) else { return };
        let (Some(service), Some(deployment)) = (task.service.clone(), task.deployment.clone()) else { return };
        let Some(service) = self.services.get_mut(&service) else { return };
        if let Some(rollout) = service.rollouts.get_mut(&deployment) {
            rollout.failures = 0;
            rollout.retry_at = None;
        }
        if let Some(found) = service.live.deployments.iter_mut().find(|found| found.id == deployment) {
            found.failed_tasks = 0;
        }
    }
}
