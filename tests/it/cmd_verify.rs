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
    let checks = "  good:\n    command: {run: [sh, -c, 'echo Errors: 0'], contains: 'Errors: 0'}\n  bad:\n    command: [sh, -c, \
         'echo went wrong >&2; exit 3']\n  slow:\n    command: [sleep, '60']\n    timeout: 1s\n  absent:\n    \
         command: [no-such-program-here]\n  \
         family:\n    command: [sh, -c, 'SLEEP; true']\n    timeout: 1s\n";
    // Told apart from that of another run at the same time.
    let sleep = format!("sleep {}", 3_000_000 + std::process::id());
    let environment = with_checks(&checks.replace("SLEEP", &sleep));
    let answer = environment.run(&["verify", "staging", "-o", "json"]);
    assert_eq!(answer.code, 7, "{answer}");
    let value: serde_json::Value = serde_json::from_str(&answer.stdout).expect("one JSON value");
    let verdicts: Vec<(&str, &str)> = value["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .map(|check| (check["name"].as_str().unwrap(), check["verdict"].as_str().unwrap()))
        .collect();
    let wanted =
        [("absent", "failed"), ("bad", "failed"), ("family", "failed"), ("good", "passed"), ("slow", "failed")];
    assert_eq!(verdicts, wanted);
    // What a program started is ended with it.
    let left = std::process::Command::new("ps").args(["-A", "-o", "args="]).output().expect("ps");
    assert!(!String::from_utf8_lossy(&left.stdout).lines().any(|line| line == sleep));
    assert!(answer.stdout.contains("went wrong") && answer.stdout.contains("ended with 3, expected 0"), "{answer}");
    assert!(answer.stdout.contains("did not end within 1 s"), "{answer}");
}

#[test]
fn a_planted_failure_fails_until_it_is_healed() {
    let environment = with_checks("  answers:\n    http: https://staging.pythonide-classroom.tech/health\n");
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["sim", "fail", "staging", "answers", "the page is blank"]);
    let answer = environment.run(&["verify", "staging", "-o", "markdown"]);
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stdout.contains("the page is blank"), "{answer}");
    environment.done(&["sim", "heal", "staging", "answers"]);
    environment.done(&["verify", "staging"]);
    assert_eq!(environment.run(&["sim", "fail", "staging", "nothing"]).code, 3);
    assert_eq!(environment.run(&["verify", "staging", "--only", "nothing"]).code, 3);
}

#[test]
fn a_log_that_is_not_there_is_not_looked_at_and_ends_with_1() {
    let environment = with_checks("  quiet:\n    log: {group: /no/such/group, absent: ERROR}\n");
    let answer = environment.run(&["verify", "staging"]);
    assert_eq!(answer.code, 1, "{answer}");
    assert!(answer.stdout.contains("not looked at"), "{answer}");
}

#[test]
fn checks_that_cannot_be_made_are_problems_of_the_spec() {
    let environment = with_checks(
        "  none: {tries: 2}\n  both: {http: 'http://a/', service: backend}\n  address: {http: 'ftp://a/'}\n  pattern: {http: \
         {url: 'http://a/', matches: '('}}\n  path: {http: {url: 'http://a/', json: {'$[': 1}}}\n  nobody: {service: \
         bakend}\n  asks: {sql: {database: main}}\n  number: {http: {url: 'http://a/', json: {$.a: '>= many'}}}\n",
    );
    let answer = environment.run(&["validate", "staging"]);
    assert_eq!(answer.code, 3, "{answer}");
    for words in [
        "check `none` looks at nothing",
        "check `both` is both `http` and `service`",
        "`ftp://` is not http",
        "`(` is no regular expression",
        "`$[` is no JSON path",
        "there is no service `bakend`",
        "check `asks` asks nothing",
        "`many` is no number",
    ] {
        assert!(answer.stderr.contains(words), "no `{words}` in {answer}");
    }
}
