//! How steps and runs end: what is told, and what is remembered.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::Outcome;
use super::engine::Engine;
use super::failure::{self, Stop};
use super::schedule::Stage;
use super::step::{Active, Phase};
use crate::model::{Ending, EventKind, Facts, Failure, StepId};

impl Outcome {
    /// Nothing has happened.
    pub(super) fn empty() -> Self {
        Self {
            ending: Ending::Done,
            succeeded: Vec::new(),
            facts: Facts::new(),
            failures: BTreeMap::new(),
            skipped: BTreeMap::new(),
            changed: 0,
            durations: BTreeMap::new(),
            stopped_because: None,
        }
    }
}

impl<'a> Engine<'a> {
    pub(super) async fn tell(&mut self, kind: EventKind) -> Result<(), Stop> {
        self.stream.emit(kind).await.map_err(|error| Stop::Unrecorded(error.0))
    }

    /// A step is done, or left when nobody waits for its end.
    pub(super) async fn succeeded(
        &mut self,
        active: Active<'a>,
        facts: Facts,
        changed: bool,
        stage: Stage,
    ) -> Result<(), Stop> {
        let step = active.step.id.clone();
        self.facts.extend(facts.clone());
        self.schedule.finished(&step, stage);
        self.outcome.succeeded.push(step.clone());
        self.outcome.durations.insert(step.clone(), active.begun.elapsed());
        self.outcome.changed += usize::from(changed);
        self.tell(EventKind::StepSucceeded { step, changed, facts }).await
    }

    /// A step was given up.
    pub(super) async fn failed(&mut self, step: &StepId, failure: Failure) -> Result<(), Stop> {
        self.active.remove(step);
        self.schedule.finished(step, Stage::Failed);
        self.outcome.failures.insert(step.clone(), failure.clone());
        self.tell(EventKind::StepFailed { step: step.clone(), failure }).await
    }

    pub(super) async fn skipped(&mut self, step: StepId, because: String) -> Result<(), Stop> {
        self.outcome.skipped.insert(step.clone(), because.clone());
        self.tell(EventKind::StepSkipped { step, because }).await
    }

    /// Skips what can no longer start.
    pub(super) async fn settle(&mut self) -> Result<(), Stop> {
        for (step, because) in self.schedule.settle() {
            self.skipped(step, because).await?;
        }
        Ok(())
    }

    /// Stops the run: nothing begins any more, waits and pauses are abandoned, calls in flight may end.
    pub(super) async fn halt(&mut self, stop: Stop) {
        let because = stop.because();
        for step in self.schedule.abandon(&because) {
            // Who cannot be told about the stop cannot stop it either.
            let _ = self.skipped(step, because.clone()).await;
        }
        let idle: Vec<(StepId, bool)> = self
            .active
            .values()
            .filter(|active| !matches!(active.phase, Phase::Calling))
            .map(|active| (active.step.id.clone(), matches!(active.phase, Phase::Watching(_))))
            .collect();
        for (step, called) in idle {
            self.leave(&step, &stop, called).await;
        }
        self.outcome.stopped_because.get_or_insert(because);
        self.stop.get_or_insert((stop, Instant::now()));
    }

    /// Calls in flight that did not end in time are left too.
    pub(super) async fn leave_all(&mut self) {
        let Some((stop, _)) = self.stop.clone() else { return };
        let steps: Vec<StepId> = self.active.keys().cloned().collect();
        for step in steps {
            self.leave(&step, &stop, false).await;
        }
    }

    async fn leave(&mut self, step: &StepId, stop: &Stop, called: bool) {
        if let Some(active) = self.active.remove(step) {
            self.owners.remove(&active.abort.id());
            active.abort.abort();
        }
        let _ = self.failed(step, failure::stopped(stop, called)).await;
    }

    /// Says how it ended.
    pub(super) async fn close(mut self) -> Outcome {
        // Nothing of this run goes on behind the caller's back, nor holds on to its lease.
        self.tasks.shutdown().await;
        self.outcome.ending = match &self.stop {
            Some((Stop::Interrupted(signal), _)) => Ending::Interrupted(*signal),
            Some((Stop::TimedOut, _)) => Ending::TimedOut,
            Some((Stop::LeaseLost(_), _)) => Ending::LeaseLost,
            Some((Stop::Unrecorded(_) | Stop::Refused(_), _)) => Ending::Failed,
            None if self.outcome.failures.is_empty() => Ending::Done,
            None => Ending::Failed,
        };
        self.outcome.facts = std::mem::take(&mut self.facts);
        let finished = EventKind::RunFinished { ending: self.outcome.ending.clone() };
        if let Err(stop) = self.tell(finished).await {
            self.outcome.stopped_because.get_or_insert(stop.because());
        }
        self.outcome
    }
}
