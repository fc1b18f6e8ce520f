//! `envctl verify`: on the simulated cloud, and against what really is there.

use crate::support::TestEnvironment;

/// A workspace whose staging has these checks.
fn with_checks(checks: &str) -> TestEnvironment {
    let environment = TestEnvironment::new();
    environment.edit("environments/staging.yaml", "\nsleep:\n", &format!("\nchecks:\n{checks}\nsleep:\n"));
    environment
}

#[test]
fn what_sleeps_fails_and_what_is_up_passes() {
    let environment = with_checks(
        "  answers:\n    http: https://staging.pythonide-classroom.tech/health\n  runs:\n    service: backend\n  \
         reads:\n    sql: {query: select 1}\n",
    );
    environment.done(&["up", "staging", "--yes"]);
    let answer = environment.run(&["verify", "staging"]);
    assert_eq!(answer.code, 0, "{answer}");
    assert!(answer.stdout.contains("staging: 3 passed"), "{answer}");
    assert!(answer.stdout.contains("simulated"), "{answer}");
    environment.done(&["down", "staging", "--yes"]);
    let answer = environment.run(&["verify", "staging"]);
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stdout.contains("status 503 from a page"), "{answer}");
}

#[test]
fn a_program_is_judged_by_its_code_and_its_words() {
    let environment = with_checks(
        "  good:\n    command: {run: [sh, -c, 'echo Errors: 0'], contains: 'Errors: 0'}\n  bad:\n    command: [sh, -c, \
         'echo went wrong >&2; exit 3']\n  slow:\n    command: [sleep, '60']\n    timeout: 1s\n  absent:\n    \
         command: [no-such-program-here]\n",
    );
    let answer = environment.run(&["verify", "staging", "-o", "json"]);
    assert_eq!(answer.code, 7, "{answer}");
    let value: serde_json::Value = serde_json::from_str(&answer.stdout).expect("one JSON value");
    let verdicts: Vec<(&str, &str)> = value["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .map(|check| (check["name"].as_str().unwrap(), check["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(verdicts, [("absent", "failed"), ("bad", "failed"), ("good", "passed"), ("slow", "failed")]);
    assert!(answer.stdout.contains("went wrong") && answer.stdout.contains("ended with 3, expected 0"), "{answer}");
    assert!(answer.stdout.contains("did not end within 1 s"), "{answer}");
}
