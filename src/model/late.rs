//! Values known late: a database's endpoint, an access point's id. Templates write `{{ref "database.main.endpoint"}}`;
//! the rendered document carries a marked text, which is replaced when the action is performed.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ResourceKey;

/// Opens a late value inside a text. User input that contains it is refused by `spec` and `template`.
pub const LATE_OPEN: char = '\u{27e6}';
/// Closes a late value inside a text.
pub const LATE_CLOSE: char = '\u{27e7}';

/// Names one fact about one resource: `database/main.endpoint`.
///
/// | kind | attributes |
/// |--|--|
/// | database | `endpoint` (host), `port`, `arn` |
/// | secret | `arn` |
/// | file-system | `id`, `arn` |
/// | access-point | `id`, `arn` |
/// | recovery-point | `job` (of the backup that makes it), `arn` |
/// | file-restore | `job` |
/// | target-group | `arn`, `arn_suffix` (`targetgroup/NAME/ID`, as metrics call it) |
/// | log-group | `name`, `arn` |
/// | task-definition | `arn` (the revision to run) |
/// | service | `arn`, `deployment` (id of the deployment that this run started) |
/// | task | `arn` |
/// | listener-rule | `arn`, `load_balancer` (`app/NAME/ID`, as metrics call it) |
pub type FactName = String;

/// Facts known so far, by name.
pub type Facts = BTreeMap<FactName, String>;

/// The name of a fact.
pub fn fact_name(key: &ResourceKey, attribute: &str) -> FactName {
    format!("{key}.{attribute}")
}

/// The marked text that stands for a fact until it is known.
pub fn late_text(key: &ResourceKey, attribute: &str) -> String {
    format!("{LATE_OPEN}{key}.{attribute}{LATE_CLOSE}")
}

/// The facts that a text waits for, in order of appearance.
pub fn late_names(text: &str) -> Vec<FactName> {
    text.split(LATE_OPEN)
        .skip(1)
        .filter_map(|rest| rest.split_once(LATE_CLOSE))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Replaces every late value of the text that `facts` knows; the others stay.
pub fn resolve_text(text: &str, facts: &Facts) -> String {
    late_names(text).into_iter().fold(text.to_owned(), |text, name| {
        match facts.get(&name).map(String::as_str).or_else(|| part_of_arn(&name, facts)) {
            Some(value) => text.replace(&format!("{LATE_OPEN}{name}{LATE_CLOSE}"), value),
            None => text,
        }
    })
}

/// Facts that stand in the ARN of their resource: what the metrics of load balancers are named by.
fn part_of_arn<'a>(name: &str, facts: &'a Facts) -> Option<&'a str> {
    let (key, attribute) = name.rsplit_once('.')?;
    let arn = facts.get(&format!("{key}.arn"))?;
    let rest = arn.splitn(6, ':').nth(5)?;
    match attribute {
        "arn_suffix" => Some(rest),
        // listener-rule/app/NAME/ID/LISTENER/RULE
        "load_balancer" => rest.strip_prefix("listener-rule/")?.rsplitn(3, '/').nth(2),
        _ => None,
    }
}

/// [`resolve_text`] for every string of a JSON value. Keys are left alone.
pub fn resolve_value(value: &mut Value, facts: &Facts) {
    match value {
        Value::String(text) if text.contains(LATE_OPEN) => *text = resolve_text(text, facts),
        Value::Array(items) => items.iter_mut().for_each(|item| resolve_value(item, facts)),
        Value::Object(fields) => fields.values_mut().for_each(|item| resolve_value(item, facts)),
        _ => {}
    }
}

/// The facts that a JSON value waits for, each once, in order of appearance.
pub fn late_names_in(value: &Value) -> Vec<FactName> {
    fn walk(value: &Value, found: &mut Vec<FactName>) {
        match value {
            Value::String(text) => {
                for name in late_names(text) {
                    if !found.contains(&name) {
                        found.push(name);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(fields) => fields.values().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, &mut found);
    found
}

/// Facts that were not known when they were needed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not known yet: {}", .0.join(", "))]
pub struct Unresolved(pub Vec<FactName>);

/// Replaces every late value inside any serialisable value, an [`Action`](super::Action) or a
/// [`Wait`](super::Wait) for instance.
///
/// # Errors
/// Names the facts that are missing.
pub fn resolve<T: Serialize + DeserializeOwned>(wanted: &T, facts: &Facts) -> Result<T, Unresolved> {
    let unreadable = |error: serde_json::Error| Unresolved(vec![error.to_string()]);
    let mut value = serde_json::to_value(wanted).map_err(unreadable)?;
    resolve_value(&mut value, facts);
    let missing = late_names_in(&value);
    if missing.is_empty() { serde_json::from_value(value).map_err(unreadable) } else { Err(Unresolved(missing)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResourceKind;

    #[test]
    fn what_metrics_call_a_load_balancer_is_read_from_arns() {
        let group = ResourceKey::new(ResourceKind::TargetGroup, "web");
        let rule = ResourceKey::new(ResourceKind::ListenerRule, "web");
        let arn = |rest: &str| format!("arn:aws:elasticloadbalancing:us-east-2:123456789012:{rest}");
        let facts = Facts::from([
            (fact_name(&group, "arn"), arn("targetgroup/shop-web/73e2d6bc24d8a067")),
            (fact_name(&rule, "arn"), arn("listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee")),
        ]);
        let value = |key: &ResourceKey, attribute: &str| resolve_text(&late_text(key, attribute), &facts);
        assert_eq!(value(&group, "arn_suffix"), "targetgroup/shop-web/73e2d6bc24d8a067");
        assert_eq!(value(&rule, "load_balancer"), "app/shop/50dc6c495c0c9188");
        assert_eq!(value(&group, "load_balancer"), late_text(&group, "load_balancer"));
    }

    #[test]
    fn late_values_are_found_and_replaced_where_known() {
        let database = ResourceKey::new(ResourceKind::Database, "main");
        let text = format!("postgres://{}:{}", late_text(&database, "endpoint"), late_text(&database, "port"));
        assert_eq!(late_names(&text), ["database/main.endpoint", "database/main.port"]);
        let facts = Facts::from([(fact_name(&database, "endpoint"), "db.example".to_owned())]);
        assert_eq!(resolve_text(&text, &facts), format!("postgres://db.example:{}", late_text(&database, "port")));
        assert_eq!(resolve(&text, &facts), Err(Unresolved(vec!["database/main.port".to_owned()])));
    }
}
