//! A secret reaches the server that it is for, and nothing else: no output, no file, no other host.

use std::io::Write;
use std::process::Stdio;

use super::server::{answer, answering};
use super::with_checks;
use crate::support::TestEnvironment;

const SECRET: &str = "hunter2/with \"quotes\" and ü";

fn plant(environment: &TestEnvironment, name: &str, value: &str) {
    let mut command = environment.command(&["sim", "secret", "staging", name]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the binary runs");
    child.stdin.take().expect("a pipe").write_all(value.as_bytes()).expect("written");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_planted_secret_is_sent_and_never_shown() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let heads = std::sync::Arc::clone(&seen);
    // The server gives back what it was sent, in the head, the body and the reason of a failure.
    let echo = answering(move |head| {
        heads.lock().unwrap().push(head.to_owned());
        answer("500 Oops", "content-type: text/plain\r\n", head.as_bytes())
    });
    let fail = format!("{{http: {{url: 'http://127.0.0.1:{echo}/', headers: {{authorization: {{secret: token}}}}}}}}");
    let field = format!(
        "{{http: {{url: 'http://127.0.0.1:{echo}/', headers: {{x-key: {{secret: both, field: key}}}}, json: {{$.a: 1}}}}}}"
    );
    let environment = with_checks(&[
        ("fail", fail),
        ("field", field),
        ("program", "{command: {run: [sh, -c, 'echo $KEY; printf %s $KEY | base64; exit 1'], environment: {KEY: {secret: token}}}}".to_owned()),
        ("other", "{command: {run: [sh, -c, 'echo hunter2-plain; exit 1']}}".to_owned()),
        ("missing", format!("{{http: {{url: 'http://127.0.0.1:{echo}/', headers: {{a: {{secret: nowhere}}}}}}}}")),
    ]);
    plant(&environment, "token", "hunter2-plain");
    plant(&environment, "both", &serde_json::json!({"key": "hunter2-field", "note": SECRET}).to_string());
    for format in ["text", "json", "markdown", "junit"] {
        let answer = environment.run(&["verify", "staging", "--verbose", "-o", format]);
        assert_eq!(answer.code, 7, "{answer}");
        assert!(!answer.to_string().contains("hunter2"), "{format} tells a secret: {answer}");
        assert!(!answer.to_string().contains("aHVudGVy"), "{format} tells a secret in base64: {answer}");
        assert!(answer.stdout.contains("(hidden)") || answer.stdout.contains("\\(hidden\\)"), "{answer}");
        assert!(answer.stdout.contains("secret nowhere cannot be read"), "{answer}");
    }
    let heads = seen.lock().unwrap().join("\n");
    assert!(heads.contains("authorization: hunter2-plain") && heads.contains("x-key: hunter2-field"), "{heads}");
}

#[test]
fn a_secret_header_does_not_follow_a_redirect_to_another_host() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let heads = std::sync::Arc::clone(&seen);
    let stranger = answering(move |head| {
        heads.lock().unwrap().push_str(head);
        answer("200 OK", "", b"")
    });
    let own = answering(move |_| answer("302 Found", &format!("location: http://localhost:{stranger}/\r\n"), b""));
    let check = format!(
        "{{http: {{url: 'http://127.0.0.1:{own}/', follow: 3, headers: {{authorization: {{secret: token}}, x-plain: b}}}}}}"
    );
    let environment = with_checks(&[("follows", check)]);
    plant(&environment, "token", "hunter2-plain");
    environment.done(&["verify", "staging"]);
    let heads = seen.lock().unwrap().clone();
    assert!(heads.contains("x-plain: b") && !heads.contains("hunter2"), "{heads}");
}
