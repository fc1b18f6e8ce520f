//! `envctl history`.

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use crate::store::journal::{Journals, RunRecord};
use crate::ui::history;

/// Lists runs: who, when, what, how it ended, how long it took; or replays one
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment, or the id of a run (its beginning is enough) [default: every environment]
    #[arg(value_name = "ENV|RUN")]
    what: Option<String>,
    /// At most so many runs
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: usize,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let store = context.store(&workspace)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let journals = Journals::new(&store);
    let known = workspace.environments()?;
    let ui = &context.ui;
    runtime.block_on(async {
        match args.what.as_deref().filter(|what| !known.iter().any(|name| name == what)) {
            None => {
                let runs = journals.list(args.what.as_deref(), args.limit).await?;
                ui.answer(|| history::list_text(&runs, ui), || history::list_json(&runs))?;
            }
            Some(run) => match journals.read(run).await? {
                Some(record) => replay(context, &record)?,
                None => {
                    return Err(CliError::usage(format!("`{run}` is neither an environment nor the id of a run"))
                        .hint("`envctl history` lists the runs"));
                }
            },
        }
        Ok(Exit::Done)
    })
}

/// A replay is the answer of this command, so it goes to stdout.
fn replay(context: &Context, record: &RunRecord) -> Result<(), CliError> {
    let ui = &context.ui;
    ui.answer(|| history::replay_text(record, ui), || history::replay_json(record))?;
    Ok(())
}
