//! Announcements of releases to real servers on loopback: a good one, and every way in which one can be bad. Its address
//! is a secret.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use super::server::{answer, answering, head, hold, nobody, serve};
use crate::support::{Answer, TestEnvironment};

const IMAGE: &str = "123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend:2.0";
/// The part of the address by which whoever has it can post.
const TOKEN: &str = "T0B0verysecret";

/// A release that announces to this port, in a workspace of its own.
fn release(port: u16, reason: &str, more: &str) -> (TestEnvironment, Answer) {
    let mut environment = TestEnvironment::on_a_known_day();
    let spec = environment.read("environments/staging.yaml");
    let procedure = format!("\nrelease: {{announce: {{webhook: 'env:HOOK'{more}}}}}\n");
    environment.write("environments/staging.yaml", &format!("{spec}{procedure}"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment.set("HOOK", &format!("http://127.0.0.1:{port}/services/{TOKEN}?key={TOKEN}"));
    let answer = environment.run(&["release", "staging", "--image", IMAGE, "--yes", "--verbose", "--reason", reason]);
    (environment, answer)
}

/// Everything that a release of this workspace has left to read.
fn told(environment: &TestEnvironment, answer: &Answer) -> String {
    let mut all = answer.to_string();
    for format in ["text", "json", "markdown"] {
        all.push_str(&environment.done(&["release", "show", "staging", "-o", format]));
    }
    all.push_str(&environment.done(&["sim", "show"]));
    all.push_str(&environment.done(&["history", "staging"]));
    all
}

/// Nothing tells the address, not even where it leads.
fn is_silent(port: u16, all: &str) {
    for part in [TOKEN, &format!("127.0.0.1:{port}"), "/services/"] {
        assert!(!all.contains(part), "`{part}` of the address is told: {all}");
    }
}

#[test]
fn a_message_of_slacks_shape_is_posted_before_and_after_and_mentions_nobody() {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&bodies);
    let port = serve(move |mut stream| {
        while let Some(head) = head(&mut stream) {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            let mut body = vec![0; length.expect("a length").trim().parse().expect("a number")];
            stream.read_exact(&mut body).expect("a body");
            taken.lock().unwrap().push((head, String::from_utf8(body).expect("text")));
            let _ = stream.write_all(&answer("200 OK", "", b"ok"));
        }
    });
    let (environment, answer) = release(port, "<!channel> & all", "");
    assert_eq!(answer.code, 0, "{answer}");
    let bodies = bodies.lock().unwrap();
    assert_eq!(bodies.len(), 2, "before and after: {bodies:?}");
    for (head, body) in bodies.iter() {
        assert!(head.starts_with(&format!("POST /services/{TOKEN}?key={TOKEN} ")), "{head}");
        assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body.as_object().map(|fields| fields.len()), Some(1), "{body}");
        assert!(body["text"].as_str().is_some_and(|text| text.starts_with("staging: ")), "{body}");
    }
    assert!(bodies[0].1.contains("&lt;!channel&gt; &amp; all"), "{bodies:?}");
    let all = told(&environment, &answer);
    assert!(all.contains("webhook: answered 200"), "{all}");
    is_silent(port, &all);
}

#[test]
fn a_webhook_that_is_bad_is_noted_in_bounded_time_and_its_address_is_told_nowhere() {
    let check = |port: u16, words: &str| {
        let (environment, answer) = release(port, "why", "");
        assert_eq!(answer.code, 0, "{words}: {answer}");
        let all = told(&environment, &answer);
        assert!(all.contains(&format!("webhook: not sent: {words}")), "`{words}` is not in {all}");
        is_silent(port, &all);
    };
    check(answering(|_| answer("500 Oops", "", TOKEN.as_bytes())), "it answered 500");
    check(answering(|_| answer("404 Not Found", "", b"")), "it answered 404");
    check(nobody(), "the connection was refused");
    check(serve(|mut stream| hold(&mut stream)), "connected, but no answer within 10 s");
    check(answering(|_| b"SSH-2.0-OpenSSH_9\r\n\r\n".to_vec()), "what answers does not speak HTTP/1.1");
}

#[test]
fn a_redirect_is_not_followed() {
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let stranger = answering(move |_| {
        *count.lock().unwrap() += 1;
        answer("200 OK", "", b"")
    });
    let port = answering(move |_| {
        answer("307 Temporary Redirect", &format!("location: http://127.0.0.1:{stranger}/\r\n"), b"")
    });
    let (environment, answer) = release(port, "why", "");
    let all = told(&environment, &answer);
    assert!(all.contains("it answered 307, and a redirect is not followed"), "{all}");
    assert_eq!(*asked.lock().unwrap(), 0, "the stranger was told");
}

#[test]
fn one_that_is_required_and_does_not_answer_well_stops_the_release() {
    let port = answering(|_| answer("503 Busy", "", b""));
    let (environment, answer) = release(port, "why", ", required: true");
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stderr.contains("it answered 503"), "{answer}");
    is_silent(port, &told(&environment, &answer));
}

#[test]
fn what_is_no_address_is_told_without_it() {
    let mut environment = TestEnvironment::on_a_known_day();
    let spec = environment.read("environments/staging.yaml");
    environment
        .write("environments/staging.yaml", &format!("{spec}\nrelease: {{announce: {{webhook: 'env:HOOK'}}}}\n"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    let run = |environment: &TestEnvironment| environment.run(&["release", "staging", "--image", IMAGE, "--yes"]);
    assert!(run(&environment).stderr.contains("the variable HOOK is not set"));
    environment.set("HOOK", &format!("ftp://localhost/{TOKEN}"));
    let answer = run(&environment);
    assert!(answer.stderr.contains("webhook: not sent: what the webhook's secret holds is no address"), "{answer}");
    assert!(!answer.to_string().contains(TOKEN), "{answer}");
}
