//! Declared tags that somebody removed or changed.

use crate::model::{Action, ResourceKey, ResourceKind, Tags, present};

use super::draft::{Draft, NewStep, field};
use super::situation::{Situation, key};

/// Puts declared tags back on everything of ours whose tags were read.
pub(super) fn up(s: &Situation, draft: &mut Draft) {
    for (key, arn, tags) in tagged(s) {
        if !s.desired.owns(tags) || draft.makes(&key) {
            continue;
        }
        let wanted: Tags =
            s.desired.tags_with_name(&key).into_iter().filter(|(name, value)| tags.get(name) != Some(value)).collect();
        if wanted.is_empty() {
            continue;
        }
        let reasons: Vec<_> = wanted
            .iter()
            .map(|(name, value)| {
                let from = tags.get(name).map_or("absent", String::as_str);
                field(&format!("tags.{name}"), from, value, "the spec says otherwise")
            })
            .collect();
        let title = format!("tag {key}");
        let action = Action::Tag { key: key.clone(), arn: arn.to_owned(), tags: wanted, remove: Vec::new() };
        let after = draft.ready(&key);
        draft.add(NewStep::new(format!("tag-{key}"), title, action).reasons(reasons).after(after));
    }
}

/// Every declared resource that is there, with its ARN and tags.
fn tagged<'a>(s: &Situation<'a>) -> Vec<(ResourceKey, &'a str, &'a Tags)> {
    let live = s.live;
    let mut all = Vec::new();
    let mut add = |kind: ResourceKind, name: &str, arn: &'a str, tags: &'a Tags| all.push((key(kind, name), arn, tags));
    for (name, one) in present(&live.databases) {
        add(ResourceKind::Database, name, &one.arn, &one.tags);
    }
    for (name, one) in present(&live.secrets) {
        add(ResourceKind::Secret, name, &one.arn, &one.tags);
    }
    for (name, one) in present(&live.file_systems) {
        add(ResourceKind::FileSystem, name, &one.arn, &one.tags);
    }
    for (name, one) in present(&live.access_points) {
        add(ResourceKind::AccessPoint, name, &one.arn, &one.tags);
    }
    for (name, one) in present(&live.target_groups) {
        add(ResourceKind::TargetGroup, name, &one.arn, &one.tags);
    }
    for (name, one) in present(&live.services).filter(|(_, one)| one.is_active()) {
        add(ResourceKind::Service, name, &one.arn, &one.tags);
    }
    for (name, one) in present(&live.rules).filter(|(name, _)| s.desired.rules.contains_key(*name)) {
        one.tags.iter().for_each(|tags| add(ResourceKind::ListenerRule, name, &one.arn, tags));
    }
    for (name, one) in present(&live.log_groups) {
        one.tags.iter().for_each(|tags| add(ResourceKind::LogGroup, name, &one.arn, tags));
    }
    for (name, one) in present(&live.alarms).filter(|(name, _)| s.desired.alarms.contains_key(*name)) {
        one.tags.iter().for_each(|tags| add(ResourceKind::Alarm, name, &one.arn, tags));
    }
    all
}
