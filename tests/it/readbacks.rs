//! What AWS really answered, against what was declared: in sync there, and every changed value found.

use std::collections::BTreeMap;
use std::path::PathBuf;

use envctl::planner::canonical::differences;
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
