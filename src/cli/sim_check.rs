//! `envctl sim fail|heal|secret`: what checks meet on the simulated cloud.

use std::io::Read;

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::sim::in_world;
use super::verification;

/// Longest secret.
const LONGEST_SECRET: u64 = 64 * 1024;

pub(super) fn fail(context: &Context, environment: &str, check: &str, why: &str) -> Result<Exit, CliError> {
    in_world(context, environment, async |_, cloud, desired| {
        verification::chosen(desired, &[check.to_owned()])?;
        cloud.edit(|world| world.plant_failing_check(environment, check, why));
        Ok(())
    })?;
    context.ui.say(&format!("Check {check} of {environment} fails from now on."));
    Ok(Exit::Done)
}

pub(super) fn heal(context: &Context, environment: &str, check: &str) -> Result<Exit, CliError> {
    let was_planted = in_world(context, environment, async |_, cloud, _| {
        Ok(cloud.edit(|world| world.heal_check(environment, check)))
    })?;
    if !was_planted {
        return Err(CliError::usage(format!("no failure of check `{check}` is planted in {environment}")));
    }
    context.ui.say(&format!("Check {check} of {environment} sees what is there again."));
    Ok(Exit::Done)
}

pub(super) fn secret(context: &Context, environment: &str, name: &str) -> Result<Exit, CliError> {
    let mut value = String::new();
    std::io::stdin().take(LONGEST_SECRET).read_to_string(&mut value)?;
    let value = value.trim_end_matches(['\n', '\r']).to_owned();
    if value.is_empty() {
        return Err(CliError::usage("stdin holds no value").hint("echo VALUE | envctl sim secret ENV NAME"));
    }
    in_world(context, environment, async |_, cloud, _| {
        cloud.edit(|world| world.plant_secret_value(name, &value));
        Ok(())
    })?;
    context.ui.say(&format!("Secret {name} has a value."));
    Ok(Exit::Done)
}
