//! A hand in the console: changes any field of a resource, removes the resource, and leaves its name in the trail, as
//! CloudTrail would. It asks nobody, keeps no order and obeys no rule of AWS.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::world::World;
use crate::model::{Desired, ResourceKey, ResourceKind, TAG_RESOURCE, Tags, TrailEvent, TrailQuery, short_name};
use crate::report::operations;

/// How long CloudTrail remembers.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(90 * 24);

impl World {
    /// Sets a field of a resource, as this world spells it (`class`, `tags.team`, `health_check.path`; `cpu` of a task
    /// definition registers a new revision that the service runs from then on).
    ///
    /// # Errors
    /// In words, when there is no such resource or field, or the value does not fit it.
    pub fn hand_sets(
        &mut self,
        desired: &Desired,
        key: &ResourceKey,
        field: &str,
        value: Value,
        user: &str,
    ) -> Result<(), String> {
        let (kind, name) = (key.kind, key.name.as_str());
        let is_ours = |tags: &Tags| desired.owns(tags) && tags.get(TAG_RESOURCE) == Some(&key.to_string());
        let about = match kind {
            ResourceKind::Database => {
                let found = self.databases.values_mut().find(|one| is_ours(&one.live.tags));
                set(found.map(|one| &mut one.live), key, field, value)
            }
            ResourceKind::Secret => {
                let found = self.secrets.values_mut().find(|one| is_ours(&one.live.tags));
                set(found.map(|one| &mut one.live), key, field, value)
            }
            ResourceKind::FileSystem => {
                let found = self.file_systems.values_mut().find(|one| is_ours(&one.live.tags));
                set(found.map(|one| &mut one.live), key, field, value)
            }
            ResourceKind::AccessPoint => {
                let found = self.access_points.values_mut().find(|one| is_ours(&one.live.tags));
                set(found.map(|one| &mut one.live), key, field, value)
            }
            ResourceKind::LogGroup => {
                let group_name = desired.log_groups.get(name).map(|spec| spec.log_group_name.clone());
                let group_name = group_name.ok_or_else(|| absent(key))?;
                let mut about = set(self.log_groups.get_mut(&group_name), key, field, value)?;
                about.push(group_name);
                Ok(about)
            }
            ResourceKind::TargetGroup => {
                let found = self.target_groups.values_mut().find(|one| is_ours(&one.live.tags));
                set(found.map(|one| &mut one.live), key, field, value)
            }
            ResourceKind::ListenerRule => {
                let found = self.rules.values_mut().find(|one| one.live.tags.as_ref().is_some_and(is_ours));
                set(found.map(|one| &mut one.live), key, field, value)
            }
            ResourceKind::Service => {
                let found = self.services.values_mut().find(|one| one.live.is_active() && is_ours(&one.live.tags));
                set(found.map(|one| &mut one.live), key, field, value)
            }
            ResourceKind::ScalableTarget => {
                let id = self.scalable_target_id(desired, name).ok_or_else(|| absent(key))?;
                set(self.scalable_targets.get_mut(&id).map(|one| &mut one.live), key, field, value)
            }
            ResourceKind::TaskDefinition => self.register_by_hand(desired, key, field, value),
            ResourceKind::Alarm => {
                let alarm_name = desired.alarms.get(name).map(|spec| spec.alarm_name.clone());
                let alarm_name = alarm_name.ok_or_else(|| absent(key))?;
                let mut about = set(self.alarms.get_mut(&alarm_name).map(|one| &mut one.live), key, field, value)?;
                about.push(alarm_name);
                Ok(about)
            }
            _ => Err(format!("no hand reaches {key} here")),
        }?;
        self.leave_trail(operations(kind, Some(&field.replace('_', "-"))), about, user);
        Ok(())
    }

    /// Removes a resource with everything in it.
    ///
    /// # Errors
    /// In words, when there is no such resource.
    pub fn hand_removes(&mut self, desired: &Desired, key: &ResourceKey, user: &str) -> Result<(), String> {
        let is_ours = |tags: &Tags| desired.owns(tags) && tags.get(TAG_RESOURCE) == Some(&key.to_string());
        let name = key.name.as_str();
        let named = |found: Option<String>| found.ok_or_else(|| absent(key));
        let gone = match key.kind {
            ResourceKind::Database => {
                let all = self.databases.iter();
                let id = named(all.filter(|(_, one)| is_ours(&one.live.tags)).map(|(id, _)| id.clone()).next())?;
                self.console_delete_database(&id);
                id
            }
            ResourceKind::Secret => remove(&mut self.secrets, |one| is_ours(&one.live.tags), key)?,
            ResourceKind::AccessPoint => remove(&mut self.access_points, |one| is_ours(&one.live.tags), key)?,
            ResourceKind::TargetGroup => remove(&mut self.target_groups, |one| is_ours(&one.live.tags), key)?,
            ResourceKind::ListenerRule => {
                remove(&mut self.rules, |one| one.live.tags.as_ref().is_some_and(is_ours), key)?
            }
            ResourceKind::Service => {
                remove(&mut self.services, |one| one.live.is_active() && is_ours(&one.live.tags), key)?
            }
            ResourceKind::LogGroup => {
                let group = named(desired.log_groups.get(name).map(|spec| spec.log_group_name.clone()))?;
                named(self.log_groups.remove(&group).map(|_| group))?
            }
            ResourceKind::ScalableTarget => {
                let id = named(self.scalable_target_id(desired, name))?;
                named(self.scalable_targets.remove(&id).map(|_| id))?
            }
            ResourceKind::Alarm => {
                let alarm = named(desired.alarms.get(name).map(|spec| spec.alarm_name.clone()))?;
                named(self.alarms.remove(&alarm).map(|_| alarm))?
            }
            ResourceKind::Dashboard => {
                let board = named(desired.dashboards.get(name).map(|spec| spec.dashboard_name.clone()))?;
                named(self.dashboards.remove(&board).map(|_| board))?
            }
            _ => return Err(format!("no hand reaches {key} here")),
        };
        let last = short_name(&gone).to_owned();
        self.leave_trail(operations(key.kind, None), vec![gone, last], user);
        Ok(())
    }

    /// What CloudTrail answers, newest first.
    pub(super) fn looked_up(&self, query: &TrailQuery, since: Timestamp) -> Vec<TrailEvent> {
        let kept = self.now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN).max(since);
        let asked = |event: &&TrailEvent| match query {
            TrailQuery::Resource(name) => event.about.contains(name),
            TrailQuery::Event(name) => event.name == *name,
        };
        self.trail.iter().rev().filter(|event| event.at >= kept).filter(asked).cloned().collect()
    }

    fn leave_trail(&mut self, operations: &[&str], about: Vec<String>, user: &str) {
        let name = operations.first().copied().unwrap_or_default().to_owned();
        self.trail.push(TrailEvent { at: self.now, name, user: user.to_owned(), about, by_envctl: false });
    }

    fn scalable_target_id(&self, desired: &Desired, service: &str) -> Option<String> {
        let spec = desired.services.get(service)?;
        let id = format!("service/{}/{}", short_name(&spec.cluster), spec.service_name);
        self.scalable_targets.contains_key(&id).then_some(id)
    }

    /// Registers a revision that differs in one field, and lets the service run it.
    fn register_by_hand(
        &mut self,
        desired: &Desired,
        key: &ResourceKey,
        field: &str,
        value: Value,
    ) -> Result<Vec<String>, String> {
        let spec = desired.services.get(&key.name).ok_or_else(|| absent(key))?;
        let arn = self.service_arn(&spec.cluster, &spec.service_name);
        let service = self.services.get_mut(&arn).ok_or_else(|| absent(key))?;
        let family = self.families.get_mut(&spec.family).ok_or_else(|| absent(key))?;
        let runs = &mut service.live.task_definition;
        let mut revision = family.revisions.iter().find(|one| one.arn == *runs).cloned().ok_or_else(|| absent(key))?;
        set_path(&mut revision.document, field, value)?;
        family.newest += 1;
        revision.revision = family.newest;
        revision.arn = format!("{}:{}", revision.arn.rsplit_once(':').map_or("", |(front, _)| front), family.newest);
        revision.registered_at = self.now;
        runs.clone_from(&revision.arn);
        service.live.deployments.iter_mut().for_each(|one| one.task_definition.clone_from(&revision.arn));
        family.revisions.push(revision);
        Ok(vec![spec.service_name.clone(), arn])
    }
}

fn absent(key: &ResourceKey) -> String {
    format!("{key} is not there")
}

/// Removes the first that is meant; the key that it stood under.
fn remove<T>(
    all: &mut std::collections::BTreeMap<String, T>,
    is_meant: impl Fn(&T) -> bool,
    key: &ResourceKey,
) -> Result<String, String> {
    let id = all.iter().find(|(_, one)| is_meant(one)).map(|(id, _)| id.clone()).ok_or_else(|| absent(key))?;
    all.remove(&id);
    Ok(id)
}

/// Sets a field of what a read would show; the names that the resource goes by.
fn set<T: Serialize + DeserializeOwned>(
    live: Option<&mut T>,
    key: &ResourceKey,
    field: &str,
    value: Value,
) -> Result<Vec<String>, String> {
    let live = live.ok_or_else(|| absent(key))?;
    let before = serde_json::to_value(&*live).map_err(|error| error.to_string())?;
    let mut document = before.clone();
    set_path(&mut document, field, value)?;
    let fields = document.as_object().into_iter().flatten();
    let names = fields.filter(|(name, _)| {
        ["arn", "id", "identifier", "resource_id"].contains(&name.as_str()) || name.ends_with("_name")
    });
    let names = names.filter_map(|(_, value)| value.as_str().map(str::to_owned)).collect();
    *live = serde_json::from_value(document).map_err(|error| format!("{key}.{field}: {error}"))?;
    if serde_json::to_value(&*live).is_ok_and(|after| after == before) {
        return Err(format!("{key} has no field `{field}`, or it is so already"));
    }
    Ok(names)
}

/// `null` takes a tag away.
fn set_path(document: &mut Value, field: &str, value: Value) -> Result<(), String> {
    let (first, rest) = field.split_once('.').map_or((field, None), |(first, rest)| (first, Some(rest)));
    let unknown = || format!("there is no field `{field}`");
    match document {
        Value::Array(items) => {
            let at: usize = first.parse().map_err(|_| unknown())?;
            let item = items.get_mut(at).ok_or_else(unknown)?;
            match rest {
                Some(rest) => set_path(item, rest, value),
                None => {
                    *item = value;
                    Ok(())
                }
            }
        }
        Value::Object(fields) => match rest {
            // Keys of these are data, and may hold dots.
            Some(rest) if ["tags", "others", "pending"].contains(&first) => {
                let inner = fields.get_mut(first).and_then(Value::as_object_mut).ok_or_else(unknown)?;
                if value.is_null() {
                    inner.remove(rest);
                } else {
                    inner.insert(rest.to_owned(), value);
                }
                Ok(())
            }
            Some(rest) => set_path(fields.get_mut(first).ok_or_else(unknown)?, rest, value),
            None => {
                fields.insert(first.to_owned(), value);
                Ok(())
            }
        },
        _ => Err(unknown()),
    }
}
