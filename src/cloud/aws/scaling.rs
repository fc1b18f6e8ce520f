//! Application Auto Scaling: scalable targets of services and their target-tracking policies.

use std::collections::BTreeMap;

use aws_sdk_applicationautoscaling::types as scaling;
use futures_util::future::try_join_all;

use super::AwsCloud;
use super::answer::{count, number};
use crate::cloud::sizes::SCALABLE_TARGETS_AT_ONCE;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{LiveScaling, LiveScalingPolicy, Receipt, ScalingPolicy, Tags, short_name};

/// Services whose policies are asked for one by one; of more, those of the whole region are read, 10 a page.
const ASKED_ONE_BY_ONE: usize = 5;
const NAMESPACE: scaling::ServiceNamespace = scaling::ServiceNamespace::Ecs;
const DIMENSION: scaling::ScalableDimension = scaling::ScalableDimension::EcsServiceDesiredCount;

impl AwsCloud {
    /// Scalable targets by resource id (`service/CLUSTER/SERVICE`), at most 50 a call, with their policies. What is
    /// not there is left out.
    pub(super) async fn scalable_targets(
        &self,
        resource_ids: &[String],
    ) -> Result<BTreeMap<String, LiveScaling>, CloudError> {
        let policies = async {
            if resource_ids.len() > ASKED_ONE_BY_ONE {
                return self.scaling_policies(None).await;
            }
            let reads = resource_ids.iter().map(|id| self.scaling_policies(Some(id.clone())));
            Ok(try_join_all(reads).await?.into_iter().flatten().collect())
        };
        let (targets, policies) = futures_util::try_join!(self.bare_targets(resource_ids), policies)?;
        let mut found: BTreeMap<String, LiveScaling> =
            targets.into_iter().map(|target| (target.resource_id.clone(), target)).collect();
        for (resource_id, policy) in policies {
            if let Some(target) = found.get_mut(&resource_id) {
                target.policies.push(policy);
            }
        }
        for target in found.values_mut() {
            target.policies.sort_by(|one, other| one.name.cmp(&other.name));
        }
        Ok(found)
    }

    /// Scalable targets by resource id, without their policies.
    pub(super) async fn bare_targets_by_id(
        &self,
        resource_ids: &[String],
    ) -> Result<BTreeMap<String, LiveScaling>, CloudError> {
        let found = self.bare_targets(resource_ids).await?;
        Ok(found.into_iter().map(|target| (target.resource_id.clone(), target)).collect())
    }

    /// The targets of these services, with their policies.
    pub(super) async fn with_policies(
        &self,
        targets: Result<BTreeMap<String, LiveScaling>, CloudError>,
        ids: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, LiveScaling>, CloudError> {
        let mut targets = targets?;
        targets.retain(|id, _| ids.values().any(|wanted| wanted == id));
        for (id, target) in &mut targets {
            let policies = self.scaling_policies(Some(id.clone())).await?;
            target.policies = policies.into_iter().map(|(_, policy)| policy).collect();
            target.policies.sort_by(|one, other| one.name.cmp(&other.name));
        }
        Ok(targets)
    }

    async fn bare_targets(&self, resource_ids: &[String]) -> Result<Vec<LiveScaling>, CloudError> {
        let mut found = Vec::new();
        for ids in resource_ids.chunks(SCALABLE_TARGETS_AT_ONCE) {
            let request = self.clients.scaling.describe_scalable_targets().service_namespace(NAMESPACE);
            let request = request.set_resource_ids(Some(ids.to_vec())).scalable_dimension(DIMENSION);
            let operation = "application-autoscaling:DescribeScalableTargets";
            let answer = self.caller.call(operation, || request.clone().send()).await?;
            found.extend(answer.scalable_targets().iter().map(live_target));
        }
        Ok(found)
    }

    /// Policies of one target, or of every service of the region: the call takes one id or none, 10 a page.
    async fn scaling_policies(
        &self,
        resource_id: Option<String>,
    ) -> Result<Vec<(String, LiveScalingPolicy)>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.clients.scaling.describe_scaling_policies().service_namespace(NAMESPACE);
            let request = request.set_resource_id(resource_id.clone()).set_next_token(token);
            let operation = "application-autoscaling:DescribeScalingPolicies";
            let page = self.caller.call(operation, || request.clone().send()).await?;
            found.extend(
                page.scaling_policies().iter().map(|policy| (policy.resource_id().to_owned(), live_policy(policy))),
            );
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    pub(super) async fn register_scalable_target(
        &self,
        bounds: (u32, u32),
        suspended: bool,
        resource_id: &str,
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        let (min, max) = bounds;
        let found = self.bare_targets(&[resource_id.to_owned()]).await?.pop();
        let same = |found: &LiveScaling| {
            (found.min, found.max, found.suspended) == (min, max, suspended) && found.partly_suspended.is_empty()
        };
        if found.as_ref().is_some_and(same) {
            return Ok(super::done(false));
        }
        let state = scaling::SuspendedState::builder()
            .dynamic_scaling_in_suspended(suspended)
            .dynamic_scaling_out_suspended(suspended)
            .scheduled_scaling_suspended(suspended)
            .build();
        let request = self.clients.scaling.register_scalable_target();
        let request = request.service_namespace(NAMESPACE).scalable_dimension(DIMENSION).resource_id(resource_id);
        let request = request.min_capacity(number(min)).max_capacity(number(max)).suspended_state(state);
        // Tags are taken at creation only.
        let tags = found.is_none().then(|| tags.clone().into_iter().collect());
        let request = request.set_tags(tags);
        let operation = "application-autoscaling:RegisterScalableTarget";
        self.caller.call(operation, || request.clone().send()).await?;
        Ok(super::done(true))
    }

    pub(super) async fn put_scaling_policy(
        &self,
        resource_id: &str,
        policy: &ScalingPolicy,
    ) -> Result<Receipt, CloudError> {
        let metric = scaling::PredefinedMetricSpecification::builder()
            .predefined_metric_type(policy.metric.as_str().into())
            .build()
            .map_err(|error| super::error::own_error(CloudErrorKind::Refused, "PutScalingPolicy", error.to_string()))?;
        let tracking = scaling::TargetTrackingScalingPolicyConfiguration::builder()
            .target_value(f64::from(policy.target_percent))
            .predefined_metric_specification(metric)
            .scale_in_cooldown(number(policy.scale_in_cooldown_seconds))
            .scale_out_cooldown(number(policy.scale_out_cooldown_seconds))
            .disable_scale_in(false)
            .build()
            .map_err(|error| super::error::own_error(CloudErrorKind::Refused, "PutScalingPolicy", error.to_string()))?;
        let request = self.clients.scaling.put_scaling_policy().policy_name(&policy.name);
        let request = request.service_namespace(NAMESPACE).scalable_dimension(DIMENSION).resource_id(resource_id);
        let request = request.policy_type(scaling::PolicyType::TargetTrackingScaling);
        let request = request.target_tracking_scaling_policy_configuration(tracking);
        self.caller.call("application-autoscaling:PutScalingPolicy", || request.clone().send()).await?;
        Ok(super::done(true))
    }

    pub(super) async fn delete_scaling_policy(&self, resource_id: &str, name: &str) -> Result<Receipt, CloudError> {
        let request = self.clients.scaling.delete_scaling_policy().policy_name(name);
        let request = request.service_namespace(NAMESPACE).scalable_dimension(DIMENSION).resource_id(resource_id);
        let operation = "application-autoscaling:DeleteScalingPolicy";
        super::gone_is_done(self.caller.call(operation, || request.clone().send()).await)
    }

    pub(super) async fn deregister_scalable_target(&self, resource_id: &str) -> Result<Receipt, CloudError> {
        let request = self.clients.scaling.deregister_scalable_target().resource_id(resource_id);
        let request = request.service_namespace(NAMESPACE).scalable_dimension(DIMENSION);
        let operation = "application-autoscaling:DeregisterScalableTarget";
        super::gone_is_done(self.caller.call(operation, || request.clone().send()).await)
    }

    /// Tags a scalable target by its ARN.
    pub(super) async fn tag_scalable_target(
        &self,
        arn: &str,
        tags: &Tags,
        remove: &[String],
    ) -> Result<(), CloudError> {
        if !tags.is_empty() {
            let request = self.clients.scaling.tag_resource().resource_arn(arn);
            let request = request.set_tags(Some(tags.clone().into_iter().collect()));
            self.caller.call("application-autoscaling:TagResource", || request.clone().send()).await?;
        }
        if !remove.is_empty() {
            let request = self.clients.scaling.untag_resource().resource_arn(arn).set_tag_keys(Some(remove.to_vec()));
            self.caller.call("application-autoscaling:UntagResource", || request.clone().send()).await?;
        }
        Ok(())
    }
}

/// The resource id of a service: by the cluster's name, also when the spec gives its ARN.
pub(super) fn resource_id(cluster: &str, service_name: &str) -> String {
    format!("service/{}/{service_name}", short_name(cluster))
}

/// Suspended means all three kinds: with one left on, something could still scale.
fn live_target(found: &scaling::ScalableTarget) -> LiveScaling {
    let state = found.suspended_state();
    let kinds = [
        ("scale-in", state.and_then(|state| state.dynamic_scaling_in_suspended())),
        ("scale-out", state.and_then(|state| state.dynamic_scaling_out_suspended())),
        ("scheduled", state.and_then(|state| state.scheduled_scaling_suspended())),
    ];
    let suspended: Vec<String> =
        kinds.into_iter().filter(|(_, off)| *off == Some(true)).map(|(kind, _)| kind.to_owned()).collect();
    let all = suspended.len() == kinds.len();
    LiveScaling {
        resource_id: found.resource_id().to_owned(),
        min: count(found.min_capacity()),
        max: count(found.max_capacity()),
        suspended: all,
        partly_suspended: if all { Vec::new() } else { suspended },
        policies: Vec::new(),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage")]
fn live_policy(found: &scaling::ScalingPolicy) -> LiveScalingPolicy {
    let tracking = found.target_tracking_scaling_policy_configuration();
    let metric = tracking.and_then(|tracking| tracking.predefined_metric_specification());
    let mut others = Vec::new();
    if let Some(tracking) = tracking {
        if tracking.target_value().fract().abs() > f64::EPSILON {
            others.push(format!("aims at {} %", tracking.target_value()));
        }
        if tracking.disable_scale_in() == Some(true) {
            others.push("never scales in".to_owned());
        }
    }
    LiveScalingPolicy {
        name: found.policy_name().to_owned(),
        metric: metric.map(|metric| metric.predefined_metric_type().as_str().to_owned()),
        target_percent: tracking.map(|tracking| tracking.target_value().round().clamp(0.0, 1000.0) as u32),
        scale_in_cooldown_seconds: tracking.map(|tracking| count(tracking.scale_in_cooldown())),
        scale_out_cooldown_seconds: tracking.map(|tracking| count(tracking.scale_out_cooldown())),
        others,
    }
}
