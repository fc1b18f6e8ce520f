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
    assert!(wrong.stderr.contains("image, size, scaling, throughput"), "{wrong}");
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
