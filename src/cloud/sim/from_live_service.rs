//! The part of [`World::from_live`] that runs: services with their deployments and tasks, task definitions, scaling.

use std::collections::BTreeMap;

use serde_json::Value;

use super::scaling::ScalableTarget;
use super::service::{Rollout, Service};
use super::target_group::Target;
use super::task::Phase;
use super::task_definition::{Family, Revision};
use super::world::World;
use crate::model::{Desired, Live, LiveService, ResourceKey, ResourceKind, Tags, TargetHealth, present};

/// Fields that ECS adds to a document that was registered.
const ANSWERED: [&str; 10] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
    "tags",
];

impl World {
    pub(super) fn take_services(&mut self, live: &Live, desired: &Desired) {
        for (name, document) in present(&live.task_definitions) {
            let tags = desired.tags_of(&ResourceKey::new(ResourceKind::TaskDefinition, name));
            self.take_revision(document, tags);
        }
        for (name, document) in present(&live.task_families) {
            let key = ResourceKey::new(ResourceKind::TaskDefinition, format!("{name}.task"));
            self.take_revision(document, desired.tags_of(&key));
        }
        for (name, service) in present(&live.services) {
            let of = desired.services.get(name).and_then(|spec| spec.attachment.as_ref());
            let health = of.and_then(|attachment| live.target_health.get(&attachment.target_group));
            self.take_service(service, health);
        }
        for (name, scaling) in present(&live.scaling) {
            let tags = desired.tags_of(&ResourceKey::new(ResourceKind::ScalableTarget, name));
            let taken = ScalableTarget { live: scaling.clone(), tags, acts_at: None };
            self.scalable_targets.insert(scaling.resource_id.clone(), taken);
        }
    }

    /// A revision as it was answered, without what ECS added. Its tags are not part of an observation: what a service
    /// of ours runs is ours.
    fn take_revision(&mut self, document: &Value, tags: Tags) {
        let text = |field: &str| document[field].as_str().unwrap_or_default().to_owned();
        let (arn, family) = (text("taskDefinitionArn"), text("family"));
        let known = |found: &Family| found.revisions.iter().any(|revision| revision.arn == arn);
        if arn.is_empty() || family.is_empty() || self.families.get(&family).is_some_and(known) {
            return;
        }
        let after_colon = arn.rsplit(':').next().and_then(|number| number.parse().ok());
        let number = document["revision"].as_u64().and_then(|number| u32::try_from(number).ok()).or(after_colon);
        let mut sent = document.clone();
        if let Some(fields) = sent.as_object_mut() {
            fields.retain(|field, _| !ANSWERED.contains(&field.as_str()));
        }
        let status = document["status"].as_str().unwrap_or("ACTIVE").to_owned();
        let revision = number.unwrap_or(1);
        let taken = Revision { arn, revision, status, document: sent, registered_at: self.now, tags };
        let family = self.families.entry(family).or_insert_with(|| Family { newest: 0, revisions: Vec::new() });
        family.newest = family.newest.max(revision);
        family.revisions.push(taken);
        family.revisions.sort_by_key(|found| found.revision);
    }

    fn take_service(&mut self, live: &LiveService, health: Option<&Vec<TargetHealth>>) {
        let arn = self.service_arn(&live.cluster, &live.service_name);
        let completed = |state: Option<&str>| state.is_none_or(|state| state == "COMPLETED");
        let done = live.deployments.iter().find(|found| completed(found.rollout_state.as_deref()));
        let failures = |failures| Rollout { failures, ..Rollout::default() };
        let rollouts = live.deployments.iter().map(|found| (found.id.clone(), failures(found.failed_tasks)));
        let taken = Service {
            live: LiveService { arn: arn.clone(), ..live.clone() },
            rollouts: rollouts.collect::<BTreeMap<_, _>>(),
            last_completed: done.map(|found| found.task_definition.clone()),
            token: String::new(),
            last_update: None,
            forgotten_at: None,
        };
        self.services.insert(arn.clone(), taken);
        let mut healthy = health.map(|targets| targets.iter().filter(|target| target.state == "healthy").count());
        for deployment in &live.deployments {
            for _ in 0..deployment.running_count.min(200) {
                // Where nobody asked for the health of the targets, the service is steady: all are healthy.
                let is_healthy = healthy.is_none_or(|left| left > 0);
                healthy = healthy.map(|left| left.saturating_sub(1));
                self.take_task(&arn, live, &deployment.id, &deployment.task_definition, is_healthy);
            }
        }
    }

    /// A task of a service that runs already.
    fn take_task(&mut self, service: &str, live: &LiveService, deployment: &str, revision: &str, is_healthy: bool) {
        let begun = self.begin_task(&live.cluster, revision, &live.subnets, Some((service, deployment)));
        let now = self.now;
        let Some(task) = self.tasks.get_mut(&begun) else { return };
        task.enter(Phase::Ready, None);
        task.target = live.attachments.first().map(|attachment| Target {
            target_group_arn: attachment.target_group_arn.clone(),
            checked_since: is_healthy.then_some(now),
            healthy: is_healthy.then_some(true),
            draining: false,
        });
    }
}
