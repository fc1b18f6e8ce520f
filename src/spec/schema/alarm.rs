//! Alarms and the dashboard.

use super::{At, ComparisonWord, MissingWord, Named, shape};
use crate::spec::units::{Span as TimeSpan, Threshold};

shape! {
    /// A CloudWatch alarm. Its actions are on while the environment is up, and off while it sleeps.
    Alarm is "an alarm" {
        /// What it watches. One of `service.cpu`, `service.memory` (percent); `database.cpu` (percent),
        /// `database.connections`, `database.memory`, `database.storage` (bytes free), `database.cpu_credits`,
        /// `database.read_latency`, `database.write_latency` (seconds); `rule.latency` (seconds), `rule.requests`,
        /// `rule.errors` (5XX of the tasks), `rule.client_errors` (4XX), `rule.healthy`, `rule.unhealthy` (tasks). Or,
        /// with `namespace`, the name of any other metric. Required.
        metric: String,
        /// The service, database or rule that is watched, by its name in the spec. May be left out when there is one.
        of: String,
        /// Namespace of a metric that has no short name, such as `AWS/SQS`.
        namespace: String,
        /// Dimensions of such a metric, `QueueName: jobs`. Default: none.
        dimensions: Named<String>,
        /// `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p95` (also `tm`, `tc`, `ts`, `wm`
        /// with a percentage, and `IQM`). Default: the one that says most about a metric with a short name, else `Average`.
        statistic: String,
        /// The value that must not be passed, in the unit of the metric: `80`, `80%`, `2 GiB` (bytes), `500ms` (seconds).
        /// Required.
        threshold: Threshold,
        /// Which side of the threshold is bad: `above`, `at-least`, `below`, `at-most`. Default: what a metric with a short
        /// name means, else `above`.
        comparison: ComparisonWord,
        /// Length of one period: `10s`, `20s`, `30s` (only for metrics of your own that are stored so often) or whole
        /// minutes. Default `1m`.
        period: TimeSpan,
        /// Periods that are looked at: together at most a day, or a week with periods of an hour and more. Default 5.
        periods: u32,
        /// How many of them must be bad. Default: all.
        datapoints: u32,
        /// What periods without data count as: `not-breaching` (good), `breaching` (bad), `ignore` (the state stays),
        /// `missing` (no state). Default `not-breaching`.
        missing: MissingWord,
        /// SNS topics that are told when it goes off, by ARN, at most 5. Default: none.
        actions: Vec<At<String>>,
        /// SNS topics that are told when it is over, by ARN, at most 5. Default: none.
        ok_actions: Vec<At<String>>,
        /// For people, at most 1024 characters. Default: none.
        description: String,
        /// Name, at most 255 characters. Default `APPLICATION-ENVIRONMENT-ALARM`.
        name: String,
        /// Template of the alarm, below `templates/`. Default `alarms.json.hbs`.
        template: String,
    }
}

shape! {
    /// A CloudWatch dashboard about the environment. `dashboard: {}` takes the defaults.
    Dashboard is "the dashboard" {
        /// Name: letters, digits, `-` and `_`. Default `APPLICATION-ENVIRONMENT`.
        name: String,
        /// Template of its body, below `templates/`. Default `dashboard.json.hbs`.
        template: String,
    }
}
