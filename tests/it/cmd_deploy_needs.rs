//! What `deploy` and `up` look up before a revision is registered: images, roles, secrets, log groups.

use crate::support::{Answer, TestEnvironment};

const REPOSITORY: &str = "123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend";
const SPEC: &str = "environments/staging.yaml";

fn up() -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

fn deploy(environment: &TestEnvironment, image: &str) -> Answer {
    environment.run(&["deploy", "staging", "--image", image, "--yes"])
}

fn ecr(tag: &str) -> String {
    format!("{REPOSITORY}:{tag}")
}

/// Refused, with these words, and without one write.
fn refused(answer: &Answer, said: &[&str]) {
    assert_eq!(answer.code, 1, "{answer}");
    // Lines are as wide as the terminal: words count, not where they break.
    let words = answer.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in said {
        assert!(words.contains(part), "`{part}` is not in {answer}");
    }
    assert!(words.contains("nothing was changed"), "{answer}");
}

#[test]
fn a_tag_is_resolved_to_a_digest_that_is_shown_and_deployed() {
    let environment = up();
    let answer = deploy(&environment, &ecr("2.1"));
    assert_eq!(answer.code, 0, "{answer}");
    let words = answer.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("{} is sha256:", ecr("2.1"))), "{answer}");
    assert!(words.contains("(linux/amd64, linux/arm64)"), "{answer}");
    let plan = environment.run(&["plan", "staging"]);
    assert_eq!(plan.code, 0, "what runs is what was deployed, by its digest: {plan}");
    let again = deploy(&environment, &ecr("2.1"));
    assert!(again.stdout.contains("runs that already"), "{again}");
}

#[test]
fn an_image_behaves_as_its_tag_says_when_it_is_deployed_by_its_digest() {
    let environment = up();
    let answer = deploy(&environment, &ecr("exits-1"));
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stderr.contains("the application gave up"), "{answer}");
}

#[test]
fn an_image_that_is_not_there_or_for_another_processor_is_refused() {
    let environment = up();
    let calls = |answer: &Answer| answer.stderr.lines().filter(|line| line.starts_with("call ")).count();
    let answer = environment.run(&["deploy", "staging", "--image", &ecr("no-such-image"), "--yes", "--verbose"]);
    refused(&answer, &["there is no image", "aws ecr describe-images", "--repository-name pythonide-backend"]);
    assert!(!answer.stderr.contains("ecs:RegisterTaskDefinition"), "{answer}");
    assert!(calls(&answer) > 0 && answer.stderr.contains("call ecr:BatchGetImage"), "{answer}");
    refused(&deploy(&environment, &ecr("arm64-only")), &["arm64-only is not for linux/amd64", "docker buildx"]);
    environment.done(&["sim", "image", "backend:2.7", "--behaviour", "missing"]);
    refused(&deploy(&environment, &ecr("2.7")), &["there is no image"]);
    environment.done(&["sim", "image", "backend:2.7"]);
    assert_eq!(deploy(&environment, &ecr("2.7")).code, 0);
}

#[test]
fn a_role_that_is_missing_or_trusts_others_is_refused_and_one_that_may_not_be_read_is_a_note() {
    let environment = up();
    let role = "ecsTaskExecutionRole";
    environment.done(&["sim", "role", role, "--behaviour", "missing"]);
    refused(&deploy(&environment, &ecr("2.1")), &["execution role ecsTaskExecutionRole does not exist in account"]);
    environment.done(&["sim", "role", role, "--behaviour", "untrusting"]);
    refused(&deploy(&environment, &ecr("2.1")), &["does not name ecs-tasks.amazonaws.com", "sts:AssumeRole"]);
    environment.done(&["sim", "role", role, "--behaviour", "unreadable"]);
    let answer = deploy(&environment, &ecr("2.1"));
    assert_eq!(answer.code, 0, "{answer}");
    assert!(answer.stderr.contains("was not looked up: iam:GetRole"), "{answer}");
    environment.done(&["sim", "role", role]);
    assert!(!deploy(&environment, &ecr("2.2")).stderr.contains("iam:"));
}

#[test]
fn an_image_of_another_registry_is_said_to_be_not_looked_up() {
    let environment = up();
    let answer = deploy(&environment, "nginx:1.27");
    assert_eq!(answer.code, 0, "{answer}");
    assert!(answer.stderr.contains("image nginx:1.27 is not in ECR, and was not looked up"), "{answer}");
}

#[test]
fn up_asks_before_anything_is_made_and_only_when_a_revision_is_to_be_registered() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["sim", "image", "backend:latest", "--behaviour", "missing"]);
    let answer = environment.run(&["up", "staging", "--yes"]);
    refused(&answer, &["there is no image", "pythonide-backend:latest"]);
    let show = environment.done(&["sim", "show"]);
    assert!(show.contains("databases: none"), "nothing was made: {show}");
    environment.done(&["sim", "image", "backend:latest"]);
    let first = environment.run(&["up", "staging", "--yes", "--verbose"]);
    assert!(first.stderr.contains("call ecr:BatchGetImage") && first.stderr.contains("call iam:GetRole"), "{first}");
    environment.edit(SPEC, "idle: 14d", "idle: 10d");
    environment.edit(SPEC, "keep: 14d", "keep: 30d");
    let second = environment.run(&["up", "staging", "--yes", "--verbose"]);
    assert_eq!(second.code, 0, "{second}");
    assert!(second.stderr.contains("logs:PutRetentionPolicy"), "{second}");
    assert!(!second.stderr.contains("call ecr:") && !second.stderr.contains("call iam:"), "{second}");
}

#[test]
fn refusals_are_in_the_json_too() {
    let environment = up();
    let answer = environment.run(&["deploy", "staging", "--image", &ecr("no-such-image"), "--yes", "--output", "json"]);
    assert_eq!(answer.code, 1, "{answer}");
    let plan: serde_json::Value = serde_json::from_str(&answer.stdout).expect("JSON");
    assert_eq!(plan["refusals"][0]["kind"], "misfit", "{plan}");
    assert!(plan["refusals"][0]["why"].as_str().is_some_and(|why| why.contains("no-such-image")), "{plan}");
}
