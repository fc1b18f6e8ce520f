//! `envctl maintenance on|off`.

use clap::ValueEnum;

use super::arguments::{EnvironmentArgs, GuardedChangeArgs};
use super::change::Change;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::load;
use crate::model::Goal;

/// Lets visitors get a page while the tasks go on running, or lets them in again
///
/// The page is rendered from templates/maintenance.html.hbs. The environment remembers it: `up` and `deploy` work
/// meanwhile and leave the page in place, `drift` is in sync. `off` waits for healthy targets first. `down` ends it too.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Begin it, or end it
    #[arg(value_name = "on|off", value_enum, hide_possible_values = true)]
    switch: Switch,
    #[command(flatten)]
    target: EnvironmentArgs,
    #[command(flatten)]
    guarded: GuardedChangeArgs,
}

/// `on` or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &args.target.environment)?;
    let change = Change {
        context,
        desired: &desired,
        goal: Goal::Maintenance { on: args.switch == Switch::On },
        args: &args.guarded.change,
        confirmation: args.guarded.confirmation(&desired),
        wait: true,
    };
    context.with_cloud(&workspace, &desired, async |session| change.make(session).await)
}
