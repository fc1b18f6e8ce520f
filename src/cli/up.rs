//! `envctl up`.

use super::arguments::{ChangeArgs, EnvironmentArgs};
use super::change::Change;
use super::confirm::Confirmation;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::load;
use crate::model::{DataSource, Goal};

/// Brings an environment up, from whatever state it is in
///
/// Restores the newest snapshot where there is no database (the first time: an empty one), makes what is missing,
/// changes what differs from the spec, waits until this very deployment serves, and only then sends traffic to it.
/// Doing it twice changes nothing the second time.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: EnvironmentArgs,
    /// Where a new database's data comes from: latest, snapshot:NAME, database:IDENTIFIER, or a name of either.
    /// Data of another database is scrubbed before anything can reach it. A snapshot with files brings those back too
    #[arg(long, visible_alias = "snapshot", value_name = "SOURCE", default_value = "latest", value_parser = data_source)]
    from: DataSource,
    /// Do not wait for deployments to complete
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &args.target.environment)?;
    let change = Change {
        context,
        desired: &desired,
        goal: Goal::Up { from: args.from.clone() },
        args: &args.change,
        confirmation: Confirmation::YesOrNo,
        wait: !args.no_wait,
    };
    context.with_cloud(&workspace, &desired, async |session| change.make(session).await)
}

/// `--from`. A name without a prefix is a snapshot when it looks like one of envctl's or of RDS's own.
pub(super) fn data_source(text: &str) -> Result<DataSource, String> {
    if let Some(name) = text.strip_prefix("snapshot:") {
        return named(name).map(DataSource::Snapshot);
    }
    if let Some(identifier) = text.strip_prefix("database:") {
        return named(identifier).map(DataSource::Database);
    }
    match text {
        "latest" => Ok(DataSource::Latest),
        name if looks_like_a_snapshot(name) => named(name).map(DataSource::Snapshot),
        name => named(name).map(DataSource::Database),
    }
}

fn named(name: &str) -> Result<String, String> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "-:".contains(letter);
    // The id of a snapshot of the environment begins with its time.
    let begins = |first: char| first.is_ascii_alphabetic() || (first.is_ascii_digit() && looks_like_a_snapshot(name));
    if name.starts_with(begins) && name.chars().all(letter) && name.len() <= 255 {
        Ok(name.to_lowercase())
    } else {
        Err(format!("`{name}` is neither `latest` nor the name of a snapshot or database"))
    }
}

/// envctl's own end with time and suffix (`…-20261122t001800z-3fa9`), RDS's automated ones begin with `rds:`.
fn looks_like_a_snapshot(name: &str) -> bool {
    let mut parts = name.rsplit('-');
    let (suffix, time) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let timed = time.len() == 16
        && time.to_lowercase().ends_with('z')
        && time.chars().filter(char::is_ascii_digit).count() == 14;
    name.starts_with("rds:") || name.contains("snapshot") || (timed && suffix.len() == 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_told_apart_by_prefix_or_shape() {
        assert_eq!(data_source("latest"), Ok(DataSource::Latest));
        assert_eq!(
            data_source("pythonide-staging-db-20261122T001800Z-3fa9"),
            Ok(DataSource::Snapshot("pythonide-staging-db-20261122t001800z-3fa9".to_owned()))
        );
        assert_eq!(
            data_source("20261122t001800z-3fa9"),
            Ok(DataSource::Snapshot("20261122t001800z-3fa9".to_owned())),
            "a snapshot of the environment"
        );
        assert_eq!(data_source("pythonide-db"), Ok(DataSource::Database("pythonide-db".to_owned())));
        assert_eq!(data_source("snapshot:before-exam"), Ok(DataSource::Snapshot("before-exam".to_owned())));
        assert!(data_source("../etc").is_err());
        assert!(data_source("").is_err());
    }
}
