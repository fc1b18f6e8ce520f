//! CPU, memory and storage (`aws.md` 1.1), and the size of the document (`aws.md` 1.3).

use serde_json::Value;

use crate::model::fargate::{cpu_units, is_pair, memory_mib, nearest_pairs};

use super::{Check, text_of};

/// Longest document that ECS takes, bytes.
const LONGEST_DOCUMENT: usize = 64 * 1024;

impl Check<'_> {
    pub(super) fn sizes(&mut self) {
        let cpu = self.size("cpu", "512", cpu_units);
        let memory = self.size("memory", "2048", memory_mib);
        if let (Some(cpu), Some(memory)) = (cpu, memory) {
            self.pair(cpu, memory);
            self.sums(cpu, memory);
        }
        let storage =
            self.field("ephemeralStorage").and_then(|storage| storage.get("sizeInGiB")).and_then(Value::as_i64);
        if let Some(size) = storage.filter(|size| !(21..=200).contains(size)) {
            let message = format!("ephemeral storage of {size} GiB does not exist");
            let help = "20 GiB are there without it; 21 to 200 GiB can be asked for";
            self.refuse("TPL041", "ephemeralStorage.sizeInGiB", message, help);
        }
        let length = self.document.value.to_string().len();
        if length > LONGEST_DOCUMENT {
            let message = format!("the document has {length} bytes of at most {LONGEST_DOCUMENT}");
            self.refuse("TPL041", "", message, "move variables into environmentFiles or secrets");
        }
    }

    /// A size of the task.
    fn size(&mut self, name: &str, example: &str, read: fn(&str) -> Option<u64>) -> Option<u64> {
        let Some(text) = self.text(name) else {
            let message = format!("`{name}` is missing: Fargate needs it");
            self.refuse("TPL041", "", message, format!("write \"{name}\": \"{{{{service.{name}}}}}\""));
            return None;
        };
        let size = read(text);
        if size.is_none() {
            self.refuse("TPL041", name, format!("`{text}` is no size"), format!("write \"{name}\": \"{example}\""));
        }
        size
    }

    fn pair(&mut self, cpu: u64, memory: u64) {
        let Some((_, service)) = self.expected.service else {
            if !is_pair(cpu, memory) {
                let near = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
                let pairs = nearest_pairs(near(cpu), near(memory));
                let pairs: Vec<String> = pairs.iter().map(|(cpu, memory)| format!("{cpu} with {memory}")).collect();
                let message = format!("Fargate has no size of {cpu} CPU units with {memory} MiB");
                self.refuse("TPL041", "cpu", message, format!("nearest: {}", pairs.join(", ")));
            }
            return;
        };
        let said = [("cpu", cpu, u64::from(service.cpu)), ("memory", memory, u64::from(service.memory_mib))];
        for (name, here, wanted) in said.into_iter().filter(|(_, here, wanted)| here != wanted) {
            let message = format!("`{name}` is {wanted} in the spec, and {here} here");
            self.contradicts(name, name, message, format!("write \"{name}\": \"{{{{service.{name}}}}}\""));
        }
    }

    /// What the containers reserve may not exceed the task.
    fn sums(&mut self, cpu: u64, memory: u64) {
        let number =
            |container: &serde_json::Value, name: &str| container.get(name).and_then(Value::as_u64).unwrap_or(0);
        let containers = self.each_container();
        let cpus: u64 = containers.iter().map(|(_, container)| number(container, "cpu")).fold(0, u64::saturating_add);
        if cpus > cpu {
            let message = format!("the containers take {cpus} CPU units of {cpu}");
            self.refuse("TPL041", "containerDefinitions", message, "give them less, or the task more");
        }
        let mut total: u64 = 0;
        for (path, container) in &containers {
            let (hard, soft) = (number(container, "memory"), number(container, "memoryReservation"));
            if hard > 0 && soft > hard {
                let name = text_of(container, "name").unwrap_or_default();
                let message = format!("container `{name}` reserves {soft} MiB and may use only {hard}");
                self.refuse("TPL041", &format!("{path}.memoryReservation"), message, "reserve at most `memory`");
            }
            total = total.saturating_add(if soft > 0 { soft } else { hard });
            if hard > memory {
                let message = format!("a container of {hard} MiB does not fit into a task of {memory}");
                self.refuse("TPL041", &format!("{path}.memory"), message, "give it less, or the task more");
            }
        }
        if total > memory {
            let message = format!("the containers reserve {total} MiB of {memory}");
            self.refuse("TPL041", "containerDefinitions", message, "give them less, or the task more");
        }
    }
}
