//! `envctl sim image|task`: what images and tasks of the simulated cloud do.

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::sim::{in_world, whose};
use crate::cloud::sim::Behaviour;

/// A behaviour as it is typed. `well` is one, too: it takes back what the image's name says.
pub(super) fn behaviour(text: &str) -> Result<Behaviour, String> {
    match text {
        "well" => Ok(Behaviour::Well),
        "cannot-pull" => Ok(Behaviour::CannotPull),
        "never-healthy" => Ok(Behaviour::NeverHealthy),
        "out-of-memory" => Ok(Behaviour::OutOfMemory),
        "slow-start" => Ok(Behaviour::SlowStart),
        _ => match text.strip_prefix("exits-").and_then(|code| code.parse().ok()) {
            Some(code) => Ok(Behaviour::Exits(code)),
            None => Err(format!(
                "`{text}` is no behaviour: there are well, cannot-pull, exits-1, never-healthy, out-of-memory, slow-start"
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
