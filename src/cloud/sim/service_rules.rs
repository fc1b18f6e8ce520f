//! What ECS refuses of a service or of a one-off task: cluster, network, target group, container.

use serde_json::Value;

use super::trouble::Trouble;
use super::world::World;
use crate::model::{ServiceSettings, short_name};

fn refused(message: impl Into<String>) -> Trouble {
    Trouble::refused("InvalidParameterException", message)
}

/// Refuses a cluster that is not there or not active.
pub(super) fn check_cluster(world: &World, cluster: &str) -> Result<(), Trouble> {
    match world.clusters.get(short_name(cluster)).map(String::as_str) {
        Some("ACTIVE") => Ok(()),
        _ => Err(Trouble::not_found("ClusterNotFoundException", "Cluster not found.")),
    }
}

/// Refuses subnets and security groups that are missing, too many (`aws.md` 1.3) or in different networks.
pub(super) fn check_network(world: &World, subnets: &[String], groups: &[String]) -> Result<(), Trouble> {
    if subnets.is_empty() || subnets.len() > 16 {
        return Err(refused("subnets must have between 1 and 16 entries"));
    }
    if groups.len() > 5 {
        return Err(refused("securityGroups can have at most 5 entries"));
    }
    let mut networks = std::collections::BTreeSet::new();
    for id in subnets {
        let subnet = world.subnets.get(id);
        let absent = || refused(format!("Error retrieving subnet information for [{id}]: InvalidSubnetID.NotFound"));
        networks.insert(subnet.ok_or_else(absent)?.live.vpc.clone());
    }
    for id in groups {
        let group = world.security_groups.get(id);
        let absent =
            || refused(format!("Error retrieving security group information for [{id}]: InvalidGroup.NotFound"));
        networks.insert(group.ok_or_else(absent)?.live.vpc.clone());
    }
    if networks.len() > 1 {
        return Err(refused("subnets and security groups are not in one network"));
    }
    Ok(())
}

/// Everything that create and update check alike.
pub(super) fn check_settings(world: &World, settings: &ServiceSettings, revision: &str) -> Result<(), Trouble> {
    check_cluster(world, &settings.cluster)?;
    check_network(world, &settings.subnets, &settings.security_groups)?;
    if settings.maximum_percent <= 100 && settings.minimum_healthy_percent >= 100 {
        return Err(refused("maximumPercent and minimumHealthyPercent leave no room for a deployment"));
    }
    let Some((target_group, container, port)) = &settings.attachment else { return Ok(()) };
    if !world.target_groups.contains_key(target_group) {
        return Err(refused(format!("The target group {target_group} does not exist.")));
    }
    // aws.md 4.3: a rule first, the service after it.
    if !world.is_forwarded_to(target_group) {
        let message =
            format!("The target group with targetGroupArn {target_group} does not have an associated load balancer.");
        return Err(refused(message));
    }
    let document = &world.active_revision(revision)?.document;
    let containers = document["containerDefinitions"].as_array().map_or(&[][..], Vec::as_slice);
    let named = containers.iter().find(|found| found["name"].as_str() == Some(container));
    let Some(found) = named else {
        return Err(refused(format!("The container {container} does not exist in the task definition.")));
    };
    let mappings = found["portMappings"].as_array().map_or(&[][..], Vec::as_slice);
    if !mappings.iter().any(|mapping| mapping["containerPort"].as_u64() == Some(u64::from(*port))) {
        let message = format!("The container {container} did not have a container port {port} defined.");
        return Err(refused(message));
    }
    Ok(())
}

/// The essential container, else the first: the one whose exit ends the task.
pub(super) fn container_names(document: &Value) -> Vec<String> {
    let containers = document["containerDefinitions"].as_array().map_or(&[][..], Vec::as_slice);
    containers.iter().filter_map(|container| container["name"].as_str()).map(str::to_owned).collect()
}
