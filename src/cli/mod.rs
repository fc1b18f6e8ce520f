//! Commands: the flags, the flat dispatch, and one file a command.

mod arguments;
mod completions;
mod context;
mod error;
mod exit;
mod load;
mod render;
mod validate;

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
    Completions(completions::Args),
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
        Command::Validate(args) => validate::run(&context, &args),
        Command::Render(args) => render::run(&context, &args),
        Command::Completions(args) => completions::run(&context, &args),
    };
    result.unwrap_or_else(|error: CliError| error.report(&context.ui))
}
