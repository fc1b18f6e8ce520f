//! Tags: whose a resource is, and writing them by ARN.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use aws_sdk_resourcegroupstagging::types as tagging;
use futures_util::future::try_join_all;

use super::AwsCloud;
use super::error::own_error;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{MANAGED_BY, Receipt, TAG_MANAGED_BY, Tags, owned_by, short_name};

impl AwsCloud {
    /// Do these tags say that the resource is envctl's, and of the environment last observed?
    pub(super) fn is_ours(&self, tags: &Tags) -> bool {
        let owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        match owner.as_ref() {
            Some((workspace, environment)) => owned_by(tags, workspace, environment),
            None => tags.get(TAG_MANAGED_BY).is_some_and(|by| by == MANAGED_BY),
        }
    }

    /// Refuses to go on with a thing that is not ours.
    ///
    /// # Errors
    /// Of the kind given.
    pub(super) fn require_ours(
        &self,
        operation: &str,
        kind: CloudErrorKind,
        id: &str,
        tags: &Tags,
    ) -> Result<(), CloudError> {
        if self.is_ours(tags) {
            return Ok(());
        }
        let message = format!(
            "{id} does not carry the tags of this environment; it was left as it is. To hand it over to envctl, give \
             it the tags envctl:managed-by, envctl:workspace, envctl:environment and envctl:resource"
        );
        Err(own_error(kind, operation, message))
    }

    /// Tags of everything of envctl's whose description does not hold them, by ARN, 100 a page: target groups, rules and
    /// log groups. The list is late sometimes, and names what is gone (`aws.md` 7.1): a hint, no more.
    pub(super) async fn tags_of_all(&self) -> Result<BTreeMap<String, Tags>, CloudError> {
        let kinds = ["elasticloadbalancing:targetgroup", "elasticloadbalancing:listener-rule", "logs:log-group"];
        let found = try_join_all(kinds.map(|kind| self.tags_of_kind(kind))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn tags_of_kind(&self, kind: &str) -> Result<BTreeMap<String, Tags>, CloudError> {
        let filter = tagging::TagFilter::builder().key(TAG_MANAGED_BY).values(MANAGED_BY).build();
        let mut found = BTreeMap::new();
        let mut token = None;
        loop {
            let request = self.clients.tagging.get_resources().tag_filters(filter.clone()).resources_per_page(100);
            let request = request.resource_type_filters(kind).set_pagination_token(token);
            let page = self.caller.call("tag:GetResources", || request.clone().send()).await?;
            for mapping in page.resource_tag_mapping_list() {
                let tags = mapping.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
                found.insert(mapping.resource_arn().unwrap_or_default().to_owned(), tags.collect());
            }
            token = page.pagination_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Adds and removes tags of a resource by its ARN.
    pub(super) async fn tag(&self, arn: &str, tags: &Tags, remove: &[String]) -> Result<Receipt, CloudError> {
        match arn.split(':').nth(2).unwrap_or_default() {
            "ecs" => self.tag_ecs(arn, tags, remove).await?,
            "rds" => self.tag_rds(arn, tags, remove).await?,
            "secretsmanager" => self.tag_secret(arn, tags, remove).await?,
            "elasticloadbalancing" => self.tag_elb(arn, tags, remove).await?,
            "elasticfilesystem" => self.tag_efs(short_name(arn), tags, remove).await?,
            "logs" => self.tag_logs(arn, tags, remove).await?,
            "cloudwatch" => self.tag_alarm(arn, tags, remove).await?,
            "application-autoscaling" => self.tag_scalable_target(arn, tags, remove).await?,
            other => {
                let message = format!("`{arn}`: envctl cannot tag resources of `{other}`");
                return Err(own_error(CloudErrorKind::Refused, "TagResource", message));
            }
        }
        Ok(super::done(true))
    }

    async fn tag_ecs(&self, arn: &str, tags: &Tags, remove: &[String]) -> Result<(), CloudError> {
        if !tags.is_empty() {
            let request = self.clients.ecs.tag_resource().resource_arn(arn).set_tags(Some(super::ecs::ecs_tags(tags)));
            self.caller.call("ecs:TagResource", || request.clone().send()).await?;
        }
        if !remove.is_empty() {
            let request = self.clients.ecs.untag_resource().resource_arn(arn).set_tag_keys(Some(remove.to_vec()));
            self.caller.call("ecs:UntagResource", || request.clone().send()).await?;
        }
        Ok(())
    }

    async fn tag_rds(&self, arn: &str, tags: &Tags, remove: &[String]) -> Result<(), CloudError> {
        if !tags.is_empty() {
            let request = self.clients.rds.add_tags_to_resource().resource_name(arn);
            let request = request.set_tags(Some(super::rds::rds_tags(tags)));
            self.caller.call("rds:AddTagsToResource", || request.clone().send()).await?;
        }
        if !remove.is_empty() {
            let request = self.clients.rds.remove_tags_from_resource().resource_name(arn);
            let request = request.set_tag_keys(Some(remove.to_vec()));
            self.caller.call("rds:RemoveTagsFromResource", || request.clone().send()).await?;
        }
        Ok(())
    }

    async fn tag_secret(&self, arn: &str, tags: &Tags, remove: &[String]) -> Result<(), CloudError> {
        if !tags.is_empty() {
            let request = self.clients.secrets.tag_resource().secret_id(arn);
            let request = request.set_tags(Some(super::secrets::secret_tags(tags)));
            self.caller.call("secretsmanager:TagResource", || request.clone().send()).await?;
        }
        if !remove.is_empty() {
            let request = self.clients.secrets.untag_resource().secret_id(arn).set_tag_keys(Some(remove.to_vec()));
            self.caller.call("secretsmanager:UntagResource", || request.clone().send()).await?;
        }
        Ok(())
    }

    async fn tag_elb(&self, arn: &str, tags: &Tags, remove: &[String]) -> Result<(), CloudError> {
        if !tags.is_empty() {
            let request = self.clients.elb.add_tags().resource_arns(arn);
            let request = request.set_tags(Some(super::elb::elb_tag_list(tags)));
            self.caller.call("elasticloadbalancing:AddTags", || request.clone().send()).await?;
        }
        if !remove.is_empty() {
            let request = self.clients.elb.remove_tags().resource_arns(arn).set_tag_keys(Some(remove.to_vec()));
            self.caller.call("elasticloadbalancing:RemoveTags", || request.clone().send()).await?;
        }
        Ok(())
    }

    async fn tag_efs(&self, id: &str, tags: &Tags, remove: &[String]) -> Result<(), CloudError> {
        if !tags.is_empty() {
            let request = self.clients.efs.tag_resource().resource_id(id);
            let request = request.set_tags(Some(super::efs::efs_tags(tags)));
            self.caller.call("elasticfilesystem:TagResource", || request.clone().send()).await?;
        }
        if !remove.is_empty() {
            let request = self.clients.efs.untag_resource().resource_id(id).set_tag_keys(Some(remove.to_vec()));
            self.caller.call("elasticfilesystem:UntagResource", || request.clone().send()).await?;
        }
        Ok(())
    }

    async fn tag_logs(&self, arn: &str, tags: &Tags, remove: &[String]) -> Result<(), CloudError> {
        if !tags.is_empty() {
            let request = self.clients.logs.tag_resource().resource_arn(arn);
            let request = request.set_tags(Some(tags.clone().into_iter().collect()));
            self.caller.call("logs:TagResource", || request.clone().send()).await?;
        }
        if !remove.is_empty() {
            let request = self.clients.logs.untag_resource().resource_arn(arn).set_tag_keys(Some(remove.to_vec()));
            self.caller.call("logs:UntagResource", || request.clone().send()).await?;
        }
        Ok(())
    }
}
