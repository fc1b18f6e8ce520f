//! Commands: the flags, the flat dispatch, and one file a command.

mod arguments;
mod asking;
mod change;
mod completions;
mod confirm;
#[cfg(feature = "aws")]
mod connection;
mod context;
mod cost;
mod deploy;
mod destroy;
mod down;
mod drift;
mod drift_many;
mod drift_who;
mod error;
mod exit;
mod explain;
mod follow;
mod history;
mod identity;
mod kept_world;
mod lease;
mod live_prices;
mod load;
mod lock;
mod look;
mod maintenance;
mod man;
mod outcome;
mod output;
mod plan;
mod policy;
mod promote;
mod promote_releases;
mod rehearsal;
mod rehearse;
mod release;
mod render;
mod resize;
mod resize_edit;
mod rightsize;
mod rollback;
mod run;
mod run_id;
mod schema;
mod signals;
mod sim;
mod sim_check;
mod sim_hand;
mod sim_images;
mod sim_plant;
mod simulated;
mod snapshot;
mod status;
mod up;
mod validate;
mod verification;
mod verify;
mod verify_load;
mod which;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::ui::style;
use arguments::GlobalArgs;
use context::Context;
use error::CliError;
use exit::Exit;

/// Keeps a staging copy of a production service on AWS: there when somebody tests, off the bill when nobody does.
#[derive(Debug, Parser)]
#[command(name = "envctl", version, styles = style::help_styles(), after_help = exit::HELP)]
#[command(propagate_version = true, subcommand_required = true, arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Validate(validate::Args),
    Render(render::Args),
    #[command(visible_alias = "diff")]
    Plan(plan::Args),
    Rehearse(rehearse::Args),
    #[command(visible_alias = "wake")]
    Up(up::Args),
    #[command(visible_alias = "sleep")]
    Down(down::Args),
    Deploy(deploy::Args),
    Release(release::Args),
    Run(run::Args),
    Rollback(rollback::Args),
    Maintenance(maintenance::Args),
    Status(status::Args),
    Drift(drift::Args),
    Verify(verify::Args),
    Policy(policy::Args),
    Promote(promote::Args),
    Cost(cost::Args),
    Rightsize(rightsize::Args),
    Snapshot(snapshot::Args),
    Destroy(destroy::Args),
    Lock(lock::Args),
    History(history::Args),
    Sim(sim::Args),
    Explain(explain::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs envctl with these arguments (the first is the program's name) and says how it ended.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    match Cli::try_parse_from(arguments) {
        Ok(cli) => dispatch(cli).code(),
        Err(error) => {
            // stdout for --help, stderr for mistakes; a closed pipe is no reason to fail.
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            if asked { Exit::Done.code() } else { Exit::Usage.code() }
        }
    }
}

fn dispatch(cli: Cli) -> Exit {
    let context = Context::new(cli.global);
    let result = match cli.command {
        Command::Drift(args) => drift::run(&context, &args),
        Command::Verify(args) => verify::run(&context, &args),
        Command::Release(args) => release::run(&context, &args),
        Command::Cost(args) => cost::run(&context, &args),
        Command::Rightsize(args) => rightsize::run(&context, &args),
        command => context.only_text_or_json().and_then(|()| run(&context, command)),
    };
    result.unwrap_or_else(|error: CliError| error.report(&context.ui))
}

/// Runs a command whose answers are text or JSON on stdout.
fn run(context: &Context, command: Command) -> Result<Exit, CliError> {
    match command {
        Command::Validate(args) => validate::run(context, &args),
        Command::Render(args) => render::run(context, &args),
        Command::Plan(args) => plan::run(context, &args),
        Command::Rehearse(args) => rehearse::run(context, &args),
        Command::Up(args) => up::run(context, &args),
        Command::Down(args) => down::run(context, &args),
        Command::Deploy(args) => deploy::run(context, &args),
        Command::Release(args) => release::run(context, &args),
        Command::Run(args) => run::run(context, &args),
        Command::Rollback(args) => rollback::run(context, &args),
        Command::Maintenance(args) => maintenance::run(context, &args),
        Command::Status(args) => status::run(context, &args),
        Command::Drift(args) => drift::run(context, &args),
        Command::Verify(args) => verify::run(context, &args),
        Command::Policy(args) => policy::run(context, &args),
        Command::Promote(args) => promote::run(context, &args),
        Command::Cost(args) => cost::run(context, &args),
        Command::Rightsize(args) => rightsize::run(context, &args),
        Command::Snapshot(args) => snapshot::run(context, &args),
        Command::Destroy(args) => destroy::run(context, &args),
        Command::Lock(args) => lock::run(context, &args),
        Command::History(args) => history::run(context, &args),
        Command::Sim(args) => sim::run(context, &args),
        Command::Explain(args) => explain::run(context, &args),
        Command::Schema(args) => schema::run(context, &args),
        Command::Completions(args) => completions::run(context, &args),
        Command::Man(args) => man::run(context, &args),
    }
}
