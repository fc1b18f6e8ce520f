//! `envctl drift --all`: hundreds of environments of a simulated account, by batch and page.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::support::TestEnvironment;

const WORLD: &str = ".envctl/sim/world.json";
const BASE: &str = r#"application: shop
account: "123456789012"
region: us-east-2
tags: {team: classroom}
borrow:
  cluster: shop-cluster
  listener: {load_balancer: shop-alb, port: 443}
  file_systems:
    production: {tag: Name=shop-efs}
  subnets: [subnet-0a1b2c3d4e5f60001, subnet-0a1b2c3d4e5f60002]
  security_groups: [{tag: Name=tasks}]
databases:
  main: {engine: postgres, version: "16", class: db.t4g.micro, storage: 20 GiB, username: shop_admin, database: shop}
files:
  data: {file_system: production, path: /PLACE}
services:
  web:
    image: nginx:1.27
    port: 8080
    cpu: 256
    memory: 512
    execution_role: ecsTaskExecutionRole
    database: main
    mounts: {/data: data}
    log: {keep: 14d}
    scaling: {min: 1, max: 4, cpu: 60}
rules:
  web: {hosts: [PLACE.shop.example], service: web}
"#;

/// The kinds of the world that hold resources of an environment.
const KINDS: [&str; 10] = [
    "databases",
    "secrets",
    "access_points",
    "log_groups",
    "families",
    "services",
    "target_groups",
    "rules",
    "scalable_targets",
    "tasks",
];

/// A workspace of so many environments, all up: one is brought up, the others are copies of it in the account.
fn fleet(size: usize) -> TestEnvironment {
    // The shipped templates, and specs of its own.
    let environment = TestEnvironment::new();
    for shipped in ["staging", "preview"] {
        std::fs::remove_file(environment.path(&format!("environments/{shipped}.yaml"))).unwrap();
    }
    for number in 0..size {
        let name = name(number);
        environment.write(&format!("environments/{name}.yaml"), &BASE.replace("PLACE", &name));
    }
    environment.done(&["up", "e0000", "--yes", "--quiet"]);
    let mut state: Value = serde_json::from_str(&environment.read(WORLD)).unwrap();
    for number in 1..size {
        state["profiles"][name(number)] = state["profiles"]["e0000"].clone();
    }
    let world = state["worlds"].as_object_mut().unwrap().values_mut().next().unwrap();
    let one = own(world);
    for number in 1..size {
        for (kind, copies) in copy(&one, number) {
            world[&kind].as_object_mut().unwrap().extend(copies);
        }
    }
    environment.write(WORLD, &state.to_string());
    environment
}

fn name(number: usize) -> String {
    format!("e{number:04}")
}

/// What the first environment owns, by kind.
fn own(world: &Value) -> BTreeMap<String, Map<String, Value>> {
    let of_kind = |kind: &str| {
        let all = world[kind].as_object().unwrap();
        let mine = |(key, one): &(&String, &Value)| key.contains("e0000") || one.to_string().contains("e0000");
        let mine = all.iter().filter(mine).map(|(key, one)| (key.clone(), one.clone())).collect();
        (kind.to_owned(), mine)
    };
    KINDS.map(of_kind).into()
}

/// The same for another environment: its name in the place of the first one's, and ids of its own.
fn copy(one: &BTreeMap<String, Map<String, Value>>, number: usize) -> BTreeMap<String, Map<String, Value>> {
    let mut text = serde_json::to_string(one).unwrap();
    for kind in ["rules", "access_points", "tasks"] {
        for key in one[kind].keys() {
            let id = key.rsplit('/').next().unwrap();
            text = text.replace(id, &format!("{}{number:05x}", &id[..id.len() - 5]));
        }
    }
    let mut copy: BTreeMap<String, Map<String, Value>> =
        serde_json::from_str(&text.replace("e0000", &name(number))).unwrap();
    for rule in copy.get_mut("rules").unwrap().values_mut() {
        rule["live"]["priority"] = (number + 1).into();
        rule["live"]["tags"]["envctl:priority"] = (number + 1).to_string().into();
    }
    copy
}

/// The time of the simulated account.
fn now(environment: &TestEnvironment) -> jiff::Timestamp {
    let state: Value = serde_json::from_str(&environment.read(WORLD)).unwrap();
    state["worlds"].as_object().unwrap().values().next().unwrap()["now"].as_str().unwrap().parse().unwrap()
}

/// Calls by operation, as `--verbose` tells them.
fn calls(stderr: &str) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for line in stderr.lines().filter_map(|line| line.strip_prefix("call ")) {
        *calls.entry(line.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    calls
}

#[test]
fn three_hundred_environments_are_compared_with_a_quarter_of_a_call_each() {
    let environment = fleet(300);
    // Revisions, and the ids behind tags, are read once and kept.
    assert_eq!(environment.run(&["drift", "--all", "--quiet"]).code, 0);
    let before = now(&environment);
    let warm = environment.run(&["drift", "--all", "--verbose"]);
    assert_eq!(warm.code, 0, "{warm}");
    let calls = calls(&warm.stderr);
    let sum: usize = calls.values().sum();
    assert!(sum * 4 <= 300, "{sum} calls: {calls:#?}");
    assert_eq!(calls["ecs:DescribeServices"], 30);
    // Nothing waits for AWS's rates, and lists of three pages and three waves for each of two batches take a second.
    let took = now(&environment).duration_since(before).as_secs_f64();
    assert!(took < 3.0, "{took} s of simulated time");
    assert!(warm.stdout.contains("300 environments in sync"), "{warm}");
}

#[test]
fn one_changed_and_one_broken_environment_are_found_among_many_and_hide_none() {
    let environment = fleet(60);
    let mut state: Value = serde_json::from_str(&environment.read(WORLD)).unwrap();
    let world = state["worlds"].as_object_mut().unwrap().values_mut().next().unwrap();
    world["databases"]["shop-e0041-main"]["live"]["class"] = "db.t4g.large".into();
    environment.write(WORLD, &state.to_string());
    environment.write("environments/e0017.yaml", "application: [");
    let answer = environment.run(&["drift", "--all", "--output", "json"]);
    assert_eq!(answer.code, 2, "{answer}");
    let value: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(value["environments"].as_array().unwrap().len(), 59);
    assert_eq!(value["failures"][0]["environment"], "e0017");
    let differing: Vec<&Value> =
        value["environments"].as_array().unwrap().iter().filter(|one| one["in_sync"] == false).collect();
    assert_eq!(differing.len(), 1, "{differing:#?}");
    assert_eq!(differing[0]["environment"], "e0041");
    assert_eq!(differing[0]["findings"][0]["field"], "class");
    assert_eq!(differing[0]["findings"].as_array().unwrap().len(), 1);

    environment.write("environments/e0041.yaml", "application: [");
    let answer = environment.run(&["drift", "--all"]);
    assert_eq!(answer.code, 1, "what could not be looked at is never in sync: {answer}");
}
