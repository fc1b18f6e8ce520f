//! Records of releases: what is written when, what is read later, and what is announced.

use crate::support::{Answer, TestEnvironment};

const IMAGE: &str = "123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend";

/// Staging, up, with more in its spec.
fn up(more: &str) -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    let spec = environment.read("environments/staging.yaml");
    environment.write("environments/staging.yaml", &format!("{spec}{more}"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

fn release(environment: &TestEnvironment, tag: &str, more: &[&str]) -> Answer {
    let image = format!("{IMAGE}:{tag}");
    environment.run(&[&["release", "staging", "--image", &image, "--yes", "--quiet"], more].concat())
}

fn newest(environment: &TestEnvironment) -> String {
    environment.json(&["release", "show", "staging"])["id"].as_str().expect("an id").to_owned()
}

const OPEN: &str = "
checks: {backend: {service: backend}}
release: {watch: {lasts: 2m, open_for: 48h}}
";

#[test]
fn a_release_stays_open_is_looked_at_again_and_is_closed_with_a_verdict() {
    let environment = up(OPEN);
    insta::assert_snapshot!(release(&environment, "2.0", &[]).masked(), @"");
    let id = newest(&environment);
    environment.done(&["sim", "advance", "20h"]);
    insta::assert_snapshot!(environment.run(&["release", "watch", &id]).masked(), @"");
    environment.done(&["release", "watch", &id, "--wait", "--quiet"]);
    environment.done(&["sim", "fail", "staging", "backend", "tasks come and go"]);
    let bad = environment.run(&["release", "watch", &id, "--quiet"]);
    assert_eq!(bad.code, 7, "{bad}");
    assert!(bad.stderr.contains("tasks come and go") && bad.stderr.contains("envctl rollback staging"), "{bad}");
    insta::assert_snapshot!(environment.run(&["release", "close", &id, "--verdict", "two quiet days"]).masked(), @"");
    let record = environment.json(&["release", "show", "staging"]);
    assert_eq!((record["state"].as_str(), record["verdict"].as_str()), (Some("succeeded"), Some("two quiet days")));
    let looks: Vec<&str> = record["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["what"] == "a later look")
        .map(|entry| entry["state"].as_str().unwrap())
        .collect();
    assert_eq!(looks, ["passed", "passed", "failed"], "{record}");
    let again = environment.run(&["release", "close", &id, "--verdict", "no"]);
    assert_eq!(again.code, 3, "{again}");
    assert!(again.stderr.contains("was closed by anna@laptop: two quiet days"), "{again}");
    assert_eq!(environment.run(&["release", "watch", &id]).code, 3, "there is nothing to watch any more");
}

#[test]
fn a_record_is_written_before_the_first_step_and_is_readable_as_text_and_markdown() {
    let environment = up(OPEN);
    release(&environment, "exits-1", &["--reason", "the | new *editor*"]);
    insta::assert_snapshot!(environment.run(&["release", "show", "staging"]).masked(), @"");
    insta::assert_snapshot!(environment.run(&["release", "show", "staging", "-o", "markdown"]).masked(), @"");
    insta::assert_snapshot!(environment.run(&["release", "list"]).masked(), @"");
}

#[test]
fn what_is_no_record_is_told() {
    let environment = up(OPEN);
    insta::assert_snapshot!(environment.run(&["release", "show", "staging"]).masked(), @"");
    insta::assert_snapshot!(environment.run(&["release", "list"]).masked(), @"");
    insta::assert_snapshot!(environment.run(&["release", "watch", "2026"]).masked(), @"");
    environment.write(".envctl/sim/store/releases/staging/20261122T080000Z-aaaa.json", "{\"format_version\": 1");
    let damaged = environment.run(&["release", "show", "staging"]);
    assert_eq!(damaged.code, 1, "{damaged}");
    assert!(damaged.stderr.contains("cannot be read"), "{damaged}");
    assert!(environment.done(&["release", "list"]).contains("cannot be read"));
    environment.write(".envctl/sim/store/releases/staging/20261122T080000Z-bbbb.json", "{\"id\": \"\u{1b}[2J\"}");
    assert!(!environment.done(&["release", "list"]).contains('\u{1b}'));
}

#[test]
fn later_checks_are_compared_with_what_was_measured_before_a_release() {
    let environment = up(OPEN);
    release(&environment, "2.0", &[]);
    let id = newest(&environment);
    let answer = environment.run(&["verify", "staging", "--against", &id[..15]]);
    assert_eq!(answer.code, 0, "{answer}");
    assert!(answer.stdout.contains("running 1 -> 1"), "{answer}");
    environment.done(&["release", "show", "staging", "-o", "json=record.json"]);
    let from_file = environment.done(&["verify", "staging", "--against", "record.json"]);
    assert!(from_file.contains("running 1 -> 1"), "{from_file}");
    let nothing = environment.run(&["verify", "staging", "--against", "1999"]);
    assert_eq!(nothing.code, 3, "{nothing}");
}

const TOLD: &str = "
release: {announce: {webhook: team/slack, topic: 'arn:aws:sns:us-east-2:123456789012:releases'}}
";

#[test]
fn announcements_of_play_reach_nobody_and_their_texts_are_the_workspaces() {
    let environment = up(TOLD);
    let mut secret = environment.command(&["sim", "secret", "staging", "team/slack"]);
    let mut child = secret.stdin(std::process::Stdio::piped()).spawn().expect("envctl");
    std::io::Write::write_all(&mut child.stdin.take().expect("stdin"), b"https://hooks.example/T0/verysecret").unwrap();
    assert!(child.wait().expect("its end").success());
    std::fs::remove_dir_all(environment.path("templates/notify")).expect("the templates");
    environment.write("templates/notify/after.hbs", "Done: {{#each settings}}{{value}}{{/each}} <!channel>");
    assert_eq!(release(&environment, "2.0", &[]).code, 0);
    let told = environment.done(&["sim", "show"]);
    let told: Vec<&str> = told.lines().filter(|line| line.trim_start().starts_with("to ")).collect();
    insta::assert_snapshot!(told.join("\n").replace(&newest(&environment), "STAMP"), @"");
    let record = environment.json(&["release", "show", "staging"]).to_string();
    assert!(!record.contains("verysecret") && !record.contains("hooks.example"), "{record}");
}

#[test]
fn an_announcement_that_cannot_be_made_is_noted_and_stops_only_where_it_is_required() {
    let other = TOLD.replace("123456789012:releases", "999999999999:releases");
    let environment = up(&other);
    assert_eq!(release(&environment, "2.0", &[]).code, 0);
    let shown = environment.done(&["release", "show", "staging"]);
    assert!(shown.contains("topic: not sent: sns:Publish") && shown.contains("webhook: not sent: "), "{shown}");
    let required = up(&other.replace("announce: {", "announce: {required: true, "));
    let answer = release(&required, "2.0", &[]);
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stderr.contains("an announcement that is required was not sent"), "{answer}");
}

#[test]
fn a_template_that_cannot_be_rendered_is_refused_before_anything_begins() {
    let environment = up(TOLD);
    environment.write("templates/notify/incident.hbs", "{{environment}} {{reasn}}");
    let answer = release(&environment, "2.0", &[]);
    insta::assert_snapshot!(answer.masked(), @"");
    assert_eq!(environment.json(&["release", "list"])["releases"], serde_json::json!([]), "nothing was begun");
}
