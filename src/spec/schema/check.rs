//! Checks: what `verify` looks at.

use super::{
    At, CheckTextWord, ComparisonText, DaysLeft, HeaderRuleWord, Milliseconds, Named, Percent, Read, SizeText,
    SqlTlsWord, StatusText, Texts, shape,
};
use crate::spec::node::{Content, Node};
use crate::spec::problems::Problems;
use crate::spec::units::Span as TimeSpan;

shape! {
    /// Something that `verify` looks at from the machine that runs envctl. Has exactly one of the eight kinds.
    Check is "a check" {
        /// A request and its answer. The URL alone will do: it must answer 200.
        http: HttpChoice,
        /// The certificate of a server. `HOST` or `HOST:PORT` alone will do.
        tls: TlsChoice,
        /// A WebSocket. The URL alone will do: it must open and close.
        websocket: WebSocketChoice,
        /// PostgreSQL: a query, the schema, connections, locks. The session is read-only.
        sql: SqlCheck,
        /// Patterns that must, or must not, appear in a log group.
        log: LogCheck,
        /// A CloudWatch metric.
        metric: MetricCheck,
        /// A service runs what it should. Its name in the spec alone will do.
        service: ServiceChoice,
        /// A program of this machine. A list of words alone will do: it must end with 0.
        command: CommandChoice,
        /// How often it is tried until it passes, at most 100. Default 1.
        tries: u32,
        /// Time between two tries, at most `10m`. Default `5s`.
        pause: TimeSpan,
        /// Longest time of one try, `1s` to `15m`. Default `10s`; for `command` `60s`.
        timeout: TimeSpan,
    }
}

shape! {
    /// A request and what its answer shall be. The first answer counts: redirects are not followed unless `follow` says so.
    HttpCheck is "an http check" {
        /// `http://…` or `https://…`. Required.
        url: String,
        /// Method. Default `GET`.
        method: String,
        /// Headers of the request; a value is a text or `{secret: NAME}`, `{secret: NAME, field: KEY}`.
        headers: Named<CheckTextWord>,
        /// Body of the request: a text, or a secret as in `headers`.
        body: CheckTextWord,
        /// `HOST:PORT` to connect to instead of the URL's own; host header and certificate name stay.
        connect_to: String,
        /// PEM file of the authorities to believe instead of the machine's, relative to the workspace.
        ca: String,
        /// Redirects to follow at most, up to 20; headers that hold secrets go to no other host. Default 0.
        follow: u32,
        /// Status codes that are right: `200`, `200-299`, `401,403`. Default `200`; with `redirect` `300-399`.
        status: StatusText,
        /// What headers of the answer shall be, by name: a value or a comparison, `~ ^application/json`.
        answer_headers: Named<ComparisonText>,
        /// Texts that the body must contain: one, or a list.
        contains: Texts,
        /// Texts that the body must not contain.
        lacks: Texts,
        /// Regular expressions that must match the body.
        matches: Texts,
        /// What the body's JSON shall be, JSON path to value or comparison: `$.status: ok`, `$.items[0].id: "> 0"`.
        json: Named<ComparisonText>,
        /// Largest body, `1 MiB`; what is longer fails and is not read further. Default `10 MiB`.
        largest_body: SizeText,
        /// Security headers that must be there: `hsts`, `frame-options`, `nosniff`, `secure-cookies`,
        /// `content-security-policy`, `referrer-policy`.
        policy: Vec<At<HeaderRuleWord>>,
        /// Where the answer shall redirect to: the `location`, made whole, as a value or comparison.
        redirect: ComparisonText,
        /// Requests made one after the other, at most 1000, for the percentiles. Default 1; 20 with one of these.
        requests: u32,
        /// Most time of half of the requests, `200ms`.
        p50: Milliseconds,
        /// Most time of 95 of 100 requests, `500ms`.
        p95: Milliseconds,
        /// Most time of 99 of 100 requests, `1s`.
        p99: Milliseconds,
        /// Most that the percentiles may be above those of an earlier record (`--against`), `50%`.
        slower: Percent,
        /// Most requests of a load (`verify --load`) that may go wrong. Default `1%`.
        errors: Percent,
    }
}

shape! {
    /// A certificate: valid now, of this name, signed by somebody who is believed.
    TlsCheck is "a tls check" {
        /// Host, and the name that the certificate must have. Required.
        host: String,
        /// Port. Default 443.
        port: u16,
        /// `HOST:PORT` to connect to instead; the name stays.
        connect_to: String,
        /// PEM file of the authorities to believe instead of the machine's, relative to the workspace.
        ca: String,
        /// Days that it must still be valid. Default 14.
        days_left: DaysLeft,
    }
}

shape! {
    /// A WebSocket: the handshake succeeds, the first message is as expected, the closing handshake is answered.
    WebSocketCheck is "a websocket check" {
        /// `ws://…` or `wss://…`. Required.
        url: String,
        /// Headers of the handshake, as in `http`.
        headers: Named<CheckTextWord>,
        /// `HOST:PORT` to connect to instead of the URL's own.
        connect_to: String,
        /// PEM file of the authorities to believe instead of the machine's, relative to the workspace.
        ca: String,
        /// Text that is sent first: a text, or a secret as in `http`. Default: nothing.
        send: CheckTextWord,
        /// A message is waited for, `true`. Default: when one of the next three is written.
        message: bool,
        /// Texts that the first message must contain.
        contains: Texts,
        /// Texts that it must not contain.
        lacks: Texts,
        /// Regular expressions that must match it.
        matches: Texts,
        /// The server must answer the closing handshake. Default `true`.
        closes: bool,
    }
}

shape! {
    /// A question to PostgreSQL. At least one of `query`, `columns`, `connections` and `lock_wait` is required.
    SqlCheck is "an sql check" {
        /// A database of the spec: its endpoint, name, user and secret. Default: the only one, unless `host` is written.
        database: String,
        /// Another host.
        host: String,
        /// Port. Default: the database's, else 5432.
        port: u16,
        /// Name of the database inside. Default: the one made with it, else `postgres`.
        name: String,
        /// User. Default: the database's master user, else `postgres`.
        user: String,
        /// Password: a text, or `{secret: NAME, field: password}`. Default: the database's secret; with `host` none.
        password: CheckTextWord,
        /// `off`, `encrypted` (whoever the server is) or `verified` (the certificate must hold). Default `encrypted`.
        tls: SqlTlsWord,
        /// PEM file of the authorities to believe, for `verified`, relative to the workspace.
        ca: String,
        /// `HOST:PORT` to connect to instead, a tunnel for instance.
        connect_to: String,
        /// One statement that only reads.
        query: String,
        /// What the first column of the first row shall be: a value or a comparison. `absent` is NULL or no row.
        value: ComparisonText,
        /// What columns of the first row shall be, by name.
        row: Named<ComparisonText>,
        /// What the number of rows shall be, `>= 1`; counted up to 10000.
        rows: ComparisonText,
        /// What columns of tables shall be, by `table.column` or `schema.table.column`.
        columns: Named<Column>,
        /// What the number of client connections to this database shall be, this one not counted, `<= 60`.
        connections: ComparisonText,
        /// Longest time that anybody may be waiting for a lock, `100ms`.
        lock_wait: Milliseconds,
    }
}

shape! {
    /// A column of a table.
    Column is "a column" {
        /// Type: `integer`, `character varying(40)`, or the short `int4`, `varchar(40)`.
        r#type: String,
        /// Default as PostgreSQL writes it, without the cast behind it: `0`, `draft`, `now()`; `none` for none.
        default: String,
        /// May it be null?
        nullable: bool,
    }
}

shape! {
    /// Lines of a log group, from now back to the beginning of the window.
    LogCheck is "a log check" {
        /// Service of the spec whose log group is meant. One of `service` and `group` is required.
        service: String,
        /// Log group: a name under `log_groups`, or its name at AWS.
        group: String,
        /// Regular expressions, each of which some line must match: one, or a list.
        present: Texts,
        /// Regular expressions that no line may match.
        absent: Texts,
        /// How far back, at most `24h`. Default `15m`.
        window: TimeSpan,
    }
}

shape! {
    /// A statistic of a CloudWatch metric over a window that ends now.
    MetricCheck is "a metric check" {
        /// Namespace such as `AWS/ApplicationELB`. Required.
        namespace: String,
        /// Metric such as `HTTPCode_Target_5XX_Count`. Required.
        metric: String,
        /// Dimensions, name to value.
        dimensions: Named<String>,
        /// `Average`, `Sum`, `Maximum`, `Minimum`, `SampleCount`, or a percentile such as `p95`. Default `Average`.
        statistic: String,
        /// How far back, whole minutes, at most `7d`. Default `15m`.
        window: TimeSpan,
        /// What it shall be: `< 5`. One of `value` and `of_before` is required.
        value: ComparisonText,
        /// What it shall be in percent of an earlier record's (`--against`, the baseline of a release): `<= 150`.
        of_before: ComparisonText,
        /// A window without data passes: right for counts of errors, which are not written when there are none.
        /// Default `false`.
        may_be_empty: bool,
    }
}

shape! {
    /// A service that runs what it should: running is desired, its deployment completed, its targets healthy.
    ServiceCheck is "a service check" {
        /// Service, by its name in the spec. Required.
        service: String,
        /// Tasks that must at least run. Default 1.
        at_least: u32,
    }
}

shape! {
    /// A program of the machine that runs envctl, started in the workspace. No shell is between.
    CommandCheck is "a command check" {
        /// The program and its words, a list. Required.
        run: Vec<At<String>>,
        /// Variables beside those of envctl: texts, or secrets as in `http`.
        environment: Named<CheckTextWord>,
        /// Exit code that it must end with. Default 0.
        exit_code: u16,
        /// Texts that its output or error output must contain.
        contains: Texts,
        /// Texts that they must not contain.
        lacks: Texts,
        /// Regular expressions that must match them.
        matches: Texts,
    }
}

/// A kind of check: its mapping, or the one value that is enough.
macro_rules! choice {
    ($(#[doc = $about:literal])+ $name:ident, $shape:ident, $field:ident) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, Default)]
        pub(in crate::spec) struct $name(pub(in crate::spec) $shape);

        impl Read for $name {
            fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
                match &node.content {
                    Content::Map(_) => $shape::read(node, problems).map(Self),
                    _ => {
                        let value = Read::read(node, problems)?;
                        let $field = super::Field::Here(At { value, span: node.span.clone() });
                        Some(Self($shape { $field, ..Default::default() }))
                    }
                }
            }

            fn schema() -> serde_json::Value {
                super::json_schema::any_of([$shape::schema(), $shape::REFERENCE.schema_of(stringify!($field))])
            }
        }
    };
}

choice! {
    /// A request: its URL, or a mapping.
    HttpChoice, HttpCheck, url
}
choice! {
    /// A certificate: the host, or a mapping.
    TlsChoice, TlsCheck, host
}
choice! {
    /// A WebSocket: its URL, or a mapping.
    WebSocketChoice, WebSocketCheck, url
}
choice! {
    /// A service: its name, or a mapping.
    ServiceChoice, ServiceCheck, service
}
choice! {
    /// A program: its words, or a mapping.
    CommandChoice, CommandCheck, run
}
