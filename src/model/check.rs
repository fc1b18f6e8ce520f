//! [`Check`]: one thing that `verify` looks at, and what it expects to see. Made from outside, with the eyes of the
//! machine that runs envctl.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Comparison;

/// One check of the spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What is looked at.
    pub kind: CheckKind,
    /// How often it is tried until it passes, at least 1.
    pub tries: u32,
    /// Time between two tries.
    pub pause: Duration,
    /// Longest time of one try.
    pub timeout: Duration,
}

/// The kinds of check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// A request and its answer.
    Http(HttpCheck),
    /// The certificate of a server.
    Tls(TlsCheck),
    /// A WebSocket: it opens, talks and closes.
    WebSocket(WebSocketCheck),
    /// A query of PostgreSQL, its schema, its connections.
    Sql(SqlCheck),
    /// Patterns in a log group.
    Log(LogCheck),
    /// A CloudWatch metric.
    Metric(MetricCheck),
    /// A service of the environment is steady.
    Service(ServiceCheck),
    /// A program of this machine.
    Command(CommandCheck),
}

impl CheckKind {
    /// The word that the spec has for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Tls(_) => "tls",
            Self::WebSocket(_) => "websocket",
            Self::Sql(_) => "sql",
            Self::Log(_) => "log",
            Self::Metric(_) => "metric",
            Self::Service(_) => "service",
            Self::Command(_) => "command",
        }
    }
}

/// A text of a check, or the secret that holds it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckText {
    /// The text itself.
    Plain(String),
    /// A secret of Secrets Manager, read when the check runs and never shown.
    Secret {
        /// Name or ARN.
        name: String,
        /// Field of the JSON object that the secret holds; `None`: the whole text.
        field: Option<String>,
    },
}

impl fmt::Display for CheckText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => formatter.write_str(text),
            Self::Secret { name, field: None } => write!(formatter, "(secret {name})"),
            Self::Secret { name, field: Some(field) } => write!(formatter, "(secret {name}, field {field})"),
        }
    }
}

impl fmt::Debug for CheckText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// How a server is reached when not by its name in the DNS, and whom to believe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// `HOST:PORT` to connect to instead; host name and certificate name stay those of the address.
    pub connect_to: Option<String>,
    /// A PEM file of authorities to believe instead of the machine's own, relative to the workspace.
    pub ca: Option<String>,
}

/// A request and what its answer shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCheck {
    /// `http://` or `https://`.
    pub url: String,
    /// `GET` ….
    pub method: String,
    /// Headers beside `host`, by name as written.
    pub headers: BTreeMap<String, CheckText>,
    /// Body that is sent.
    pub body: Option<CheckText>,
    /// How to get there.
    pub route: Route,
    /// Redirects that are followed, at most so many. 0: the first answer is the answer.
    pub follow: u32,
    /// Inclusive ranges of status codes, one of which shall hold.
    pub status: Vec<(u16, u16)>,
    /// What headers of the answer shall be, by name in lower case.
    pub answer_headers: BTreeMap<String, Comparison>,
    /// What the body shall be.
    pub text: TextExpectation,
    /// What JSON paths of the body shall be.
    pub json: BTreeMap<String, Comparison>,
    /// The body is at most this long, in bytes; more is not read.
    pub largest_body: u64,
    /// Which security headers shall be there.
    pub policy: Vec<HeaderRule>,
    /// Where the answer shall redirect to.
    pub redirect: Option<Comparison>,
    /// How many requests are made, one after the other, at least 1.
    pub requests: u32,
    /// Most time of half of the requests.
    pub p50: Option<Duration>,
    /// Most time of 95 of 100 requests.
    pub p95: Option<Duration>,
    /// Most time of 99 of 100 requests.
    pub p99: Option<Duration>,
    /// Most requests of a load that may go wrong, in percent.
    pub errors_percent: Decimal,
    /// Most that p50, p95 and p99 may have grown since an earlier record, in percent; `None`: not compared.
    pub slower_percent: Option<Decimal>,
}

/// A header that a careful answer has (C3c).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeaderRule {
    /// `strict-transport-security` of at least half a year.
    Hsts,
    /// `x-frame-options` DENY or SAMEORIGIN, or `frame-ancestors` in the content security policy.
    FrameOptions,
    /// `x-content-type-options: nosniff`.
    Nosniff,
    /// Every cookie is `Secure` and `HttpOnly`, and says `SameSite`.
    SecureCookies,
    /// `content-security-policy` is there.
    ContentSecurityPolicy,
    /// `referrer-policy` is there.
    ReferrerPolicy,
}

/// What a text (a body, the output of a program) shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextExpectation {
    /// Texts that must appear.
    pub contains: Vec<String>,
    /// Texts that must not.
    pub lacks: Vec<String>,
    /// Regular expressions that must match somewhere.
    pub matches: Vec<String>,
}

/// A certificate and what it shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsCheck {
    /// Host, also the name that the certificate shall have.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How to get there.
    pub route: Route,
    /// Days that it shall still be valid.
    pub days_left: u32,
}

/// A WebSocket and what it shall say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSocketCheck {
    /// `ws://` or `wss://`.
    pub url: String,
    /// Headers of the handshake.
    pub headers: BTreeMap<String, CheckText>,
    /// How to get there.
    pub route: Route,
    /// Text that is sent after the handshake; `None`: nothing.
    pub send: Option<CheckText>,
    /// What the first message shall be; `None`: none is waited for.
    pub message: Option<TextExpectation>,
    /// The server answers the closing handshake.
    pub closes: bool,
}

/// A question to PostgreSQL and what its answer shall be. Nothing is ever written: the session is read-only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlCheck {
    /// Where the database is.
    pub target: SqlTarget,
    /// The query; `None`: only schema, connections or locks are looked at.
    pub query: Option<String>,
    /// What the first column of the first row shall be.
    pub value: Option<Comparison>,
    /// What columns of the first row shall be.
    pub row: BTreeMap<String, Comparison>,
    /// What the number of rows shall be.
    pub rows: Option<Comparison>,
    /// What columns shall be, by `table.column` or `schema.table.column` (C4a).
    pub columns: BTreeMap<String, ColumnExpectation>,
    /// What the number of client connections to this database shall be (C4b).
    pub connections: Option<Comparison>,
    /// Longest time that anybody may be waiting for a lock (C4b).
    pub lock_wait: Option<Duration>,
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlTarget {
    /// A database of the spec, whose endpoint, user and secret are taken where nothing else is said.
    pub database: Option<String>,
    /// Host; `None`: the database's.
    pub host: Option<String>,
    /// Port; `None`: the database's, else 5432.
    pub port: Option<u16>,
    /// Name of the database inside; `None`: the one made with it, else `postgres`.
    pub name: Option<String>,
    /// User; `None`: the database's, else `postgres`.
    pub user: Option<String>,
    /// Password; `None`: the database's secret, else none.
    pub password: Option<CheckText>,
    /// Encryption.
    pub tls: SqlTls,
    /// How to get there.
    pub route: Route,
}

/// Encryption of a connection to PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SqlTls {
    /// None.
    Off,
    /// Encrypted, whoever the server is: authorities of RDS are in no machine's list.
    Encrypted,
    /// Encrypted, and the certificate must hold.
    Verified,
}

/// What a column shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnExpectation {
    /// Type, as PostgreSQL writes it (`integer`, `character varying(40)`) or abbreviates it (`int4`, `varchar`).
    pub data_type: Option<String>,
    /// Default, as PostgreSQL writes it, a cast behind it left out; `none` for none.
    pub default: Option<String>,
    /// May it be null?
    pub nullable: Option<bool>,
}

/// Patterns in a log group during a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCheck {
    /// Name of the log group at AWS.
    pub group: String,
    /// Regular expressions, each of which some line must match.
    pub present: Vec<String>,
    /// Regular expressions that no line may match.
    pub absent: Vec<String>,
    /// How far back, from now.
    pub window: Duration,
}

/// A statistic of a CloudWatch metric over a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricCheck {
    /// Namespace, `AWS/ApplicationELB`.
    pub namespace: String,
    /// Metric name.
    pub metric: String,
    /// Dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// `Average`, `Sum`, `Maximum`, `Minimum`, `SampleCount` or a percentile such as `p95`.
    pub statistic: String,
    /// How far back, from now.
    pub window: Duration,
    /// What the statistic of the whole window shall be.
    pub value: Option<Comparison>,
    /// What it shall be in percent of an earlier record's (C3d); passes where there is none.
    pub of_before: Option<Comparison>,
    /// Does a window without any data pass?
    pub may_be_empty: bool,
}

/// A service is steady: running is desired, its deployment completed, its targets healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCheck {
    /// Service, by its name in the spec.
    pub service: String,
    /// Tasks that shall at least run; 0 also passes while it sleeps.
    pub at_least: u32,
}

/// A program of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandCheck {
    /// The program and its words; no shell is between.
    pub run: Vec<String>,
    /// Variables beside those of this process.
    pub environment: BTreeMap<String, CheckText>,
    /// Exit code that it shall end with.
    pub exit_code: i32,
    /// What its output and error output shall be.
    pub output: TextExpectation,
}
