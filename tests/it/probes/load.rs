//! A small load: measured, judged, compared, refused where the environment is protected.

use super::server::{answer, answering};
use super::{Verified, with_checks};

#[test]
fn a_load_is_measured_and_judged() {
    let good = answering(|_| answer("200 OK", "", b"hello"));
    let bad = answering(|_| answer("500 Oops", "", b""));
    let environment = with_checks(&[
        ("good", format!("{{http: {{url: 'http://127.0.0.1:{good}/', p95: 30s}}}}")),
        ("bad", format!("{{http: 'http://127.0.0.1:{bad}/'}}")),
    ]);
    let verified = Verified::of(&environment, &["--load", "4 users for 1s", "--only", "good"]);
    assert_eq!(verified.code, 0, "{}", verified.text);
    let figures = &verified.check("good")["figures"];
    for name in ["p50_ms", "p95_ms", "p99_ms", "requests", "requests_per_second"] {
        assert!(figures[name].as_f64().is_some_and(|value| value > 0.0), "{name}: {figures}");
    }
    assert_eq!(figures["errors_percent"], 0);
    let verified = Verified::of(&environment, &["--load", "2 users for 1s", "--only", "bad"]);
    assert_eq!(verified.code, 7, "{}", verified.text);
    verified.expect("bad", "failed", "100 % of the requests went wrong, expected at most 1 %");
    let answer = environment.run(&["verify", "staging", "--load", "2 users for 1s"]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.stderr.contains("which http check"), "{answer}");
}

#[test]
fn a_protected_environment_is_asked_for_by_name() {
    let port = answering(|_| answer("200 OK", "", b"hello"));
    let environment = with_checks(&[("page", format!("{{http: 'http://127.0.0.1:{port}/'}}"))]);
    environment.edit("environments/staging.yaml", "region: us-east-2\n", "region: us-east-2\nprotect: true\n");
    let load = ["verify", "staging", "--load", "1 user for 1s"];
    assert_eq!(environment.run(&load).code, 4);
    assert_eq!(environment.run(&[&load[..], &["--yes"]].concat()).code, 4);
    assert_eq!(environment.run(&[&load[..], &["--yes", "--confirm", "preview"]].concat()).code, 3);
    assert_eq!(environment.run(&[&load[..], &["--yes", "--confirm", "staging"]].concat()).code, 0);
}
