//! Application Auto Scaling (`aws.md` 1.8): registering clamps at once, and a target that is not suspended stays within
//! its bounds.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::tags::{is_managed, must_be_managed, same_owner};
use super::trouble::{Outcome, Trouble, changed, unchanged};
use super::world::World;
use crate::model::{LiveScaling, LiveScalingPolicy, ScalingPolicy, Tags};

/// A scalable target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalableTarget {
    /// As Application Auto Scaling describes it.
    pub live: LiveScaling,
    /// Tags.
    pub tags: Tags,
    /// When it will notice that the count has left its bounds; `None`: it has not, or it is suspended.
    pub(super) acts_at: Option<Timestamp>,
}

impl World {
    /// `application-autoscaling:RegisterScalableTarget`.
    pub(super) fn register_scalable_target(
        &mut self,
        resource_id: &str,
        min: u32,
        max: u32,
        suspended: bool,
        tags: &Tags,
    ) -> Outcome {
        if min > max {
            return Err(Trouble::refused(
                "ValidationException",
                "Maximum capacity cannot be less than minimum capacity",
            ));
        }
        let arn = self.arn("ecs", resource_id);
        let service = self.services.get(&arn).filter(|service| service.live.status == "ACTIVE");
        let absent = || Trouble::refused("ValidationException", format!("ECS service doesn't exist: {resource_id}"));
        // Scaling a stranger's service would change it.
        must_be_managed(&service.ok_or_else(absent)?.live.tags, &arn)?;
        let before = self.scalable_targets.get(resource_id).cloned();
        if let Some(found) = &before
            && is_managed(tags)
            && !same_owner(&found.tags, tags)
        {
            return Err(Trouble::conflict("", format!("scalable target {resource_id} exists and is not ours")));
        }
        let target = self.scalable_targets.entry(resource_id.to_owned()).or_insert_with(|| ScalableTarget {
            live: LiveScaling {
                resource_id: resource_id.to_owned(),
                min,
                max,
                suspended,
                partly_suspended: Vec::new(),
                policies: Vec::new(),
            },
            tags: tags.clone(),
            acts_at: None,
        });
        target.live.min = min;
        target.live.max = max;
        target.live.suspended = suspended;
        target.live.partly_suspended.clear();
        let same = before.as_ref().map(|found| &found.live) == Some(&target.live);
        // aws.md 1.8: clamps the count at once. Whether it does so while suspended is not documented; here it does.
        let clamped = self.clamp(&arn, min, max);
        if same && !clamped { unchanged() } else { changed() }
    }

    fn clamp(&mut self, arn: &str, min: u32, max: u32) -> bool {
        let Some(service) = self.services.get_mut(arn) else { return false };
        let within = service.live.desired_count.clamp(min, max);
        let differs = within != service.live.desired_count;
        service.live.desired_count = within;
        differs
    }

    /// `application-autoscaling:PutScalingPolicy`.
    pub(super) fn put_scaling_policy(&mut self, resource_id: &str, policy: &ScalingPolicy) -> Outcome {
        let policies = &mut self.our_target(resource_id)?.live.policies;
        let wanted = LiveScalingPolicy {
            name: policy.name.clone(),
            metric: Some(policy.metric.clone()),
            target_percent: Some(policy.target_percent),
            scale_in_cooldown_seconds: Some(policy.scale_in_cooldown_seconds),
            scale_out_cooldown_seconds: Some(policy.scale_out_cooldown_seconds),
            others: Vec::new(),
        };
        if policies.contains(&wanted) {
            return unchanged();
        }
        let twice = policies.iter().any(|found| found.name != wanted.name && found.metric == wanted.metric);
        if twice {
            let message = "Only one TargetTrackingScaling policy for a given metric specification is allowed.";
            return Err(Trouble::refused("ValidationException", message));
        }
        policies.retain(|found| found.name != wanted.name);
        policies.push(wanted);
        policies.sort_by(|left, right| left.name.cmp(&right.name));
        changed()
    }

    /// `application-autoscaling:DeleteScalingPolicy`.
    pub(super) fn delete_scaling_policy(&mut self, resource_id: &str, name: &str) -> Outcome {
        if !self.scalable_targets.contains_key(resource_id) {
            return unchanged();
        }
        let policies = &mut self.our_target(resource_id)?.live.policies;
        let before = policies.len();
        policies.retain(|found| found.name != name);
        if policies.len() == before { unchanged() } else { changed() }
    }

    /// `application-autoscaling:DeregisterScalableTarget`: its policies and alarms go with it.
    pub(super) fn deregister_scalable_target(&mut self, resource_id: &str) -> Outcome {
        if !self.scalable_targets.contains_key(resource_id) {
            return unchanged();
        }
        self.our_target(resource_id)?;
        self.scalable_targets.remove(resource_id);
        changed()
    }

    fn our_target(&mut self, resource_id: &str) -> Result<&mut ScalableTarget, Trouble> {
        let absent = || Trouble::not_found("ObjectNotFoundException", format!("No scalable target {resource_id}"));
        let target = self.scalable_targets.get_mut(resource_id).ok_or_else(absent)?;
        must_be_managed(&target.tags, &format!("scalable target {resource_id}"))?;
        Ok(target)
    }

    /// Keeps counts within the bounds of targets that are not suspended, a minute after they left them.
    pub(super) fn age_scaling(&mut self) {
        let (now, soon) = (self.now, self.after_exactly(SignedDuration::from_secs(60)));
        let ids: Vec<String> = self.scalable_targets.keys().cloned().collect();
        for id in ids {
            let arn = self.arn("ecs", &id);
            let service = self.services.get(&arn).filter(|service| service.live.status == "ACTIVE");
            let count = service.map(|service| service.live.desired_count);
            let Some(target) = self.scalable_targets.get_mut(&id) else { continue };
            let (min, max) = (target.live.min, target.live.max);
            let outside = count.is_some_and(|count| !(min..=max).contains(&count)) && !target.live.suspended;
            match (outside, target.acts_at) {
                (false, _) => target.acts_at = None,
                (true, None) => target.acts_at = Some(soon),
                (true, Some(at)) if at <= now => {
                    target.acts_at = None;
                    self.clamp(&arn, min, max);
                }
                (true, Some(_)) => {}
            }
        }
    }
}
