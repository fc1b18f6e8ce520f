//! `envctl release`: the gates in their order, a fault planted at each, and what is left then.

use crate::support::{Answer, TestEnvironment};

const IMAGE: &str = "123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend";

/// Two checks, a policy, and a release that uses every gate.
const PROCEDURE: &str = r#"
checks:
  health: {http: https://staging.pythonide-classroom.tech/health}
  backend: {service: backend}
policy: {allow: [moving-tags]}
release:
  before: [policy, {confirm: Is the window open?, name: window}, checks, announce]
  tasks: [migrate]
  verify: [health]
  watch: {lasts: 5m, checks: [backend]}
  rollback_when: [deploy, tasks, verify, watch]
  after: [announce]
  announce: {topic: "arn:aws:sns:us-east-2:123456789012:releases"}
"#;

/// Staging, up, with more in its spec.
fn up(more: &str) -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    let spec = environment.read("environments/staging.yaml");
    environment.write("environments/staging.yaml", &format!("{spec}{more}"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

fn release(environment: &TestEnvironment, tag: &str, more: &[&str]) -> Answer {
    let image = format!("backend={IMAGE}:{tag}");
    let arguments = ["release", "staging", "--image", &image, "--yes", "--quiet", "--answer", "window=yes"];
    environment.run(&[&arguments, more].concat())
}

/// The newest record.
fn record(environment: &TestEnvironment) -> serde_json::Value {
    environment.json(&["release", "show", "staging"])
}

/// `gate what state` of each entry.
fn entries(record: &serde_json::Value) -> Vec<String> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let line = |entry: &serde_json::Value| {
        format!("{} | {} | {}", text(&entry["gate"]), text(&entry["what"]), text(&entry["state"]))
    };
    record["entries"].as_array().expect("entries").iter().map(line).collect()
}

/// What the service runs.
fn revision(environment: &TestEnvironment) -> String {
    let status = environment.done(&["status", "staging"]);
    let word = status.split_whitespace().find(|word| word.starts_with("pythonide-staging-task:"));
    word.unwrap_or_else(|| panic!("{status}")).to_owned()
}

#[test]
fn every_gate_is_passed_in_order_and_the_record_says_so() {
    let environment = up(PROCEDURE);
    insta::assert_snapshot!(release(&environment, "2.0", &["--reason", "the new editor"]).masked(), @r"
    ── stdout
    staging: released (N min N s)
    service backend runs pythonide-staging-task:2, before it pythonide-staging-task:1
    record STAMP
    ── exit 0
    ");
    let record = record(&environment);
    insta::assert_snapshot!(entries(&record).join("\n"), @r"
    before | snapshot | passed
    before | policy | passed
    before | confirm: Is the window open? | passed
    before | checks | passed
    before | announce | passed
    deploy | a new revision | passed
    tasks | task migrate | passed
    verify | checks health | passed
    watch | for 5 min, every 1 min | passed
    after | announce | passed
    ");
    assert_eq!(record["state"], "succeeded");
    assert_eq!(record["reason"], "the new editor");
    assert_eq!(record["revisions"][0]["before"], "pythonide-staging-task:1");
    assert_eq!(record["revisions"][0]["after"], "pythonide-staging-task:2");
    let deployed = record["settings"][0]["value"].as_str().expect("an image");
    assert!(deployed.starts_with(&format!("{IMAGE}@sha256:")), "by its digest: {deployed}");
    let snapshot = record["snapshots"][0]["snapshot"].as_str().expect("a snapshot");
    assert!(environment.done(&["snapshot", "list", "staging"]).contains(snapshot));
    assert!(record["checks"].as_array().is_some_and(|checks| checks.len() == 2), "the baseline: {record}");
    assert_eq!(environment.run(&["drift", "staging"]).code, 0, "a release is no drift");
    let told = environment.done(&["sim", "show"]);
    for word in ["[staging: a release begins]", "the new editor", "[staging: released]", "pythonide-staging-task:2"] {
        assert!(told.contains(word), "`{word}` is not in {told}");
    }
    assert_eq!(environment.json(&["release", "list", "staging"])["releases"].as_array().map(Vec::len), Some(1));
}

#[test]
fn progress_tells_each_step_as_it_happens() {
    let environment = up(PROCEDURE);
    let image = format!("backend={IMAGE}:2.0");
    let answer = environment.run(&["release", "staging", "--image", &image, "--yes", "--answer", "1=yes"]);
    // What its plans do is told as by the commands that do the same.
    let masked = answer.masked();
    let lines: Vec<&str> = masked.lines().filter(|line| !line.starts_with("   N:NN")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    ── stdout
    staging: released (N min N s)
    service backend runs pythonide-staging-task:2, before it pythonide-staging-task:1
    record STAMP
    ── stderr
    staging: release
      before   snapshot
      before   policy
      before   confirm: Is the window open?
      before   checks
      before   announce
      deploy   backend: image.pythonide-backend 123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend@sha256:d9acdc9b0792314f369e8e4611af875d9b0cc8b69c95d8f449e3e6458ca687a1
      tasks    task migrate
      verify   checks health
      watch    N min, every N min
      after    announce
      back by itself when this fails: deploy, tasks, verify, watch
    before: snapshot
      passed (N min N s)
        snapshot pythonide-staging-db-STAMP of main: available, 20 GiB, encrypted
    before: policy
      passed (N s)
        kept by 3 task definitions
    before: confirm: Is the window open?
      passed (N s)
        anna@laptop answered yes, with --answer
    before: checks
    passed        backend  1 of 1 tasks running (240 ms, simulated)
    passed        health   forwarded to pythonide-staging-web, 1 of 1 targets healthy; the application's
                           answer is taken as declared (0 ms, simulated)
    staging: 2 passed
      passed (N s)
    before: announce
      passed (N s)
        topic: published as message-1
    deploy: a new revision
      passed (N min N s)
        service backend runs pythonide-staging-task:2, before it pythonide-staging-task:1
    tasks: task migrate
      passed (N s)
        it said: done
    verify: checks health
    passed        health  forwarded to pythonide-staging-web, 1 of 1 targets healthy; the application's
                          answer is taken as declared (0 ms, simulated)
    staging: 1 passed
      passed (N s)
    watch: for N min, every N min
      look 1: 1 passed; N min N s left
      look 2: 1 passed; N min N s left
      look 3: 1 passed; N min N s left
      look 4: 1 passed; N s left
      look 5: 1 passed; N s left
      passed (N min)
        5 looks in N min, all passed
        backend: passed (simulated): 1 of 1 tasks running
    after: announce
      passed (N s)
        topic: published as message-2
    ── exit 0
    ");
}

#[test]
fn a_fault_at_each_gate_stops_or_rolls_back_there_with_the_right_words() {
    let check = |tag: &str, plant: &dyn Fn(&TestEnvironment), state: &str, gate: &str, said: &[&str]| {
        let environment = up(PROCEDURE);
        plant(&environment);
        let answer = release(&environment, tag, &[]);
        assert_eq!(answer.code, 7, "{gate}: {answer}");
        let record = record(&environment);
        assert_eq!((record["state"].as_str(), record["gate"].as_str()), (Some(state), Some(gate)), "{answer}");
        for word in said {
            assert!(answer.stderr.contains(word), "{gate}: `{word}` is not in\n{}", answer.stderr);
        }
        let incident = record["incident_lines"].to_string();
        assert!(incident.contains("service backend runs pythonide-staging-task:1, as before"), "{gate}: {incident}");
        let shown = environment.done(&["release", "show", "staging", "-o", "markdown"]);
        assert!(shown.contains("## What happened"), "{shown}");
        environment.done(&["sim", "advance", "2h"]);
        assert_eq!(revision(&environment), "pythonide-staging-task:1", "{gate}: what ran before runs");
        assert_eq!(environment.run(&["drift", "staging"]).code, 0, "{gate}: nothing is remembered of it");
        let lost = environment.done(&["sim", "show"]);
        assert!(lost.contains("lost data: none"), "{lost}");
    };
    let nothing = |_: &TestEnvironment| {};
    let fail = |check: &'static str| {
        move |environment: &TestEnvironment| drop(environment.done(&["sim", "fail", "staging", check, "it is blank"]))
    };
    let task =
        |environment: &TestEnvironment| drop(environment.done(&["sim", "task", "staging", "migrate", "--exits", "3"]));
    check("2.0", &fail("backend"), "stopped", "before", &["check backend: it is blank", "nothing was deployed"]);
    check("cannot-pull", &nothing, "rolled-back", "deploy", &["CannotPullContainerError", "was rolled back at deploy"]);
    check("exits-1", &nothing, "rolled-back", "deploy", &["exit code 1"]);
    check("never-healthy", &nothing, "rolled-back", "deploy", &["health check"]);
    check("out-of-memory", &nothing, "rolled-back", "deploy", &["OutOfMemoryError"]);
    check("2.0", &task, "rolled-back", "tasks", &["at tasks, task migrate:", "exit code 3"]);
    check("2.0", &counted(2), "rolled-back", "verify", &["check health: /bin/sh ended with 1"]);
    check("2.0", &counted(4), "rolled-back", "watch", &["at watch, for 5 min, every 1 min: check backend"]);
}

/// Both checks become one program that fails from its n-th look on: fine as a baseline, and no more afterwards.
fn counted(from: u32) -> impl Fn(&TestEnvironment) {
    move |environment: &TestEnvironment| {
        let program = format!(
            "{{command: {{run: [/bin/sh, -c, 'echo x >> looks-$0; test $(wc -l < looks-$0) -lt {from}', NAME]}}}}"
        );
        let spec = "environments/staging.yaml";
        let health = "health: {http: https://staging.pythonide-classroom.tech/health}";
        environment.edit(spec, health, &format!("health: {}", program.replace("NAME", "health")));
        environment.edit(
            spec,
            "backend: {service: backend}",
            &format!("backend: {}", program.replace("NAME", "backend")),
        );
    }
}

#[test]
fn a_breach_of_the_policy_in_what_is_released_stops_it_before_anything_is_changed() {
    let environment = up(PROCEDURE);
    let answer = release(&environment, "2.0", &["--set", "environment.DEBUG=1"]);
    assert_eq!(answer.code, 7, "{answer}");
    insta::assert_snapshot!(answer.masked(), @r"
    ── stderr
    error: the release to staging stopped at before
      at before, policy: what is about to be deployed breaks the policy
      POL001 service backend: debugging is on: variable `DEBUG`; take `DEBUG` out, or switch it off
      POL001 task migrate: debugging is on: variable `DEBUG`; take `DEBUG` out, or switch it off
      POL001 task scrub: debugging is on: variable `DEBUG`; take `DEBUG` out, or switch it off
      nothing was deployed
      service backend runs pythonide-staging-task:1, as before
      the data of the start: main in snapshot pythonide-staging-db-STAMP
    hint: nothing has to be undone: mend the cause, then release again
    hint: the record: envctl release show staging STAMP
    ── exit 7
    ");
    assert_eq!(revision(&environment), "pythonide-staging-task:1");
}

#[test]
fn without_a_gate_in_rollback_when_it_stops_and_says_what_is_where_and_what_to_type() {
    let environment = up(&PROCEDURE.replace("[deploy, tasks, verify, watch]", "[]"));
    environment.done(&["sim", "task", "staging", "migrate", "--exits", "3"]);
    insta::assert_snapshot!(release(&environment, "2.0", &[]).masked(), @r"
    ── stderr
    error: the release to staging stopped at tasks
      at tasks, task migrate: run task migrate: task/migrate stopped: container pythonide-backend ended
      with exit code 3
      task 638dc18bbde8e02df25457bd5e29f413: EssentialContainerExited: Essential container in task
      exited (pythonide-backend exit code 3)
      log pythonide-backend: failed with exit code 3
      service backend runs pythonide-staging-task:2; before the release it ran pythonide-staging-task:1
      the data of the start: main in snapshot pythonide-staging-db-STAMP
    hint: back to what ran before: envctl rollback staging
    hint: the record: envctl release show staging STAMP
    ── exit 7
    ");
    assert_eq!(revision(&environment), "pythonide-staging-task:2", "it runs on");
    environment.done(&["rollback", "staging", "--yes", "--quiet"]);
    assert_eq!(revision(&environment), "pythonide-staging-task:1");
}

#[test]
fn a_spec_without_a_procedure_takes_a_snapshot_checks_and_goes_back() {
    let environment = up("\nchecks: {backend: {service: backend}}\n");
    let image = format!("{IMAGE}:2.0");
    environment.done(&["release", "staging", "--image", &image, "--yes", "--quiet"]);
    let passed = ["before | snapshot", "before | checks", "deploy | a new revision", "verify | checks"];
    assert_eq!(entries(&record(&environment)), passed.map(|what| format!("{what} | passed")));
    let bad = environment.run(&["release", "staging", "--image", &format!("{IMAGE}:exits-1"), "--yes", "--quiet"]);
    assert_eq!(bad.code, 7, "{bad}");
    assert_eq!(record(&environment)["state"], "rolled-back");
    assert_eq!(revision(&environment), "pythonide-staging-task:2");
}

#[test]
fn a_release_that_nobody_can_be_asked_about_names_every_flag_that_it_needs() {
    let environment = up(PROCEDURE);
    let ask = |arguments: &[&str]| {
        let image = format!("backend={IMAGE}:2.0");
        environment.run(&[&["release", "staging", "--image", &image], arguments].concat()).masked()
    };
    insta::assert_snapshot!(ask(&["--yes"]), @r"
    ── stderr
    error: there is no terminal to ask on, so nothing was done
    hint: --answer window=yes answers: Is the window open?
    ── exit 3
    ");
    insta::assert_snapshot!(ask(&["--answer", "window=yes"]), @r"
    ── stderr
    error: there is no terminal to ask on, so nothing was done
    hint: pass --yes to do it without asking
    ── exit 3
    ");
    insta::assert_snapshot!(ask(&["--yes", "--answer", "window=perhaps"]), @r"
    ── stderr
    error: `window=perhaps` answers nothing
    hint: write --answer NAME=yes
    ── exit 3
    ");
    insta::assert_snapshot!(ask(&["--yes", "--answer", "door=yes"]), @r"
    ── stderr
    error: the release asks no question `door`
    hint: --answer window=yes answers: Is the window open?
    ── exit 3
    ");
    insta::assert_snapshot!(environment.run(&["release", "staging", "--yes"]).masked(), @r"
    ── stderr
    error: nothing to release was given
    hint: pass --image NAME=REF or --set KEY=VALUE: what is to be deployed
    ── exit 3
    ");
    insta::assert_snapshot!(environment.run(&["release", "stagng", "--yes"]).masked(), @r"
    ── stderr
    error: there is no environment `stagng`
    hint: did you mean `staging`?
    ── exit 3
    ");
    assert_eq!(environment.json(&["release", "list"])["releases"], serde_json::json!([]), "nothing was begun");
}

#[test]
fn a_no_stops_it_and_is_on_the_record() {
    let environment = up(PROCEDURE);
    let image = format!("backend={IMAGE}:2.0");
    let answer = environment.run(&["release", "staging", "--image", &image, "--yes", "-q", "--answer", "window=no"]);
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stderr.contains("confirm: Is the window open?: anna@laptop answered no, with --answer"), "{answer}");
    assert_eq!(record(&environment)["state"], "stopped");
}

#[test]
fn a_protected_environment_wants_its_name() {
    let environment = up(&format!("{PROCEDURE}\nprotect: true\n"));
    let without = release(&environment, "2.0", &[]);
    assert_eq!(without.code, 3, "{without}");
    assert!(without.stderr.contains("--yes --confirm staging"), "{without}");
    let other = release(&environment, "2.0", &["--confirm", "production"]);
    assert_eq!(other.code, 3, "{other}");
    assert_eq!(release(&environment, "2.0", &["--confirm", "staging"]).code, 0);
}

#[test]
fn an_environment_that_sleeps_is_not_released_to() {
    let environment = up(PROCEDURE);
    environment.done(&["down", "staging", "--yes", "--quiet"]);
    let answer = release(&environment, "2.0", &[]);
    assert_eq!(answer.code, 1, "{answer}");
    assert!(answer.stderr.contains("envctl up staging"), "{answer}");
    assert_eq!(environment.json(&["release", "list"])["releases"], serde_json::json!([]), "nothing was begun");
}

/// Changes what the simulated cloud holds, as no command of envctl does.
fn in_the_world(environment: &TestEnvironment, change: impl FnOnce(&mut serde_json::Value)) {
    let path = ".envctl/sim/world.json";
    let mut state: serde_json::Value = serde_json::from_str(&environment.read(path)).expect("JSON");
    let worlds = state["worlds"].as_object_mut().expect("worlds");
    change(worlds.values_mut().next().expect("a world"));
    environment.write(path, &state.to_string());
}

#[test]
fn a_release_does_not_begin_without_a_way_back_unless_somebody_accepts_that() {
    let environment = up(PROCEDURE);
    in_the_world(&environment, |world| {
        let databases = world["databases"].as_object_mut().expect("databases");
        databases.values_mut().next().expect("a database")["live"]["status"] = "incompatible-parameters".into();
    });
    insta::assert_snapshot!(release(&environment, "2.0", &[]).masked(), @r"
    ── stderr
    error: staging has no way back, so nothing was begun
      no snapshot of database/main: pythonide-staging-db is incompatible-parameters: no snapshot can be
      taken, so it is left alone
    hint: mend that first; for a first release, or knowingly: --accept-no-way-back
    ── exit 1
    ");
    assert_eq!(environment.json(&["release", "list"])["releases"], serde_json::json!([]), "nothing was begun");
    assert_eq!(release(&environment, "2.0", &["--accept-no-way-back"]).code, 0);
    let entries = entries(&record(&environment));
    assert_eq!(entries[0], "before | go without a way back, which was accepted | noted");
    assert_eq!(entries[1], "before | snapshot | noted");
}

#[test]
fn a_snapshot_that_rds_refuses_stops_the_release() {
    let environment = up(PROCEDURE);
    environment.done(&["snapshot", "create", "staging", "--quiet"]);
    in_the_world(&environment, |world| {
        let snapshots = world["snapshots"].as_object_mut().expect("snapshots");
        let (_, one) = snapshots.iter().next().map(|(name, one)| (name.clone(), one.clone())).expect("a snapshot");
        for number in 0..100 {
            let name = format!("somebody-elses-{number}");
            let mut other = one.clone();
            other["live"]["identifier"] = name.clone().into();
            other["live"]["tags"] = serde_json::json!({});
            snapshots.insert(name, other);
        }
    });
    let answer = release(&environment, "2.0", &[]);
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stderr.contains("SnapshotQuotaExceeded") || answer.stderr.contains("quota"), "{answer}");
    assert_eq!(entries(&record(&environment)), ["before | snapshot | failed"]);
    assert_eq!(revision(&environment), "pythonide-staging-task:1");
}

#[test]
fn visitors_get_the_page_where_the_procedure_says_so_and_while_it_is_taken_back() {
    let shown = "before: [{maintenance: on}]\n  verify: [{maintenance: off}, health]\n  watch";
    let procedure =
        PROCEDURE.replace("  before: [policy, {confirm: Is the window open?, name: window}, checks, announce]\n", "");
    let procedure = procedure.replace("verify: [health]\n  watch", shown);
    let environment = up(&format!("{procedure}  maintenance_during_rollback: true\n"));
    let image = format!("backend={IMAGE}:2.0");
    environment.done(&["release", "staging", "--image", &image, "--yes", "--quiet"]);
    let lines = entries(&record(&environment));
    let pages: Vec<&String> = lines.iter().filter(|line| line.contains("maintenance")).collect();
    assert_eq!(pages, ["before | maintenance on | passed", "verify | maintenance off | passed"]);
    assert_eq!(environment.run(&["drift", "staging"]).code, 0);
    environment.done(&["sim", "task", "staging", "migrate", "--exits", "3"]);
    let bad = environment.run(&["release", "staging", "--image", &format!("{IMAGE}:2.1"), "--yes", "--quiet"]);
    assert_eq!(bad.code, 7, "{bad}");
    let lines = entries(&record(&environment));
    assert_eq!(
        lines[4..7],
        [
            "tasks | roll back | passed",
            "tasks | maintenance off | passed",
            "tasks | checks after the rollback | passed"
        ]
    );
    environment.edit("environments/staging.yaml", "[deploy, tasks, verify, watch]", "[deploy]");
    let stopped = environment.run(&["release", "staging", "--image", &format!("{IMAGE}:2.2"), "--yes", "--quiet"]);
    for word in ["visitors get the maintenance page", "envctl maintenance off staging", "envctl rollback staging"] {
        assert!(stopped.stderr.contains(word), "`{word}` is not in {stopped}");
    }
    environment.done(&["maintenance", "off", "staging", "--yes", "--quiet"]);
    environment.edit("environments/staging.yaml", "before: [{maintenance: on}]", "before: []");
    environment.edit("environments/staging.yaml", "[deploy]", "[deploy, tasks]");
    environment.run(&["release", "staging", "--image", &format!("{IMAGE}:2.3"), "--yes", "--quiet"]);
    let lines = entries(&record(&environment));
    assert_eq!(
        lines[2..6],
        [
            "tasks | task migrate | failed",
            "tasks | maintenance on | passed",
            "tasks | roll back | passed",
            "tasks | maintenance off | passed"
        ]
    );
}

#[test]
fn the_data_of_the_start_comes_back_where_the_procedure_says_so_and_nothing_is_lost() {
    let environment = up(&PROCEDURE.replace("  after: [announce]", "  with_data: true\n  after: [announce]"));
    assert_eq!(release(&environment, "2.0", &[]).code, 0);
    environment.done(&["sim", "write", "staging", "before the release"]);
    environment.done(&["sim", "task", "staging", "migrate", "--exits", "3"]);
    let answer = release(&environment, "2.1", &[]);
    assert_eq!(answer.code, 7, "{answer}");
    for word in ["was rolled back at tasks", "the data of the start is back", "envctl snapshot discard-kept staging"] {
        assert!(answer.stderr.contains(word), "`{word}` is not in {answer}");
    }
    let lines = entries(&record(&environment));
    assert!(lines.contains(&"tasks | roll back the data | passed".to_owned()), "{lines:?}");
    assert!(environment.done(&["sim", "read", "staging"]).contains("before the release"));
    assert_eq!(revision(&environment), "pythonide-staging-task:2", "the image that ran before");
    assert_eq!(environment.run(&["drift", "staging"]).code, 0, "and it is what is wanted");
    assert!(environment.done(&["sim", "show"]).contains("lost data: none"));
}

#[test]
fn the_files_of_the_start_come_back_with_the_data() {
    let environment = up(&PROCEDURE.replace("  after: [announce]", "  with_data: true\n  after: [announce]"));
    environment.edit("environments/staging.yaml", "    path: /staging  ", "    snapshot: true\n    path: /staging  ");
    assert_eq!(release(&environment, "2.0", &[]).code, 0);
    environment.done(&["sim", "write", "staging", "--files", "data", "before the release"]);
    environment.done(&["sim", "task", "staging", "migrate", "--exits", "3"]);
    let answer = release(&environment, "2.1", &[]);
    assert_eq!(answer.code, 7, "{answer}");
    let record = record(&environment);
    let taken = record["snapshots"].as_array().expect("snapshots");
    assert!(taken.iter().any(|one| one["database"] == "files of production"), "{taken:?}");
    let lines = entries(&record);
    assert!(lines.contains(&"tasks | roll back the data | passed".to_owned()), "{lines:?}");
    assert_eq!(environment.done(&["sim", "read", "staging", "--files", "data"]), "before the release\n");
    assert!(environment.done(&["sim", "show"]).contains("lost data: none"));
    assert_eq!(environment.run(&["drift", "staging"]).code, 0);
}
