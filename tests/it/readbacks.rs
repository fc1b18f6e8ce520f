//! What AWS really answered, against what was declared: in sync there, and every changed value found.

use std::collections::BTreeMap;
use std::path::PathBuf;

use envctl::planner::canonical::{differences, property_differences};
use serde_json::{Value, json};

/// Folder of the recorded answers; `None`: not here.
fn folder() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/readbacks");
    let folder = std::env::var_os("ENVCTL_READBACKS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// Recorded resources of a kind by file name, `ECS__TaskDefinition`. Says so when they are left out.
#[allow(clippy::print_stderr, reason = "cases that are left out are named")]
fn readbacks(kind: &str, test: &str) -> BTreeMap<String, Value> {
    let Some(folder) = folder() else {
        eprintln!("left out: {test}, for there are no recorded answers here (ENVCTL_READBACKS names their folder)");
        return BTreeMap::new();
    };
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(kind))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), serde_json::from_str(&text).unwrap())
        })
        .collect()
}

/// Cloud Control's `ContainerDefinitions` is the API's `containerDefinitions`; the keys of maps are data.
fn camel_case(value: &Value, is_map: bool) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, inner)| {
                let inner =
                    camel_case(inner, matches!(name.as_str(), "DockerLabels" | "Options" | "DriverOpts" | "Labels"));
                let mut letters = name.chars();
                let first = letters.next().into_iter().flat_map(char::to_lowercase);
                (if is_map { name.clone() } else { first.chain(letters).collect() }, inner)
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| camel_case(item, false)).collect(),
        scalar => scalar.clone(),
    }
}

/// Every document that differs from this one in one value, with the pointer to it.
fn changed(value: &Value) -> Vec<(String, Value)> {
    fn leaves(value: &Value, pointer: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, inner)| leaves(inner, &format!("{pointer}/{name}"), found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, inner)| leaves(inner, &format!("{pointer}/{index}"), found));
            }
            _ => found.push(pointer.to_owned()),
        }
    }
    let mut pointers = Vec::new();
    leaves(value, "", &mut pointers);
    pointers
        .into_iter()
        .map(|pointer| {
            let mut changed = value.clone();
            let leaf = changed.pointer_mut(&pointer).unwrap();
            *leaf = match leaf.clone() {
                Value::Bool(value) => json!(!value),
                Value::Number(number) => json!(number.as_i64().unwrap() + 1),
                Value::String(text) => json!(format!("{text}x")),
                other => panic!("{other} is no leaf"),
            };
            (pointer, changed)
        })
        .collect()
}

#[test]
fn recorded_task_definitions_are_in_sync() {
    for (name, recorded) in readbacks("ECS__TaskDefinition", "recorded_task_definitions_are_in_sync") {
        let (declared, live) = (camel_case(&recorded["declared"], false), camel_case(&recorded["live"], false));
        assert_eq!(differences(&declared, &live), [], "{name}");
    }
}

#[test]
fn every_changed_value_of_a_recorded_task_definition_is_found() {
    let mut count = 0;
    for (name, recorded) in
        readbacks("ECS__TaskDefinition", "every_changed_value_of_a_recorded_task_definition_is_found")
    {
        let (declared, live) = (camel_case(&recorded["declared"], false), camel_case(&recorded["live"], false));
        for (pointer, changed) in changed(&declared) {
            // A tag of another name is one more tag that AWS does not have, so it is found like a value.
            assert!(!differences(&changed, &live).is_empty(), "{name}: {pointer} was changed and not found");
            count += 1;
        }
    }
    assert!(count > 80 || folder().is_none(), "only {count} values were changed");
}

/// Recorded resources of every type but task definitions, with their type.
fn properties(test: &str) -> Vec<(String, String, Value)> {
    let all = readbacks("", test).into_iter().filter(|(name, _)| name.ends_with(".json"));
    let typed = all.map(|(name, recorded)| (name, recorded["type"].as_str().unwrap_or_default().to_owned(), recorded));
    typed.filter(|(_, kind, _)| kind != "AWS::ECS::TaskDefinition").collect()
}

/// What no read answers: whoever changes it in the declaration changes nothing that is there.
const NEVER_ANSWERED: [&str; 5] =
    ["/MasterUserPassword", "/DeleteAutomatedBackups", "/RoleARN", "/SecretString", "/GenerateSecretString"];

#[test]
fn recorded_properties_are_in_sync() {
    for (name, kind, recorded) in properties("recorded_properties_are_in_sync") {
        assert_eq!(property_differences(&kind, &recorded["declared"], &recorded["live"]), [], "{name}");
    }
}

#[test]
fn every_changed_value_of_recorded_properties_is_found() {
    let mut count = 0;
    for (name, kind, recorded) in properties("every_changed_value_of_recorded_properties_is_found") {
        let is_answered = |pointer: &str, value: &Value| {
            let unresolved = value.pointer(pointer).and_then(Value::as_str).is_some_and(|it| it.contains("unresolved"));
            !unresolved && !NEVER_ANSWERED.iter().any(|field| pointer.starts_with(field))
        };
        for (pointer, changed) in changed(&recorded["declared"]) {
            if is_answered(&pointer, &recorded["declared"]) {
                let found = property_differences(&kind, &changed, &recorded["live"]);
                assert!(!found.is_empty(), "{name}: {pointer} was changed and not found");
                count += 1;
            }
        }
    }
    assert!(count > 80 || folder().is_none(), "only {count} values were changed");
}

/// A value that AWS filled in, changed by hand afterwards, is found although nobody declared it.
#[test]
fn what_aws_filled_in_and_somebody_changed_is_found() {
    let service = json!({"ServiceName": "web", "Cluster": "main"});
    let live = |change: fn(&mut Value)| {
        let mut live = json!({
            "ServiceName": "web",
            "Cluster": "arn:aws:ecs:us-east-1:1:cluster/main",
            "PlatformVersion": "LATEST",
            "PropagateTags": "NONE",
            "DeploymentConfiguration": {"MaximumPercent": "200"},
        });
        change(&mut live);
        property_differences("AWS::ECS::Service", &service, &live).into_iter().map(|one| one.path).collect::<Vec<_>>()
    };
    assert_eq!(live(|_| {}), Vec::<String>::new());
    assert_eq!(live(|live| live["PlatformVersion"] = json!("1.3.0")), ["PlatformVersion"]);
    assert_eq!(
        live(|live| live["DeploymentConfiguration"]["MaximumPercent"] = json!(150)),
        ["DeploymentConfiguration.MaximumPercent"]
    );
    let group = json!({"Name": "web", "TargetGroupAttributes": [{"Key": "stickiness.enabled", "Value": false}]});
    let attribute = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let live = json!({"Name": "web", "HealthCheckPort": "9000", "TargetGroupAttributes": [
        attribute("slow_start.duration_seconds", "60"), attribute("stickiness.enabled", "false"),
        attribute("load_balancing.algorithm.type", "round_robin")]});
    let found = property_differences("AWS::ElasticLoadBalancingV2::TargetGroup", &group, &live);
    let paths: Vec<&str> = found.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["HealthCheckPort", "TargetGroupAttributes[slow_start.duration_seconds]"]);
}

/// Forms that mean the same: order, spelling of numbers and booleans, documents as texts, ARNs and names.
#[test]
fn other_forms_of_the_same_value_are_in_sync() {
    let same = |declared: Value, live: Value| {
        assert_eq!(property_differences("AWS::X::Y", &declared, &live), [], "{declared} {live}");
    };
    same(json!({"A": [3, 1, 2]}), json!({"A": ["1", "2", "3"]}));
    same(json!({"A": "true", "B": 1.0}), json!({"A": true, "B": "1"}));
    same(json!({"A": {"B": [1]}}), json!({"A": "{\"B\": [1]}"}));
    same(json!({"A": "{\"B\":1}"}), json!({"A": {"B": 1}}));
    same(json!({"A": "prod"}), json!({"A": "arn:aws:ecs:eu-west-1:1:cluster/prod"}));
    same(json!({"A": "arn:aws:logs:eu-west-1:1:log-group:/x/y"}), json!({"A": "/x/y"}));
    same(json!({"A": [{"N": 1, "M": 2}, {"N": 3, "M": 4}]}), json!({"A": [{"N": 3, "M": 4}, {"N": 1, "M": 2}]}));
    same(json!({"A": [], "B": false, "C": {}}), json!({}));
    let differs = |declared: Value, live: Value| {
        assert!(!property_differences("AWS::X::Y", &declared, &live).is_empty(), "{declared} {live}");
    };
    differs(json!({"A": [1, 2]}), json!({"A": [1, 2, 3]}));
    differs(json!({"A": "prod"}), json!({"A": "arn:aws:ecs:eu-west-1:1:cluster/preprod"}));
    differs(json!({"A": "16"}), json!({"A": "16.4"}));
    differs(json!({"A": [{"Key": "a", "Value": "1"}]}), json!({"A": [{"Key": "b", "Value": "1"}]}));
}
