//! Rendered documents: task definitions, listener rules, alarms and dashboards, with late values as what they wait for.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::FORMAT_VERSION;
use crate::model::{Condition, Desired, LATE_CLOSE, LATE_OPEN, RuleAction, late_names};

/// One rendered document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    /// Environment.
    pub environment: String,
    /// What it is of: `service/web`, `task/scrub`, `listener-rule/web`.
    pub resource: String,
    /// File name under `--out`: `staging/service-web.json`.
    pub file: String,
    /// The document; late values are replaced by what they wait for.
    pub document: Value,
}

/// Every document of an environment, in reading order.
pub fn documents(desired: &Desired) -> Vec<Document> {
    let document = |kind: &str, name: &str, document: Value| Document {
        environment: desired.environment.clone(),
        resource: format!("{kind}/{name}"),
        file: format!("{}/{kind}-{name}.json", desired.environment),
        document: readable(document),
    };
    let services =
        desired.services.iter().map(|(name, service)| document("service", name, service.task_definition.clone()));
    let tasks = desired.tasks.iter().map(|(name, task)| document("task", name, task.task_definition.clone()));
    let rules = desired.rules.iter().map(|(name, rule)| {
        let value = json!({
            "listener": rule.listener,
            "priority": rule.priority,
            "conditions": rule.conditions.iter().map(condition).collect::<Vec<_>>(),
            "actions": rule.actions.iter().map(action).collect::<Vec<_>>(),
            "asleep": action(&rule.asleep),
        });
        document("listener-rule", name, value)
    });
    let alarms = desired
        .alarms
        .iter()
        .map(|(name, spec)| document("alarm", name, serde_json::to_value(spec).unwrap_or(Value::Null)));
    let dashboards = desired.dashboards.iter().map(|(name, spec)| document("dashboard", name, spec.body.clone()));
    services.chain(tasks).chain(rules).chain(alarms).chain(dashboards).collect()
}

/// Documents one below the other, each under a comment that names it.
pub fn text(documents: &[Document]) -> String {
    let one = |document: &Document| {
        let body = serde_json::to_string_pretty(&document.document).unwrap_or_default();
        format!("// {} {}\n{body}\n", document.environment, document.resource)
    };
    documents.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Documents for programs, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct DocumentsDto {
    format_version: u32,
    documents: Vec<Document>,
}

/// The documents as a value to serialise.
pub fn dto(documents: Vec<Document>) -> DocumentsDto {
    DocumentsDto { format_version: FORMAT_VERSION, documents }
}

/// Replaces every late value by what it waits for: `(known after database/main: endpoint)`.
fn readable(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) if text.contains(LATE_OPEN) => *text = readable_text(text),
        Value::Array(items) => items.iter_mut().for_each(|item| *item = readable(item.take())),
        Value::Object(fields) => fields.values_mut().for_each(|item| *item = readable(item.take())),
        _ => {}
    }
    value
}

/// Replaces every late value of one text by what it waits for.
pub fn readable_text(text: &str) -> String {
    late_names(text).into_iter().fold(text.to_owned(), |text, name| {
        let words = name.rsplit_once('.').map_or_else(
            || format!("(known after {name})"),
            |(resource, attribute)| format!("(known after {resource}: {attribute})"),
        );
        text.replace(&format!("{LATE_OPEN}{name}{LATE_CLOSE}"), &words)
    })
}

/// A condition in the API's shape.
fn condition(condition: &Condition) -> Value {
    let values =
        |field: &str, config: &str, values: &Vec<String>| json!({ "Field": field, config: { "Values": values } });
    match condition {
        Condition::HostHeader(hosts) => values("host-header", "HostHeaderConfig", hosts),
        Condition::PathPattern(paths) => values("path-pattern", "PathPatternConfig", paths),
        Condition::RequestMethod(methods) => values("http-request-method", "HttpRequestMethodConfig", methods),
        Condition::SourceIp(ranges) => values("source-ip", "SourceIpConfig", ranges),
        Condition::HttpHeader { name, values } => {
            json!({ "Field": "http-header", "HttpHeaderConfig": { "HttpHeaderName": name, "Values": values } })
        }
        Condition::QueryString(pairs) => {
            let pairs: Vec<BTreeMap<&str, &str>> = pairs
                .iter()
                .map(|(key, value)| {
                    key.iter().map(|key| ("Key", key.as_str())).chain([("Value", value.as_str())]).collect()
                })
                .collect();
            json!({ "Field": "query-string", "QueryStringConfig": { "Values": pairs } })
        }
    }
}

/// An action in the API's shape.
fn action(action: &RuleAction) -> Value {
    match action {
        RuleAction::Forward { target_group_arn } => json!({ "Type": "forward", "TargetGroupArn": target_group_arn }),
        RuleAction::FixedResponse { status_code, content_type, body } => json!({
            "Type": "fixed-response",
            "FixedResponseConfig": {
                "StatusCode": status_code.to_string(), "ContentType": content_type, "MessageBody": body,
            },
        }),
        RuleAction::Other { document } => document.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ResourceKey, ResourceKind, late_text};

    #[test]
    fn a_late_value_inside_a_text_is_shown_as_what_it_waits_for() {
        let endpoint = late_text(&ResourceKey::new(ResourceKind::Database, "main"), "endpoint");
        let value = json!({ "url": [format!("postgres://{endpoint}:5432")] });
        assert_eq!(readable(value), json!({ "url": ["postgres://(known after database/main: endpoint):5432"] }));
    }

    #[test]
    fn conditions_and_actions_have_the_shape_of_the_api() {
        let query = Condition::QueryString(vec![(Some("v".to_owned()), "2".to_owned()), (None, "beta".to_owned())]);
        assert_eq!(
            condition(&query),
            json!({ "Field": "query-string", "QueryStringConfig": { "Values": [{ "Key": "v", "Value": "2" }, { "Value": "beta" }] } })
        );
        let asleep = RuleAction::FixedResponse {
            status_code: 503,
            content_type: "text/html".to_owned(),
            body: "asleep".to_owned(),
        };
        assert_eq!(action(&asleep)["FixedResponseConfig"]["StatusCode"], "503");
    }
}
