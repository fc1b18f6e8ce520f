//! YAML text to [`Environment`], or all [`Problem`]s at once.
//!
//! ```text
//! files ── yaml ──▶ Node trees ── extends ──▶ one tree ── schema ──▶ Root ── resolve ──▶ Environment ── validate ──▶ done
//! ```
//!
//! Every stage keeps the place of every value, so that a problem found in the last one still underlines the text that
//! is to blame, in the file that declares it. A stage goes on after a problem wherever the rest still makes sense.
//! The reference of the format is [`reference()`], made of the doc comments of `schema`.

mod claim;
mod code;
mod conflict;
mod edit;
mod extends;
mod fargate;
mod names;
mod node;
mod problems;
mod resolve;
mod schema;
mod units;
mod validate;
mod yaml;

use std::collections::BTreeMap;

use crate::model::{Environment, Problem};

pub use conflict::conflicts;
pub use edit::{Edit, EditError, Wish, edited, edits};
use problems::Problems;
use resolve::Declared;
use schema::{Read, Root};

/// Texts of a workspace by path, `environments/staging.yaml`.
pub trait Files {
    /// The text of this file; `None` when there is none.
    fn text(&self, path: &str) -> Option<&str>;

    /// Every path, for "did you mean".
    fn paths(&self) -> Vec<String>;
}

impl Files for BTreeMap<String, String> {
    fn text(&self, path: &str) -> Option<&str> {
        self.get(path).map(String::as_str)
    }

    fn paths(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

/// Reads the environment `name` from `environments/NAME.yaml` and what that file extends.
///
/// # Errors
/// Every problem of all files that take part, by file and line.
pub fn parse(name: &str, files: &dyn Files) -> Result<Environment, Vec<Problem>> {
    let mut problems = Problems::default();
    match read(name, files, &mut problems) {
        Some((mut environment, declared)) if problems.is_empty() => {
            environment.places = declared.into_places();
            Ok(environment)
        }
        _ => Err(problems.into_sorted()),
    }
}

fn read(name: &str, files: &dyn Files, problems: &mut Problems) -> Option<(Environment, Declared)> {
    let extends::Loaded { node, is_whole } = extends::load(name, files, problems)?;
    let root = Root::read(&node, problems)?;
    if !is_whole {
        return None;
    }
    let resolve::Resolved { environment, declared } = resolve::resolve(name, &root, &node.span, problems);
    validate::validate(&environment, &root, &declared, problems);
    Some((environment, declared))
}

/// The reference of the spec format as Markdown: each part, each field, its meaning and default.
pub fn reference() -> String {
    let mut text = String::from(
        "# The spec format\n\nOne environment is one YAML file in `environments/`, named after it. Durations are written \
         `90s`, `15m`, `12h`, `3d`; sizes `20 GiB`; a plain number means the unit that AWS uses. This page is made from \
         the doc comments of `src/spec/schema`.\n",
    );
    for part in schema::REFERENCES {
        let about = one_line(part.about);
        text.push_str(&format!("\n## {}\n\n{about}\n\n| field | meaning |\n|--|--|\n", capitalised(part.what)));
        for (field, meaning) in part.fields {
            text.push_str(&format!("| `{field}` | {} |\n", one_line(meaning).replace('|', "\\|")));
        }
    }
    text
}

/// The spec format as JSON Schema, draft 2020-12.
pub fn json_schema() -> serde_json::Value {
    schema::document()
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
