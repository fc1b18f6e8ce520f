//! `envctl destroy`.

use super::arguments::{ChangeArgs, environment_completer};
use super::change::Change;
use super::confirm::Confirmation;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::load;
use crate::model::Goal;

/// Removes everything that an environment owns, but for its last snapshot
///
/// Asks for the environment's name; without a terminal pass `--yes --confirm ENV`. Says what it leaves behind.
/// `protect: true` in the spec refuses it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment
    #[arg(value_name = "ENV", add = environment_completer())]
    environment: String,
    /// The environment's name once more, instead of typing it when asked
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,
    /// Delete its snapshots as well: the data is gone afterwards
    #[arg(long)]
    delete_snapshots: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &args.environment)?;
    let change = Change {
        context,
        desired: &desired,
        goal: Goal::Destroy { delete_snapshots: args.delete_snapshots },
        args: &args.change,
        confirmation: Confirmation::Name { given: args.confirm.clone() },
        wait: true,
    };
    context.with_cloud(&workspace, &desired, async |session| change.make(session).await)
}
