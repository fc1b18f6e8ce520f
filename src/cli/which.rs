//! Which environment is meant when none was named.

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::{load, look};
use crate::model::{DataSource, Depth, Power, Remembered};
use crate::planner;
use crate::workspace::Workspace;

/// The one environment of the workspace that is up; with none or several of them, somebody has to say.
pub(super) fn the_one_that_is_up(context: &Context, workspace: &Workspace) -> Result<String, CliError> {
    let names = load::names(workspace, None)?;
    let mut up = Vec::new();
    for name in &names {
        let desired = load::desired(workspace, name)?;
        let answer = context.with_cloud(workspace, &desired, async |session| {
            let live = look::observe(session, &desired, Depth::Environment, &DataSource::Latest).await?;
            let asked_for = Remembered::find(&live, &desired).map(|remembered| remembered.power);
            Ok(asked_for.unwrap_or_else(|| planner::power_now(&desired, &live)))
        });
        match answer {
            Ok(Power::Up) => up.push(name.clone()),
            Ok(Power::Parked | Power::Hibernated | Power::Absent) => {}
            // An environment of another account cannot be the one that is meant with these credentials.
            Err(error) if error.exit() == Exit::Guarded => {}
            Err(error) => return Err(error),
        }
    }
    let hint = "name it, or set ENVCTL_ENVIRONMENT";
    match (up.pop(), up.is_empty()) {
        (Some(name), true) => Ok(name),
        (None, _) => Err(CliError::usage("no environment is up, so which one is meant?")
            .hint(format!("{hint}; there are: {}", names.join(", ")))),
        (Some(last), false) => {
            up.push(last);
            Err(CliError::usage(format!("several environments are up: {}", up.join(", "))).hint(hint))
        }
    }
}
