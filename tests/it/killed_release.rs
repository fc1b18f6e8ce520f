//! `release` by the built binary, killed with SIGKILL all along its journals and its record. The simulated cloud is kept
//! in a file after each change, so that what it did before a kill it has done.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{TestEnvironment, until_no_more};

/// A release that passes every gate, and one whose image gives up, so that everything is taken back.
const GOOD: [&str; 6] = ["release", "staging", "--image", "repository/pythonide-backend:2.0", "--yes", "--quiet"];
const BAD: [&str; 6] = ["release", "staging", "--image", "repository/pythonide-backend:exits-1", "--yes", "--quiet"];

/// What runs before and after it.
const BEFORE: &str = "pythonide-staging-task:2";
const AFTER: &str = "pythonide-staging-task:3";

/// Releases at a time.
const AT_A_TIME: usize = 3;

/// Longest time in which a release may stand still.
const PATIENCE: Duration = Duration::from_secs(120);

/// Every kind of step once.
const PROCEDURE: &str = r#"
checks: {backend: {service: backend}}
release:
  before: [snapshot, checks, {maintenance: on}, announce]
  tasks: [migrate]
  verify: [{maintenance: off}, backend]
  watch: {lasts: 2m, every: 1m, checks: [backend]}
  rollback_when: [deploy, tasks, verify, watch]
  after: [announce]
  announce: {topic: "arn:aws:sns:us-east-2:123456789012:releases"}
"#;

/// Staging as it was before the release: up, deployed to once, and somebody's data in it.
fn before(procedure: &str) -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    let spec = environment.read("environments/staging.yaml");
    environment.write("environments/staging.yaml", &format!("{spec}{procedure}"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment.done(&["deploy", "staging", "--image", "repository/pythonide-backend:1.5", "--yes", "--quiet"]);
    environment.done(&["sim", "write", "staging", "the answer is 42"]);
    environment
}

/// How far the releases of a workspace have come: lines of journals, and writes of records.
fn distance(environment: &TestEnvironment) -> usize {
    let count = |folder: &str, mark: &[u8]| -> usize {
        let Ok(files) = std::fs::read_dir(environment.path(folder)) else { return 0 };
        let texts = files.filter_map(|file| std::fs::read(file.ok()?.path()).ok());
        texts.map(|text| text.windows(mark.len()).filter(|window| *window == mark).count()).sum()
    };
    let records = ".envctl/sim/store/releases/staging";
    count(".envctl/sim/store/runs/staging", b"\n")
        + count(records, b"\"began_at\": ")
        + count(records, b"\"ended_at\": \"")
        + count(records, b"\"deployed_at\": \"")
}

/// Kills a release when it has come so far; `false`: it had ended before.
#[allow(clippy::disallowed_methods, reason = "a real process is looked at until it has come so far, in real time")]
fn kill_at(environment: &TestEnvironment, release: &[&str], steps: usize) -> bool {
    let goal = distance(environment) + steps;
    let mut command = environment.command(release);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs");
    let begun = Instant::now();
    while distance(environment) < goal {
        if let Some(status) = child.try_wait().expect("its status") {
            let code = if release == GOOD { 0 } else { 7 };
            assert_eq!(status.code(), Some(code), "nobody killed it");
            return false;
        }
        assert!(begun.elapsed() < PATIENCE, "it never came to {steps}");
        std::thread::sleep(Duration::from_micros(500));
    }
    child.kill().expect("SIGKILL");
    child.wait().expect("its end");
    true
}

/// The newest record; `None`: none was written yet.
fn record(environment: &TestEnvironment) -> Option<Value> {
    serde_json::from_str(&environment.run(&["release", "show", "staging", "-o", "json"]).stdout).ok()
}

/// What a killed release leaves is told as it is, and somebody is served by one of the two revisions.
fn is_told(environment: &TestEnvironment, story: &str) {
    let status = environment.json(&["status", "staging"]);
    let resources = status["resources"].as_array().expect("resources");
    let service = resources.iter().find(|one| one["resource"] == "service/backend").expect("the service");
    let running = service["state"].as_str().and_then(|state| state.split(' ').next()?.parse().ok());
    let is_served = running.is_some_and(|running: u32| running >= 1);
    let runs = |revision: &str| service["detail"].as_str().is_some_and(|detail| detail.ends_with(revision));
    let Some(record) = record(environment) else {
        // Killed before anything was done.
        assert!(is_served && runs(BEFORE), "{story}: {service}");
        return;
    };
    let entries = record["entries"].as_array().expect("entries");
    let passed = |what: &str| entries.iter().any(|entry| entry["what"] == what && entry["state"] == "passed");
    let data_goes_back = entries.last().is_some_and(|entry| entry["what"] == "roll back the data");
    assert!(is_served || data_goes_back, "{story}: {service}");
    let deployed = !record["deployed_at"].is_null();
    assert!(deployed || runs(BEFORE), "{story}: {service} {record:#}");
    assert!(!passed("a new revision") || runs(AFTER), "{story}: {service} {record:#}");
    if passed("snapshot") {
        let snapshot = record["snapshots"][0]["snapshot"].as_str().expect("a snapshot");
        assert!(environment.done(&["snapshot", "list", "staging"]).contains(snapshot), "{story}");
    }
    match record["state"].as_str() {
        Some("succeeded") => {
            assert!(entries.iter().all(|entry| entry["state"] == "passed"), "{story}: {record:#}");
            return;
        }
        Some("rolled-back") => {
            assert!(runs(BEFORE), "{story}: {service} {record:#}");
            return;
        }
        _ => {}
    }
    assert_eq!(record["state"], "broken-off", "{story}: {record:#}");
    assert!(record["incident_lines"].to_string().contains("envctl was killed"), "{story}: {record:#}");
    let to_do = record["what_to_do"].to_string();
    assert_eq!(to_do.contains(&format!("envctl rollback staging --to {BEFORE}")), deployed, "{story}: {to_do}");
    let half_way = data_goes_back && entries.last().is_some_and(|entry| entry["state"] == "under way");
    assert_eq!(to_do.contains("first let the data arrive"), half_way, "{story}: {to_do}");
    let page = !status["maintenance"].is_null();
    assert!(!page || to_do.contains("envctl maintenance off staging"), "{story}: {to_do}");
}

/// One way on after a kill: everything is in sync then, and everything that was written is there.
fn goes_on(environment: &TestEnvironment, way: usize, story: &str) {
    let done = |arguments: &[&str]| {
        let answer = environment.run(arguments);
        assert_eq!(answer.code, 0, "{story}: {arguments:?}: {answer}");
        answer.stdout
    };
    let record = record(environment);
    let is_told = |words: &str| record.as_ref().is_some_and(|record| record["what_to_do"].to_string().contains(words));
    if is_told("first let the data arrive") {
        done(&["up", "staging", "--yes", "--quiet"]);
    }
    match way {
        0 => drop(done(&GOOD)),
        1 if is_told("rollback") => {
            // The new revision may have completed without being remembered: one step back is the same then.
            let to: &[&str] = if done(&["status", "staging"]).contains(AFTER) { &[] } else { &["--to", BEFORE] };
            done(&[&["rollback", "staging", "--yes", "--quiet"], to].concat());
            assert!(done(&["status", "staging"]).contains(BEFORE), "{story}");
        }
        2 => {
            done(&["lock", "release", "staging", "--reason", "it was killed"]);
            done(&["up", "staging", "--yes", "--quiet"]);
        }
        _ => drop(done(&["up", "staging", "--yes", "--quiet"])),
    }
    if way != 0 && is_told("maintenance off") {
        done(&["maintenance", "off", "staging", "--yes", "--quiet"]);
    }
    done(&["drift", "staging"]);
    assert_eq!(done(&["sim", "read", "staging"]), "the answer is 42\n", "{story}");
    let shown = done(&["sim", "show"]);
    assert!(shown.contains("lost data: none"), "{story}: {shown}");
}

/// Kills a release at every so many steps; at how many places that was.
fn killed_all_along(procedure: &str, release: &[&str], every: usize) -> usize {
    let before = before(procedure);
    let reached = Mutex::new(BTreeSet::new());
    until_no_more(AT_A_TIME, |number| {
        let environment = before.copy();
        let killed = kill_at(&environment, release, number * every);
        // A release goes on until the kill arrives: it may have come as far as another one.
        let place = distance(&environment);
        if killed && reached.lock().expect("places").insert(place) {
            let story = format!("killed after {} steps, at {place}", number * every);
            is_told(&environment, &story);
            goes_on(&environment, place % 3, &story);
        }
        killed
    });
    reached.into_inner().expect("places").len()
}

#[test]
fn a_release_that_is_killed_anywhere_tells_how_far_it_came_and_every_way_on_works() {
    let places = killed_all_along(PROCEDURE, &GOOD, 1);
    assert!(places > 30, "only {places} places");
}

#[test]
fn so_does_one_that_is_killed_while_it_takes_everything_back() {
    let places = killed_all_along(PROCEDURE, &BAD, 3);
    assert!(places > 10, "only {places} places");
}

#[test]
fn so_does_one_that_is_killed_while_the_data_goes_back() {
    let procedure = PROCEDURE.replace("  after:", "  with_data: true\n  after:");
    let places = killed_all_along(&procedure, &BAD, 7);
    assert!(places > 5, "only {places} places");
}
