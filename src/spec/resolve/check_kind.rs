//! The eight kinds of check, defaulted.

use std::collections::BTreeMap;

use crate::model::{
    CheckKind, CheckText, ColumnExpectation, CommandCheck, Comparison, HttpCheck, LogCheck, MetricCheck, Route,
    ServiceCheck, SqlCheck, SqlTarget, SqlTls, TlsCheck, WebSocketCheck,
};

use super::Section;
use super::check::{Ground, expectation, texts};
use crate::spec::schema::{
    self, CheckTextWord, ComparisonText, DaysLeft, Field, Named, Percent, SizeText, SqlTlsWord, StatusText,
};
use crate::spec::units::Span as TimeSpan;
use rust_decimal::Decimal;

/// Most bytes of a body where the check does not say.
const LARGEST_BODY: u64 = 10 * 1024 * 1024;
/// Requests that a percentile is taken of where the check does not say.
const REQUESTS: u32 = 20;

/// The one kind that is written; `None`: it could not be read.
pub(super) fn kind(section: &mut Section<'_>, shape: &schema::Check, ground: &Ground<'_>) -> Option<CheckKind> {
    let kind = if let Some(choice) = shape.http.get() {
        CheckKind::Http(http(section, &choice.0))
    } else if let Some(choice) = shape.tls.get() {
        CheckKind::Tls(tls(section, &choice.0))
    } else if let Some(choice) = shape.websocket.get() {
        CheckKind::WebSocket(web_socket(section, &choice.0))
    } else if let Some(shape) = shape.sql.get() {
        CheckKind::Sql(sql(section, shape, ground))
    } else if let Some(shape) = shape.log.get() {
        CheckKind::Log(log(section, shape, ground))
    } else if let Some(shape) = shape.metric.get() {
        CheckKind::Metric(metric(section, shape))
    } else if let Some(choice) = shape.service.get() {
        CheckKind::Service(ServiceCheck {
            service: section.need("service", "service", &choice.0.service, "service: backend"),
            at_least: section.or("at_least", &choice.0.at_least, 1),
        })
    } else {
        let choice = shape.command.get()?;
        CheckKind::Command(command(section, &choice.0))
    };
    Some(kind)
}

fn route(section: &mut Section<'_>, connect_to: &Field<String>, ca: &Field<String>) -> Route {
    Route { connect_to: section.maybe("connect_to", connect_to), ca: section.maybe("ca", ca) }
}

fn comparison(section: &mut Section<'_>, field: &str, value: &Field<ComparisonText>) -> Option<Comparison> {
    section.maybe(field, value).map(|text| text.0)
}

fn comparisons(
    section: &mut Section<'_>,
    field: &str,
    value: &Field<Named<ComparisonText>>,
) -> BTreeMap<String, Comparison> {
    section.map(field, value).into_iter().map(|(name, text)| (name, text.0)).collect()
}

fn hidden(section: &mut Section<'_>, field: &str, value: &Field<CheckTextWord>) -> Option<CheckText> {
    section.maybe(field, value).map(|word| word.0)
}

fn headers(section: &mut Section<'_>, field: &str, value: &Field<Named<CheckTextWord>>) -> BTreeMap<String, CheckText> {
    section.map(field, value).into_iter().map(|(name, word)| (name, word.0)).collect()
}

fn http(section: &mut Section<'_>, shape: &schema::HttpCheck) -> HttpCheck {
    let redirect = comparison(section, "redirect", &shape.redirect);
    let status = if redirect.is_some() { vec![(300, 399)] } else { vec![(200, 200)] };
    let p50 = section.maybe("p50", &shape.p50).map(|time| time.0);
    let p95 = section.maybe("p95", &shape.p95).map(|time| time.0);
    let p99 = section.maybe("p99", &shape.p99).map(|time| time.0);
    let slower_percent = section.maybe("slower", &shape.slower).map(|percent| percent.0);
    let is_measured = p50.is_some() || p95.is_some() || p99.is_some() || slower_percent.is_some();
    let answer_headers = comparisons(section, "answer_headers", &shape.answer_headers);
    HttpCheck {
        url: section.need("url", "url", &shape.url, "url: https://staging.example.com/health"),
        method: section.or("method", &shape.method, "GET".to_owned()),
        headers: headers(section, "headers", &shape.headers),
        body: hidden(section, "body", &shape.body),
        route: route(section, &shape.connect_to, &shape.ca),
        follow: section.or("follow", &shape.follow, 0),
        status: section.or("status", &shape.status, StatusText(status)).0,
        answer_headers: answer_headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect(),
        text: expectation(section, &shape.contains, &shape.lacks, &shape.matches),
        json: comparisons(section, "json", &shape.json),
        largest_body: section.or("largest_body", &shape.largest_body, SizeText(LARGEST_BODY)).0,
        policy: section.list("policy", &shape.policy).into_iter().map(|word| word.0).collect(),
        requests: section.or("requests", &shape.requests, if is_measured { REQUESTS } else { 1 }),
        redirect,
        p50,
        p95,
        p99,
        slower_percent,
        errors_percent: section.or("errors", &shape.errors, Percent(Decimal::ONE)).0,
    }
}

fn tls(section: &mut Section<'_>, shape: &schema::TlsCheck) -> TlsCheck {
    let host = section.need("host", "host", &shape.host, "host: staging.example.com");
    let split = host.rsplit_once(':').and_then(|(host, port)| Some((host.to_owned(), port.parse::<u16>().ok()?)));
    let (host, written) = split.map_or((host, None), |(host, port)| (host, Some(port)));
    TlsCheck {
        host,
        port: section.or("port", &shape.port, written.unwrap_or(443)),
        route: route(section, &shape.connect_to, &shape.ca),
        days_left: section.or("days_left", &shape.days_left, DaysLeft(14)).0,
    }
}

fn web_socket(section: &mut Section<'_>, shape: &schema::WebSocketCheck) -> WebSocketCheck {
    let text = expectation(section, &shape.contains, &shape.lacks, &shape.matches);
    let is_expected = !(text.contains.is_empty() && text.lacks.is_empty() && text.matches.is_empty());
    WebSocketCheck {
        url: section.need("url", "url", &shape.url, "url: wss://staging.example.com/ws"),
        headers: headers(section, "headers", &shape.headers),
        route: route(section, &shape.connect_to, &shape.ca),
        send: hidden(section, "send", &shape.send),
        message: section.or("message", &shape.message, is_expected).then_some(text),
        closes: section.or("closes", &shape.closes, true),
    }
}

fn sql(section: &mut Section<'_>, shape: &schema::SqlCheck, ground: &Ground<'_>) -> SqlCheck {
    let host = section.maybe("host", &shape.host);
    let default = ground.only_database.clone().filter(|_| host.is_none());
    let target = SqlTarget {
        database: section.maybe("database", &shape.database).or(default),
        host,
        port: section.maybe("port", &shape.port),
        name: section.maybe("name", &shape.name),
        user: section.maybe("user", &shape.user),
        password: hidden(section, "password", &shape.password),
        tls: section.or("tls", &shape.tls, SqlTlsWord(SqlTls::Encrypted)).0,
        route: route(section, &shape.connect_to, &shape.ca),
    };
    let columns = section.map("columns", &shape.columns).into_iter();
    SqlCheck {
        target,
        query: section.maybe("query", &shape.query),
        value: comparison(section, "value", &shape.value),
        row: comparisons(section, "row", &shape.row),
        rows: comparison(section, "rows", &shape.rows),
        columns: columns.map(|(name, column)| (name, expected_column(&column))).collect(),
        connections: comparison(section, "connections", &shape.connections),
        lock_wait: section.maybe("lock_wait", &shape.lock_wait).map(|time| time.0),
    }
}

fn expected_column(shape: &schema::Column) -> ColumnExpectation {
    ColumnExpectation {
        data_type: shape.r#type.get().cloned(),
        default: shape.default.get().cloned(),
        nullable: shape.nullable.get().copied(),
    }
}

fn log(section: &mut Section<'_>, shape: &schema::LogCheck, ground: &Ground<'_>) -> LogCheck {
    let service = section.maybe("service", &shape.service);
    let written = section.maybe("group", &shape.group);
    let of_service = service.and_then(|service| ground.services.get(&service)?.log_group.clone());
    let name = written.or(of_service).unwrap_or_default();
    let group = ground.log_groups.get(&name).map_or(name, |group| group.log_group_name.clone());
    LogCheck {
        group,
        present: texts(section, "present", &shape.present),
        absent: texts(section, "absent", &shape.absent),
        window: section.or("window", &shape.window, TimeSpan::of_seconds(900)).0,
    }
}

fn metric(section: &mut Section<'_>, shape: &schema::MetricCheck) -> MetricCheck {
    MetricCheck {
        namespace: section.need("namespace", "namespace", &shape.namespace, "namespace: AWS/ApplicationELB"),
        metric: section.need("metric", "metric", &shape.metric, "metric: TargetResponseTime"),
        dimensions: section.map("dimensions", &shape.dimensions),
        statistic: section.or("statistic", &shape.statistic, "Average".to_owned()),
        window: section.or("window", &shape.window, TimeSpan::of_seconds(900)).0,
        value: comparison(section, "value", &shape.value),
        of_before: comparison(section, "of_before", &shape.of_before),
        may_be_empty: section.or("may_be_empty", &shape.may_be_empty, false),
    }
}

fn command(section: &mut Section<'_>, shape: &schema::CommandCheck) -> CommandCheck {
    CommandCheck {
        run: section.list("run", &shape.run),
        environment: headers(section, "environment", &shape.environment),
        exit_code: i32::from(section.or("exit_code", &shape.exit_code, 0)),
        output: expectation(section, &shape.contains, &shape.lacks, &shape.matches),
    }
}
