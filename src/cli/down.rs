//! `envctl down`.

use std::time::Duration;

use clap::ValueEnum;

use super::arguments::{ChangeArgs, duration, environment_completer};
use super::change::Change;
use super::confirm::Confirmation;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::{load, which};
use crate::model::{Goal, SleepMode};

/// Puts an environment to sleep: no task runs, the data is in a verified snapshot
///
/// Chooses by arithmetic between stopping the database (parked) and deleting it after its snapshot (hibernated), and
/// says why. Until the next `up` the address answers with the asleep page.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment [default: the one that is up]
    #[arg(value_name = "ENV", env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    environment: Option<String>,
    /// How long it will sleep (3d, 12h): decides between park and hibernate
    #[arg(long = "for", value_name = "D", value_parser = duration)]
    idle: Option<Duration>,
    /// Do not choose, do this
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// `--mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Stop the database; AWS starts it again after 7 days
    Park,
    /// Delete the database, after its snapshot was read back as available
    Hibernate,
}

impl From<Mode> for SleepMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Park => Self::Park,
            Mode::Hibernate => Self::Hibernate,
        }
    }
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let name = match &args.environment {
        Some(name) => name.clone(),
        None => which::the_one_that_is_up(context, &workspace)?,
    };
    let desired = load::desired(&workspace, &name)?;
    let goal = Goal::Down { mode: args.mode.map_or(desired.sleep.mode, SleepMode::from), idle: args.idle };
    let change = Change {
        context,
        desired: &desired,
        goal,
        args: &args.change,
        confirmation: Confirmation::YesOrNo,
        wait: true,
    };
    context.with_cloud(&workspace, &desired, async |session| change.make(session).await)
}
