//! What the text and Markdown of a cost report have in common.

use crate::report::{Amount, AtProductionSize, CostReport, PartTime, Price, Sleep, rounded};

/// `region us-east-2, prices of 2026-06-01 to 2026-09-10`.
pub(super) fn origin(report: &CostReport) -> String {
    let dates: Vec<_> = report.prices.values().map(|price: &Price| price.date).collect();
    let prices = match (dates.iter().min(), dates.iter().max()) {
        (Some(first), Some(last)) if first == last => format!("prices of {first}"),
        (Some(first), Some(last)) => format!("prices of {first} to {last}"),
        _ => "no prices".to_owned(),
    };
    format!("{}, {prices}, USD before tax, a month has 730 hours", report.region)
}

/// `sources: …`, each once.
pub(super) fn sources(report: &CostReport) -> Vec<&str> {
    let mut sources: Vec<&str> = report.prices.values().map(|price| price.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// `10 hours a month: 3.15 parked, 1.25–3.12 hibernated in between; always on 35.64`.
pub(super) fn part_time(part: &PartTime, always_on: Amount) -> String {
    let hours = if part.what.contains("hours") {
        part.what.clone()
    } else {
        format!("{} ({} hours a month)", part.what, rounded(part.hours, 1))
    };
    let saved = always_on.less(part.parked).map(|usd| format!(", {} less than always on", rounded(usd, 2)));
    format!(
        "{hours}: {} a month parked in between{}, {} hibernated in between",
        part.parked,
        saved.unwrap_or_default(),
        part.hibernated
    )
}

/// `with tasks of production's size (2 vCPU 8 GB): 99.44 a month always on, 0.1362 an hour; 63.79 less at its own size`.
pub(super) fn production(production: &AtProductionSize, always_on: Amount) -> String {
    let less =
        production.up_per_month.less(always_on).map(|usd| format!("; its own size saves {} a month", rounded(usd, 2)));
    format!(
        "with tasks of production's size ({}): {} a month always on, {} an hour{}",
        production.size,
        production.up_per_month,
        production.up_per_hour.display(4),
        less.unwrap_or_default()
    )
}

/// `asleep for 72 hours: 0.27 parked, 0.04–0.23 hibernated; up it would be 3.51`.
pub(super) fn sleep(sleep: &Sleep) -> String {
    let wakes = if sleep.wakes {
        "; AWS starts a parked database after 7 days, and from then on it bills as if it were up"
    } else {
        ""
    };
    let choice = sleep.choice.as_ref().map(|choice| format!(". `down` would choose {}: {}", choice.power, choice.why));
    format!(
        "asleep for {} hours: {} parked, {} hibernated; up it would be {}{wakes}{}",
        sleep.hours.normalize(),
        sleep.parked,
        sleep.hibernated,
        sleep.up,
        choice.unwrap_or_default()
    )
}
