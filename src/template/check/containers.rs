//! Containers: how many, which is which, what they refer to.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::template::source::did_you_mean;

use super::{Check, items, text_of};

/// Most containers of a task definition (`aws.md` 1.3).
const MOST_CONTAINERS: usize = 10;

impl<'a> Check<'a> {
    pub(super) fn containers(&mut self) {
        let containers = self.each_container();
        let list = "containerDefinitions";
        if containers.is_empty() || containers.len() > MOST_CONTAINERS {
            let message = format!("the task definition has {} containers", containers.len());
            self.refuse("TPL042", list, message, format!("it can have 1 to {MOST_CONTAINERS}"));
        }
        let essential = |container: &Value| container.get("essential").and_then(Value::as_bool).unwrap_or(true);
        if !containers.is_empty() && !containers.iter().any(|(_, container)| essential(container)) {
            self.refuse("TPL042", list, "no container is essential", "write \"essential\": true at one of them");
        }
        let mut names: Vec<&str> = Vec::new();
        for (path, container) in &containers {
            let Some(name) = text_of(container, "name") else { continue };
            if names.contains(&name) {
                self.refuse(
                    "TPL042",
                    &format!("{path}.name"),
                    format!("there are two containers `{name}`"),
                    "rename one",
                );
            }
            names.push(name);
        }
        for (path, container) in &containers {
            self.container(path, container, &names);
        }
        self.main_container(&containers, &names);
    }

    /// The container that the spec names, with the port that the spec gives.
    fn main_container(&mut self, containers: &[(String, &'a Value)], names: &[&str]) {
        let wanted = self.expected.container;
        let Some((path, container)) =
            containers.iter().find(|(_, container)| text_of(container, "name") == Some(wanted))
        else {
            let message = format!("there is no container `{wanted}`, which the spec names");
            self.contradicts("containerDefinitions", "container", message, did_you_mean(wanted, names.iter().copied()));
            return;
        };
        let Some(port) = self.expected.port() else { return };
        let mappings = items(container, "portMappings", "");
        let found: Vec<u64> =
            mappings.iter().filter_map(|(_, mapping)| mapping.get("containerPort").and_then(Value::as_u64)).collect();
        if !found.contains(&u64::from(port)) {
            let found: Vec<String> = found.iter().map(u64::to_string).collect();
            let here = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
            let message = format!("container `{wanted}` serves port {port} in the spec, and {here} here");
            let help = "write \"portMappings\": [{ \"containerPort\": {{service.port}} }]";
            self.contradicts(&format!("{path}.portMappings"), "port", message, help);
        }
    }

    fn container(&mut self, path: &str, container: &'a Value, names: &[&str]) {
        for (field, refers) in [("dependsOn", "containerName"), ("volumesFrom", "sourceContainer")] {
            for (path, item) in items(container, field, &format!("{path}.{field}")) {
                let Some(name) = text_of(item, refers).filter(|name| !names.contains(name)) else { continue };
                let help = did_you_mean(name, names.iter().copied());
                self.refuse("TPL042", &format!("{path}.{refers}"), format!("there is no container `{name}`"), help);
            }
        }
        let mut variables: BTreeMap<&str, &str> = BTreeMap::new();
        for (field, what) in [("environment", "a variable"), ("secrets", "a secret")] {
            for (path, item) in items(container, field, &format!("{path}.{field}")) {
                let Some(name) = text_of(item, "name") else { continue };
                if let Some(before) = variables.insert(name, what) {
                    let message = format!("`{name}` is {before} already");
                    self.refuse("TPL042", &format!("{path}.name"), message, "a name can stand once: leave one out");
                }
            }
        }
        if container.get("privileged") == Some(&Value::Bool(true)) {
            self.refuse(
                "TPL042",
                &format!("{path}.privileged"),
                "Fargate runs no privileged containers",
                "leave it out",
            );
        }
        if !items(container, "links", "").is_empty() {
            let help = "containers of one task reach each other at localhost";
            self.refuse("TPL042", &format!("{path}.links"), "Fargate has no links", help);
        }
        if text_of(container, "image") == Some("") {
            self.refuse("TPL042", &format!("{path}.image"), "the image is empty", "write `image:` at the service");
        }
    }
}
