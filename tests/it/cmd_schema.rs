//! `envctl schema`: the shipped specs are valid by it, odd ones are not, and the copy in the repository is current.

use serde_json::{Value, json};

use crate::support::TestEnvironment;

/// The keywords of JSON Schema that the schema uses, and no other.
fn mistakes(schema: &Value, root: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().expect("a schema") {
        let fits = match keyword.as_str() {
            "$schema" | "title" | "description" | "examples" | "$defs" => true,
            "$ref" => {
                let name = wanted.as_str().unwrap().strip_prefix("#/$defs/").expect("a definition");
                mistakes(&root["$defs"][name], root, value, path, found);
                true
            }
            "type" => match wanted {
                Value::Array(kinds) => kinds.iter().any(|kind| is_a(value, kind)),
                kind => is_a(value, kind),
            },
            "enum" => wanted.as_array().unwrap().contains(value),
            "anyOf" => wanted.as_array().unwrap().iter().any(|one| {
                let mut inside = Vec::new();
                mistakes(one, root, value, path, &mut inside);
                inside.is_empty()
            }),
            "pattern" => value
                .as_str()
                .is_none_or(|text| regex_lite::Regex::new(wanted.as_str().unwrap()).unwrap().is_match(text)),
            "minimum" => value.as_i64().is_none_or(|number| number >= wanted.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|number| number <= wanted.as_i64().unwrap()),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    mistakes(wanted, root, item, &format!("{path}/{index}"), found);
                }
                true
            }
            "properties" => {
                for (name, inner) in wanted.as_object().unwrap() {
                    if let Some(field) = value.get(name) {
                        mistakes(inner, root, field, &format!("{path}/{name}"), found);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |name: &String| schema.get("properties").is_some_and(|all| all.get(name).is_some());
                for (name, field) in value.as_object().into_iter().flatten().filter(|(name, _)| !known(name)) {
                    match wanted {
                        Value::Bool(false) => found.push(format!("{path}: no field {name}")),
                        inner => mistakes(inner, root, field, &format!("{path}/{name}"), found),
                    }
                }
                true
            }
            other => panic!("the test knows no keyword {other}"),
        };
        if !fits {
            found.push(format!("{path}: {keyword} {wanted}"));
        }
    }
}

fn is_a(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the test knows no type {other}"),
    }
}

fn check(schema: &Value, yaml: &str) -> Vec<String> {
    let value: Value = serde_saphyr::from_str(yaml).expect("YAML");
    let mut found = Vec::new();
    mistakes(schema, schema, &value, "", &mut found);
    found
}

#[test]
fn the_shipped_specs_are_valid_and_the_copy_in_the_repository_is_current() {
    let workspace = TestEnvironment::new();
    let shown = workspace.done(&["schema"]);
    let schema: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for (folder, names) in [("", &["staging", "preview"][..]), ("examples", &["pipeline", "django", "scratch"])] {
        let shipped = TestEnvironment::shipped(folder);
        assert_eq!(shipped.run(&["validate"]).code, 0, "{folder}");
        for name in names {
            let text = shipped.read(&format!("environments/{name}.yaml"));
            assert_eq!(check(&schema, &text), Vec::<String>::new(), "{name}");
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/environment.json");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(path, &shown).expect("the schema can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == shown, "schema/environment.json is stale: run this test with UPDATE_REFERENCE=1");
}

#[test]
fn what_no_spec_can_say_is_a_mistake() {
    let schema: Value = serde_json::from_str(&TestEnvironment::new().done(&["schema"])).expect("JSON");
    let wrong = |yaml: &str| assert_ne!(check(&schema, yaml), Vec::<String>::new(), "{yaml}");
    let right = |yaml: &str| assert_eq!(check(&schema, yaml), Vec::<String>::new(), "{yaml}");
    wrong("servces: {}");
    wrong("services: {web: {cpu: [512]}}");
    wrong("services: {web: {port: -1}}");
    wrong("databases: {main: {engine: oracle}}");
    wrong("services: {web: {deployment: 200}}");
    wrong("rules: {web: {hosts: one.example}}");
    wrong("files: {data: {deletion: {}}}");
    right("services: {web: {cpu: 0.5 vCPU, memory: 2 GiB, port: 8080, log: none, values: {a: [1, {b: c}]}}}");
    right("borrow: {listener: 'arn:aws:x', security_groups: [sg-1, {tag: Name=x}], file_systems: {p: fs-1}}");
    right("services: {web: ~}");
    right("sleep: {idle: 14d, status: 503}");
}

#[test]
fn every_field_says_what_it_accepts_and_every_reference_leads_somewhere() {
    let schema: Value = serde_json::from_str(&TestEnvironment::new().done(&["schema"])).expect("JSON");
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in definitions {
        for (field, property) in definition["properties"].as_object().unwrap() {
            assert_ne!(property["anyOf"][0], json!(null), "{name}.{field} has no schema");
        }
    }
    let text = schema.to_string();
    for reference in text.split("#/$defs/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(definitions.contains_key(name), "{name} is not defined: it is missing in REFERENCES");
    }
}
