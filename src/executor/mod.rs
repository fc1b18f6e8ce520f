//! Runs a [`Plan`]'s graph: one loop that owns all state, tasks that only talk to the cloud, one ordered stream of
//! [`Event`](crate::model::Event)s.
//!
//! Steps that do not depend on each other run side by side. A failed step is data: its dependants are skipped with
//! the reason, the rest goes on. Nothing is resumed: after a failure, an interrupt or a crash the next run observes,
//! plans and goes on.
//!
//! Every event is accepted by every sink before the effect that it announces, and a sink that cannot take one stops
//! the run.

mod deployment;
mod ending;
mod engine;
mod evidence;
mod failure;
mod guard;
mod poll;
mod prior;
mod retry;
mod schedule;
mod sink;
mod step;
mod storage;
mod task;
mod task_end;
mod wait;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::cloud::Cloud;
use crate::model::{Desired, Ending, Facts, Failure, Live, Plan, StepId};

pub use guard::{Unguarded, WriteGuard};
pub use schedule::{Schedule, Stage};
pub use sink::{EventSink, SinkError, Stream};

/// What to run, and in whose name.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The plan. One with refusals is not run.
    pub plan: &'a Plan,
    /// What the plan was made from.
    pub live: &'a Live,
    /// What is wanted.
    pub desired: &'a Desired,
    /// Run id, part of every [`Token`](crate::model::Token).
    pub run: &'a str,
    /// Command line, without secrets.
    pub command: &'a str,
    /// Who runs it, `anna@laptop`.
    pub who: &'a str,
}

/// How to run it.
#[derive(Clone)]
pub struct Options {
    /// Bound of the whole run; `None`: only each wait has its deadline.
    pub timeout: Option<Duration>,
    /// False (`--no-wait`): a step that would wait for a deployment or for healthy targets ends when its call was
    /// answered, and what depends on it is not begun.
    pub wait_for_deployments: bool,
    /// Becomes `Some(signal number)` when somebody wants the run to stop.
    pub interrupt: watch::Receiver<Option<i32>>,
    /// Asked immediately before every write.
    pub guard: Arc<dyn WriteGuard>,
}

impl Default for Options {
    /// No bound, no interrupt, no guard, every wait waited for.
    fn default() -> Self {
        let (_, interrupt) = watch::channel(None);
        Self { timeout: None, wait_for_deployments: true, interrupt, guard: Arc::new(Unguarded) }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How.
    pub ending: Ending,
    /// Steps that are done, in the order in which they ended.
    pub succeeded: Vec<StepId>,
    /// Steps that were given up, or left under way, and why.
    pub failures: BTreeMap<StepId, Failure>,
    /// Steps that were not begun, and why.
    pub skipped: BTreeMap<StepId, String>,
    /// Everything that is known at the end, what the steps have learned included.
    pub facts: Facts,
    /// Steps that really changed something.
    pub changed: usize,
    /// How long each succeeded step took.
    pub durations: BTreeMap<StepId, Duration>,
    /// Why the run as a whole was stopped (a sink that could not write, a lost lease); `None`: it was not.
    pub stopped_because: Option<String>,
}

/// Runs a plan to its end. Never panics on what the cloud answers, and always comes back: with what is done, what is
/// not, and why.
pub async fn run(order: &Order<'_>, cloud: Arc<dyn Cloud>, stream: &mut Stream, options: &Options) -> Outcome {
    engine::Engine::new(order, cloud, stream, options).run().await
}
