//! `envctl render`.

use std::path::{Path, PathBuf};

use super::arguments::environment_completer;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::load;
use crate::ui::document::{self, Document};

/// Shows the rendered task definitions, listener rules, alarms and dashboards
///
/// Nothing is asked of AWS: values that are known only later stand there as what they wait for.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment [default: every one]
    #[arg(value_name = "ENV", add = environment_completer())]
    environment: Option<String>,
    /// Write each document into a file DIR/ENV/NAME.json instead
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let mut documents = Vec::new();
    for name in load::names(&workspace, args.environment.as_deref())? {
        documents.extend(document::documents(&load::desired(&workspace, &name)?));
    }
    if let Some(folder) = &args.out {
        for document in &documents {
            write(folder, document)?;
            context.ui.say(&format!("{} written", folder.join(&document.file).display()));
        }
        if context.ui.format == crate::ui::Format::Json {
            context.ui.json(&document::dto(documents))?;
        }
        return Ok(Exit::Done);
    }
    context.ui.answer(|| document::text(&documents), || document::dto(documents.clone()))?;
    Ok(Exit::Done)
}

fn write(folder: &Path, document: &Document) -> Result<(), CliError> {
    let path = folder.join(&document.file);
    let failed = |error: std::io::Error| CliError::other(format!("{}: {error}", path.display()));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let text = serde_json::to_string_pretty(&document.document).unwrap_or_default();
    std::fs::write(&path, text + "\n").map_err(failed)
}
