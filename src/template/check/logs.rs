//! Log drivers and their options. Sources: the ECS developer guide on `awslogs`, and the API's `LogConfiguration`.

use serde_json::Value;

use crate::template::source::{Explained, did_you_mean, nearest, problem};

use super::{Check, text_of};

/// The log drivers that Fargate has.
const DRIVERS: [&str; 3] = ["awslogs", "splunk", "awsfirelens"];
/// The options of `awslogs`.
const OPTIONS: [&str; 8] = [
    "awslogs-group",
    "awslogs-region",
    "awslogs-stream-prefix",
    "awslogs-create-group",
    "awslogs-datetime-format",
    "awslogs-multiline-pattern",
    "mode",
    "max-buffer-size",
];
/// Those without which a Fargate task does not start.
const NEEDED: [&str; 3] = ["awslogs-group", "awslogs-region", "awslogs-stream-prefix"];

impl Check<'_> {
    pub(super) fn logs(&mut self) {
        for (path, container) in self.each_container() {
            let path = format!("{path}.logConfiguration");
            let Some(log) = container.get("logConfiguration") else { continue };
            match text_of(log, "logDriver") {
                Some("awslogs") => self.awslogs(&path, log.get("options").unwrap_or(&Value::Null)),
                Some(driver) if !DRIVERS.contains(&driver) => {
                    let message = format!("Fargate has no log driver `{driver}`");
                    self.refuse(
                        "TPL045",
                        &format!("{path}.logDriver"),
                        message,
                        format!("it has {}", DRIVERS.join(", ")),
                    );
                }
                _ => {}
            }
        }
    }

    fn awslogs(&mut self, path: &str, options: &Value) {
        for needed in NEEDED.iter().filter(|needed| text_of(options, needed).is_none_or(str::is_empty)) {
            let help = match *needed {
                "awslogs-group" => "write \"awslogs-group\": \"{{log_group.name}}\"",
                "awslogs-region" => "write \"awslogs-region\": \"{{region}}\"",
                _ => "write \"awslogs-stream-prefix\": \"{{service.container}}\"",
            };
            self.refuse("TPL045", &format!("{path}.options"), format!("`{needed}` is missing"), help);
        }
        for name in options.as_object().into_iter().flat_map(|options| options.keys()) {
            if OPTIONS.contains(&name.as_str()) {
                continue;
            }
            // Docker has other options still: only what looks like a slip is refused.
            if name.starts_with("awslogs") || nearest(name, OPTIONS).is_some() {
                let span = self.document.key_span(&format!("{path}.options.{name}"));
                let wrong = problem("TPL045", format!("`awslogs` has no option `{name}`"), span);
                self.problems.push(wrong.help(did_you_mean(name, OPTIONS)));
            }
        }
        let environment = self.expected.environment;
        let group = text_of(options, "awslogs-group").unwrap_or_default();
        let ours = environment.log_groups.values().any(|declared| declared.log_group_name == group);
        if let Some(region) = text_of(options, "awslogs-region").filter(|region| ours && *region != environment.region)
        {
            let message = format!("the log group is in {}, and the container writes to {region}", environment.region);
            self.refuse("TPL045", &format!("{path}.options.awslogs-region"), message, "write {{region}}");
        }
    }
}
