//! `envctl release`: a deployment with everything around it, in the order that the spec declares.

mod announce;
mod end;
mod gates;
mod look;
mod part;
mod past;
mod prepare;
mod rollback;
mod session;
mod start;
mod step;
mod watch;

use super::arguments::{ChangeArgs, environment_completer};
use super::context::Context;
use super::deploy::What;
use super::error::CliError;
use super::exit::Exit;
use super::output;

/// Formats that the answer can have.
const FORMATS: [&str; 3] = ["text", "json", "markdown"];

/// Releases: snapshot, checks, deployment, tasks, checks again, a watch, and back when a gate fails
///
/// What is done, in which order, and when everything is taken back says `release:` in the spec; without it: the policy
/// where there is one, a snapshot of every database, every check, the deployment, every check again. One lock is held for
/// all of it, and a record of what really happened is kept. A gate that fails ends with exit code 7.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<PastRelease>,
    #[command(flatten)]
    start: StartArgs,
}

/// What to release.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct StartArgs {
    /// Environment
    #[arg(value_name = "ENV", required = true, env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    environment: Option<String>,
    #[command(flatten)]
    what: What,
    /// Answer to a question of the spec, where nobody can be asked; NAME is its `name`, or its number
    #[arg(long, value_name = "NAME=yes|no")]
    answer: Vec<String>,
    /// Begin although there is no way back: nothing has completed before, or no snapshot can be taken
    #[arg(long)]
    accept_no_way_back: bool,
    /// The environment's name, where the spec says `protect: true`
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Releases that have begun.
#[derive(Debug, clap::Subcommand)]
enum PastRelease {
    /// Lists the releases, newest first
    #[command(visible_alias = "ls")]
    List {
        /// Environment [default: every one]
        #[arg(value_name = "ENV", add = environment_completer())]
        environment: Option<String>,
        /// At most so many
        #[arg(long, short = 'n', default_value_t = 20)]
        limit: usize,
    },
    /// Shows the record of a release; as Markdown with --output markdown
    Show {
        /// Environment
        #[arg(value_name = "ENV", add = environment_completer())]
        environment: String,
        /// Record (its beginning is enough) [default: the newest]
        #[arg(value_name = "RECORD")]
        record: Option<String>,
    },
    /// Makes the checks of a release's watch again, and notes in its record what they saw
    ///
    /// Looks once. Ends with 7 when a check does not pass; nothing is taken back.
    Watch {
        /// Record (its beginning is enough)
        #[arg(value_name = "RECORD")]
        record: String,
        /// Go on looking until the release need not be watched any longer, as long as every check passes
        #[arg(long)]
        wait: bool,
    },
    /// Records the verdict on a release that was watched
    Close {
        /// Record (its beginning is enough)
        #[arg(value_name = "RECORD")]
        record: String,
        /// What was found
        #[arg(long, value_name = "TEXT")]
        verdict: String,
    },
}

pub(super) use past::{break_off_unless_it_goes_on, find as record};

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    output::require(&context.outputs(), &FORMATS, "release")?;
    match &args.command {
        None => start::run(context, &args.start),
        Some(PastRelease::List { environment, limit }) => past::list(context, environment.as_deref(), *limit),
        Some(PastRelease::Show { environment, record }) => past::show(context, environment, record.as_deref()),
        Some(PastRelease::Watch { record, wait }) => watch::again(context, record, *wait),
        Some(PastRelease::Close { record, verdict }) => past::close(context, record, verdict),
    }
}
