//! A request and its answer, or a series of them for a percentile.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::header::HeaderMap;
use rust_decimal::Decimal;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::client::{Answer, Client, Question};
use super::{Deadline, Trouble, header_policy};
use crate::checks::seen::{Seen, milliseconds};
use crate::checks::words::Words;
use crate::checks::{Job, percentile, too_slow};
use crate::model::{Address, Comparison, HttpCheck};

/// Headers that are shown where they are there.
const SHOWN_HEADERS: [&str; 5] = ["content-type", "content-encoding", "location", "server", "retry-after"];

/// Looks once: one request, or as many as a percentile needs.
pub(super) async fn look(check: &HttpCheck, job: &Job, mut seen: Seen) -> Seen {
    let question = match question(check, &job.words) {
        Ok(question) => question,
        Err(trouble) => return trouble.end(seen),
    };
    let mut client = Client::new(&check.route, &job.folder, &question.address);
    let mut times: Vec<Duration> = Vec::new();
    let mut wrong: BTreeMap<u16, u32> = BTreeMap::new();
    for number in 0..check.requests {
        // Each request has the whole time: a series is as long as it is.
        let deadline = Deadline::after(job.check.timeout);
        let (answer, address) = match ask(&mut client, check, &question, &job.words, deadline, &mut seen).await {
            Ok(answer) => answer,
            Err(trouble) => {
                if number > 0 {
                    seen.evidence(&format!("lost at request {} of {}", number + 1, check.requests));
                }
                return trouble.end(seen);
            }
        };
        times.push(answer.took);
        if !is_expected(check, answer.status.as_u16()) {
            *wrong.entry(answer.status.as_u16()).or_default() += 1;
        }
        if number == 0 {
            judge(&mut seen, check, &answer, &address);
        }
        if is_lost(check, &times) {
            seen.evidence(&format!(
                "stopped after {} of {} requests: too many were too slow",
                number + 1,
                check.requests
            ));
            break;
        }
    }
    for (status, count) in wrong.into_iter().filter(|_| check.requests > 1) {
        seen.problem(&format!("{count} of {} answers had status {status}", check.requests));
    }
    measure(&mut seen, check, times, job);
    seen
}

/// Were so many answers too slow that the rest cannot make it good?
fn is_lost(check: &HttpCheck, times: &[Duration]) -> bool {
    let requests = usize::try_from(check.requests).unwrap_or(usize::MAX);
    let bounds = [(50, check.p50), (95, check.p95), (99, check.p99)].into_iter();
    let mut bounds = bounds.filter_map(|(percent, bound)| Some((percent, bound?)));
    bounds.any(|(percent, bound)| {
        let slow = times.iter().filter(|time| **time > bound).count();
        slow > requests - (requests * percent).div_ceil(100).max(1)
    })
}

/// The request of a check.
pub(in crate::checks) fn question(check: &HttpCheck, words: &Words) -> Result<Question, Trouble> {
    let address: Address = check.url.parse().map_err(|error: String| Trouble::not_looked(error))?;
    Ok(Question {
        method: check.method.to_uppercase(),
        address,
        headers: words.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        body: words.body.clone(),
        largest_body: check.largest_body,
    })
}

/// Is this status among the right ones?
pub(in crate::checks) fn is_expected(check: &HttpCheck, status: u16) -> bool {
    check.status.iter().any(|(least, most)| (*least..=*most).contains(&status))
}

/// Asks, and follows redirects as far as the check says. Answers with where it ended.
async fn ask(
    client: &mut Client,
    check: &HttpCheck,
    question: &Question,
    words: &Words,
    deadline: Deadline,
    seen: &mut Seen,
) -> Result<(Answer, Address), Trouble> {
    let mut question = question.clone();
    let mut passed = vec![question.address.to_string()];
    loop {
        let answer = client.ask(&question, deadline).await?;
        let location =
            answer.headers.get("location").map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let is_redirect = answer.status.is_redirection() && check.follow > 0;
        let Some(location) = location.filter(|_| is_redirect) else { return Ok((answer, question.address)) };
        let next = question.address.join(&location);
        let next = next.map_err(|why| Trouble::failed(format!("redirected to `{location}`: {why}")))?;
        let shown = next.to_string();
        let way = format!("{} -> {shown}", passed.join(" -> "));
        if passed.contains(&shown) {
            return Err(Trouble::failed(format!("a redirect loop: {way}")));
        }
        if passed.len() > usize::try_from(check.follow).unwrap_or(usize::MAX) {
            return Err(Trouble::failed(format!("more than {} redirects: {way}", check.follow)));
        }
        seen.evidence(&format!("{} redirects to {shown}", answer.status.as_u16()));
        passed.push(shown);
        question = redirected(question, next, answer.status.as_u16(), words)?;
    }
}

/// The question after a redirect. A secret goes to no other host, and to none in the clear that had it encrypted.
fn redirected(question: Question, next: Address, status: u16, words: &Words) -> Result<Question, Trouble> {
    let same_host = next.host == question.address.host && next.port == question.address.port;
    let trusted = same_host && next.is_encrypted() == question.address.is_encrypted();
    let keeps_body = matches!(status, 307 | 308);
    if keeps_body && !trusted && words.is_body_secret {
        return Err(Trouble::failed(format!("redirected to {}, where the secret body does not go", next.authority())));
    }
    let secret = |name: &String| words.secret_headers.contains(name);
    let headers = question.headers.into_iter().filter(|(name, _)| trusted || !secret(name)).collect();
    let becomes_get = !keeps_body && !matches!(question.method.as_str(), "GET" | "HEAD");
    Ok(Question {
        method: if becomes_get { "GET".to_owned() } else { question.method },
        body: if keeps_body { question.body } else { None },
        address: next,
        headers,
        largest_body: question.largest_body,
    })
}

fn judge(seen: &mut Seen, check: &HttpCheck, answer: &Answer, address: &Address) {
    let status = answer.status.as_u16();
    let size = if answer.is_cut { format!("more than {}", answer.body.len()) } else { answer.body.len().to_string() };
    seen.summary(&format!("{} {address} answered {status} with {size} bytes", check.method.to_uppercase()));
    seen.figure("status", Decimal::from(status));
    seen.figure("bytes", Decimal::from(answer.body.len()));
    for name in SHOWN_HEADERS {
        if let Some(value) = joined(&answer.headers, name) {
            seen.evidence(&format!("{name}: {value}"));
        }
    }
    if !is_expected(check, status) {
        seen.problem(&format!("status {status}, expected {}", ranges(&check.status)));
    }
    if answer.is_cut {
        seen.problem(&format!("the body is larger than {} bytes", check.largest_body));
    }
    for (name, wanted) in &check.answer_headers {
        seen.compare(&format!("header {name}"), wanted, joined(&answer.headers, name).as_deref());
    }
    for rule in &check.policy {
        for breach in header_policy::breaches(*rule, &answer.headers) {
            seen.problem(&breach);
        }
    }
    if let Some(wanted) = &check.redirect {
        redirect(seen, wanted, answer, address);
    }
    let text = String::from_utf8_lossy(&answer.body);
    seen.judge_text("the body", &check.text, &text);
    json(seen, check, answer);
    if !seen.problems.is_empty() && !answer.body.is_empty() {
        match std::str::from_utf8(&answer.body) {
            Ok(text) => seen.evidence(&format!("body: {text}")),
            Err(_) => seen.evidence(&format!("body: binary, {} bytes", answer.body.len())),
        }
    }
}

fn redirect(seen: &mut Seen, wanted: &Comparison, answer: &Answer, address: &Address) {
    let location = joined(&answer.headers, "location");
    let whole = location.as_ref().map(|location| match address.join(location) {
        Ok(next) => next.to_string(),
        Err(_) => location.clone(),
    });
    // `https://host` and `https://host/` are one address.
    let wanted = match wanted {
        Comparison::Equal(text) => match text.parse::<Address>().or_else(|_| address.join(text)) {
            Ok(address) => Comparison::Equal(address.to_string()),
            Err(_) => wanted.clone(),
        },
        other => other.clone(),
    };
    seen.compare("the redirect's location", &wanted, whole.as_deref());
}

fn json(seen: &mut Seen, check: &HttpCheck, answer: &Answer) {
    if check.json.is_empty() {
        return;
    }
    let document: Value = match serde_json::from_slice(&answer.body) {
        Ok(document) => document,
        Err(error) => return seen.problem(&format!("the body is no JSON: {error}")),
    };
    for (path, wanted) in &check.json {
        let found = match JsonPath::parse(path) {
            Ok(parsed) => parsed.query(&document).all(),
            Err(error) => {
                seen.problem(&format!("`{path}` is no JSON path: {error}"));
                continue;
            }
        };
        let text = |value: &&Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if found.is_empty() {
            seen.compare(path, wanted, None);
        }
        for value in found.iter().map(text) {
            seen.compare(path, wanted, Some(&value));
        }
    }
}

fn measure(seen: &mut Seen, check: &HttpCheck, mut times: Vec<Duration>, job: &Job) {
    times.sort();
    if check.requests == 1 {
        if let Some(took) = times.first() {
            seen.time("took_ms", *took);
        }
    } else {
        let summary = seen.summary.clone();
        let (half, most) = (percentile(&times, 50), percentile(&times, 95));
        let shown = format!("{} requests, p50 {} ms, p95 {} ms", times.len(), milliseconds(half), milliseconds(most));
        seen.summary(&format!("{summary}; {shown}"));
    }
    for (percent, bound) in [(50, check.p50), (95, check.p95), (99, check.p99)] {
        if check.requests > 1 || bound.is_some() {
            seen.time(&format!("p{percent}_ms"), percentile(&times, percent));
        }
    }
    let problems = too_slow(check, &seen.figures, &job.before);
    problems.iter().for_each(|problem| seen.problem(problem));
}

fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn ranges(ranges: &[(u16, u16)]) -> String {
    let range = |(least, most): &(u16, u16)| if least == most { least.to_string() } else { format!("{least}-{most}") };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}
