//! Metrics and logs of the simulated cloud, read as a command reads them.

use envctl::cloud::sim::{MetricName, Sample};
use envctl::cloud::{CloudErrorKind, Readings};
use envctl::model::{LogQuery, MetricQuery, Statistic};
use jiff::SignedDuration;

use super::account::Account;

#[tokio::test(start_paused = true)]
async fn planted_metrics_are_answered_in_the_order_of_the_questions() {
    let account = Account::new();
    let now = account.world().now;
    let id = MetricName { namespace: "AWS/ECS".into(), name: "CPUUtilization".into(), dimensions: [].into() };
    let sample = Sample { at: now - SignedDuration::from_mins(10), value: 42.into() };
    account.cloud.edit(|world| world.plant_metric(&id, [sample]));
    let query = |name: &str| MetricQuery {
        namespace: "AWS/ECS".into(),
        name: name.into(),
        dimensions: [].into(),
        statistic: Statistic::Maximum,
        period_seconds: 300,
        from: now - SignedDuration::from_hours(1),
        to: now,
    };
    let found = account.cloud.metrics(&[query("MemoryUtilization"), query("CPUUtilization")]).await.unwrap();
    assert_eq!((found[0].maximum(), found[1].maximum()), (None, Some(42.into())));
    let odd = MetricQuery { period_seconds: 7, ..query("CPUUtilization") };
    assert_eq!(account.cloud.metrics(&[odd]).await.unwrap_err().kind, CloudErrorKind::Refused);
    assert!(account.world().calls.iter().any(|call| call.operation == "cloudwatch:GetMetricData"));
}

#[tokio::test(start_paused = true)]
async fn what_is_written_into_a_log_is_read_with_its_stream_until_it_is_too_much() {
    let account = Account::new();
    account.cloud.edit(|world| world.console_create_log_group("/web"));
    let now = account.world().now;
    let lines = ["ERROR one".to_owned(), "two".to_owned(), "ERROR three".to_owned()];
    assert!(account.cloud.edit(|world| world.write_log("/web", "web/app/1", &lines)));
    let query = LogQuery {
        log_group: "/web".into(),
        stream_prefix: Some("web/app/".into()),
        from: now,
        to: now + SignedDuration::from_mins(1),
        limit: 10,
        pattern: Some("ERROR".into()),
    };
    let read = async |query: LogQuery| account.cloud.log_lines(&query).await;
    let found = read(query.clone()).await.unwrap();
    let messages: Vec<&str> = found.lines.iter().map(|line| line.message.as_str()).collect();
    assert_eq!((messages.as_slice(), found.cut), (&["ERROR one", "ERROR three"][..], false));
    let found = read(LogQuery { limit: 1, ..query.clone() }).await.unwrap();
    assert_eq!((found.lines.len(), found.cut), (1, true));
    let other = LogQuery { stream_prefix: Some("worker/".into()), ..query.clone() };
    assert_eq!(read(other).await.unwrap().lines, []);
    let absent = LogQuery { log_group: "/none".into(), ..query };
    assert_eq!(read(absent).await.unwrap_err().kind, CloudErrorKind::NotFound);
}
