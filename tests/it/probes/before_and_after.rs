//! A release whose pages come as fast as before it, or slower.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::server::{answer, answering};
use super::with_checks;
use crate::support::{Answer, TestEnvironment};

/// How long a slow page takes.
const SLOW: Duration = Duration::from_millis(400);

/// A page that is slow while this is set.
fn page(slow: &Arc<AtomicBool>) -> u16 {
    let slow = Arc::clone(slow);
    answering(move |_| {
        if slow.load(Ordering::SeqCst) {
            // Nobody ever sends anything.
            let (_sender, receiver) = mpsc::channel::<()>();
            let _ = receiver.recv_timeout(SLOW);
        }
        answer("200 OK", "", b"")
    })
}

/// Staging, up, whose release compares the page with before, and asks another server between both.
fn up(port: u16, between: u16) -> TestEnvironment {
    let environment = with_checks(&[
        ("page", format!("{{http: {{url: 'http://127.0.0.1:{port}/', slower: 100%, requests: 2}}}}")),
        ("between", format!("{{http: 'http://127.0.0.1:{between}/'}}")),
    ]);
    let spec = environment.read("environments/staging.yaml");
    let procedure = "release: {before: [page, between], verify: [page], rollback_when: [verify]}";
    environment.write("environments/staging.yaml", &format!("{spec}\n{procedure}\n"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

fn release(environment: &TestEnvironment) -> Answer {
    environment.run(&["release", "staging", "--image", "repository/pythonide-backend:2.0", "--yes", "--quiet"])
}

#[test]
fn a_page_that_is_as_slow_as_before_passes_and_one_that_became_slow_is_taken_back() {
    let slow = Arc::new(AtomicBool::new(true));
    let as_before = up(page(&slow), answering(|_| answer("200 OK", "", b"")));
    assert_eq!(release(&as_before).code, 0, "as slow as before");

    let slow = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&slow);
    // Once this server was asked, the page is slow.
    let switched = answering(move |_| {
        switch.store(true, Ordering::SeqCst);
        answer("200 OK", "", b"")
    });
    let environment = up(page(&slow), switched);
    let answer = release(&environment);
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stderr.contains("was rolled back at verify"), "{answer}");
    let words = answer.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = words.split("check page: ").nth(1).expect("the check");
    assert!(line.contains("ms, more than 100 % above the ") && line.contains(" ms before"), "{line}");
}
