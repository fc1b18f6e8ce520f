//! What ECS refuses of a task definition for Fargate (`aws.md` 1.1, 1.3, 3.4).

use std::collections::BTreeSet;

use serde_json::Value;

use super::trouble::Trouble;

/// aws.md 1.1: CPU units, and the memory that goes with them: from, to, step in MiB.
const PAIRS: [(u32, u32, u32, u32); 7] = [
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
    (32_768, 61_440, 122_880, 61_440),
];

/// Does Fargate have this configuration?
pub(super) fn is_fargate_pair(cpu: u32, memory_mib: u32) -> bool {
    if cpu == 256 {
        return [512, 1024, 2048].contains(&memory_mib);
    }
    if cpu == 32_768 && memory_mib == 249_856 {
        return true;
    }
    PAIRS.iter().any(|(units, from, to, step)| {
        *units == cpu && (*from..=*to).contains(&memory_mib) && (memory_mib - from).is_multiple_of(*step)
    })
}

fn refused(message: impl Into<String>) -> Trouble {
    Trouble::refused("ClientException", message)
}

/// Refuses a document that ECS would not register.
pub(super) fn check_document(family: &str, document: &Value) -> Result<(), Trouble> {
    if document["family"].as_str() != Some(family) {
        return Err(refused("the document's family is another"));
    }
    // aws.md 1.3.
    if document.to_string().len() > 64 * 1024 {
        return Err(refused("Actual length of the task definition exceeds the max length of 65536 bytes"));
    }
    let containers = document["containerDefinitions"].as_array().map_or(&[][..], Vec::as_slice);
    if containers.is_empty() {
        return Err(refused("Container list cannot be empty."));
    }
    if containers.len() > 10 {
        return Err(refused("a task definition has at most 10 containers"));
    }
    check_containers(containers)?;
    check_fargate(document, containers)?;
    check_volumes(document, containers)
}

fn check_containers(containers: &[Value]) -> Result<(), Trouble> {
    let mut names = BTreeSet::new();
    for container in containers {
        let name = container["name"].as_str().unwrap_or_default();
        if name.is_empty() || !names.insert(name) {
            return Err(refused(format!("Container.name {name:?} is missing or used twice")));
        }
        if container["image"].as_str().unwrap_or_default().is_empty() {
            return Err(refused("Container.image should not be null or empty."));
        }
    }
    if containers.iter().all(|container| container["essential"] == Value::Bool(false)) {
        return Err(refused("At least one container must be essential."));
    }
    Ok(())
}

fn check_fargate(document: &Value, containers: &[Value]) -> Result<(), Trouble> {
    if document["networkMode"].as_str() != Some("awsvpc") {
        return Err(refused("Fargate only supports network mode 'awsvpc'."));
    }
    let units = |field: &str| document[field].as_str().and_then(parse_units);
    let (Some(cpu), Some(memory)) = (units("cpu"), units("memory")) else {
        return Err(refused("Fargate requires that 'cpu' and 'memory' be defined at the task level."));
    };
    if !is_fargate_pair(cpu, memory) {
        return Err(refused("No Fargate configuration exists for given values."));
    }
    if let Some(gib) = document["ephemeralStorage"]["sizeInGiB"].as_u64()
        && !(21..=200).contains(&gib)
    {
        return Err(refused("Ephemeral storage must be between 21 and 200 GiB."));
    }
    let sum = |field: &str| containers.iter().filter_map(|container| container[field].as_u64()).sum::<u64>();
    if sum("cpu") > u64::from(cpu) || sum("memoryReservation") > u64::from(memory) {
        return Err(refused("The sum of the containers' cpu or memory exceeds that of the task."));
    }
    let has_role = document["executionRoleArn"].as_str().is_some_and(|role| !role.is_empty());
    for container in containers {
        let logs = container["logConfiguration"]["logDriver"].as_str() == Some("awslogs");
        if logs && !has_role {
            let message = "Fargate requires task definition to have execution role ARN to support log driver awslogs.";
            return Err(refused(message));
        }
        if container["secrets"].as_array().is_some_and(|secrets| !secrets.is_empty()) && !has_role {
            let message =
                "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.";
            return Err(refused(message));
        }
    }
    Ok(())
}

/// `512`, `.5 vCPU`, `2GB`: units or MiB (`aws.md` 1.1).
fn parse_units(text: &str) -> Option<u32> {
    let text = text.trim().to_lowercase();
    let scaled = |number: &str| number.trim().parse::<f64>().ok().map(|number| number * 1024.0);
    let value = match (text.strip_suffix("vcpu"), text.strip_suffix("gb")) {
        (Some(number), _) | (None, Some(number)) => scaled(number)?,
        (None, None) => f64::from(text.parse::<u32>().ok()?),
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just before")]
    (1.0..=1_000_000.0).contains(&value).then_some(value as u32)
}

fn check_volumes(document: &Value, containers: &[Value]) -> Result<(), Trouble> {
    let volumes = document["volumes"].as_array().map_or(&[][..], Vec::as_slice);
    let names: BTreeSet<&str> = volumes.iter().filter_map(|volume| volume["name"].as_str()).collect();
    for mount in containers.iter().filter_map(|container| container["mountPoints"].as_array()).flatten() {
        let source = mount["sourceVolume"].as_str().unwrap_or_default();
        if !names.contains(source) {
            return Err(refused(format!("Unknown volume '{source}'.")));
        }
    }
    for volume in volumes {
        let efs = &volume["efsVolumeConfiguration"];
        if efs["authorizationConfig"]["accessPointId"].is_null() {
            continue;
        }
        // aws.md 3.4: an access point needs encryption in transit and no root directory of its own.
        if efs["transitEncryption"].as_str() != Some("ENABLED") {
            let message = "Transit encryption must be enabled when using an EFS access point.";
            return Err(refused(message));
        }
        if !matches!(efs["rootDirectory"].as_str(), None | Some("" | "/")) {
            return Err(refused("Root directory must be omitted or '/' when using an EFS access point."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pairs_of_the_table_are_fargate_configurations() {
        for (cpu, memory) in [(256, 512), (256, 2048), (512, 4096), (4096, 30_720), (8192, 20_480), (32_768, 249_856)] {
            assert!(is_fargate_pair(cpu, memory), "{cpu}/{memory}");
        }
        for (cpu, memory) in [(128, 512), (256, 4096), (512, 512), (1536, 4096), (512, 1536), (8192, 18_432)] {
            assert!(!is_fargate_pair(cpu, memory), "{cpu}/{memory}");
        }
    }

    #[test]
    fn cpu_and_memory_are_read_as_people_write_them() {
        assert_eq!(parse_units("512"), Some(512));
        assert_eq!(parse_units(".5 vCPU"), Some(512));
        assert_eq!(parse_units("2GB"), Some(2048));
        assert_eq!(parse_units("much"), None);
    }
}
