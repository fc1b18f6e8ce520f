//! Watches over one promise: nothing reaches restored foreign data before it is scrubbed. Breaches are noted in
//! [`World::violations`], never prevented: it is envctl that must not commit them.

use serde_json::Value;

use super::database::Database;
use super::references;
use super::world::World;

impl World {
    /// A task begins to use what its definition points at.
    pub(super) fn note_unscrubbed(&mut self, task_arn: &str, document: &Value) {
        let Some(task) = self.tasks.get(task_arn) else { return };
        let family = document["family"].as_str().unwrap_or_default();
        let scrubs = self.scrub_families.contains(family) || family.contains("scrub");
        if task.service.is_none() && scrubs {
            return;
        }
        if let Some(identifier) = self.unscrubbed(document) {
            self.violated(format!("a task of {family} reached {identifier} before its foreign data was scrubbed"));
        }
    }

    /// The databases that a definition points at and whose foreign data nobody may see yet.
    fn foreign(&self, document: &Value) -> Vec<String> {
        let mut identifiers = references::databases(document, &self.database_domain());
        identifiers.retain(|identifier| {
            self.databases.get(identifier).is_some_and(|found| found.data.must_be_scrubbed_in(identifier))
        });
        identifiers
    }

    /// The first of them that answers.
    fn unscrubbed(&self, document: &Value) -> Option<String> {
        let mut foreign = self.foreign(document).into_iter();
        foreign.find(|identifier| self.databases.get(identifier).is_some_and(Database::is_connectable))
    }

    /// Marks the data that a scrub task was pointed at as clean.
    pub(super) fn scrub(&mut self, document: &Value) {
        for identifier in references::databases(document, &self.database_domain()) {
            if let Some(database) = self.databases.get_mut(&identifier) {
                database.data.scrubbed = true;
            }
        }
    }

    /// Tasks that run while foreign data comes up under the name that they use.
    pub(super) fn watch_tasks(&mut self) {
        let foreign = self.databases.iter().any(|(identifier, found)| found.data.must_be_scrubbed_in(identifier));
        if !foreign {
            return;
        }
        let ready =
            self.tasks.values().filter(|task| task.phase == super::task::Phase::Ready && task.service.is_some());
        let ready: Vec<String> = ready.map(|task| task.live.arn.clone()).collect();
        for arn in ready {
            let (_, document) = self.document_of(&arn);
            self.note_unscrubbed(&arn, &document);
        }
        let rules: Vec<String> = self.rules.keys().cloned().collect();
        for rule in rules {
            self.check_forwarding(&rule);
        }
    }

    /// A rule that is reached must not forward to a service that is pointed at foreign data: whether tasks are behind
    /// it yet or not, and whether the database answers yet or not.
    pub(super) fn check_forwarding(&mut self, rule_arn: &str) {
        let Some(rule) = self.rules.get(rule_arn).filter(|_| self.is_reached(rule_arn)) else { return };
        let services = self.services.values().filter(|service| {
            let attachments = &service.live.attachments;
            service.live.status == "ACTIVE" && attachments.iter().any(|found| rule.forwards_to(&found.target_group_arn))
        });
        let documents = services.filter_map(|service| self.revision(&service.live.task_definition));
        let found = documents.flat_map(|revision| self.foreign(&revision.document)).next();
        if let Some(identifier) = found {
            self.violated(format!("a rule forwarded to {identifier}'s service before its foreign data was scrubbed"));
        }
    }

    /// Is there no other rule with the same conditions before it?
    fn is_reached(&self, rule_arn: &str) -> bool {
        let Some(rule) = self.rules.get(rule_arn).map(|found| &found.live) else { return false };
        !self.rules.values().any(|other| {
            other.live.listener_arn == rule.listener_arn
                && other.live.priority < rule.priority
                && other.live.conditions == rule.conditions
        })
    }
}
