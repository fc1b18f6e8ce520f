//! CloudWatch Logs: log groups, and the last lines of a container that stopped.

use super::AwsCloud;
use super::answer::{number, positive, text};
use super::error::own_error;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{LiveLogGroup, Receipt, ResourceKey, Tags};

/// Log lines shown of a container that stopped.
const LINES: i32 = 12;

impl AwsCloud {
    /// One log group, its tags unread; `None`: it is not there.
    pub(super) async fn log_group(&self, name: &str) -> Result<Option<LiveLogGroup>, CloudError> {
        let mut token = None;
        loop {
            let request = self.clients.logs.describe_log_groups().log_group_name_prefix(name).set_next_token(token);
            let page = self.caller.call("logs:DescribeLogGroups", || request.clone().send()).await?;
            if let Some(group) = page.log_groups().iter().find(|group| group.log_group_name() == Some(name)) {
                return Ok(Some(LiveLogGroup {
                    log_group_name: name.to_owned(),
                    arn: text(group.arn()).trim_end_matches(":*").to_owned(),
                    retention_days: positive(group.retention_in_days()),
                    tags: None,
                }));
            }
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(None);
            }
        }
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

    /// The last lines of a log stream, oldest first.
    pub(super) async fn last_lines(&self, group: &str, stream: &str) -> Result<Vec<String>, CloudError> {
        let request = self.clients.logs.get_log_events().log_group_name(group).log_stream_name(stream);
        let request = request.limit(LINES).start_from_head(false);
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

/// The partition that begins the ARNs of a region.
fn partition(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        government if government.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
