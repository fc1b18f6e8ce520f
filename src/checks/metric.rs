//! A statistic of a CloudWatch metric over a window that ends now.
//!
//! CloudWatch aligns periods to the clock, so the window is asked for in minutes and put together here: sums, extremes
//! and counts are exact; an average is that of all samples; of a percentile, which cannot be put together, the worst
//! minute counts.

use jiff::SignedDuration;
use rust_decimal::Decimal;

use super::Ground;
use super::seen::Seen;
use crate::cloud::CloudError;
use crate::model::{MetricCheck, MetricQuery, MetricSeries, Statistic};

use super::mask::Mask;

/// Name of the figure that a later run compares with.
const FIGURE: &str = "value";

/// Looks once.
pub(super) async fn look(name: &str, check: &MetricCheck, ground: &Ground<'_>, mask: &Mask) -> Seen {
    let mut seen = Seen::new(mask);
    let statistic = match check.statistic.parse::<Statistic>() {
        Ok(statistic) => statistic,
        Err(error) => return seen.not_looked(&error.to_string()),
    };
    let value = match over_window(check, statistic, ground).await {
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
    if let Some(wanted) = &check.of_before {
        let before = ground.baseline.get(name).and_then(|figures| figures.get(FIGURE));
        match before.map(|before| (before, share(value, *before))) {
            None => seen.evidence("no earlier value to compare with"),
            Some((before, None)) => seen.evidence(&format!("before it was {before}: no share of that can be said")),
            Some((before, Some(percent))) => {
                seen.evidence(&format!("{percent} % of the {before} before"));
                seen.figure("of_before_percent", percent);
                seen.compare("the share of before, in percent,", wanted, Some(&percent.to_string()));
            }
        }
    }
    seen
}

fn share(value: Decimal, before: Decimal) -> Option<Decimal> {
    let percent = value.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(before)?;
    Some(percent.round_dp(1).normalize())
}

async fn over_window(
    check: &MetricCheck,
    statistic: Statistic,
    ground: &Ground<'_>,
) -> Result<Option<Decimal>, CloudError> {
    let to = ground.clock.now();
    let window = SignedDuration::try_from(check.window).unwrap_or(SignedDuration::MAX);
    let query = |statistic| MetricQuery {
        namespace: check.namespace.clone(),
        name: check.metric.clone(),
        dimensions: check.dimensions.clone(),
        statistic,
        period_seconds: 60,
        from: to.saturating_sub(window).unwrap_or(to),
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
