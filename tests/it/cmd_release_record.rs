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
    insta::assert_snapshot!(release(&environment, "2.0", &[]).masked(), @r"
    ── stdout
    staging: released (N min N s)
    service backend runs pythonide-staging-task:2, before it pythonide-staging-task:1
    open until 2026-11-24 N:NN UTC: envctl release watch STAMP
    when it is judged: envctl release close STAMP --verdict TEXT
    record STAMP
    ── exit 0
    ");
    let id = newest(&environment);
    environment.done(&["sim", "advance", "20h"]);
    insta::assert_snapshot!(environment.run(&["release", "watch", &id]).masked(), @r"
    ── stdout
    passed        backend  1 of 1 tasks running (240 ms, simulated)
        desired 1 -> 1 (+0 %)
        healthy_targets 1 -> 1 (+0 %)
        running 1 -> 1 (+0 %)
    staging: 1 passed
    ── stderr
    When it is judged: envctl release close STAMP --verdict TEXT
    ── exit 0
    ");
    environment.done(&["release", "watch", &id, "--wait", "--quiet"]);
    environment.done(&["sim", "fail", "staging", "backend", "tasks come and go"]);
    let bad = environment.run(&["release", "watch", &id, "--quiet"]);
    assert_eq!(bad.code, 7, "{bad}");
    assert!(bad.stderr.contains("tasks come and go") && bad.stderr.contains("envctl rollback staging"), "{bad}");
    insta::assert_snapshot!(environment.run(&["release", "close", &id, "--verdict", "two quiet days"]).masked(), @r"
    ── stdout
    staging: release STAMP is closed: two quiet days
    ── exit 0
    ");
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
fn a_record_shows_what_happened_in_text() {
    let environment = up(OPEN);
    release(&environment, "exits-1", &["--reason", "the | new *editor*"]);
    insta::assert_snapshot!(environment.run(&["release", "show", "staging"]).masked(), @r"
    ── stdout
    STAMP release of staging, rolled back at deploy, 2026-11-22 N:NN UTC, by
                          anna@laptop, because the | new *editor*
      envctl release staging --image 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend:exits-1 --yes --quiet --reason the | new *editor*
      backend: image.pythonide-backend 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend@sha256:163d5523ffe8d0c3047c577a7ddb7f5026195175c12479f82c1062b835ee136f
      service backend: before pythonide-staging-task:1, deployed pythonide-staging-task:2
      snapshot of main: pythonide-staging-db-STAMP
    passed      before snapshot                   N min N s
        snapshot pythonide-staging-db-STAMP of main: available, 20 GiB, encrypted
    passed      before checks                     N s
        backend: passed (simulated): 1 of 1 tasks running
    failed      deploy a new revision             N min N s
        deploy a new revision of service pythonide-staging-service: service/backend cannot start its
        tasks: EssentialContainerExited: Essential container in task exited (pythonide-backend exit code
        1)
        task 638dc18bbde8e02df25457bd5e29f413: EssentialContainerExited: Essential container in task
        exited (pythonide-backend exit code 1)
        log pythonide-backend: the application gave up with exit code 1
        2 tasks stopped like this
        event: (service pythonide-staging-service) has started 1 tasks: (task
        638dc18bbde8e02df25457bd5e29f413).
        event: (service pythonide-staging-service) has started 1 tasks: (task
        6dcbee56550c55f797a0fc4dcdb44b92).
    passed      deploy roll back                  N min N s
        service backend runs pythonide-staging-task:1 again, 1 of 1 tasks
    passed      deploy checks after the rollback  N s
        backend: passed (simulated): 1 of 1 tasks running
    incident: at deploy, a new revision: deploy a new revision of service pythonide-staging-service:
              service/backend cannot start its tasks: EssentialContainerExited: Essential container in
              task exited (pythonide-backend exit code 1)
    incident: task 638dc18bbde8e02df25457bd5e29f413: EssentialContainerExited: Essential container in
              task exited (pythonide-backend exit code 1)
    incident: log pythonide-backend: the application gave up with exit code 1
    incident: 2 tasks stopped like this
    incident: event: (service pythonide-staging-service) has started 1 tasks: (task
              638dc18bbde8e02df25457bd5e29f413).
    incident: event: (service pythonide-staging-service) has started 1 tasks: (task
              6dcbee56550c55f797a0fc4dcdb44b92).
    incident: service backend runs pythonide-staging-task:1, as before
    incident: the data of the start: main in snapshot pythonide-staging-db-STAMP
    ── exit 0
    ");
    insta::assert_snapshot!(environment.run(&["release", "list"]).masked(), @r"
    ── stdout
    STAMP  staging
        rolled back at deploy, N min N s, by anna@laptop, backend: image.pythonide-backend
        pythonide-backend@163d5523ffe8
    ── exit 0
    ");
}

#[test]
fn a_record_is_markdown_that_no_value_breaks() {
    let environment = up(OPEN);
    release(&environment, "exits-1", &["--reason", "the | new *editor*"]);
    insta::assert_snapshot!(environment.run(&["release", "show", "staging", "-o", "markdown"]).masked(), @r"
    ── stdout
    # Release of staging: rolled back at deploy

    | | |
    |--|--|
    | record | STAMP |
    | environment | staging of pythonide, account 123456789012, us-east-2 |
    | by | anna&#64;laptop |
    | command | envctl release staging --image 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend:exits-1 --yes --quiet --reason the \| new \*editor\* |
    | reason | the \| new \*editor\* |
    | began | TIME |
    | ended | TIME after N min N s |
    | backend image.pythonide-backend | 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend&#64;sha256:163d5523ffe8d0c3047c577a7ddb7f5026195175c12479f82c1062b835ee136f |
    | service backend | before: pythonide-staging-task:1; deployed: pythonide-staging-task:2 |
    | snapshot of main | pythonide-staging-db-STAMP |

    ## What happened

    - at deploy, a new revision: deploy a new revision of service pythonide-staging-service: service/backend cannot start its tasks: EssentialContainerExited: Essential container in task exited (pythonide-backend exit code 1)
    - task 638dc18bbde8e02df25457bd5e29f413: EssentialContainerExited: Essential container in task exited (pythonide-backend exit code 1)
    - log pythonide-backend: the application gave up with exit code 1
    - 2 tasks stopped like this
    - event: (service pythonide-staging-service) has started 1 tasks: (task 638dc18bbde8e02df25457bd5e29f413).
    - event: (service pythonide-staging-service) has started 1 tasks: (task 6dcbee56550c55f797a0fc4dcdb44b92).
    - service backend runs pythonide-staging-task:1, as before
    - the data of the start: main in snapshot pythonide-staging-db-STAMP

    ## Step by step

    | gate | what | | took |
    |--|--|--|--|
    | before | snapshot | passed | N min N s |
    | before | checks | passed | N s |
    | deploy | a new revision | **failed** | N min N s |
    | deploy | roll back | passed | N min N s |
    | deploy | checks after the rollback | passed | N s |

    ### before: snapshot

    - snapshot pythonide-staging-db-STAMP of main: available, 20 GiB, encrypted

    ### before: checks

    - backend: passed (simulated): 1 of 1 tasks running

    ### deploy: a new revision

    - deploy a new revision of service pythonide-staging-service: service/backend cannot start its tasks: EssentialContainerExited: Essential container in task exited (pythonide-backend exit code 1)
    - task 638dc18bbde8e02df25457bd5e29f413: EssentialContainerExited: Essential container in task exited (pythonide-backend exit code 1)
    - log pythonide-backend: the application gave up with exit code 1
    - 2 tasks stopped like this
    - event: (service pythonide-staging-service) has started 1 tasks: (task 638dc18bbde8e02df25457bd5e29f413).
    - event: (service pythonide-staging-service) has started 1 tasks: (task 6dcbee56550c55f797a0fc4dcdb44b92).

    ### deploy: roll back

    - service backend runs pythonide-staging-task:1 again, 1 of 1 tasks

    ### deploy: checks after the rollback

    - backend: passed (simulated): 1 of 1 tasks running
    ── exit 0
    ");
}

#[test]
fn what_is_no_record_is_told() {
    let environment = up(OPEN);
    insta::assert_snapshot!(environment.run(&["release", "show", "staging"]).masked(), @r"
    ── stderr
    error: staging has had no release yet
    hint: envctl release staging --image NAME=REF
    ── exit 3
    ");
    insta::assert_snapshot!(environment.run(&["release", "list"]).masked(), @r"
    ── stdout
    no release yet
    ── exit 0
    ");
    insta::assert_snapshot!(environment.run(&["release", "watch", "2026"]).masked(), @r"
    ── stderr
    error: there is no release `2026`, or several begin so
    hint: `envctl release list` lists them
    ── exit 3
    ");
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
    insta::assert_snapshot!(told.join("\n").replace(&newest(&environment), "STAMP"), @r"
    to webhook: staging: a release begins. backend image.pythonide-backend 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend@sha256:d9acdc9b0792314f369e8e4611af875d9b0cc8b69c95d8f449e3e6458ca687a1. By anna@laptop. Record STAMP.
    to arn:aws:sns:us-east-2:123456789012:releases [staging: a release begins]: staging: a release begins. backend image.pythonide-backend 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend@sha256:d9acdc9b0792314f369e8e4611af875d9b0cc8b69c95d8f449e3e6458ca687a1. By anna@laptop. Record STAMP.
    to webhook: Done: 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend@sha256:d9acdc9b0792314f369e8e4611af875d9b0cc8b69c95d8f449e3e6458ca687a1 <!channel>
    to arn:aws:sns:us-east-2:123456789012:releases [staging: released]: Done: 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend@sha256:d9acdc9b0792314f369e8e4611af875d9b0cc8b69c95d8f449e3e6458ca687a1 <!channel>
    ");
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
    insta::assert_snapshot!(answer.masked(), @r"
    ── stderr
    error[TPL010]: `reasn` has no value
     --> templates/notify/incident.hbs:1:19
      |
    1 | {{environment}} {{reasn}}
      |                   ^^^^^ not known here
      |
      = help: did you mean `reason`?

    1 problem
    ── exit 3
    ");
    assert_eq!(environment.json(&["release", "list"])["releases"], serde_json::json!([]), "nothing was begun");
}
