//! `envctl validate`.

use crate::support::TestEnvironment;

#[test]
fn the_shipped_environments_are_valid() {
    let environment = TestEnvironment::new();
    insta::assert_snapshot!(environment.run(&["validate"]), @r"
    ── stdout
    preview: valid
    staging: valid
    0 problems
    ── exit 0
    ");
}

#[test]
fn a_problem_is_shown_with_its_line_and_remedy_and_ends_with_3() {
    let environment = TestEnvironment::new();
    environment.write("environments/broken.yaml", "application: pythonide\nregoin: us-east-2\n");
    let answer = environment.run(&["validate", "broken"]);
    assert_eq!(answer.code, 3);
    assert!(answer.stdout.is_empty());
    assert!(answer.stderr.contains("--> environments/broken.yaml:2:1"), "{answer}");
    assert!(answer.stderr.contains("region"), "{answer}");
    assert!(answer.stderr.trim_end().ends_with("problems"), "{answer}");
}

#[test]
fn problems_in_json_are_one_value_with_places() {
    let environment = TestEnvironment::new();
    environment.write("environments/broken.yaml", "application: pythonide\nregoin: us-east-2\n");
    let answer = environment.run(&["validate", "broken", "-o", "json"]);
    assert_eq!(answer.code, 3);
    let value: serde_json::Value = serde_json::from_str(&answer.stdout).expect("one JSON value");
    assert_eq!(value["format_version"], 1);
    assert_eq!(value["error"]["exit_code"], 3);
    let first = value["problems"].as_array().expect("problems").iter().find(|problem| problem["line"] == 2);
    assert_eq!(first.expect("a problem of line 2")["file"], "environments/broken.yaml");
}

#[test]
fn an_unknown_environment_names_the_nearest() {
    let environment = TestEnvironment::new();
    insta::assert_snapshot!(environment.run(&["validate", "stagng"]), @r"
    ── stderr
    error: there is no environment `stagng`
    hint: did you mean `staging`?
    ── exit 3
    ");
}

#[test]
fn without_a_workspace_it_says_where_it_looked() {
    let environment = TestEnvironment::empty();
    insta::assert_snapshot!(environment.run(&["validate", "--workspace", "."]), @r"
    ── stderr
    error: . is no workspace: it holds no `environments/`
    hint: --workspace names the folder that holds environments/
    ── exit 3
    ");
    let answer = environment.run(&["validate", "--workspace", "nowhere"]);
    assert_eq!(answer.code, 3);
}

#[test]
fn a_spec_that_is_no_text_is_a_problem_and_no_panic() {
    let environment = TestEnvironment::new();
    std::fs::write(environment.path("environments/binary.yaml"), [0xff, 0xfe, 0x00]).expect("a file");
    let answer = environment.run(&["validate", "binary"]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.stderr.contains("environments/binary.yaml is no UTF-8 text"), "{answer}");
}

#[test]
fn usage_errors_end_with_3_and_help_with_0() {
    let environment = TestEnvironment::new();
    assert_eq!(environment.run(&["validate", "--bogus"]).code, 3);
    assert_eq!(environment.run(&["valdate"]).code, 3);
    assert_eq!(environment.run(&[]).code, 3);
    assert_eq!(environment.run(&["--help"]).code, 0);
    assert_eq!(environment.run(&["--version"]).code, 0);
    assert_eq!(environment.run(&["help", "validate"]).code, 0);
}

#[test]
fn a_file_that_nobody_asks_for_may_be_anything() {
    let environment = TestEnvironment::new();
    std::fs::write(environment.path("environments/binary.yaml"), [0xff, 0xfe, 0x00]).expect("a file");
    std::fs::write(environment.path("templates/logo.png"), [0x89, 0xff]).expect("a file");
    environment.done(&["validate", "staging"]);
    environment.edit("environments/staging.yaml", "region: us-east-2", "region: us-east-22");
    let answer = environment.run(&["validate", "staging"]);
    assert!(!answer.stderr.contains("binary.yaml"), "{answer}");
}

#[test]
fn an_environment_is_not_named_like_a_command_of_release() {
    let environment = TestEnvironment::new();
    let help = environment.done(&["release", "--help"]);
    let commands = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let words: Vec<&str> =
        commands.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(words.contains(&"list") && words.contains(&"close"), "{help}");
    let aliases = ["ls"];
    assert!(help.contains("[alias: ls]") && help.matches("[alias").count() == aliases.len(), "{help}");
    for word in words.iter().chain(&aliases) {
        environment.write(&format!("environments/{word}.yaml"), &environment.read("environments/staging.yaml"));
        let answer = environment.run(&["validate", word]);
        assert_eq!(answer.code, 3, "{word}: {answer}");
        assert!(answer.stderr.contains(&format!("`envctl release {word}` is a command of its own")), "{answer}");
        assert!(answer.stderr.contains(&format!("rename the file, such as {word}-1.yaml")), "{answer}");
        std::fs::remove_file(environment.path(&format!("environments/{word}.yaml"))).expect("the spec");
    }
    assert_eq!(environment.run(&["validate"]).code, 0);
}
