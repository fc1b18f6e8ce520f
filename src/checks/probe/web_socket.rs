//! A WebSocket: the handshake succeeds, the first message is as expected, the closing handshake is answered.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::connect::{Stream, in_words, stream};
use super::{Deadline, Trouble};
use crate::checks::Job;
use crate::checks::seen::Seen;
use crate::checks::words::Words;
use crate::model::{Address, TextExpectation, WebSocketCheck};

/// Largest message that is read, in bytes.
const LARGEST_MESSAGE: usize = 1024 * 1024;

type Socket = WebSocketStream<Box<dyn Stream>>;

/// Looks once.
pub(super) async fn look(check: &WebSocketCheck, job: &Job, deadline: Deadline, mut seen: Seen) -> Seen {
    match talk(check, job, deadline, &mut seen).await {
        Ok(()) => seen,
        Err(trouble) => trouble.end(seen),
    }
}

async fn talk(check: &WebSocketCheck, job: &Job, deadline: Deadline, seen: &mut Seen) -> Result<(), Trouble> {
    let address: Address = check.url.parse().map_err(|error: String| Trouble::not_looked(error))?;
    let stream = stream(&address, &check.route, &job.folder, deadline).await?;
    let request = request(&address, &job.words)?;
    let config =
        WebSocketConfig::default().max_message_size(Some(LARGEST_MESSAGE)).max_frame_size(Some(LARGEST_MESSAGE));
    let shaking = tokio_tungstenite::client_async_with_config(request, stream, Some(config));
    let late = |time: &str| Trouble::unreachable(format!("connected, but no answer to the handshake within {time}"));
    let (mut socket, answer) = deadline.within(shaking, late).await?.map_err(|error| of_handshake(&error))?;
    seen.summary(&format!("{address} opened"));
    seen.evidence(&format!("the handshake was answered with {}", answer.status().as_u16()));
    if let Some(text) = &job.words.body {
        let late = |time: &str| Trouble::failed(format!("opened, but took no message within {time}"));
        let sent = deadline.within(socket.send(Message::text(text.clone())), late).await?;
        sent.map_err(|error| Trouble::failed(format!("opened, but took no message: {}", of_socket(&error))))?;
    }
    if let Some(wanted) = &check.message {
        first_message(&mut socket, wanted, deadline, seen).await?;
    }
    if check.closes { close(&mut socket, deadline, seen).await } else { Ok(()) }
}

fn request(address: &Address, words: &Words) -> Result<Request, Trouble> {
    let unsendable = |what: &str| Trouble::not_looked(format!("{what} cannot be sent"));
    let mut request =
        address.to_string().into_client_request().map_err(|error| Trouble::not_looked(error.to_string()))?;
    for (name, value) in &words.headers {
        let header =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable(&format!("the header name {name}")))?;
        let value = HeaderValue::from_str(value).map_err(|_| unsendable(&format!("the value of the header {name}")))?;
        request.headers_mut().insert(header, value);
    }
    Ok(request)
}

async fn first_message(
    socket: &mut Socket,
    wanted: &TextExpectation,
    deadline: Deadline,
    seen: &mut Seen,
) -> Result<(), Trouble> {
    loop {
        let late = |time: &str| Trouble::failed(format!("opened, but no message came within {time}"));
        let text = match deadline.within(socket.next(), late).await? {
            None => return Err(Trouble::failed("opened, but was closed before a message came")),
            Some(Err(error)) => return Err(Trouble::failed(format!("opened, but then: {}", of_socket(&error)))),
            Some(Ok(Message::Close(frame))) => {
                let why = frame.map(|frame| format!(": {} {}", frame.code, frame.reason)).unwrap_or_default();
                return Err(Trouble::failed(format!("opened, but was closed before a message came{why}")));
            }
            Some(Ok(Message::Text(text))) => text.to_string(),
            Some(Ok(Message::Binary(bytes))) => match std::str::from_utf8(&bytes) {
                Ok(text) => text.to_owned(),
                Err(_) => {
                    seen.evidence(&format!("the first message is binary, {} bytes", bytes.len()));
                    String::from_utf8_lossy(&bytes).into_owned()
                }
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
        };
        seen.evidence(&format!("first message: {text}"));
        seen.judge_text("the first message", wanted, &text);
        return Ok(());
    }
}

/// The closing handshake. A peer that is gone without a word leaves it unanswered: a half-open connection.
async fn close(socket: &mut Socket, deadline: Deadline, seen: &mut Seen) -> Result<(), Trouble> {
    let unanswered = |time: &str| Trouble::failed(format!("the closing handshake was not answered within {time}"));
    if let Err(error) = deadline.within(socket.close(None), unanswered).await? {
        return Err(Trouble::failed(format!("it cannot be closed: {}", of_socket(&error))));
    }
    loop {
        match deadline.within(socket.next(), unanswered).await? {
            Some(Ok(Message::Close(Some(frame)))) if !is_clean(frame.code) => {
                let why = format!("{} {}", frame.code, frame.reason);
                return Err(Trouble::failed(format!("the server closed it with {}", why.trim_end())));
            }
            Some(Ok(Message::Close(_))) | Some(Err(Error::ConnectionClosed)) => break,
            Some(Ok(_)) => {}
            None => break,
            Some(Err(error)) => {
                let why = of_socket(&error);
                return Err(Trouble::failed(format!("the closing handshake was not answered: {why}")));
            }
        }
    }
    seen.evidence("the closing handshake was answered");
    Ok(())
}

/// Codes without a complaint (RFC 6455, 7.4.1): all is done, it goes away, no code at all.
fn is_clean(code: CloseCode) -> bool {
    matches!(code, CloseCode::Normal | CloseCode::Away | CloseCode::Status)
}

fn of_handshake(error: &Error) -> Trouble {
    match error {
        Error::Http(answer) => {
            Trouble::failed(format!("the handshake was answered with {}, expected 101", answer.status().as_u16()))
        }
        Error::Io(error) => Trouble::unreachable(in_words(error)),
        other => Trouble::failed(format!("the handshake: {other}")),
    }
}

fn of_socket(error: &Error) -> String {
    match error {
        Error::Io(error) => in_words(error),
        other => other.to_string(),
    }
}
