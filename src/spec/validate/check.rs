//! Checks and the policy.

use std::collections::BTreeMap;

use super::Check;
use crate::model::{
    Address, CheckKind, CheckText, HttpCheck, LogCheck, MetricCheck, PolicyRule, Route, SqlCheck, TextExpectation,
    WebSocketCheck, host_and_port,
};
use crate::spec::code::Code;
use crate::spec::problems::wrong;
use crate::spec::schema::shortened;

/// Statistics of CloudWatch that are no percentile.
const STATISTICS: [&str; 5] = ["Average", "Sum", "Maximum", "Minimum", "SampleCount"];

pub(super) fn check(check: &mut Check<'_>) {
    for (name, declared) in &check.environment.checks {
        let at = |field: &str| format!("check/{name}.{field}");
        check.within(&at("tries"), "tries", declared.tries, 1, 100);
        let seconds = |time: std::time::Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        check.lasts(&at("pause"), "the pause", seconds(declared.pause), 0, 600);
        check.lasts(&at("timeout"), "the timeout", seconds(declared.timeout), 1, 900);
        match &declared.kind {
            CheckKind::Http(http) => of_http(check, name, http),
            CheckKind::Tls(tls) => {
                let host = if tls.host.contains(':') { format!("[{}]", tls.host) } else { tls.host.clone() };
                if let Err(reason) = host_and_port(&host) {
                    refuse(check, &at("host"), format!("`{}` is no host: {reason}", shortened(&tls.host)));
                }
                of_route(check, name, &tls.route);
            }
            CheckKind::WebSocket(socket) => of_web_socket(check, name, socket),
            CheckKind::Sql(sql) => of_sql(check, name, sql),
            CheckKind::Log(log) => of_log(check, name, log),
            CheckKind::Metric(metric) => of_metric(check, name, metric),
            CheckKind::Service(_) => {}
            CheckKind::Command(command) => {
                if command.run.first().is_none_or(String::is_empty) {
                    refuse(check, &at("run"), format!("check `{name}` runs nothing"));
                }
                of_text(check, name, &command.output);
            }
        }
    }
    of_policy(check);
}

fn refuse(check: &mut Check<'_>, path: &str, message: String) {
    let help = "docs/checks.md shows each kind of check with an example";
    check.report(path, wrong(Code::Check, message).help(help));
}

fn of_address(check: &mut Check<'_>, path: &str, url: &str, schemes: [&str; 2]) {
    match url.parse::<Address>() {
        Ok(address) if schemes.contains(&address.scheme.as_str()) => {}
        Ok(address) => {
            let message = format!("`{}://` where {}:// or {}:// is needed", address.scheme, schemes[0], schemes[1]);
            refuse(check, path, message);
        }
        Err(reason) => refuse(check, path, format!("`{}` is no address: {reason}", shortened(url))),
    }
}

fn of_route(check: &mut Check<'_>, name: &str, route: &Route) {
    let Some(connect_to) = &route.connect_to else { return };
    let wrong = match host_and_port(connect_to) {
        Ok((_, Some(_))) => return,
        Ok((_, None)) => "no port".to_owned(),
        Err(reason) => reason,
    };
    let message = format!("`{}` is no HOST:PORT: {wrong}", shortened(connect_to));
    refuse(check, &format!("check/{name}.connect_to"), message);
}

fn of_headers(check: &mut Check<'_>, name: &str, headers: &BTreeMap<String, CheckText>) {
    for (header, value) in headers {
        let path = format!("check/{name}.headers.{header}");
        let token = |letter: u8| letter.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&letter);
        if header.is_empty() || !header.bytes().all(token) {
            refuse(check, &path, format!("`{}` is no header's name", shortened(header)));
        }
        if matches!(value, CheckText::Plain(text) if text.chars().any(|letter| letter.is_control() && letter != '\t')) {
            refuse(check, &path, format!("header `{header}` holds a control character"));
        }
    }
}

fn of_text(check: &mut Check<'_>, name: &str, text: &TextExpectation) {
    patterns(check, name, "matches", &text.matches);
}

fn patterns(check: &mut Check<'_>, name: &str, field: &str, patterns: &[String]) {
    for (index, pattern) in patterns.iter().enumerate() {
        if let Err(error) = regex_lite::Regex::new(pattern) {
            let path = format!("check/{name}.{field}.{index}");
            refuse(check, &path, format!("`{}` is no regular expression: {error}", shortened(pattern)));
        }
    }
}

fn of_http(check: &mut Check<'_>, name: &str, http: &HttpCheck) {
    let at = |field: &str| format!("check/{name}.{field}");
    of_address(check, &at("url"), &http.url, ["http", "https"]);
    if http.method.is_empty() || !http.method.bytes().all(|letter| letter.is_ascii_alphabetic()) {
        refuse(check, &at("method"), format!("`{}` is no method", shortened(&http.method)));
    }
    of_headers(check, name, &http.headers);
    of_route(check, name, &http.route);
    of_text(check, name, &http.text);
    check.within(&at("follow"), "follow", http.follow, 0, 20);
    check.within(&at("requests"), "requests", http.requests, 1, 1000);
    if http.follow > 0 && http.redirect.is_some() {
        refuse(check, &at("follow"), "a redirect that is followed is not the answer any more".to_owned());
    }
    for path in http.json.keys() {
        if let Err(error) = serde_json_path::JsonPath::parse(path) {
            let message = format!("`{}` is no JSON path: {error}", shortened(path));
            refuse(check, &at(&format!("json.{path}")), message);
        }
    }
}

fn of_web_socket(check: &mut Check<'_>, name: &str, socket: &WebSocketCheck) {
    of_address(check, &format!("check/{name}.url"), &socket.url, ["ws", "wss"]);
    of_headers(check, name, &socket.headers);
    of_route(check, name, &socket.route);
    if let Some(text) = &socket.message {
        of_text(check, name, text);
    }
}

fn of_sql(check: &mut Check<'_>, name: &str, sql: &SqlCheck) {
    let at = |field: &str| format!("check/{name}.{field}");
    of_route(check, name, &sql.target.route);
    if sql.target.database.is_none() && sql.target.host.is_none() {
        refuse(check, &format!("check/{name}"), format!("check `{name}` says neither `database` nor `host`"));
    }
    let asks = sql.query.is_some() || sql.connections.is_some() || sql.lock_wait.is_some() || !sql.columns.is_empty();
    if !asks {
        let message = format!("check `{name}` asks nothing: add `query`, `columns`, `connections` or `lock_wait`");
        refuse(check, &format!("check/{name}"), message);
    }
    let expects = [("value", sql.value.is_some()), ("rows", sql.rows.is_some()), ("row", !sql.row.is_empty())];
    match &sql.query {
        None => {
            for (field, _) in expects.into_iter().filter(|(_, written)| *written) {
                refuse(check, &at(field), format!("`{field}` without a `query`"));
            }
        }
        Some(query) if query.trim().trim_end_matches(';').trim().is_empty() => {
            refuse(check, &at("query"), "an empty query".to_owned());
        }
        Some(_) => {}
    }
    for column in sql.columns.keys() {
        let parts: Vec<&str> = column.split('.').collect();
        if !(2..=3).contains(&parts.len()) || parts.iter().any(|part| part.is_empty()) {
            let message = format!("`{}` is no table.column or schema.table.column", shortened(column));
            refuse(check, &at(&format!("columns.{column}")), message);
        }
    }
}

fn of_log(check: &mut Check<'_>, name: &str, log: &LogCheck) {
    let at = |field: &str| format!("check/{name}.{field}");
    let is_known = check.declared.is_known(&at("service")) && check.declared.is_known(&at("group"));
    if log.group.is_empty() && is_known {
        let message = format!("check `{name}` has no log group: add `service` (one that logs) or `group`");
        refuse(check, &format!("check/{name}"), message);
    }
    if log.present.is_empty() && log.absent.is_empty() {
        refuse(check, &format!("check/{name}"), format!("check `{name}` has neither `present` nor `absent`"));
    }
    patterns(check, name, "present", &log.present);
    patterns(check, name, "absent", &log.absent);
    let seconds = u32::try_from(log.window.as_secs()).unwrap_or(u32::MAX);
    check.lasts(&at("window"), "the window", seconds, 1, 86_400);
}

fn of_metric(check: &mut Check<'_>, name: &str, metric: &MetricCheck) {
    let at = |field: &str| format!("check/{name}.{field}");
    if metric.value.is_none() && metric.of_before.is_none() {
        refuse(check, &format!("check/{name}"), format!("check `{name}` has neither `value` nor `of_before`"));
    }
    let percentile = metric.statistic.strip_prefix('p').and_then(|digits| digits.parse::<rust_decimal::Decimal>().ok());
    let is_percentile = percentile.is_some_and(|percent| percent <= rust_decimal::Decimal::from(100));
    if !STATISTICS.contains(&metric.statistic.as_str()) && !is_percentile {
        let message = format!(
            "`{}` is no statistic: Average, Sum, Maximum, Minimum, SampleCount or p95",
            shortened(&metric.statistic)
        );
        refuse(check, &at("statistic"), message);
    }
    let seconds = u32::try_from(metric.window.as_secs()).unwrap_or(u32::MAX);
    if check.lasts(&at("window"), "the window", seconds, 60, 7 * 86_400) && !seconds.is_multiple_of(60) {
        refuse(check, &at("window"), "the window is not whole minutes".to_owned());
    }
}

fn of_policy(check: &mut Check<'_>) {
    let Some(written) = check.root.policy.get() else { return };
    let allowed = written.allow.get().map_or(&[][..], Vec::as_slice);
    let demanded = written.require.get().map_or(&[][..], Vec::as_slice);
    for word in allowed {
        let rule = word.value.0;
        let usual: Vec<&str> =
            PolicyRule::ALL.into_iter().filter(|rule| rule.is_usual()).map(PolicyRule::as_str).collect();
        let message = if demanded.iter().any(|other| other.value.0 == rule) {
            format!("rule `{}` is both demanded and allowed to be broken", rule.as_str())
        } else if rule.is_usual() {
            continue;
        } else {
            format!("rule `{}` holds only where `require` names it", rule.as_str())
        };
        let help = format!("`allow` takes {}", crate::spec::problems::one_of(usual));
        check.problems.add(wrong(Code::Policy, message).at(&word.span).help(help));
    }
}
