//! `envctl run`.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use super::arguments::{ChangeArgs, GuardedChangeArgs, environment_completer};
use super::change::Change;
use super::context::{Context, Session};
use super::error::CliError;
use super::exit::Exit;
use super::follow::{Follower, LogPlace, Telling};
use super::load;
use crate::model::{Desired, Goal, TaskSpec};
use crate::ui::{Format, Ui};

/// Runs a one-off task of the spec in the environment: a migration, a seed
///
/// It runs on the environment's network, with its secrets, and with what was deployed. It has succeeded when its
/// container ended with exit code 0, every `expect` of the spec matches a line of its output, and no `reject` does.
#[derive(Debug, clap::Args)]
#[command(override_usage = "envctl run [OPTIONS] [ENV] TASK")]
pub(super) struct Args {
    /// Task (name in the spec); before it the environment, where ENVCTL_ENVIRONMENT does not name it
    #[arg(value_name = "TASK", num_args = 1..=2, required = true, add = environment_completer())]
    words: Vec<String>,
    #[arg(long, env = "ENVCTL_ENVIRONMENT", hide = true)]
    default_environment: Option<String>,
    /// Show the task's output on stdout as it comes; everything else goes to stderr
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    guarded: GuardedChangeArgs,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let (environment, name) = args.names()?;
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, environment)?;
    let task = task(&desired, name)?;
    // Who names the environment and the task has said what is wanted.
    let change = &args.guarded.change;
    let change_args = ChangeArgs { yes: (change.yes || !desired.protect) && !change.dry_run, ..change.clone() };
    let mut change = Change {
        context,
        desired: &desired,
        goal: Goal::Run { task: name.to_owned(), settings: BTreeMap::new() },
        args: &change_args,
        confirmation: args.guarded.confirmation(&desired),
        wait: true,
    };
    // On stdout is the task's output, and nothing else.
    let answers_aside = args.follow && !change_args.dry_run && context.ui.format == Format::Text;
    let aside = context.with_ui(Ui { answers_aside, ..context.ui.clone() });
    change.context = &aside;
    context.with_cloud(&workspace, &desired, async |session| match args.follow && !change_args.dry_run {
        true => followed(session, &change, task, context).await,
        false => change.make(session).await,
    })
}

impl Args {
    /// Environment and task.
    fn names(&self) -> Result<(&str, &str), CliError> {
        match (self.words.as_slice(), &self.default_environment) {
            ([environment, task], _) => Ok((environment, task)),
            ([task], Some(environment)) => Ok((environment, task)),
            _ => Err(CliError::usage("which environment, or which task?")
                .hint("write `envctl run ENV TASK`, or name the environment in ENVCTL_ENVIRONMENT")),
        }
    }
}

fn task<'a>(desired: &'a Desired, name: &str) -> Result<&'a TaskSpec, CliError> {
    desired.tasks.get(name).ok_or_else(|| {
        let names: Vec<&str> = desired.tasks.keys().map(String::as_str).collect();
        let error = CliError::usage(format!("{} has no task `{name}`", desired.environment));
        match names.as_slice() {
            [] => error.hint("declare one under `tasks`"),
            names => error.hint(format!("there are: {}", names.join(", "))),
        }
    })
}

/// Runs the task and shows its lines meanwhile.
async fn followed(
    session: &Session,
    change: &Change<'_>,
    task: &TaskSpec,
    context: &Context,
) -> Result<Exit, CliError> {
    let ui = &context.ui;
    let Some(place) = LogPlace::of(task) else {
        ui.say("The task's container does not log to CloudWatch with a stream prefix: there is nothing to follow.");
        return change.make(session).await;
    };
    let (telling, started) = Telling::new(Arc::clone(&session.cloud));
    let told = Session { cloud: Arc::new(telling), ..session.clone() };
    let follower = Follower { place, readings: session.readings.as_ref(), clock: session.clock.as_ref() };
    let (end, ended) = watch::channel(false);
    let mut unwritten = None;
    let show = |line: &str| {
        let written = match ui.format {
            Format::Text => ui.data(&format!("{line}\n")),
            Format::Json => {
                ui.say(line);
                Ok(())
            }
        };
        unwritten = unwritten.take().or(written.err());
    };
    let make = async {
        let answer = change.make(&told).await;
        end.send_replace(true);
        answer
    };
    let (answer, followed) = tokio::join!(make, follower.follow(started, ended, show));
    if let Err(error) = followed {
        ui.complain(&format!("The log cannot be followed: {error}"));
    }
    match unwritten {
        Some(error) if answer.is_ok() => Err(error.into()),
        _ => answer,
    }
}
