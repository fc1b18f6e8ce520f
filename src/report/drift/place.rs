//! Where a difference is declared: the line of the spec that a person must look at.

use crate::model::{Desired, Place, ResourceKey, ResourceKind};

/// Fields whose name in a report is another than the one under which the spec keeps its place.
const NAMES: [(&str, &str); 27] = [
    ("storage", "storage_gib"),
    ("max_storage", "max_storage_gib"),
    ("public", "publicly_accessible"),
    ("backup_retention", "backup_retention_days"),
    ("retention", "retention_days"),
    ("exec", "enable_exec"),
    ("attachment", "port"),
    ("health_check_grace", "health_check_grace_seconds"),
    ("health_check.interval", "health_check.interval_seconds"),
    ("health_check.timeout", "health_check.timeout_seconds"),
    ("health_check.healthy", "health_check.healthy_threshold"),
    ("health_check.unhealthy", "health_check.unhealthy_threshold"),
    ("deregistration_delay", "deregistration_delay_seconds"),
    ("stickiness", "stickiness_seconds"),
    ("conditions", "hosts"),
    ("actions", "service"),
    ("executionRoleArn", "execution_role"),
    ("taskRoleArn", "task_role"),
    ("runtimePlatform.cpuArchitecture", "architecture"),
    ("memory", "memory_mib"),
    ("tags.Name", "access_point_name"),
    ("max", "scaling.max"),
    ("min", "scaling.min"),
    ("suspended", "scaling"),
    ("period", "period_seconds"),
    ("periods", "evaluation_periods"),
    ("datapoints", "datapoints_to_alarm"),
];

/// Where a field is declared: itself, what contains it, its resource, and at last the resource that brings it along.
pub(super) fn place(desired: &Desired, key: &ResourceKey, field: Option<&str>) -> Option<Place> {
    let environment = ResourceKey::new(ResourceKind::Environment, &desired.environment);
    let names = field.map(|field| spec_names(key.kind, field)).unwrap_or_default();
    for name in &names {
        let of_environment =
            ["subnets", "security_groups", "public_ip", "tags"].iter().any(|own| name.starts_with(own))
                && key.kind != ResourceKind::Database;
        if of_environment || name.starts_with("tags.") {
            let network = name.replace("public_ip", "assign_public_ip");
            let paths = [format!("{environment}.{name}"), format!("{environment}.network.{network}")];
            if let Some(place) = paths.iter().find_map(|path| desired.places.get(path)) {
                return Some(place.clone());
            }
        }
    }
    let owners = [Some(key.clone()), owner(key)];
    owners.into_iter().flatten().find_map(|owner| {
        let found = names.iter().find_map(|name| nearest(desired, &owner, name));
        found.or_else(|| desired.places.get(&owner.to_string()).cloned())
    })
}

/// The field, or what contains it; never the resource itself.
fn nearest(desired: &Desired, owner: &ResourceKey, name: &str) -> Option<Place> {
    let mut path = name;
    while !path.is_empty() {
        if let Some(place) = desired.places.get(&format!("{owner}.{path}")) {
            return Some(place.clone());
        }
        path = path.rsplit_once('.').map_or("", |(front, _)| front);
    }
    None
}

/// The resource whose declaration brings this one along.
fn owner(key: &ResourceKey) -> Option<ResourceKey> {
    let kind = match key.kind {
        ResourceKind::TaskDefinition | ResourceKind::ScalableTarget => ResourceKind::Service,
        ResourceKind::Secret | ResourceKind::Snapshot => ResourceKind::Database,
        ResourceKind::TargetGroup => ResourceKind::ListenerRule,
        ResourceKind::MountTarget => ResourceKind::FileSystem,
        _ => return None,
    };
    let name = key.name.split('.').next().unwrap_or(&key.name);
    Some(ResourceKey::new(kind, name))
}

/// The names that the spec may know a field by, the most exact first.
fn spec_names(kind: ResourceKind, field: &str) -> Vec<String> {
    let plain = field.replace('-', "_");
    let mut names = Vec::new();
    if kind == ResourceKind::ScalableTarget {
        names.push(format!("scaling.{plain}_percent"));
    }
    let renamed = |name: &str| NAMES.iter().find(|(reported, _)| *reported == name).map(|(_, own)| (*own).to_owned());
    names.extend(renamed(&plain));
    if kind == ResourceKind::TaskDefinition {
        names.extend(in_document(&plain));
    }
    names.push(plain);
    names
}

/// `containerDefinitions[app].environment[DEBUG].value` is declared as `environment.DEBUG`.
fn in_document(path: &str) -> Vec<String> {
    let variable = path.split_once("].environment[").and_then(|(_, rest)| rest.split(']').next());
    let mut names: Vec<String> = variable.map(|name| format!("environment.{name}")).into_iter().collect();
    if path.ends_with("].image") {
        names.push("image".to_owned());
    }
    names.push("template".to_owned());
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::whole;

    #[test]
    fn a_difference_points_at_the_most_exact_line_that_declares_it() {
        let mut desired = whole();
        let mut add = |path: &str, line: usize| {
            desired.places.insert(path.to_owned(), Place { file: "s.yaml".into(), line, column: 1 });
        };
        add("database/n0.storage_gib", 13);
        add("service/n0.environment.DEBUG", 24);
        add("service/n0.scaling.cpu_percent", 26);
        add("service/n0.scaling", 25);
        add("environment/staging.network.subnets", 5);
        add("listener-rule/n0.health_check", 31);
        let line = |kind: ResourceKind, field: &str| {
            place(&desired, &ResourceKey::new(kind, "n0"), Some(field)).map(|place| place.line)
        };
        assert_eq!(line(ResourceKind::Database, "storage"), Some(13));
        assert_eq!(line(ResourceKind::Database, "multi-az"), Some(10));
        assert_eq!(line(ResourceKind::ScalableTarget, "cpu"), Some(26));
        assert_eq!(line(ResourceKind::ScalableTarget, "max"), Some(25));
        assert_eq!(line(ResourceKind::Service, "subnets"), Some(5));
        assert_eq!(line(ResourceKind::TargetGroup, "health-check.interval"), Some(31));
        let variable = "containerDefinitions[app].environment[DEBUG].value";
        assert_eq!(line(ResourceKind::TaskDefinition, variable), Some(24));
        assert_eq!(line(ResourceKind::TaskDefinition, "networkMode"), Some(20));
        assert_eq!(line(ResourceKind::Secret, "deletion"), Some(10));
        assert_eq!(line(ResourceKind::LogGroup, "retention"), None);
    }
}
