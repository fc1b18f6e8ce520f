//! `envctl cost`.

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::arguments::{duration, environment_completer};
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::{live_prices, load, output};
use crate::clock::{Clock, WallClock};
use crate::model::fargate;
use crate::report::{self, CostOptions, CostReport, PriceTable, Schedule};
use crate::{planner, ui};

/// Says what an environment costs: up, asleep, and for a part of the month
///
/// Prices are a dated table with its sources; what has no price is unknown, and what is billed by use is listed beside
/// the sums. Nothing is asked of the cloud.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environments [default: every one]
    #[arg(value_name = "ENV", add = environment_completer())]
    environments: Vec<String>,
    /// Also for a month of which this many hours are up
    #[arg(long, value_name = "N", value_parser = hours)]
    hours_per_month: Option<Decimal>,
    /// Also for a schedule: "Mon-Fri 09:00-18:00 Europe/Berlin"
    #[arg(long, value_name = "S", value_parser = schedule)]
    schedule: Option<Schedule>,
    /// Also for one sleep of this length
    #[arg(long = "for", value_name = "D", value_parser = duration)]
    idle: Option<Duration>,
    /// Compare with tasks of production's size, CPU units and MiB: 2048/8192
    #[arg(long, value_name = "CPU/MEMORY", value_parser = size)]
    production_size: Option<(u32, u32)>,
    /// Prices that go before the shipped ones, in their format
    #[arg(long, env = "ENVCTL_PRICE_FILE", value_name = "FILE")]
    price_file: Option<PathBuf>,
    /// Ask the AWS Price List for today's prices instead of taking the shipped ones (reads only, nothing is billed)
    #[arg(long)]
    live_prices: bool,
    /// Write the prices that were taken into a file for --price-file
    #[arg(long, value_name = "FILE")]
    save_prices: Option<PathBuf>,
}

/// The formats that it knows.
const FORMATS: [&str; 3] = ["text", "json", "markdown"];

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let outputs = context.outputs();
    output::require(&outputs, &FORMATS, "cost")?;
    let workspace = context.workspace()?;
    let names = load::all_or(&workspace, &args.environments)?;
    let mut prices = prices(args.price_file.as_ref())?;
    let today = WallClock.now().to_zoned(TimeZone::UTC).date();
    let year = today.year();
    let options = CostOptions {
        hours_per_month: args.hours_per_month,
        schedule: args.schedule.clone().map(|schedule| (schedule, year)),
        idle: args.idle,
        production_size: args.production_size,
        ..CostOptions::default()
    };
    let mut reports: Vec<CostReport> = Vec::new();
    for name in &names {
        let desired = load::desired(&workspace, name)?;
        let report = report::cost(&desired, &prices, &options);
        let mut report = report.map_err(|error| CliError::usage(error.to_string()))?;
        if args.live_prices {
            let kept;
            (prices, kept) = live_prices::refresh(context, &workspace, &desired, &report, prices, today)?;
            report = report::cost(&desired, &prices, &options).map_err(|error| CliError::usage(error.to_string()))?;
            if !kept.is_empty() {
                let kept = kept.into_iter().collect::<Vec<_>>().join(", ");
                report.notes.push(format!("not asked of the Price List, but taken from the table: {kept}"));
            }
        }
        if let (Some(sleep), Some(idle)) = (&mut report.sleep, args.idle) {
            let cost = report::sleep_cost(&desired, &prices);
            sleep.choice = Some(planner::sleep_choice(&desired, cost.as_ref(), idle));
        }
        reports.push(report);
    }
    if let Some(file) = &args.save_prices {
        let text = serde_json::to_string_pretty(&prices.to_json()).map_err(std::io::Error::from)?;
        let failed = |error| CliError::other(format!("{} cannot be written: {error}", file.display()));
        std::fs::write(file, text + "\n").map_err(failed)?;
    }
    for output in &outputs {
        let text = match output.format.as_str() {
            "json" => serde_json::to_string_pretty(&ui::cost::json(&reports)).map_err(std::io::Error::from)?,
            "markdown" => ui::cost::markdown(&reports),
            _ => ui::cost::text(&reports, &context.ui),
        };
        output::write(output, &text, &context.ui)?;
    }
    Ok(Exit::Done)
}

/// The shipped prices, and those of `--price-file` before them.
fn prices(file: Option<&PathBuf>) -> Result<PriceTable, CliError> {
    let shipped = PriceTable::shipped().clone();
    let Some(file) = file else { return Ok(shipped) };
    let wrong = |error: String| CliError::usage(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let own = PriceTable::from_json(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(shipped.overlaid_with(own))
}

fn schedule(text: &str) -> Result<Schedule, String> {
    Schedule::parse(text).map_err(|error| error.to_string())
}

/// Hours of a month of 730 hours.
fn hours(text: &str) -> Result<Decimal, String> {
    let hours: Decimal = text.trim().parse().map_err(|_| format!("`{text}` is no number of hours"))?;
    let month = report::HOURS_PER_MONTH;
    if (Decimal::ZERO..=month).contains(&hours) { Ok(hours) } else { Err(format!("a month has {month} hours")) }
}

/// `2048/8192`, `2 vCPU/8 GB`: a size that Fargate has.
fn size(text: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("`{text}` is no size: write CPU units and MiB, such as 2048/8192");
    let (cpu, memory) = text.split_once('/').ok_or_else(wrong)?;
    let (cpu, memory) = fargate::cpu_units(cpu).zip(fargate::memory_mib(memory)).ok_or_else(wrong)?;
    if !fargate::is_pair(cpu, memory) {
        return Err(format!("Fargate has no size of {cpu} CPU units and {memory} MiB"));
    }
    u32::try_from(cpu).ok().zip(u32::try_from(memory).ok()).ok_or_else(wrong)
}
