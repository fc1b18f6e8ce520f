//! The one loop. It owns all state; tasks bring answers, and it decides what comes next.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::failure::{self, Stop};
use super::retry::{self, Decision};
use super::schedule::{Schedule, Stage};
use super::sink::Stream;
use super::step::{Active, Next, Phase, Watch};
use super::task::{self, Answer, Hands};
use super::{Options, Order, Outcome, prior};
use crate::cloud::{Cloud, CloudError};
use crate::model::{
    Action, EventKind, Facts, LiveDatabase, Receipt, StepId, Token, Until, Wait, fact_name, present, resolve,
};

/// How long calls in flight may take to end once the run is stopped.
const PATIENCE: Duration = Duration::from_secs(20);

/// What ends the loop's sleep.
enum Woken {
    Stop(Stop),
    Answered(StepId, Answer),
    Panicked(StepId, JoinError),
    /// A task that nobody waits for any more.
    Forgotten,
    /// Calls in flight took too long after a stop.
    OutOfPatience,
}

/// A run.
pub(super) struct Engine<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) stream: &'a mut Stream,
    pub(super) options: &'a Options,
    pub(super) hands: Hands,
    pub(super) schedule: Schedule,
    pub(super) facts: Facts,
    pub(super) active: BTreeMap<StepId, Active<'a>>,
    pub(super) tasks: JoinSet<Answer>,
    pub(super) owners: HashMap<Id, StepId>,
    pub(super) begun: Instant,
    pub(super) stop: Option<(Stop, Instant)>,
    pub(super) outcome: Outcome,
}

impl<'a> Engine<'a> {
    pub(super) fn new(
        order: &'a Order<'a>,
        cloud: Arc<dyn Cloud>,
        stream: &'a mut Stream,
        options: &'a Options,
    ) -> Self {
        Self {
            order,
            stream,
            options,
            hands: Hands { cloud, guard: Arc::clone(&options.guard) },
            schedule: Schedule::new(&order.plan.steps),
            facts: order.live.facts(order.desired),
            active: BTreeMap::new(),
            tasks: JoinSet::new(),
            owners: HashMap::new(),
            begun: Instant::now(),
            stop: None,
            outcome: Outcome::empty(),
        }
    }

    pub(super) async fn run(mut self) -> Outcome {
        if let Err(stop) = self.open().await {
            self.halt(stop).await;
        }
        loop {
            if let Err(stop) = self.advance().await {
                self.halt(stop).await;
            }
            if self.active.is_empty() {
                break;
            }
            let woken = self.wake().await;
            if let Err(stop) = self.handle(woken).await {
                self.halt(stop).await;
            }
        }
        self.close().await
    }

    /// Announces the run and writes down what was there before, which is read back before anything is changed.
    async fn open(&mut self) -> Result<(), Stop> {
        let order = self.order;
        self.tell(EventKind::RunStarted {
            run: order.run.to_owned(),
            command: order.command.to_owned(),
            who: order.who.to_owned(),
            plan: Box::new(order.plan.clone()),
        })
        .await?;
        if let Some(refusal) = order.plan.refusals.first() {
            return Err(Stop::Refused(refusal.why.clone()));
        }
        if !order.plan.steps.is_empty() {
            self.tell(EventKind::PriorStateSaved { prior: prior::manifest(order.live) }).await?;
            self.stream.read_back().await.map_err(|error| Stop::Unrecorded(error.0))?;
        }
        Ok(())
    }

    /// Starts every step that may start.
    async fn advance(&mut self) -> Result<(), Stop> {
        if self.stop.is_some() {
            return Ok(());
        }
        if let Some(signal) = *self.options.interrupt.borrow() {
            return Err(Stop::Interrupted(signal));
        }
        loop {
            let ready = self.schedule.ready();
            if ready.is_empty() {
                break;
            }
            for step in ready {
                self.begin(&step).await?;
            }
            self.settle().await?;
        }
        if self.active.is_empty() {
            for step in self.schedule.abandon("it waits for itself: the plan goes in a circle") {
                self.skipped(step, "it waits for itself: the plan goes in a circle".to_owned()).await?;
            }
        }
        Ok(())
    }

    async fn begin(&mut self, id: &StepId) -> Result<(), Stop> {
        let Some(step) = self.order.plan.step(id) else { return Ok(()) };
        self.schedule.started(id);
        let action = match resolve(&step.action, &self.facts) {
            Ok(action) => action,
            Err(missing) => return self.failed(id, failure::unresolved(&missing)).await,
        };
        let token = Token { run: self.order.run.to_owned(), step: id.clone() };
        if let Err(stop) = self.tell(EventKind::StepStarted { step: id.clone(), attempt: 1 }).await {
            let _ = self.failed(id, failure::stopped(&stop, false)).await;
            return Err(stop);
        }
        let abort = self.spawn(id, self.hands.clone().perform(action.clone(), token.clone()));
        let begun = Instant::now();
        let phase = Phase::Calling;
        self.active.insert(
            id.clone(),
            Active { step, action, token, attempt: 1, failed: retry::Failed::default(), begun, phase, abort },
        );
        Ok(())
    }

    fn spawn(&mut self, id: &StepId, task: impl Future<Output = Answer> + Send + 'static) -> tokio::task::AbortHandle {
        let abort = self.tasks.spawn(task);
        self.owners.insert(abort.id(), id.clone());
        abort
    }

    /// Sleeps until something happens.
    async fn wake(&mut self) -> Woken {
        let stopped = self.stop.as_ref().map(|(_, since)| *since + PATIENCE);
        let timeout = self.options.timeout.map(|timeout| self.begun + timeout);
        let mut interrupt = self.options.interrupt.clone();
        let interrupted = async {
            match interrupt.wait_for(Option::is_some).await {
                Ok(signal) => signal.unwrap_or_default(),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            signal = interrupted, if stopped.is_none() => Woken::Stop(Stop::Interrupted(signal)),
            () = until(timeout), if stopped.is_none() => Woken::Stop(Stop::TimedOut),
            () = until(stopped) => Woken::OutOfPatience,
            Some(ended) = self.tasks.join_next_with_id() => match ended {
                Ok((task, answer)) => match self.owners.remove(&task) {
                    Some(step) => Woken::Answered(step, answer),
                    None => Woken::Forgotten,
                },
                Err(error) => match self.owners.remove(&error.id()) {
                    Some(step) => Woken::Panicked(step, error),
                    None => Woken::Forgotten,
                },
            },
        }
    }

    async fn handle(&mut self, woken: Woken) -> Result<(), Stop> {
        match woken {
            Woken::Stop(stop) => return Err(stop),
            Woken::Forgotten => {}
            Woken::OutOfPatience => self.leave_all().await,
            Woken::Panicked(step, error) => {
                if self.active.contains_key(&step) {
                    self.failed(&step, failure::internal(&error)).await?;
                }
            }
            Woken::Answered(step, answer) => {
                if let Some(active) = self.active.remove(&step) {
                    self.answered(active, answer).await?;
                }
            }
        }
        self.settle().await
    }

    async fn answered(&mut self, active: Active<'a>, answer: Answer) -> Result<(), Stop> {
        match answer {
            Answer::Paused => self.again(active).await,
            Answer::Performed(Ok(receipt)) => self.performed(active, receipt).await,
            Answer::Performed(Err(error)) => self.refused(active, &error).await,
            Answer::NotAllowed(why) => {
                let stop = Stop::LeaseLost(why);
                self.failed(&active.step.id, failure::stopped(&stop, false)).await?;
                Err(stop)
            }
            Answer::Looked(looked) => self.looked(active, looked).await,
        }
    }

    /// The pause is over: another try, announced like the first.
    async fn again(&mut self, mut active: Active<'a>) -> Result<(), Stop> {
        active.attempt += 1;
        let step = active.step.id.clone();
        if let Err(stop) = self.tell(EventKind::StepStarted { step: step.clone(), attempt: active.attempt }).await {
            let _ = self.failed(&step, failure::stopped(&stop, false)).await;
            return Err(stop);
        }
        active.abort = self.spawn(&step, self.hands.clone().perform(active.action.clone(), active.token.clone()));
        active.phase = Phase::Calling;
        self.active.insert(step, active);
        Ok(())
    }

    /// The call succeeded: wait, or be done.
    async fn performed(&mut self, active: Active<'a>, receipt: Receipt) -> Result<(), Stop> {
        self.facts.extend(receipt.facts.clone());
        let step = active.step.id.clone();
        let Some(wait) = &active.step.wait else {
            return self.succeeded(active, receipt.facts, receipt.changed, Stage::Succeeded).await;
        };
        if let Some((stop, _)) = &self.stop {
            let failure = failure::stopped(stop, true);
            return self.failed(&step, failure).await;
        }
        if !self.options.wait_for_deployments && of_deployment(&wait.until) {
            return self.succeeded(active, receipt.facts, receipt.changed, Stage::Left).await;
        }
        match self.resolved(wait) {
            Err(missing) => self.failed(&step, failure::unresolved(&missing)).await,
            Ok(wait) => {
                let watch = Box::new(Watch::new(&active.action, wait, receipt, active.step.expected_seconds));
                let delay = watch.first_delay();
                self.watch(active, watch, delay);
                Ok(())
            }
        }
    }

    /// A wait with its late values. An update that started no deployment has no deployment id: any complete
    /// deployment of the wanted revision will do.
    fn resolved(&self, wait: &Wait) -> Result<Wait, crate::model::Unresolved> {
        let mut facts = Facts::from([(fact_name(&wait.key, "deployment"), String::new())]);
        facts.extend(self.facts.clone());
        resolve(wait, &facts)
    }

    fn watch(&mut self, mut active: Active<'a>, watch: Box<Watch>, delay: Duration) {
        let step = active.step.id.clone();
        active.abort = self.spawn(&step, self.hands.clone().look(watch.wait.subject.clone(), delay));
        active.phase = Phase::Watching(watch);
        self.active.insert(step, active);
    }

    /// The call failed: another try after a pause, or the end of the step.
    async fn refused(&mut self, mut active: Active<'a>, error: &CloudError) -> Result<(), Stop> {
        let step = active.step.id.clone();
        let since = active.begun.elapsed();
        active.failed.count(error.kind);
        match retry::decide(error, &active.token, active.failed, since, self.stream.now()) {
            Decision::GiveUp => self.failed(&step, failure::of_call(error, active.attempt)).await,
            Decision::Again(_) if self.stop.is_some() => {
                self.failed(&step, failure::of_call(error, active.attempt)).await
            }
            Decision::Again(pause) => {
                let in_milliseconds = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
                active.abort = self.spawn(&step, task::pause(pause));
                active.phase = Phase::Pausing;
                self.active.insert(step.clone(), active);
                self.tell(EventKind::StepRetrying { step, why: error.to_string(), in_milliseconds }).await
            }
        }
    }

    async fn looked(
        &mut self,
        mut active: Active<'a>,
        looked: Result<crate::model::Status, CloudError>,
    ) -> Result<(), Stop> {
        let step = active.step.id.clone();
        let phase = std::mem::replace(&mut active.phase, Phase::Calling);
        let Phase::Watching(mut watch) = phase else { return Ok(()) };
        match watch.judge(looked, self.source_of(&active.action)) {
            Next::Look(delay, news) => {
                self.watch(active, watch, delay);
                match news {
                    Some(detail) => self.tell(EventKind::StepWaiting { step, detail }).await,
                    None => Ok(()),
                }
            }
            Next::Done(learned) => {
                let mut facts = watch.receipt.facts;
                facts.extend(learned);
                self.succeeded(active, facts, watch.receipt.changed, Stage::Succeeded).await
            }
            Next::Failed(failure) => self.failed(&step, failure).await,
        }
    }

    /// The database that a snapshot is taken of, as it was observed.
    fn source_of(&self, action: &Action) -> Option<&'a LiveDatabase> {
        let Action::CreateSnapshot { database, .. } = action else { return None };
        let order = self.order;
        present(&order.live.databases).map(|(_, live)| live).find(|live| live.identifier == *database)
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

fn of_deployment(until: &Until) -> bool {
    matches!(until, Until::Deployed { .. } | Until::TargetsHealthy { .. })
}
