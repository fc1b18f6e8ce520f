//! `envctl status`.

use std::time::Duration;

use super::arguments::environment_completer;
use super::context::{Context, Session};
use super::error::CliError;
use super::exit::Exit;
use super::run_id::RunId;
use super::{load, look};
use crate::model::{DataSource, Depth, Desired, Remembered};
use crate::planner;
use crate::ui::Format;
use crate::ui::status::{self, StatusView};
use crate::workspace::Workspace;

/// Shows the power state, each resource's state and age, the newest snapshot, and what AWS will do next by itself
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment [default: every one]
    #[arg(value_name = "ENV", env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    environment: Option<String>,
    /// Look again every few seconds until Ctrl-C
    #[arg(long, short)]
    watch: bool,
}

/// Between two looks of `--watch`.
const WATCH_EVERY: Duration = Duration::from_secs(5);

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let names = load::names(&workspace, args.environment.as_deref())?;
    if args.watch && context.ui.format == Format::Json {
        return Err(CliError::usage("--watch does not end, so it has no JSON answer").hint("leave --watch out"));
    }
    if args.watch && context.is_simulated() {
        return Err(CliError::usage(
            "the simulated cloud's time moves only while a command runs: there is nothing to watch",
        )
        .hint("`envctl sim advance D` moves it"));
    }
    if args.watch && names.len() > 1 {
        return Err(CliError::usage("which environment is to be watched?").hint(format!("one of {}", names.join(", "))));
    }
    let mut shown = Vec::new();
    let mut exit = Exit::Done;
    for name in &names {
        let status =
            load::desired(&workspace, name).and_then(|desired| show(context, &workspace, &desired, args.watch));
        match status {
            Ok(status) => shown.push(status),
            Err(error) if names.len() == 1 => return Err(error),
            // One that cannot be looked at does not hide the others.
            Err(error) => {
                context.ui.complain(&format!("{name}: {}", error.in_one_line()));
                exit = error.exit();
            }
        }
    }
    if context.ui.format == Format::Json {
        // Always a list when no environment was named, so that a script need not ask how many there are.
        match (args.environment.is_some(), shown.pop()) {
            (true, Some(one)) => context.ui.json(&one)?,
            (_, last) => {
                shown.extend(last);
                context.ui.json(&shown)?;
            }
        }
    }
    Ok(exit)
}

fn show(
    context: &Context,
    workspace: &Workspace,
    desired: &Desired,
    watch: bool,
) -> Result<status::StatusDto, CliError> {
    context.with_cloud(workspace, desired, async |session| {
        loop {
            let dto = look_once(context, session, desired).await?;
            if !watch {
                return Ok(dto);
            }
            tokio::time::sleep(WATCH_EVERY).await;
        }
    })
}

async fn look_once(context: &Context, session: &Session, desired: &Desired) -> Result<status::StatusDto, CliError> {
    let live = look::observe(session, desired, Depth::Environment, &DataSource::Latest).await?;
    let power = planner::power_now(desired, &live);
    let remembered = Remembered::find(&live, desired);
    let pending_steps = remembered.as_ref().and_then(|remembered| {
        let policy = look::policy(context, session, desired, &RunId::new(session));
        let plan = planner::plan(desired, &live, &look::goal_of(Some(remembered), power), &policy);
        plan.refusals.is_empty().then_some(plan.steps.len())
    });
    let view = StatusView {
        desired,
        live: &live,
        power,
        remembered: remembered.as_ref(),
        pending_steps,
        simulated: session.simulated,
    };
    if context.ui.format == Format::Text {
        context.ui.data(&(status::text(&view, &context.ui) + "\n"))?;
    }
    Ok(status::json(&view))
}
