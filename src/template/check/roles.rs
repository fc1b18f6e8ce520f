//! Roles: who pulls the image and reads the secrets (`aws.md` 1.1, last but one line).

use serde_json::Value;

use super::{Check, items, text_of};
use crate::model::short_name;

impl Check<'_> {
    pub(super) fn roles(&mut self) {
        for (field, of) in [("executionRoleArn", "execution_role"), ("taskRoleArn", "task_role")] {
            if let Some(role) = self.text(field) {
                self.role(field, of, role);
            }
        }
        if self.text("executionRoleArn").is_some() {
            return;
        }
        let needs =
            self.each_container().into_iter().find_map(|(path, container)| needs_execution_role(&path, container));
        if let Some((path, why)) = needs {
            let help =
                "write `execution_role:` at the service, and \"executionRoleArn\": \"{{service.execution_role}}\" here";
            self.refuse("TPL043", &path, format!("{why} needs an execution role"), help);
        }
    }

    fn role(&mut self, field: &str, of: &str, role: &str) {
        let account = &self.expected.environment.account;
        let parts: Vec<&str> = role.split(':').collect();
        let is_arn = matches!(parts.as_slice(), ["arn", _, "iam", "", _, resource] if resource.starts_with("role/"));
        // A name alone is completed afterwards.
        if role.contains(':') && !is_arn {
            let message = format!("`{role}` is no role");
            self.refuse("TPL043", field, message, "write a role's name, or its ARN arn:aws:iam::ACCOUNT:role/NAME");
        } else if is_arn && parts.get(4).is_some_and(|found| found != account) {
            let message = format!("the role is of account {}, and the environment of {account}", parts[4]);
            self.refuse("TPL043", field, message, "ECS takes roles of the task's own account");
        }
        let declared = self.expected.service.and_then(|(_, service)| match of {
            "execution_role" => service.execution_role.as_deref(),
            _ => service.task_role.as_deref(),
        });
        if let Some(declared) = declared.filter(|declared| short_name(declared) != short_name(role)) {
            let message = format!("the role is `{declared}` in the spec, and `{}` here", short_name(role));
            self.contradicts(field, of, message, format!("write \"{field}\": \"{{{{service.{of}}}}}\""));
        }
    }
}

/// What of the container cannot work without an execution role.
fn needs_execution_role(path: &str, container: &Value) -> Option<(String, &'static str)> {
    let list = |field: &str| !items(container, field, "").is_empty();
    let log = container.get("logConfiguration").unwrap_or(&Value::Null);
    if text_of(container, "image").is_some_and(|image| image.contains(".dkr.ecr.")) {
        return Some((format!("{path}.image"), "an image from ECR"));
    }
    if list("secrets") {
        return Some((format!("{path}.secrets"), "a secret"));
    }
    if list("environmentFiles") {
        return Some((format!("{path}.environmentFiles"), "a file of variables"));
    }
    if text_of(log, "logDriver") == Some("awslogs") {
        return Some((format!("{path}.logConfiguration"), "the log driver awslogs"));
    }
    if !items(log, "secretOptions", "").is_empty() {
        return Some((format!("{path}.logConfiguration"), "a secret of the log driver"));
    }
    container
        .get("repositoryCredentials")
        .is_some()
        .then(|| (format!("{path}.repositoryCredentials"), "a private registry"))
}
