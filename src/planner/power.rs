//! The power state: what is there now, and remembering what was asked for.

use crate::model::{
    Action, Desired, Live, LiveService, Power, Reason, Remembered, ResourceKey, ResourceKind, RuleAction, StepId,
    TAG_BEFORE_SLEEP, TAG_POWER, Tags, present,
};

use super::database;
use super::draft::{Draft, NewStep};
use super::file_system::is_leaving;
use super::situation::{Situation, key};

/// The power state that the environment is in, by what is there and not by what was asked for. Half awake is up.
pub fn power_now(desired: &Desired, live: &Live) -> Power {
    if !anything_is_there(desired, live) {
        return Power::Absent;
    }
    let serving = present(&live.services).any(|(_, service)| service.is_active() && service.desired_count > 0);
    let forwarding = present(&live.rules).any(|(name, rule)| {
        !name.ends_with(super::warming::WARMING)
            && rule.actions.iter().any(|action| matches!(action, RuleAction::Forward { .. }))
    });
    let replaced = live.beside.iter().any(|found| found.replaces().is_some() && !found.is_kept());
    match sleeping_databases(desired, live) {
        _ if replaced => Power::Up,
        _ if serving || forwarding => Power::Up,
        None => Power::Up,
        Some(power) => power,
    }
}

/// The power state asked for last; `None`: never asked, or nothing is there that could remember it.
pub fn remembered(desired: &Desired, live: &Live) -> Option<Power> {
    Remembered::find(live, desired).map(|remembered| remembered.power)
}

/// How the databases sleep, when every one of them does: parked as soon as one is stopped.
pub(super) fn sleeping_databases(desired: &Desired, live: &Live) -> Option<Power> {
    let mut asleep = if desired.databases.is_empty() { Power::Parked } else { Power::Hibernated };
    for name in desired.databases.keys() {
        match live.databases.get(name) {
            Some(sighting) => asleep = asleep.min(database::sleeping(sighting.present())?),
            None => return None,
        }
    }
    Some(asleep)
}

/// Remembers the power state asked for on what is there, before anything else is done. Before sleep a service also
/// remembers its counts, once.
pub(super) fn remember(s: &Situation, power: Power, draft: &mut Draft) {
    let mut gate: Vec<StepId> = Vec::new();
    for (key, arn, tags, name) in anchors(s) {
        let mut wanted = Tags::new();
        let mut reasons = Vec::new();
        if tags.get(TAG_POWER).map(String::as_str) != Some(power.as_str()) {
            wanted.extend(s.power_tags(power));
            let from = tags.get(TAG_POWER).map_or("nothing", String::as_str);
            let why = "what was asked for is remembered before it is done";
            reasons.push(super::draft::field("power", from, power, why));
        } else if power == Power::Up && !tags_hold(tags, s.declared()) {
            wanted.extend(s.declared().clone());
            let why = "the spec has changed since it was asked for, so that a change by hand can be told from it";
            reasons.push(Reason { field: None, from: None, to: None, why: why.to_owned() });
        }
        if power.is_asleep() && key.kind == ResourceKind::Service {
            let before = before_sleep(s, &key.name, tags);
            if !before.is_empty() && !tags.contains_key(TAG_BEFORE_SLEEP) && reasons.is_empty() {
                let why = "its counts are remembered before they are changed".to_owned();
                reasons.push(Reason { field: None, from: None, to: None, why });
            }
            if !reasons.is_empty() {
                wanted.extend(before);
            }
        }
        if wanted.is_empty() {
            continue;
        }
        let action = Action::Tag { key: key.clone(), arn, tags: wanted, remove: Vec::new() };
        let step = NewStep::new(format!("remember-{key}"), format!("remember on {name}: {power}"), action);
        gate.push(draft.add(step.reasons(reasons)));
    }
    draft.set_gate(gate);
}

/// Do these tags say that this very spec was asked to be up?
pub(super) fn remembers_up(s: &Situation, tags: &Tags) -> bool {
    tags.get(TAG_POWER).map(String::as_str) == Some(Power::Up.as_str()) && tags_hold(tags, s.declared())
}

/// Are all these tags there with these values?
fn tags_hold(tags: &Tags, wanted: &Tags) -> bool {
    wanted.iter().all(|(key, value)| tags.get(key) == Some(value))
}

/// What a service has before it is put to sleep: the running count, and its bounds where autoscaling decides. What an
/// earlier `down` saved stays; it is written again, because a read may be older than the `up` that forgot it.
fn before_sleep(s: &Situation, name: &str, tags: &Tags) -> Tags {
    let live = s.live.services.get(name).and_then(|sighting| sighting.present());
    let scaling = s.live.scaling.get(name).and_then(|sighting| sighting.present());
    match live {
        // At 0 tasks already, but autoscaling goes on: somebody set the count by hand, and its bounds are still to be saved.
        Some(live) if live.desired_count > 0 || scaling.is_some_and(|scaling| !scaling.suspended) => {
            if let Some(saved) = tags.get(TAG_BEFORE_SLEEP) {
                return Tags::from([(TAG_BEFORE_SLEEP.to_owned(), saved.clone())]);
            }
            let mut text = format!("desired={}", live.desired_count);
            if let Some(scaling) = scaling {
                text = format!("{text} min={} max={}", scaling.min, scaling.max);
            }
            Tags::from([(TAG_BEFORE_SLEEP.to_owned(), text)])
        }
        _ => Tags::new(),
    }
}

/// Saves what the services have now before this plan stops their tasks for a while; what an earlier run saved stays, and is
/// written again.
pub(super) fn save_counts(s: &Situation, draft: &mut Draft) {
    for name in s.desired.services.keys() {
        let key = key(ResourceKind::Service, name);
        let Some(live) = s.live.services.get(name).and_then(|sighting| sighting.present()) else { continue };
        let before = before_sleep(s, name, &live.tags);
        if before.is_empty() || !live.is_active() || !s.desired.owns(&live.tags) {
            continue;
        }
        let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags: before, remove: Vec::new() };
        let title = format!("remember what {} has now", live.service_name);
        let step = NewStep::new(save_id(&key), title, action);
        let step = draft.add(step.because("its counts are remembered before they are changed"));
        draft.add_to_gate(step);
    }
}

fn save_id(service: &ResourceKey) -> String {
    format!("save-{service}")
}

/// The count that a service had before it was put to sleep.
pub(super) fn count_before_sleep(live: &LiveService) -> Option<u32> {
    let text = live.tags.get(TAG_BEFORE_SLEEP)?;
    text.split(' ').find_map(|part| part.strip_prefix("desired=")?.parse().ok())
}

/// Forgets the counts from before the sleep, when a service is awake.
pub(super) fn forget_before_sleep(s: &Situation, draft: &mut Draft) {
    for name in s.desired.services.keys() {
        let key = key(ResourceKind::Service, name);
        let Some(live) = s.live.services.get(name).and_then(|sighting| sighting.present()) else { continue };
        let saved = live.tags.contains_key(TAG_BEFORE_SLEEP) || draft.has(&StepId(save_id(&key)));
        if live.is_active() && s.desired.owns(&live.tags) && saved {
            let remove = vec![TAG_BEFORE_SLEEP.to_owned()];
            let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags: Tags::new(), remove };
            let awake = draft.ready(&key);
            draft.add(
                NewStep::new(
                    format!("forget-{key}"),
                    format!("forget what {} had before sleep", live.service_name),
                    action,
                )
                .because("it is awake")
                .after(awake),
            );
        }
    }
}

type Anchor<'a> = (ResourceKey, String, &'a Tags, &'a str);

/// The owned resources that remember: services and secrets; without any, the first kind that there is.
fn anchors<'a>(s: &Situation<'a>) -> Vec<Anchor<'a>> {
    let live = s.live;
    let services = present(&live.services).filter(|(_, service)| service.is_active()).map(|(name, service)| {
        (key(ResourceKind::Service, name), service.arn.clone(), &service.tags, service.service_name.as_str())
    });
    let secrets = present(&live.secrets).filter(|(_, secret)| secret.deletes_at.is_none()).map(|(name, secret)| {
        (key(ResourceKind::Secret, name), secret.arn.clone(), &secret.tags, secret.secret_name.as_str())
    });
    let groups = present(&live.target_groups).map(|(name, group)| {
        (key(ResourceKind::TargetGroup, name), group.arn.clone(), &group.tags, group.target_group_name.as_str())
    });
    let points = present(&live.access_points)
        .filter(|(_, point)| !is_leaving(&point.state))
        .map(|(name, point)| (key(ResourceKind::AccessPoint, name), point.arn.clone(), &point.tags, point.id.as_str()));
    let ours = |anchors: Vec<Anchor<'a>>| -> Vec<Anchor<'a>> {
        anchors.into_iter().filter(|(_, _, tags, _)| s.desired.owns(tags)).collect()
    };
    let first = ours(services.chain(secrets).collect());
    if first.is_empty() {
        let groups = ours(groups.collect());
        if groups.is_empty() { ours(points.collect()) } else { groups }
    } else {
        first
    }
}

fn anything_is_there(desired: &Desired, live: &Live) -> bool {
    let ours = |tags: &Tags| desired.owns(tags);
    present(&live.databases).any(|(_, one)| ours(&one.tags))
        || !live.beside.is_empty()
        || present(&live.services).any(|(_, one)| one.is_active() && ours(&one.tags))
        || present(&live.rules).any(|(_, one)| one.tags.as_ref().is_none_or(&ours))
        || present(&live.target_groups).any(|(_, one)| ours(&one.tags))
        || present(&live.access_points).any(|(_, one)| !is_leaving(&one.state) && ours(&one.tags))
        || present(&live.secrets).any(|(_, one)| one.deletes_at.is_none() && ours(&one.tags))
        || present(&live.log_groups).any(|(_, one)| one.tags.as_ref().is_some_and(ours))
        || present(&live.alarms).any(|(_, one)| one.tags.as_ref().is_some_and(ours))
        || present(&live.dashboards).any(|(_, one)| one.carries(&desired.dashboard_mark()))
}
