//! A release that somebody stops half-way, that is killed, or that comes second.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{Answer, TestEnvironment};

const IMAGE: &str = "123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend:2.0";

/// Staging, up; a release of it waits in its first step until somebody writes the file `go`.
fn waiting() -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    let spec = environment.read("environments/staging.yaml");
    let more = "
checks:
  slow: {command: {run: [/bin/sh, -c, 'while [ ! -e go ]; do :; done']}}
release:
  before: [slow, snapshot]
  announce: {topic: 'arn:aws:sns:us-east-2:123456789012:releases'}
";
    environment.write("environments/staging.yaml", &format!("{spec}{more}"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

/// A release that has come to its first step; what it said until then.
fn begun(environment: &TestEnvironment) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut command = environment.command(&["release", "staging", "--image", IMAGE, "--yes"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut said = BufReader::new(child.stderr.take().expect("stderr"));
    let mut line = String::new();
    while !line.starts_with("before: checks slow") {
        line.clear();
        assert_ne!(said.read_line(&mut line).expect("text"), 0, "it ended before its first step");
    }
    (child, said)
}

fn record(environment: &TestEnvironment) -> serde_json::Value {
    environment.json(&["release", "show", "staging"])
}

#[test]
fn ctrl_c_leaves_a_record_and_says_where_things_stand() {
    let environment = waiting();
    let (mut child, mut said) = begun(&environment);
    // The standard library sends SIGKILL alone.
    let sent = Command::new("/bin/sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(sent.expect("a shell").success());
    environment.write("go", "");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut said, &mut rest).expect("text");
    assert_eq!(child.wait().expect("its end").code(), Some(130), "{rest}");
    for word in ["was interrupted at before", "nothing was deployed", "runs pythonide-staging-task:1, as before"] {
        assert!(rest.contains(word), "`{word}` is not in {rest}");
    }
    let record = record(&environment);
    assert_eq!((record["state"].as_str(), record["gate"].as_str()), (Some("interrupted"), Some("before")), "{record}");
    assert!(environment.done(&["lock", "show", "staging"]).contains("free"));
    assert!(!environment.done(&["sim", "show"]).contains("[staging:"), "nobody had heard of it");
    environment.done(&["release", "staging", "--image", IMAGE, "--yes", "--quiet"]);
}

#[test]
fn a_kill_leaves_a_record_that_says_in_which_step_and_that_can_be_closed() {
    let environment = waiting();
    let (mut child, _said) = begun(&environment);
    child.kill().expect("SIGKILL");
    child.wait().expect("its end");
    environment.write("go", "");
    let killed = record(&environment);
    assert_eq!(killed["state"], "broken-off");
    assert_eq!(killed["entries"].as_array().map(Vec::len), Some(1));
    assert_eq!(killed["entries"][0]["state"], "under way");
    assert!(environment.done(&["release", "list"]).contains("broken off at before"));
    assert!(environment.done(&["release", "show", "staging", "-o", "markdown"]).contains("**under way**"));
    let masked = environment.run(&["release", "show", "staging"]).masked();
    let told: Vec<&str> = masked.lines().skip_while(|line| !line.starts_with("incident")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    incident: at before, in the middle of: checks slow: envctl was killed, or its computer was
    incident: nothing was deployed
    what to do: nothing has to be undone: release again
    what to do: then record it: envctl release close STAMP --verdict TEXT
    ── exit 0
    ");
    let id = killed["id"].as_str().expect("an id");
    environment.done(&["release", "close", id, "--verdict", "the laptop was out of power"]);
    assert_eq!(record(&environment)["verdict"], "the laptop was out of power");
    environment.done(&["sim", "advance", "1m"]);
    environment.done(&["release", "staging", "--image", IMAGE, "--yes", "--quiet"]);
    assert_eq!(record(&environment)["state"], "succeeded", "the lock of a dead process is taken over");
}

/// As if berta were at work, from another computer.
fn held(environment: &TestEnvironment, run: &str) {
    let folder = environment.path(".envctl/sim/store/locks/staging");
    let names = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let newest = names.map(|name| name.into_string().expect("text")).max().expect("a record");
    let number: u64 = newest.trim_end_matches(".json").parse().expect("a number");
    let now = environment.json(&["sim", "show"])["now"].as_str().expect("a time").to_owned();
    let expires = now.parse::<jiff::Timestamp>().expect("a time") + jiff::SignedDuration::from_hours(1);
    let record = serde_json::json!({
        "state": "held", "since": now, "written": now, "expires": expires.to_string(),
        "holder": {"run": run, "owner": "berta", "host": "desk", "process": 1, "command": "envctl release staging"},
    });
    environment.write(&format!(".envctl/sim/store/locks/staging/{:08}.json", number + 1), &record.to_string());
}

#[test]
fn of_two_releases_the_second_ends_with_5_and_leaves_no_record() {
    let environment = waiting();
    environment.write("go", "");
    held(&environment, "r");
    let second: Answer = environment.run(&["release", "staging", "--image", IMAGE, "--yes", "--quiet"]);
    assert_eq!(second.code, 5, "{second}");
    assert!(second.stderr.contains("held by berta@desk"), "{second}");
    assert_eq!(environment.json(&["release", "list"])["releases"], serde_json::json!([]));
}

#[test]
fn a_release_that_goes_on_is_not_closed() {
    let environment = waiting();
    let (mut child, _said) = begun(&environment);
    child.kill().expect("SIGKILL");
    child.wait().expect("its end");
    environment.write("go", "");
    let id = record(&environment)["id"].as_str().expect("an id").to_owned();
    held(&environment, &id);
    assert_eq!(record(&environment)["state"], "under-way", "somebody holds the lock for it, elsewhere");
    assert!(environment.done(&["release", "list"]).contains("under way, or killed"));
    let answer = environment.run(&["release", "close", &id, "--verdict", "done"]);
    assert_eq!(answer.code, 5, "{answer}");
    assert!(answer.stderr.contains("goes on"), "{answer}");
}
