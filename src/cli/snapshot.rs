//! `envctl snapshot create|list|prune|discard-kept|discard-former`.

use super::arguments::{ChangeArgs, environment_completer};
use super::change::Change;
use super::confirm::Confirmation;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::{load, look};
use crate::model::{DataSource, Depth, Goal, Sighting, Tags};
use crate::planner;
use crate::ui::snapshots::{self, FilesOf, Snapshots, SnapshotsOf};

/// Takes, lists and clears away snapshots of an environment
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: SnapshotCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SnapshotCommand {
    /// Takes a snapshot of every database and of the files that the spec takes along, and waits until it can be
    /// restored from
    Create(ChangeSnapshots),
    /// Lists the snapshots, newest first
    #[command(visible_alias = "ls")]
    List(ListSnapshots),
    /// Deletes the snapshots that the spec's retention no longer keeps, with their files
    Prune(ChangeSnapshots),
    /// Removes the databases that `rollback --with-data` has kept, each after a verified snapshot of it
    DiscardKept(ChangeSnapshots),
    /// Removes the former content of file paths, which restores have put aside
    DiscardFormer(ChangeSnapshots),
}

#[derive(Debug, clap::Args)]
struct ChangeSnapshots {
    /// Environment
    #[arg(value_name = "ENV", env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    environment: String,
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, clap::Args)]
struct ListSnapshots {
    /// Environment
    #[arg(value_name = "ENV", env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    environment: String,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    match &args.command {
        SnapshotCommand::Create(args) => change(context, args, Goal::Snapshot, true),
        SnapshotCommand::Prune(args) => change(context, args, Goal::Prune, args.change.yes),
        SnapshotCommand::DiscardKept(args) => change(context, args, Goal::DiscardKept, args.change.yes),
        SnapshotCommand::DiscardFormer(args) => change(context, args, Goal::DiscardFormer, args.change.yes),
        SnapshotCommand::List(args) => list(context, &args.environment),
    }
}

/// Taking a snapshot harms nothing: it is not asked for a second time.
fn change(context: &Context, args: &ChangeSnapshots, goal: Goal, yes: bool) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &args.environment)?;
    let change_args = ChangeArgs { yes, ..args.change.clone() };
    let change = Change {
        context,
        desired: &desired,
        goal,
        args: &change_args,
        confirmation: Confirmation::YesOrNo,
        wait: true,
    };
    context.with_cloud(&workspace, &desired, async |session| change.make(session).await)
}

fn list(context: &Context, environment: &str) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, environment)?;
    let live = context.with_cloud(&workspace, &desired, async |session| {
        look::observe(session, &desired, Depth::Environment, &DataSource::Latest).await
    })?;
    let mut lists = Vec::new();
    for name in desired.databases.keys() {
        match live.snapshots.get(name) {
            Some(Sighting::Unreadable { why }) => {
                return Err(CliError::other(format!("the snapshots of database/{name} could not be read: {why}")));
            }
            Some(sighting) => {
                let snapshots = sighting.present().map(Vec::as_slice).unwrap_or_default();
                lists.push(SnapshotsOf { database: name, snapshots });
            }
            None => lists.push(SnapshotsOf { database: name, snapshots: &[] }),
        }
    }
    let mut files = Vec::new();
    for name in desired.backed_up_file_systems() {
        match live.recovery_points.get(name) {
            Some(Sighting::Unreadable { why }) => {
                let message = format!("the recovery points of file-system/{name} could not be read: {why}");
                return Err(CliError::other(message));
            }
            Some(Sighting::Present(points)) => files.push(FilesOf { file_system: name, points }),
            Some(Sighting::Absent) | None => files.push(FilesOf { file_system: name, points: &[] }),
        }
    }
    let missing = |id: &str, tags: &Tags| planner::missing_parts(&desired, &live, id, tags);
    let all = Snapshots { databases: lists, files, missing: &missing };
    let ui = &context.ui;
    ui.answer(|| snapshots::text(&all, live.observed_at, ui), || snapshots::json(environment, &all))?;
    Ok(Exit::Done)
}
