//! `envctl man`.

use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use crate::ui::{Format, quantity};

/// Writes the man pages into a folder, one a command
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder; made when it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let failed = |error: std::io::Error| CliError::other(format!("{}: {error}", args.folder.display()));
    std::fs::create_dir_all(&args.folder).map_err(failed)?;
    let mut command = super::Cli::command();
    command.build();
    let pages = pages(&command, "envctl", &args.folder).map_err(failed)?;
    let said = format!("{} written into {}", quantity::count(pages.len(), "page"), args.folder.display());
    if context.ui.format == Format::Json {
        context.ui.json(&serde_json::json!({ "format_version": crate::ui::FORMAT_VERSION, "pages": pages }))?;
    } else {
        context.ui.say(&said);
    }
    Ok(Exit::Done)
}

/// Writes the page of a command and of everything below it; their file names.
fn pages(command: &clap::Command, name: &str, folder: &Path) -> std::io::Result<Vec<String>> {
    let mut written = Vec::new();
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        written.extend(pages(below, &format!("{name}-{}", below.get_name()), folder)?);
    }
    let file = format!("{name}.1");
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).title(name.to_uppercase()).render(&mut page)?;
    std::fs::write(folder.join(&file), page)?;
    written.push(file);
    written.sort();
    Ok(written)
}
