//! Alarms and dashboards: what CloudWatch watches, and shows.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Tags;

/// An alarm on one metric, everything of it but whether its actions are on: that is the power state's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmSpec {
    /// Its name, unique in account and region.
    pub alarm_name: String,
    /// For people; empty: none.
    pub description: String,
    /// `AWS/ECS`. Empty: the alarm there is one on an expression, which envctl does not make.
    pub namespace: String,
    /// `CPUUtilization`.
    pub metric_name: String,
    /// Dimensions; values may be late.
    pub dimensions: BTreeMap<String, String>,
    /// `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or an extended one such as `p95`.
    pub statistic: String,
    /// Seconds: 10, 20, 30 or a multiple of 60.
    pub period_seconds: u32,
    /// Periods that are looked at.
    pub evaluation_periods: u32,
    /// How many of them must be over the threshold.
    pub datapoints_to_alarm: u32,
    /// In the unit of the metric.
    pub threshold: Decimal,
    /// As the API spells it, `GreaterThanThreshold`.
    pub comparison: String,
    /// What periods without data count as, as the API spells it: `missing`, `breaching`, `notBreaching`, `ignore`.
    pub treat_missing_data: String,
    /// ARNs of the SNS topics that are told when it goes off, sorted.
    pub actions: Vec<String>,
    /// ARNs of the SNS topics that are told when it is over, sorted.
    pub ok_actions: Vec<String>,
}

/// An alarm as it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveAlarm {
    /// ARN.
    pub arn: String,
    /// Its settings.
    pub spec: AlarmSpec,
    /// Are its actions on?
    pub actions_enabled: bool,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// Tags; `None`: not read.
    pub tags: Option<Tags>,
}

/// A dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DashboardSpec {
    /// Its name, unique in the account.
    pub dashboard_name: String,
    /// What it shows, as `PutDashboard` takes it. Texts may be late.
    pub body: Value,
}

/// A dashboard as it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveDashboard {
    /// Its name.
    pub dashboard_name: String,
    /// What it shows; a text where somebody saved something that is no JSON.
    pub body: Value,
}

impl LiveDashboard {
    /// Does it carry this mark of ownership?
    pub fn carries(&self, mark: &str) -> bool {
        carries(&self.body, mark)
    }
}

/// The mark by which a dashboard of this environment is known: it stands in the Markdown of one of its text widgets,
/// where people read it too. A dashboard's tags would take another call, and an observation has none to spare.
pub fn dashboard_mark(application: &str, environment: &str) -> String {
    format!("[envctl:managed-by=envctl envctl:workspace={application} envctl:environment={environment}]")
}

/// Does a text widget of this dashboard carry the mark?
pub fn carries(body: &Value, mark: &str) -> bool {
    let widgets = body.get("widgets").and_then(Value::as_array);
    let mut texts = widgets.into_iter().flatten().filter_map(|widget| widget["properties"]["markdown"].as_str());
    texts.any(|text| text.contains(mark))
}

/// What a known metric is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// A service.
    Service,
    /// A database.
    Database,
    /// A rule: the target group behind it.
    Rule,
}

/// A metric that the spec can call by a short name.
#[derive(Clone, Copy, Debug)]
pub struct KnownMetric {
    /// `service.cpu`.
    pub word: &'static str,
    /// What it is about.
    pub watched: Watched,
    /// Namespace at AWS.
    pub namespace: &'static str,
    /// Name at AWS.
    pub metric_name: &'static str,
    /// The statistic that says most.
    pub statistic: &'static str,
    /// The side of the threshold that is bad, as the API spells it.
    pub comparison: &'static str,
}

/// More is bad.
const ABOVE: &str = "GreaterThanThreshold";
/// Less is bad.
const BELOW: &str = "LessThanThreshold";

/// Every metric that has a short name. Names, dimensions and units are those of the services' own documentation
/// ("Amazon ECS CloudWatch metrics", "Amazon CloudWatch metrics for Amazon RDS", "CloudWatch metrics for your
/// Application Load Balancer").
pub const KNOWN_METRICS: [KnownMetric; 15] = [
    known("service.cpu", Watched::Service, "AWS/ECS", "CPUUtilization", "Average", ABOVE),
    known("service.memory", Watched::Service, "AWS/ECS", "MemoryUtilization", "Average", ABOVE),
    known("database.cpu", Watched::Database, "AWS/RDS", "CPUUtilization", "Average", ABOVE),
    known("database.connections", Watched::Database, "AWS/RDS", "DatabaseConnections", "Maximum", ABOVE),
    known("database.memory", Watched::Database, "AWS/RDS", "FreeableMemory", "Minimum", BELOW),
    known("database.storage", Watched::Database, "AWS/RDS", "FreeStorageSpace", "Minimum", BELOW),
    known("database.cpu_credits", Watched::Database, "AWS/RDS", "CPUCreditBalance", "Minimum", BELOW),
    known("database.read_latency", Watched::Database, "AWS/RDS", "ReadLatency", "Average", ABOVE),
    known("database.write_latency", Watched::Database, "AWS/RDS", "WriteLatency", "Average", ABOVE),
    known("rule.latency", Watched::Rule, "AWS/ApplicationELB", "TargetResponseTime", "p95", ABOVE),
    known("rule.requests", Watched::Rule, "AWS/ApplicationELB", "RequestCount", "Sum", ABOVE),
    known("rule.errors", Watched::Rule, "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", ABOVE),
    known("rule.client_errors", Watched::Rule, "AWS/ApplicationELB", "HTTPCode_Target_4XX_Count", "Sum", ABOVE),
    known("rule.healthy", Watched::Rule, "AWS/ApplicationELB", "HealthyHostCount", "Minimum", BELOW),
    known("rule.unhealthy", Watched::Rule, "AWS/ApplicationELB", "UnHealthyHostCount", "Maximum", ABOVE),
];

const fn known(
    word: &'static str,
    watched: Watched,
    namespace: &'static str,
    metric_name: &'static str,
    statistic: &'static str,
    comparison: &'static str,
) -> KnownMetric {
    KnownMetric { word, watched, namespace, metric_name, statistic, comparison }
}

/// The statistics that are no extended ones.
pub const PLAIN_STATISTICS: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

/// Is this a statistic of CloudWatch: a plain one, `IQM`, or `p`, `tm`, `tc`, `ts` or `wm` with a percentage of at most
/// ten decimals? (CloudWatch user guide, "Statistics definitions"; ranges such as `TM(10%:90%)` are left out.)
pub fn is_statistic(text: &str) -> bool {
    if PLAIN_STATISTICS.contains(&text) || text == "IQM" {
        return true;
    }
    let percentage = ["tm", "tc", "ts", "wm", "p"].iter().find_map(|kind| text.strip_prefix(kind));
    percentage.is_some_and(|number| {
        let digits = number.split_once('.').map_or((number, "0"), |parts| parts);
        let plain = |part: &str| !part.is_empty() && part.len() <= 10 && part.bytes().all(|byte| byte.is_ascii_digit());
        plain(digits.0) && plain(digits.1) && number.parse().is_ok_and(|value: Decimal| value <= Decimal::ONE_HUNDRED)
    })
}

/// The longest time that an alarm may look back on, seconds: a day with periods below an hour, else a week
/// (`PutMetricAlarm`, "EvaluationPeriods").
pub fn longest_window_seconds(period_seconds: u32) -> u32 {
    if period_seconds < 3_600 { 86_400 } else { 604_800 }
}

/// Is this a period that an alarm can have: 10, 20 or 30 seconds, or whole minutes?
pub fn is_alarm_period(seconds: u32) -> bool {
    matches!(seconds, 10 | 20 | 30) || (seconds > 0 && seconds.is_multiple_of(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_those_of_cloudwatch() {
        for good in ["Average", "p50", "p99.9", "tm90", "wm98.5", "IQM", "p100"] {
            assert!(is_statistic(good), "{good}");
        }
        for bad in ["average", "p", "p101", "p-1", "p9.", "q95", "", "p1e1", "p99.99999999999"] {
            assert!(!is_statistic(bad), "{bad}");
        }
        assert!(KNOWN_METRICS.iter().all(|metric| is_statistic(metric.statistic)));
    }

    #[test]
    fn a_mark_of_a_longer_name_is_another_mark() {
        let body = serde_json::json!({"widgets": [
            {"type": "text", "properties": {"markdown": format!("# Hello\n{}", dashboard_mark("shop", "staging-2"))}},
        ]});
        assert!(carries(&body, &dashboard_mark("shop", "staging-2")));
        assert!(!carries(&body, &dashboard_mark("shop", "staging")));
    }
}
