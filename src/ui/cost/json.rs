//! Cost reports for programs. Amounts are texts: JSON numbers are floats to many readers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::SleepChoice;
use crate::report::{Amount, CostReport, PartTime, Price};
use crate::ui::FORMAT_VERSION;

/// Cost reports, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct CostDto<'a> {
    format_version: u32,
    currency: &'static str,
    hours_per_month: u32,
    environments: Vec<EnvironmentDto<'a>>,
}

#[derive(Debug, Serialize)]
struct EnvironmentDto<'a> {
    environment: &'a str,
    region: &'a str,
    per_hour: StatesDto,
    per_month: StatesDto,
    hours: Option<PartTimeDto<'a>>,
    schedule: Option<PartTimeDto<'a>>,
    sleep: Option<SleepDto>,
    at_production_size: Option<ProductionDto<'a>>,
    lines: Vec<LineDto<'a>>,
    billed_by_use: Vec<UsageDto<'a>>,
    missing_prices: &'a [String],
    notes: &'a [String],
    prices: &'a BTreeMap<String, Price>,
}

/// Both bounds; equal: exact. `at_most` is null where nobody knows.
#[derive(Debug, Serialize)]
pub(in crate::ui) struct AmountDto {
    at_least: String,
    at_most: Option<String>,
}

#[derive(Debug, Serialize)]
struct StatesDto {
    up: AmountDto,
    parked: AmountDto,
    hibernated: AmountDto,
}

#[derive(Debug, Serialize)]
struct PartTimeDto<'a> {
    asked_for: &'a str,
    hours: String,
    parked_in_between: AmountDto,
    hibernated_in_between: AmountDto,
}

#[derive(Debug, Serialize)]
struct SleepDto {
    hours: String,
    up: AmountDto,
    parked: AmountDto,
    hibernated: AmountDto,
    aws_wakes_a_parked_database: bool,
    down_would_choose: Option<SleepChoice>,
}

#[derive(Debug, Serialize)]
struct ProductionDto<'a> {
    size: &'a str,
    up_per_hour: AmountDto,
    up_per_month: AmountDto,
}

#[derive(Debug, Serialize)]
struct LineDto<'a> {
    resource: String,
    what: &'a str,
    working: &'a str,
    per_month: StatesDto,
}

#[derive(Debug, Serialize)]
struct UsageDto<'a> {
    resource: String,
    what: &'a str,
    price: Option<&'a str>,
}

/// The reports as a value to serialise.
pub fn json(reports: &[CostReport]) -> CostDto<'_> {
    CostDto {
        format_version: FORMAT_VERSION,
        currency: "USD",
        hours_per_month: 730,
        environments: reports.iter().map(environment).collect(),
    }
}

fn environment(report: &CostReport) -> EnvironmentDto<'_> {
    let hourly = [report.up_per_hour, report.parked_per_hour, report.hibernated_per_hour];
    let monthly = [report.up_per_month, report.parked_per_month, report.hibernated_per_month];
    EnvironmentDto {
        environment: &report.environment,
        region: &report.region,
        per_hour: states(hourly, 6),
        per_month: states(monthly, 2),
        hours: report.hours.as_ref().map(part_time),
        schedule: report.schedule.as_ref().map(part_time),
        sleep: report.sleep.as_ref().map(|sleep| SleepDto {
            hours: sleep.hours.normalize().to_string(),
            up: amount(sleep.up, 2),
            parked: amount(sleep.parked, 2),
            hibernated: amount(sleep.hibernated, 2),
            aws_wakes_a_parked_database: sleep.wakes,
            down_would_choose: sleep.choice.clone(),
        }),
        at_production_size: report.production.as_ref().map(|one| ProductionDto {
            size: &one.size,
            up_per_hour: amount(one.up_per_hour, 6),
            up_per_month: amount(one.up_per_month, 2),
        }),
        lines: report
            .lines
            .iter()
            .map(|line| LineDto {
                resource: line.key.to_string(),
                what: &line.what,
                working: &line.working,
                per_month: states([line.up, line.parked, line.hibernated], 2),
            })
            .collect(),
        billed_by_use: report
            .usage
            .iter()
            .map(|line| UsageDto { resource: line.key.to_string(), what: &line.what, price: line.price.as_deref() })
            .collect(),
        missing_prices: &report.missing,
        notes: &report.notes,
        prices: &report.prices,
    }
}

fn states([up, parked, hibernated]: [Amount; 3], decimals: u32) -> StatesDto {
    StatesDto { up: amount(up, decimals), parked: amount(parked, decimals), hibernated: amount(hibernated, decimals) }
}

/// With this many decimals.
pub(in crate::ui) fn amount(amount: Amount, decimals: u32) -> AmountDto {
    let text = |usd| crate::report::rounded(usd, decimals);
    AmountDto { at_least: text(amount.low), at_most: amount.high.map(text) }
}

fn part_time(part: &PartTime) -> PartTimeDto<'_> {
    PartTimeDto {
        asked_for: &part.what,
        hours: crate::report::rounded(part.hours, 2),
        parked_in_between: amount(part.parked, 2),
        hibernated_in_between: amount(part.hibernated, 2),
    }
}
