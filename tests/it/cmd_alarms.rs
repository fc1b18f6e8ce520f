//! Alarms and the dashboard through the commands: made, silenced, compared, put right, deleted.

use serde_json::{Value, json};

use crate::support::TestEnvironment;

const WORLD: &str = ".envctl/sim/world.json";

const ALARMS: &str = "
alarms:
  slow: {metric: rule.latency, threshold: 2s}
  errors: {metric: rule.errors, threshold: 10}
  memory: {metric: service.memory, threshold: 90%}
  storage: {metric: database.storage, threshold: 2 GiB}
dashboard: {}
";

/// The shipped staging environment with alarms and a dashboard, up.
fn up() -> TestEnvironment {
    let environment = TestEnvironment::new();
    let staging = environment.read("environments/staging.yaml");
    environment.write("environments/staging.yaml", &format!("{staging}{ALARMS}"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

/// Changes the simulated account behind envctl's back.
fn by_hand(environment: &TestEnvironment, change: impl FnOnce(&mut Value)) {
    let mut state: Value = serde_json::from_str(&environment.read(WORLD)).expect("the world");
    change(state["worlds"].as_object_mut().and_then(|worlds| worlds.values_mut().next()).expect("a world"));
    environment.write(WORLD, &state.to_string());
    // The simulated clock has not moved since the last run: a journal of the same second would be in the way.
    let _ = std::fs::remove_dir_all(environment.path(".envctl/sim/store"));
}

/// Alarm to whether its actions are on.
fn switched(environment: &TestEnvironment) -> Vec<(String, bool)> {
    let state: Value = serde_json::from_str(&environment.read(WORLD)).expect("the world");
    let world = state["worlds"].as_object().and_then(|worlds| worlds.values().next()).expect("a world").clone();
    let alarms = world["alarms"].as_object().expect("alarms").clone();
    alarms.into_iter().map(|(name, alarm)| (name, alarm["live"]["actions_enabled"] == true)).collect()
}

/// Kind, subject, wanted and found of every finding.
fn findings(environment: &TestEnvironment) -> Vec<String> {
    let answer = environment.run(&["drift", "staging", "--output", "json"]);
    let value: Value = serde_json::from_str(&answer.stdout).unwrap_or_else(|_| panic!("{answer}"));
    let found = value["environments"][0]["findings"].as_array().expect("findings").clone();
    let one = |one: &Value| {
        let text = |field: &str| one[field].as_str().unwrap_or("-").to_owned();
        let field = one["field"].as_str().map(|field| format!(".{field}")).unwrap_or_default();
        format!("{} {}{field}: {} -> {}", text("kind"), text("resource"), text("wanted"), text("found"))
    };
    found.iter().map(one).collect()
}

#[test]
fn alarms_speak_while_it_is_up_and_are_silent_while_it_sleeps() {
    let environment = up();
    let all = switched(&environment);
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|(name, on)| *on && name.starts_with("pythonide-staging-")), "{all:?}");
    assert_eq!(environment.run(&["plan", "staging", "--for", "up"]).code, 0);

    environment.done(&["down", "staging", "--yes", "--quiet"]);
    assert!(switched(&environment).iter().all(|(_, on)| !on));
    assert_eq!(findings(&environment), Vec::<String>::new(), "asleep with its actions off is in sync");

    environment.done(&["up", "staging", "--yes", "--quiet"]);
    assert!(switched(&environment).iter().all(|(_, on)| *on));
    environment.done(&["destroy", "staging", "--yes", "--confirm", "staging", "--quiet"]);
    assert_eq!(switched(&environment), []);
    assert!(!environment.read(WORLD).contains("\"widgets\""), "the dashboard is gone too");
}

#[test]
fn what_hands_did_to_alarms_and_the_dashboard_is_found_and_put_right() {
    let environment = up();
    by_hand(&environment, |world| {
        world["alarms"]["pythonide-staging-slow"]["live"]["spec"]["threshold"] = json!("20");
        world["alarms"]["pythonide-staging-errors"]["live"]["actions_enabled"] = json!(false);
        world["alarms"].as_object_mut().expect("alarms").remove("pythonide-staging-storage");
        world["dashboards"]["pythonide-staging"]["body"]["widgets"][2]["properties"]["title"] = json!("mine");
    });
    let found = findings(&environment);
    let expected = [
        "drift alarm/errors.actions-enabled: on -> off",
        "drift alarm/slow.threshold: 2 -> 20",
        "drift alarm/storage: there -> absent",
        "drift dashboard/main.body.widgets[2].properties.title: backend: CPU and memory -> mine",
    ];
    assert_eq!(found, expected);
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    assert_eq!(findings(&environment), Vec::<String>::new());

    by_hand(&environment, |world| {
        drop(world["dashboards"].as_object_mut().expect("dashboards").remove("pythonide-staging"));
    });
    assert_eq!(findings(&environment), ["drift dashboard/main: there -> absent"]);
    environment.done(&["down", "staging", "--yes", "--quiet"]);
    by_hand(&environment, |world| world["alarms"]["pythonide-staging-slow"]["live"]["actions_enabled"] = json!(true));
    assert!(findings(&environment).contains(&"drift alarm/slow.actions-enabled: off -> on".to_owned()));
}

#[test]
fn what_somebody_else_made_under_the_same_name_is_left_alone() {
    let environment = up();
    by_hand(&environment, |world| {
        world["alarms"]["pythonide-staging-slow"]["live"]["tags"] = json!({"team": "another"});
        world["dashboards"]["pythonide-staging"]["body"] = json!({"widgets": []});
    });
    let answer = environment.run(&["destroy", "staging", "--yes", "--confirm", "staging"]);
    assert_eq!(answer.code, 1, "{answer}");
    assert!(answer.stderr.contains("refused: alarm/slow: pythonide-staging-slow exists already"), "{answer}");
    assert!(answer.stderr.contains("refused: dashboard/main: dashboard pythonide-staging exists already"), "{answer}");
    // Going to sleep does not wait for it.
    environment.done(&["down", "staging", "--yes", "--quiet"]);
    let on: Vec<String> = switched(&environment).into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect();
    assert_eq!(on, ["pythonide-staging-slow"]);
}
