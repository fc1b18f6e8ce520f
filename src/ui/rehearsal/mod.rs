//! A rehearsal: what a command would do, how long it takes, and where it could fail; for people ([`text`]) and for
//! programs ([`json`]).

mod json;
mod text;

use std::collections::{BTreeMap, BTreeSet};

pub use json::{RehearsalDto, json};
pub use text::text;

use super::run::Round;
use crate::model::{Ending, Plan, StepId};

/// A command that was rehearsed.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The plan that was rehearsed first; the expected times of its steps are what they took here, or lately took in
    /// this environment.
    pub plan: Plan,
    /// Steps whose time is this environment's own; the others took it in the simulated cloud.
    pub learned: BTreeSet<StepId>,
    /// Plans and how their runs ended; the first is `plan`. Empty: there was nothing to do.
    pub rounds: Vec<Round>,
    /// Seconds from the first call to the last, in simulated time.
    pub elapsed_seconds: u64,
    /// What was lost or broken, in words; empty: nothing.
    pub broken: Vec<String>,
    /// Where the simulated cloud stood otherwise than the real one, in words.
    pub caveats: Vec<String>,
    /// What happens when a kind of call is refused; empty with faults.
    pub weak_spots: Vec<WeakSpot>,
    /// The bad day, if one was asked for.
    pub bad_day: Option<BadDay>,
    /// What the exit code is.
    pub exit_code: u8,
}

/// What becomes of the command when one kind of call is refused for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakSpot {
    /// `rds:CreateDBInstance`.
    pub operation: String,
    /// Steps that fail then.
    pub failed: usize,
    /// Steps that are not begun then.
    pub skipped: usize,
    /// What is lost, in words; empty: nothing.
    pub broken: Vec<String>,
    /// A later run, with the call allowed again, leads to where this one was to lead.
    pub converges: bool,
}

/// A day on which much goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDay {
    /// What the faults were derived from: the same seed, the same day.
    pub seed: u64,
    /// Calls that failed, by what was answered, with how often.
    pub troubles: BTreeMap<String, usize>,
    /// Tries by step, where there was more than one.
    pub tries: BTreeMap<StepId, u32>,
    /// A later run without faults leads to where this one was to lead.
    pub converges: bool,
    /// Seconds that the later run took; 0: there was nothing left to do.
    pub later_seconds: u64,
}

impl Rehearsal {
    /// How the last run ended.
    pub fn ending(&self) -> Ending {
        self.rounds.last().map_or(Ending::Done, |round| round.outcome.ending.clone())
    }
}

/// When each step of a plan begins and how long it takes, seconds, by its needs.
fn begins(plan: &Plan) -> BTreeMap<&StepId, u64> {
    let mut ends: BTreeMap<&StepId, u64> = BTreeMap::new();
    let mut begins = BTreeMap::new();
    for step in &plan.steps {
        let begin = step.needs.iter().filter_map(|need| ends.get(need)).max().copied().unwrap_or(0);
        begins.insert(&step.id, begin);
        ends.insert(&step.id, begin + step.expected_seconds);
    }
    begins
}
