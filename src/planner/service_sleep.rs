//! Services on the way to sleep: autoscaling suspended with a minimum of 0, then 0 tasks, then drained. In this order:
//! a minimum above 0 would lift the count again (`aws.md` 1.8).

use crate::model::{
    Action, LiveService, ResourceKey, ResourceKind, ServiceUpdate, Sighting, StepId, Subject, Until, Wait,
};

use super::draft::{Draft, NewStep, field};
use super::durations;
use super::scaling;
use super::situation::{Found, Situation, key, refuse_unreadable};

/// Why the tasks of an environment stop that sleeps from then on.
pub(super) const SLEEPS: &str = "the environment sleeps";

/// Puts every service to sleep; the steps after which no task runs any more.
pub(super) fn drain(s: &Situation, why: &str, draft: &mut Draft) -> Vec<StepId> {
    let mut drained = Vec::new();
    for name in s.desired.services.keys() {
        let key = key(ResourceKind::Service, name);
        match s.look(draft, &key, &s.live.services) {
            Found::Ours(live) if live.is_active() => {
                let suspended = suspend(s, &key, why, draft).into_iter().collect();
                drained.extend(drain_one(s, &key, live, why, suspended, draft));
            }
            Found::Ours(_) | Found::Absent | Found::Blocked => {}
        }
    }
    drained
}

/// Stops the tasks of one service after these steps; the steps after which none runs.
pub(super) fn drain_one(
    s: &Situation,
    key: &ResourceKey,
    live: &LiveService,
    why: &str,
    after: Vec<StepId>,
    draft: &mut Draft,
) -> Vec<StepId> {
    if live.desired_count == 0 && live.running_count == 0 && live.pending_count == 0 {
        return after;
    }
    let update = ServiceUpdate { desired_count: Some(0), ..ServiceUpdate::default() };
    let action = Action::UpdateService {
        key: key.clone(),
        cluster: live.cluster.clone(),
        service_name: live.service_name.clone(),
        update,
    };
    let title = format!("stop the tasks of {}", live.service_name);
    let why = if live.desired_count == 0 { "tasks are still stopping" } else { why };
    let delay = s.desired.target_groups.values().map(|group| group.deregistration_delay_seconds).max();
    let step = NewStep::new(format!("drain-{key}"), title, action)
        .reasons([field("count", live.desired_count, 0, why)])
        .after(after)
        .until(Wait {
            subject: Subject::Service {
                cluster: live.cluster.clone(),
                service_name: live.service_name.clone(),
                target_group_arn: live.attachments.first().map(|attachment| attachment.target_group_arn.clone()),
            },
            key: key.clone(),
            until: Until::Drained,
            deadline_seconds: durations::drain_deadline(delay),
        });
    vec![draft.add(step)]
}

fn suspend(s: &Situation, service: &ResourceKey, why: &str, draft: &mut Draft) -> Option<StepId> {
    let key = ResourceKey::new(ResourceKind::ScalableTarget, &service.name);
    let live = match s.live.scaling.get(&service.name) {
        Some(Sighting::Present(live)) => live,
        Some(Sighting::Unreadable { why }) => {
            refuse_unreadable(draft, &key, why);
            return None;
        }
        Some(Sighting::Absent) | None => return None,
    };
    if live.min == 0 && live.suspended {
        return None;
    }
    let mut reasons = Vec::new();
    if live.min > 0 {
        reasons.push(field("min", live.min, 0, "a minimum above 0 would start tasks again"));
    }
    if !live.suspended {
        reasons.push(field("suspended", false, true, why));
    }
    let action = Action::RegisterScalableTarget {
        key: key.clone(),
        resource_id: live.resource_id.clone(),
        min: 0,
        max: live.max,
        suspended: true,
        tags: scaling::tags(s, &key),
    };
    let title = format!("suspend autoscaling of {}", service.name);
    Some(draft.add(NewStep::new(format!("suspend-{key}"), title, action).reasons(reasons)))
}
