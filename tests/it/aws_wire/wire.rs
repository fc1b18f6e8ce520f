//! [`Wire`]: an HTTP client that answers from a table instead of the network, and remembers what was sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use envctl::cloud::aws::{AwsCloud, ConnectOptions, RevisionCache};

/// What comes back.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// A status and a body.
    Says(u16, String),
    /// A status, the error's code in its header, and a body: how REST services say an error.
    Fails(u16, &'static str, String),
    /// The connection breaks after the request was sent.
    Breaks,
    /// Nothing, ever.
    Silence,
}

/// A request that was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// `DescribeServices`.
    pub(super) operation: String,
    /// Its body, or its path where it has none.
    pub(super) body: String,
}

type Table = dyn Fn(&Sent, usize) -> Answer + Send + Sync;

/// Answers from a table, each after the same time.
#[derive(Clone)]
pub(super) struct Wire {
    table: Arc<Table>,
    sent: Arc<Mutex<Vec<Sent>>>,
    takes: Duration,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Wire")
    }
}

impl Wire {
    /// The table is asked with the request and with how often the operation was sent before.
    pub(super) fn new(table: impl Fn(&Sent, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self { table: Arc::new(table), sent: Arc::default(), takes: Duration::from_millis(100) }
    }

    /// How long each answer takes, in virtual time.
    pub(super) fn takes(&self) -> Duration {
        self.takes
    }

    /// Requests sent of one operation.
    pub(super) fn sent(&self, operation: &str) -> Vec<Sent> {
        self.sent.lock().expect("a lock").iter().filter(|sent| sent.operation == operation).cloned().collect()
    }

    /// A cloud on this wire, with the revisions given.
    pub(super) async fn cloud(&self, revisions: Option<Arc<dyn RevisionCache>>) -> AwsCloud {
        let credentials = aws_sdk_sts::config::Credentials::new("AKIDEXAMPLE", "secret", None, None, "the tests");
        let settings = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("us-east-2"))
            .credentials_provider(credentials)
            .http_client(self.clone())
            .load()
            .await;
        let options = ConnectOptions {
            settings: Some(settings),
            http_client: Some(aws_smithy_runtime_api::client::http::SharedHttpClient::new(self.clone())),
            revisions,
            ..ConnectOptions::default()
        };
        AwsCloud::connect("us-east-2", options).await.expect("a connection")
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sent = Sent { operation: operation(&request), body: body(&request) };
        let mut all = self.sent.lock().expect("a lock");
        let before = all.iter().filter(|other| other.operation == sent.operation).count();
        let answer = (self.table)(&sent, before);
        all.push(sent);
        let takes = self.takes;
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(takes).await;
            match answer {
                Answer::Says(status, body) => Ok(response(status, body)),
                Answer::Fails(status, code, body) => {
                    let mut response = response(status, body);
                    response.headers_mut().insert("x-amzn-errortype", code);
                    Ok(response)
                }
                Answer::Breaks => Err(ConnectorError::io("connection reset by peer".into())),
                Answer::Silence => std::future::pending().await,
            }
        })
    }
}

fn response(status: u16, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
    response.headers_mut().insert("x-amzn-requestid", "request-1");
    response
}

/// JSON services name the operation in a header, query services in the body, EFS and AWS Backup in method and path.
fn operation(request: &HttpRequest) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let body = body(request);
    if let Some(rest) = body.strip_prefix("Action=") {
        return rest.split('&').next().unwrap_or_default().to_owned();
    }
    let path = request.uri().split('?').next().unwrap_or_default();
    if let Some((_, path)) = path.split_once("://backup.") {
        // AWS Backup: the path without the ARNs in it.
        let parts = path.split('/').skip(1).filter(|part| !part.is_empty() && !part.starts_with("arn"));
        return format!("{} /{}", request.method(), parts.collect::<Vec<_>>().join("/"));
    }
    let path = path.split("/2015-02-01/").nth(1).unwrap_or_default();
    format!("{} {}", request.method(), path.split('/').next().unwrap_or_default())
}

fn body(request: &HttpRequest) -> String {
    let body = request.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    if body.is_empty() { request.uri().to_owned() } else { body }
}
