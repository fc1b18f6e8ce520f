//! What somebody does by hand in the console: without envctl's tags, without its order, without asking.

use super::alarm::Dashboard;
use super::behaviour::Behaviour;
use super::log_group::LogGroup;
use super::seed::production;
use super::world::World;
use crate::model::Tags;

impl World {
    /// Somebody sets a service's desired count.
    pub fn console_set_desired_count(&mut self, cluster: &str, service_name: &str, count: u32) {
        let arn = self.service_arn(cluster, service_name);
        if let Some(service) = self.services.get_mut(&arn) {
            service.live.desired_count = count;
        }
    }

    /// Somebody starts a stopped database.
    pub fn console_start_database(&mut self, identifier: &str) {
        let stages = self.stages(identifier, &[("available", 180)]);
        if let Some(database) = self.databases.get_mut(identifier).filter(|found| found.live.status == "stopped") {
            database.live.status = "starting".to_owned();
            database.live.automatic_restart_at = None;
            database.stages = stages;
        }
    }

    /// Somebody changes a database's class, at once.
    pub fn console_set_class(&mut self, identifier: &str, class: &str) {
        if let Some(database) = self.databases.get_mut(identifier) {
            class.clone_into(&mut database.live.class);
        }
    }

    /// Somebody deletes a database with everything in it. Their doing: what was written to it is not lost by envctl.
    pub fn console_delete_database(&mut self, identifier: &str) {
        self.databases.remove(identifier);
        let kept = self.snapshots.values().filter(|found| found.live.is_available());
        let newest = kept.map(|found| found.data.version_of(identifier)).max().unwrap_or(0);
        if let Some(written) = self.written.get_mut(identifier) {
            *written = newest;
        }
        if newest == 0 {
            self.written.remove(identifier);
        }
    }

    /// Somebody deletes a rule.
    pub fn console_delete_rule(&mut self, arn: &str) {
        self.rules.remove(arn);
    }

    /// Somebody gives a rule another priority.
    pub fn console_set_priority(&mut self, arn: &str, priority: u32) {
        if let Some(rule) = self.rules.get_mut(arn) {
            rule.live.priority = Some(priority);
        }
    }

    /// Somebody removes every tag of a resource, or gives it others.
    pub fn console_set_tags(&mut self, arn: &str, tags: Tags) {
        if let Some(found) = self.tags_mut(arn) {
            *found = tags;
        }
    }

    /// Somebody of another team has a log group of that name.
    pub fn console_create_log_group(&mut self, name: &str) {
        let arn = self.arn("logs", &format!("log-group:{name}"));
        let made = LogGroup { arn, retention_days: Some(1), tags: production(), lines: Vec::new() };
        self.log_groups.insert(name.to_owned(), made);
    }

    /// Somebody switches the actions of an alarm on or off.
    pub fn console_set_alarm_actions(&mut self, name: &str, enabled: bool) {
        if let Some(alarm) = self.alarms.get_mut(name) {
            alarm.live.actions_enabled = enabled;
        }
    }

    /// Somebody gives an alarm another threshold.
    pub fn console_set_threshold(&mut self, name: &str, threshold: u32) {
        if let Some(alarm) = self.alarms.get_mut(name) {
            alarm.live.spec.threshold = threshold.into();
        }
    }

    /// Somebody deletes an alarm.
    pub fn console_delete_alarm(&mut self, name: &str) {
        self.alarms.remove(name);
    }

    /// Somebody saves a dashboard.
    pub fn console_put_dashboard(&mut self, name: &str, body: serde_json::Value) {
        self.dashboards.insert(name.to_owned(), Dashboard { body });
    }

    /// Somebody deletes a dashboard.
    pub fn console_delete_dashboard(&mut self, name: &str) {
        self.dashboards.remove(name);
    }

    /// AWS takes the youngest task of a service away, as Fargate Spot may at two minutes' notice.
    pub fn interrupt_spot(&mut self, cluster: &str, service_name: &str) {
        let arn = self.service_arn(cluster, service_name);
        let Some(task) = self.tasks_of(&arn).last().map(|task| task.live.arn.clone()) else { return };
        self.stop_task(&task, "Your Spot Task was interrupted.");
        if let Some(task) = self.tasks.get_mut(&task) {
            task.live.stop_code = Some("SpotInterruption".to_owned());
        }
    }

    /// Plants how an image (by a part of its name) or a family behaves from now on.
    pub fn plant(&mut self, image_or_family: &str, behaviour: Behaviour) {
        self.behaviours.planted.insert(image_or_family.to_owned(), behaviour);
    }

    /// Lets one-off tasks of a family end with this exit code.
    pub fn plant_exit_code(&mut self, family: &str, code: i32) {
        self.behaviours.exit_codes.insert(family.to_owned(), code);
    }
}
