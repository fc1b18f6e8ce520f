//! `envctl promote`: what was proven in one environment becomes a change of another's spec, and of nothing else.

use crate::support::{Answer, TestEnvironment};

const STAGING: &str = "environments/staging.yaml";
const PRODUCTION: &str = "environments/production.yaml";
const REPOSITORY: &str = "123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend";

/// Staging, up with image 2.1 by its digest, and a spec of production with other values and comments of its own.
fn proven() -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    let production = environment
        .read(STAGING)
        .replace("pythonide-staging", "pythonide-production")
        .replace("staging.pythonide", "www.pythonide")
        .replace("path: /staging ", "path: /production ")
        .replace("cpu: 512 ", "cpu: 2 vCPU ")
        .replace("memory: 2048   ", "memory: '8 GiB'   # room for a class\n    #")
        .replace("{min: 1, max: 4, cpu: 60}", "{min: 2, max: 10, cpu: 45}   # as before the summer");
    environment.write(PRODUCTION, &production);
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment.done(&["deploy", "staging", "--image", &format!("{REPOSITORY}:2.1"), "--yes", "--quiet"]);
    environment
}

fn promote(environment: &TestEnvironment, more: &[&str]) -> Answer {
    environment.run(&[&["promote", "staging", "production"], more].concat())
}

#[test]
fn values_change_in_the_file_alone_with_the_evidence_and_the_diff_shown() {
    let environment = proven();
    let before = environment.read(PRODUCTION);
    let answer = promote(&environment, &["--yes"]);
    assert_eq!(answer.code, 0, "{answer}");
    insta::assert_snapshot!(answer.masked(), @r"
    ── stdout
    written: 4 values; the cloud is as it was
    next: envctl plan production, and when that is right envctl up production
    ── stderr
    Proven in staging:
      - service backend runs pythonide-staging-task:2, its deployment is complete, begun
        TIME 1 of 1 tasks
      - no check of staging was made: its spec has none
    --- environments/production.yaml
    +++ environments/production.yaml
    @@ -44,8 +44,8 @@
         family: pythonide-production-task
         container: pythonide-backend
    -    image: 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend:latest
    +    image: 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend@sha256:b7376c8f86415c0c275ee19fe3087b03f6a619d023c5a286212c8c563df6b14d
         port: 8080
    -    cpu: 2 vCPU                    # 0.5 vCPU
    +    cpu: 0.5 vCPU                    # 0.5 vCPU
    -    memory: '8 GiB'   # room for a class
    +    memory: '2 GiB'   # room for a class
         #             # MiB
         execution_role: ecsTaskExecutionRole
    @@ -58,5 +58,5 @@
           name: /aws/ecs/pythonide-production
           keep: 14d
    -    scaling: {min: 2, max: 10, cpu: 45}   # as before the summer
    +    scaling: {min: 2, max: 10, cpu: 60}   # as before the summer
     
     rules:
    ── exit 0
    ");
    let after = environment.read(PRODUCTION);
    let changed = before.lines().zip(after.lines()).filter(|(old, new)| old != new).count();
    assert_eq!((before.lines().count(), changed), (after.lines().count(), 4), "image, cpu, memory, scaling: {after}");
    assert!(after.contains("memory: '2 GiB'   # room for a class"), "quotes, unit and comment stay: {after}");
    assert!(after.contains("{min: 2, max: 10, cpu: 60}   # as before the summer"), "counts are its own: {after}");
    assert!(after.contains(&format!("{REPOSITORY}@sha256:")), "the very image: {after}");
    assert_eq!(environment.run(&["validate"]).code, 0);
    assert_eq!(promote(&environment, &["--yes"]).stdout, "the spec of production says all of it already\n");
}

#[test]
fn only_what_is_asked_for_is_promoted() {
    let environment = proven();
    let before = environment.read(PRODUCTION);
    let answer = environment.json(&["promote", "staging", "production", "--only", "image", "--yes"]);
    let changes = answer["changes"].as_array().expect("changes");
    assert_eq!(changes.len(), 1, "{answer}");
    assert_eq!(changes[0]["field"], "image");
    assert_eq!(before.lines().zip(environment.read(PRODUCTION).lines()).filter(|(old, new)| old != new).count(), 1);
    let wrong = promote(&environment, &["--only", "count"]);
    assert_eq!(wrong.code, 3, "{wrong}");
    assert!(wrong.stderr.contains("image, size, scaling, throughput, database"), "{wrong}");
}

#[test]
fn without_a_terminal_it_shows_the_diff_and_writes_nothing() {
    let environment = proven();
    let before = environment.read(PRODUCTION);
    let answer = promote(&environment, &[]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.stderr.contains("@@") && answer.stderr.contains("--yes"), "{answer}");
    assert_eq!(environment.read(PRODUCTION), before);
}

#[test]
fn an_environment_that_does_not_run_as_its_spec_says_proves_nothing() {
    let asleep = proven();
    asleep.done(&["down", "staging", "--yes", "--quiet"]);
    let answer = promote(&asleep, &["--yes"]);
    assert_eq!(answer.code, 1, "{answer}");
    assert!(answer.stderr.contains("service backend of staging sleeps") && answer.stderr.contains("envctl up staging"));
    let edited = proven();
    edited.edit(STAGING, "{min: 1, max: 4, cpu: 60}", "{min: 1, max: 4, cpu: 70}");
    let answer = promote(&edited, &["--yes"]);
    assert_eq!(answer.code, 1, "{answer}");
    assert!(answer.stderr.contains("is not what its spec says") && answer.stderr.contains("still to do"), "{answer}");
    let failed = proven();
    failed.run(&["deploy", "staging", "--image", &format!("{REPOSITORY}:never-healthy"), "--yes", "--no-wait"]);
    let answer = promote(&failed, &["--yes"]);
    assert_eq!(answer.code, 1, "{answer}");
    assert!(answer.stderr.contains("IN_PROGRESS"), "{answer}");
}

#[test]
fn checks_that_do_not_pass_stop_it() {
    let environment = proven();
    let check = "\nchecks:\n  health: {http: https://staging.pythonide-classroom.tech/health}\n";
    let staging = environment.read(STAGING);
    environment.write(STAGING, &format!("{staging}{check}"));
    environment.done(&["sim", "fail", "staging", "health", "the page is blank"]);
    let answer = promote(&environment, &["--yes"]);
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stderr.contains("health") && answer.stderr.contains("the page is blank"), "{answer}");
    let anyway = promote(&environment, &["--yes", "--without-checks"]);
    assert_eq!(anyway.code, 0, "{anyway}");
    assert!(anyway.stderr.contains("no check of staging was made: as asked for"), "{anyway}");
}

#[test]
fn a_value_that_another_file_declares_for_several_is_left_to_a_person() {
    let environment = proven();
    environment.edit(STAGING, "pythonide-backend:latest", "pythonide-backend:2.0");
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment.done(&["deploy", "staging", "--image", &format!("{REPOSITORY}:2.2"), "--yes", "--quiet"]);
    let answer = environment.run(&["promote", "staging", "preview", "--yes", "--only", "image"]);
    assert_eq!(answer.code, 3, "{answer}");
    let words = answer.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("staging takes it from there too") && words.contains("preview.yaml by hand"), "{answer}");
}

/// What it told, in one line: the diff left out.
fn told(answer: &Answer) -> String {
    let lines = answer.stderr.lines().take_while(|line| !line.starts_with("--- "));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

fn release(environment: &TestEnvironment, tag: &str) -> (i32, String) {
    let answer =
        environment.run(&["release", "staging", "--image", &format!("{REPOSITORY}:{tag}"), "--yes", "--quiet"]);
    let id = environment.json(&["release", "list", "staging"])["releases"][0]["id"].as_str().expect("an id").to_owned();
    (answer.code, id)
}

#[test]
fn the_release_that_brought_what_runs_is_named_and_one_that_failed_since_is_told() {
    let environment = proven();
    assert!(!told(&promote(&environment, &[])).contains("release"), "nothing was ever released");
    environment.edit(STAGING, "\nsleep:\n", "\nrelease: {watch: {lasts: 1m, open_for: 2d}}\n\nsleep:\n");
    let (code, first) = release(&environment, "2.2");
    assert_eq!(code, 0);
    let open = told(&promote(&environment, &[]));
    assert!(open.contains(&format!("service backend: release {first} by anna@laptop, passed every gate at")), "{open}");
    assert!(open.contains("and nobody has closed it yet"), "{open}");
    environment.done(&["release", "close", &first, "--verdict", "a quiet week"]);
    assert!(told(&promote(&environment, &[])).contains(": a quiet week"));
    environment.done(&["sim", "advance", "1h"]);
    let (code, second) = release(&environment, "exits-1");
    assert_eq!(code, 7);
    let answer = promote(&environment, &["--yes", "--only", "image"]);
    assert_eq!(answer.code, 0, "{answer}");
    let told = told(&answer);
    assert!(told.contains(&format!("service backend: release {first} ")), "its revision runs again: {told}");
    assert!(told.contains(&format!("note: the newest release of staging, {second} at ")), "{told}");
    assert!(told.contains("was rolled back at deploy: at deploy, a new revision: "), "{told}");
}

#[test]
fn what_no_release_brought_is_told() {
    let environment = proven();
    assert_eq!(release(&environment, "2.2").0, 0);
    environment.done(&["deploy", "staging", "--image", &format!("{REPOSITORY}:2.3"), "--yes", "--quiet"]);
    let told = told(&promote(&environment, &[]));
    assert!(told.contains("note: no release that succeeded brought what service backend runs"), "{told}");
}

#[test]
fn the_size_of_a_database_is_promoted_when_it_is_asked_for() {
    let environment = proven();
    environment.edit(PRODUCTION, "class: db.t4g.micro", "class: db.m6g.large   # bought in May");
    let told = told(&promote(&environment, &[]));
    assert!(
        told.contains("database/main has class db.t4g.micro, there db.m6g.large; --only database takes that along"),
        "{told}"
    );
    let before = environment.read(PRODUCTION);
    let answer = promote(&environment, &["--only", "database", "--yes"]);
    assert_eq!(answer.code, 0, "{answer}");
    assert!(answer.stderr.contains("database/main is a db.t4g.micro with gp3"), "{answer}");
    let after = environment.read(PRODUCTION);
    let changed: Vec<&str> =
        before.lines().zip(after.lines()).filter(|(old, new)| old != new).map(|(_, new)| new).collect();
    assert_eq!(changed, ["    class: db.t4g.micro   # bought in May"]);
    assert_eq!(promote(&environment, &["--only", "database", "--yes"]).stdout.lines().count(), 1, "it says so already");
}

#[test]
fn storage_that_a_spec_writes_goes_along_and_what_it_does_not_write_is_left_to_a_person() {
    let environment = proven();
    let gp3 = |iops: &str, throughput: &str| {
        format!("storage: 400 GiB\n    iops: {iops}\n    storage_throughput: {throughput} MiB/s\n    #")
    };
    environment.edit(STAGING, "storage: 20 GiB ", &gp3("13000", "600"));
    environment.edit(PRODUCTION, "storage: 20 GiB ", &gp3("12000", "500"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    let answer = environment.json(&["promote", "staging", "production", "--only", "database", "--yes"]);
    assert_eq!(answer["changes"][0]["field"], "iops", "{answer}");
    assert_eq!(
        (answer["changes"][0]["old"].as_str(), answer["changes"][0]["new"].as_str()),
        (Some("12000"), Some("13000"))
    );
    assert!(environment.read(PRODUCTION).contains("    storage_throughput: 600 MiB/s\n"));
    environment.edit(PRODUCTION, "    iops: 13000\n", "");
    let answer = promote(&environment, &["--only", "database", "--yes"]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.stderr.contains("iops of database/main cannot be changed") && answer.stderr.contains("by hand"));
}
