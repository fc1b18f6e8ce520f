//! `envctl explain`.

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use crate::ui::explain;

/// Explains the code of a problem: why it is refused, how to mend it, where that is written
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Code, such as ENV012 [default: lists all of them]
    #[arg(value_name = "CODE", add = clap_complete::engine::ArgValueCompleter::new(codes))]
    code: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let ui = &context.ui;
    let all = explain::explanations();
    let Some(code) = &args.code else {
        ui.answer(|| explain::list(&all, ui), || explain::json(&all))?;
        return Ok(Exit::Done);
    };
    let wanted = code.trim().trim_start_matches("error").trim_matches(['[', ']', ':']).to_ascii_uppercase();
    if let Some(found) = all.iter().find(|one| one.code == wanted) {
        ui.answer(|| explain::text(found, ui), || explain::json(std::slice::from_ref(found)))?;
        return Ok(Exit::Done);
    }
    let error = CliError::usage(format!("there is no code `{code}`"));
    let near = all.iter().min_by_key(|one| strsim::damerau_levenshtein(&one.code, &wanted));
    let near = near.filter(|one| strsim::damerau_levenshtein(&one.code, &wanted) <= 2);
    Err(match near {
        Some(near) => error.hint(format!("did you mean {}, {}?", near.code, near.title)),
        None => error.hint("`envctl explain` lists all of them"),
    })
}

fn codes(current: &std::ffi::OsStr) -> Vec<clap_complete::CompletionCandidate> {
    let typed = current.to_string_lossy().to_ascii_uppercase();
    let all = explain::explanations().into_iter().filter(|one| one.code.starts_with(&typed));
    all.map(|one| clap_complete::CompletionCandidate::new(one.code).help(Some(one.title.into()))).collect()
}
