//! Metrics: what somebody planted, kept as samples, and answered as CloudWatch answers: a statistic a period, and
//! nothing for a period without samples. What nobody planted has no points: the simulated cloud measures nothing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::trouble::Trouble;
use super::world::World;
use crate::model::{MetricPoint, MetricQuery, MetricSeries, Statistic};

/// What tells metrics apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricName {
    /// `AWS/ECS`.
    pub namespace: String,
    /// `CPUUtilization`.
    pub name: String,
    /// All of its dimensions.
    pub dimensions: BTreeMap<String, String>,
}

/// A metric and what was sent of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// Which one.
    #[serde(flatten)]
    pub id: MetricName,
    /// Samples, oldest first.
    pub samples: Vec<Sample>,
}

/// One value that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(Timestamp, Decimal)", into = "(Timestamp, Decimal)")]
pub struct Sample {
    /// When it was measured.
    pub at: Timestamp,
    /// What.
    pub value: Decimal,
}

impl From<(Timestamp, Decimal)> for Sample {
    fn from((at, value): (Timestamp, Decimal)) -> Self {
        Self { at, value }
    }
}

impl From<Sample> for (Timestamp, Decimal) {
    fn from(sample: Sample) -> Self {
        (sample.at, sample.value)
    }
}

/// For how long samples are told apart by the minute, by five minutes, by the hour (`aws.md` 8.2).
const KEPT: [(u32, i64); 3] = [(60, 15), (300, 63), (3600, 455)];

impl World {
    /// Plants samples, as `cloudwatch:PutMetricData` would.
    pub fn plant_metric(&mut self, id: &MetricName, samples: impl IntoIterator<Item = Sample>) {
        let index = self.metrics.iter().position(|metric| metric.id == *id).unwrap_or_else(|| {
            self.metrics.push(Metric { id: id.clone(), samples: Vec::new() });
            self.metrics.len() - 1
        });
        self.metrics[index].samples.extend(samples);
        self.metrics[index].samples.sort_by_key(|sample| sample.at);
    }

    /// `cloudwatch:GetMetricData` for one query.
    pub(super) fn metric_series(&self, query: &MetricQuery) -> Result<MetricSeries, Trouble> {
        let period = i64::from(query.period_seconds);
        if period == 0 || period % 60 != 0 {
            let message = format!("The parameter Period must be a multiple of 60, and is {period}.");
            return Err(Trouble::refused("InvalidParameterValue", message));
        }
        if query.to <= query.from {
            let message = "The parameter StartTime must be less than the parameter EndTime.";
            return Err(Trouble::refused("InvalidParameterCombination", message));
        }
        let wanted = |metric: &&Metric| {
            let id = &metric.id;
            id.namespace == query.namespace && id.name == query.name && id.dimensions == query.dimensions
        };
        let samples = self.metrics.iter().find(wanted).map_or(&[][..], |metric| &metric.samples);
        let mut periods: BTreeMap<i64, Vec<Decimal>> = BTreeMap::new();
        let inside = |sample: &&Sample| query.from <= sample.at && sample.at < query.to;
        for sample in samples.iter().filter(inside).filter(|sample| self.still_has(sample.at, query.period_seconds)) {
            periods.entry(sample.at.as_second().div_euclid(period) * period).or_default().push(sample.value);
        }
        let points = periods.into_iter().filter_map(|(second, values)| {
            let at = Timestamp::from_second(second).ok()?;
            Some(MetricPoint { at, value: value_of(query.statistic, values)? })
        });
        Ok(MetricSeries { points: points.collect() })
    }

    fn still_has(&self, at: Timestamp, period_seconds: u32) -> bool {
        let age = self.now.duration_since(at);
        KEPT.iter().any(|(seconds, days)| {
            period_seconds.is_multiple_of(*seconds) && age <= SignedDuration::from_hours(24 * days)
        })
    }
}

/// A statistic over the samples of one period; `None`: there are none.
fn value_of(statistic: Statistic, mut values: Vec<Decimal>) -> Option<Decimal> {
    let count = Decimal::from(values.len());
    let sum: Decimal = values.iter().sum();
    match statistic {
        Statistic::Average => sum.checked_div(count),
        Statistic::Minimum => values.into_iter().min(),
        Statistic::Maximum => values.into_iter().max(),
        Statistic::Sum => Some(sum),
        Statistic::SampleCount => Some(count),
        Statistic::Percentile(percent) => {
            values.sort_unstable();
            // By nearest rank; how AWS interpolates is not published.
            let rank = (percent * count / Decimal::ONE_HUNDRED).ceil();
            let index = usize::try_from(rank).ok()?.checked_sub(1)?;
            values.get(index).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn world() -> (World, MetricName) {
        let mut world = World::new("123456789012", "us-east-2", 1, at("2026-11-22T12:00:00Z"));
        let dimensions = BTreeMap::from([("ServiceName".to_owned(), "web".to_owned())]);
        let id = MetricName { namespace: "AWS/ECS".to_owned(), name: "CPUUtilization".to_owned(), dimensions };
        let samples = (0..10_i64).map(|minute| {
            let at = at("2026-11-22T10:00:00Z") + SignedDuration::from_mins(minute);
            Sample { at, value: Decimal::from(minute + 1) }
        });
        world.plant_metric(&id, samples);
        (world, id)
    }

    fn query(id: &MetricName, statistic: &str) -> MetricQuery {
        MetricQuery {
            namespace: id.namespace.clone(),
            name: id.name.clone(),
            dimensions: id.dimensions.clone(),
            statistic: statistic.parse().unwrap(),
            period_seconds: 300,
            from: at("2026-11-22T10:00:00Z"),
            to: at("2026-11-22T11:00:00Z"),
        }
    }

    #[test]
    fn each_period_has_its_statistic_and_empty_ones_have_no_point() {
        let (world, id) = world();
        let check = |statistic: &str, expected: [&str; 2]| {
            let series = world.metric_series(&query(&id, statistic)).unwrap();
            let found: Vec<String> = series.points.iter().map(|point| point.value.to_string()).collect();
            assert_eq!(found, expected, "{statistic}");
            assert_eq!(series.points[1].at, at("2026-11-22T10:05:00Z"));
        };
        check("Average", ["3", "8"]);
        check("Minimum", ["1", "6"]);
        check("Maximum", ["5", "10"]);
        check("Sum", ["15", "40"]);
        check("SampleCount", ["5", "5"]);
        check("p80", ["4", "9"]);
        check("p99.5", ["5", "10"]);
    }

    #[test]
    fn another_dimension_is_another_metric() {
        let (world, mut id) = world();
        id.dimensions.insert("ClusterName".to_owned(), "main".to_owned());
        assert_eq!(world.metric_series(&query(&id, "Sum")), Ok(MetricSeries::default()));
    }

    #[test]
    fn minutes_are_forgotten_after_fifteen_days_and_five_minutes_after_sixty_three() {
        let (mut world, id) = world();
        let points = |world: &World, period_seconds: u32| {
            world.metric_series(&MetricQuery { period_seconds, ..query(&id, "Sum") }).unwrap().points.len()
        };
        world.now = at("2026-12-07T09:00:00Z");
        assert_eq!((points(&world, 60), points(&world, 300)), (10, 2));
        world.now = at("2026-12-08T10:00:00Z");
        assert_eq!((points(&world, 60), points(&world, 300)), (0, 2));
        world.now = at("2027-02-01T10:00:00Z");
        assert_eq!((points(&world, 300), points(&world, 3600)), (0, 1));
    }
}
