//! `envctl run`: whose output goes where, and what is kept.

use crate::support::TestEnvironment;

const SPEC: &str = "environments/staging.yaml";

/// Staging, up, with a migration that must report no errors.
fn up() -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    let command = "command: [python, manage.py, migrate]";
    environment.edit(SPEC, command, &format!("{command}\n    expect: ['Created: \\d+, Errors: 0$']"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

#[test]
fn the_followed_output_is_on_stdout_alone_and_all_else_on_stderr() {
    let environment = up();
    environment.done(&[
        "sim",
        "task",
        "staging",
        "migrate",
        "--prints",
        "Applying 0001",
        "--prints",
        "Created: 60, Errors: 0",
    ]);
    let answer = environment.run(&["run", "staging", "migrate", "--follow"]);
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(answer.stdout, "the task begins\nApplying 0001\nCreated: 60, Errors: 0\n");
    assert!(answer.stderr.contains("staging: task migrate succeeded"), "{answer}");
    let quiet = environment.run(&["run", "staging", "migrate", "-f", "--quiet"]);
    assert_eq!(quiet.stdout, answer.stdout, "each run shows its own lines");
    assert_eq!(quiet.stderr, "", "{quiet}");
}

#[test]
fn as_json_the_answer_is_one_value_and_the_lines_go_to_stderr() {
    let environment = up();
    let answer = environment.run(&["run", "staging", "migrate", "--follow", "--output", "json"]);
    let value: serde_json::Value = serde_json::from_str(&answer.stdout).expect("one value");
    assert_eq!(value["ending"], "done");
    assert!(answer.stderr.contains("Created: 7, Errors: 0"), "{answer}");
}

#[test]
fn a_followed_task_that_fails_has_shown_its_lines_and_says_why() {
    let environment = up();
    environment.done(&["sim", "task", "staging", "migrate", "--exits", "3", "--prints", "no such table"]);
    let answer = environment.run(&["run", "staging", "migrate", "--follow"]);
    assert_eq!(answer.code, 1, "{answer}");
    assert!(answer.stdout.contains("no such table"), "{answer}");
    assert!(answer.stderr.contains("exit code 3"), "{answer}");
}

#[test]
fn the_history_keeps_exit_code_expected_lines_and_the_last_ones() {
    let environment = up();
    environment.done(&[
        "sim",
        "task",
        "staging",
        "migrate",
        "--prints",
        "Applying 0001",
        "--prints",
        "Created: 60, Errors: 0",
    ]);
    environment.done(&["run", "staging", "migrate"]);
    let runs = environment.json(&["history", "staging"]);
    let run = runs["runs"][0]["run"].as_str().expect("a run").to_owned();
    let replay = environment.done(&["history", &run]);
    for line in ["- exit code 0", "- as expected: Created: 60, Errors: 0", "- log: Applying 0001"] {
        assert!(replay.contains(line), "`{line}` is not in {replay}");
    }
    let events = environment.json(&["history", &run]);
    let kept = events["events"].as_array().expect("events").iter().find(|event| !event["evidence"].is_null());
    assert_eq!(kept.expect("evidence")["evidence"][0], "exit code 0", "{events}");
}

#[test]
fn the_environment_may_come_from_the_variable() {
    let mut environment = up();
    let missing = environment.run(&["run", "migrate"]);
    assert_eq!(missing.code, 3, "{missing}");
    assert!(missing.stderr.contains("ENVCTL_ENVIRONMENT"), "{missing}");
    environment.set("ENVCTL_ENVIRONMENT", "staging");
    assert_eq!(environment.run(&["run", "migrate"]).code, 0);
    assert_eq!(environment.run(&["run", "staging", "migrate"]).code, 0, "naming it is still possible");
    let unknown = environment.run(&["run", "nothing"]);
    assert!(unknown.stderr.contains("has no task `nothing`"), "{unknown}");
}
