//! The tables for task definitions, and the few rules that no table can say.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::model::fargate::{cpu_units, memory_mib};

use super::rules::Plain::{Number, Text, True};
use super::rules::{Default, Plain, Rules, Unordered};

const fn default(path: &'static str, value: Plain) -> Default {
    Default { path, value }
}

const fn unordered(path: &'static str, named_by: &'static [&'static str]) -> Unordered {
    Unordered { path, named_by }
}

/// What ECS does to a task definition between `RegisterTaskDefinition` and `DescribeTaskDefinition`.
pub(super) const RULES: Rules = Rules {
    // `aws.md` 1.7, "Read-only, drop"; `deleteRequestedAt` from the API model's `TaskDefinition`.
    read_only: &[
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
    ],
    defaults: &[
        // `aws.md` 1.7, "Container defaults added on describe". Empty lists and maps need no row.
        default("containerDefinitions[].cpu", Number(0)),
        default("containerDefinitions[].essential", True),
        default("containerDefinitions[].portMappings[].protocol", Text("tcp")),
        default("containerDefinitions[].portMappings[].hostPort", Number(0)),
        default("containerDefinitions[].healthCheck.interval", Number(30)),
        default("containerDefinitions[].healthCheck.timeout", Number(5)),
        default("containerDefinitions[].healthCheck.retries", Number(3)),
        default("containerDefinitions[].versionConsistency", Text("enabled")),
        // `aws.md` 1.7, "Task-level"; `iam` from `aws.md` 3.4.
        default("volumes[].efsVolumeConfiguration.rootDirectory", Text("/")),
        default("volumes[].efsVolumeConfiguration.transitEncryption", Text("DISABLED")),
        default("volumes[].efsVolumeConfiguration.authorizationConfig.iam", Text("DISABLED")),
        default("runtimePlatform.cpuArchitecture", Text("X86_64")),
        default("runtimePlatform.operatingSystemFamily", Text("LINUX")),
        // API documentation of `DockerVolumeConfiguration` and `ProxyConfiguration`: the value where nothing is said.
        default("volumes[].dockerVolumeConfiguration.scope", Text("task")),
        default("proxyConfiguration.type", Text("APPMESH")),
    ],
    unordered: &[
        // `aws.md` 1.7, "ECS does not keep list order".
        unordered("containerDefinitions", &["name"]),
        unordered("containerDefinitions[].environment", &["name"]),
        unordered("containerDefinitions[].secrets", &["name"]),
        unordered("containerDefinitions[].mountPoints", &["containerPath"]),
        // `field.md`, "Lists AWS reorders".
        unordered("containerDefinitions[].portMappings", &["containerPort", "protocol"]),
        unordered("containerDefinitions[].volumesFrom", &["sourceContainer"]),
        unordered("containerDefinitions[].links", &[]),
        // The same kind of list as `secrets`.
        unordered("containerDefinitions[].logConfiguration.secretOptions", &["name"]),
        // Sets by meaning: a volume, a property, a requirement and a tag are found by name, a compatibility is a word.
        unordered("volumes", &["name"]),
        unordered("requiresCompatibilities", &[]),
        unordered("proxyConfiguration.properties", &["name"]),
        unordered("containerDefinitions[].resourceRequirements", &["type"]),
        unordered("tags", &["key"]),
        // Order kept (`field.md`): command, entryPoint, capabilities, ulimits, dnsServers, dnsSearchDomains, extraHosts,
        // dockerSecurityOptions, dependsOn, systemControls; and environmentFiles, of which a later one wins.
    ],
    // CloudFormation (and only it) makes up a family where none is declared.
    assigned: &["family"],
    maps: &[
        "containerDefinitions[].dockerLabels",
        "containerDefinitions[].logConfiguration.options",
        "containerDefinitions[].firelensConfiguration.options",
        "volumes[].dockerVolumeConfiguration.driverOpts",
        "volumes[].dockerVolumeConfiguration.labels",
    ],
};

/// See [`super::canonical`].
pub(super) fn canonical(document: &Value) -> Value {
    let mut document = without_envelope(document);
    if let Some(fields) = document.as_object_mut() {
        normalise_sizes(fields);
        drop_equal_host_ports(fields);
    }
    RULES.apply(&document)
}

/// The live document as far as it is compared: tags that the wanted one does not write are somebody else's (envctl's
/// own marks among them), and where AWS was not asked for tags, nothing can be said about them.
pub(super) fn compared(wanted: &mut Value, live: &mut Value) {
    let (Some(wanted), Some(live)) = (wanted.as_object_mut(), live.as_object_mut()) else { return };
    let Some(found) = live.get_mut("tags").and_then(Value::as_array_mut) else {
        live.remove("tags");
        wanted.remove("tags");
        return;
    };
    let declared = wanted.get("tags").and_then(Value::as_array);
    found.retain(|tag| declared.is_some_and(|tags| tags.iter().any(|one| one.get("key") == tag.get("key"))));
}

/// `DescribeTaskDefinition` answers `{"taskDefinition": …, "tags": …}`.
pub(super) fn without_envelope(document: &Value) -> Value {
    let Some(inner) = document.get("taskDefinition").filter(|inner| inner.is_object()) else { return document.clone() };
    let mut inner = inner.clone();
    if let (Some(fields), Some(tags)) = (inner.as_object_mut(), document.get("tags")) {
        fields.entry("tags").or_insert_with(|| tags.clone());
    }
    // Nobody answers an envelope in an envelope, but doing it twice must be doing it once.
    without_envelope(&inner)
}

/// `aws.md` 1.1: `1 vCPU` and `2GB` are stored as texts of whole numbers.
fn normalise_sizes(fields: &mut Map<String, Value>) {
    let mut normalise = |name: &str, parse: fn(&str) -> Option<u64>| {
        if let Some(value) = fields.get_mut(name)
            && let Some(size) = value.as_str().map_or_else(|| value.as_u64(), parse)
        {
            *value = Value::from(size.to_string());
        }
    };
    normalise("cpu", cpu_units);
    normalise("memory", memory_mib);
}

/// `aws.md` 1.7: in the network modes awsvpc and host, `hostPort` is answered as the container port.
fn drop_equal_host_ports(fields: &mut Map<String, Value>) {
    if !matches!(fields.get("networkMode").and_then(Value::as_str), Some("awsvpc" | "host")) {
        return;
    }
    let containers = fields.get_mut("containerDefinitions").and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        let mappings = container.get_mut("portMappings").and_then(Value::as_array_mut);
        for mapping in mappings.into_iter().flatten().filter_map(Value::as_object_mut) {
            if mapping.contains_key("hostPort") && mapping.get("hostPort") == mapping.get("containerPort") {
                mapping.remove("hostPort");
            }
        }
    }
}

/// Does the API's public model know a field of this name?
pub(super) fn is_known_field(name: &str) -> bool {
    static KNOWN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let model = include_str!("../../template/shape/ecs-register-task-definition.json");
        let model: Value = serde_json::from_str(model).unwrap_or_default();
        let shapes = model["shapes"].as_object().into_iter().flat_map(|shapes| shapes.values());
        shapes.filter_map(|shape| shape["members"].as_object()).flat_map(|members| members.keys().cloned()).collect()
    });
    KNOWN.contains(name)
}
