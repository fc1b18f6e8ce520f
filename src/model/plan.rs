//! [`Plan`]: steps with their reasons, what was not done and why, and what forbids it all.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Action, Amount, Goal, Power, ResourceKey, StepId, Wait};

/// Everything that a command will do, so specific that the executor has nothing left to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Environment.
    pub environment: String,
    /// Application.
    pub application: String,
    /// Account that it was made for.
    pub account: String,
    /// Region.
    pub region: String,
    /// What it is for.
    pub goal: Goal,
    /// Power state found.
    pub power_now: Power,
    /// Power state that the goal leads to.
    pub power_wanted: Power,
    /// Steps in an order in which every step stands after what it needs.
    pub steps: Vec<Step>,
    /// What was not done and why, what it waits for, what to know.
    pub notes: Vec<Note>,
    /// What forbids the plan. A plan with refusals is shown, never performed.
    pub refusals: Vec<Refusal>,
    /// How `down` chose between parked and hibernated; `None` for other goals.
    pub sleep_choice: Option<SleepChoice>,
    /// How the bill changes; `None`: nobody reckoned.
    pub bill: Option<Bill>,
    /// When the cloud was observed.
    pub observed_at: Timestamp,
}

impl Plan {
    /// Is there nothing to do?
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The step of this id.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == *id)
    }
}

/// What the environment costs, in USD a month of staying so: by the price table, without what is billed by use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// As it was found.
    pub now: Amount,
    /// When the plan is done.
    pub then: Amount,
}

/// One step: an action, what must be done before it, why, and what it waits for afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Unique in the plan.
    pub id: StepId,
    /// In a few words, for people: `restore database pythonide-staging-db from pythonide-staging-db-…`.
    pub title: String,
    /// The change.
    pub action: Action,
    /// Steps that must have succeeded.
    pub needs: Vec<StepId>,
    /// Why; never empty.
    pub reasons: Vec<Reason>,
    /// What it waits for; `None`: done when the call returns.
    pub wait: Option<Wait>,
    /// How long it usually takes, seconds.
    pub expected_seconds: u64,
}

/// Why a step is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The field of the spec, `class`; `None`: the resource as a whole.
    pub field: Option<String>,
    /// What was found; `None`: nothing.
    pub from: Option<String>,
    /// What is wanted; `None`: nothing.
    pub to: Option<String>,
    /// In words.
    pub why: String,
}

/// Something to know that is no step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it is about; `None`: the environment.
    pub key: Option<ResourceKey>,
    /// Kind.
    pub kind: NoteKind,
    /// In words.
    pub text: String,
}

/// Kinds of note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// Something wanted that this plan does not do, and why.
    NotDone,
    /// Something that AWS is still doing.
    Busy,
    /// Something that stays when the plan is done.
    Kept,
    /// Something to look at.
    Warning,
    /// The spec left something open, and this is what was taken.
    Chosen,
}

/// A reason why nothing may be done at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What it is about; `None`: the environment.
    pub key: Option<ResourceKey>,
    /// Kind; decides the exit code.
    pub kind: RefusalKind,
    /// What is wrong.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

impl Refusal {
    /// What is wrong and what to do about it.
    pub fn in_one_line(&self) -> String {
        format!("{}; {}", self.why, self.remedy)
    }
}

/// Kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// Another account or region than the spec's.
    WrongAccount,
    /// `protect: true`, or a borrowed resource that the spec does not let envctl change.
    Protected,
    /// A resource with the right name but without our tags.
    NotOurs,
    /// A borrowed thing is missing or does not fit.
    Misfit,
    /// Something could not be read, and guessing could lose data.
    Unreadable,
    /// AWS does not allow the change (now, or ever).
    Impossible,
}

/// How `down` chose, with the figures that a person can check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SleepChoice {
    /// The state chosen.
    pub power: Power,
    /// Why, in one sentence with the figures.
    pub why: String,
}

/// What the planner must know beside desired and live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Now, in the cloud's time.
    pub now: Timestamp,
    /// Who asks, `anna@laptop`; remembered in tags.
    pub who: String,
    /// Four hex digits of this run, for names that must not collide.
    pub suffix: String,
    /// What sleeping costs, for the choice that `down` makes; `None`: no prices for this region.
    pub sleep_cost: Option<SleepCost>,
}

/// What an environment costs asleep, in USD an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SleepCost {
    /// Parked: storage of stopped databases.
    pub parked_usd_per_hour: Decimal,
    /// Hibernated: snapshot storage, at most.
    pub hibernated_usd_per_hour: Decimal,
}
