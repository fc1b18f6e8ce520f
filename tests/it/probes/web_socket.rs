//! WebSockets: one that talks and closes, and those that do not.

use std::io::Write;
use std::net::TcpStream;

use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};

use super::server::{answer, head, hold, nobody, serve};
use super::{Verified, with_checks};

/// A server that shakes hands, and then does this.
fn socket(then: impl Fn(&mut tungstenite::WebSocket<TcpStream>) + Send + Sync + 'static) -> u16 {
    serve(move |stream| {
        if let Ok(mut socket) = tungstenite::accept(stream) {
            then(&mut socket);
        }
    })
}

#[test]
fn a_socket_opens_talks_and_closes() {
    let echo = socket(|socket| {
        while let Ok(message) = socket.read() {
            if message.is_text() {
                let _ = socket.send(Message::text(format!("you said {message}")));
            }
        }
    });
    let environment = with_checks(&[
        ("opens", format!("{{websocket: 'ws://127.0.0.1:{echo}/ws'}}")),
        ("talks", format!("{{websocket: {{url: 'ws://127.0.0.1:{echo}/', send: hello, contains: you said hello}}}}")),
        ("lies", format!("{{websocket: {{url: 'ws://127.0.0.1:{echo}/', send: hello, contains: goodbye}}}}")),
    ]);
    let verified = Verified::of(&environment, &[]);
    verified.expect("opens", "passed", "opened");
    verified.expect("talks", "passed", "opened");
    verified.expect("lies", "failed", "the first message does not contain `goodbye`");
}

#[test]
fn a_socket_that_stands_half_open_fails_in_time() {
    let half_open = serve(|stream| {
        if let Ok(mut socket) = tungstenite::accept(stream) {
            hold(socket.get_mut());
        }
    });
    let plain = serve(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(&answer("200 OK", "", b"no socket here"));
    });
    let closes = socket(|socket| {
        let _ = socket.close(None);
        while socket.read().is_ok() {}
    });
    let fails = socket(|socket| {
        let reason = CloseFrame { code: CloseCode::Error, reason: "no database".into() };
        let _ = socket.close(Some(reason));
        while socket.read().is_ok() {}
    });
    let drops = serve(|stream| drop(tungstenite::accept(stream)));
    let silent = serve(|mut stream| hold(&mut stream));
    let check = |port: u16, more: &str| format!("{{websocket: {{url: 'ws://127.0.0.1:{port}/'{more}}}, timeout: 2s}}");
    let environment = with_checks(&[
        ("half-open", check(half_open, "")),
        ("mute", check(half_open, ", message: true")),
        ("plain", check(plain, "")),
        ("closes", check(closes, ", message: true")),
        ("leaves", check(closes, "")),
        ("fails", check(fails, "")),
        ("drops", check(drops, ", message: true")),
        ("silent", check(silent, "")),
        ("nobody", check(nobody(), "")),
    ]);
    let verified = Verified::of(&environment, &[]);
    assert_eq!(verified.code, 7, "{}", verified.text);
    verified.expect("half-open", "failed", "the closing handshake was not answered within 2 s");
    verified.expect("mute", "failed", "no message came within 2 s");
    verified.expect("plain", "failed", "answered with 200, expected 101");
    verified.expect("closes", "failed", "closed before a message came");
    verified.expect("leaves", "passed", "opened");
    verified.expect("fails", "failed", "the server closed it with 1011 no database");
    verified.expect("drops", "failed", "opened, but");
    verified.expect("silent", "unreachable", "no answer to the handshake within 2 s");
    verified.expect("nobody", "unreachable", "refused");
}
