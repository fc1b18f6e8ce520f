//! Task definition families (`aws.md` 1.6): registering always makes a new revision, the counter never resets.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fargate::check_document;
use super::tags::{is_managed, same_owner};
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::World;
use crate::model::{ResourceKey, Tags};
use crate::planner::canonical;

/// A family.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Family {
    /// Number of the newest revision ever registered; never goes back, not even after a delete.
    pub newest: u32,
    /// Revisions that can still be described, oldest first.
    pub revisions: Vec<Revision>,
}

/// A revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// ARN with the revision.
    pub arn: String,
    /// Its number.
    pub revision: u32,
    /// `ACTIVE`, `INACTIVE`, `DELETE_IN_PROGRESS`.
    pub status: String,
    /// The document as it was sent.
    pub document: Value,
    /// When.
    pub registered_at: Timestamp,
    /// Tags.
    pub tags: Tags,
}

impl Revision {
    /// The family's name.
    pub(super) fn family(&self) -> &str {
        self.document["family"].as_str().unwrap_or_default()
    }
}

impl World {
    /// `ecs:RegisterTaskDefinition`. The newest active revision is taken instead when it is ours and says the same.
    pub(super) fn register_task_definition(
        &mut self,
        key: &ResourceKey,
        family: &str,
        document: &Value,
        tags: &Tags,
    ) -> Outcome {
        if let Some(newest) = self.newest_active(family) {
            if !same_owner(&newest.tags, tags) {
                return Err(Trouble::conflict("", format!("task definition family {family} exists and is not ours")));
            }
            if canonical::same(document, &described(newest)) {
                return Ok(receipt(false, key, &[("arn", &newest.arn)]));
            }
        }
        check_document(family, document)?;
        let number = self.families.get(family).map_or(0, |found| found.newest) + 1;
        let arn = self.arn("ecs", &format!("task-definition/{family}:{number}"));
        let revision = Revision {
            arn: arn.clone(),
            revision: number,
            status: "ACTIVE".to_owned(),
            document: document.clone(),
            registered_at: self.now,
            tags: tags.clone(),
        };
        let entry = self.families.entry(family.to_owned()).or_default();
        entry.newest = number;
        entry.revisions.push(revision);
        Ok(receipt(true, key, &[("arn", &arn)]))
    }

    /// Deregisters and deletes every revision of a family that carries our tags.
    pub(super) fn delete_task_definitions(&mut self, family: &str) -> Outcome {
        let Some(found) = self.families.get_mut(family) else { return unchanged() };
        let mut any = false;
        let ours = |revision: &&mut Revision| revision.status != "DELETE_IN_PROGRESS" && is_managed(&revision.tags);
        for revision in found.revisions.iter_mut().filter(ours) {
            revision.status = "DELETE_IN_PROGRESS".to_owned();
            any = true;
        }
        if any { changed() } else { unchanged() }
    }

    /// aws.md 1.6: a revision that is being deleted goes when no task and no service uses it.
    pub(super) fn age_task_definitions(&mut self) {
        let running = self.tasks.values().filter(|task| task.live.stopped_at.is_none());
        let mut used: Vec<&str> = running.map(|task| task.live.task_definition.as_str()).collect();
        for service in self.services.values().filter(|service| service.live.status != "INACTIVE") {
            used.push(&service.live.task_definition);
            used.extend(service.live.deployments.iter().map(|deployment| deployment.task_definition.as_str()));
        }
        let used: Vec<String> = used.into_iter().map(str::to_owned).collect();
        for family in self.families.values_mut() {
            let stays = |revision: &Revision| revision.status != "DELETE_IN_PROGRESS" || used.contains(&revision.arn);
            family.revisions.retain(stays);
        }
    }

    /// The newest active revision of a family.
    pub(super) fn newest_active(&self, family: &str) -> Option<&Revision> {
        self.families.get(family)?.revisions.iter().rev().find(|revision| revision.status == "ACTIVE")
    }

    /// A revision by its ARN.
    pub(super) fn revision(&self, arn: &str) -> Option<&Revision> {
        self.families.values().flat_map(|family| &family.revisions).find(|revision| revision.arn == arn)
    }

    /// A revision by its ARN or as `family:6`.
    pub(super) fn named_revision(&self, name: &str) -> Option<&Revision> {
        let short = format!("/{name}");
        self.families
            .values()
            .flat_map(|family| &family.revisions)
            .find(|revision| revision.arn == name || (!name.contains('/') && revision.arn.ends_with(&short)))
    }

    /// A revision that services and tasks may be started with.
    pub(super) fn active_revision(&self, arn: &str) -> Result<&Revision, Trouble> {
        match self.revision(arn) {
            Some(revision) if revision.status == "ACTIVE" => Ok(revision),
            Some(_) => Err(Trouble::refused("ClientException", "TaskDefinition is inactive")),
            None => Err(Trouble::refused("ClientException", "TaskDefinition not found.")),
        }
    }
}

/// The document as `DescribeTaskDefinition` answers it: with AWS's defaults, its own fields and its own order of the
/// environment (`aws.md` 1.7).
pub(super) fn described(revision: &Revision) -> Value {
    let mut document = revision.document.clone();
    let Some(fields) = document.as_object_mut() else { return document };
    fields.remove("tags");
    for field in ["volumes", "placementConstraints"] {
        fields.entry(field).or_insert_with(|| json!([]));
    }
    for container in fields.get_mut("containerDefinitions").and_then(Value::as_array_mut).into_iter().flatten() {
        fill_container(container);
    }
    for volume in fields.get_mut("volumes").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(efs) = volume.get_mut("efsVolumeConfiguration").and_then(Value::as_object_mut) {
            efs.entry("rootDirectory").or_insert_with(|| json!("/"));
            efs.entry("transitEncryption").or_insert_with(|| json!("DISABLED"));
        }
    }
    fields.insert("taskDefinitionArn".to_owned(), json!(revision.arn));
    fields.insert("revision".to_owned(), json!(revision.revision));
    fields.insert("status".to_owned(), json!(revision.status));
    fields.insert("requiresAttributes".to_owned(), json!([{"name": "ecs.capability.task-eni"}]));
    fields.insert("compatibilities".to_owned(), json!(["EC2", "FARGATE"]));
    fields.insert("registeredAt".to_owned(), json!(revision.registered_at.to_string()));
    fields.insert("registeredBy".to_owned(), json!("arn:aws:sts::simulated:assumed-role/envctl/session"));
    document
}

fn fill_container(container: &mut Value) {
    let Some(fields) = container.as_object_mut() else { return };
    fields.entry("cpu").or_insert_with(|| json!(0));
    fields.entry("essential").or_insert_with(|| json!(true));
    for field in ["environment", "mountPoints", "volumesFrom", "portMappings", "systemControls"] {
        fields.entry(field).or_insert_with(|| json!([]));
    }
    for mapping in fields.get_mut("portMappings").and_then(Value::as_array_mut).into_iter().flatten() {
        let port = mapping["containerPort"].clone();
        let Some(mapping) = mapping.as_object_mut() else { continue };
        mapping.entry("hostPort").or_insert(port);
        mapping.entry("protocol").or_insert_with(|| json!("tcp"));
    }
    if let Some(check) = fields.get_mut("healthCheck").and_then(Value::as_object_mut) {
        for (field, value) in [("interval", 30), ("timeout", 5), ("retries", 3)] {
            check.entry(field).or_insert_with(|| json!(value));
        }
    }
    if let Some(logging) = fields.get_mut("logConfiguration").and_then(Value::as_object_mut) {
        logging.entry("secretOptions").or_insert_with(|| json!([]));
    }
    for list in ["environment", "secrets"] {
        if let Some(items) = fields.get_mut(list).and_then(Value::as_array_mut) {
            items.reverse();
        }
    }
}
