//! Task definitions as documents: the rendered JSON is the request body, and what comes back is the answer's JSON. No
//! mirror of the API's types stands between, so a field that AWS adds tomorrow works today.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_ecs::types::{TaskDefinitionField, TaskDefinitionStatus};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::{Value, json};

use super::AwsCloud;
use super::error::{incomplete, own_error};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{Receipt, ResourceKey, Tags, short_name};
use crate::planner::canonical;

/// Keeps the raw body of an answer, which the SDK's own types would lose fields of.
#[derive(Clone, Debug, Default)]
struct KeepBody(Arc<Mutex<Vec<u8>>>);

impl KeepBody {
    fn document(&self) -> Option<Value> {
        serde_json::from_slice(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).ok()
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for KeepBody {
    fn name(&self) -> &'static str {
        "KeepBody"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(body) = context.response().body().bytes() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body.to_vec();
        }
        Ok(())
    }
}

/// A revision as ECS answered it.
struct Revision {
    document: Value,
    tags: Tags,
}

impl Revision {
    fn arn(&self) -> &str {
        self.document.get("taskDefinitionArn").and_then(Value::as_str).unwrap_or_default()
    }
}

impl AwsCloud {
    /// The document of a revision by ARN, or of the newest active one by family; `None`: there is none. A revision
    /// never changes, so one that was read before is not asked for again.
    pub(super) async fn task_definition(&self, arn_or_family: &str) -> Result<Option<Value>, CloudError> {
        if let Some(known) = self.known_document(arn_or_family).await {
            return Ok(Some(known));
        }
        match self.revision(arn_or_family, false).await? {
            Some(found) => Ok(Some(self.remember(found).await)),
            None => Ok(None),
        }
    }

    async fn known_document(&self, arn: &str) -> Option<Value> {
        let known = self.documents.lock().unwrap_or_else(PoisonError::into_inner).get(arn).cloned();
        match (&known, &self.revisions) {
            (None, Some(kept)) if arn.starts_with("arn:") => kept.revision(arn).await,
            _ => known,
        }
    }

    async fn remember(&self, found: Revision) -> Value {
        let arn = found.arn().to_owned();
        self.documents.lock().unwrap_or_else(PoisonError::into_inner).insert(arn.clone(), found.document.clone());
        if let Some(kept) = &self.revisions {
            kept.remember(&arn, &found.document).await;
        }
        found.document
    }

    async fn revision(&self, arn_or_family: &str, with_tags: bool) -> Result<Option<Revision>, CloudError> {
        let body = KeepBody::default();
        let request = self.clients.ecs.describe_task_definition().task_definition(arn_or_family);
        let request = request.set_include(with_tags.then(|| vec![TaskDefinitionField::Tags]));
        let send = || request.clone().customize().interceptor(body.clone()).send();
        match self.caller.call("ecs:DescribeTaskDefinition", send).await {
            Ok(_) => {}
            Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
        let answer = body.document().unwrap_or_default();
        let document = answer.get("taskDefinition").filter(|document| document.is_object()).cloned();
        let document = document.ok_or_else(|| incomplete("ecs:DescribeTaskDefinition", "taskDefinition"))?;
        let status = document.get("status").and_then(Value::as_str).unwrap_or("ACTIVE");
        if status != "ACTIVE" && !arn_or_family.contains("task-definition/") {
            return Ok(None);
        }
        let tags = answer.get("tags").map(document_tags).unwrap_or_default();
        Ok(Some(Revision { document, tags }))
    }

    pub(super) async fn register_task_definition(
        &self,
        key: &ResourceKey,
        family: &str,
        document: &Value,
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        let body = registration(family, document, tags)?;
        // ECS never dedupes, and a reply may have been lost: the newest revision is taken when it says the same.
        if let Some(newest) = self.revision(family, true).await?
            && self.is_ours(&newest.tags)
            && canonical::same(&without_tags(&body), &newest.document)
        {
            let arn = newest.arn().to_owned();
            self.remember(newest).await;
            return Ok(super::receipt(key, &[("arn", &arn)], false));
        }
        let text = body.to_string();
        let answer = KeepBody::default();
        let request = self.clients.ecs.register_task_definition().family(family);
        let send = || {
            let text = text.clone();
            let with_document = move |request: &mut aws_smithy_runtime_api::http::Request| {
                request.headers_mut().insert("content-length", text.len().to_string());
                *request.body_mut() = SdkBody::from(text.clone());
            };
            request.clone().customize().interceptor(answer.clone()).mutate_request(with_document).send()
        };
        self.caller.call("ecs:RegisterTaskDefinition", send).await?;
        let registered = answer.document().and_then(|mut answer| answer.get_mut("taskDefinition").map(Value::take));
        let document = registered.ok_or_else(|| incomplete("ecs:RegisterTaskDefinition", "taskDefinition"))?;
        let revision = Revision { document, tags: tags.clone() };
        let arn = revision.arn().to_owned();
        self.remember(revision).await;
        Ok(super::receipt(key, &[("arn", &arn)], true))
    }

    /// Deregisters every active revision of the family that is ours, then deletes every inactive one that is.
    pub(super) async fn delete_task_definitions(&self, family: &str) -> Result<Receipt, CloudError> {
        let mut ours = Vec::new();
        for status in [TaskDefinitionStatus::Active, TaskDefinitionStatus::Inactive] {
            for arn in self.revisions_of(family, status.clone()).await? {
                let Some(found) = self.revision(&arn, true).await? else { continue };
                if !self.is_ours(&found.tags) {
                    continue;
                }
                if status == TaskDefinitionStatus::Active {
                    let request = self.clients.ecs.deregister_task_definition().task_definition(&arn);
                    self.caller.call("ecs:DeregisterTaskDefinition", || request.clone().send()).await?;
                }
                ours.push(arn);
            }
        }
        ours.sort();
        ours.dedup();
        for arns in ours.chunks(10) {
            let request = self.clients.ecs.delete_task_definitions().set_task_definitions(Some(arns.to_vec()));
            let answer = self.caller.call("ecs:DeleteTaskDefinitions", || request.clone().send()).await?;
            if let Some(failure) = answer.failures().first() {
                let reason = failure.reason().unwrap_or("no reason given");
                let message = format!("{}: {reason}", failure.arn().unwrap_or(family));
                return Err(own_error(CloudErrorKind::Busy, "ecs:DeleteTaskDefinitions", message));
            }
        }
        Ok(super::done(!ours.is_empty()))
    }

    async fn revisions_of(&self, family: &str, status: TaskDefinitionStatus) -> Result<Vec<String>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.clients.ecs.list_task_definitions().family_prefix(family).status(status.clone());
            let request = request.set_next_token(token);
            let page = self.caller.call("ecs:ListTaskDefinitions", || request.clone().send()).await?;
            let of_family = |arn: &&String| short_name(arn).split(':').next() == Some(family);
            found.extend(page.task_definition_arns().iter().filter(of_family).cloned());
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(found);
            }
        }
    }
}

/// The document as it is sent: with its family and the tags, of which envctl's own win.
fn registration(family: &str, document: &Value, tags: &Tags) -> Result<Value, CloudError> {
    let mut body = document.clone();
    let fields = body.as_object_mut().ok_or_else(|| {
        own_error(CloudErrorKind::Refused, "ecs:RegisterTaskDefinition", "the task definition is no JSON object")
    })?;
    let mut all = fields.get("tags").map(document_tags).unwrap_or_default();
    all.extend(tags.clone());
    let listed: Vec<Value> = all.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    fields.insert("family".to_owned(), json!(family));
    fields.insert("tags".to_owned(), Value::Array(listed));
    Ok(body)
}

fn document_tags(list: &Value) -> Tags {
    let pair = |tag: &Value| {
        let word = |name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((word("key")?, word("value").unwrap_or_default()))
    };
    list.as_array().map(|list| list.iter().filter_map(pair).collect()).unwrap_or_default()
}

/// Tags stand beside the document in an answer, not in it.
fn without_tags(body: &Value) -> Value {
    let mut document = body.clone();
    if let Some(fields) = document.as_object_mut() {
        fields.remove("tags");
    }
    document
}
