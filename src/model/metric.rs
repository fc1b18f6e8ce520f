//! [`MetricQuery`]: what is asked of CloudWatch's metrics, and [`MetricSeries`], what it answers.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One metric, one statistic, one stretch of time.
///
/// CloudWatch keeps points of a minute for 15 days, of five minutes for 63 and of an hour for 455 (`aws.md` 8.2): a
/// query that begins earlier than 15 days ago needs a period of at least 300 seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricQuery {
    /// `AWS/ECS`.
    pub namespace: String,
    /// `CPUUtilization`.
    pub name: String,
    /// Every dimension that the metric has; a subset finds nothing.
    pub dimensions: BTreeMap<String, String>,
    /// What is said of each period.
    pub statistic: Statistic,
    /// Length of a period in seconds: 60 or a multiple.
    pub period_seconds: u32,
    /// First moment. Periods begin at multiples of their length since 1970.
    pub from: Timestamp,
    /// First moment after the last period.
    pub to: Timestamp,
}

/// What is said of the samples of one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Statistic {
    /// `Average`.
    Average,
    /// `Minimum`.
    Minimum,
    /// `Maximum`.
    Maximum,
    /// `Sum`.
    Sum,
    /// `SampleCount`.
    SampleCount,
    /// `p99.5`: above 0, at most 100.
    Percentile(Decimal),
}

/// A word that is no statistic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no statistic: take Average, Minimum, Maximum, Sum, SampleCount or a percentile such as p99.5")]
pub struct StatisticError(String);

impl FromStr for Statistic {
    type Err = StatisticError;

    fn from_str(text: &str) -> Result<Self, StatisticError> {
        Ok(match text {
            "Average" => Self::Average,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "Sum" => Self::Sum,
            "SampleCount" => Self::SampleCount,
            _ => {
                let percent = text.strip_prefix('p').and_then(|digits| digits.parse::<Decimal>().ok());
                let legal = |percent: &Decimal| *percent > Decimal::ZERO && *percent <= Decimal::ONE_HUNDRED;
                Self::Percentile(percent.filter(legal).ok_or_else(|| StatisticError(text.to_owned()))?)
            }
        })
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Average => formatter.write_str("Average"),
            Self::Minimum => formatter.write_str("Minimum"),
            Self::Maximum => formatter.write_str("Maximum"),
            Self::Sum => formatter.write_str("Sum"),
            Self::SampleCount => formatter.write_str("SampleCount"),
            Self::Percentile(percent) => write!(formatter, "p{}", percent.normalize()),
        }
    }
}

impl TryFrom<String> for Statistic {
    type Error = StatisticError;

    fn try_from(text: String) -> Result<Self, StatisticError> {
        text.parse()
    }
}

impl From<Statistic> for String {
    fn from(statistic: Statistic) -> Self {
        statistic.to_string()
    }
}

/// The points of one query, oldest first. A period without samples has none: CloudWatch stores no zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricSeries {
    /// The points.
    pub points: Vec<MetricPoint>,
}

/// One period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// When the period begins.
    pub at: Timestamp,
    /// The statistic over the period, in the unit of the metric.
    pub value: Decimal,
}

impl MetricSeries {
    /// The smallest value; `None`: there are no points.
    pub fn minimum(&self) -> Option<Decimal> {
        self.points.iter().map(|point| point.value).min()
    }

    /// The largest value; `None`: there are no points.
    pub fn maximum(&self) -> Option<Decimal> {
        self.points.iter().map(|point| point.value).max()
    }

    /// The sum of the values.
    pub fn sum(&self) -> Decimal {
        self.points.iter().map(|point| point.value).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_read_as_cloudwatch_writes_them() {
        for text in ["Average", "Minimum", "Maximum", "Sum", "SampleCount", "p50", "p99.5", "p100"] {
            assert_eq!(text.parse::<Statistic>().map(|statistic| statistic.to_string()), Ok(text.to_owned()));
        }
        for wrong in ["", "average", "p", "p0", "p100.1", "p-5", "99"] {
            assert!(wrong.parse::<Statistic>().is_err(), "{wrong}");
        }
    }
}
