//! The id of a run.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::context::Session;
use crate::store::journal;

/// `20261122T001800Z-3fa9`: sorts by time, and two of one second differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RunId {
    text: String,
    suffix: String,
    /// Rounds that another part of the same command has made.
    made: usize,
}

impl RunId {
    /// The id of a run that begins now. On the simulated cloud the same day has the same ids.
    pub(super) fn new(session: &Session) -> Self {
        Self::at(session.clock.now(), if session.simulated { 0 } else { std::process::id() })
    }

    /// The id of a run of this time; two of one time differ by their process.
    pub(super) fn at(now: Timestamp, process: u32) -> Self {
        let digest = Sha256::digest(format!("{}/{process}", now.as_nanosecond()));
        let suffix: String = digest.iter().take(2).map(|byte| format!("{byte:02x}")).collect();
        Self { text: journal::run_id(now, &suffix), suffix, made: 0 }
    }

    /// Four hex digits, for names that must not collide.
    pub(super) fn suffix(&self) -> &str {
        &self.suffix
    }

    /// The id of a round of plan and run: the first is the run's own.
    pub(super) fn round(&self, number: usize) -> String {
        match self.made + number {
            0 => self.text.clone(),
            number => format!("{}.{}", self.text, number + 1),
        }
    }

    /// The same run, after so many more rounds.
    pub(super) fn after(&self, rounds: usize) -> Self {
        Self { made: self.made + rounds, ..self.clone() }
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}
