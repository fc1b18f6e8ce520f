//! `envctl plan`.

use clap::ValueEnum;

use super::arguments::environment_completer;
use super::context::Context;
use super::down::Mode;
use super::error::CliError;
use super::exit::Exit;
use super::run_id::RunId;
use super::up::data_source;
use super::{load, look};
use crate::model::{DataSource, Depth, Goal, Power, Remembered, SleepMode};
use crate::{planner, ui};

/// Shows what would change and why, in what order, how long it takes, and what is not done and why
///
/// Without --for it asks what must change so that the environment is as it was asked for last: an environment asleep
/// on purpose is in sync. Nothing is written. Ends with 2 when there is something to do.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment
    #[arg(value_name = "ENV", env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    environment: String,
    /// What for [default: the power state asked for last]
    #[arg(long = "for", value_enum, value_name = "GOAL")]
    goal: Option<GoalName>,
    /// With --for up: where a new database's data comes from, as for `up`
    #[arg(long, value_name = "SOURCE", default_value = "latest", value_parser = data_source)]
    from: DataSource,
    /// With --for down: park or hibernate
    #[arg(long, value_enum)]
    mode: Option<Mode>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GoalName {
    Up,
    Down,
    Destroy,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &args.environment)?;
    let plan = context.with_cloud(&workspace, &desired, async |session| {
        let live = look::observe(session, &desired, Depth::Preflight, &args.from).await?;
        let goal = match args.goal {
            Some(GoalName::Up) => Goal::Up { from: args.from.clone() },
            Some(GoalName::Down) => {
                Goal::Down { mode: args.mode.map_or(desired.sleep.mode, SleepMode::from), idle: None }
            }
            Some(GoalName::Destroy) => Goal::Destroy { delete_snapshots: false },
            None => look::goal_of(Remembered::find(&live, &desired).as_ref(), planner::power_now(&desired, &live)),
        };
        let policy = look::policy(context, session, &desired, &RunId::new(session));
        let plan = planner::plan(&desired, &live, &goal, &policy);
        Ok(look::estimated(session, &desired, &live, plan).await)
    })?;
    let ui = &context.ui;
    ui.answer(|| ui::plan::text(&plan, ui), || ui::plan::json(&plan))?;
    if !plan.refusals.is_empty() {
        return Err(CliError::refused(&plan, false).answered());
    }
    if plan.is_empty() && args.goal.is_none() && plan.power_now == Power::Absent {
        let name = &args.environment;
        ui.say(&format!("There is nothing of it; `envctl plan {name} --for up` shows what `up` would do."));
    }
    Ok(if plan.is_empty() { Exit::Done } else { Exit::Pending })
}
