//! `envctl lock list|show|release`.

use serde::Serialize;

use super::arguments::environment_completer;
use super::context::{Context, blocking};
use super::error::CliError;
use super::exit::Exit;
use super::load;
use crate::store::lock::{LockState, Locks, Standing};
use crate::ui::{self, style, wrap};
use crate::workspace::Workspace;

/// Shows who is changing an environment, and releases a lock that nobody needs any more
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: LockCommand,
}

#[derive(Debug, clap::Subcommand)]
enum LockCommand {
    /// Lists the locks of every environment
    #[command(visible_alias = "ls")]
    List,
    /// Shows who holds the lock of an environment, for what and until when
    Show {
        /// Environment
        #[arg(value_name = "ENV", add = environment_completer())]
        environment: String,
    },
    /// Releases the lock of an environment for whoever holds it; a run that is alive stops before its next write
    Release {
        /// Environment
        #[arg(value_name = "ENV", add = environment_completer())]
        environment: String,
        /// Why; the holder is told
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    match &args.command {
        LockCommand::List => {
            let states = context.with_locks(&workspace, async |locks| Ok(locks.list().await?))?;
            show(context, &states)?;
        }
        LockCommand::Show { environment } => {
            let state = context.with_locks(&workspace, async |locks| {
                require(&workspace, environment, locks).await?;
                Ok(locks.show(environment).await?)
            })?;
            show(context, &[state])?;
        }
        LockCommand::Release { environment, reason } => {
            if reason.trim().is_empty() {
                return Err(CliError::usage("--reason must say why: the holder is told"));
            }
            let by = context.identity().who();
            let holder = context.with_locks(&workspace, async |locks| {
                require(&workspace, environment, locks).await?;
                Ok(locks.release(environment, &by, reason).await?)
            })?;
            let words = match holder {
                Some(holder) => format!("released; it was held by {holder}"),
                None => "nobody held it".to_owned(),
            };
            context.ui.answer(|| format!("{environment}: {words}\n"), || ReleaseDto::new(environment, &words))?;
        }
    }
    Ok(Exit::Done)
}

/// The environment must have a spec, valid or not, or have been locked: a spec that was renamed leaves its lock behind.
async fn require(workspace: &Workspace, environment: &str, locks: &Locks) -> Result<(), CliError> {
    let Err(unknown) = load::names(workspace, Some(environment)) else { return Ok(()) };
    let locked = locks.list().await?;
    if locked.iter().any(|state| state.environment == environment) { Ok(()) } else { Err(unknown) }
}

fn show(context: &Context, states: &[LockState]) -> Result<(), CliError> {
    let ui = &context.ui;
    let text = || {
        let one = |state: &LockState| {
            let colour = if is_held(state) { style::CAUTION } else { style::GOOD };
            let first = format!("{}: ", style::paint(colour, &state.environment));
            let forced = state.forced.as_ref().map(|forced| format!("; {} released it: {}", forced.by, forced.reason));
            wrap::hanging(&first, &format!("{}{}", state.standing, forced.unwrap_or_default()), ui.width) + "\n"
        };
        if states.is_empty() { "no environment was ever locked\n".to_owned() } else { states.iter().map(one).collect() }
    };
    ui.answer(text, || LocksDto {
        format_version: ui::FORMAT_VERSION,
        locks: states.iter().map(LockDto::new).collect(),
    })?;
    Ok(())
}

fn is_held(state: &LockState) -> bool {
    !matches!(state.standing, Standing::Free { .. })
}

#[derive(Serialize)]
struct LocksDto {
    format_version: u32,
    locks: Vec<LockDto>,
}

#[derive(Serialize)]
struct LockDto {
    environment: String,
    held: bool,
    standing: String,
    owner: Option<String>,
    host: Option<String>,
    process: Option<u32>,
    command: Option<String>,
    reason: Option<String>,
    ci_run: Option<String>,
    since: Option<String>,
    expires: Option<String>,
}

impl LockDto {
    fn new(state: &LockState) -> Self {
        let (holder, since, expires) = match &state.standing {
            Standing::Held { holder, since, expires, .. } => (holder.as_ref(), *since, *expires),
            Standing::Free { .. } | Standing::Mine { .. } => (None, None, None),
        };
        Self {
            environment: state.environment.clone(),
            held: is_held(state),
            standing: state.standing.to_string(),
            owner: holder.map(|holder| holder.owner.clone()),
            host: holder.map(|holder| holder.host.clone()),
            process: holder.map(|holder| holder.process),
            command: holder.map(|holder| holder.command.clone()),
            reason: holder.and_then(|holder| holder.reason.clone()),
            ci_run: holder.and_then(|holder| holder.ci.clone()),
            since: since.map(|at| at.to_string()),
            expires: expires.map(|at| at.to_string()),
        }
    }
}

#[derive(Serialize)]
struct ReleaseDto {
    format_version: u32,
    environment: String,
    outcome: String,
}

impl ReleaseDto {
    fn new(environment: &str, words: &str) -> Self {
        Self { format_version: ui::FORMAT_VERSION, environment: environment.to_owned(), outcome: words.to_owned() }
    }
}

/// The locks of a workspace, in the time of its cloud.
impl Context {
    fn with_locks<T>(
        &self,
        workspace: &Workspace,
        body: impl AsyncFnOnce(&Locks) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let store = self.store(workspace)?;
        let answer = blocking(async {
            let clock = self.time_of_locks(workspace);
            body(&Locks::new(&store, clock)).await
        });
        for notice in store.take_notices() {
            self.ui.say(&notice);
        }
        answer
    }
}
