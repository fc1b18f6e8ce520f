//! The restore manifest: what was there before the first change, by resource. It is written down and read back before
//! anything is changed, so that a person can put back by hand what a run left half done.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::{Live, LiveService, ResourceKey, ResourceKind, Sightings, present};

/// Prior values by resource key. Documents of task definitions are left out: revisions never change, and their ARN
/// is enough. Secrets appear by ARN alone.
pub(super) fn manifest(live: &Live) -> BTreeMap<String, Value> {
    let mut prior = BTreeMap::new();
    note(&mut prior, ResourceKind::Database, &live.databases);
    note(&mut prior, ResourceKind::Secret, &live.secrets);
    note(&mut prior, ResourceKind::FileSystem, &live.file_systems);
    note(&mut prior, ResourceKind::AccessPoint, &live.access_points);
    note(&mut prior, ResourceKind::LogGroup, &live.log_groups);
    note(&mut prior, ResourceKind::TargetGroup, &live.target_groups);
    note(&mut prior, ResourceKind::ListenerRule, &live.rules);
    note(&mut prior, ResourceKind::ScalableTarget, &live.scaling);
    note(&mut prior, ResourceKind::Alarm, &live.alarms);
    note(&mut prior, ResourceKind::Dashboard, &live.dashboards);
    for (name, live) in present(&live.services) {
        prior.insert(ResourceKey::new(ResourceKind::Service, name).to_string(), service(live));
    }
    for (name, snapshots) in present(&live.snapshots) {
        let names: Vec<&str> = snapshots.iter().map(|snapshot| snapshot.identifier.as_str()).collect();
        prior.insert(ResourceKey::new(ResourceKind::Snapshot, name).to_string(), json!(names));
    }
    prior
}

fn note<T: Serialize>(prior: &mut BTreeMap<String, Value>, kind: ResourceKind, found: &Sightings<T>) {
    for (name, thing) in present(found) {
        let value = serde_json::to_value(thing).unwrap_or(Value::Null);
        prior.insert(ResourceKey::new(kind, name).to_string(), value);
    }
}

/// A service without its events and deployments, which are no setting.
fn service(service: &LiveService) -> Value {
    json!({
        "arn": service.arn,
        "desired_count": service.desired_count,
        "running_count": service.running_count,
        "task_definition": service.task_definition,
        "attachments": service.attachments,
        "subnets": service.subnets,
        "security_groups": service.security_groups,
        "tags": service.tags,
    })
}
