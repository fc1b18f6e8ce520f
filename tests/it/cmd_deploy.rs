//! `envctl deploy`, `run` and `rollback`.

use crate::support::TestEnvironment;

const IMAGE: &str = "123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend";

/// Staging, up.
fn up() -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

fn deploy(environment: &TestEnvironment, tag: &str) -> crate::support::Answer {
    environment.run(&["deploy", "staging", "--image", &format!("backend={IMAGE}:{tag}"), "--yes"])
}

#[test]
fn a_new_image_is_deployed_as_one_revision_and_remembered() {
    let environment = up();
    let answer = deploy(&environment, "2.0");
    assert_eq!(answer.code, 0, "{answer}");
    assert!(answer.stdout.starts_with("staging: the new revision is deployed (3 changes"), "{answer}");
    let status = environment.done(&["status", "staging"]);
    assert!(status.contains("pythonide-staging-task:2") && status.contains("1 to 4 tasks"), "{status}");
    assert_eq!(environment.run(&["drift", "staging"]).code, 0, "what was deployed is no drift");
    let again = environment.json(&["up", "staging", "--yes"]);
    assert_eq!(again["changes"], 0, "and `up` leaves it alone");
    insta::assert_snapshot!(deploy(&environment, "2.0").masked(), @r"
    ── stdout
    staging runs that already; nothing to do
    ── exit 0
    ");
}

/// Whoever did not see the end of a deployment, and types it again, is not told that it runs before it does.
#[test]
fn a_deployment_that_is_under_way_is_waited_for() {
    let environment = up();
    environment.done(&["sim", "image", "backend:2.0", "--behaviour", "slow-start"]);
    let image = ["deploy", "staging", "--image", "backend:2.0", "--yes"];
    environment.done(&[image.as_slice(), &["--no-wait"]].concat());
    let again = environment.run(&image);
    assert_eq!(again.code, 0, "{again}");
    assert!(again.stderr.contains("wait for the deployment of pythonide-staging-service"), "{again}");
    assert!(environment.run(&image).stdout.contains("runs that already"), "and now it does");
    assert_eq!(environment.run(&["drift", "staging"]).code, 0);
    let bad = ["deploy", "staging", "--image", "backend:2.1", "--yes"];
    environment.done(&["sim", "image", "backend:2.1", "--behaviour", "never-healthy"]);
    environment.done(&[bad.as_slice(), &["--no-wait"]].concat());
    let again = environment.run(&bad);
    assert_eq!(again.code, 7, "{again}");
    let status = environment.done(&["rollback", "staging", "--yes"]);
    assert!(status.contains("taken back"), "{status}");
}

#[test]
fn a_tag_alone_is_one_of_the_repository_that_the_spec_has() {
    let environment = up();
    for name in ["backend", "pythonide-backend"] {
        let tag = format!("{name}:2.{}", name.len());
        environment.done(&["deploy", "staging", "--image", &tag, "--yes"]);
        let again =
            environment.run(&["deploy", "staging", "--image", &format!("backend={IMAGE}:2.{}", name.len()), "--yes"]);
        assert!(again.stdout.contains("runs that already"), "{tag}: {again}");
    }
}

#[test]
fn each_way_of_failing_ends_with_7_and_says_why_and_what_ran_before_runs_on() {
    let check = |tag: &str, said: &[&str]| {
        let environment = up();
        let answer = deploy(&environment, tag);
        assert_eq!(answer.code, 7, "{tag}: {answer}");
        for word in said {
            assert!(answer.stderr.contains(word), "{tag}: `{word}` is not in\n{}", answer.stderr);
        }
        environment.done(&["sim", "advance", "2h"]);
        let status = environment.done(&["status", "staging"]);
        assert!(status.contains("1 running"), "{tag}: {status}");
        let drift = environment.run(&["drift", "staging"]);
        assert_eq!(drift.code, 0, "{tag}: ECS went back by itself: {drift}");
    };
    check("cannot-pull", &["CannotPullContainerError", "image"]);
    check("exits-1", &["exit code 1", "the application gave up"]);
    check("never-healthy", &["health check"]);
    check("out-of-memory", &["OutOfMemoryError", "memory"]);
}

#[test]
fn a_slow_start_is_waited_for() {
    let environment = up();
    let answer = deploy(&environment, "slow-start");
    assert_eq!(answer.code, 0, "{answer}");
}

#[test]
fn the_spec_wins_when_it_says_something_else_about_the_image() {
    let environment = up();
    deploy(&environment, "2.0");
    environment.edit("environments/staging.yaml", "memory: 2048", "memory: 3072");
    let up = environment.run(&["plan", "staging"]);
    assert!(!up.to_string().contains("image"), "the size alone changes: {up}");
    environment.edit("environments/staging.yaml", "pythonide-backend:latest", "pythonide-backend:3.0");
    let up = environment.run(&["plan", "staging"]);
    assert!(up.to_string().contains("pythonide-backend:3.0"), "{up}");
}

#[test]
fn rollback_goes_back_to_the_revision_before_and_forgets_the_image() {
    let environment = up();
    deploy(&environment, "2.0");
    deploy(&environment, "2.1");
    insta::assert_snapshot!(environment.run(&["rollback", "staging", "--yes", "--quiet"]).masked(), @r"
    ── stdout
    staging is taken back (2 changes, N min N s)
    ── exit 0
    ");
    assert!(environment.done(&["status", "staging"]).contains("pythonide-staging-task:2"));
    assert_eq!(environment.run(&["drift", "staging"]).code, 0);
    assert_eq!(environment.json(&["up", "staging", "--yes"])["changes"], 0);
    let once_more = environment.run(&["rollback", "staging", "--yes"]);
    assert_eq!(once_more.code, 1, "{once_more}");
    assert!(once_more.stderr.contains("--to"), "{once_more}");
    let first = environment.run(&["rollback", "staging", "--to", "1", "--yes"]);
    assert_eq!(first.code, 0, "{first}");
    assert_eq!(environment.run(&["drift", "staging"]).code, 0, "the first revision has the spec's own image");
}

#[test]
fn a_rollback_to_a_named_revision_remembers_what_that_one_had() {
    let environment = up();
    deploy(&environment, "2.0");
    deploy(&environment, "2.1");
    environment.done(&["rollback", "staging", "--to", "2", "--yes", "--quiet"]);
    assert_eq!(environment.run(&["drift", "staging"]).code, 0, "image 2.0 is what was deployed");
    assert_eq!(environment.json(&["up", "staging", "--yes"])["changes"], 0);
    // Where it runs already, nothing is forgotten either.
    environment.done(&["rollback", "staging", "--to", "2", "--yes", "--quiet"]);
    assert_eq!(environment.run(&["drift", "staging"]).code, 0);
}

#[test]
fn what_an_up_brought_after_a_deployment_is_what_a_failing_one_goes_back_to() {
    let environment = up();
    deploy(&environment, "2.0");
    environment.edit("environments/staging.yaml", "memory: 2048", "memory: 3072");
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    assert!(environment.done(&["status", "staging"]).contains("pythonide-staging-task:3"));
    environment.run(&[
        "deploy",
        "staging",
        "--image",
        &format!("{IMAGE}:cannot-pull"),
        "--yes",
        "--quiet",
        "--no-wait",
    ]);
    assert!(environment.done(&["status", "staging"]).contains("pythonide-staging-task:4"));
    environment.done(&["rollback", "staging", "--yes", "--quiet"]);
    assert!(environment.done(&["status", "staging"]).contains("pythonide-staging-task:3"));
    assert_eq!(environment.run(&["drift", "staging"]).code, 0, "image 2.0 with the new memory runs again");
}

#[test]
fn rollback_takes_two_waves_of_calls() {
    let environment = up();
    deploy(&environment, "2.0");
    let answer = environment.run(&["rollback", "staging", "--yes", "--verbose"]);
    let calls: Vec<&str> = answer.stderr.lines().filter_map(|line| line.strip_prefix("call ")).collect();
    let update = calls.iter().position(|call| call.starts_with("ecs:UpdateService")).expect("an update");
    let before = &calls[..update];
    assert!(before.iter().all(|call| call.starts_with("ecs:Describe") || call.starts_with("sts:")), "{before:?}");
}

#[test]
fn a_deployment_that_is_stuck_is_given_up_by_rollback() {
    let environment = up();
    deploy(&environment, "2.0");
    assert_eq!(deploy(&environment, "cannot-pull").code, 7);
    let answer = environment.run(&["rollback", "staging", "--yes"]);
    assert_eq!(answer.code, 0, "{answer}");
    let drift = environment.run(&["drift", "staging"]);
    assert_eq!(drift.code, 0, "image 2.0 runs again, as it was deployed: {drift}");
    assert_eq!(environment.json(&["up", "staging", "--yes"])["changes"], 0);
}

#[test]
fn a_task_succeeds_by_its_exit_code_and_by_what_it_prints() {
    let environment = up();
    environment.edit(
        "environments/staging.yaml",
        "command: [python, manage.py, migrate]",
        "command: [python, manage.py, migrate]\n    expect: ['Created: \\d+, Errors: 0$']\n    reject: [Traceback]",
    );
    insta::assert_snapshot!(environment.run(&["run", "staging", "migrate", "--quiet"]).masked(), @r"
    ── stdout
    staging: task migrate succeeded (2 changes, N s)
    it said: Created: 7, Errors: 0
    ── exit 0
    ");
    environment.done(&["sim", "task", "staging", "migrate", "--prints", "Created: 58, Errors: 2"]);
    let errors = environment.run(&["run", "staging", "migrate"]);
    assert_eq!(errors.code, 1, "{errors}");
    assert!(errors.stderr.contains("Created: 58, Errors: 2"), "{errors}");
    environment.done(&["sim", "task", "staging", "migrate", "--exits", "3"]);
    let exits = environment.run(&["run", "staging", "migrate"]);
    assert!(exits.stderr.contains("exit code 3"), "{exits}");
    environment.done(&["sim", "task", "staging", "migrate"]);
    environment.done(&["run", "staging", "migrate"]);
}

#[test]
fn what_cannot_be_deployed_is_refused_before_anything_changes() {
    let environment = up();
    let check = |arguments: &[&str], said: &str| {
        let answer = environment.run(&[&["deploy", "staging", "--yes"], arguments].concat());
        assert_eq!(answer.code, 3, "{answer}");
        assert!(answer.stderr.contains(said), "{answer}");
    };
    check(&[], "nothing to deploy");
    check(&["--image", "nobody=app:1"], "no service or container `nobody`");
    check(&["--image", "backend"], "`backend` names no image");
    check(&["--set", "count=3"], "cannot be set");
    check(&["--set", "environment.DB_PASSWORD=x"], "looks like a secret");
    check(&["--set", "environment.LIST=a,b"], "a tag of AWS cannot hold");
    let asleep = TestEnvironment::on_a_known_day();
    let answer = deploy(&asleep, "2.0");
    assert_eq!(answer.code, 1, "{answer}");
    assert!(answer.stderr.contains("envctl up staging"), "{answer}");
}

#[test]
fn rollback_with_data_gives_back_the_data_of_the_releases_start_and_keeps_the_newer() {
    let environment = up();
    environment.done(&["sim", "write", "staging", "a student's work"]);
    let image = format!("backend={IMAGE}:2.0");
    let deployed = environment.run(&["deploy", "staging", "--image", &image, "--snapshot", "--yes"]);
    assert_eq!(deployed.code, 0, "{deployed}");
    assert!(deployed.stderr.contains("take snapshot pythonide-staging-db-2026"), "{deployed}");
    environment.done(&["sim", "write", "staging", "spoiled by 2.0"]);
    let back = environment.run(&["rollback", "staging", "--with-data", "--yes"]);
    assert_eq!(back.code, 0, "{back}");
    assert!(back.stdout.starts_with("staging is taken back, with its data ("), "{back}");
    let read = environment.done(&["sim", "read", "staging"]);
    assert!(read.contains("a student's work") && !read.contains("spoiled"), "{read}");
    let status = environment.done(&["status", "staging"]);
    assert!(status.contains("database/main (kept)") && status.contains("pythonide-staging-task:1"), "{status}");
    assert_eq!(environment.run(&["drift", "staging"]).code, 0, "kept is no drift");
    let again = environment.run(&["rollback", "staging", "--with-data", "--yes"]);
    assert_eq!(again.code, 1, "{again}");
    assert!(again.stderr.contains("nothing says which snapshot the last release of staging began with"), "{again}");
    let gone = environment.run(&["snapshot", "discard-kept", "staging", "--yes"]);
    assert_eq!(gone.code, 0, "{gone}");
    assert!(!environment.done(&["status", "staging"]).contains("(kept)"));
    let listed = environment.done(&["snapshot", "list", "staging"]);
    assert!(listed.contains("-replaced-"), "what was kept is in a snapshot, and is listed: {listed}");
}

#[test]
fn a_deployment_that_fails_can_be_taken_back_with_its_data_too() {
    let environment = up();
    environment.done(&["sim", "write", "staging", "a student's work"]);
    let image = format!("backend={IMAGE}:exits-1");
    assert_eq!(environment.run(&["deploy", "staging", "--image", &image, "--snapshot", "--yes"]).code, 7);
    environment.done(&["sim", "write", "staging", "half a migration"]);
    environment.done(&["rollback", "staging", "--with-data", "--yes"]);
    let read = environment.done(&["sim", "read", "staging"]);
    assert!(read.contains("a student's work") && !read.contains("half a migration"), "{read}");
    assert_eq!(environment.run(&["drift", "staging"]).code, 0);
}
