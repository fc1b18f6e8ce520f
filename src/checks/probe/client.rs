//! A small HTTP/1.1 client for looking: one connection kept open, every step with its deadline, every answer bounded.

use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::connect::{in_words, stream};
use super::{Deadline, Trouble};
use crate::model::{Address, Route};

/// Most bytes of the head of an answer.
const LARGEST_HEAD: usize = 64 * 1024;

/// A request.
#[derive(Clone)]
pub(in crate::checks) struct Question {
    pub(in crate::checks) method: String,
    pub(in crate::checks) address: Address,
    pub(in crate::checks) headers: Vec<(String, String)>,
    pub(in crate::checks) body: Option<String>,
    /// Most bytes of the answer's body that are read.
    pub(in crate::checks) largest_body: u64,
}

/// An answer.
pub(in crate::checks) struct Answer {
    pub(in crate::checks) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// The body is larger than what was read.
    pub(super) is_cut: bool,
    /// From before the connection, where one was made, to the end of the body.
    pub(in crate::checks) took: Duration,
}

/// Asks, and keeps the connection for the next question.
pub(in crate::checks) struct Client {
    route: Route,
    folder: PathBuf,
    /// The authority to which the route belongs; to others it goes by the DNS.
    routed: String,
    open: Option<Open>,
}

struct Open {
    authority: String,
    sender: SendRequest<Full<Bytes>>,
    task: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    /// A client whose route is for this address.
    pub(in crate::checks) fn new(route: &Route, folder: &std::path::Path, address: &Address) -> Self {
        let routed = format!("{}:{}", address.host, address.port);
        Self { route: route.clone(), folder: folder.to_owned(), routed, open: None }
    }

    /// Asks once. A kept connection that the server has closed meanwhile is replaced by a new one.
    pub(in crate::checks) async fn ask(&mut self, question: &Question, deadline: Deadline) -> Result<Answer, Trouble> {
        let began = Instant::now();
        let authority = format!("{}://{}", question.address.scheme, question.address.authority());
        let kept = self.open.take().filter(|open| open.authority == authority && !open.sender.is_closed());
        let was_kept = kept.is_some();
        let mut open = match kept {
            Some(open) => open,
            None => self.connect(&question.address, &authority, deadline).await?,
        };
        let response = match send(&mut open, question, deadline).await {
            Err(trouble)
                if was_kept
                    && matches!(question.method.as_str(), "GET" | "HEAD")
                    && deadline.left() > Duration::ZERO =>
            {
                drop(trouble);
                open = self.connect(&question.address, &authority, deadline).await?;
                send(&mut open, question, deadline).await?
            }
            other => other?,
        };
        let (head, mut incoming) = response.into_parts();
        let (body, is_cut) = read(&mut incoming, question.largest_body, deadline).await?;
        let closes =
            head.headers.get("connection").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
        if !is_cut && !closes {
            self.open = Some(open);
        }
        Ok(Answer { status: head.status, headers: head.headers, body, is_cut, took: began.elapsed() })
    }

    async fn connect(&self, address: &Address, authority: &str, deadline: Deadline) -> Result<Open, Trouble> {
        let own = format!("{}:{}", address.host, address.port) == self.routed;
        let elsewhere = Route { connect_to: None, ca: self.route.ca.clone() };
        let route = if own { &self.route } else { &elsewhere };
        let stream = stream(address, route, &self.folder, deadline).await?;
        let shaken = Builder::new().max_buf_size(LARGEST_HEAD).handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|error| Trouble::unreachable(error.to_string()))?;
        // Its end shows in the answer, or in the lack of one.
        let task = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        Ok(Open { authority: authority.to_owned(), sender, task })
    }
}

async fn send(open: &mut Open, question: &Question, deadline: Deadline) -> Result<Response<Incoming>, Trouble> {
    let request = request(question)?;
    let asking = async {
        open.sender.ready().await?;
        open.sender.send_request(request).await
    };
    let late = |time: &str| Trouble::unreachable(format!("connected, but no answer within {time}"));
    deadline.within(asking, late).await?.map_err(|error| of_head(&error))
}

fn request(question: &Question) -> Result<Request<Full<Bytes>>, Trouble> {
    let wrong = |what: &str| Trouble::not_looked(format!("{what} cannot be sent"));
    let method = Method::from_bytes(question.method.as_bytes()).map_err(|_| wrong("the method"))?;
    let mut request = Request::builder().method(method).uri(&question.address.path);
    let headers = request.headers_mut().ok_or_else(|| wrong("the address"))?;
    let authority = question.address.authority();
    let usual = [("host", authority.as_str()), ("user-agent", "envctl-verify"), ("accept", "*/*")];
    for (name, value) in
        usual.into_iter().chain(question.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong(&format!("the header name {name}")))?;
        let value = HeaderValue::from_str(value).map_err(|_| wrong(&format!("the value of the header {name}")))?;
        headers.insert(name, value);
    }
    let body = question.body.clone().unwrap_or_default();
    request.body(Full::new(Bytes::from(body))).map_err(|_| wrong("the request"))
}

async fn read(incoming: &mut Incoming, most: u64, deadline: Deadline) -> Result<(Vec<u8>, bool), Trouble> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut body: Vec<u8> = Vec::new();
    loop {
        let length = body.len();
        let late = |time: &str| {
            Trouble::failed(format!("the answer began, but its body did not end within {time}; {length} bytes came"))
        };
        match deadline.within(incoming.frame(), late).await? {
            None => return Ok((body, false)),
            Some(Err(error)) => {
                let why = of_head(&error).text;
                return Err(Trouble::failed(format!("the answer broke off after {length} bytes of its body: {why}")));
            }
            Some(Ok(frame)) => {
                let Some(data) = frame.data_ref() else { continue };
                if body.len() + data.len() > most {
                    body.extend(data.iter().take(most - body.len()));
                    return Ok((body, true));
                }
                body.extend_from_slice(data);
            }
        }
    }
}

/// What an error before or inside an answer means.
fn of_head(error: &hyper::Error) -> Trouble {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(inner) = inner.downcast_ref::<std::io::Error>() {
            return Trouble::unreachable(in_words(inner));
        }
        source = inner.source();
    }
    // hyper tells a head that is too large apart by its words alone.
    if error.is_parse() && error.to_string().contains("too large") {
        return Trouble::failed(format!("the head of the answer is larger than {} KiB", LARGEST_HEAD / 1024));
    }
    if error.is_parse() || error.is_parse_status() {
        return Trouble::failed(format!("what answers does not speak HTTP/1.1: {error}"));
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return Trouble::unreachable("the connection was closed before an answer came");
    }
    Trouble::unreachable(error.to_string())
}
