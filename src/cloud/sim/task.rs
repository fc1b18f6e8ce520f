//! Tasks: from `PROVISIONING` to `STOPPED`, of services and one-off.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::behaviour::Behaviour;
use super::service_rules::{check_cluster, check_network, container_names};
use super::tags::is_managed;
use super::target_group::Target;
use super::trouble::{Outcome, Trouble, receipt};
use super::world::World;
use crate::model::{LiveContainer, LiveTask, ResourceKey, Tags, TaskRun, short_name};

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// As ECS describes it.
    pub live: LiveTask,
    /// Cluster name.
    pub cluster: String,
    /// ARN of its service; `None`: a one-off task.
    pub service: Option<String>,
    /// Tags.
    pub tags: Tags,
    /// Its registration with a target group, once it runs.
    pub target: Option<Target>,
    /// Deployment that started it.
    pub(super) deployment: Option<String>,
    /// Private address.
    pub(super) address: String,
    pub(super) subnet: String,
    pub(super) phase: Phase,
    /// When it moves on by itself; `None`: it stays.
    pub(super) next_at: Option<Timestamp>,
    /// Counts up: which task is younger.
    pub(super) number: u64,
    pub(super) token: String,
}

/// Where a task is, finer than ECS tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Phase {
    Provisioning,
    Pending,
    /// The containers run, the application does not answer yet.
    Starting,
    /// The application answers.
    Ready,
    /// Its target is being deregistered.
    Draining,
    Stopping,
    Stopped,
}

impl Phase {
    fn word(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Starting | Self::Ready => "RUNNING",
            Self::Draining => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Stopped => "STOPPED",
        }
    }
}

impl Task {
    /// Neither leaving nor gone.
    pub(super) fn is_staying(&self) -> bool {
        self.phase <= Phase::Ready
    }

    /// Running and, behind a load balancer, healthy there.
    pub(super) fn is_healthy(&self) -> bool {
        self.phase == Phase::Ready && self.target.as_ref().is_none_or(|target| target.healthy == Some(true))
    }

    pub(super) fn enter(&mut self, phase: Phase, next_at: Option<Timestamp>) {
        self.phase = phase;
        self.next_at = next_at;
        self.live.last_status = phase.word().to_owned();
    }
}

impl World {
    /// `ecs:RunTask`.
    pub(super) fn run_task(&mut self, key: &ResourceKey, run: &TaskRun, token: &str) -> Outcome {
        // aws.md 1.8: the client token makes a second call the same as the first.
        if let Some(found) = self.tasks.values().find(|task| task.service.is_none() && task.token == token) {
            return Ok(receipt(false, key, &[("arn", &found.live.arn)]));
        }
        check_cluster(self, &run.cluster)?;
        check_network(self, &run.subnets, &run.security_groups)?;
        let revision = self.active_revision(&run.task_definition)?;
        if !is_managed(&revision.tags) {
            return Err(Trouble::unsafe_to(format!("{} is not ours: not run", revision.arn)));
        }
        let arn = self.begin_task(&run.cluster, &run.task_definition, &run.subnets, None);
        if let Some(task) = self.tasks.get_mut(&arn) {
            task.tags = run.tags.clone();
            task.token = token.to_owned();
        }
        Ok(receipt(true, key, &[("arn", &arn)]))
    }

    /// Starts a task of a service and deployment, or of nobody.
    pub(super) fn begin_task(
        &mut self,
        cluster: &str,
        task_definition: &str,
        subnets: &[String],
        of: Option<(&str, &str)>,
    ) -> String {
        let id = self.fresh(32);
        let number = self.serial;
        let arn = self.arn("ecs", &format!("task/{}/{id}", short_name(cluster)));
        let document = self.revision(task_definition).map(|found| found.document.clone()).unwrap_or(Value::Null);
        let containers = container_names(&document).into_iter().map(|name| LiveContainer {
            name,
            exit_code: None,
            reason: None,
            log_lines: Vec::new(),
        });
        let place = usize::try_from(number).unwrap_or(0) % subnets.len().max(1);
        let live = LiveTask {
            arn: arn.clone(),
            task_definition: task_definition.to_owned(),
            last_status: String::new(),
            stop_code: None,
            stopped_reason: None,
            containers: containers.collect(),
            stopped_at: None,
        };
        let mut task = Task {
            live,
            cluster: short_name(cluster).to_owned(),
            service: of.map(|(service, _)| service.to_owned()),
            tags: Tags::new(),
            target: None,
            deployment: of.map(|(_, deployment)| deployment.to_owned()),
            address: format!("10.0.{}.{}", number / 200 % 250, number % 200 + 10),
            subnet: subnets.get(place).cloned().unwrap_or_default(),
            phase: Phase::Provisioning,
            next_at: None,
            number,
            token: String::new(),
        };
        task.enter(Phase::Provisioning, Some(self.after(8, &id)));
        self.tasks.insert(arn.clone(), task);
        arn
    }

    /// Moves every task on that is due.
    pub(super) fn age_tasks(&mut self) {
        let due: Vec<String> = self.due_tasks();
        for arn in due {
            self.step_task(&arn);
        }
    }

    fn due_tasks(&self) -> Vec<String> {
        let due = self.tasks.values().filter(|task| task.next_at.is_some_and(|at| at <= self.now));
        due.map(|task| task.live.arn.clone()).collect()
    }

    fn step_task(&mut self, arn: &str) {
        let Some(task) = self.tasks.get(arn) else { return };
        match task.phase {
            Phase::Provisioning => {
                let pulled = self.after(18, arn);
                self.enter_phase(arn, Phase::Pending, Some(pulled));
            }
            Phase::Pending => self.start_containers(arn),
            Phase::Starting => self.start_application(arn),
            Phase::Ready => self.finish_or_judge(arn),
            Phase::Draining => {
                let stopped = self.after(4, arn);
                self.enter_phase(arn, Phase::Stopping, Some(stopped));
            }
            Phase::Stopping => self.task_stopped(arn),
            // aws.md 1.2: visible for about an hour.
            Phase::Stopped => {
                self.tasks.remove(arn);
            }
        }
    }

    fn enter_phase(&mut self, arn: &str, phase: Phase, next_at: Option<Timestamp>) {
        if let Some(task) = self.tasks.get_mut(arn) {
            task.enter(phase, next_at);
        }
    }

    fn start_containers(&mut self, arn: &str) {
        let (family, document) = self.document_of(arn);
        let subnet = self.tasks.get(arn).map(|task| task.subnet.clone()).unwrap_or_default();
        let behaviour = self.behaviours.of(&family, &document);
        if let Some(reason) = self.start_obstacle(&document, &subnet, behaviour) {
            self.end_task(arn, "TaskFailedToStart", &reason, None);
            return;
        }
        for point in super::references::access_points(&document) {
            self.mount(&point);
        }
        let seconds = if behaviour == Some(Behaviour::SlowStart) { 180 } else { 6 };
        let answers = self.after(seconds, arn);
        self.enter_phase(arn, Phase::Starting, Some(answers));
    }

    fn start_application(&mut self, arn: &str) {
        let (family, document) = self.document_of(arn);
        let essential = "Essential container in task exited";
        match self.behaviours.of(&family, &document) {
            Some(Behaviour::Exits(code)) => {
                let line = format!("the application gave up with exit code {code}");
                return self.end_task(arn, "EssentialContainerExited", essential, Some((code, None, vec![line])));
            }
            Some(Behaviour::OutOfMemory) => {
                let reason = "OutOfMemoryError: Container killed due to memory usage".to_owned();
                let end = (137, Some(reason), vec!["loading everything into memory".to_owned()]);
                return self.end_task(arn, "EssentialContainerExited", essential, Some(end));
            }
            _ => {}
        }
        if let Some(line) = self.database_obstacle(&document) {
            return self.end_task(arn, "EssentialContainerExited", essential, Some((1, None, vec![line])));
        }
        self.note_unscrubbed(arn, &document);
        let one_off = self.tasks.get(arn).is_some_and(|task| task.service.is_none());
        let ends = one_off.then(|| self.after(25, arn));
        self.enter_phase(arn, Phase::Ready, ends);
        if one_off {
            self.print(arn, None, &["the task begins".to_owned()]);
        } else {
            self.print(arn, None, &["the application answers".to_owned()]);
            self.register_target(arn);
        }
    }

    fn finish_or_judge(&mut self, arn: &str) {
        let one_off = self.tasks.get(arn).is_some_and(|task| task.service.is_none());
        if one_off { self.finish_one_off(arn) } else { self.judge_target(arn) }
    }

    fn finish_one_off(&mut self, arn: &str) {
        let (family, document) = self.document_of(arn);
        let mut code = self.behaviours.exit_codes.get(&family).copied().unwrap_or(0);
        if code == 0 {
            code = self.move_files(&document).unwrap_or(0);
        }
        let lines = self.output_of(&family, code);
        if code == 0 && (self.scrub_families.contains(&family) || family.contains("scrub")) {
            self.scrub(&document);
        }
        let reason = "Essential container in task exited";
        self.end_task(arn, "EssentialContainerExited", reason, Some((code, None, lines)));
    }

    /// Ends a task by its own doing. Exit code, reason and log lines are its first container's.
    fn end_task(&mut self, arn: &str, code: &str, reason: &str, exit: Option<(i32, Option<String>, Vec<String>)>) {
        if let Some((_, _, lines)) = &exit {
            self.print(arn, None, lines);
        }
        let Some(task) = self.tasks.get_mut(arn) else { return };
        task.live.stop_code = Some(code.to_owned());
        task.live.stopped_reason = Some(reason.to_owned());
        match (exit, task.live.containers.first_mut()) {
            (Some((exit_code, why, lines)), Some(container)) => {
                container.exit_code = Some(exit_code);
                container.reason = why;
                container.log_lines = lines;
            }
            (None, Some(container)) => container.reason = Some(reason.to_owned()),
            (_, None) => {}
        }
        self.task_stopped(arn);
    }

    /// Asks a task to stop, as the scheduler does.
    pub(super) fn stop_task(&mut self, arn: &str, reason: &str) {
        let drains = self.tasks.get(arn).and_then(|task| task.target.as_ref()).map(|target| {
            let group = self.target_groups.get(&target.target_group_arn);
            group.and_then(|group| group.live.deregistration_delay_seconds).unwrap_or(300)
        });
        // aws.md 4.3: a leaving task drains for the whole delay.
        let drained = self.after_exactly(SignedDuration::from_secs(i64::from(drains.unwrap_or(0))));
        let stopped = self.after(4, arn);
        let Some(task) = self.tasks.get_mut(arn).filter(|task| task.is_staying()) else { return };
        task.live.stop_code = Some("ServiceSchedulerInitiated".to_owned());
        task.live.stopped_reason = Some(reason.to_owned());
        if let Some(target) = &mut task.target {
            target.draining = true;
            task.enter(Phase::Draining, Some(drained));
        } else {
            task.enter(Phase::Stopping, Some(stopped));
        }
    }

    fn task_stopped(&mut self, arn: &str) {
        let forgotten = self.after_exactly(SignedDuration::from_hours(1));
        let now = self.now;
        let Some(task) = self.tasks.get_mut(arn) else { return };
        task.enter(Phase::Stopped, Some(forgotten));
        task.target = None;
        task.live.stopped_at = Some(now);
        for container in task.live.containers.iter_mut().filter(|found| found.reason.is_none()) {
            container.exit_code.get_or_insert(0);
        }
        let task = task.clone();
        self.count_ended(&task);
    }

    /// Family and document of a task's revision.
    pub(super) fn document_of(&self, arn: &str) -> (String, Value) {
        let revision = self.tasks.get(arn).and_then(|task| self.revision(&task.live.task_definition));
        revision.map_or((String::new(), Value::Null), |found| (found.family().to_owned(), found.document.clone()))
    }
}
