//! `envctl drift`: hand-made changes of the simulated cloud, one at a time and together.

use serde_json::{Value, json};

use crate::support::TestEnvironment;

const WORLD: &str = ".envctl/sim/world.json";

/// The staging environment, up.
fn up() -> TestEnvironment {
    let environment = TestEnvironment::new();
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

/// Changes the simulated account behind envctl's back.
fn by_hand(environment: &TestEnvironment, change: impl FnOnce(&mut Value)) {
    let mut state: Value = serde_json::from_str(&environment.read(WORLD)).unwrap();
    let worlds = state["worlds"].as_object_mut().unwrap();
    change(worlds.values_mut().next().unwrap());
    environment.write(WORLD, &state.to_string());
    // The simulated clock has not moved since the last run: a journal of the same second would be in the way.
    let _ = std::fs::remove_dir_all(environment.path(".envctl/sim/store"));
}

/// The environment's own resource of a kind, as the world keeps it.
fn own<'a>(world: &'a mut Value, kind: &str) -> &'a mut Value {
    let all = world[kind].as_object_mut().unwrap();
    let mine = |one: &Value| {
        let tags = one.get("tags").or_else(|| one["live"].get("tags")).cloned().unwrap_or_default();
        tags["envctl:environment"] == "staging" || kind == "scalable_targets"
    };
    let one = all.values_mut().find(|one| mine(one)).unwrap();
    if one.get("live").is_some() { &mut one["live"] } else { one }
}

fn remove_own(world: &mut Value, kind: &str) {
    let gone = own(world, kind).clone();
    world[kind].as_object_mut().unwrap().retain(|_, one| one.get("live").unwrap_or(one) != &gone);
}

/// Kind, subject, wanted and found of every finding.
fn findings(environment: &TestEnvironment) -> Vec<String> {
    let answer = environment.run(&["drift", "staging", "--output", "json"]);
    let value: Value = serde_json::from_str(&answer.stdout).unwrap_or_else(|_| panic!("{answer}"));
    let found: Vec<String> = value["environments"][0]["findings"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .iter()
        .map(|one| {
            let text = |field: &str| one[field].as_str().unwrap_or("-").to_owned();
            let field = one["field"].as_str().map(|field| format!(".{field}")).unwrap_or_default();
            format!("{} {}{field}: {} -> {}", text("kind"), text("resource"), text("wanted"), text("found"))
        })
        .collect();
    assert_eq!(answer.code, if found.is_empty() { 0 } else { 2 }, "{answer}");
    found
}

#[test]
fn an_environment_is_in_sync_up_parked_hibernated_and_destroyed() {
    let environment = up();
    assert_eq!(findings(&environment), Vec::<String>::new());
    for mode in ["park", "hibernate"] {
        environment.done(&["down", "staging", "--mode", mode, "--yes", "--quiet"]);
        assert_eq!(findings(&environment), Vec::<String>::new(), "{mode}");
        environment.done(&["up", "staging", "--yes", "--quiet"]);
        assert_eq!(findings(&environment), Vec::<String>::new(), "up again");
    }
    environment.done(&["destroy", "staging", "--yes", "--confirm", "staging", "--quiet"]);
    assert_eq!(findings(&environment), Vec::<String>::new());
}

#[test]
fn one_value_changed_by_hand_is_found_alone_and_up_mends_it() {
    let environment = up();
    let world = environment.read(WORLD);
    let check = |kind: &str, field: &str, value: Value, expected: &str| {
        environment.write(WORLD, &world);
        by_hand(&environment, |world| own(world, kind)[field] = value);
        assert_eq!(findings(&environment), [expected]);
        environment.done(&["up", "staging", "--yes", "--quiet"]);
        assert_eq!(findings(&environment), Vec::<String>::new(), "after up: {expected}");
    };
    let tags = |kind: &str| {
        let mut state: Value = serde_json::from_str(&world).unwrap();
        let worlds = state["worlds"].as_object_mut().unwrap();
        let mut tags = own(worlds.values_mut().next().unwrap(), kind)["tags"].clone();
        tags["team"] = json!("x");
        tags
    };
    check("databases", "class", json!("db.t4g.small"), "drift database/main.class: db.t4g.micro -> db.t4g.small");
    check("databases", "multi_az", json!(true), "drift database/main.multi-az: false -> true");
    check("databases", "publicly_accessible", json!(true), "drift database/main.public: false -> true");
    check("databases", "tags", tags("databases"), "drift database/main.tags.team: classroom -> x");
    check("services", "enable_exec", json!(true), "drift service/backend.exec: false -> true");
    check("services", "circuit_breaker", json!(false), "drift service/backend.circuit-breaker: on -> off");
    check("services", "desired_count", json!(9), "drift service/backend.count: 1 to 4 -> 9");
    check("scalable_targets", "min", json!(2), "drift scalable-target/backend.min: 1 -> 2");
    check("scalable_targets", "suspended", json!(true), "drift scalable-target/backend.suspended: false -> true");
    check("target_groups", "stickiness_seconds", json!(60), "drift target-group/web.stickiness: off -> 60 s");
    check("rules", "priority", json!(777), "drift listener-rule/web.priority: 2 -> 777");
    check("log_groups", "retention_days", Value::Null, "drift log-group/backend.retention: 14 days -> for ever");
    check("access_points", "uid", json!(0), "drift access-point/data.uid: 1000 -> 0");
    check("access_points", "tags", tags("access_points"), "drift access-point/data.tags.team: classroom -> x");
}

#[test]
fn a_resource_removed_by_hand_is_one_finding_and_up_brings_it_back() {
    let environment = up();
    let world = environment.read(WORLD);
    for (kind, key) in [
        ("rules", "listener-rule/web"),
        ("access_points", "access-point/data"),
        ("log_groups", "log-group/backend"),
        ("services", "service/backend"),
        ("scalable_targets", "scalable-target/backend"),
        ("databases", "database/main"),
        ("secrets", "secret/main"),
        ("target_groups", "target-group/web"),
    ] {
        environment.write(WORLD, &world);
        by_hand(&environment, |world| remove_own(world, kind));
        assert_eq!(findings(&environment), [format!("drift {key}: there -> absent")]);
        environment.done(&["up", "staging", "--yes", "--quiet"]);
        assert_eq!(findings(&environment), Vec::<String>::new(), "after up: {key}");
    }
}

#[test]
fn a_database_that_aws_woke_on_day_seven_is_drift_with_a_price_until_down() {
    let environment = up();
    environment.done(&["down", "staging", "--mode", "park", "--yes", "--quiet"]);
    environment.done(&["sim", "advance", "staging", "8d"]);
    assert_eq!(findings(&environment), ["drift database/main.status: stopped -> available"]);
    let answer = environment.run(&["drift", "staging"]);
    assert!(answer.stdout.contains("0.38 USD a day"), "{answer}");
    environment.done(&["down", "staging", "--mode", "park", "--yes", "--quiet"]);
    assert_eq!(findings(&environment), Vec::<String>::new());
}

#[test]
fn drift_pending_and_extra_are_kept_apart_and_reported_together() {
    let environment = up();
    environment.edit("environments/staging.yaml", "class: db.t4g.micro", "class: db.t4g.small");
    by_hand(&environment, |world| {
        own(world, "services")["desired_count"] = json!(7);
        let family = world["families"].as_object_mut().unwrap().values_mut().next().unwrap();
        let containers = &mut family["revisions"][0]["document"]["containerDefinitions"];
        containers.as_array_mut().unwrap().push(json!({"name": "miner", "image": "evil:1"}));
    });
    assert_eq!(
        findings(&environment),
        [
            "drift service/backend.count: 1 to 4 -> 7",
            "extra task-definition/backend.containerDefinitions[miner]: - -> evil:1",
            "pending database/main.class: db.t4g.small -> db.t4g.micro",
        ]
    );
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    assert_eq!(findings(&environment), Vec::<String>::new());
}

#[test]
fn an_accepted_difference_ends_with_0_and_a_wrong_file_with_3() {
    let environment = up();
    by_hand(&environment, |world| own(world, "services")["desired_count"] = json!(7));
    let accepted = "- environment: staging\n  difference: service/backend.count\n  reason: load test\n  author: anna\n  expires: 2099-01-01\n";
    environment.write("accepted.yaml", accepted);
    assert_eq!(findings(&environment), Vec::<String>::new());
    environment.write("accepted.yaml", "- {environment: staging}\n");
    let answer = environment.run(&["drift", "staging"]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.stderr.contains("accepted.yaml"), "{answer}");
}

#[test]
fn one_run_writes_many_answers() {
    let environment = up();
    by_hand(&environment, |world| remove_own(world, "log_groups"));
    let arguments = [
        "drift",
        "staging",
        "-o",
        "sarif=out.sarif",
        "-o",
        "junit=out.xml",
        "-o",
        "html=out.html",
        "-o",
        "comment=out.md",
        "-o",
        "markdown",
        "--exit-zero",
    ];
    let stdout = environment.done(&arguments);
    assert!(stdout.starts_with("### Drift: 1 drift\n"), "{stdout}");
    let sarif: Value = serde_json::from_str(&environment.read("out.sarif")).unwrap();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "environments/staging.yaml");
    let line = usize::try_from(place["region"]["startLine"].as_u64().unwrap()).unwrap();
    let spec = environment.read("environments/staging.yaml");
    assert_eq!(spec.lines().nth(line - 1).unwrap().trim(), "log:");
    assert!(environment.read("out.xml").contains("<failure type=\"drift\""));
    assert!(environment.read("out.html").starts_with("<!doctype html>"));
    assert!(environment.read("out.md").starts_with("<!-- envctl drift -->"));
}

#[test]
fn a_workflow_gets_annotations_a_summary_and_outputs() {
    let mut environment = up();
    by_hand(&environment, |world| remove_own(world, "log_groups"));
    for (name, file) in [("GITHUB_STEP_SUMMARY", "summary.md"), ("GITHUB_OUTPUT", "output.txt")] {
        let path = environment.path(file).display().to_string();
        environment.set(name, &path);
    }
    let answer = environment.run(&["drift", "staging", "-o", "github"]);
    assert_eq!(answer.code, 2, "{answer}");
    assert!(answer.stdout.starts_with("::error file=environments/staging.yaml,line="), "{answer}");
    assert!(environment.read("summary.md").contains("log-group/backend"));
    assert_eq!(environment.read("output.txt"), "result=differs\ndrift=1\nextra=0\nunreadable=0\npending=0\n");
}

#[test]
fn drift_writes_nothing_to_the_cloud() {
    let environment = up();
    by_hand(&environment, |world| own(world, "services")["desired_count"] = json!(7));
    // The world keeps its newest calls only, so that their number says nothing.
    let last_write = |environment: &TestEnvironment| {
        let state: Value = serde_json::from_str(&environment.read(WORLD)).unwrap();
        let world = state["worlds"].as_object().unwrap().values().next().unwrap().clone();
        let calls = world["calls"].as_array().unwrap().clone();
        calls.into_iter().rfind(|call| call["write"] == true).expect("a write")
    };
    let before = last_write(&environment);
    assert_eq!(environment.run(&["drift", "--all"]).code, 2);
    assert_eq!(last_write(&environment), before);
}

#[test]
fn formats_and_names_that_are_not_known_end_with_3() {
    let environment = TestEnvironment::new();
    for wrong in [
        &["drift", "stagin"][..],
        &["drift", "-o", "sarfi"],
        &["drift", "-o", "json", "-o", "text"],
        &["drift", "staging", "--all"],
        &["plan", "staging", "-o", "sarif"],
        &["status", "-o", "json=file"],
    ] {
        let answer = environment.run(wrong);
        assert_eq!(answer.code, 3, "{wrong:?}: {answer}");
    }
}
