//! CloudTrail: who changed something. Management events of the last 90 days, minutes after they happened; two questions
//! a second in an account and region (botocore's model of `LookupEvents`).

use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use jiff::Timestamp;
use serde_json::Value;

use super::AwsCloud;
use super::answer::{text, timestamp};
use super::error::own_error;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{TrailEvent, TrailQuery};

/// Pages of 50 events that one question may take.
const PAGES: usize = 4;
/// What the requests of envctl carry in their user agent.
const OURS: &str = "app/envctl";

impl AwsCloud {
    pub(super) async fn lookup_events(
        &self,
        query: &TrailQuery,
        since: Timestamp,
    ) -> Result<Vec<TrailEvent>, CloudError> {
        let operation = "cloudtrail:LookupEvents";
        let (key, value) = match query {
            TrailQuery::Resource(name) => (LookupAttributeKey::ResourceName, name),
            TrailQuery::Event(name) => (LookupAttributeKey::EventName, name),
        };
        let refused = |error: String| own_error(CloudErrorKind::Refused, operation, error);
        let attribute = LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
        let attribute = attribute.map_err(|error| refused(error.to_string()))?;
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..PAGES {
            let request = self.clients.trail.lookup_events().lookup_attributes(attribute.clone()).max_results(50);
            let request = request.start_time(aws_smithy_types::DateTime::from_secs(since.as_second()));
            let request = request.set_next_token(token);
            let page = self.caller.call(operation, || request.clone().send()).await?;
            found.extend(page.events().iter().filter_map(written));
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        found.sort_by_key(|event: &TrailEvent| std::cmp::Reverse(event.at));
        Ok(found)
    }
}

/// An event that could change something and went through.
fn written(event: &Event) -> Option<TrailEvent> {
    let document: Value =
        event.cloud_trail_event().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let reads = event.read_only() == Some("true") || plain(&document["readOnly"]) == "true";
    let failed = document["errorCode"].is_string();
    if reads || failed {
        return None;
    }
    let mut about: Vec<String> =
        event.resources().iter().filter_map(|resource| resource.resource_name().map(str::to_owned)).collect();
    texts(&document["requestParameters"], &mut about);
    texts(&document["responseElements"], &mut about);
    let agent = document["userAgent"].as_str().unwrap_or_default();
    Some(TrailEvent {
        at: timestamp(event.event_time())?,
        name: text(event.event_name()),
        user: user(&document["userIdentity"], event.username()),
        about,
        by_envctl: agent.split(' ').any(|word| word == OURS),
    })
}

/// Who it was, as a person would say it.
fn user(identity: &Value, named: Option<&str>) -> String {
    let field = |name: &str| identity[name].as_str().filter(|text| !text.is_empty());
    match field("type") {
        Some("Root") => "root".to_owned(),
        // `arn:aws:sts::123456789012:assumed-role/ROLE/SESSION`
        Some("AssumedRole") => match field("arn").and_then(|arn| arn.split_once(":assumed-role/")) {
            Some((_, role_and_session)) => role_and_session.to_owned(),
            None => named.unwrap_or("an assumed role").to_owned(),
        },
        Some("AWSService") => field("invokedBy").or(named).unwrap_or("AWS").to_owned(),
        _ => field("userName").or(named).or(field("arn")).unwrap_or("unknown").to_owned(),
    }
}

/// Every text that could be a name, id or ARN.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() <= 300 => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|inner| texts(inner, found)),
        _ => {}
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_are_called_by_role_and_session() {
        let role = json!({"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/Admin/bob"});
        assert_eq!(user(&role, Some("bob")), "Admin/bob");
        assert_eq!(user(&json!({"type": "IAMUser", "userName": "carol"}), None), "carol");
        assert_eq!(user(&json!({"type": "Root"}), Some("root")), "root");
        assert_eq!(user(&json!({"type": "AWSService", "invokedBy": "rds.amazonaws.com"}), None), "rds.amazonaws.com");
        assert_eq!(user(&Value::Null, Some("dave")), "dave");
    }
}
