//! CloudWatch: alarms and dashboards, with the rules of `PutMetricAlarm` and `PutDashboard`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tags::{must_be_managed, same_resource};
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::World;
use crate::model::{
    AlarmSpec, DashboardSpec, Depth, LiveAlarm, LiveDashboard, ResourceKey, Tags, carries, is_alarm_period,
    is_statistic, longest_window_seconds,
};

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// As a description shows it, tags included.
    pub live: LiveAlarm,
}

/// A dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dashboard {
    /// What it shows.
    pub body: Value,
}

impl Alarm {
    /// Its tags.
    pub(super) fn tags(&self) -> Tags {
        self.live.tags.clone().unwrap_or_default()
    }
}

impl World {
    /// `cloudwatch:PutMetricAlarm`. It replaces everything of an alarm that is there, but its tags and its state.
    pub(super) fn put_alarm(
        &mut self,
        key: &ResourceKey,
        spec: &AlarmSpec,
        actions_enabled: bool,
        tags: &Tags,
    ) -> Outcome {
        check_alarm(spec, &self.region).map_err(|message| Trouble::refused("ValidationError", message))?;
        let arn = self.arn("cloudwatch", &format!("alarm:{}", spec.alarm_name));
        let facts = [("arn", arn.as_str())];
        if let Some(found) = self.alarms.get_mut(&spec.alarm_name) {
            if !same_resource(&found.tags(), tags) {
                let message = format!("alarm {} is there already, and is not ours", spec.alarm_name);
                return Err(Trouble::conflict("", message));
            }
            let differs = found.live.spec != *spec || found.live.actions_enabled != actions_enabled;
            found.live.spec = spec.clone();
            found.live.actions_enabled = actions_enabled;
            return Ok(receipt(differs, key, &facts));
        }
        let answer = receipt(true, key, &facts);
        let live = LiveAlarm {
            arn,
            spec: spec.clone(),
            actions_enabled,
            state: "INSUFFICIENT_DATA".to_owned(),
            tags: Some(tags.clone()),
        };
        self.alarms.insert(spec.alarm_name.clone(), Alarm { live });
        Ok(answer)
    }

    /// `cloudwatch:EnableAlarmActions` or `DisableAlarmActions`.
    pub(super) fn set_alarm_actions(&mut self, name: &str, enabled: bool) -> Outcome {
        let absent = || Trouble::not_found("ResourceNotFound", format!("there is no alarm {name}"));
        let alarm = self.alarms.get_mut(name).ok_or_else(absent)?;
        must_be_managed(&alarm.tags(), &format!("alarm {name}"))?;
        if alarm.live.actions_enabled == enabled {
            return unchanged();
        }
        alarm.live.actions_enabled = enabled;
        changed()
    }

    /// `cloudwatch:DeleteAlarms`.
    pub(super) fn delete_alarm(&mut self, name: &str) -> Outcome {
        let Some(alarm) = self.alarms.get(name) else { return unchanged() };
        must_be_managed(&alarm.tags(), &format!("alarm {name}"))?;
        self.alarms.remove(name);
        changed()
    }

    /// `cloudwatch:PutDashboard`.
    pub(super) fn put_dashboard(&mut self, spec: &DashboardSpec, mark: &str) -> Outcome {
        check_dashboard(spec).map_err(|message| Trouble::refused("InvalidParameterInput", message))?;
        if let Some(found) = self.dashboards.get(&spec.dashboard_name) {
            if !carries(&found.body, mark) {
                let message = format!("dashboard {} is there already, and is not ours", spec.dashboard_name);
                return Err(Trouble::conflict("", message));
            }
            if found.body == spec.body {
                return unchanged();
            }
        }
        self.dashboards.insert(spec.dashboard_name.clone(), Dashboard { body: spec.body.clone() });
        changed()
    }

    /// `cloudwatch:DeleteDashboards`.
    pub(super) fn delete_dashboard(&mut self, name: &str, mark: &str) -> Outcome {
        let Some(found) = self.dashboards.get(name) else { return unchanged() };
        if !carries(&found.body, mark) {
            return Err(Trouble::unsafe_to(format!("dashboard {name} does not carry our mark: left alone")));
        }
        self.dashboards.remove(name);
        changed()
    }

    /// An alarm as an observation of this depth shows it.
    pub(super) fn described_alarm(&self, name: &str, depth: Depth) -> Option<LiveAlarm> {
        let mut live = self.alarms.get(name)?.live.clone();
        live.tags = live.tags.filter(|_| matches!(depth, Depth::Comparison | Depth::Preflight));
        Some(live)
    }

    /// A dashboard as an observation shows it.
    pub(super) fn described_dashboard(&self, name: &str) -> Option<LiveDashboard> {
        let body = self.dashboards.get(name)?.body.clone();
        Some(LiveDashboard { dashboard_name: name.to_owned(), body })
    }
}

/// Is this a dashboard of envctl's, of whichever environment?
pub(super) fn is_marked(body: &Value) -> bool {
    carries(body, "[envctl:managed-by=envctl ")
}

fn check_alarm(spec: &AlarmSpec, region: &str) -> Result<(), String> {
    let require = |holds: bool, message: &str| if holds { Ok(()) } else { Err(message.to_owned()) };
    let length = spec.alarm_name.chars().count();
    require((1..=255).contains(&length), "AlarmName has 1 to 255 characters")?;
    require(!spec.alarm_name.chars().any(char::is_control), "AlarmName has no control characters")?;
    require(spec.description.chars().count() <= 1024, "AlarmDescription has at most 1024 characters")?;
    require(!spec.namespace.is_empty() && !spec.namespace.starts_with(':'), "Namespace is none")?;
    require(!spec.metric_name.is_empty(), "MetricName is required")?;
    require(spec.dimensions.len() <= 30, "at most 30 dimensions")?;
    require(spec.dimensions.values().all(|value| !value.is_empty()), "a dimension has a value")?;
    require(is_statistic(&spec.statistic), "Statistic is none")?;
    require(is_alarm_period(spec.period_seconds), "Period is 10, 20, 30 or a multiple of 60")?;
    let window = u64::from(spec.period_seconds) * u64::from(spec.evaluation_periods);
    let most = u64::from(longest_window_seconds(spec.period_seconds));
    require(spec.evaluation_periods > 0 && window <= most, "the alarm looks back too far, or not at all")?;
    let datapoints = (1..=spec.evaluation_periods).contains(&spec.datapoints_to_alarm);
    require(datapoints, "DatapointsToAlarm is at most EvaluationPeriods")?;
    require(spec.threshold.abs() <= Decimal::from(u64::MAX), "Threshold is no number")?;
    let comparisons = ["Greater", "Less"]
        .iter()
        .flat_map(|side| ["ThanThreshold", "ThanOrEqualToThreshold"].map(|end| format!("{side}{end}")));
    require(comparisons.into_iter().any(|known| known == spec.comparison), "ComparisonOperator is none")?;
    let missing = ["missing", "breaching", "notBreaching", "ignore"];
    require(missing.contains(&spec.treat_missing_data.as_str()), "TreatMissingData is none")?;
    for actions in [&spec.actions, &spec.ok_actions] {
        require(actions.len() <= 5, "at most 5 actions")?;
        let here = |arn: &String| arn.starts_with("arn:") && arn.split(':').nth(3) == Some(region);
        require(actions.iter().all(here), "an action is the ARN of a topic of this region")?;
    }
    Ok(())
}

fn check_dashboard(spec: &DashboardSpec) -> Result<(), String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let name = &spec.dashboard_name;
    if name.is_empty() || name.len() > 255 || !name.chars().all(allowed) {
        return Err(format!("{name} is no name of a dashboard"));
    }
    let widgets = spec.body.get("widgets").and_then(Value::as_array).ok_or("the body has no widgets")?;
    if widgets.len() > 500 {
        return Err("a dashboard has at most 500 widgets".to_owned());
    }
    let broken = widgets.iter().find(|widget| !widget["type"].is_string() || !widget["properties"].is_object());
    match broken {
        Some(widget) => Err(format!("The dashboard body is invalid: {widget}")),
        None => Ok(()),
    }
}
