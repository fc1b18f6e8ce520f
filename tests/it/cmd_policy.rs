//! `envctl policy`, and the policy in `validate`.

use crate::support::TestEnvironment;

fn with_policy(policy: &str) -> TestEnvironment {
    let environment = TestEnvironment::new();
    environment.edit("environments/staging.yaml", "\nsleep:\n", &format!("\npolicy: {policy}\n\nsleep:\n"));
    environment.edit("environments/staging.yaml", "pythonide-backend:latest", "pythonide-backend:v41");
    environment
}

#[test]
fn a_policy_that_is_kept_ends_with_0() {
    let environment = with_policy("{required: [ENVIRONMENT], values: {ENVIRONMENT: staging}}");
    let stdout = environment.done(&["policy", "staging"]);
    assert!(stdout.contains("staging: kept"), "{stdout}");
    environment.done(&["validate", "staging"]);
}

#[test]
fn each_breach_has_its_line_in_the_spec_or_the_template() {
    let environment = with_policy("{required: [SECRET_KEY], forbidden: [AWS_*], require: [non-root, read-only-root]}");
    environment.edit(
        "environments/staging.yaml",
        "      ENVIRONMENT: staging\n",
        "      ENVIRONMENT: staging\n      DEBUG: 'True'\n      AWS_PROFILE: x\n      API_TOKEN: hunter2\n",
    );
    environment.edit("environments/staging.yaml", "pythonide-backend:v41", "pythonide-backend:latest");
    for command in [["policy", "staging"], ["validate", "staging"]] {
        let answer = environment.run(&command);
        assert_eq!(answer.code, 3, "{answer}");
        for words in [
            "POL001",
            "debugging is on",
            "POL003",
            "POL004",
            "tagged `latest`",
            "POL007",
            "POL008",
            "POL010",
            "`SECRET_KEY` is required",
            "POL011",
            "environments/staging.yaml:",
            "templates/task-definition.json.hbs:",
        ] {
            assert!(answer.stderr.contains(words), "no `{words}` in {answer}");
        }
        assert!(!answer.to_string().contains("hunter2"), "{answer}");
    }
    // A breach keeps nobody from taking the environment down.
    environment.done(&["down", "staging", "--yes"]);
}

#[test]
fn an_environment_without_a_policy_says_how_to_have_one() {
    let environment = TestEnvironment::new();
    let answer = environment.run(&["policy", "staging"]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.stderr.contains("policy: {}"), "{answer}");
}
