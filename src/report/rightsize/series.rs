//! Measured series: points of one metric, and the times that they are good for.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

/// A stretch of time, its end not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First moment.
    pub from: Timestamp,
    /// First moment after it.
    pub to: Timestamp,
}

impl Span {
    /// Its length in seconds; 0 when it ends before it begins.
    pub fn seconds(self) -> i64 {
        self.to.duration_since(self.from).as_secs().max(0)
    }

    /// The part of it that lies in the other.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }
}

/// One point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Beginning of its period.
    pub at: Timestamp,
    /// The statistic over its period.
    pub value: Decimal,
}

/// The points of one metric over a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The window that was asked for.
    pub window: Span,
    /// Length of a period in seconds; 300 for the window of 14 days.
    pub period_seconds: i64,
    /// Points, in any order. Hours asleep have none: CloudWatch stores no zeros for them (`aws.md` 8.2).
    pub points: Vec<Point>,
}

/// After a deployment or an awakening the first minutes say nothing about the load (`aws.md` 8.2).
const WARM_UP: SignedDuration = SignedDuration::from_mins(10);
/// A window needs at least this much of measured time (`aws.md` 8.3, 1).
const LEAST_SECONDS: i64 = 24 * 3600;

impl Series {
    /// The values inside the window and outside every warm-up, ascending. `starts`: deployments and awakenings.
    pub(super) fn settled(&self, starts: &[Timestamp]) -> Vec<Decimal> {
        let period = SignedDuration::from_secs(self.period_seconds);
        // A period that the start lies in holds its first minutes too.
        let warming = |at: Timestamp| {
            starts.iter().map(|start| at.duration_since(*start)).any(|since| -period < since && since < WARM_UP)
        };
        let good = self.points.iter().filter(|point| self.touches(point.at) && !warming(point.at));
        let mut values: Vec<Decimal> = good.map(|point| point.value).collect();
        values.sort_unstable();
        values
    }

    /// Does the period that begins then lie in the window, or a part of it?
    fn touches(&self, at: Timestamp) -> bool {
        let period = SignedDuration::from_secs(self.period_seconds);
        at < self.window.to && at.duration_since(self.window.from) > -period
    }

    /// Why these many points are too few: less than 24 hours, or less than half of the time that it ran. `None`: enough.
    pub(super) fn shortage(&self, count: usize, running: &[Span]) -> Option<String> {
        let measured = i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(self.period_seconds);
        if measured < LEAST_SECONDS {
            return Some(format!("{} hours of points: at least 24 are needed", hours(measured)));
        }
        let ran: i64 = running.iter().map(|span| span.within(self.window).seconds()).sum();
        let too_few = measured.saturating_mul(2) < ran;
        too_few.then(|| {
            format!("points for {} of the {} hours that it ran: at least half is needed", hours(measured), hours(ran))
        })
    }
}

fn hours(seconds: i64) -> String {
    crate::report::rounded(Decimal::from(seconds) / Decimal::from(3600), 1)
}

/// The value that 99.5 % of the ascending values do not exceed, by nearest rank; `None`: there are none.
pub(super) fn percentile_99_5(ascending: &[Decimal]) -> Option<Decimal> {
    let rank = (ascending.len() * 995).div_ceil(1000);
    ascending.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_the_nearest_rank() {
        let values: Vec<Decimal> = (1..=1000).map(Decimal::from).collect();
        assert_eq!(percentile_99_5(&values), Some(Decimal::from(995)));
        assert_eq!(percentile_99_5(&values[..200]), Some(Decimal::from(199)));
        assert_eq!(percentile_99_5(&values[..3]), Some(Decimal::from(3)));
        assert_eq!(percentile_99_5(&[]), None);
    }
}
