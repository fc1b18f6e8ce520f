//! `envctl sim write|read|image|role|task|advance|metric|log|show|reset`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::arguments::{duration, environment_completer};
use super::context::{Context, Session};
use super::error::CliError;
use super::exit::Exit;
use super::load;
use super::sim_check;
use super::sim_hand;
use super::sim_images::{self, behaviour, role_trouble};
use super::sim_plant;
use super::simulated::Simulated;
use crate::cloud::sim::{Announcement, Behaviour, RecoveryPoint, RoleTrouble, SimCloud};
use crate::model::{Desired, ResourceKey, ResourceKind, TAG_RESOURCE};
use crate::ui::{self, quantity};

/// Plays with the simulated cloud: data in its databases, its time
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: SimCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SimCommand {
    /// Writes a line into an environment's database, or below a file path
    Write {
        #[command(flatten)]
        target: DatabaseArgs,
        /// The line
        text: String,
    },
    /// Shows what was written into an environment's database, or below a file path
    Read {
        #[command(flatten)]
        target: DatabaseArgs,
    },
    /// Lets a check of an environment fail from now on, wherever the simulated cloud answers it
    Fail {
        /// Environment
        #[arg(value_name = "ENV", add = environment_completer())]
        environment: String,
        /// Check (name in the spec)
        check: String,
        /// What the check says
        #[arg(default_value = "planted with `envctl sim fail`")]
        why: String,
    },
    /// Takes back what `fail` planted
    Heal {
        /// Environment
        #[arg(value_name = "ENV", add = environment_completer())]
        environment: String,
        /// Check (name in the spec)
        check: String,
    },
    /// Gives a secret a value, read from stdin, for checks that really contact something; play data only
    Secret {
        /// Environment
        #[arg(value_name = "ENV", add = environment_completer())]
        environment: String,
        /// Name or ARN of the secret, as the spec has it
        name: String,
    },
    /// Lets every image whose name holds a text behave in a certain way, or well again
    Image {
        /// A part of the image's name, as in backend:2.1
        part: String,
        /// well, missing, cannot-pull, exits-N, never-healthy, out-of-memory, slow-start
        #[arg(long, value_parser = behaviour)]
        behaviour: Option<Behaviour>,
    },
    /// Takes a role away, lets it trust others than tasks, or hides it from lookups; or makes it well again
    Role {
        /// Name of the role
        name: String,
        /// missing, untrusting, unreadable
        #[arg(long, value_parser = role_trouble)]
        behaviour: Option<RoleTrouble>,
    },
    /// Lets a one-off task end and print what is said here, or well again
    Task {
        /// Environment
        #[arg(value_name = "ENV", add = environment_completer())]
        environment: String,
        /// Task (name in the spec)
        task: String,
        /// Its exit code
        #[arg(long, value_name = "CODE", default_value_t = 0)]
        exits: i32,
        /// A line that it prints, instead of what the spec expects
        #[arg(long, value_name = "LINE")]
        prints: Vec<String>,
    },
    /// Changes or deletes something as a hand in the console would, with a line in the trail that says who
    Hand(sim_hand::HandArgs),
    /// Lets time pass: AWS does what it does by itself meanwhile
    #[command(override_usage = "envctl sim advance [ENV] D")]
    Advance {
        /// How long (7d, 2h); before it the environment whose cloud is meant, where there are several
        #[arg(value_name = "D", num_args = 1..=2, required = true, add = environment_completer())]
        words: Vec<String>,
    },
    /// Plants samples of a metric, for `rightsize` and metric checks: what nobody planted has no points
    #[command(override_usage = "envctl sim metric ENV METRIC VALUE... --of KIND/NAME [--for D]")]
    Metric(sim_plant::MetricArgs),
    /// Writes lines into a log group
    Log(sim_plant::LogArgs),
    /// Shows what the simulated cloud holds, its time, and what broke a promise
    Show {
        /// Environment whose cloud is meant [default: there is only one cloud]
        #[arg(value_name = "ENV", add = environment_completer())]
        environment: Option<String>,
    },
    /// Begins anew with an empty cloud
    Reset {
        /// Where chance comes from: the same seed and commands, the same days
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The simulated time to begin at (2026-11-22T08:00:00Z) [default: now]
        #[arg(long, value_name = "TIME")]
        start: Option<Timestamp>,
    },
}

#[derive(Debug, clap::Args)]
struct DatabaseArgs {
    /// Environment
    #[arg(value_name = "ENV", add = environment_completer())]
    environment: String,
    /// Database (name in the spec) [default: the only one]
    #[arg(long, value_name = "NAME", conflicts_with = "files")]
    database: Option<String>,
    /// File path (name in the spec), instead of a database
    #[arg(long, value_name = "NAME")]
    files: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    if !context.is_simulated() {
        return Err(CliError::usage("`sim` is about the simulated cloud").hint("pass --cloud sim"));
    }
    match &args.command {
        SimCommand::Write { target, text } => write(context, target, text),
        SimCommand::Read { target } => read(context, target),
        SimCommand::Fail { environment, check, why } => sim_check::fail(context, environment, check, why),
        SimCommand::Heal { environment, check } => sim_check::heal(context, environment, check),
        SimCommand::Secret { environment, name } => sim_check::secret(context, environment, name),
        SimCommand::Image { part, behaviour } => sim_images::image(context, part, *behaviour),
        SimCommand::Role { name, behaviour } => sim_images::role(context, name, *behaviour),
        SimCommand::Task { environment, task, exits, prints } => {
            sim_images::task(context, environment, task, *exits, prints)
        }
        SimCommand::Advance { words } => advance(context, words),
        SimCommand::Hand(args) => sim_hand::hand(context, args),
        SimCommand::Metric(args) => sim_plant::metric(context, args),
        SimCommand::Log(args) => sim_plant::log(context, args),
        SimCommand::Show { environment } => show(context, &whose(context, environment.as_deref())?),
        SimCommand::Reset { seed, start } => {
            Simulated::reset(&context.workspace()?, &context.ui, *seed, *start)?;
            context.ui.say("The simulated cloud is empty.");
            Ok(Exit::Done)
        }
    }
}

/// The environment whose cloud is meant; any of them, when they all live in one account and region.
pub(super) fn whose(context: &Context, named: Option<&str>) -> Result<String, CliError> {
    let workspace = context.workspace()?;
    let mut clouds = BTreeMap::new();
    for name in load::names(&workspace, named)? {
        let desired = load::desired(&workspace, &name)?;
        clouds.entry((desired.account, desired.region)).or_insert(name);
    }
    match clouds.pop_first() {
        Some((_, name)) if clouds.is_empty() => Ok(name),
        _ => Err(CliError::usage("the environments live in several accounts or regions: whose cloud is meant?")
            .hint("name an environment")),
    }
}

fn write(context: &Context, target: &DatabaseArgs, text: &str) -> Result<Exit, CliError> {
    let version = in_world(context, &target.environment, async |_, cloud, desired| {
        if let Some(name) = &target.files {
            let point = access_point(cloud, desired, name)?;
            return cloud.write_file(&point, text).ok_or_else(|| never_mounted(name));
        }
        let identifier = identifier(desired, target)?;
        cloud.write_data(&identifier, text).ok_or_else(|| not_there(&identifier))
    })?;
    let dto = WrittenDto { format_version: ui::FORMAT_VERSION, version };
    context.ui.answer(|| format!("written, version {version}\n"), || dto)?;
    Ok(Exit::Done)
}

fn read(context: &Context, target: &DatabaseArgs) -> Result<Exit, CliError> {
    let lines = in_world(context, &target.environment, async |_, cloud, desired| {
        if let Some(name) = &target.files {
            let point = access_point(cloud, desired, name)?;
            return cloud.read_files(&point).ok_or_else(|| never_mounted(name));
        }
        let identifier = identifier(desired, target)?;
        cloud.read_data(&identifier).ok_or_else(|| not_there(&identifier))
    })?;
    context.ui.answer(
        || lines.iter().map(|line| format!("{line}\n")).collect(),
        || DataDto { format_version: ui::FORMAT_VERSION, data: lines.clone() },
    )?;
    Ok(Exit::Done)
}

fn advance(context: &Context, words: &[String]) -> Result<Exit, CliError> {
    let (named, text) = match words {
        [text] => (None, text),
        [name, text, ..] => (Some(name.as_str()), text),
        [] => return Err(CliError::usage("how long?").hint("envctl sim advance 8d")),
    };
    let time = duration(text).map_err(CliError::usage)?;
    let now = in_world(context, &whose(context, named)?, async |session, cloud, _| {
        cloud.advance(time);
        Ok(session.clock.now())
    })?;
    let dto = TimeDto { format_version: ui::FORMAT_VERSION, now: now.to_string() };
    context.ui.answer(|| format!("it is {} in the simulated cloud\n", quantity::time(now)), || dto)?;
    Ok(Exit::Done)
}

fn show(context: &Context, environment: &str) -> Result<Exit, CliError> {
    let world = in_world(context, environment, async |_, cloud, _| Ok(cloud.world()))?;
    let dto = WorldDto {
        format_version: ui::FORMAT_VERSION,
        account: world.account.clone(),
        region: world.region.clone(),
        now: world.now.to_string(),
        databases: world.databases.keys().cloned().collect(),
        snapshots: world.snapshots.keys().cloned().collect(),
        services: world
            .services
            .iter()
            .filter(|(_, service)| service.live.is_active())
            .map(|(arn, _)| arn.clone())
            .collect(),
        secrets: world.secrets.keys().cloned().collect(),
        file_systems: world.file_systems.keys().cloned().collect(),
        access_points: world.access_points.keys().cloned().collect(),
        backup_vaults: world.vaults.keys().cloned().collect(),
        recovery_points: world.recovery_points.values().map(described).collect(),
        target_groups: world.target_groups.keys().cloned().collect(),
        rules: world.rules.keys().cloned().collect(),
        log_groups: world.log_groups.keys().cloned().collect(),
        announcements: world.announcements.iter().map(announced).collect(),
        lost_data: world.lost_data(),
        broken_promises: world.violations.iter().cloned().collect(),
    };
    context.ui.answer(|| text(&dto), || &dto)?;
    Ok(Exit::Done)
}

fn text(world: &WorldDto) -> String {
    let lists = [
        ("databases", &world.databases),
        ("snapshots", &world.snapshots),
        ("services", &world.services),
        ("secrets", &world.secrets),
        ("file systems", &world.file_systems),
        ("access points", &world.access_points),
        ("backup vaults", &world.backup_vaults),
        ("recovery points", &world.recovery_points),
        ("target groups", &world.target_groups),
        ("rules", &world.rules),
        ("log groups", &world.log_groups),
        ("announcements", &world.announcements),
        ("lost data", &world.lost_data),
        ("broken promises", &world.broken_promises),
    ];
    let mut out = format!("account {}, {}; it is {}\n", world.account, world.region, world.now);
    for (name, items) in lists {
        out.push_str(&format!("{name}: {}\n", if items.is_empty() { "none" } else { "" }).replace(": \n", ":\n"));
        out.extend(items.iter().map(|item| format!("  {item}\n")));
    }
    out
}

#[derive(Serialize)]
struct WrittenDto {
    format_version: u32,
    version: u64,
}

#[derive(Serialize)]
struct TimeDto {
    format_version: u32,
    now: String,
}

#[derive(Serialize)]
struct DataDto {
    format_version: u32,
    data: Vec<String>,
}

#[derive(Serialize)]
struct WorldDto {
    format_version: u32,
    account: String,
    region: String,
    now: String,
    databases: Vec<String>,
    snapshots: Vec<String>,
    services: Vec<String>,
    secrets: Vec<String>,
    file_systems: Vec<String>,
    access_points: Vec<String>,
    backup_vaults: Vec<String>,
    recovery_points: Vec<String>,
    target_groups: Vec<String>,
    rules: Vec<String>,
    log_groups: Vec<String>,
    announcements: Vec<String>,
    lost_data: Vec<String>,
    broken_promises: Vec<String>,
}

/// An announcement, to whom and what.
fn announced(announcement: &Announcement) -> String {
    let subject = if announcement.subject.is_empty() { String::new() } else { format!(" [{}]", announcement.subject) };
    format!("to {}{subject}: {}", announcement.to, announcement.text.replace('\n', " "))
}

/// A recovery point, with the snapshot of the environment that it is a part of.
fn described(point: &RecoveryPoint) -> String {
    let id = point.live.snapshot_id().unwrap_or("none");
    format!("{} {} (snapshot {id})", point.live.arn, point.live.status)
}

/// Runs `body` in the world of an environment.
pub(super) fn in_world<T>(
    context: &Context,
    environment: &str,
    body: impl AsyncFnOnce(&Session, &SimCloud, &Desired) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, environment)?;
    let store = context.store(&workspace)?;
    let mut simulated = Simulated::open(&workspace, &context.ui)?;
    simulated.run(&desired, store, async |session, cloud| body(session, cloud, &desired).await)
}

/// The AWS identifier of the database that is meant.
fn identifier(desired: &Desired, target: &DatabaseArgs) -> Result<String, CliError> {
    let names: Vec<&str> = desired.databases.keys().map(String::as_str).collect();
    let name = match (&target.database, names.as_slice()) {
        (Some(name), _) => name.as_str(),
        (None, [only]) => only,
        (None, []) => return Err(CliError::usage(format!("{} has no database", desired.environment))),
        (None, _) => {
            return Err(
                CliError::usage("which database?").hint(format!("pass --database, one of {}", names.join(", ")))
            );
        }
    };
    match desired.databases.get(name) {
        Some(spec) => Ok(spec.identifier.clone()),
        None => {
            Err(CliError::usage(format!("there is no database `{name}`"))
                .hint(format!("there are: {}", names.join(", "))))
        }
    }
}

/// The id of the access point that leads to a file path.
fn access_point(cloud: &SimCloud, desired: &Desired, name: &str) -> Result<String, CliError> {
    if !desired.access_points.contains_key(name) {
        let names: Vec<&str> = desired.access_points.keys().map(String::as_str).collect();
        return Err(
            CliError::usage(format!("there is no file path `{name}`")).hint(format!("there are: {}", names.join(", ")))
        );
    }
    let key = ResourceKey::new(ResourceKind::AccessPoint, name).to_string();
    let world = cloud.world();
    let ours = world.access_points.values().map(|found| &found.live);
    let mut ours = ours.filter(|live| {
        desired.owns(&live.tags) && live.tags.get(TAG_RESOURCE) == Some(&key) && live.state != "deleting"
    });
    ours.next().map(|live| live.id.clone()).ok_or_else(|| never_mounted(name))
}

fn never_mounted(name: &str) -> CliError {
    CliError::other(format!("no task has ever mounted the file path `{name}`")).hint("bring the environment up first")
}

fn not_there(identifier: &str) -> CliError {
    CliError::other(format!("database {identifier} is not there, or not available"))
        .hint("bring the environment up first")
}
