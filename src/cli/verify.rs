//! `envctl verify`.

use std::path::PathBuf;

use super::arguments::environment_completer;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::{load, output, verification, verify_load};
use crate::checks::Load;
use crate::model::Baseline;

/// Formats that the answer can have.
const FORMATS: [&str; 4] = ["text", "json", "markdown", "junit"];

/// Makes the checks of the spec, and changes nothing
///
/// Requests, certificates, WebSockets, PostgreSQL, logs, metrics, services and local programs, side by side, from this
/// machine. Each says what it saw; what cannot be reached says so. Secrets are read from Secrets Manager and never
/// shown. Ends with 0 when all passed, 7 when one failed or could not be reached, 1 when one could not be looked at for
/// a reason on this side (a secret or log that may not be read).
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment
    #[arg(value_name = "ENV", env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    environment: String,
    /// Only this check; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Compare with the figures of an earlier run: a file that `verify -o json=FILE` wrote, or the record of a release
    /// (its beginning is enough), whose figures are those taken before it
    #[arg(long, value_name = "RECORD")]
    against: Option<PathBuf>,
    /// Play users against an http check (--only says which) and measure: "50 users for 2m"
    #[arg(long, value_name = "LOAD")]
    load: Option<Load>,
    /// Do it without asking; for a load on a protected environment
    #[arg(long, short, requires = "load")]
    yes: bool,
    /// Name of the protected environment, typed again
    #[arg(long, value_name = "ENV", requires = "load")]
    confirm: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    output::require(&context.outputs(), &FORMATS, "verify")?;
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &args.environment)?;
    let checks = verification::chosen(&desired, &args.only)?;
    if checks.is_empty() {
        return Err(CliError::usage(format!("{} has no checks", desired.environment))
            .hint("declare them under `checks:` in its spec; docs/checks.md shows each kind"));
    }
    let against = |path| verification::baseline(context, &workspace, path);
    let baseline = args.against.as_deref().map_or_else(|| Ok(Baseline::new()), against)?;
    if let Some(load) = args.load {
        verify_load::allowed(&desired, args.yes, args.confirm.as_deref())?;
        let (name, check) = verify_load::target(&desired, &checks)?;
        let run = context.with_cloud(&workspace, &desired, async |session| {
            verify_load::play(session, &workspace, &desired, (&name, &check), load, &baseline).await
        })?;
        verification::show(context, &run)?;
        return Ok(verification::exit(&run));
    }
    let run = context.with_cloud(&workspace, &desired, async |session| {
        verification::guard(session, &desired, &checks).await?;
        Ok(verification::make(session, &workspace, &desired, &checks, &baseline).await)
    })?;
    verification::show(context, &run)?;
    Ok(verification::exit(&run))
}
