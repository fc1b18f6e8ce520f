//! Rule conditions and actions as they are compared: without regard to order, hosts without regard to case, and
//! actions that envctl does not write by what the spec says of them.

use serde_json::Value;

use crate::model::{Condition, Facts, RuleAction, resolve_text, resolve_value};

/// Do both lists let the same requests through?
pub(super) fn same_conditions(one: &[Condition], other: &[Condition]) -> bool {
    normal(one) == normal(other)
}

/// Does the rule do what is wanted?
pub(super) fn same_actions(wanted: &[RuleAction], found: &[RuleAction]) -> bool {
    wanted.len() == found.len() && wanted.iter().zip(found).all(|(wanted, found)| same_action(wanted, found))
}

/// The actions with the known facts in place.
pub(super) fn resolved(actions: &[RuleAction], facts: &Facts) -> Vec<RuleAction> {
    let resolve = |action: &RuleAction| match action.clone() {
        RuleAction::Forward { target_group_arn } => {
            RuleAction::Forward { target_group_arn: resolve_text(&target_group_arn, facts) }
        }
        RuleAction::Other { mut document } => {
            resolve_value(&mut document, facts);
            RuleAction::Other { document }
        }
        fixed @ RuleAction::FixedResponse { .. } => fixed,
    };
    actions.iter().map(resolve).collect()
}

/// In words, without the body of a page.
pub(super) fn words(actions: &[RuleAction]) -> String {
    let word = |action: &RuleAction| match action {
        RuleAction::Forward { .. } => "forward".to_owned(),
        RuleAction::FixedResponse { status_code, .. } => format!("page {status_code}"),
        RuleAction::Other { document } => {
            document.get("Type").and_then(Value::as_str).unwrap_or("another action").to_owned()
        }
    };
    actions.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// The conditions in words.
pub(super) fn condition_words(conditions: &[Condition]) -> String {
    let word = |condition: Condition| match condition {
        Condition::HostHeader(values) => format!("host {}", values.join(" ")),
        Condition::PathPattern(values) => format!("path {}", values.join(" ")),
        Condition::HttpHeader { name, values } => format!("header {name} {}", values.join(" ")),
        Condition::RequestMethod(values) => format!("method {}", values.join(" ")),
        Condition::SourceIp(values) => format!("source {}", values.join(" ")),
        Condition::QueryString(pairs) => format!("{} query pairs", pairs.len()),
    };
    normal(conditions).into_iter().map(word).collect::<Vec<_>>().join(", ")
}

fn normal(conditions: &[Condition]) -> Vec<Condition> {
    let mut normal: Vec<Condition> = conditions.iter().cloned().map(normal_one).collect();
    normal.sort();
    normal
}

fn normal_one(condition: Condition) -> Condition {
    fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
        values.sort();
        values
    }
    match condition {
        Condition::HostHeader(hosts) => {
            Condition::HostHeader(sorted(hosts.into_iter().map(|host| host.to_lowercase()).collect()))
        }
        Condition::PathPattern(paths) => Condition::PathPattern(sorted(paths)),
        Condition::HttpHeader { name, values } => {
            Condition::HttpHeader { name: name.to_lowercase(), values: sorted(values) }
        }
        Condition::RequestMethod(methods) => Condition::RequestMethod(sorted(methods)),
        Condition::SourceIp(sources) => Condition::SourceIp(sorted(sources)),
        Condition::QueryString(pairs) => Condition::QueryString(sorted(pairs)),
    }
}

fn same_action(wanted: &RuleAction, found: &RuleAction) -> bool {
    match (wanted, found) {
        (RuleAction::Other { document: wanted }, RuleAction::Other { document: found }) => says(found, wanted),
        (wanted, found) => wanted == found,
    }
}

/// Does the document say at least what is wanted? AWS adds its defaults.
fn says(found: &Value, wanted: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(key, value)| found.get(key).is_some_and(|found| says(found, value)))
        }
        (wanted, found) => wanted == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(hosts: &[&str]) -> Condition {
        Condition::HostHeader(hosts.iter().map(|host| (*host).to_owned()).collect())
    }

    #[test]
    fn order_and_case_of_hosts_do_not_count() {
        let path = || Condition::PathPattern(vec!["/api/*".to_owned()]);
        assert!(same_conditions(
            &[hosts(&["B.example", "a.example"]), path()],
            &[path(), hosts(&["a.example", "b.example"])]
        ));
        assert!(!same_conditions(&[hosts(&["a.example"])], &[hosts(&["a.example"]), path()]));
        assert!(!same_conditions(
            &[Condition::PathPattern(vec!["/A".to_owned()])],
            &[Condition::PathPattern(vec!["/a".to_owned()])]
        ));
    }

    #[test]
    fn an_action_of_others_may_say_more_than_the_spec() {
        let wanted = RuleAction::Other { document: serde_json::json!({"Type": "authenticate-oidc", "Order": 1}) };
        let found =
            RuleAction::Other { document: serde_json::json!({"Type": "authenticate-oidc", "Order": 1, "X": 2}) };
        assert!(same_actions(std::slice::from_ref(&wanted), std::slice::from_ref(&found)));
        assert!(!same_actions(&[found], &[wanted]));
    }
}
