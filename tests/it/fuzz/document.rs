//! Task definitions as anybody may have registered them: arbitrary JSON, and what envctl renders with anything in it.

use envctl::planner::canonical::{canonical, differences, differences_where_known, same, waits_for};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use super::{cases, feed};
use crate::planner::world;

/// Names that the canonical form has rules for.
const NAMES: [&str; 14] = [
    "taskDefinition",
    "containerDefinitions",
    "environment",
    "secrets",
    "name",
    "value",
    "portMappings",
    "mountPoints",
    "volumes",
    "tags",
    "cpu",
    "family",
    "logConfiguration",
    "unheard-of",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| serde_json::json!(number)),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from("\u{27e6}database/main.endpoint\u{27e7}")),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let name = prop_oneof![4 => proptest::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => ".{0,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..6).prop_map(|fields| serde_json::json!(fields)),
        ]
    })
}

fn check(one: &Value, other: &Value) {
    let once = canonical(one);
    assert_eq!(canonical(&once), once, "twice is once");
    assert!(same(one, one), "a document differs from itself: {one}");
    let found = differences(one, other);
    let known = differences_where_known(one, other);
    assert!(known.len() <= found.len(), "a value that is not known yet is no difference");
    drop((waits_for(one), format!("{found:?}")));
}

#[test]
fn any_json_has_a_canonical_form() {
    let mut runner = TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(any_json(), any_json()), |(one, other)| {
        check(&one, &other);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn a_rendered_document_with_anything_in_it_has_a_canonical_form() {
    let seeds: Vec<String> = ["staging", "preview"]
        .into_iter()
        .flat_map(|name| world::desired(name).services.into_values())
        .map(|service| service.task_definition.to_string())
        .collect();
    let whole: Value = serde_json::from_str(&seeds[0]).expect("a document");
    feed(&seeds, |text| {
        if let Ok(document) = serde_json::from_str::<Value>(text) {
            check(&document, &whole);
            check(&whole, &document);
        }
    });
}

#[test]
fn a_value_that_is_secret_by_its_name_is_never_shown() {
    let document = |value: &str| {
        serde_json::json!({"containerDefinitions": [{"name": "app", "environment": [
            {"name": "DB_PASSWORD", "value": value}, {"name": "API_TOKEN", "value": format!("{value}-too")}]}]})
    };
    let found = differences(&document("planted-secret"), &document("another-secret"));
    assert_eq!(found.len(), 2);
    let shown = found.iter().map(|difference| format!("{difference:?}")).collect::<String>();
    assert!(!shown.contains("planted-secret") && !shown.contains("another-secret"), "{shown}");
}
