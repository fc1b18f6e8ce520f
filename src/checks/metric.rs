//! A statistic of a CloudWatch metric over a window that ends now.
//!
//! CloudWatch aligns periods to the clock, so the window is asked for in minutes and put together here: sums, extremes
//! and counts are exact; an average is that of all samples; of a percentile, which cannot be put together, the worst
//! minute counts.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::Ground;
use super::seen::Seen;
use crate::cloud::CloudError;
use crate::model::{Figures, MetricCheck, MetricQuery, MetricSeries, Statistic};

use super::mask::Mask;

/// Name of the figure that a later run compares with.
const FIGURE: &str = "value";
/// Name of the figure that says in how many minutes a sum or a count came together: one in less time is less.
const MINUTES: &str = "minutes";

/// Looks once.
pub(super) async fn look(name: &str, check: &MetricCheck, ground: &Ground<'_>, mask: &Mask) -> Seen {
    let mut seen = Seen::new(mask);
    let statistic = match check.statistic.parse::<Statistic>() {
        Ok(statistic) => statistic,
        Err(error) => return seen.not_looked(&error.to_string()),
    };
    let stretch = Stretch::of(check, ground);
    let value = match over_window(check, statistic, stretch, ground).await {
        Ok(value) => value,
        Err(error) => return seen.not_looked(&error.to_string()),
    };
    let what = format!("{} of {} {}", check.statistic, check.namespace, check.metric);
    let Some(value) = value else {
        let text = format!("{what}: no data in the window");
        seen.summary(&text);
        return if check.may_be_empty { seen } else { seen.failed(&text) };
    };
    seen.summary(&format!("{what} is {value}"));
    seen.figure(FIGURE, value);
    if let Some(wanted) = &check.value {
        seen.compare(&what, wanted, Some(&value.to_string()));
    }
    let adds_up = matches!(statistic, Statistic::Sum | Statistic::SampleCount);
    let now = Amount { value, minutes: adds_up.then(|| stretch.minutes()) };
    if let Some(minutes) = now.minutes {
        seen.figure(MINUTES, minutes.round_dp(2));
    }
    if let Some(wanted) = &check.of_before {
        let figures = ground.baseline.get(name);
        let minutes = |figures: &Figures| figures.get(MINUTES).copied().filter(|_| adds_up);
        let before =
            figures.and_then(|figures| Some(Amount { value: *figures.get(FIGURE)?, minutes: minutes(figures) }));
        match before.map(|before| (before, now.share_of(before))) {
            None => seen.evidence("no earlier value to compare with"),
            Some((before, None)) => seen.evidence(&format!("before it was {before}: no share of that can be said")),
            Some((before, Some(percent))) => {
                seen.evidence(&format!("{percent} % of the {before} before"));
                seen.figure("of_before_percent", percent);
                if !wanted.holds(Some(&percent.to_string())) {
                    let share = format!("{percent} % of the {before} before");
                    seen.problem(&format!("{what} is {now}, {share}, expected {wanted} %"));
                }
            }
        }
    }
    seen
}

/// A value, and the minutes that it adds up, where it adds up.
#[derive(Clone, Copy)]
struct Amount {
    value: Decimal,
    minutes: Option<Decimal>,
}

impl Amount {
    /// In percent of an earlier one; of what adds up, a minute's share of either counts.
    fn share_of(self, before: Self) -> Option<Decimal> {
        let longer = match (self.minutes, before.minutes) {
            (Some(now), Some(before)) => before.checked_div(now)?,
            _ => Decimal::ONE,
        };
        share(self.value, before.value)?.checked_mul(longer).map(|percent| percent.round_dp(1).normalize())
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.value)?;
        self.minutes.map_or(Ok(()), |minutes| write!(formatter, " in {} min", minutes.round_dp(1).normalize()))
    }
}

/// The time that is looked at. CloudWatch begins it with a whole minute, so that is said here.
#[derive(Clone, Copy)]
struct Stretch {
    from: Timestamp,
    to: Timestamp,
}

impl Stretch {
    fn of(check: &MetricCheck, ground: &Ground<'_>) -> Self {
        let to = ground.clock.now();
        let window = SignedDuration::try_from(check.window).unwrap_or(SignedDuration::MAX);
        let from = to.saturating_sub(window).unwrap_or(to);
        let from = Timestamp::from_second(from.as_second().div_euclid(60) * 60).unwrap_or(from);
        Self { from, to }
    }

    fn minutes(self) -> Decimal {
        Decimal::from(self.to.duration_since(self.from).as_secs()) / Decimal::from(60)
    }
}

fn share(value: Decimal, before: Decimal) -> Option<Decimal> {
    value.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(before)
}

async fn over_window(
    check: &MetricCheck,
    statistic: Statistic,
    Stretch { from, to }: Stretch,
    ground: &Ground<'_>,
) -> Result<Option<Decimal>, CloudError> {
    let query = |statistic| MetricQuery {
        namespace: check.namespace.clone(),
        name: check.metric.clone(),
        dimensions: check.dimensions.clone(),
        statistic,
        period_seconds: 60,
        from,
        to,
    };
    let asked = match statistic {
        Statistic::Average => vec![query(Statistic::Sum), query(Statistic::SampleCount)],
        other => vec![query(other)],
    };
    let series = ground.readings.metrics(&asked).await?;
    let filled: Vec<&MetricSeries> = series.iter().filter(|series| !series.points.is_empty()).collect();
    Ok(match (statistic, filled.as_slice()) {
        (Statistic::Average, [sum, count]) => {
            sum.sum().checked_div(count.sum()).map(|average| average.round_dp(6).normalize())
        }
        (Statistic::Average, _) | (_, []) => None,
        (Statistic::Sum | Statistic::SampleCount, [series, ..]) => Some(series.sum()),
        (Statistic::Minimum, [series, ..]) => series.minimum(),
        (Statistic::Maximum | Statistic::Percentile(_), [series, ..]) => series.maximum(),
    })
}
