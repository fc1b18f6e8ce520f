//! Alarms and the dashboard (`PutMetricAlarm`, `PutDashboard`).

use super::{Check, name, service};
use crate::model::{
    AlarmDeclaration, DASHBOARD, KNOWN_METRICS, MetricDeclaration, is_alarm_period, is_statistic,
    longest_window_seconds,
};
use crate::spec::code::Code;
use crate::spec::problems::{nearest, wrong};
use crate::spec::schema::shortened;
use crate::spec::units;

/// Most actions for one state of an alarm.
const MOST_ACTIONS: usize = 5;
/// Most dimensions of a metric.
const MOST_DIMENSIONS: usize = 30;

pub(super) fn check(check: &mut Check<'_>) {
    for (key, alarm) in &check.environment.alarms {
        let at = |field: &str| format!("alarm/{key}.{field}");
        if let Some(reason) = name::alarm(&alarm.spec.alarm_name) {
            let draft =
                wrong(Code::Name, format!("`{}` cannot be an alarm: {reason}", shortened(&alarm.spec.alarm_name)))
                    .help("write a name such as `my-app-staging-cpu`");
            check.report(&at("alarm_name"), draft);
        }
        service::template(check, &at("template"), &alarm.template);
        metric(check, key, alarm);
        window(check, key, alarm);
        actions(check, key, "actions", &alarm.spec.actions);
        actions(check, key, "ok_actions", &alarm.spec.ok_actions);
        let length = alarm.spec.description.chars().count();
        if length > 1024 {
            let draft =
                wrong(Code::Alarm, format!("the description has {length} characters, at most 1024 are allowed"))
                    .help("make it shorter");
            check.report(&at("description"), draft);
        }
    }
    dashboard(check);
}

fn metric(check: &mut Check<'_>, key: &str, alarm: &AlarmDeclaration) {
    let at = |field: &str| format!("alarm/{key}.{field}");
    match &alarm.metric {
        MetricDeclaration::Known { word, .. } if KNOWN_METRICS.iter().all(|known| known.word != word) => {
            let words = KNOWN_METRICS.iter().map(|known| known.word);
            let meant = nearest(word, words);
            let help = meant.map_or_else(
                || {
                    let words: Vec<&str> = KNOWN_METRICS.iter().map(|known| known.word).collect();
                    format!("short names are {}; any other metric needs its `namespace`", words.join(", "))
                },
                |meant| format!("did you mean `{meant}`? Any other metric needs its `namespace`"),
            );
            let draft = wrong(Code::Alarm, format!("no metric has the short name `{}`", shortened(word)))
                .label("unknown metric")
                .help(help)
                .instead(meant);
            check.report(&at("metric"), draft);
        }
        MetricDeclaration::Known { .. } => {
            if check.declared.exact(&at("dimensions")).is_some() {
                let draft = wrong(Code::Alarm, "a metric with a short name brings its dimensions along")
                    .help("take `dimensions` out, or give the metric's `namespace` too");
                check.report(&at("dimensions"), draft);
            }
        }
        MetricDeclaration::Named { namespace, metric_name, dimensions } => {
            named_metric(check, key, namespace, metric_name, dimensions.len());
        }
    }
    if !is_statistic(&alarm.spec.statistic) {
        let known = ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "p50", "p90", "p95", "p99", "IQM"];
        let meant = known
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(&alarm.spec.statistic))
            .or_else(|| nearest(&alarm.spec.statistic, known));
        let draft = wrong(Code::Alarm, format!("CloudWatch has no statistic `{}`", shortened(&alarm.spec.statistic)))
            .help("write Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p95")
            .instead(meant);
        check.report(&at("statistic"), draft);
    }
}

fn named_metric(check: &mut Check<'_>, key: &str, namespace: &str, metric_name: &str, dimensions: usize) {
    let at = |field: &str| format!("alarm/{key}.{field}");
    let letter = |letter: char| letter.is_ascii_alphanumeric() || ".-_/#:".contains(letter);
    let wrong_namespace = name::bad(namespace, 255, letter, "letters, digits and `.-_/#:`")
        .or_else(|| namespace.starts_with(':').then(|| "it must not begin with a colon".to_owned()));
    if let Some(reason) = wrong_namespace {
        let draft = wrong(Code::Alarm, format!("`{}` cannot be a namespace: {reason}", shortened(namespace)))
            .help("write the namespace as CloudWatch shows it, `AWS/SQS`");
        check.report(&at("namespace"), draft);
    }
    if let Some(reason) = name::bad(metric_name, 255, |letter| (' '..='~').contains(&letter), "printable ASCII") {
        let draft = wrong(Code::Alarm, format!("`{}` cannot be a metric: {reason}", shortened(metric_name)))
            .help("write the metric's name as CloudWatch shows it");
        check.report(&at("metric"), draft);
    }
    if dimensions > MOST_DIMENSIONS {
        let draft = wrong(Code::Alarm, format!("{dimensions} dimensions, at most {MOST_DIMENSIONS} are allowed"))
            .help("leave some out");
        check.report(&at("dimensions"), draft);
    }
    if check.declared.exact(&at("of")).is_some() {
        let draft = wrong(Code::Alarm, "`of` belongs to metrics with a short name")
            .help("say by `dimensions` what the metric is of");
        check.report(&at("of"), draft);
    }
}

/// Periods, and how far they look back.
fn window(check: &mut Check<'_>, key: &str, alarm: &AlarmDeclaration) {
    let at = |field: &str| format!("alarm/{key}.{field}");
    let spec = &alarm.spec;
    let minutes = (spec.period_seconds / 60).max(1);
    if !is_alarm_period(spec.period_seconds) {
        let draft = wrong(
            Code::Alarm,
            format!("an alarm cannot have periods of {}", units::show(u64::from(spec.period_seconds))),
        )
        .label("10s, 20s, 30s or whole minutes")
        .help(format!("write {minutes}m"))
        .instead(Some(format!("{minutes}m")));
        return check.report(&at("period_seconds"), draft);
    }
    let of_aws = match &alarm.metric {
        MetricDeclaration::Known { .. } => true,
        MetricDeclaration::Named { namespace, .. } => namespace.starts_with("AWS/"),
    };
    if of_aws && spec.period_seconds < 60 {
        let draft = wrong(Code::Alarm, "AWS stores this metric once a minute: with shorter periods most have no data")
            .help("write 1m; shorter ones are for metrics of your own, and such an alarm costs three times as much")
            .instead(Some("1m"));
        check.report(&at("period_seconds"), draft);
    }
    let most = longest_window_seconds(spec.period_seconds) / spec.period_seconds.max(1);
    if !check.within(&at("evaluation_periods"), "the number of periods", spec.evaluation_periods, 1, most.max(1)) {
        return;
    }
    check.within(&at("datapoints_to_alarm"), "datapoints", spec.datapoints_to_alarm, 1, spec.evaluation_periods);
}

fn actions(check: &mut Check<'_>, key: &str, field: &str, actions: &[String]) {
    if actions.len() > MOST_ACTIONS {
        let draft = wrong(Code::Alarm, format!("{} actions, at most {MOST_ACTIONS} are allowed", actions.len()))
            .help("let one topic tell the others");
        check.report(&format!("alarm/{key}.{field}"), draft);
    }
    for (index, arn) in actions.iter().enumerate() {
        let path = format!("alarm/{key}.{field}.{index}");
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, "sns", region, account, topic] = parts.as_slice() else {
            let draft = wrong(Code::Alarm, format!("`{}` is no SNS topic", shortened(arn)))
                .help("write the topic's ARN, `arn:aws:sns:REGION:ACCOUNT:NAME`");
            check.report(&path, draft);
            continue;
        };
        let is_topic = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if !is_account || name::bad(topic, 256, is_topic, "").is_some() {
            let draft = wrong(Code::Alarm, format!("`{}` is no SNS topic", shortened(arn)))
                .help("write the topic's ARN, `arn:aws:sns:REGION:ACCOUNT:NAME`");
            check.report(&path, draft);
        } else if *region != check.environment.region {
            let draft = wrong(
                Code::Alarm,
                format!("the topic is in {}, the alarm in {}", shortened(region), check.environment.region),
            )
            .label("another region")
            .help("an alarm tells only topics of its own region: make one there");
            check.report(&path, draft);
        }
    }
}

fn dashboard(check: &mut Check<'_>) {
    let Some(dashboard) = &check.environment.dashboard else { return };
    let at = |field: &str| format!("dashboard/{DASHBOARD}.{field}");
    if let Some(reason) = name::dashboard(&dashboard.dashboard_name) {
        let name = shortened(&dashboard.dashboard_name);
        let draft = wrong(Code::Name, format!("`{name}` cannot be a dashboard: {reason}"))
            .help("write letters, digits, `-` and `_`");
        check.report(&at("dashboard_name"), draft);
    }
    service::template(check, &at("template"), &dashboard.template);
}
