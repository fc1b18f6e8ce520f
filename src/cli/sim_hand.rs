//! `envctl sim hand`: somebody in the console of the simulated cloud changes what is there, and CloudTrail sees it.

use serde_json::Value;

use super::arguments::environment_completer;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::sim::in_world;
use crate::model::ResourceKey;

/// What the hand does.
#[derive(Debug, clap::Args)]
pub(super) struct HandArgs {
    /// Environment
    #[arg(value_name = "ENV", add = environment_completer())]
    environment: String,
    /// Resource, as reports name it: database/main, service/backend, task-definition/backend
    #[arg(value_name = "RESOURCE")]
    resource: String,
    /// What it sets: class=db.t4g.small, tags.team=x, health_check.path=/, cpu=1024
    #[arg(value_name = "FIELD=VALUE", required_unless_present = "delete")]
    changes: Vec<String>,
    /// Deletes the resource
    #[arg(long, conflicts_with = "changes")]
    delete: bool,
    /// Whose hand
    #[arg(long, value_name = "USER", default_value = "somebody")]
    by: String,
}

pub(super) fn hand(context: &Context, args: &HandArgs) -> Result<Exit, CliError> {
    let key: ResourceKey = args.resource.parse().map_err(|_| {
        CliError::usage(format!("`{}` is no resource", args.resource)).hint("database/main, for example")
    })?;
    let mut changes = Vec::new();
    for change in &args.changes {
        let (field, value) = change
            .split_once('=')
            .ok_or_else(|| CliError::usage(format!("`{change}` says no value")).hint("FIELD=VALUE"))?;
        changes.push((field.to_owned(), value.to_owned()));
    }
    in_world(context, &args.environment, async |_, cloud, desired| {
        let done = cloud.edit(|world| {
            if args.delete {
                return world.hand_removes(desired, &key, &args.by);
            }
            changes.iter().try_for_each(|(field, value)| {
                // A number or a word where it can be one, else the text.
                let parsed = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.clone()));
                let text = || Value::String(value.clone());
                let first = world.hand_sets(desired, &key, field, parsed, &args.by);
                first.or_else(|error| world.hand_sets(desired, &key, field, text(), &args.by).map_err(|_| error))
            })
        });
        done.map_err(|why| CliError::usage(why).hint("`envctl drift -o json` and the world show what there is"))
    })?;
    let what = if args.delete { "deleted it".to_owned() } else { format!("set {}", args.changes.join(", ")) };
    context.ui.say(&format!("{}: {} {what}.", args.resource, args.by));
    Ok(Exit::Done)
}
