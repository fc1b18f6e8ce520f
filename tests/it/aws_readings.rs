//! Metrics and logs through the SDK, against what another client put into the emulators.

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use envctl::clock::{Clock, WallClock};
use envctl::cloud::{CloudErrorKind, Readings};
use envctl::model::{LogQuery, MetricQuery};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::TestEnvironment;
use crate::support::emulator::{Corner, Emulator};

/// Two hours ago, at the beginning of a period of five minutes.
fn begin() -> Timestamp {
    let second = WallClock.now().as_second() - 7200;
    Timestamp::from_second(second - second % 300).unwrap()
}

async fn put(corner: &Corner, service: &str, values: &[f64]) {
    let datum = |(minute, value): (i64, &f64)| {
        let at = begin() + SignedDuration::from_mins(minute);
        json!({"MetricName": "CPUUtilization", "Value": value, "Timestamp": at.as_second(),
               "Dimensions": [{"Name": "ServiceName", "Value": service}]})
    };
    let data: Vec<Value> = (0_i64..).zip(values).map(datum).collect();
    put_metric_data(corner, &json!({"Namespace": "Test/ECS", "MetricData": data})).await;
}

/// PutMetricData as AWS's command line sends it: the SDK's protocol is none that the emulators know.
pub(crate) async fn put_metric_data(corner: &Corner, document: &Value) {
    let address = corner.settings.endpoint_url().expect("an address").trim_start_matches("http://").to_owned();
    let key = corner.variables.iter().find(|(name, _)| *name == "AWS_ACCESS_KEY_ID").expect("a key").1.clone();
    let body = document.to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.0\r\n\
         X-Amz-Target: GraniteServiceVersion20100801.PutMetricData\r\nX-Amz-Date: 20261122T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={key}/20261122/us-east-2/monitoring/aws4_request, \
         SignedHeaders=host, Signature=0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn query(service: &str, statistic: &str) -> MetricQuery {
    MetricQuery {
        namespace: "Test/ECS".to_owned(),
        name: "CPUUtilization".to_owned(),
        dimensions: BTreeMap::from([("ServiceName".to_owned(), service.to_owned())]),
        statistic: statistic.parse().unwrap(),
        period_seconds: 300,
        from: begin(),
        to: begin() + SignedDuration::from_hours(1),
    }
}

async fn metrics_are_read_back(emulator: Emulator, statistics: &[(&str, [f64; 2])]) {
    let Some(corner) = Corner::new(emulator).await else { return };
    let service = format!("{}-web", corner.borrowed.unique);
    put(&corner, &service, &[1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]).await;
    let cloud = corner.cloud().await;
    let mut queries: Vec<MetricQuery> = statistics.iter().map(|(name, _)| query(&service, name)).collect();
    queries.push(query("nobody", "Sum"));
    let found = cloud.metrics(&queries).await.expect("series");
    for ((name, expected), series) in statistics.iter().zip(&found) {
        let values: Vec<Decimal> = series.points.iter().map(|point| point.value).collect();
        let expected = expected.map(|value| Decimal::try_from(value).unwrap());
        assert_eq!(values, expected, "{name}");
        assert_eq!(series.points[1].at, begin() + SignedDuration::from_mins(5), "{name}");
    }
    assert_eq!(found.last().map(|series| series.points.len()), Some(0));
}

#[tokio::test]
async fn metrics_are_read_back_from_moto() {
    // moto answers percentiles with HTTP 500 (`aws.md` 9.2).
    let statistics =
        [("Maximum", [5.0, 10.0]), ("Minimum", [1.5, 6.0]), ("Sum", [15.5, 40.0]), ("Average", [3.1, 8.0])];
    metrics_are_read_back(Emulator::Moto, &statistics).await;
}

#[tokio::test]
async fn metrics_are_read_back_from_ministack() {
    let statistics =
        [("Maximum", [5.0, 10.0]), ("Minimum", [1.5, 6.0]), ("SampleCount", [5.0, 5.0]), ("p100", [5.0, 10.0])];
    metrics_are_read_back(Emulator::MiniStack, &statistics).await;
}

#[tokio::test]
async fn more_queries_than_one_call_takes_are_asked_in_several() {
    let Some(corner) = Corner::new(Emulator::MiniStack).await else { return };
    let service = format!("{}-web", corner.borrowed.unique);
    put(&corner, &service, &[7.0]).await;
    let cloud = corner.cloud().await;
    let mut queries = vec![query("nobody", "Sum"); 500];
    queries.push(query(&service, "Maximum"));
    let found = cloud.metrics(&queries).await.expect("series");
    assert_eq!(found[500].maximum(), Some(Decimal::from(7)));
    assert_eq!(cloud.calls().iter().filter(|call| call.operation == "cloudwatch:GetMetricData").count(), 2);
}

async fn lines_are_read_back(emulator: Emulator) {
    let Some(corner) = Corner::new(emulator).await else { return };
    let group = format!("/{}/web", corner.borrowed.unique);
    let client = aws_sdk_cloudwatchlogs::Client::new(&corner.settings);
    client.create_log_group().log_group_name(&group).send().await.expect("a log group");
    let at = begin();
    for stream in ["web/app/1", "worker/app/2"] {
        client.create_log_stream().log_group_name(&group).log_stream_name(stream).send().await.expect("a stream");
        let events = (0_i64..30).map(|second| {
            let at = at.as_millisecond() + 1000 * second;
            let word = if second % 10 == 0 { "ERROR" } else { "INFO" };
            InputLogEvent::builder().timestamp(at).message(format!("{word} {second}")).build().expect("an event")
        });
        let put = client.put_log_events().log_group_name(&group).log_stream_name(stream);
        put.set_log_events(Some(events.collect())).send().await.expect("events");
    }
    let cloud = corner.cloud().await;
    let query = LogQuery {
        log_group: group,
        stream_prefix: Some("web/".to_owned()),
        from: at,
        to: at + SignedDuration::from_secs(20),
        limit: 100,
        pattern: None,
    };
    let found = cloud.log_lines(&query).await.expect("lines");
    assert_eq!((found.lines.len(), found.cut), (20, false), "the end is not within");
    assert_eq!((found.lines[0].at, found.lines[0].stream.as_str()), (at, "web/app/1"));
    let found = cloud.log_lines(&LogQuery { limit: 5, ..query.clone() }).await.expect("lines");
    assert_eq!((found.lines.len(), found.cut), (5, true));
    let errors = LogQuery { pattern: Some("ERROR".to_owned()), ..query.clone() };
    let found = cloud.log_lines(&errors).await.expect("lines");
    let messages: Vec<&str> = found.lines.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(messages, ["ERROR 0", "ERROR 10"]);
    let absent = LogQuery { log_group: "/none".to_owned(), ..query };
    assert_eq!(cloud.log_lines(&absent).await.expect_err("no group").kind, CloudErrorKind::NotFound);
}

#[tokio::test]
async fn lines_are_read_back_from_moto() {
    lines_are_read_back(Emulator::Moto).await;
}

#[tokio::test]
async fn lines_are_read_back_from_ministack() {
    lines_are_read_back(Emulator::MiniStack).await;
}

/// So many points of five minutes of one value, the last a quarter of an hour ago.
async fn plant(corner: &Corner, cluster: &str, service: &str, name: &str, value: f64, count: i64) {
    let now = WallClock.now().as_second();
    let last = now - now % 300 - 900;
    let datum = |number: i64| {
        json!({"MetricName": name, "Value": value, "Timestamp": last - 300 * number,
               "Dimensions": [{"Name": "ClusterName", "Value": cluster}, {"Name": "ServiceName", "Value": service}]})
    };
    let data: Vec<Value> = (0..count).map(datum).collect();
    put_metric_data(corner, &json!({"Namespace": "AWS/ECS", "MetricData": data})).await;
}

async fn sizes_come_from_planted_metrics(emulator: Emulator, up: bool) {
    let Some(corner) = Corner::new(emulator).await else { return };
    let mut workspace = TestEnvironment::new();
    for (name, value) in &corner.variables {
        workspace.set(name, value);
    }
    let spec = crate::aws_cycle::spec(&corner.borrowed);
    let spec = spec.replace("cpu: 512\n    memory: 1024", "cpu: 2048\n    memory: 8192");
    workspace.write("environments/staging.yaml", &spec.replace("    scaling: {min: 1, max: 4, cpu: 60}\n", ""));
    if up {
        workspace.done(&["up", "staging", "--yes"]);
    }
    let service = format!("{}-staging-backend", corner.borrowed.unique);
    let cluster = corner.borrowed.cluster.clone();
    plant(&corner, &cluster, &service, "CPUUtilization", 40.0, 288).await;
    plant(&corner, &cluster, &service, "MemoryUtilization", 30.0, 287).await;
    let proposal = || {
        let answer = workspace.json(&["rightsize", "staging"]);
        answer["environments"][0]["proposals"][0].clone()
    };
    let found = proposal();
    assert_eq!(found["verdict"], "insufficient-data", "five minutes less than a day: {found:#}");
    let now = WallClock.now().as_second();
    let first = now - now % 300 - 900 - 300 * 287;
    let datum = json!({"MetricName": "MemoryUtilization", "Value": 30.0, "Timestamp": first,
        "Dimensions": [{"Name": "ClusterName", "Value": cluster}, {"Name": "ServiceName", "Value": service}]});
    put_metric_data(&corner, &json!({"Namespace": "AWS/ECS", "MetricData": [datum]})).await;
    let found = proposal();
    assert_eq!((&found["verdict"], &found["proposed"]), (&"down".into(), &"1 vCPU 3 GB".into()), "{found:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sizes_come_from_metrics_planted_in_ministack() {
    sizes_come_from_planted_metrics(Emulator::MiniStack, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sizes_come_from_metrics_planted_in_moto() {
    // moto runs no tasks: the service is not there, its metrics are.
    sizes_come_from_planted_metrics(Emulator::Moto, false).await;
}
