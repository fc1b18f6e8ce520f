use proptest::prelude::*;
use serde_json::json;

use super::*;

fn wanted() -> Value {
    json!({
        "family": "web", "cpu": "512", "memory": "2048", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{
            "name": "app", "image": "app:1",
            "portMappings": [{ "containerPort": 8080 }],
            "environment": [{ "name": "A", "value": "1" }, { "name": "DB_PASSWORD", "value": "hunter2" }],
            "command": ["serve", "--fast"],
            "logConfiguration": { "logDriver": "awslogs", "options": { "mode": "non-blocking" } },
        }],
        "volumes": [{ "name": "data", "efsVolumeConfiguration": { "fileSystemId": "fs-1" } }],
    })
}

fn live() -> Value {
    json!({
        "taskDefinition": {
            "taskDefinitionArn": "arn:aws:ecs:us-east-2:123456789012:task-definition/web:7", "revision": 7,
            "status": "ACTIVE", "registeredAt": 1.7e9, "requiresAttributes": [{ "name": "ecs.capability.task-eni" }],
            "family": "web", "cpu": "512", "memory": "2048", "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"], "compatibilities": ["EC2", "FARGATE"], "placementConstraints": [],
            "containerDefinitions": [{
                "name": "app", "image": "app:1", "cpu": 0, "essential": true, "links": [], "mountPoints": [],
                "portMappings": [{ "containerPort": 8080, "hostPort": 8080, "protocol": "tcp" }],
                "environment": [{ "name": "DB_PASSWORD", "value": "hunter2" }, { "name": "A", "value": "1" }],
                "command": ["serve", "--fast"], "versionConsistency": "enabled", "somethingNew": { "mode": "v2" },
                "logConfiguration": { "logDriver": "awslogs", "options": { "mode": "non-blocking" }, "secretOptions": [] },
            }],
            "volumes": [{ "name": "data", "efsVolumeConfiguration": {
                "fileSystemId": "fs-1", "rootDirectory": "/", "transitEncryption": "DISABLED",
            } }],
        },
        "tags": [{ "key": "envctl:environment", "value": "staging" }],
    })
}

fn paths(differences: &[Difference]) -> Vec<&str> {
    differences.iter().map(|difference| difference.path.as_str()).collect()
}

#[test]
fn what_ecs_adds_and_reorders_is_no_difference() {
    assert_eq!(differences(&wanted(), &live()), []);
    assert!(same(&wanted(), &live()));
}

#[test]
fn a_changed_value_is_named_by_its_container_and_variable() {
    let mut live = live();
    live["taskDefinition"]["containerDefinitions"][0]["environment"][1]["value"] = json!("2");
    let expected = Difference {
        path: "containerDefinitions[app].environment[A].value".to_owned(),
        from: Some(json!("2")),
        to: Some(json!("1")),
    };
    assert_eq!(differences(&wanted(), &live), [expected]);
}

#[test]
fn a_secret_is_found_but_not_shown() {
    let mut wanted = wanted();
    wanted["containerDefinitions"][0]["environment"][1]["value"] = json!("correct horse");
    let found = differences(&wanted, &live());
    assert_eq!(paths(&found), ["containerDefinitions[app].environment[DB_PASSWORD].value"]);
    assert!(!format!("{found:?}").contains("hunter2") && !format!("{found:?}").contains("horse"));
}

#[test]
fn a_field_set_by_hand_is_a_difference_and_one_that_the_api_model_does_not_know_is_none() {
    let mut live = live();
    live["taskDefinition"]["containerDefinitions"][0]["user"] = json!("root");
    live["taskDefinition"]["containerDefinitions"][0]["privileged"] = json!(false);
    live["taskDefinition"]["fieldOfNextYear"] = json!("on");
    let found = differences(&wanted(), &live);
    assert_eq!(paths(&found), ["containerDefinitions[app].user"]);
    assert_eq!((found[0].from.clone(), found[0].to.clone()), (Some(json!("root")), None));
}

#[test]
fn the_order_of_a_command_counts() {
    let mut live = live();
    live["taskDefinition"]["containerDefinitions"][0]["command"] = json!(["--fast", "serve"]);
    let found = differences(&wanted(), &live);
    assert_eq!(paths(&found), ["containerDefinitions[app].command[0]", "containerDefinitions[app].command[1]"]);
}

#[test]
fn sizes_are_compared_as_numbers() {
    let mut wanted = wanted();
    wanted["cpu"] = json!(".5 vCPU");
    wanted["memory"] = json!("2 GB");
    assert!(same(&wanted, &live()));
    wanted["memory"] = json!("3GB");
    assert_eq!(paths(&differences(&wanted, &live())), ["memory"]);
}

#[test]
fn a_late_value_matches_anything_only_where_that_is_asked_for() {
    let (mut wanted, mut live) = (wanted(), live());
    wanted["containerDefinitions"][0]["environment"][0]["value"] = json!("pg://⟦database/main.endpoint⟧:5432/db");
    live["taskDefinition"]["containerDefinitions"][0]["environment"][1]["value"] = json!("pg://host.example:5432/db");
    assert_eq!(differences(&wanted, &live).len(), 1);
    assert_eq!(differences_where_known(&wanted, &live), []);
    live["taskDefinition"]["containerDefinitions"][0]["environment"][1]["value"] = json!("pg://host.example:5433/db");
    assert_eq!(differences_where_known(&wanted, &live).len(), 1);
    assert_eq!(waits_for(&wanted), ["database/main.endpoint"]);
}

#[test]
fn a_missing_container_is_a_difference() {
    let mut live = live();
    live["taskDefinition"]["containerDefinitions"] = json!([]);
    assert!(paths(&differences(&wanted(), &live)).contains(&"containerDefinitions[app].image"));
}

/// Any JSON, small; field names partly those of task definitions.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..4i64).prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
        Just(Value::from("1 vCPU")),
    ];
    let names = prop_oneof![
        Just("name"),
        Just("value"),
        Just("cpu"),
        Just("essential"),
        Just("containerDefinitions"),
        Just("environment"),
        Just("portMappings"),
        Just("containerPort"),
        Just("hostPort"),
        Just("volumes"),
        Just("taskDefinition"),
        Just("tags"),
        Just("key"),
        Just("networkMode"),
        Just("new"),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..5)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

/// A task definition with a few containers and variables in any order.
fn any_definition() -> impl Strategy<Value = Value> {
    let variables = prop::collection::btree_map("[A-E]", "[a-z]{0,3}", 0..5);
    let container = (variables, prop::collection::btree_set(1..5u16, 0..3), any::<bool>());
    prop::collection::btree_map("[a-c]", container, 1..4).prop_map(|containers| {
        let containers: Vec<Value> = containers.into_iter().map(|(name, (variables, ports, essential))| json!({
            "name": name, "image": "x:1", "essential": essential, "command": ["run", name],
            "environment": variables.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
            "portMappings": ports.iter().map(|port| json!({ "containerPort": port })).collect::<Vec<_>>(),
            "links": ["b", "a"],
        })).collect();
        json!({ "family": "f", "cpu": "256", "memory": "512", "containerDefinitions": containers })
    })
}

/// The document with its unordered lists turned round.
fn turned(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let mut value = turned(value);
                if name != "command"
                    && let Some(items) = value.as_array_mut()
                {
                    items.reverse();
                }
                (name.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(turned).collect(),
        scalar => scalar.clone(),
    }
}

/// Every document that differs in one leaf.
fn changed(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, inner)| {
                changed(inner)
                    .into_iter()
                    .map(|inner| {
                        let mut fields = fields.clone();
                        fields.insert(name.clone(), inner);
                        Value::Object(fields)
                    })
                    .collect::<Vec<_>>()
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, inner)| {
                changed(inner)
                    .into_iter()
                    .map(|inner| {
                        let mut items = items.clone();
                        items[index] = inner;
                        Value::Array(items)
                    })
                    .collect::<Vec<_>>()
            })
            .collect(),
        Value::Bool(value) => vec![Value::Bool(!value)],
        Value::Number(number) => vec![json!(number.as_i64().unwrap_or_default() + 1000)],
        Value::String(text) => vec![json!(format!("{text}-changed"))],
        Value::Null => vec![],
    }
}

proptest! {
    #[test]
    fn the_canonical_form_of_a_canonical_form_is_itself(document in any_json()) {
        let once = canonical(&document);
        prop_assert_eq!(canonical(&once), once);
    }

    #[test]
    fn a_document_does_not_differ_from_itself(document in any_json()) {
        prop_assert_eq!(differences(&document, &document), vec![]);
    }

    #[test]
    fn the_order_of_unordered_lists_does_not_count(document in any_definition()) {
        prop_assert_eq!(canonical(&turned(&document)), canonical(&document));
        prop_assert!(same(&document, &turned(&document)));
    }

    #[test]
    fn every_changed_leaf_is_found(document in any_definition()) {
        for changed in changed(&document) {
            prop_assert!(!same(&changed, &document), "{}", changed);
            prop_assert!(!same(&document, &changed), "{}", changed);
        }
    }
}
