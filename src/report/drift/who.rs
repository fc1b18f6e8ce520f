//! Since when, and by whom: what to ask CloudTrail about a finding, and which of its events is the one.

use super::{Finding, FindingKind};
use crate::model::{
    Desired, FileSystemSpec, Live, ResourceKey, ResourceKind, Sightings, TrailEvent, present, short_name,
};

/// The API operations that can have made such a difference, the likeliest first.
pub fn operations(kind: ResourceKind, field: Option<&str>) -> &'static [&'static str] {
    let tags = field.is_some_and(|field| field.starts_with("tags"));
    match (kind, field) {
        (ResourceKind::Database, None) => &["DeleteDBInstance"],
        (ResourceKind::Database, Some("status")) => &[
            "StopDBInstance",
            "StartDBInstance",
            "DeleteDBInstance",
            "RestoreDBInstanceFromDBSnapshot",
            "CreateDBInstance",
        ],
        (ResourceKind::Database, _) if tags => &["AddTagsToResource", "RemoveTagsFromResource"],
        (ResourceKind::Database, _) => &["ModifyDBInstance"],
        (ResourceKind::Secret, None | Some("deletion" | "deletes-at")) => &["DeleteSecret"],
        (ResourceKind::FileSystem, None) => &["DeleteFileSystem"],
        (ResourceKind::AccessPoint, None) => &["DeleteAccessPoint"],
        (ResourceKind::AccessPoint, _) if !tags => &["CreateAccessPoint"],
        (ResourceKind::FileSystem, _) if !tags => &["UpdateFileSystem"],
        (ResourceKind::MountTarget, _) => &["DeleteMountTarget"],
        (ResourceKind::LogGroup, None) => &["DeleteLogGroup"],
        (ResourceKind::LogGroup, _) if tags => &["TagResource", "UntagResource", "TagLogGroup", "UntagLogGroup"],
        (ResourceKind::LogGroup, _) => &["PutRetentionPolicy", "DeleteRetentionPolicy"],
        (ResourceKind::TargetGroup, None) => &["DeleteTargetGroup"],
        (ResourceKind::TargetGroup | ResourceKind::ListenerRule, _) if tags => &["AddTags", "RemoveTags"],
        (ResourceKind::TargetGroup, _) => &["ModifyTargetGroup", "ModifyTargetGroupAttributes"],
        (ResourceKind::ListenerRule, None) => &["DeleteRule", "CreateRule"],
        (ResourceKind::ListenerRule, Some("priority")) => &["SetRulePriorities"],
        (ResourceKind::ListenerRule, _) => &["ModifyRule"],
        (ResourceKind::Service, None) => &["DeleteService"],
        (ResourceKind::Service, _) if !tags => &["UpdateService"],
        (ResourceKind::TaskDefinition, _) => &["UpdateService", "RegisterTaskDefinition", "DeregisterTaskDefinition"],
        (ResourceKind::ScalableTarget, None) => &["DeregisterScalableTarget"],
        (ResourceKind::ScalableTarget, Some(field))
            if ["cpu", "memory"].contains(&field) || field.starts_with("policies") =>
        {
            &["PutScalingPolicy", "DeleteScalingPolicy"]
        }
        (ResourceKind::ScalableTarget, _) => &["RegisterScalableTarget", "PutScalingPolicy"],
        (ResourceKind::Alarm, None) => &["DeleteAlarms"],
        (ResourceKind::Alarm, Some("actions-enabled")) => {
            &["DisableAlarmActions", "EnableAlarmActions", "PutMetricAlarm"]
        }
        (ResourceKind::Alarm, _) if !tags => &["PutMetricAlarm"],
        (ResourceKind::Dashboard, None) => &["DeleteDashboards"],
        (ResourceKind::Dashboard, _) => &["PutDashboard"],
        _ => &["TagResource", "UntagResource"],
    }
}

/// What a resource is called in CloudTrail: its name, id and ARN, as far as they are known, the surest first.
fn names(desired: &Desired, live: &Live, key: &ResourceKey) -> Vec<String> {
    let name = key.name.as_str();
    let mut names: Vec<Option<&str>> = Vec::new();
    match key.kind {
        ResourceKind::Database => {
            names.push(desired.databases.get(name).map(|spec| spec.identifier.as_str()));
            names.push(seen(&live.databases, name).map(|one| one.arn.as_str()));
        }
        ResourceKind::Secret => {
            names.push(desired.databases.get(name).map(|spec| spec.secret_name.as_str()));
            names.push(seen(&live.secrets, name).map(|one| one.arn.as_str()));
        }
        ResourceKind::FileSystem => {
            names.push(seen(&live.file_systems, name).map(|one| one.id.as_str()));
            names.push(seen(&live.file_systems, name).map(|one| one.arn.as_str()));
            if let Some(FileSystemSpec::Owned { file_system_name, .. }) = desired.file_systems.get(name) {
                names.push(Some(file_system_name));
            }
        }
        ResourceKind::AccessPoint => {
            names.push(seen(&live.access_points, name).map(|one| one.id.as_str()));
            names.push(seen(&live.access_points, name).map(|one| one.arn.as_str()));
        }
        ResourceKind::LogGroup => {
            names.push(desired.log_groups.get(name).map(|spec| spec.log_group_name.as_str()));
            names.push(seen(&live.log_groups, name).map(|one| one.arn.as_str()));
        }
        ResourceKind::TargetGroup => names.push(seen(&live.target_groups, name).map(|one| one.arn.as_str())),
        ResourceKind::ListenerRule => names.push(seen(&live.rules, name).map(|one| one.arn.as_str())),
        ResourceKind::Service | ResourceKind::TaskDefinition => {
            names.push(desired.services.get(name).map(|spec| spec.service_name.as_str()));
            names.push(seen(&live.services, name).map(|one| one.arn.as_str()));
        }
        ResourceKind::Alarm => {
            names.push(desired.alarms.get(name).map(|spec| spec.alarm_name.as_str()));
            names.push(seen(&live.alarms, name).map(|one| one.arn.as_str()));
        }
        ResourceKind::Dashboard => names.push(desired.dashboards.get(name).map(|spec| spec.dashboard_name.as_str())),
        _ => {}
    }
    let mut names: Vec<String> = names.into_iter().flatten().map(str::to_owned).collect();
    if let (ResourceKind::ScalableTarget, Some(spec)) = (key.kind, desired.services.get(name)) {
        let cluster = short_name(&spec.cluster);
        names.push(format!("service/{cluster}/{}", spec.service_name));
    }
    names
}

fn seen<'a, T>(sightings: &'a Sightings<T>, name: &str) -> Option<&'a T> {
    present(sightings).find(|(known, _)| *known == name).map(|(_, thing)| thing)
}

impl Finding {
    /// Is there something that somebody did, and that nobody knows yet?
    pub fn has_unknown_author(&self) -> bool {
        matches!(self.kind, FindingKind::Drift | FindingKind::Extra) && self.by.is_none()
    }

    /// What the event's author is looked for by: the names of its resource, and of a stranger that was found.
    pub fn trail_names(&self, desired: &Desired, live: &Live) -> Vec<String> {
        let mut names = names(desired, live, &self.key);
        if let (FindingKind::Extra, None, Some(found)) = (self.kind, &self.field, &self.found) {
            // `ARN (priority 7)`
            let stranger = found.split(' ').next().unwrap_or_default();
            names = vec![stranger.to_owned()];
        }
        names
    }

    /// Notes who did it: the newest event that can have made the difference, a hand's before envctl's own.
    pub fn tell_author(&mut self, events: &[TrailEvent]) {
        let operations = operations(self.key.kind, self.field.as_deref());
        let fitting = || events.iter().filter(|event| operations.contains(&event.name.as_str()));
        let hand = fitting().filter(|event| !event.by_envctl).max_by_key(|event| event.at);
        let Some(event) = hand.or_else(|| fitting().max_by_key(|event| event.at)) else { return };
        self.since = Some(event.at);
        self.by = Some(if event.by_envctl { format!("{} with envctl", event.user) } else { event.user.clone() });
        self.event = Some(event.name.clone());
    }
}
