//! Right-sizing: proposals from measured series, by the algorithm of `aws.md` 8.3. Every proposal carries what it was
//! reckoned from, so that a person can reckon it again; "insufficient data" beats a guess.

mod change;
mod database;
mod environment;
mod file_system;
mod question;
mod series;
mod task;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use change::{Applied, AppliedChange, spec_path};
pub use database::{DatabaseUsage, rightsize_database};
pub use environment::{Evidence, Measured, Rightsizing, Window, rightsize};
pub use file_system::{FileSystemUsage, rightsize_file_system};
pub use question::{Figure, Question, dimensions, questions};
pub use series::{Point, Series, Span};
pub use task::{TaskUsage, rightsize_task};

use crate::model::ResourceKey;

/// What is said of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The resource.
    pub key: ResourceKey,
    /// What to do.
    pub verdict: Verdict,
    /// What it is now: `0.5 vCPU 2 GB`.
    pub now: String,
    /// What it should be; `None`: as it is, or nobody can say.
    pub proposed: Option<String>,
    /// Fields of the spec that say so, and the values to write there; empty: nothing is to be written.
    pub fields: Vec<(String, String)>,
    /// USD saved in a month always on (less than 0: it costs more); `None`: nothing changes, or a price is missing.
    pub saved_usd_per_month: Option<Decimal>,
    /// What it was reckoned from, name and figure: `CPU p99.5` `38.2 %`.
    pub inputs: Vec<(String, String)>,
    /// Why, step by step.
    pub reasons: Vec<String>,
    /// What can go wrong; empty: nothing changes.
    pub risk: String,
    /// Data that it would need and does not have.
    pub lacks: Vec<String>,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing: it fits.
    Keep,
    /// Take less.
    Down,
    /// Take more, at once.
    Up,
    /// Change the mode.
    Change,
    /// Nobody can say yet.
    InsufficientData,
}

impl Proposal {
    /// A proposal to change nothing, to be filled in.
    fn keep(key: &ResourceKey, now: String) -> Self {
        Self {
            key: key.clone(),
            verdict: Verdict::Keep,
            now,
            proposed: None,
            fields: Vec::new(),
            saved_usd_per_month: None,
            inputs: Vec::new(),
            reasons: Vec::new(),
            risk: String::new(),
            lacks: Vec::new(),
        }
    }

    /// The same, because data is missing.
    fn lacking(mut self, what: impl Into<String>) -> Self {
        self.verdict = Verdict::InsufficientData;
        self.lacks.push(what.into());
        self
    }

    fn input(&mut self, name: &str, figure: impl ToString) {
        self.inputs.push((name.to_owned(), figure.to_string()));
    }
}

#[cfg(test)]
mod tests;
