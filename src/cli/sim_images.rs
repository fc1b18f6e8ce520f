//! `envctl sim image|task`: what images and tasks of the simulated cloud do.

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::sim::{in_world, whose};
use crate::cloud::sim::{Behaviour, RoleTrouble};

/// A behaviour as it is typed. `well` is one, too: it takes back what the image's name says.
pub(super) fn behaviour(text: &str) -> Result<Behaviour, String> {
    match text {
        "well" => Ok(Behaviour::Well),
        "missing" => Ok(Behaviour::Missing),
        "cannot-pull" => Ok(Behaviour::CannotPull),
        "never-healthy" => Ok(Behaviour::NeverHealthy),
        "out-of-memory" => Ok(Behaviour::OutOfMemory),
        "slow-start" => Ok(Behaviour::SlowStart),
        _ => match text.strip_prefix("exits-").and_then(|code| code.parse().ok()) {
            Some(code) => Ok(Behaviour::Exits(code)),
            None => Err(format!(
                "`{text}` is no behaviour: there are well, missing, cannot-pull, exits-1, never-healthy, out-of-memory, slow-start"
            )),
        },
    }
}

/// Plants a behaviour; `None`: what the name says counts again.
pub(super) fn image(context: &Context, part: &str, behaviour: Option<Behaviour>) -> Result<Exit, CliError> {
    in_world(context, &whose(context, None)?, async |_, cloud, _| {
        cloud.edit(|world| match behaviour {
            Some(behaviour) => drop(world.behaviours.planted.insert(part.to_owned(), behaviour)),
            None => drop(world.behaviours.planted.remove(part)),
        });
        Ok(())
    })?;
    context.ui.say(&match behaviour {
        Some(behaviour) => format!("Images with `{part}` in their name: {behaviour} from now on."),
        None => format!("Images with `{part}` in their name do what their name says."),
    });
    Ok(Exit::Done)
}

/// What may be the matter with a role, as it is typed.
pub(super) fn role_trouble(text: &str) -> Result<RoleTrouble, String> {
    [RoleTrouble::Missing, RoleTrouble::Untrusting, RoleTrouble::Unreadable]
        .into_iter()
        .find(|trouble| trouble.to_string() == text)
        .ok_or_else(|| format!("`{text}` is nothing that a role can be: there are missing, untrusting, unreadable"))
}

/// Plants the trouble with a role; `None`: it is there again, and trusts tasks.
pub(super) fn role(context: &Context, name: &str, trouble: Option<RoleTrouble>) -> Result<Exit, CliError> {
    in_world(context, &whose(context, None)?, async |_, cloud, _| {
        cloud.edit(|world| match trouble {
            Some(trouble) => drop(world.behaviours.roles.insert(name.to_owned(), trouble)),
            None => drop(world.behaviours.roles.remove(name)),
        });
        Ok(())
    })?;
    context.ui.say(&match trouble {
        Some(trouble) => format!("Role {name} is {trouble} from now on."),
        None => format!("Role {name} is there, and trusts tasks."),
    });
    Ok(Exit::Done)
}

/// Plants the end of a task.
pub(super) fn task(
    context: &Context,
    environment: &str,
    name: &str,
    exits: i32,
    prints: &[String],
) -> Result<Exit, CliError> {
    in_world(context, environment, async |_, cloud, desired| {
        let Some(task) = desired.tasks.get(name) else {
            return Err(CliError::usage(format!("{environment} has no task `{name}`")));
        };
        cloud.edit(|world| {
            world.behaviours.exit_codes.insert(task.family.clone(), exits);
            match prints {
                [] => drop(world.behaviours.outputs.remove(&task.family)),
                lines => drop(world.behaviours.outputs.insert(task.family.clone(), lines.to_vec())),
            }
        });
        Ok(())
    })?;
    context.ui.say(&format!("Task {name} of {environment} ends with exit code {exits} from now on."));
    Ok(Exit::Done)
}
