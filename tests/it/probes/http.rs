//! HTTP: what is expected, and every way in which it is not.

use std::io::Write;

use super::server::{answer, answering, head, hold, nobody, serve};
use super::{Verified, with_checks};

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/")
}

#[test]
fn a_good_answer_passes_in_every_respect() {
    let port = answering(|head| {
        assert!(head.contains("x-colour: blue"), "{head}");
        answer(
            "200 OK",
            "content-type: application/json\r\nstrict-transport-security: max-age=31536000\r\nx-frame-options: DENY\r\n\
             x-content-type-options: nosniff\r\nset-cookie: a=b; Secure; HttpOnly; SameSite=Lax\r\n",
            br#"{"status": "ok", "items": [{"id": 3}, {"id": 4}]}"#,
        )
    });
    let moved = answering(|_| answer("301 Moved", "location: https://example.com\r\n", b""));
    let denied = answering(|_| answer("401 Unauthorized", "", b"no"));
    let large = answering(|_| answer("200 OK", "", &vec![b'x'; 5 * 1024 * 1024]));
    let binary = answering(|_| answer("200 OK", "", &[0, 159, 146, 150, 255]));
    let environment = with_checks(&[
        (
            "all",
            format!(
                "{{http: {{url: '{}', headers: {{x-colour: blue}}, json: {{$.status: ok, '$.items[*].id': '>= 3', \
                 $.none: absent}}, answer_headers: {{Content-Type: '~ ^application/json'}}, policy: [hsts, frame-options, \
                 nosniff, secure-cookies], contains: items, lacks: [Traceback], matches: 'id.: [0-9]'}}}}",
                url(port)
            ),
        ),
        ("moved", format!("{{http: {{url: '{}', redirect: 'https://example.com/'}}}}", url(moved))),
        ("denied", format!("{{http: {{url: '{}', status: '401,403'}}}}", url(denied))),
        ("large", format!("{{http: '{}'}}", url(large))),
        ("binary", format!("{{http: '{}'}}", url(binary))),
        ("named", format!("{{http: {{url: 'http://shop.example.com/', connect_to: '127.0.0.1:{binary}'}}}}")),
        ("fast", format!("{{http: {{url: '{}', p95: 30s, requests: 5}}}}", url(binary))),
    ]);
    let verified = Verified::of(&environment, &[]);
    assert_eq!(verified.code, 0, "{}", verified.text);
    assert_eq!(verified.check("large")["figures"]["bytes"], 5 * 1024 * 1024);
    assert!(verified.check("fast")["figures"]["p95_ms"].is_number());
    assert_eq!(verified.check("all")["simulated"], false);
}

#[test]
fn a_bad_answer_says_what_is_bad() {
    let port = answering(|_| answer("500 Oops", "set-cookie: sid=hunter2\r\n", b"{\"status\": \"broken\"}"));
    let loops = answering(|head| {
        let to = if head.starts_with("GET /a") { "/b" } else { "/a" };
        answer("302 Found", &format!("location: {to}\r\n"), b"")
    });
    let binary = answering(|_| answer("200 OK", "", &[0, 159, 146, 150, 255]));
    let large = answering(|_| answer("200 OK", "", &vec![b'x'; 5 * 1024 * 1024]));
    let environment = with_checks(&[
        ("status", format!("{{http: '{}'}}", url(port))),
        ("json", format!("{{http: {{url: '{}', status: 500, json: {{$.status: ok}}}}}}", url(port))),
        ("headers", format!("{{http: {{url: '{}', status: 500, policy: [hsts, secure-cookies]}}}}", url(port))),
        ("body", format!("{{http: {{url: '{}', status: 500, contains: ready}}}}", url(port))),
        ("loops", format!("{{http: {{url: '{}a', follow: 5}}}}", url(loops))),
        ("unfollowed", format!("{{http: '{}a'}}", url(loops))),
        ("binary", format!("{{http: {{url: '{}', json: {{$.a: 1}}}}}}", url(binary))),
        ("large", format!("{{http: {{url: '{}', largest_body: 1 MiB}}}}", url(large))),
    ]);
    let verified = Verified::of(&environment, &[]);
    assert_eq!(verified.code, 7, "{}", verified.text);
    verified.expect("status", "failed", "status 500, expected 200");
    verified.expect("json", "failed", "$.status is `broken`, expected = ok");
    verified.expect("headers", "failed", "cookie sid is not Secure");
    assert!(!verified.text.contains("hunter2"), "the value of a cookie is told: {}", verified.text);
    verified.expect("body", "failed", "does not contain `ready`");
    verified.expect("loops", "failed", "a redirect loop: ");
    verified.expect("unfollowed", "failed", "status 302, expected 200");
    verified.expect("binary", "failed", "the body is no JSON");
    assert!(verified.check("binary")["evidence"].to_string().contains("binary, 5 bytes"));
    verified.expect("large", "failed", "larger than 1048576 bytes");
}

#[test]
fn a_hostile_server_costs_no_more_than_the_timeout() {
    let silent = serve(|mut stream| hold(&mut stream));
    let endless = serve(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        while stream.write_all(b"400\r\n").and_then(|()| stream.write_all(&[b'x'; 1024])).is_ok() {
            if stream.write_all(b"\r\n").is_err() {
                return;
            }
        }
    });
    let stuck = serve(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun");
        hold(&mut stream);
    });
    let flood = serve(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"x-more: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").is_ok() {}
    });
    let drops = serve(|mut stream| drop(head(&mut stream)));
    let cut = serve(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun");
    });
    let other = serve(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
        hold(&mut stream);
    });
    let check = |port| format!("{{http: '{}', timeout: 2s}}", url(port));
    let environment = with_checks(&[
        ("silent", check(silent)),
        ("endless", format!("{{http: {{url: '{}', largest_body: 1 MiB}}, timeout: 20s}}", url(endless))),
        ("stuck", check(stuck)),
        ("flood", check(flood)),
        ("drops", check(drops)),
        ("cut", check(cut)),
        ("other", check(other)),
        ("nobody", check(nobody())),
        ("nowhere", "{http: 'http://no-such-host.invalid/', timeout: 5s}".to_owned()),
    ]);
    let verified = Verified::of(&environment, &[]);
    assert_eq!(verified.code, 7, "{}", verified.text);
    verified.expect("silent", "unreachable", "connected, but no answer within 2 s");
    verified.expect("endless", "failed", "larger than 1048576 bytes");
    verified.expect("stuck", "failed", "its body did not end within 2 s; 5 bytes came");
    verified.expect("flood", "failed", "the head of the answer is larger than 64 KiB");
    verified.expect("drops", "unreachable", "closed before an answer came");
    verified.expect("cut", "failed", "broke off after");
    verified.expect("other", "failed", "does not speak HTTP");
    verified.expect("nobody", "unreachable", "the connection was refused");
    verified.expect("nowhere", "unreachable", "no-such-host.invalid");
}

#[test]
fn a_server_that_answers_drop_by_drop_runs_out_of_time() {
    // The client's timeout ends each of these, long before the last drop.
    let drops = |text: &'static [u8]| {
        serve(move |mut stream| {
            head(&mut stream);
            let mut turn = [0; 1];
            let _ = stream.set_read_timeout(Some(std::time::Duration::from_millis(100)));
            for byte in text.iter().cycle().take(100_000) {
                if stream.write_all(&[*byte]).is_err() || matches!(std::io::Read::read(&mut stream, &mut turn), Ok(0)) {
                    return;
                }
            }
        })
    };
    let headers = drops(b"HTTP/1.1 200 OK\r\nx-slow: 1\r\nx-slow: 2\r\n");
    let environment = with_checks(&[("headers", format!("{{http: '{}', timeout: 1s}}", url(headers)))]);
    let verified = Verified::of(&environment, &[]);
    verified.expect("headers", "unreachable", "connected, but no answer within 1 s");
}

#[test]
fn a_series_ends_as_soon_as_its_percentile_is_lost() {
    let port = answering(|_| answer("200 OK", "", b""));
    let environment = with_checks(&[("slow", format!("{{http: {{url: '{}', p95: 0ms, requests: 100}}}}", url(port)))]);
    let verified = Verified::of(&environment, &[]);
    verified.expect("slow", "failed", "expected at most 0 ms");
    assert!(
        verified.check("slow")["evidence"].to_string().contains("stopped after 6 of 100 requests"),
        "{}",
        verified.text
    );
}

#[test]
fn a_check_is_tried_again_until_it_passes() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let port = serve(move |mut stream| {
        head(&mut stream);
        let turn = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let status = if turn < 2 { "503 Not yet" } else { "200 OK" };
        let _ = stream.write_all(&answer(status, "connection: close\r\n", b""));
    });
    let environment = with_checks(&[("later", format!("{{http: '{}', tries: 5, pause: 0s}}", url(port)))]);
    let verified = Verified::of(&environment, &[]);
    assert_eq!(verified.code, 0, "{}", verified.text);
    assert_eq!(verified.check("later")["tries"], 3);
}

#[test]
fn a_later_run_is_compared_with_an_earlier_one() {
    let port = answering(|_| answer("200 OK", "", b""));
    let environment = with_checks(&[("page", format!("{{http: {{url: '{}', slower: 50%, requests: 3}}}}", url(port)))]);
    environment.done(&["verify", "staging", "-o", "json=before.json"]);
    environment
        .write("fast.json", r#"{"checks": [{"name": "page", "figures": {"p50_ms": 0.0001, "p95_ms": 0.0001}}]}"#);
    let verified = Verified::of(&environment, &["--against", "fast.json"]);
    assert_eq!(verified.code, 7, "{}", verified.text);
    verified.expect("page", "failed", "more than 50 % above the 0.0001 ms before");
    environment.write("none.json", "{}");
    let answer = environment.run(&["verify", "staging", "--against", "none.json"]);
    assert_eq!(answer.code, 3, "{answer}");
    let again = environment.run(&["verify", "staging", "--against", "before.json"]);
    assert!(again.stdout.contains("p95_ms") && again.stdout.contains("->"), "{again}");
}
