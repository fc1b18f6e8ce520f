//! Target groups (`aws.md` 4.3) and the health of their targets (4.4).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::tags::{must_be_managed, same_owner};
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::{World, made_with};
use crate::model::{
    LiveTargetGroup, ResourceKey, RuleAction, TARGET_GROUP_MADE_WITH, Tags, TargetGroupSpec, TargetHealth,
};

/// A target group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetGroup {
    /// As ELB describes it; `load_balancer_arns` is found when it is read.
    pub live: LiveTargetGroup,
}

/// A task as a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Target group.
    pub target_group_arn: String,
    /// Since when it is health-checked; `None`: no rule forwards to the group, so nobody checks.
    pub checked_since: Option<Timestamp>,
    /// The verdict; `None`: none yet.
    pub healthy: Option<bool>,
    /// Leaving.
    pub draining: bool,
}

impl World {
    /// `elasticloadbalancing:CreateTargetGroup` and its attributes.
    pub(super) fn create_target_group(
        &mut self,
        key: &ResourceKey,
        spec: &TargetGroupSpec,
        vpc: &str,
        tags: &Tags,
    ) -> Outcome {
        check_spec(spec)?;
        let name = &spec.target_group_name;
        let existing = self.target_groups.values().find(|found| found.live.target_group_name == *name);
        if let Some(existing) = existing.map(|found| &found.live) {
            // aws.md 4.3: the same settings again give the existing one.
            let same = existing.port == spec.port
                && existing.protocol == spec.protocol
                && existing.vpc.as_deref() == Some(vpc)
                && existing.health_check == spec.health_check;
            let message = format!("A target group with the same name '{name}' exists, but with different settings");
            return match same_owner(&existing.tags, tags) {
                true if same => Ok(receipt(false, key, &[("arn", &existing.arn)])),
                true => Err(Trouble::conflict("DuplicateTargetGroupName", message)),
                false => Err(Trouble::conflict("DuplicateTargetGroupName", format!("{message}, and is not ours"))),
            };
        }
        let mark = self.fresh(16);
        let arn = self.arn("elasticloadbalancing", &format!("targetgroup/{name}/{mark}"));
        let live = LiveTargetGroup {
            others: made_with(&TARGET_GROUP_MADE_WITH),
            target_group_name: name.clone(),
            arn: arn.clone(),
            port: spec.port,
            protocol: spec.protocol.clone(),
            target_type: "ip".to_owned(),
            vpc: Some(vpc.to_owned()),
            load_balancer_arns: Vec::new(),
            health_check: spec.health_check.clone(),
            deregistration_delay_seconds: Some(spec.deregistration_delay_seconds),
            stickiness_seconds: spec.stickiness_seconds,
            tags: tags.clone(),
        };
        self.target_groups.insert(arn.clone(), TargetGroup { live });
        Ok(receipt(true, key, &[("arn", &arn)]))
    }

    /// `elasticloadbalancing:ModifyTargetGroup` and `ModifyTargetGroupAttributes`.
    pub(super) fn modify_target_group(&mut self, arn: &str, spec: &TargetGroupSpec) -> Outcome {
        check_spec(spec)?;
        let group = self.target_groups.get_mut(arn).ok_or_else(|| not_found(arn))?;
        must_be_managed(&group.live.tags, arn)?;
        let live = &mut group.live;
        if live.port != spec.port || live.protocol != spec.protocol {
            // aws.md 4.3: immutable.
            return Err(Trouble::refused("ValidationError", "port and protocol of a target group cannot be changed"));
        }
        let before = live.clone();
        live.health_check = spec.health_check.clone();
        live.deregistration_delay_seconds = Some(spec.deregistration_delay_seconds);
        live.stickiness_seconds = spec.stickiness_seconds;
        live.others = made_with(&TARGET_GROUP_MADE_WITH);
        if *live == before { unchanged() } else { changed() }
    }

    /// `elasticloadbalancing:DeleteTargetGroup`: not while a rule refers to it.
    pub(super) fn delete_target_group(&mut self, arn: &str) -> Outcome {
        let Some(group) = self.target_groups.get(arn) else { return unchanged() };
        must_be_managed(&group.live.tags, arn)?;
        if self.is_forwarded_to(arn) {
            let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
            return Err(Trouble::busy("ResourceInUse", message));
        }
        self.target_groups.remove(arn);
        changed()
    }

    /// Does a rule of any listener forward to it? Only then are its targets checked, and only then may a service
    /// refer to it.
    pub(super) fn is_forwarded_to(&self, arn: &str) -> bool {
        self.rules.values().any(|rule| rule.forwards_to(arn))
    }

    /// A target group as a read would show it.
    pub(super) fn described_target_group(&self, group: &TargetGroup) -> LiveTargetGroup {
        let mut live = group.live.clone();
        let listeners = self.rules.values().filter(|rule| rule.forwards_to(&live.arn));
        let balancers = listeners.filter_map(|rule| self.listeners.get(&rule.live.listener_arn));
        live.load_balancer_arns = balancers.map(|found| found.live.load_balancer_arn.clone()).collect();
        live.load_balancer_arns.sort();
        live.load_balancer_arns.dedup();
        live
    }

    /// `elasticloadbalancing:DescribeTargetHealth`.
    pub(super) fn target_health(&self, arn: &str) -> Vec<TargetHealth> {
        let used = self.is_forwarded_to(arn);
        let mut found = Vec::new();
        for task in self.tasks.values() {
            let Some(target) = task.target.as_ref().filter(|target| target.target_group_arn == arn) else { continue };
            let (state, reason, description) = match (target.draining, used, target.healthy) {
                (true, ..) => {
                    ("draining", Some("Target.DeregistrationInProgress"), "Target deregistration is in progress")
                }
                (_, false, _) => (
                    "unused",
                    Some("Target.NotInUse"),
                    "Target group is not configured to receive traffic from the load balancer",
                ),
                (_, _, Some(true)) => ("healthy", None, ""),
                (_, _, Some(false)) => ("unhealthy", Some("Target.FailedHealthChecks"), "Health checks failed"),
                (_, _, None) if target.checked_since == Some(self.now) => {
                    ("initial", Some("Elb.RegistrationInProgress"), "Target registration is in progress")
                }
                _ => ("initial", Some("Elb.InitialHealthChecking"), "Initial health checks in progress"),
            };
            found.push(TargetHealth {
                target: task.address.clone(),
                state: state.to_owned(),
                reason: reason.map(str::to_owned),
                description: Some(description.to_owned()).filter(|text| !text.is_empty()),
            });
        }
        found
    }
}

/// The target groups that actions forward to.
pub(super) fn forwarded(actions: &[RuleAction]) -> impl Iterator<Item = &str> {
    actions.iter().filter_map(|action| match action {
        RuleAction::Forward { target_group_arn } => Some(target_group_arn.as_str()),
        RuleAction::FixedResponse { .. } | RuleAction::Other { .. } => None,
    })
}

/// `TargetGroupNotFound`.
pub(super) fn not_found(arn: &str) -> Trouble {
    Trouble::not_found("TargetGroupNotFound", format!("Target group '{arn}' not found"))
}

fn check_spec(spec: &TargetGroupSpec) -> Result<(), Trouble> {
    let name = &spec.target_group_name;
    let well_formed = !name.is_empty()
        && name.len() <= 32
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.starts_with("internal-");
    let check = &spec.health_check;
    let checks = (5..=300).contains(&check.interval_seconds)
        && (2..=120).contains(&check.timeout_seconds)
        && check.timeout_seconds < check.interval_seconds
        && (2..=10).contains(&check.healthy_threshold)
        && (2..=10).contains(&check.unhealthy_threshold)
        && spec.deregistration_delay_seconds <= 3600;
    match (well_formed, checks) {
        (false, _) => Err(Trouble::refused("ValidationError", format!("'{name}' is no name of a target group"))),
        (_, false) => {
            Err(Trouble::refused("ValidationError", format!("the health check of '{name}' is out of bounds")))
        }
        (true, true) => Ok(()),
    }
}
