//! Alarms: `PutMetricAlarm` of the CloudWatch API, in its spelling, read into types. Name, tags and whether the actions
//! are on stay envctl's.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::model::{AlarmDeclaration, AlarmSpec, Problem, is_alarm_period, is_statistic, longest_window_seconds};

use super::document::{Document, step};
use super::source::{Explained, did_you_mean, line_span, problem};
use super::{Renderer, monitoring};

const FIELDS: [&str; 15] = [
    "AlarmDescription",
    "Namespace",
    "MetricName",
    "Dimensions",
    "Statistic",
    "ExtendedStatistic",
    "Period",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "AlarmActions",
    "OKActions",
    "Unit",
];
const COMPARISONS: [&str; 4] =
    ["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"];
const MISSING: [&str; 4] = ["missing", "breaching", "notBreaching", "ignore"];
/// What the API has beside [`FIELDS`], and who decides it here.
const DECIDED: [(&str, &str); 6] = [
    ("AlarmName", "the spec names the alarm: `name:`"),
    ("ActionsEnabled", "they are on while the environment is up, and off while it sleeps"),
    ("Tags", "envctl writes its own and the spec's"),
    ("InsufficientDataActions", "asleep there is no data: nobody is told"),
    ("Metrics", "alarms on expressions are not made by envctl"),
    ("ThresholdMetricId", "alarms on anomalies are not made by envctl"),
];

/// Renders every alarm; those with problems are left out.
pub(super) fn render_all(renderer: &Renderer<'_>, problems: &mut Vec<Problem>) -> BTreeMap<String, AlarmSpec> {
    let mut rendered = BTreeMap::new();
    for (name, alarm) in &renderer.environment.alarms {
        let values = monitoring::of_alarm(renderer.environment, name, alarm);
        let read = renderer.document(&alarm.template, &values).and_then(|document| parse(&document, alarm));
        match read {
            Ok(spec) => {
                rendered.insert(name.clone(), spec);
            }
            Err(found) => {
                let place = renderer.environment.places.get(&format!("alarm/{name}")).map(line_span);
                let placed = found.into_iter().map(|mut problem| {
                    problem.span = problem.span.or_else(|| place.clone());
                    problem
                });
                problems.extend(placed);
            }
        }
    }
    rendered
}

fn parse(document: &Document, alarm: &AlarmDeclaration) -> Result<AlarmSpec, Vec<Problem>> {
    let mut reader = Reader { document, problems: Vec::new() };
    reader.only_known_fields();
    let spec = reader.alarm(alarm);
    if reader.problems.is_empty() {
        reader.check(&spec);
    }
    if reader.problems.is_empty() { Ok(spec) } else { Err(reader.problems) }
}

struct Reader<'a> {
    document: &'a Document,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn refuse(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        let span = self.document.value_span(path);
        self.problems.push(problem("TPL053", message, span).help(help));
    }

    fn only_known_fields(&mut self) {
        let Some(fields) = self.document.value.as_object() else {
            return self.refuse("", "an alarm is an object", "write { \"MetricName\": … }");
        };
        for name in fields.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            let span = self.document.key_span(&step("", name));
            let decided = DECIDED.iter().find(|(known, _)| known == name).map(|(_, why)| (*why).to_owned());
            let help = decided.unwrap_or_else(|| did_you_mean(name, FIELDS));
            self.problems.push(problem("TPL053", format!("an alarm has no `{name}` here"), span).help(help));
        }
    }

    fn alarm(&mut self, alarm: &AlarmDeclaration) -> AlarmSpec {
        let evaluation_periods = self.whole("EvaluationPeriods", None);
        let statistic = match self.text("ExtendedStatistic", Some("")) {
            extended if !extended.is_empty() => extended,
            _ => self.text("Statistic", None),
        };
        if self.document.value.get("Unit").is_some() {
            self.refuse(
                "Unit",
                "an alarm with a unit watches only what was stored with that very unit",
                "leave it out",
            );
        }
        AlarmSpec {
            alarm_name: alarm.spec.alarm_name.clone(),
            description: self.text("AlarmDescription", Some("")),
            namespace: self.text("Namespace", None),
            metric_name: self.text("MetricName", None),
            dimensions: self.dimensions(),
            statistic,
            period_seconds: self.whole("Period", None),
            evaluation_periods,
            datapoints_to_alarm: self.whole("DatapointsToAlarm", Some(evaluation_periods)),
            threshold: self.threshold(),
            comparison: self.word("ComparisonOperator", None, &COMPARISONS),
            treat_missing_data: self.word("TreatMissingData", Some("missing"), &MISSING),
            actions: self.topics("AlarmActions"),
            ok_actions: self.topics("OKActions"),
        }
    }

    /// A text; `default` stands in where it is left out, and a problem where there is none.
    fn text(&mut self, name: &str, default: Option<&str>) -> String {
        match (self.document.value.get(name), default) {
            (Some(Value::String(text)), _) => text.clone(),
            (None, Some(default)) => default.to_owned(),
            _ => {
                self.refuse(name, format!("`{name}` is missing, or no text"), format!("write \"{name}\": \"…\""));
                String::new()
            }
        }
    }

    fn word(&mut self, name: &str, default: Option<&str>, known: &[&str]) -> String {
        let text = self.text(name, default);
        if !known.contains(&text.as_str()) && !text.is_empty() {
            let help = did_you_mean(&text, known.iter().copied());
            self.refuse(name, format!("`{name}` cannot be `{text}`"), help);
        }
        text
    }

    fn whole(&mut self, name: &str, default: Option<u32>) -> u32 {
        let found = self.document.value.get(name);
        let number = found.and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        match (found, number.or(default.filter(|_| found.is_none()))) {
            (_, Some(number)) => number,
            _ => {
                self.refuse(name, format!("`{name}` is missing, or no whole number"), format!("write \"{name}\": 5"));
                0
            }
        }
    }

    fn threshold(&mut self) -> Decimal {
        let number = self.document.value.get("Threshold").and_then(Value::as_number).map(ToString::to_string);
        let number = number.and_then(|text| {
            text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text)).map(|number| number.normalize()).ok()
        });
        if number.is_none() {
            self.refuse(
                "Threshold",
                "`Threshold` is missing, or no number",
                "write \"Threshold\": {{alarm.threshold}}",
            );
        }
        number.unwrap_or_default()
    }

    fn dimensions(&mut self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let items = self.document.value.get("Dimensions").and_then(Value::as_array);
        for (index, item) in items.into_iter().flatten().enumerate() {
            match (item["Name"].as_str(), item["Value"].as_str()) {
                (Some(name), Some(value)) if !name.is_empty() && !value.is_empty() => {
                    found.insert(name.to_owned(), value.to_owned());
                }
                _ => {
                    let help = "write { \"Name\": \"…\", \"Value\": \"…\" }";
                    self.refuse(&format!("Dimensions[{index}]"), "a dimension has a name and a value", help);
                }
            }
        }
        found
    }

    fn topics(&mut self, name: &str) -> Vec<String> {
        let Some(list) = self.document.value.get(name) else { return Vec::new() };
        let arns: Vec<String> =
            list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let complete = list.as_array().is_some_and(|list| list.len() == arns.len());
        if !complete || arns.len() > 5 || arns.iter().any(|arn| arn.split(':').nth(2) != Some("sns")) {
            let help = "write \"…Actions\": {{json alarm.actions}}, at most 5 ARNs of SNS topics";
            self.refuse(name, format!("`{name}` is no list of SNS topics"), help);
        }
        let mut arns = arns;
        arns.sort();
        arns.dedup();
        arns
    }

    /// What CloudWatch would refuse.
    fn check(&mut self, spec: &AlarmSpec) {
        if !is_statistic(&spec.statistic) {
            let help = "write Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p95";
            self.refuse("Statistic", format!("CloudWatch has no statistic `{}`", spec.statistic), help);
        }
        if !is_alarm_period(spec.period_seconds) {
            let message = format!("an alarm cannot have periods of {} seconds", spec.period_seconds);
            self.refuse("Period", message, "write 10, 20, 30 or a multiple of 60");
        }
        let most = longest_window_seconds(spec.period_seconds);
        let window = u64::from(spec.period_seconds) * u64::from(spec.evaluation_periods);
        if spec.evaluation_periods == 0 || window > u64::from(most) {
            let message = format!("the alarm looks back {window} seconds, of at most {most}");
            self.refuse("EvaluationPeriods", message, "take fewer or shorter periods");
        }
        if !(1..=spec.evaluation_periods.max(1)).contains(&spec.datapoints_to_alarm) {
            let help = format!("write 1 to {}", spec.evaluation_periods);
            self.refuse("DatapointsToAlarm", "more datapoints than periods, or none", help);
        }
    }
}
