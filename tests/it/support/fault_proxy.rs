//! A loopback proxy that stands between the SDK and an emulator and misbehaves on purpose, by seed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How often each fault happens, in percent of the requests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) seed: u64,
    /// Answered with the service's own throttling error; never reaches the emulator.
    pub(crate) throttle: u64,
    /// Answered with 503; never reaches the emulator.
    pub(crate) unavailable: u64,
    /// Connection closed before the request is passed on.
    pub(crate) reset: u64,
    /// The emulator acts, and its answer is thrown away.
    pub(crate) lost_reply: u64,
    /// The emulator acts, and its answer comes late.
    pub(crate) slow: u64,
}

/// How late a slow answer comes.
const SLOW: Duration = Duration::from_millis(800);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Throttle,
    Unavailable,
    Reset,
    LostReply,
    Slow,
}

impl Faults {
    /// The fault of the request of this operation with this number: from the seed alone, in whatever order requests of
    /// different operations arrive.
    fn decide(&self, operation: &str, number: u64) -> Fault {
        let digest = Sha256::digest(format!("{} {operation} {number}", self.seed));
        let dice = u64::from(u16::from_be_bytes([digest[0], digest[1]])) % 100;
        let steps = [
            (self.throttle, Fault::Throttle),
            (self.unavailable, Fault::Unavailable),
            (self.reset, Fault::Reset),
            (self.lost_reply, Fault::LostReply),
            (self.slow, Fault::Slow),
        ];
        let mut bound = 0;
        for (share, fault) in steps {
            bound += share;
            if dice < bound {
                return fault;
            }
        }
        Fault::None
    }
}

/// What came through.
#[derive(Default)]
struct Traffic {
    /// How often each operation was asked for.
    asked: BTreeMap<String, u64>,
    /// One line a request, `rds CreateDBSnapshot LostReply`.
    lines: Vec<String>,
}

/// A running proxy; it stops when dropped.
pub(crate) struct FaultProxy {
    address: SocketAddr,
    traffic: Arc<Mutex<Traffic>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl FaultProxy {
    /// Starts a proxy on a free loopback port in front of `upstream` (`127.0.0.1:4566`).
    pub(crate) fn start(upstream: &str, faults: Faults) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("address");
        let traffic = Arc::new(Mutex::new(Traffic::default()));
        let (upstream, log) = (upstream.to_owned(), traffic.clone());
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (upstream, log) = (upstream.clone(), log.clone());
                tokio::spawn(async move {
                    // A broken connection is what this proxy is for: nothing to report.
                    let _ = serve(client, &upstream, faults, &log).await;
                });
            }
        });
        Self { address, traffic, runtime: Some(runtime) }
    }

    /// The requests so far, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.traffic.lock().expect("the traffic").lines.clone()
    }

    /// What to put into `AWS_ENDPOINT_URL`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The service in the signature's scope: `…/us-east-2/rds/aws4_request`.
    fn service(&self) -> String {
        let scope =
            self.header("authorization").and_then(|value| value.split("Credential=").nth(1)).unwrap_or_default();
        scope.split('/').nth(3).unwrap_or("unknown").to_owned()
    }

    fn operation(&self) -> String {
        if let Some(target) = self.header("x-amz-target") {
            return target.rsplit('.').next().unwrap_or(target).to_owned();
        }
        let body = String::from_utf8_lossy(&self.body);
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
        action.unwrap_or_else(|| self.head.lines().next().unwrap_or_default().to_owned())
    }
}

/// Decides on the fault of a request, and writes both down.
fn noted(traffic: &Mutex<Traffic>, request: &Request, faults: Faults) -> Fault {
    let operation = format!("{} {}", request.service(), request.operation());
    let mut traffic = traffic.lock().expect("the traffic");
    let number = traffic.asked.entry(operation.clone()).or_default();
    *number += 1;
    let fault = faults.decide(&operation, *number);
    traffic.lines.push(format!("{operation} {fault:?}"));
    fault
}

async fn serve(mut client: TcpStream, upstream: &str, faults: Faults, traffic: &Mutex<Traffic>) -> std::io::Result<()> {
    while let Some(request) = read_request(&mut client).await? {
        let fault = noted(traffic, &request, faults);
        match fault {
            Fault::Reset => return Ok(()),
            Fault::Throttle => client.write_all(&throttled(&request.service())).await?,
            Fault::Unavailable => client.write_all(&answer(503, "text/plain", "", "try again")).await?,
            Fault::LostReply => {
                forward(&request, upstream).await?;
                return Ok(());
            }
            Fault::None | Fault::Slow => {
                let reply = forward(&request, upstream).await?;
                if fault == Fault::Slow {
                    tokio::time::sleep(SLOW).await;
                }
                client.write_all(&reply).await?;
                // The emulator closed its connection after this reply, and said so in it.
                return client.shutdown().await;
            }
        }
    }
    Ok(())
}

async fn read_request(client: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut request = Request { head, body: bytes.split_off(end + 4) };
            let length = request.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
            while request.body.len() < length {
                let read = client.read(&mut chunk).await?;
                if read == 0 {
                    return Ok(None);
                }
                request.body.extend_from_slice(&chunk[..read]);
            }
            return Ok(Some(request));
        }
        let read = client.read(&mut chunk).await?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk[..read]);
    }
}

/// Passes the request on over a connection of its own, and reads the answer to its end.
async fn forward(request: &Request, upstream: &str) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).await?;
    let mut head: String = request
        .head
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .flat_map(|line| [line, "\r\n"])
        .collect();
    head.push_str("connection: close\r\n\r\n");
    server.write_all(head.as_bytes()).await?;
    server.write_all(&request.body).await?;
    let mut reply = Vec::new();
    server.read_to_end(&mut reply).await?;
    Ok(reply)
}

/// The throttling error as each protocol spells it.
fn throttled(service: &str) -> Vec<u8> {
    match service {
        "rds" | "elasticloadbalancing" | "sts" => answer(
            400,
            "text/xml",
            "",
            "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>proxy</RequestId></ErrorResponse>",
        ),
        "ec2" => answer(
            503,
            "text/xml",
            "",
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>proxy</RequestID></Response>",
        ),
        "elasticfilesystem" => answer(
            429,
            "application/json",
            "x-amzn-errortype: ThrottlingException\r\n",
            r#"{"ErrorCode":"ThrottlingException","Message":"Rate exceeded"}"#,
        ),
        _ => answer(
            400,
            "application/x-amz-json-1.1",
            "",
            r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
        ),
    }
}

fn answer(status: u16, content_type: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} Fault\r\ncontent-type: {content_type}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
