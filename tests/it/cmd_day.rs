//! A whole day on the simulated cloud: every command of it, and an empty plan after each.

use crate::support::TestEnvironment;

/// The plan for what was asked for last is empty.
fn in_sync(environment: &TestEnvironment) {
    let answer = environment.run(&["plan", "staging"]);
    assert_eq!(answer.code, 0, "{answer}");
    assert!(answer.stdout.contains("in sync"), "{answer}");
}

fn power(environment: &TestEnvironment) -> String {
    environment.json(&["status", "staging"])["power"].as_str().expect("a power state").to_owned()
}

#[test]
fn up_down_up_park_up_and_destroy_keep_what_was_written() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    in_sync(&environment);
    environment.done(&["sim", "write", "staging", "print('hello')"]);
    environment.done(&["down", "staging", "--mode", "hibernate", "--yes"]);
    in_sync(&environment);
    assert_eq!(power(&environment), "hibernated");
    environment.done(&["up", "staging", "--yes"]);
    in_sync(&environment);
    assert_eq!(environment.done(&["sim", "read", "staging"]), "print('hello')\n");
    environment.done(&["down", "--mode", "park", "--yes"]);
    in_sync(&environment);
    assert_eq!(power(&environment), "parked");
    environment.done(&["up", "staging", "--yes"]);
    assert_eq!(environment.done(&["sim", "read", "staging"]), "print('hello')\n");
    environment.done(&["destroy", "staging", "--yes", "--confirm", "staging"]);
    in_sync(&environment);
    assert_eq!(power(&environment), "absent");
    environment.done(&["up", "staging", "--yes"]);
    assert_eq!(environment.done(&["sim", "read", "staging"]), "print('hello')\n");
    let world = environment.json(&["sim", "show", "staging"]);
    assert_eq!(world["lost_data"], serde_json::json!([]));
    assert_eq!(world["broken_promises"], serde_json::json!([]));
}

#[test]
fn two_environments_of_one_workspace_do_not_touch_each_other() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["up", "preview", "--yes"]);
    let answer = environment.run(&["down", "--yes"]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.stderr.contains("several environments are up: preview, staging"), "{answer}");
    environment.done(&["destroy", "preview", "--yes", "--confirm", "preview"]);
    in_sync(&environment);
    environment.done(&["down", "--yes"]);
    in_sync(&environment);
    let answer = environment.run(&["down", "--yes"]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.stderr.contains("no environment is up"), "{answer}");
}

#[test]
fn aws_starts_a_parked_database_after_a_week_and_down_puts_it_to_sleep_again() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["down", "staging", "--mode", "park", "--yes"]);
    let status = environment.done(&["status", "staging"]);
    assert!(status.contains("AWS will, by itself: start the stopped database/main on 2026-11-29"), "{status}");
    environment.done(&["sim", "advance", "8d"]);
    assert_eq!(environment.run(&["plan", "staging"]).code, 2);
    assert!(environment.done(&["status", "staging"]).contains("Not as asked for"));
    environment.done(&["down", "staging", "--mode", "park", "--yes"]);
    in_sync(&environment);
}

#[test]
fn the_same_seed_and_commands_are_the_same_day() {
    let day = || {
        let environment = TestEnvironment::on_a_known_day();
        let up = environment.run(&["up", "staging", "--yes"]).to_string();
        let down = environment.run(&["down", "staging", "--yes"]).to_string();
        up + &down
    };
    assert_eq!(day(), day());
}
