//! CloudWatch alarms. One of another owner is never touched: its tags are read before every change.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, MetricAlarm, Statistic, Tag};
use futures_util::future::join_all;
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::AwsCloud;
use super::answer::{count, number, tags, text};
use super::error::own_error;
use super::fleet::Batch;
use super::observe::unreadable;
use crate::cloud::sizes::ALARMS_AT_ONCE;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{
    AlarmSpec, Depth, LiveAlarm, PLAIN_STATISTICS, Receipt, ResourceKey, Scope, Sighting, Sightings, Tags,
};

impl AwsCloud {
    /// The declared alarms: one call for a hundred of them, and one for the tags of each, but in a survey of many
    /// environments.
    pub(super) async fn look_at_alarms(&self, scope: &Scope, batch: Option<&Batch<'_>>) -> Sightings<LiveAlarm> {
        let wanted = &scope.desired.alarms;
        let names: Vec<String> = wanted.values().map(|spec| spec.alarm_name.clone()).collect();
        let found = match batch {
            Some(batch) => batch.alarms.clone(),
            None => self.alarms(&names).await,
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => return wanted.keys().map(|name| (name.clone(), unreadable(&error))).collect(),
        };
        let mut sightings: Sightings<LiveAlarm> = wanted
            .iter()
            .map(|(name, spec)| {
                (name.clone(), found.get(&spec.alarm_name).cloned().map_or(Sighting::Absent, Sighting::Present))
            })
            .collect();
        if matches!(scope.depth, Depth::Comparison | Depth::Preflight) {
            let reads = sightings.iter_mut().map(|(_, sighting)| async move {
                let Sighting::Present(alarm) = sighting else { return };
                match self.alarm_tags(&alarm.arn).await {
                    Ok(tags) => alarm.tags = Some(tags),
                    Err(error) => *sighting = unreadable(&error),
                }
            });
            join_all(reads).await;
        }
        sightings
    }

    /// These alarms by name, their tags unread; those that are not there are left out.
    pub(super) async fn alarms(&self, names: &[String]) -> Result<BTreeMap<String, LiveAlarm>, CloudError> {
        let mut found = BTreeMap::new();
        for names in names.chunks(ALARMS_AT_ONCE) {
            let request = self.clients.cloudwatch.describe_alarms().set_alarm_names(Some(names.to_vec()));
            // An answer holds fifty without being asked for more.
            let request = request.max_records(number(u32::try_from(ALARMS_AT_ONCE).unwrap_or(100)));
            let answer = self.caller.call("cloudwatch:DescribeAlarms", || request.clone().send()).await?;
            let alarms = answer.metric_alarms().iter().map(live).map(|alarm| (alarm.spec.alarm_name.clone(), alarm));
            found.extend(alarms);
        }
        Ok(found)
    }

    async fn alarm_tags(&self, arn: &str) -> Result<Tags, CloudError> {
        let request = self.clients.cloudwatch.list_tags_for_resource().resource_arn(arn);
        let answer = self.caller.call("cloudwatch:ListTagsForResource", || request.clone().send()).await?;
        Ok(tags(answer.tags().iter().map(|tag| (tag.key(), tag.value()))))
    }

    /// The alarm, when it is there and ours.
    ///
    /// # Errors
    /// Of the kind given when it is there and not ours.
    async fn our_alarm(&self, name: &str, otherwise: CloudErrorKind) -> Result<Option<LiveAlarm>, CloudError> {
        let Some(alarm) = self.alarms(&[name.to_owned()]).await?.remove(name) else { return Ok(None) };
        let tags = self.alarm_tags(&alarm.arn).await?;
        self.require_ours("cloudwatch:ListTagsForResource", otherwise, name, &tags)?;
        Ok(Some(alarm))
    }

    pub(super) async fn put_alarm(
        &self,
        key: &ResourceKey,
        spec: &AlarmSpec,
        actions_enabled: bool,
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        let there = self.our_alarm(&spec.alarm_name, CloudErrorKind::Conflict).await?;
        if let Some(there) = there.filter(|there| there.spec == *spec && there.actions_enabled == actions_enabled) {
            return Ok(super::receipt(key, &[("arn", &there.arn)], false));
        }
        let request = self
            .clients
            .cloudwatch
            .put_metric_alarm()
            .alarm_name(&spec.alarm_name)
            .actions_enabled(actions_enabled)
            .set_alarm_description(Some(spec.description.clone()).filter(|text| !text.is_empty()))
            .namespace(&spec.namespace)
            .metric_name(&spec.metric_name)
            .set_dimensions(Some(dimensions(spec)))
            .set_statistic(plain(spec).then(|| Statistic::from(spec.statistic.as_str())))
            .set_extended_statistic((!plain(spec)).then(|| spec.statistic.clone()))
            .period(number(spec.period_seconds))
            .evaluation_periods(number(spec.evaluation_periods))
            .datapoints_to_alarm(number(spec.datapoints_to_alarm))
            .threshold(spec.threshold.to_f64().unwrap_or_default())
            .comparison_operator(ComparisonOperator::from(spec.comparison.as_str()))
            .treat_missing_data(&spec.treat_missing_data)
            .set_alarm_actions(Some(spec.actions.clone()))
            .set_ok_actions(Some(spec.ok_actions.clone()))
            // Taken only when the alarm is made; on one that is there they are ignored.
            .set_tags(Some(tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()));
        self.caller.call("cloudwatch:PutMetricAlarm", || request.clone().send()).await?;
        let made = self.alarms(std::slice::from_ref(&spec.alarm_name)).await?.remove(&spec.alarm_name);
        Ok(super::receipt(key, &[("arn", &made.ok_or_else(|| gone(&spec.alarm_name))?.arn)], true))
    }

    pub(super) async fn set_alarm_actions(&self, name: &str, enabled: bool) -> Result<Receipt, CloudError> {
        let alarm = self.our_alarm(name, CloudErrorKind::Unsafe).await?.ok_or_else(|| gone(name))?;
        if alarm.actions_enabled == enabled {
            return Ok(super::done(false));
        }
        if enabled {
            let request = self.clients.cloudwatch.enable_alarm_actions().alarm_names(name);
            self.caller.call("cloudwatch:EnableAlarmActions", || request.clone().send()).await?;
        } else {
            let request = self.clients.cloudwatch.disable_alarm_actions().alarm_names(name);
            self.caller.call("cloudwatch:DisableAlarmActions", || request.clone().send()).await?;
        }
        Ok(super::done(true))
    }

    pub(super) async fn delete_alarm(&self, name: &str) -> Result<Receipt, CloudError> {
        if self.our_alarm(name, CloudErrorKind::Unsafe).await?.is_none() {
            return Ok(super::done(false));
        }
        let request = self.clients.cloudwatch.delete_alarms().alarm_names(name);
        let deleted = self.caller.call("cloudwatch:DeleteAlarms", || request.clone().send()).await;
        super::gone_is_done(deleted)
    }

    pub(super) async fn tag_alarm(&self, arn: &str, tags: &Tags, remove: &[String]) -> Result<(), CloudError> {
        if !tags.is_empty() {
            let list = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
            let request = self.clients.cloudwatch.tag_resource().resource_arn(arn).set_tags(Some(list));
            self.caller.call("cloudwatch:TagResource", || request.clone().send()).await?;
        }
        if !remove.is_empty() {
            let request = self.clients.cloudwatch.untag_resource().resource_arn(arn);
            let request = request.set_tag_keys(Some(remove.to_vec()));
            self.caller.call("cloudwatch:UntagResource", || request.clone().send()).await?;
        }
        Ok(())
    }
}

fn plain(spec: &AlarmSpec) -> bool {
    PLAIN_STATISTICS.contains(&spec.statistic.as_str())
}

fn dimensions(spec: &AlarmSpec) -> Vec<Dimension> {
    spec.dimensions.iter().map(|(name, value)| Dimension::builder().name(name).value(value).build()).collect()
}

/// An alarm as it was described. What it leaves out is the API's default.
fn live(alarm: &MetricAlarm) -> LiveAlarm {
    let sorted = |arns: &[String]| {
        let mut arns = arns.to_vec();
        arns.sort();
        arns
    };
    let evaluation_periods = count(alarm.evaluation_periods());
    let plain = alarm.statistic().map(|statistic| statistic.as_str().to_owned());
    let dimensions = alarm.dimensions().iter().filter_map(|one| Some((one.name()?.to_owned(), text(one.value()))));
    LiveAlarm {
        arn: text(alarm.alarm_arn()),
        spec: AlarmSpec {
            alarm_name: text(alarm.alarm_name()),
            description: text(alarm.alarm_description()),
            namespace: text(alarm.namespace()),
            metric_name: text(alarm.metric_name()),
            dimensions: dimensions.collect(),
            statistic: plain.unwrap_or_else(|| text(alarm.extended_statistic())),
            period_seconds: count(alarm.period()),
            evaluation_periods,
            datapoints_to_alarm: alarm.datapoints_to_alarm().map_or(evaluation_periods, count),
            threshold: alarm.threshold().and_then(Decimal::from_f64).unwrap_or_default().normalize(),
            comparison: text(alarm.comparison_operator().map(ComparisonOperator::as_str)),
            treat_missing_data: alarm.treat_missing_data().unwrap_or("missing").to_owned(),
            actions: sorted(alarm.alarm_actions()),
            ok_actions: sorted(alarm.ok_actions()),
        },
        actions_enabled: alarm.actions_enabled().unwrap_or(true),
        state: text(alarm.state_value().map(|state| state.as_str())),
        tags: None,
    }
}

fn gone(name: &str) -> CloudError {
    own_error(CloudErrorKind::NotFound, "cloudwatch:DescribeAlarms", format!("alarm {name} is not there"))
}
