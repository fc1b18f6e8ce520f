//! What a task definition refers to, found in its text: databases by host name, secrets, access points, log groups.

use serde_json::Value;

fn containers(document: &Value) -> impl Iterator<Item = &Value> {
    document["containerDefinitions"].as_array().into_iter().flatten()
}

fn items<'a>(containers: impl Iterator<Item = &'a Value>, list: &'static str) -> impl Iterator<Item = &'a Value> {
    containers.filter_map(move |container| container[list].as_array()).flatten()
}

/// Identifiers of the databases whose host names stand in its environment or commands.
pub(super) fn databases(document: &Value, domain: &str) -> Vec<String> {
    let mut found = Vec::new();
    let values = items(containers(document), "environment").filter_map(|variable| variable["value"].as_str());
    let commands = items(containers(document), "command").filter_map(Value::as_str);
    for text in values.chain(commands) {
        for (at, _) in text.match_indices(domain) {
            let label = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            let begins = text[..at].rfind(|letter: char| !label(letter)).map_or(0, |before| before + 1);
            let identifier = text.get(begins..at).unwrap_or_default().to_owned();
            if !found.contains(&identifier) {
                found.push(identifier);
            }
        }
    }
    found
}

/// `valueFrom` of every container secret.
pub(super) fn secrets(document: &Value) -> Vec<&str> {
    items(containers(document), "secrets").filter_map(|secret| secret["valueFrom"].as_str()).collect()
}

/// Log groups of the `awslogs` driver that it does not make by itself.
pub(super) fn log_groups(document: &Value) -> Vec<&str> {
    let logging = containers(document).map(|container| &container["logConfiguration"]);
    let logging = logging.filter(|logging| logging["logDriver"].as_str() == Some("awslogs"));
    let logging = logging.filter(|logging| logging["options"]["awslogs-create-group"].as_str() != Some("true"));
    logging.filter_map(|logging| logging["options"]["awslogs-group"].as_str()).collect()
}

/// EFS volumes: file system, and access point where there is one.
pub(super) fn volumes(document: &Value) -> Vec<(&str, Option<&str>)> {
    let volumes = document["volumes"].as_array().into_iter().flatten();
    let systems = volumes.map(|volume| &volume["efsVolumeConfiguration"]);
    let pairs = systems.map(|efs| (efs["fileSystemId"].as_str(), efs["authorizationConfig"]["accessPointId"].as_str()));
    pairs.filter_map(|(system, point)| Some((system?, point))).collect()
}

/// The value of a variable of its first container.
pub(super) fn variable<'a>(document: &'a Value, name: &str) -> Option<&'a str> {
    let variables = document["containerDefinitions"][0]["environment"].as_array()?;
    variables.iter().find(|variable| variable["name"] == name).and_then(|variable| variable["value"].as_str())
}

/// Ids of the access points that it mounts.
pub(super) fn access_points(document: &Value) -> Vec<String> {
    volumes(document).into_iter().filter_map(|(_, point)| point.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_database_is_found_by_its_host_name_wherever_it_stands() {
        let domain = ".c0.us-east-2.rds.amazonaws.com";
        let document = json!({"containerDefinitions": [{
            "environment": [
                {"name": "HOST", "value": "main-db.c0.us-east-2.rds.amazonaws.com"},
                {"name": "URL", "value": "postgres://user@other.c0.us-east-2.rds.amazonaws.com:5432/x"},
            ],
        }]});
        assert_eq!(databases(&document, domain), ["main-db", "other"]);
    }
}
