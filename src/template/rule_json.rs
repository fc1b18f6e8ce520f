//! A rule's document, `{ "Conditions": […], "Actions": […] }` in the spelling of the ELBv2 API, read into types.

use serde_json::Value;

use crate::model::{Condition, Problem, RuleAction};

use super::document::{Document, step};
use super::source::{Explained, did_you_mean, problem};

/// Most condition values of one rule, all conditions together (`aws.md` 4.2).
const MOST_VALUES: usize = 5;
/// Longest host name pattern (`aws.md` 4.1).
const LONGEST_HOST: usize = 128;
/// The fields of a condition that carry its values.
const CONFIGS: [(&str, &str); 6] = [
    ("host-header", "HostHeaderConfig"),
    ("path-pattern", "PathPatternConfig"),
    ("http-header", "HttpHeaderConfig"),
    ("http-request-method", "HttpRequestMethodConfig"),
    ("source-ip", "SourceIpConfig"),
    ("query-string", "QueryStringConfig"),
];

type Parsed = (Vec<Condition>, Vec<RuleAction>);

/// Conditions and actions of the document.
///
/// # Errors
/// Everything that ELB would refuse, and forms that envctl does not handle.
pub(super) fn parse(document: &Document) -> Result<Parsed, Vec<Problem>> {
    let mut reader = Reader { document, problems: Vec::new() };
    reader.only(&document.value, "", &["Conditions", "Actions"]);
    let conditions: Vec<Condition> =
        reader.items("Conditions").filter_map(|(path, item)| reader.condition(&path, item)).collect();
    let actions: Vec<RuleAction> =
        reader.items("Actions").filter_map(|(path, item)| reader.action(&path, item)).collect();
    reader.conditions_fit(&conditions);
    reader.actions_fit(&actions);
    if reader.problems.is_empty() { Ok((conditions, actions)) } else { Err(reader.problems) }
}

struct Reader<'a> {
    document: &'a Document,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn refuse(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        let span = self.document.value_span(path);
        self.problems.push(problem("TPL050", message, span).help(help));
    }

    /// The items of a list of the document.
    fn items(&self, name: &str) -> impl Iterator<Item = (String, &'a Value)> + use<'a> {
        let list: &'a [Value] = self.document.value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice);
        let name = name.to_owned();
        list.iter().enumerate().map(move |(index, item)| (format!("{name}[{index}]"), item))
    }

    /// Refuses fields that are not in the list.
    fn only(&mut self, value: &Value, path: &str, known: &[&str]) {
        let Some(fields) = value.as_object() else {
            self.refuse(path, "an object is needed here", format!("with {}", known.join(", ")));
            return;
        };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let span = self.document.key_span(&step(path, name));
            let help = did_you_mean(name, known.iter().copied());
            self.problems.push(problem("TPL050", format!("a rule knows no `{name}` here"), span).help(help));
        }
    }

    fn text(&mut self, value: &'a Value, path: &str, name: &str) -> Option<&'a str> {
        let found = value.get(name).and_then(Value::as_str);
        if found.is_none() {
            self.refuse(path, format!("`{name}` is missing, or no text"), format!("write \"{name}\": \"…\""));
        }
        found
    }

    /// A list of texts at `Values` of the condition's config, or of the condition itself.
    fn values(&mut self, item: &'a Value, path: &str, config: &str) -> Vec<String> {
        let list = item.get(config).and_then(|config| config.get("Values")).or_else(|| item.get("Values"));
        let values: Vec<String> =
            list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let complete = list.and_then(Value::as_array).is_some_and(|list| list.len() == values.len());
        if values.is_empty() || !complete {
            self.refuse(path, "the condition has no values", format!("write \"{config}\": {{ \"Values\": [\"…\"] }}"));
        }
        values
    }

    fn condition(&mut self, path: &str, item: &'a Value) -> Option<Condition> {
        let field = self.text(item, path, "Field")?;
        let Some((_, config)) = CONFIGS.iter().find(|(known, _)| *known == field) else {
            let known = CONFIGS.iter().map(|(known, _)| *known);
            self.refuse(&step(path, "Field"), format!("there is no condition `{field}`"), did_you_mean(field, known));
            return None;
        };
        self.only(item, path, &["Field", "Values", config]);
        match field {
            "host-header" => Some(Condition::HostHeader(self.values(item, path, config))),
            "path-pattern" => Some(Condition::PathPattern(self.values(item, path, config))),
            "http-request-method" => Some(Condition::RequestMethod(self.values(item, path, config))),
            "source-ip" => Some(Condition::SourceIp(self.values(item, path, config))),
            "http-header" => {
                let name = item.get(config).and_then(|config| config.get("HttpHeaderName")).and_then(Value::as_str);
                if name.is_none() {
                    self.refuse(path, "the header has no name", "write \"HttpHeaderName\": \"…\"");
                }
                Some(Condition::HttpHeader { name: name?.to_owned(), values: self.values(item, path, config) })
            }
            _ => self.query(item, path, config),
        }
    }

    fn query(&mut self, item: &'a Value, path: &str, config: &str) -> Option<Condition> {
        let list = item.get(config).and_then(|config| config.get("Values")).and_then(Value::as_array);
        let pairs: Option<Vec<(Option<String>, String)>> = list.and_then(|list| {
            list.iter()
                .map(|pair| {
                    let key = pair.get("Key").and_then(Value::as_str).map(str::to_owned);
                    Some((key, pair.get("Value")?.as_str()?.to_owned()))
                })
                .collect()
        });
        if pairs.as_ref().is_none_or(Vec::is_empty) {
            let form = "write \"QueryStringConfig\": { \"Values\": [{ \"Key\": \"…\", \"Value\": \"…\" }] }";
            self.refuse(path, "the condition has no values", form);
        }
        pairs.map(Condition::QueryString)
    }

    fn action(&mut self, path: &str, item: &'a Value) -> Option<RuleAction> {
        match self.text(item, path, "Type")? {
            "forward" => {
                self.only(item, path, &["Type", "Order", "TargetGroupArn"]);
                let arn = self.text(item, path, "TargetGroupArn")?;
                Some(RuleAction::Forward { target_group_arn: arn.to_owned() })
            }
            "fixed-response" => {
                self.only(item, path, &["Type", "Order", "FixedResponseConfig"]);
                let config = item.get("FixedResponseConfig").unwrap_or(&Value::Null);
                let status = config.get("StatusCode");
                let status =
                    status.and_then(|code| code.as_str().map_or_else(|| code.as_u64(), |text| text.parse().ok()));
                let Some(status_code) = status.and_then(|code| u16::try_from(code).ok()) else {
                    self.refuse(path, "the fixed response has no status code", "write \"StatusCode\": \"404\"");
                    return None;
                };
                let text =
                    |name: &str, default: &str| config.get(name).and_then(Value::as_str).unwrap_or(default).to_owned();
                let body = text("MessageBody", "");
                if body.len() > 1024 {
                    self.refuse(path, "the fixed response has more than 1024 bytes", "make it shorter");
                }
                Some(RuleAction::FixedResponse { status_code, content_type: text("ContentType", "text/plain"), body })
            }
            "redirect" | "authenticate-oidc" | "authenticate-cognito" | "jwt-validation" => {
                Some(RuleAction::Other { document: item.clone() })
            }
            other => {
                let known = ["forward", "fixed-response", "redirect", "authenticate-oidc", "authenticate-cognito"];
                let help = did_you_mean(other, known);
                self.refuse(&step(path, "Type"), format!("there is no action `{other}`"), help);
                None
            }
        }
    }

    fn conditions_fit(&mut self, conditions: &[Condition]) {
        if conditions.is_empty() && self.problems.is_empty() {
            self.refuse("Conditions", "the rule has no conditions", "it would take every request of the listener");
        }
        let hosts: Vec<&String> = conditions
            .iter()
            .flat_map(|condition| match condition {
                Condition::HostHeader(hosts) => hosts.as_slice(),
                _ => &[],
            })
            .collect();
        for host in hosts {
            if host.len() > LONGEST_HOST || !host.contains('.') {
                let message = format!("`{host}` is no host name that a load balancer takes");
                self.refuse("Conditions", message, format!("at most {LONGEST_HOST} characters with a dot in them"));
            }
        }
        for single in ["host-header", "path-pattern"] {
            let count = conditions.iter().filter(|condition| field_of(condition) == single).count();
            if count > 1 {
                self.refuse(
                    "Conditions",
                    format!("a rule takes one {single} condition"),
                    "put the values into one list",
                );
            }
        }
        let values: usize = conditions.iter().map(count_values).sum();
        if values > MOST_VALUES {
            let help = "a load balancer's quota, which cannot be raised: make two rules of it";
            self.refuse("Conditions", format!("the rule has {values} condition values of at most {MOST_VALUES}"), help);
        }
    }

    fn actions_fit(&mut self, actions: &[RuleAction]) {
        let Some((last, before)) = actions.split_last() else {
            if self.problems.is_empty() {
                self.refuse("Actions", "the rule has no actions", "write a forward");
            }
            return;
        };
        let ends = |action: &RuleAction| match action {
            RuleAction::Forward { .. } | RuleAction::FixedResponse { .. } => true,
            RuleAction::Other { document } => document["Type"] == "redirect",
        };
        if !ends(last) || before.iter().any(ends) {
            let help = "authenticate first, then exactly one forward, redirect or fixed response";
            self.refuse("Actions", "the last action, and only it, must answer", help);
        }
    }
}

fn field_of(condition: &Condition) -> &'static str {
    match condition {
        Condition::HostHeader(_) => "host-header",
        Condition::PathPattern(_) => "path-pattern",
        Condition::HttpHeader { .. } => "http-header",
        Condition::RequestMethod(_) => "http-request-method",
        Condition::SourceIp(_) => "source-ip",
        Condition::QueryString(_) => "query-string",
    }
}

fn count_values(condition: &Condition) -> usize {
    match condition {
        Condition::HostHeader(values)
        | Condition::PathPattern(values)
        | Condition::HttpHeader { values, .. }
        | Condition::RequestMethod(values)
        | Condition::SourceIp(values) => values.len(),
        Condition::QueryString(pairs) => pairs.len(),
    }
}
