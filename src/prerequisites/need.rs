//! What a task definition needs that the plan does not make.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Action, Desired, Plan, ResourceKey, late_names, short_name};

/// One thing that tasks of a document cannot start without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// An image, for this platform.
    Image { name: String, platform: &'static str },
    /// A role by its name; `of`: "execution role" or "task role".
    Role { name: String, of: &'static str },
    /// A secret or parameter, as `valueFrom` has it.
    Secret { reference: String },
    /// A log group that neither envctl nor the log driver makes.
    LogGroup { name: String, region: Option<String> },
}

/// What the documents that a plan registers need, each thing once, with the document that it was found in first.
pub(super) fn of_plan(plan: &Plan, desired: &Desired) -> BTreeMap<Need, ResourceKey> {
    let mut needs = BTreeMap::new();
    for step in &plan.steps {
        if let Action::RegisterTaskDefinition { key, document, .. } = &step.action {
            for need in of_document(document, desired) {
                needs.entry(need).or_insert_with(|| key.clone());
            }
        }
    }
    needs
}

fn of_document(document: &Value, desired: &Desired) -> BTreeSet<Need> {
    let mut needs = BTreeSet::new();
    let platform = platform(document);
    for (field, of) in [("executionRoleArn", "execution role"), ("taskRoleArn", "task role")] {
        if let Some(name) = known(&document[field]) {
            let name = short_name(name).to_owned();
            needs.insert(Need::Role { name, of });
        }
    }
    for container in document["containerDefinitions"].as_array().into_iter().flatten() {
        if let Some(image) = known(&container["image"]) {
            needs.insert(Need::Image { name: image.to_owned(), platform });
        }
        let logging = &container["logConfiguration"];
        for list in [&container["secrets"], &logging["secretOptions"]] {
            let references = list.as_array().into_iter().flatten().filter_map(|one| known(&one["valueFrom"]));
            needs.extend(references.map(|reference| Need::Secret { reference: reference.to_owned() }));
        }
        needs.extend(log_group(logging, desired));
    }
    needs
}

/// A log group that somebody else must have made.
fn log_group(logging: &Value, desired: &Desired) -> Option<Need> {
    let options = &logging["options"];
    let name = known(&options["awslogs-group"])?;
    let ours = desired.log_groups.values().any(|group| group.log_group_name == name);
    let made_by_driver = options["awslogs-create-group"].as_str() == Some("true");
    if logging["logDriver"] != "awslogs" || ours || made_by_driver {
        return None;
    }
    let region = options["awslogs-region"].as_str().map(str::to_owned);
    Some(Need::LogGroup { name: name.to_owned(), region })
}

/// A text that is known already: what an action of the same plan makes is there when it is needed.
fn known(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty() && late_names(text).is_empty())
}

/// The platform as registries call it; `runtimePlatform` left out means Linux on x86 (`aws.md` 1.7).
fn platform(document: &Value) -> &'static str {
    match document["runtimePlatform"]["cpuArchitecture"].as_str() {
        Some("ARM64") => "linux/arm64",
        _ => "linux/amd64",
    }
}
