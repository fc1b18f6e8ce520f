//! `envctl render`.

use crate::support::TestEnvironment;

#[test]
fn late_values_are_shown_as_what_they_wait_for() {
    let environment = TestEnvironment::new();
    let rendered = environment.done(&["render", "staging"]);
    assert!(rendered.contains("// staging service/"), "{rendered}");
    assert!(rendered.contains(r#""value": "(known after database/main: endpoint)""#), "{rendered}");
    assert!(rendered.contains(r#""valueFrom": "(known after secret/main: arn)""#), "{rendered}");
    assert!(!rendered.contains('\u{27e6}'), "{rendered}");
}

#[test]
fn every_environment_is_rendered_when_none_is_named() {
    let environment = TestEnvironment::new();
    let value = environment.json(&["render"]);
    let documents = value["documents"].as_array().expect("documents");
    for name in ["staging", "preview"] {
        assert!(documents.iter().any(|document| document["environment"] == name), "{name}");
    }
}

#[test]
fn out_writes_one_file_a_document() {
    let environment = TestEnvironment::new();
    let answer = environment.run(&["render", "staging", "--out", "rendered"]);
    assert_eq!(answer.code, 0, "{answer}");
    assert!(answer.stdout.is_empty());
    let files: Vec<String> = std::fs::read_dir(environment.path("rendered/staging"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(files.iter().any(|name| name.starts_with("service-")), "{files:?}");
    for file in files {
        let text = environment.read(&format!("rendered/staging/{file}"));
        serde_json::from_str::<serde_json::Value>(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    use std::io::Read;
    let environment = TestEnvironment::new();
    let mut child = environment
        .command(&["render"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().expect("stderr").read_to_string(&mut stderr).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(0), "{stderr}");
    assert!(stderr.is_empty(), "{stderr}");
}
