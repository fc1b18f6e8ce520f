//! IAM roles: whom one lets in.

use serde_json::Value;

use super::fits_wildcard;

/// The service in whose name ECS takes a task's roles ("Amazon ECS task execution IAM role").
const TASKS: &str = "ecs-tasks.amazonaws.com";

/// A role, as far as tasks are concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundRole {
    /// Who may take it on: its trust policy.
    pub trust: Value,
}

/// May tasks take a role on?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Yes.
    Given,
    /// No, and why.
    Missing(String),
    /// The policy says something that envctl cannot judge.
    Unclear(String),
}

impl FoundRole {
    /// Does the role trust the tasks of this account and region? The grammar is that of "IAM JSON policy elements
    /// reference"; of conditions, those that the guide of ECS recommends are judged (`aws:SourceAccount`,
    /// `aws:SourceArn`).
    pub fn trusts_tasks(&self, account: &str, region: &str) -> Trust {
        let statements = one_or_many(&self.trust["Statement"]);
        let (mut given, mut unclear, mut why) = (false, None, None);
        for statement in statements.into_iter().filter(|statement| is_about_tasks(statement)) {
            match (statement["Effect"].as_str(), conditions(statement, account, region)) {
                (Some("Deny"), Held::Yes) => {
                    return Trust::Missing(format!("its trust policy denies {TASKS}"));
                }
                (Some("Deny"), Held::Unknown(condition)) => {
                    unclear = Some(format!("its trust policy denies {TASKS} under {condition}"));
                }
                (Some("Allow"), Held::Yes) => given = true,
                (Some("Allow"), Held::No(condition)) => why = Some(condition),
                (Some("Allow"), Held::Unknown(condition)) => {
                    unclear = Some(format!("it trusts {TASKS} under {condition}"));
                }
                _ => {}
            }
        }
        match (given, unclear, why) {
            (true, None, _) => Trust::Given,
            (_, Some(unclear), _) => Trust::Unclear(unclear),
            (false, None, Some(condition)) => {
                Trust::Missing(format!("it trusts {TASKS} only with {condition}, which does not fit this environment"))
            }
            (false, None, None) => Trust::Missing(format!("its trust policy does not name {TASKS}")),
        }
    }
}

/// How the conditions of a statement stand.
enum Held {
    Yes,
    No(String),
    Unknown(String),
}

fn is_about_tasks(statement: &Value) -> bool {
    let principal = &statement["Principal"];
    let named = one_or_many(&principal["Service"]).iter().any(|service| **service == TASKS);
    let anybody = principal == "*" || one_or_many(&principal["AWS"]).iter().any(|who| **who == "*");
    let action =
        |action: &Value| action.as_str().is_some_and(|pattern| fits_wildcard(&lower(pattern), "sts:assumerole"));
    (named || anybody) && one_or_many(&statement["Action"]).into_iter().any(action)
}

fn conditions(statement: &Value, account: &str, region: &str) -> Held {
    let Some(operators) = statement["Condition"].as_object() else { return Held::Yes };
    let mut held = Held::Yes;
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let values: Vec<String> =
                one_or_many(values).into_iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let fits = match (lower(key).as_str(), operator.as_str()) {
                ("aws:sourceaccount", "StringEquals" | "StringLike") => {
                    values.iter().any(|pattern| fits_wildcard(pattern, account))
                }
                ("aws:sourcearn", "ArnLike" | "ArnEquals" | "StringLike") => {
                    values.iter().any(|pattern| is_arn_of_tasks(pattern, account, region))
                }
                _ => {
                    held = Held::Unknown(format!("the condition {operator} {key}"));
                    continue;
                }
            };
            if !fits {
                return Held::No(format!("{key} {}", values.join(", ")));
            }
        }
    }
    held
}

/// Could the pattern mean something of ECS in this account and region?
fn is_arn_of_tasks(pattern: &str, account: &str, region: &str) -> bool {
    let mut parts = pattern.splitn(6, ':');
    let wanted = ["arn", "aws", "ecs", region, account];
    let fits = wanted.iter().all(|wanted| match parts.next() {
        Some(part) => fits_wildcard(part, wanted) || (*wanted == "aws" && part.starts_with("aws-")),
        None => pattern.ends_with('*'),
    });
    pattern == "*" || fits
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// IAM writes one thing without a list around it.
fn one_or_many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(many) => many.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trust(statement: Value) -> Trust {
        FoundRole { trust: json!({"Version": "2012-10-17", "Statement": statement}) }
            .trusts_tasks("123456789012", "us-east-2")
    }

    fn allow(principal: Value, condition: Value) -> Value {
        json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})
    }

    #[test]
    fn the_usual_spellings_are_trust() {
        assert_eq!(trust(allow(json!({"Service": TASKS}), Value::Null)), Trust::Given);
        let both = json!({"Service": ["ec2.amazonaws.com", TASKS]});
        assert_eq!(trust(json!([allow(both, Value::Null)])), Trust::Given);
        let any = json!({"Effect": "Allow", "Principal": {"Service": TASKS}, "Action": ["sts:TagSession", "sts:*"]});
        assert_eq!(trust(any), Trust::Given);
    }

    #[test]
    fn another_service_another_action_or_a_denial_is_none() {
        let missing = |statement: Value| assert!(matches!(trust(statement), Trust::Missing(_)));
        missing(allow(json!({"Service": "ecs.amazonaws.com"}), Value::Null));
        missing(allow(json!({"AWS": "arn:aws:iam::123456789012:root"}), Value::Null));
        missing(json!({"Effect": "Allow", "Principal": {"Service": TASKS}, "Action": "sts:TagSession"}));
        missing(json!([
            allow(json!({"Service": TASKS}), Value::Null),
            {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
        ]));
        missing(Value::Null);
    }

    #[test]
    fn the_conditions_that_the_guide_recommends_are_judged_and_others_are_not_guessed() {
        let with = |condition: Value| trust(allow(json!({"Service": TASKS}), condition));
        let ours = json!({
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-2:123456789012:*"}
        });
        assert_eq!(with(ours), Trust::Given);
        let other = with(json!({"StringEquals": {"aws:SourceAccount": ["999999999999"]}}));
        assert!(matches!(other, Trust::Missing(why) if why.contains("999999999999")));
        let elsewhere = with(json!({"ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"}}));
        assert!(matches!(elsewhere, Trust::Missing(_)));
        let unknown = with(json!({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}));
        assert!(matches!(unknown, Trust::Unclear(why) if why.contains("DateLessThan")));
    }
}
