//! ELB, writing: target groups and listener rules.

use aws_sdk_elasticloadbalancingv2::types as elb;

use super::AwsCloud;
use super::answer::number;
use super::elb_rule::{actions as api_actions, condition};
use super::error::own_error;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{Condition, LiveRule, Receipt, ResourceKey, RuleAction, TAG_RESOURCE, Tags, TargetGroupSpec};

/// Attributes that no spec declares, as ELB gives them to a new group.
const UNDECLARED: [(&str, &str); 4] = [
    ("slow_start.duration_seconds", "0"),
    ("load_balancing.algorithm.type", "round_robin"),
    ("load_balancing.algorithm.anomaly_mitigation", "off"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
];

impl AwsCloud {
    pub(super) async fn create_target_group(
        &self,
        key: &ResourceKey,
        spec: &TargetGroupSpec,
        vpc: &str,
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        let name = &spec.target_group_name;
        // Looked for first: with the same settings ELB would hand out the group of somebody else.
        if let Some(found) = self.target_group(name).await? {
            let operation = "elasticloadbalancing:CreateTargetGroup";
            let carried = self.elb_tags(std::slice::from_ref(&found.arn)).await?.remove(&found.arn).unwrap_or_default();
            self.require_ours(operation, CloudErrorKind::Conflict, name, &carried)?;
            self.set_target_group_attributes(&found.arn, spec, &[]).await?;
            return Ok(super::receipt(key, &[("arn", &found.arn)], false));
        }
        let check = &spec.health_check;
        let request = self
            .clients
            .elb
            .create_target_group()
            .name(name)
            .protocol(spec.protocol.as_str().into())
            .port(i32::from(spec.port))
            .vpc_id(vpc)
            // The only type that awsvpc tasks can register with; the default is `instance` (`aws.md` 4.3).
            .target_type(elb::TargetTypeEnum::Ip)
            .health_check_enabled(true)
            .health_check_protocol(spec.protocol.as_str().into())
            .health_check_path(&check.path)
            .health_check_interval_seconds(number(check.interval_seconds))
            .health_check_timeout_seconds(number(check.timeout_seconds))
            .healthy_threshold_count(number(check.healthy_threshold))
            .unhealthy_threshold_count(number(check.unhealthy_threshold))
            .matcher(elb::Matcher::builder().http_code(&check.matcher).build())
            .set_tags(Some(elb_tag_list(tags)));
        let made = self.caller.call("elasticloadbalancing:CreateTargetGroup", || request.clone().send()).await?;
        let arn = made.target_groups().first().and_then(|group| group.target_group_arn()).unwrap_or_default();
        self.set_target_group_attributes(arn, spec, &[]).await?;
        Ok(super::receipt(key, &[("arn", arn)], true))
    }

    async fn set_target_group_attributes(
        &self,
        arn: &str,
        spec: &TargetGroupSpec,
        others: &[(&str, &str)],
    ) -> Result<(), CloudError> {
        let attribute = |key: &str, value: String| elb::TargetGroupAttribute::builder().key(key).value(value).build();
        let mut attributes = vec![
            attribute("deregistration_delay.timeout_seconds", spec.deregistration_delay_seconds.to_string()),
            attribute("stickiness.enabled", spec.stickiness_seconds.is_some().to_string()),
        ];
        attributes.extend(others.iter().map(|(key, value)| attribute(key, (*value).to_owned())));
        if let Some(seconds) = spec.stickiness_seconds {
            attributes.push(attribute("stickiness.type", "lb_cookie".to_owned()));
            attributes.push(attribute("stickiness.lb_cookie.duration_seconds", seconds.to_string()));
        }
        let request = self.clients.elb.modify_target_group_attributes().target_group_arn(arn);
        let request = request.set_attributes(Some(attributes));
        self.caller.call("elasticloadbalancing:ModifyTargetGroupAttributes", || request.clone().send()).await?;
        Ok(())
    }

    pub(super) async fn modify_target_group(&self, arn: &str, spec: &TargetGroupSpec) -> Result<Receipt, CloudError> {
        self.require_our_elb("elasticloadbalancing:ModifyTargetGroup", arn).await?;
        let check = &spec.health_check;
        let request = self
            .clients
            .elb
            .modify_target_group()
            .target_group_arn(arn)
            .health_check_path(&check.path)
            .health_check_interval_seconds(number(check.interval_seconds))
            .health_check_timeout_seconds(number(check.timeout_seconds))
            .healthy_threshold_count(number(check.healthy_threshold))
            .unhealthy_threshold_count(number(check.unhealthy_threshold))
            // Undeclared, and back to what ELB gives a new group where somebody changed it.
            .health_check_enabled(true)
            .health_check_port("traffic-port")
            .health_check_protocol(spec.protocol.as_str().into())
            .matcher(elb::Matcher::builder().http_code(&check.matcher).build());
        self.caller.call("elasticloadbalancing:ModifyTargetGroup", || request.clone().send()).await?;
        self.set_target_group_attributes(arn, spec, &UNDECLARED).await?;
        Ok(super::done(true))
    }

    pub(super) async fn delete_target_group(&self, arn: &str) -> Result<Receipt, CloudError> {
        if !self.is_our_elb_thing_there("elasticloadbalancing:DeleteTargetGroup", arn).await? {
            return Ok(super::done(false));
        }
        let request = self.clients.elb.delete_target_group().target_group_arn(arn);
        super::gone_is_done(self.caller.call("elasticloadbalancing:DeleteTargetGroup", || request.clone().send()).await)
    }

    pub(super) async fn create_rule(
        &self,
        key: &ResourceKey,
        listener_arn: &str,
        priority: u32,
        content: (&[Condition], &[RuleAction]),
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        let (conditions, actions) = content;
        // `CreateRule` has no client token (`aws.md` 4.1): a lost reply is found again by the rule's own tags.
        if let Some(found) = self.our_rule(key, listener_arn).await? {
            if found.actions != actions || !same_conditions(&found.conditions, conditions) {
                self.modify_rule(&found.arn, conditions, actions).await?;
            }
            if found.priority != Some(priority) {
                self.set_rule_priority(&found.arn, priority).await?;
            }
            return Ok(super::receipt(key, &[("arn", &found.arn)], false));
        }
        let request = self.clients.elb.create_rule().listener_arn(listener_arn).priority(number(priority));
        let request = request.set_conditions(Some(conditions.iter().map(condition).collect()));
        let request = request.set_actions(Some(api_actions(actions)?)).set_tags(Some(elb_tag_list(tags)));
        let made = self.caller.call("elasticloadbalancing:CreateRule", || request.clone().send()).await?;
        let arn = made.rules().first().and_then(|rule| rule.rule_arn()).unwrap_or_default();
        Ok(super::receipt(key, &[("arn", arn)], true))
    }

    async fn our_rule(&self, key: &ResourceKey, listener_arn: &str) -> Result<Option<LiveRule>, CloudError> {
        let rules = self.rules_of(listener_arn).await?.ok_or_else(|| {
            let message = format!("listener {listener_arn} is not there");
            own_error(CloudErrorKind::Refused, "elasticloadbalancing:DescribeRules", message)
        })?;
        let arns: Vec<String> =
            rules.iter().filter(|rule| rule.priority.is_some()).map(|rule| rule.arn.clone()).collect();
        let tags = self.elb_tags(&arns).await?;
        let resource = key.to_string();
        let ours = |rule: &LiveRule| {
            let tags = tags.get(&rule.arn);
            tags.is_some_and(|tags| self.is_ours(tags) && tags.get(TAG_RESOURCE) == Some(&resource))
        };
        Ok(rules.into_iter().find(ours))
    }

    pub(super) async fn modify_rule(
        &self,
        arn: &str,
        conditions: &[Condition],
        actions: &[RuleAction],
    ) -> Result<Receipt, CloudError> {
        self.require_our_elb("elasticloadbalancing:ModifyRule", arn).await?;
        let request = self.clients.elb.modify_rule().rule_arn(arn);
        let request = request.set_conditions(Some(conditions.iter().map(condition).collect()));
        let request = request.set_actions(Some(api_actions(actions)?));
        self.caller.call("elasticloadbalancing:ModifyRule", || request.clone().send()).await?;
        Ok(super::done(true))
    }

    pub(super) async fn set_rule_priority(&self, arn: &str, priority: u32) -> Result<Receipt, CloudError> {
        self.require_our_elb("elasticloadbalancing:SetRulePriorities", arn).await?;
        let pair = elb::RulePriorityPair::builder().rule_arn(arn).priority(number(priority)).build();
        let request = self.clients.elb.set_rule_priorities().rule_priorities(pair);
        self.caller.call("elasticloadbalancing:SetRulePriorities", || request.clone().send()).await?;
        Ok(super::done(true))
    }

    pub(super) async fn delete_rule(&self, arn: &str) -> Result<Receipt, CloudError> {
        if !self.is_our_elb_thing_there("elasticloadbalancing:DeleteRule", arn).await? {
            return Ok(super::done(false));
        }
        let request = self.clients.elb.delete_rule().rule_arn(arn);
        super::gone_is_done(self.caller.call("elasticloadbalancing:DeleteRule", || request.clone().send()).await)
    }

    async fn require_our_elb(&self, operation: &str, arn: &str) -> Result<(), CloudError> {
        let tags = self.elb_tags(&[arn.to_owned()]).await?.remove(arn).unwrap_or_default();
        self.require_ours(operation, CloudErrorKind::Unsafe, arn, &tags)
    }

    /// Is it there? What is there must be ours.
    async fn is_our_elb_thing_there(&self, operation: &str, arn: &str) -> Result<bool, CloudError> {
        let there = if arn.contains(":targetgroup/") {
            self.target_group_is_there(arn).await?
        } else {
            self.rule(arn).await?.is_some()
        };
        if there {
            self.require_our_elb(operation, arn).await?;
        }
        Ok(there)
    }

    async fn target_group_is_there(&self, arn: &str) -> Result<bool, CloudError> {
        let request = self.clients.elb.describe_target_groups().target_group_arns(arn);
        match self.caller.call("elasticloadbalancing:DescribeTargetGroups", || request.clone().send()).await {
            Ok(answer) => Ok(!answer.target_groups().is_empty()),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn same_conditions(one: &[Condition], other: &[Condition]) -> bool {
    let sorted = |conditions: &[Condition]| {
        let mut conditions = conditions.to_vec();
        conditions.sort();
        conditions
    };
    sorted(one) == sorted(other)
}

pub(super) fn elb_tag_list(tags: &Tags) -> Vec<elb::Tag> {
    tags.iter().map(|(key, value)| elb::Tag::builder().key(key).value(value).build()).collect()
}
