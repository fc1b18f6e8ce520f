//! `envctl history`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::context::{Context, blocking};
use super::error::CliError;
use super::exit::Exit;
use super::load;
use crate::model::{Ending, Power};
use crate::report::{self, Amount, CostOptions, HOURS_PER_MONTH, PriceTable};
use crate::store::journal::{Journals, RunRecord, RunSummary};
use crate::ui::history::{self, BilledRun};
use crate::ui::quantity;
use crate::workspace::Workspace;

/// Lists runs: who, when, what, how it ended, how long it took, what it cost; or replays one
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment, or the id of a run (its beginning is enough) [default: every environment]
    #[arg(value_name = "ENV|RUN")]
    what: Option<String>,
    /// At most so many runs
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: usize,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let store = context.store(&workspace)?;
    let journals = Journals::new(&store);
    let known = workspace.environments()?;
    let ui = &context.ui;
    blocking(async {
        match args.what.as_deref().filter(|what| !known.iter().any(|name| name == what)) {
            None => {
                let runs = journals.list(args.what.as_deref(), args.limit).await?;
                let runs = billed(context, &workspace, runs);
                ui.answer(|| history::list_text(&runs, ui), || history::list_json(&runs))?;
            }
            Some(run) => match journals.read(run).await? {
                Some(record) => replay(context, &record)?,
                None => {
                    return Err(CliError::usage(format!("`{run}` is neither an environment nor the id of a run"))
                        .hint("`envctl history` lists the runs"));
                }
            },
        }
        Ok(Exit::Done)
    })
}

/// The runs, newest first, each with how long its environment was up until the next one, and what that cost by the
/// prices and the spec of today.
fn billed(context: &Context, workspace: &Workspace, runs: Vec<RunSummary>) -> Vec<BilledRun> {
    let now = context.time_of_locks(workspace).now();
    let prices = PriceTable::shipped();
    let mut hourly: BTreeMap<String, Option<Amount>> = BTreeMap::new();
    let mut next: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut billed = Vec::new();
    for run in runs {
        let until = next.get(&run.environment).copied().unwrap_or(now);
        next.extend(run.started_at.map(|at| (run.environment.clone(), at)));
        let per_hour = *hourly.entry(run.environment.clone()).or_insert_with(|| {
            let desired = load::desired(workspace, &run.environment).ok()?;
            Some(report::cost(&desired, prices, &CostOptions::default()).ok()?.up_per_hour)
        });
        let was_up = run.power_wanted == Some(Power::Up) && run.ending == Some(Ending::Done);
        let up = run.ended_at.zip(per_hour).filter(|_| was_up).map(|(ended, per_hour)| {
            let seconds = quantity::seconds_between(ended, until);
            // An amount for a month of 730 hours, of which these are the hours up.
            (seconds, (per_hour * HOURS_PER_MONTH).for_hours(Decimal::from(seconds) / Decimal::from(3_600)))
        });
        billed.push(BilledRun { run, up });
    }
    billed
}

/// A replay is the answer of this command, so it goes to stdout.
fn replay(context: &Context, record: &RunRecord) -> Result<(), CliError> {
    let ui = &context.ui;
    ui.answer(|| history::replay_text(record, ui), || history::replay_json(record))?;
    Ok(())
}
