//! `envctl run`.

use super::arguments::{ChangeArgs, environment_completer};
use super::change::Change;
use super::confirm::Confirmation;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::load;
use crate::model::Goal;

/// Runs a one-off task of the spec in the environment: a migration, a seed
///
/// It runs on the environment's network, with its secrets, and with what was deployed. It has succeeded when its
/// container ended with exit code 0, every `expect` of the spec matches a line of its output, and no `reject` does.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment
    #[arg(value_name = "ENV", add = environment_completer())]
    environment: String,
    /// Task (name in the spec)
    #[arg(value_name = "TASK")]
    task: String,
    /// The environment's name, where the spec says `protect: true`
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &args.environment)?;
    if !desired.tasks.contains_key(&args.task) {
        let names: Vec<&str> = desired.tasks.keys().map(String::as_str).collect();
        let error = CliError::usage(format!("{} has no task `{}`", args.environment, args.task));
        return Err(match names.as_slice() {
            [] => error.hint("declare one under `tasks`"),
            names => error.hint(format!("there are: {}", names.join(", "))),
        });
    }
    // Who names the environment and the task has said what is wanted.
    let change_args = ChangeArgs { yes: args.change.yes || !desired.protect, ..args.change.clone() };
    let change = Change {
        context,
        desired: &desired,
        goal: Goal::Run { task: args.task.clone() },
        args: &change_args,
        confirmation: Confirmation::of(&desired, args.confirm.as_ref()),
        wait: true,
    };
    context.with_cloud(&workspace, &desired, async |session| change.make(session).await)
}
