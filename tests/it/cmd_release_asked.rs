//! A release at a terminal: its questions, answered and not.

use std::process::{Command, Stdio};

use crate::support::{Answer, TestEnvironment};

const RELEASE: [&str; 4] = ["release", "staging", "--image", "repository/pythonide-backend:2.0"];
const CTRL_C: &[u8] = &[3];

/// Staging, up, whose release asks before it does anything.
fn up() -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    let spec = environment.read("environments/staging.yaml");
    let procedure = "release: {before: [{confirm: Is the window open?, name: window}, snapshot]}";
    environment.write("environments/staging.yaml", &format!("{spec}\n{procedure}\n"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

/// What the first question of the procedure is answered with, once the release was agreed to.
fn asked(environment: &TestEnvironment, keys: &[u8]) -> Answer {
    environment.at_a_terminal(&[&RELEASE[..], &["--yes"]].concat(), "Is the window open? [y/N]", keys)
}

/// Nothing is locked, and nothing was deployed.
fn is_free(environment: &TestEnvironment) {
    assert!(environment.done(&["lock", "show", "staging"]).contains("free"));
    assert!(environment.done(&["status", "staging"]).contains("pythonide-staging-task:1"));
    environment.done(&["sim", "advance", "1m"]);
    environment.done(&[&RELEASE[..], &["--yes", "--quiet", "--answer", "window=yes"]].concat());
}

#[test]
fn ctrl_c_at_the_question_whether_to_release_ends_it_before_anything_is_begun() {
    let environment = up();
    let answer = environment.at_a_terminal(&RELEASE, "release staging? [y/N]", CTRL_C);
    assert_eq!(answer.code, 130, "{answer}");
    assert_eq!(environment.json(&["release", "list"])["releases"], serde_json::json!([]));
    is_free(&environment);
}

#[test]
fn ctrl_c_at_a_question_of_the_procedure_ends_it_at_once_and_the_record_says_so() {
    let environment = up();
    let answer = asked(&environment, CTRL_C);
    assert_eq!(answer.code, 130, "{answer}");
    assert!(answer.stdout.contains("the release to staging was interrupted at before"), "{answer}");
    let record = environment.json(&["release", "show", "staging"]);
    assert_eq!(record["state"], "interrupted", "{record:#}");
    assert_eq!(record["entries"][0]["state"], "interrupted", "{record:#}");
    is_free(&environment);
}

#[test]
fn a_question_is_answered_at_the_terminal() {
    let environment = up();
    let no = asked(&environment, b"n\n");
    assert_eq!(no.code, 7, "{no}");
    assert!(no.stdout.contains("anna@laptop answered no, at the terminal"), "{no}");
    environment.done(&["sim", "advance", "1m"]);
    let yes = asked(&environment, b"y\n");
    assert_eq!(yes.code, 0, "{yes}");
    let record = environment.json(&["release", "show", "staging"]);
    assert_eq!(record["entries"][0]["evidence"][0], "anna@laptop answered yes, at the terminal", "{record:#}");
}

/// A program that a check runs is ended with the release that waits for it.
#[test]
fn ctrl_c_while_a_program_of_a_check_runs_ends_both() {
    let environment = TestEnvironment::on_a_known_day();
    let spec = environment.read("environments/staging.yaml");
    let check = "checks: {stubborn: {command: {run: [sh, -c, 'echo $$ > ran; exec sleep 600']}, timeout: 10m}}";
    environment.write("environments/staging.yaml", &format!("{spec}\n{check}\nrelease: {{before: [checks]}}\n"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    let mut release = environment.command(&[&RELEASE[..], &["--yes"]].concat());
    let release = release.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("envctl");
    let program = loop {
        match std::fs::read_to_string(environment.path("ran")) {
            Ok(text) if text.ends_with('\n') => break text.trim().to_owned(),
            _ => std::thread::yield_now(),
        }
    };
    let sent = Command::new("kill").args(["-INT", &release.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let answer = environment.answer(&release.wait_with_output().expect("its end"));
    assert_eq!(answer.code, 130, "{answer}");
    while runs(&program) {
        std::thread::yield_now();
    }
}

/// Is there such a process? One that has ended, and that nobody has asked about yet, is none.
fn runs(process: &str) -> bool {
    let listed = Command::new("ps").args(["-o", "stat=", "-p", process]).output().expect("ps");
    let state = String::from_utf8_lossy(&listed.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}
