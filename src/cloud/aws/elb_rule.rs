//! ELB rules: conditions and actions between the SDK's types and the model's, in both directions.

use aws_sdk_elasticloadbalancingv2::types as elb;
use serde_json::Value;

use super::answer::text;
use super::elb_action::{other_action, other_document};
use super::error::own_error;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{Condition, RuleAction};

/// A condition. ELB echoes the values in two places (`aws.md` 4.1); the configuration wins over the old list. `None`:
/// a kind of condition that is newer than this.
pub(super) fn live_condition(found: &elb::RuleCondition) -> Option<Condition> {
    let either = |values: Option<&[String]>| {
        values.filter(|values| !values.is_empty()).unwrap_or_else(|| found.values()).to_vec()
    };
    Some(match found.field()? {
        "host-header" => Condition::HostHeader(either(found.host_header_config().map(|config| config.values()))),
        "path-pattern" => Condition::PathPattern(either(found.path_pattern_config().map(|config| config.values()))),
        "http-header" => {
            let config = found.http_header_config()?;
            Condition::HttpHeader { name: text(config.http_header_name()), values: config.values().to_vec() }
        }
        "http-request-method" => {
            Condition::RequestMethod(either(found.http_request_method_config().map(|config| config.values())))
        }
        "source-ip" => Condition::SourceIp(either(found.source_ip_config().map(|config| config.values()))),
        "query-string" => {
            let pairs = found.query_string_config()?.values().iter();
            Condition::QueryString(pairs.map(|pair| (pair.key().map(str::to_owned), text(pair.value()))).collect())
        }
        _ => return None,
    })
}

/// A condition for the API.
pub(super) fn condition(wanted: &Condition) -> elb::RuleCondition {
    let values = |values: &Vec<String>| Some(values.clone());
    let of = |field: &str| elb::RuleCondition::builder().field(field);
    match wanted {
        Condition::HostHeader(hosts) => of("host-header")
            .host_header_config(elb::HostHeaderConditionConfig::builder().set_values(values(hosts)).build())
            .build(),
        Condition::PathPattern(paths) => of("path-pattern")
            .path_pattern_config(elb::PathPatternConditionConfig::builder().set_values(values(paths)).build())
            .build(),
        Condition::HttpHeader { name, values: wanted } => {
            let config = elb::HttpHeaderConditionConfig::builder().http_header_name(name).set_values(values(wanted));
            of("http-header").http_header_config(config.build()).build()
        }
        Condition::RequestMethod(methods) => {
            let config = elb::HttpRequestMethodConditionConfig::builder().set_values(values(methods));
            of("http-request-method").http_request_method_config(config.build()).build()
        }
        Condition::SourceIp(ranges) => of("source-ip")
            .source_ip_config(elb::SourceIpConditionConfig::builder().set_values(values(ranges)).build())
            .build(),
        Condition::QueryString(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(key, value)| elb::QueryStringKeyValuePair::builder().set_key(key.clone()).value(value).build());
            let config = elb::QueryStringConditionConfig::builder().set_values(Some(pairs.collect()));
            of("query-string").query_string_config(config.build()).build()
        }
    }
}

/// Actions in their order.
pub(super) fn live_actions(found: &[elb::Action]) -> Vec<RuleAction> {
    let mut found: Vec<&elb::Action> = found.iter().collect();
    found.sort_by_key(|action| action.order().unwrap_or(i32::MAX));
    found.into_iter().map(live_action).collect()
}

fn live_action(found: &elb::Action) -> RuleAction {
    let groups = found.forward_config().map(|config| config.target_groups()).unwrap_or_default();
    let single = match groups {
        [] => found.target_group_arn(),
        [only] => only.target_group_arn(),
        // Weighted between several: not ours to read as a plain forward.
        _ => None,
    };
    match (found.r#type(), single, found.fixed_response_config()) {
        (Some(elb::ActionTypeEnum::Forward), Some(arn), _) => RuleAction::Forward { target_group_arn: arn.to_owned() },
        (Some(elb::ActionTypeEnum::FixedResponse), _, Some(response)) => RuleAction::FixedResponse {
            status_code: response.status_code().and_then(|code| code.parse().ok()).unwrap_or_default(),
            content_type: text(response.content_type()),
            body: text(response.message_body()),
        },
        _ => RuleAction::Other { document: other_document(found) },
    }
}

/// Actions for the API, numbered in their order.
///
/// # Errors
/// [`CloudErrorKind::Refused`] for a document that is no action.
pub(super) fn actions(wanted: &[RuleAction]) -> Result<Vec<elb::Action>, CloudError> {
    let numbered = (1..).zip(wanted);
    numbered.map(|(order, wanted)| action(order, wanted)).collect()
}

fn action(order: i32, wanted: &RuleAction) -> Result<elb::Action, CloudError> {
    let refused = |why: String| own_error(CloudErrorKind::Refused, "elasticloadbalancing:rule action", why);
    let action = match wanted {
        RuleAction::Forward { target_group_arn } => {
            elb::Action::builder().r#type(elb::ActionTypeEnum::Forward).target_group_arn(target_group_arn)
        }
        RuleAction::FixedResponse { status_code, content_type, body } => {
            let response = elb::FixedResponseActionConfig::builder();
            let response = response.status_code(status_code.to_string()).content_type(content_type).message_body(body);
            elb::Action::builder().r#type(elb::ActionTypeEnum::FixedResponse).fixed_response_config(response.build())
        }
        RuleAction::Other { document } => other_action(document).map_err(refused)?,
    };
    Ok(action.order(order).build())
}

/// A text field of a document in the API's spelling.
pub(super) fn field<'a>(document: &'a Value, name: &str) -> Option<&'a str> {
    document.get(name).and_then(Value::as_str)
}
