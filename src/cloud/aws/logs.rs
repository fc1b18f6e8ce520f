//! CloudWatch Logs: log groups, and the last lines of a container that stopped.

use std::collections::BTreeMap;

use super::AwsCloud;
use super::answer::{number, positive, text};
use super::error::own_error;
use crate::cloud::sizes::LOG_GROUPS_AT_ONCE;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{LiveLogGroup, Receipt, ResourceKey, ResourceKind, Scope, Tags};

impl AwsCloud {
    /// One log group, its tags unread; `None`: it is not there.
    pub(super) async fn log_group(&self, name: &str) -> Result<Option<LiveLogGroup>, CloudError> {
        let mut token = None;
        loop {
            let request = self.clients.logs.describe_log_groups().log_group_name_prefix(name).set_next_token(token);
            let page = self.caller.call("logs:DescribeLogGroups", || request.clone().send()).await?;
            if let Some(group) = page.log_groups().iter().find(|group| group.log_group_name() == Some(name)) {
                return Ok(Some(live_log_group(group)));
            }
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(None);
            }
        }
    }

    /// Log groups by name, 50 a call, their tags unread. What is not there is left out.
    pub(super) async fn log_groups(&self, names: &[String]) -> Result<BTreeMap<String, LiveLogGroup>, CloudError> {
        let mut found = BTreeMap::new();
        for names in names.chunks(LOG_GROUPS_AT_ONCE) {
            let mut token = None;
            loop {
                let request = self.clients.logs.describe_log_groups().set_next_token(token);
                let request = request.set_log_group_identifiers(Some(names.to_vec()));
                let page = self.caller.call("logs:DescribeLogGroups", || request.clone().send()).await?;
                // Not every server knows the filter.
                let wanted = page.log_groups().iter().map(live_log_group);
                let wanted = wanted.filter(|group| names.contains(&group.log_group_name));
                found.extend(wanted.map(|group| (group.log_group_name.clone(), group)));
                token = page.next_token().map(str::to_owned);
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// A log group of a batch, its tags from where they stand unless the batch knows them as they are wanted.
    pub(super) async fn confirmed(
        &self,
        scope: &Scope,
        name: &str,
        found: Result<Option<LiveLogGroup>, CloudError>,
    ) -> Result<Option<LiveLogGroup>, CloudError> {
        let Some(mut group) = found? else { return Ok(None) };
        let wanted = scope.desired.tags_with_name(&ResourceKey::new(ResourceKind::LogGroup, name));
        let known = group.tags.as_ref();
        if !known.is_some_and(|tags| wanted.iter().all(|(key, value)| tags.get(key) == Some(value))) {
            group.tags = Some(self.log_group_tags(&group.arn).await?);
        }
        Ok(Some(group))
    }

    /// One log group with its tags, both asked for at once: the ARN follows from the name. `None`: it is not there.
    pub(super) async fn tagged_log_group(&self, account: &str, name: &str) -> Result<Option<LiveLogGroup>, CloudError> {
        let guess = format!("arn:{}:logs:{}:{account}:log-group:{name}", partition(&self.region), self.region);
        let (group, tags) = futures_util::join!(self.log_group(name), self.log_group_tags(&guess));
        let Some(mut group) = group? else { return Ok(None) };
        let tags = match tags {
            // Another account's credentials, or a server with ARNs of its own.
            Err(_) if group.arn != guess => self.log_group_tags(&group.arn).await?,
            tags => tags?,
        };
        group.tags = Some(tags);
        Ok(Some(group))
    }

    /// Tags of a log group by ARN.
    pub(super) async fn log_group_tags(&self, arn: &str) -> Result<Tags, CloudError> {
        let request = self.clients.logs.list_tags_for_resource().resource_arn(arn);
        let answer = self.caller.call("logs:ListTagsForResource", || request.clone().send()).await?;
        Ok(answer.tags().map(|tags| tags.clone().into_iter().collect()).unwrap_or_default())
    }

    /// The last lines of a log stream, at most this many, oldest first.
    pub(super) async fn last_lines(&self, group: &str, stream: &str, most: i32) -> Result<Vec<String>, CloudError> {
        let request = self.clients.logs.get_log_events().log_group_name(group).log_stream_name(stream);
        let request = request.limit(most).start_from_head(false);
        let answer = self.caller.call("logs:GetLogEvents", || request.clone().send()).await?;
        Ok(answer.events().iter().filter_map(|event| event.message()).map(|line| line.trim_end().to_owned()).collect())
    }

    pub(super) async fn create_log_group(
        &self,
        key: &ResourceKey,
        name: &str,
        retention_days: Option<u32>,
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        let request = self.clients.logs.create_log_group().log_group_name(name);
        let request = request.set_tags(Some(tags.clone().into_iter().collect()));
        let made = self.caller.call("logs:CreateLogGroup", || request.clone().send()).await;
        let changed = match made {
            Ok(_) => true,
            Err(error) if error.kind == CloudErrorKind::Conflict => {
                self.our_log_group(name, CloudErrorKind::Conflict).await?;
                false
            }
            Err(error) => return Err(error),
        };
        if retention_days.is_some() {
            self.set_log_retention(name, retention_days).await?;
        }
        let group = self.log_group(name).await?.ok_or_else(|| gone(name))?;
        let facts = [("name", name), ("arn", &group.arn)];
        Ok(super::receipt(key, &facts, changed))
    }

    pub(super) async fn change_log_retention(
        &self,
        name: &str,
        retention_days: Option<u32>,
    ) -> Result<Receipt, CloudError> {
        self.our_log_group(name, CloudErrorKind::Unsafe).await?.ok_or_else(|| gone(name))?;
        self.set_log_retention(name, retention_days).await?;
        Ok(super::done(true))
    }

    async fn set_log_retention(&self, name: &str, retention_days: Option<u32>) -> Result<(), CloudError> {
        if let Some(days) = retention_days {
            let request = self.clients.logs.put_retention_policy().log_group_name(name).retention_in_days(number(days));
            self.caller.call("logs:PutRetentionPolicy", || request.clone().send()).await?;
        } else {
            let request = self.clients.logs.delete_retention_policy().log_group_name(name);
            self.caller.call("logs:DeleteRetentionPolicy", || request.clone().send()).await?;
        }
        Ok(())
    }

    pub(super) async fn delete_log_group(&self, name: &str) -> Result<Receipt, CloudError> {
        if self.our_log_group(name, CloudErrorKind::Unsafe).await?.is_none() {
            return Ok(super::done(false));
        }
        let request = self.clients.logs.delete_log_group().log_group_name(name);
        let deleted = self.caller.call("logs:DeleteLogGroup", || request.clone().send()).await;
        super::gone_is_done(deleted)
    }

    /// The log group, when it is there and ours.
    ///
    /// # Errors
    /// Of the kind given when it is there and not ours.
    async fn our_log_group(&self, name: &str, otherwise: CloudErrorKind) -> Result<Option<LiveLogGroup>, CloudError> {
        let Some(group) = self.log_group(name).await? else { return Ok(None) };
        let tags = self.log_group_tags(&group.arn).await?;
        self.require_ours("logs:ListTagsForResource", otherwise, name, &tags)?;
        Ok(Some(group))
    }
}

fn gone(name: &str) -> CloudError {
    own_error(CloudErrorKind::NotFound, "logs:DescribeLogGroups", format!("log group {name} is not there"))
}

fn live_log_group(group: &aws_sdk_cloudwatchlogs::types::LogGroup) -> LiveLogGroup {
    LiveLogGroup {
        log_group_name: text(group.log_group_name()),
        arn: text(group.arn()).trim_end_matches(":*").to_owned(),
        retention_days: positive(group.retention_in_days()),
        tags: None,
    }
}

/// The partition that begins the ARNs of a region.
fn partition(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        government if government.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
