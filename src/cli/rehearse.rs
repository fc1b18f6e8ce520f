//! `envctl rehearse up|down|destroy`. Nothing in this file, nor in the one that it performs with, can change a cloud
//! that is looked at: it holds one that can only be looked at, and performs on a simulated one made from what it saw.

use std::time::Duration;

use super::arguments::{duration, environment_completer};
use super::context::Context;
use super::down::Mode;
use super::error::CliError;
use super::exit::Exit;
use super::rehearsal::{Stage, source_of};
use super::run_id::RunId;
use super::up::data_source;
use super::{load, look};
use crate::model::{DataSource, Depth, Desired, Goal, Plan, Policy, SleepMode};
use crate::planner;
use crate::report::{self, PriceTable};
use crate::store::cache::Cache;
use crate::ui::{self, Format};
use crate::workspace::Workspace;

/// Shows what `up`, `down` or `destroy` would do and how long it takes, by doing it on a simulated cloud
///
/// Looks at the cloud once, makes a simulated one that stands as it does, and runs the command there: each step with how
/// long it takes (as lately in this environment, where it ever ran), the critical path, and where it could fail.
/// Nothing is written. Ends as the command itself would.
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: RehearseCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RehearseCommand {
    /// Rehearses `envctl up`
    Up {
        #[command(flatten)]
        stage: StageArgs,
        /// Where a new database's data comes from, as for `up`
        #[arg(long, value_name = "SOURCE", default_value = "latest", value_parser = data_source)]
        from: DataSource,
    },
    /// Rehearses `envctl down`
    Down {
        #[command(flatten)]
        stage: StageArgs,
        /// How long it will sleep (3d, 12h): decides between park and hibernate
        #[arg(long = "for", value_name = "D", value_parser = duration)]
        idle: Option<Duration>,
        /// Do not choose, do this
        #[arg(long, value_enum)]
        mode: Option<Mode>,
    },
    /// Rehearses `envctl destroy`
    Destroy {
        #[command(flatten)]
        stage: StageArgs,
        /// Delete its snapshots as well
        #[arg(long)]
        delete_snapshots: bool,
    },
}

#[derive(Debug, clap::Args)]
struct StageArgs {
    /// Environment
    #[arg(value_name = "ENV", env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    environment: String,
    /// A bad day: throttles, errors, lost replies, slow starts, late answers
    #[arg(long)]
    faults: bool,
    /// Which bad day [default: another each time; it is printed]
    #[arg(long, value_name = "N", requires = "faults")]
    seed: Option<u64>,
    /// Give up after this long, in simulated time; exit code 6
    #[arg(long, env = "ENVCTL_TIMEOUT", hide_env_values = true, value_name = "D", value_parser = duration)]
    timeout: Option<Duration>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let stage = match &args.command {
        RehearseCommand::Up { stage, .. }
        | RehearseCommand::Down { stage, .. }
        | RehearseCommand::Destroy { stage, .. } => stage,
    };
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &stage.environment)?;
    let goal = match &args.command {
        RehearseCommand::Up { from, .. } => Goal::Up { from: from.clone() },
        RehearseCommand::Down { idle, mode, .. } => {
            Goal::Down { mode: mode.map_or(desired.sleep.mode, SleepMode::from), idle: *idle }
        }
        RehearseCommand::Destroy { delete_snapshots, .. } => Goal::Destroy { delete_snapshots: *delete_snapshots },
    };
    rehearse(context, &workspace, desired, goal, stage)
}

fn rehearse(
    context: &Context,
    workspace: &Workspace,
    desired: Desired,
    goal: Goal,
    args: &StageArgs,
) -> Result<Exit, CliError> {
    let (live, durations) = context.with_glance(workspace, &desired, async |view| {
        let live = look::glance(view, &desired, Depth::Preflight, &source_of(&goal)).await?;
        Ok((live, Cache::new(&view.store).durations(&desired.environment).await))
    })?;
    let run = RunId::at(live.observed_at, 0);
    let policy = Policy {
        now: live.observed_at,
        who: context.identity().who(),
        suffix: run.suffix().to_owned(),
        sleep_cost: report::sleep_cost(&desired, PriceTable::shipped()),
    };
    let plan = planner::plan(&desired, &live, &goal, &policy);
    refuse(context, &plan)?;
    let seed = args.faults.then(|| args.seed.unwrap_or_else(|| u64::from_str_radix(run.suffix(), 16).unwrap_or(1)));
    let stage = Stage { desired, goal, policy, timeout: args.timeout };
    // The look is over, and with it whatever runtime it needed: from here on time is virtual.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let (rehearsal, exit) = runtime.block_on(stage.rehearse(&live, plan, &durations, seed));
    let ui = &context.ui;
    ui.answer(|| ui::rehearsal::text(&rehearsal, ui), || ui::rehearsal::json(&rehearsal))?;
    Ok(exit)
}

/// A plan with refusals is shown, and would not be run.
fn refuse(context: &Context, plan: &Plan) -> Result<(), CliError> {
    if plan.refusals.is_empty() {
        return Ok(());
    }
    let ui = &context.ui;
    let error = CliError::refused(plan, false);
    if ui.format == Format::Json {
        ui.json(&ui::plan::json(plan))?;
        return Err(error.answered());
    }
    ui.data(&ui::plan::text(plan, ui))?;
    Err(error)
}
