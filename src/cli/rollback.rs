//! `envctl rollback`.

use std::collections::BTreeMap;

use super::arguments::{EnvironmentArgs, GuardedChangeArgs};
use super::change::Change;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::load;
use crate::model::{Desired, Goal};

/// Takes services back to the revision that completed before the last deployment
///
/// One look and one call: which revision that is, the services themselves remember. A deployment that is still under
/// way is given up. With --with-data also databases and files go back: the snapshot comes up beside what is live, no task
/// runs while the two swap names, and what was there before is kept until `snapshot discard-kept` and `discard-former`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: EnvironmentArgs,
    /// To this revision instead: 6, FAMILY:6, or SERVICE=6 where there are several services
    #[arg(long, value_name = "REVISION")]
    to: Vec<String>,
    /// Take databases and files back too, to the snapshot that the last release began with
    #[arg(long, conflicts_with = "no_wait")]
    with_data: bool,
    /// To this snapshot instead: its name, or the time and run at the end of its name
    #[arg(long, value_name = "ID", requires = "with_data")]
    snapshot: Option<String>,
    /// Do not wait until the deployment is complete
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    guarded: GuardedChangeArgs,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &args.target.environment)?;
    let to = revisions(&desired, &args.to)?;
    let alone = desired.services_alone();
    let (desired_for, goal) = match args.with_data {
        true => (&desired, Goal::RollbackData { to, snapshot: args.snapshot.clone() }),
        false => (&alone, Goal::Rollback { to }),
    };
    let change = Change {
        context,
        desired: desired_for,
        goal,
        args: &args.guarded.change,
        confirmation: args.guarded.confirmation(&desired),
        wait: !args.no_wait,
    };
    context.with_cloud(&workspace, &desired, async |session| change.make(session).await)
}

/// `6`, `family:6`, `backend=6`, an ARN: by service.
pub(super) fn revisions(desired: &Desired, texts: &[String]) -> Result<BTreeMap<String, String>, CliError> {
    let mut all = BTreeMap::new();
    for text in texts {
        let (service, revision) = match text.split_once('=') {
            Some((service, revision)) => (service, revision),
            None => (service_of(desired, text)?, text.as_str()),
        };
        let Some(spec) = desired.services.get(service) else {
            return Err(CliError::usage(format!("there is no service `{service}`")));
        };
        let number = revision.rsplit(':').next().unwrap_or_default();
        if number.parse::<u32>().is_err() {
            return Err(CliError::usage(format!("`{revision}` is no revision")).hint("write 6, FAMILY:6 or an ARN"));
        }
        let revision = if revision.contains(':') { revision.to_owned() } else { format!("{}:{number}", spec.family) };
        all.insert(service.to_owned(), revision);
    }
    Ok(all)
}

/// The service of a family, or the only one.
fn service_of<'a>(desired: &'a Desired, text: &str) -> Result<&'a str, CliError> {
    let family = text.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(family, _)| family);
    let by_family = desired.services.iter().find(|(_, spec)| family == Some(spec.family.as_str()));
    let mut names = desired.services.keys();
    match (by_family, names.next(), names.next()) {
        (Some((name, _)), _, _) => Ok(name),
        (None, Some(only), None) => Ok(only),
        _ => Err(CliError::usage("which service?").hint("write --to SERVICE=REVISION")),
    }
}
