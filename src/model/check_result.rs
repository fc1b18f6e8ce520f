//! [`CheckResult`]: what a check saw.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything was as expected.
    Passed,
    /// Something was looked at and is not as expected.
    Failed,
    /// Nothing could be looked at, because nobody answered there: DNS, refused, reset, out of time before an answer.
    Unreachable,
    /// Nothing was looked at, for a reason on this side: a secret or log that may not be read, a build without probes.
    NotLooked,
}

impl Verdict {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::NotLooked => "not-looked",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// What a check saw, free of secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Name of the check in the spec.
    pub name: String,
    /// Its kind, `http`.
    pub kind: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What was seen, in one line.
    pub summary: String,
    /// What was expected and not seen, one line each; empty when it passed.
    pub problems: Vec<String>,
    /// What was seen in detail, one line each.
    pub evidence: Vec<String>,
    /// What was measured, by name with its unit last: `p95_ms`.
    pub figures: Figures,
    /// How often it was tried.
    pub tries: u32,
    /// From the beginning of the first try to the end of the last.
    pub took: Duration,
    /// Answered by the simulated cloud: nothing was contacted.
    pub simulated: bool,
}

/// What was measured, by name with its unit last: `p95_ms`.
pub type Figures = BTreeMap<String, Decimal>;

/// Figures of an earlier run, by check.
pub type Baseline = BTreeMap<String, Figures>;
