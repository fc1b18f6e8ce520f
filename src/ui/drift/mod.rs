//! Drift: one run over some environments, written for people, programs, pull requests, CI systems and managers.

mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod sarif;
mod text;
mod words;

use std::fmt;
use std::str::FromStr;

pub use github::{annotations, comment, outputs, step_summary};
pub use html::html;
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use text::text;

use crate::report::{DriftReport, FindingKind};
use crate::ui::Ui;

/// What a run over environments found.
#[derive(Clone, Debug, Default)]
pub struct DriftRun {
    /// Environments that were looked at.
    pub reports: Vec<DriftReport>,
    /// Environments that could not be looked at at all, and why.
    pub failures: Vec<(String, String)>,
    /// What else to know of the run.
    pub notes: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was looked at and is as declared.
    InSync,
    /// Something differs.
    Differs,
    /// Nothing that was looked at differs, but not everything could be.
    NotSeen,
}

impl DriftRun {
    /// How it ended. A difference weighs more than what was not seen: it is certain.
    pub fn verdict(&self) -> Verdict {
        if self.reports.iter().any(DriftReport::differs) {
            Verdict::Differs
        } else if self.failures.is_empty() && self.reports.iter().all(DriftReport::is_in_sync) {
            Verdict::InSync
        } else {
            Verdict::NotSeen
        }
    }

    /// Findings of this kind in all environments.
    pub fn count(&self, kind: FindingKind) -> usize {
        self.reports.iter().map(|report| report.count(kind)).sum()
    }
}

/// How a run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftFormat {
    /// For people at a terminal.
    Text,
    /// One JSON value.
    Json,
    /// For pull requests and wikis.
    Markdown,
    /// `JUnit` XML, for the test page of a CI system.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// One self-contained page.
    Html,
    /// Annotations for a GitHub workflow.
    Github,
    /// The body of a comment on a pull request, under GitHub's limit.
    Comment,
}

/// Every format with its name.
const FORMATS: [(&str, DriftFormat); 8] = [
    ("text", DriftFormat::Text),
    ("json", DriftFormat::Json),
    ("markdown", DriftFormat::Markdown),
    ("junit", DriftFormat::Junit),
    ("sarif", DriftFormat::Sarif),
    ("html", DriftFormat::Html),
    ("github", DriftFormat::Github),
    ("comment", DriftFormat::Comment),
];

impl DriftFormat {
    /// The names of all formats.
    pub const NAMES: [&'static str; 8] = ["text", "json", "markdown", "junit", "sarif", "html", "github", "comment"];
}

impl FromStr for DriftFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = FORMATS.iter().find(|(name, _)| *name == text).map(|(_, format)| *format);
        known.ok_or_else(|| format!("`{text}` is no format of drift reports: expected {}", Self::NAMES.join(", ")))
    }
}

impl fmt::Display for DriftFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = FORMATS.iter().find(|(_, format)| format == self).map_or("", |(name, _)| *name);
        formatter.write_str(name)
    }
}

/// Writes a run in a format.
pub fn show(run: &DriftRun, format: DriftFormat, ui: &Ui) -> String {
    let pretty = |value: serde_json::Value| format!("{value:#}\n");
    match format {
        DriftFormat::Text => text(run, ui),
        DriftFormat::Json => pretty(json(run)),
        DriftFormat::Markdown => markdown(run, usize::MAX),
        DriftFormat::Junit => junit(run),
        DriftFormat::Sarif => pretty(sarif(run)),
        DriftFormat::Html => html(run),
        DriftFormat::Github => annotations(run),
        DriftFormat::Comment => comment(run),
    }
}

#[cfg(test)]
mod tests;
