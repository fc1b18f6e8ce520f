//! [`CostReport`]: what an environment costs up, asleep and in between.

mod bill;
mod database;
mod file_system;
mod line;
mod monitoring;
mod service;

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use bill::bill;
pub use line::{CostLine, UsageLine};

use super::{Amount, HOURS_PER_MONTH, Price, PriceTable, Schedule, ScheduleError};
use crate::model::{Desired, SleepChoice, SleepCost};
use line::Ledger;

/// What to reckon beside the plain figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CostOptions {
    /// Hours a month that it is up.
    pub hours_per_month: Option<Decimal>,
    /// When it is up, and the year to reckon the schedule in.
    pub schedule: Option<(Schedule, i16)>,
    /// How long it will sleep.
    pub idle: Option<Duration>,
    /// CPU units and MiB of production's tasks, to compare with.
    pub production_size: Option<(u32, u32)>,
    /// Stored bytes of file systems, where they were read; a file system that is not in it has an unknown size.
    pub file_system_bytes: BTreeMap<String, u64>,
}

/// What an environment costs, in US dollars. A month has 730 hours, as on AWS's own pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostReport {
    /// Environment.
    pub environment: String,
    /// Region whose prices were taken.
    pub region: String,
    /// One line a billed part, in the order of the spec.
    pub lines: Vec<CostLine>,
    /// What is billed by use, which nobody knows beforehand: not in the sums.
    pub usage: Vec<UsageLine>,
    /// One hour up.
    pub up_per_hour: Amount,
    /// One hour parked.
    pub parked_per_hour: Amount,
    /// One hour hibernated.
    pub hibernated_per_hour: Amount,
    /// A month always on.
    pub up_per_month: Amount,
    /// A month parked.
    pub parked_per_month: Amount,
    /// A month hibernated.
    pub hibernated_per_month: Amount,
    /// A month with the hours asked for.
    pub hours: Option<PartTime>,
    /// A month on the schedule asked for.
    pub schedule: Option<PartTime>,
    /// One sleep of the length asked for.
    pub sleep: Option<Sleep>,
    /// The same with tasks of production's size.
    pub production: Option<AtProductionSize>,
    /// Items without a price in this region: their lines are unknown.
    pub missing: Vec<String>,
    /// What else to know.
    pub notes: Vec<String>,
    /// The prices taken, with date and source, by item.
    pub prices: BTreeMap<String, Price>,
}

/// A month of which some hours are up and the rest asleep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartTime {
    /// As it was asked for.
    pub what: String,
    /// Hours up.
    pub hours: Decimal,
    /// The month, when it is parked in between.
    pub parked: Amount,
    /// The month, when it is hibernated in between.
    pub hibernated: Amount,
}

/// The same environment, had its tasks production's size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtProductionSize {
    /// `2 vCPU 8 GB`.
    pub size: String,
    /// One hour up.
    pub up_per_hour: Amount,
    /// A month always on.
    pub up_per_month: Amount,
}

/// One sleep, both ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sleep {
    /// Hours asleep.
    pub hours: Decimal,
    /// The same time up.
    pub up: Amount,
    /// Parked; after seven days AWS starts a stopped database, and it bills again until it is stopped once more.
    pub parked: Amount,
    /// Hibernated.
    pub hibernated: Amount,
    /// AWS wakes a parked database within that time.
    pub wakes: bool,
    /// What `down` would choose for it, and why; `None`: not asked.
    pub choice: Option<SleepChoice>,
}

/// What `desired` costs. Total: what has no price is unknown, and said to be.
///
/// # Errors
/// Only for a schedule in a year outside the calendar.
pub fn cost(desired: &Desired, prices: &PriceTable, options: &CostOptions) -> Result<CostReport, ScheduleError> {
    let mut ledger = Ledger::new(prices, &desired.region);
    database::enter(desired, &mut ledger);
    file_system::enter(desired, options, &mut ledger);
    service::enter(desired, &mut ledger);
    monitoring::enter(desired, &mut ledger);
    let sum = |part: fn(&CostLine) -> Amount| ledger.lines.iter().map(part).sum::<Amount>();
    let up = sum(|line| line.up);
    let parked = sum(|line| line.parked);
    let hibernated = sum(|line| line.hibernated);
    let part_time = |what: String, hours: Decimal| {
        let hours = hours.clamp(Decimal::ZERO, HOURS_PER_MONTH);
        let asleep = HOURS_PER_MONTH - hours;
        PartTime {
            what,
            hours,
            parked: up.for_hours(hours) + parked.for_hours(asleep),
            hibernated: up.for_hours(hours) + hibernated.for_hours(asleep),
        }
    };
    let schedule = match &options.schedule {
        Some((schedule, year)) => Some(part_time(schedule.as_str().to_owned(), schedule.hours_per_month(*year)?)),
        None => None,
    };
    Ok(CostReport {
        environment: desired.environment.clone(),
        region: desired.region.clone(),
        up_per_hour: up.for_hours(Decimal::ONE),
        parked_per_hour: parked.for_hours(Decimal::ONE),
        hibernated_per_hour: hibernated.for_hours(Decimal::ONE),
        up_per_month: up,
        parked_per_month: parked,
        hibernated_per_month: hibernated,
        hours: options.hours_per_month.map(|hours| part_time(format!("{} hours a month", hours.normalize()), hours)),
        schedule,
        sleep: options.idle.map(|idle| sleep(idle, [up, parked, hibernated], !desired.databases.is_empty())),
        production: at_production_size(desired, prices, options)?,
        lines: ledger.lines,
        usage: ledger.usage,
        missing: ledger.missing.into_iter().collect(),
        notes: ledger.notes,
        prices: ledger.used,
    })
}

fn at_production_size(
    desired: &Desired,
    prices: &PriceTable,
    options: &CostOptions,
) -> Result<Option<AtProductionSize>, ScheduleError> {
    let Some((cpu, memory_mib)) = options.production_size else { return Ok(None) };
    let mut larger = desired.clone();
    for service in larger.services.values_mut() {
        if let Some(document) = service.task_definition.as_object_mut() {
            document.insert("cpu".to_owned(), cpu.to_string().into());
            document.insert("memory".to_owned(), memory_mib.to_string().into());
        }
    }
    let plain = CostOptions { file_system_bytes: options.file_system_bytes.clone(), ..CostOptions::default() };
    let report = cost(&larger, prices, &plain)?;
    let whole = |part: u32| (Decimal::from(part) / Decimal::from(1024)).normalize();
    Ok(Some(AtProductionSize {
        size: format!("{} vCPU {} GB", whole(cpu), whole(memory_mib)),
        up_per_hour: report.up_per_hour,
        up_per_month: report.up_per_month,
    }))
}

fn sleep(idle: Duration, [up, parked, hibernated]: [Amount; 3], has_database: bool) -> Sleep {
    let hours = Decimal::from(idle.as_secs()) / Decimal::from(3600);
    Sleep {
        hours,
        up: up.for_hours(hours),
        parked: parked.for_hours(hours),
        hibernated: hibernated.for_hours(hours),
        // aws.md 2.1: AWS starts a stopped instance after seven days.
        choice: None,
        wakes: has_database && idle > Duration::from_secs(7 * 24 * 3600),
    }
}

/// What sleeping costs an hour, for the choice that `down` makes: hibernated as much as it can be at most. `None` when
/// a price is missing: then nobody can choose by arithmetic.
pub fn sleep_cost(desired: &Desired, prices: &PriceTable) -> Option<SleepCost> {
    let mut ledger = Ledger::new(prices, &desired.region);
    database::enter(desired, &mut ledger);
    let per_hour =
        |part: fn(&CostLine) -> Amount| ledger.lines.iter().map(part).sum::<Amount>().for_hours(Decimal::ONE).high;
    Some(SleepCost {
        parked_usd_per_hour: per_hour(|line| line.parked)?,
        hibernated_usd_per_hour: per_hour(|line| line.hibernated)?,
    })
}

#[cfg(test)]
mod tests;
