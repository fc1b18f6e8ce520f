//! Alarms and dashboards in specs and templates: what is taken, what is refused, with place and remedy.

use std::collections::BTreeMap;

use envctl::model::{Desired, Problem};
use envctl::{spec, template};

const BASE: &str = r#"application: shop
account: "123456789012"
region: us-east-2
borrow:
  cluster: shop
  listener: {load_balancer: shop, port: 443}
  subnets: [subnet-0a1b2c3d4e5f60001]
  security_groups: [sg-0a1b2c3d4e5f60001]
services:
  web: {image: "nginx:1.27", port: 80, cpu: 256, memory: 512, execution_role: tasks}
  worker: {image: "nginx:1.27", cpu: 256, memory: 512, execution_role: tasks}
databases:
  main: {engine: postgres, version: "17", class: db.t4g.micro, storage: 20 GiB, username: shop}
rules:
  web: {hosts: [staging.shop.example], service: web}
"#;

fn files(more: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("environments/staging.yaml".to_owned(), format!("{BASE}{more}"))])
}

/// `code line [underlined] message / help -> replacement` of each problem.
fn problems(more: &str) -> String {
    let files = files(more);
    let shown = |problem: &Problem| {
        let place = problem.span.as_ref().map_or("nowhere".to_owned(), |span| {
            let text = files[&span.file].get(span.start..span.end).unwrap_or_default();
            format!("{} [{text}]", span.line.saturating_sub(BASE.lines().count()))
        });
        let instead = problem.replacement.as_ref().map_or(String::new(), |text| format!(" -> {text}"));
        format!("{} {place} {}\n  {}{instead}", problem.code, problem.message, problem.help)
    };
    match spec::parse("staging", &files) {
        Ok(_) => "no problem".to_owned(),
        Err(problems) => problems.iter().map(shown).collect::<Vec<_>>().join("\n"),
    }
}

fn rendered(more: &str, templates: &template::Templates) -> Result<Desired, Vec<Problem>> {
    let environment = spec::parse("staging", &files(more)).unwrap_or_else(|problems| panic!("{problems:#?}"));
    template::desired(&environment, templates)
}

fn alarm(fields: &str) -> String {
    problems(&format!("alarms:\n  busy: {{{fields}}}\n"))
}

#[test]
fn an_alarm_with_a_short_name_says_little() {
    let more = "alarms:\n  busy: {metric: service.cpu, of: worker, threshold: 80%}\n  slow: {metric: rule.latency, threshold: 500ms}\n  full: {metric: database.storage, threshold: 2 GiB, period: 5m, periods: 1}\n";
    let desired = rendered(more, &crate::template::shipped()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let told: Vec<String> = desired
        .alarms
        .values()
        .map(|alarm| {
            let dimensions: Vec<String> =
                alarm.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!(
                "{}: {} {} of {} [{}] {} {} in {} of {} × {} s, {}",
                alarm.alarm_name,
                alarm.statistic,
                alarm.metric_name,
                alarm.namespace,
                dimensions.join(" "),
                alarm.comparison,
                alarm.threshold,
                alarm.datapoints_to_alarm,
                alarm.evaluation_periods,
                alarm.period_seconds,
                alarm.treat_missing_data,
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    shop-staging-busy: Average CPUUtilization of AWS/ECS [ClusterName=shop ServiceName=shop-staging-worker] GreaterThanThreshold 80 in 5 of 5 × 60 s, notBreaching
    shop-staging-full: Minimum FreeStorageSpace of AWS/RDS [DBInstanceIdentifier=shop-staging-main] LessThanThreshold 2147483648 in 1 of 1 × 300 s, notBreaching
    shop-staging-slow: p95 TargetResponseTime of AWS/ApplicationELB [LoadBalancer=⟦listener-rule/web.load_balancer⟧ TargetGroup=⟦target-group/web.arn_suffix⟧] GreaterThanThreshold 0.5 in 5 of 5 × 60 s, notBreaching
    ");
}

#[test]
fn any_metric_can_be_named_in_full() {
    let more = "alarms:\n  jobs:\n    namespace: AWS/SQS\n    metric: ApproximateNumberOfMessagesVisible\n    dimensions: {QueueName: jobs}\n    statistic: Maximum\n    threshold: 100\n    comparison: at-least\n    periods: 3\n    datapoints: 2\n    missing: ignore\n    actions: [\"arn:aws:sns:us-east-2:123456789012:calls\"]\n    name: jobs pile up\n";
    let desired = rendered(more, &crate::template::shipped()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let alarm = &desired.alarms["jobs"];
    assert_eq!((alarm.alarm_name.as_str(), alarm.namespace.as_str()), ("jobs pile up", "AWS/SQS"));
    assert_eq!(alarm.comparison, "GreaterThanOrEqualToThreshold");
    assert_eq!((alarm.evaluation_periods, alarm.datapoints_to_alarm), (3, 2));
    assert_eq!(alarm.actions, ["arn:aws:sns:us-east-2:123456789012:calls"]);
}

#[test]
fn what_an_alarm_cannot_be_is_said_at_its_line() {
    insta::assert_snapshot!(alarm("metric: service.cpuu, threshold: 80"), @r"
    ENV037 2 [service.cpuu] no metric has the short name `service.cpuu`
      did you mean `service.cpu`? Any other metric needs its `namespace` -> service.cpu
    ");
    insta::assert_snapshot!(alarm("metric: service.cpu, threshold: 80"), @r"
    ENV007 2 [busy] alarm `busy` needs `of`
      add `of: backend`
    ");
    insta::assert_snapshot!(alarm("metric: service.cpu, of: wrker, threshold: 80"), @r"
    ENV015 2 [wrker] there is no service `wrker`
      did you mean `worker`? -> worker
    ");
    insta::assert_snapshot!(alarm("metric: rule.latency, threshold: fast, statistic: P95"), @r"
    ENV006 2 [fast] expected a number such as `80`, `80%`, `2 GiB` or `500ms`, found `fast`
      write a number such as `80`, `80%`, `2 GiB` or `500ms`
    ENV037 2 [P95] CloudWatch has no statistic `P95`
      write Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p95 -> p95
    ");
    insta::assert_snapshot!(alarm("metric: rule.latency, threshold: 1, period: 30s"), @r"
    ENV037 2 [30s] AWS stores this metric once a minute: with shorter periods most have no data
      write 1m; shorter ones are for metrics of your own, and such an alarm costs three times as much -> 1m
    ");
    insta::assert_snapshot!(alarm("metric: rule.latency, threshold: 1, period: 90s"), @r"
    ENV037 2 [90s] an alarm cannot have periods of 1m 30s
      write 1m -> 1m
    ");
    insta::assert_snapshot!(alarm("metric: rule.latency, threshold: 1, period: 5m, periods: 300"), @r"
    ENV016 2 [300] the number of periods is 300, outside 1 to 288
      the nearest that AWS takes is 288 -> 288
    ");
    insta::assert_snapshot!(alarm("metric: rule.latency, threshold: 1, periods: 3, datapoints: 4"), @r"
    ENV016 2 [4] datapoints is 4, outside 1 to 3
      the nearest that AWS takes is 3 -> 3
    ");
    insta::assert_snapshot!(alarm("metric: rule.latency, threshold: 1, comparison: over, missing: fine"), @r"
    ENV006 2 [over] expected `above`, `at-least`, `below` or `at-most`, found `over`
      write `above`, `at-least`, `below` or `at-most`
    ENV006 2 [fine] expected `not-breaching`, `breaching`, `ignore` or `missing`, found `fine`
      write `not-breaching`, `breaching`, `ignore` or `missing`
    ");
    insta::assert_snapshot!(
        alarm("metric: rule.latency, threshold: 1, actions: [calls, 'arn:aws:sns:eu-west-1:123456789012:calls']"), @r"
    ENV037 2 [calls] `calls` is no SNS topic
      write the topic's ARN, `arn:aws:sns:REGION:ACCOUNT:NAME`
    ENV037 2 ['arn:aws:sns:eu-west-1:123456789012:calls'] the topic is in eu-west-1, the alarm in us-east-2
      an alarm tells only topics of its own region: make one there
    ");
    insta::assert_snapshot!(alarm("metric: rule.latency, threshold: 1, dimensions: {A: b}"), @r"
    ENV037 2 [dimensions] a metric with a short name brings its dimensions along
      take `dimensions` out, or give the metric's `namespace` too
    ");
    insta::assert_snapshot!(alarm("metric: Depth, namespace: ':mine', of: web"), @r"
    ENV007 2 [busy] alarm `busy` needs `threshold`
      add `threshold: 80`
    ENV037 2 [':mine'] `:mine` cannot be a namespace: it must not begin with a colon
      write the namespace as CloudWatch shows it, `AWS/SQS`
    ENV037 2 [web] `of` belongs to metrics with a short name
      say by `dimensions` what the metric is of
    ");
}

#[test]
fn two_alarms_of_one_name_and_a_bad_dashboard_are_refused() {
    insta::assert_snapshot!(
        problems("alarms:\n  a: {metric: database.cpu, threshold: 1, name: x}\n  b: {metric: database.cpu, threshold: 1, name: x}\ndashboard: {name: my board}\n"), @r"
    ENV028 3 [x] two alarms would be called `x` at AWS
      give one of them another name
    ENV010 4 [my board] `my board` cannot be a dashboard: ` ` is not allowed: only letters, digits, `-` and `_` are
      write letters, digits, `-` and `_`
    ");
    assert_eq!(problems("dashboard: {}\n"), "no problem");
}

#[test]
fn the_dashboard_shows_services_rules_and_databases_and_carries_the_mark() {
    let more = "alarms:\n  busy: {metric: database.cpu, threshold: 80}\ndashboard: {}\n";
    let desired = rendered(more, &crate::template::shipped()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let dashboard = &desired.dashboards["main"];
    assert_eq!(dashboard.dashboard_name, "shop-staging");
    assert!(envctl::model::carries(&dashboard.body, &desired.dashboard_mark()));
    let widgets = dashboard.body["widgets"].as_array().expect("widgets");
    let titles: Vec<&str> = widgets.iter().filter_map(|widget| widget["properties"]["title"].as_str()).collect();
    insta::assert_snapshot!(titles.join("\n"), @r"
    Alarms
    web: CPU and memory
    worker: CPU and memory
    web: latency
    web: requests and errors
    web: healthy targets
    Connections of the whole load balancer, WebSockets included
    main: CPU and connections
    main: free memory and storage
    main: latency of the storage
    ");
    assert_eq!(
        widgets[1]["properties"]["alarms"][0],
        "arn:aws:cloudwatch:us-east-2:123456789012:alarm:shop-staging-busy"
    );
    let text = dashboard.body.to_string();
    for metric in
        ["TargetResponseTime", "\"p50\"", "\"p95\"", "\"p99\"", "HTTPCode_Target_5XX_Count", "MemoryUtilization"]
    {
        assert!(text.contains(metric), "{metric}");
    }
}

#[test]
fn templates_of_alarms_and_dashboards_are_held_to_the_api() {
    let more = "alarms:\n  busy: {metric: database.cpu, threshold: 80}\ndashboard: {}\n";
    let refused = |file: &str, from: &str, to: &str| {
        let mut templates = crate::template::shipped();
        let text = templates[file].clone();
        assert!(text.contains(from), "{file} has no `{from}`");
        templates.insert(file.to_owned(), text.replacen(from, to, 1));
        let problems = rendered(more, &templates).expect_err("the template is wrong");
        let shown = problems.iter().map(|problem| {
            let line = problem.span.as_ref().map_or(0, |span| span.line);
            format!("{} {}:{line} {} | {}", problem.code, file, problem.message, problem.help)
        });
        shown.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(refused("alarms.json.hbs", "\"Period\"", "\"Perod\""), @r#"
    TPL053 alarms.json.hbs:19 an alarm has no `Perod` here | did you mean `Period`?
    TPL053 alarms.json.hbs:17 `Period` is missing, or no whole number | write "Period": 5
    "#);
    insta::assert_snapshot!(refused("alarms.json.hbs", "\"Period\": {{alarm.period}}", "\"Period\": 45"), @"TPL053 alarms.json.hbs:19 an alarm cannot have periods of 45 seconds | write 10, 20, 30 or a multiple of 60");
    insta::assert_snapshot!(refused("alarms.json.hbs", "\"Namespace\"", "\"AlarmName\": \"x\", \"Namespace\""), @"TPL053 alarms.json.hbs:7 an alarm has no `AlarmName` here | the spec names the alarm: `name:`");
    insta::assert_snapshot!(refused("alarms.json.hbs", "{{alarm.comparison}}", "GreaterThan"), @"TPL053 alarms.json.hbs:23 `ComparisonOperator` cannot be `GreaterThan` | did you mean `GreaterThanThreshold`?");
    insta::assert_snapshot!(refused("dashboard.json.hbs", "{{dashboard.mark}}", ""), @"TPL054 dashboard.json.hbs:7 no text of the dashboard carries its mark | write {{dashboard.mark}} into the markdown of a text widget: without it envctl would not know its own dashboard, and refuse to change it");
    insta::assert_snapshot!(refused("dashboard.json.hbs", "\"type\": \"alarm\", \"width\": 24", "\"type\": \"alarms\", \"width\": 25"), @r"
    TPL054 dashboard.json.hbs:16 there is no widget of type `alarms` | did you mean `alarm`?
    TPL054 dashboard.json.hbs:16 `width` cannot be 25 | write a whole number from 1 to 24
    ");
    insta::assert_snapshot!(refused("dashboard.json.hbs", "\"widgets\": [", "\"widgets\": {}, \"x\": ["), @r#"TPL054 dashboard.json.hbs:5 a dashboard is an object with a list of widgets | write { "widgets": [ … ] }"#);
}
