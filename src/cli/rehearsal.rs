//! Performs a rehearsal: plans and runs on simulated clouds that stand as the real one was seen, in virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::exit::Exit;
use super::outcome::exit_of;
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::cloud::sim::{FaultPlan, SimCloud, World};
use crate::executor::{self, EventSink, Options, Order, SinkError, Stream};
use crate::model::{DataSource, Depth, Desired, Ending, Event, EventKind, Goal, Live, Plan, Policy, StepId};
use crate::store::cache::{self, Durations};
use crate::ui::quantity;
use crate::ui::rehearsal::{BadDay, Rehearsal, WeakSpot};
use crate::ui::run::Round;
use crate::{observer, planner};

/// Rounds of plan and run, as of the command itself.
const MOST_ROUNDS: usize = 3;
/// The seed of durations: the same rehearsal takes the same time.
const PACE_SEED: u64 = 1;
/// How long somebody waits after a run that failed before going on: what was under way has come to its end.
const PAUSE: Duration = Duration::from_secs(3600);

/// What is rehearsed.
pub(super) struct Stage {
    pub(super) desired: Desired,
    pub(super) goal: Goal,
    /// What the first plan was made by.
    pub(super) policy: Policy,
    /// Bound of each run, in simulated time.
    pub(super) timeout: Option<Duration>,
}

/// What became of one command on one simulated cloud.
struct Performance {
    rounds: Vec<Round>,
    /// The last plan had nothing left to do.
    converged: bool,
    elapsed_seconds: u64,
    events: Vec<Event>,
}

impl Stage {
    /// Rehearses the plan; with a seed on a bad day. Must run in a runtime whose clock is paused.
    pub(super) async fn rehearse(
        &self,
        live: &Live,
        mut plan: Plan,
        durations: &Durations,
        seed: Option<u64>,
    ) -> (Rehearsal, Exit) {
        cache::estimate(&mut plan, durations);
        let world = World::from_live(live, &self.desired, PACE_SEED);
        let cloud = SimCloud::new(world.clone());
        let faulty = seed.map_or_else(|| cloud.clone(), |seed| cloud.with_faults(bad_day(seed)));
        let caveats = self.caveats(live, &plan, &world).await;
        let performance = self.perform(&faulty, Some((live, &plan))).await;
        let bad_day = match seed {
            Some(seed) => Some(self.tell_bad_day(seed, &cloud, &performance).await),
            None => None,
        };
        let broken = self.broken(&cloud, &world);
        let weak_spots = if seed.is_none() { self.weak_spots(live, &plan, &world).await } else { Vec::new() };
        let converges = bad_day.as_ref().map_or(performance.converged, |day| day.converges);
        let exit = self.exit(&performance, broken.is_empty() && converges);
        let learned =
            if seed.is_none() { learn(&mut plan, &performance, durations) } else { as_taken(&mut plan, &performance) };
        let rehearsal = Rehearsal {
            plan,
            learned,
            rounds: performance.rounds,
            elapsed_seconds: performance.elapsed_seconds,
            broken,
            caveats,
            weak_spots,
            bad_day,
            exit_code: exit.number(),
        };
        (rehearsal, exit)
    }

    fn exit(&self, performance: &Performance, ends_well: bool) -> Exit {
        let exit = performance
            .rounds
            .last()
            .map_or(Exit::Done, |last| exit_of(&last.outcome.ending, last.outcome.failures.values()));
        if exit == Exit::Done && !ends_well { Exit::Error } else { exit }
    }

    /// Plans and runs until a plan is empty, a run fails, or there were too many.
    async fn perform(&self, cloud: &SimCloud, first: Option<(&Live, &Plan)>) -> Performance {
        let begun = cloud.now();
        let mut performance =
            Performance { rounds: Vec::new(), converged: false, elapsed_seconds: 0, events: Vec::new() };
        let mut next = first.map(|(live, plan)| (live.clone(), plan.clone()));
        let mut ended = begun;
        loop {
            let proposal = match next.take() {
                Some(first) => Ok(first),
                None => self.propose(cloud, performance.rounds.is_empty()).await,
            };
            let Ok((live, plan)) = proposal else { break };
            performance.converged = plan.is_empty() && plan.refusals.is_empty();
            if plan.is_empty() || !plan.refusals.is_empty() || performance.rounds.len() == MOST_ROUNDS {
                break;
            }
            let number = performance.rounds.len();
            let round = self.execute(cloud, &live, plan, number, &mut performance.events).await;
            ended = cloud.now();
            let done = round.outcome.ending == Ending::Done;
            performance.rounds.push(round);
            if !done {
                break;
            }
        }
        performance.elapsed_seconds = quantity::seconds_between(begun, ended);
        performance
    }

    /// Observes the simulated cloud and plans.
    async fn propose(&self, cloud: &SimCloud, is_first: bool) -> Result<(Live, Plan), CloudError> {
        let goal = match &self.goal {
            Goal::Up { .. } if !is_first => Goal::Up { from: DataSource::Latest },
            goal => goal.clone(),
        };
        let scope = observer::scope(&self.desired, Depth::Preflight, BTreeMap::new());
        let scope = observer::scope_with_data(scope, &source_of(&goal));
        let live = observer::observe(cloud, &scope).await?;
        // The first plan is made for the moment of the look: names that hold the time are then the same.
        let now = if is_first { self.policy.now } else { cloud.now() };
        let policy = Policy { now, ..self.policy.clone() };
        let plan = planner::plan(&self.desired, &live, &goal, &policy);
        Ok((live, plan))
    }

    async fn execute(
        &self,
        cloud: &SimCloud,
        live: &Live,
        plan: Plan,
        number: usize,
        events: &mut Vec<Event>,
    ) -> Round {
        let notebook = Notebook::default();
        let run = format!("rehearsal-{}-{}", cloud.now().as_second(), number + 1);
        let order = Order {
            plan: &plan,
            live,
            desired: &self.desired,
            run: &run,
            command: "envctl rehearse",
            who: &self.policy.who,
        };
        let mut stream = Stream::new(Arc::new(cloud.clone()), vec![Box::new(notebook.clone())]);
        let options = Options { timeout: self.timeout, ..Options::default() };
        let outcome = executor::run(&order, Arc::new(cloud.clone()), &mut stream, &options).await;
        events.extend(notebook.take());
        Round { plan, outcome }
    }

    /// Goes on later, without faults, after a run that may have failed.
    async fn later(&self, cloud: &SimCloud) -> Performance {
        tokio::time::sleep(PAUSE).await;
        let first = self.perform(cloud, None).await;
        if first.converged {
            return first;
        }
        // Tasks that failed before count against a wait that begins now, so that a first try may fail.
        tokio::time::sleep(PAUSE).await;
        self.perform(cloud, None).await
    }

    async fn tell_bad_day(&self, seed: u64, cloud: &SimCloud, performance: &Performance) -> BadDay {
        let mut troubles = BTreeMap::new();
        let mut tries = BTreeMap::new();
        for event in &performance.events {
            match &event.kind {
                EventKind::StepRetrying { why, .. } => *troubles.entry(without_request(why)).or_insert(0) += 1,
                EventKind::StepStarted { step, attempt } if *attempt > 1 => {
                    tries.insert(step.clone(), *attempt);
                }
                _ => {}
            }
        }
        let later = self.later(cloud).await;
        BadDay { seed, troubles, tries, converges: later.converged, later_seconds: later.elapsed_seconds }
    }

    /// For each kind of call that the plan makes: what if it is refused?
    async fn weak_spots(&self, live: &Live, plan: &Plan, world: &World) -> Vec<WeakSpot> {
        let mut spots: Vec<WeakSpot> = Vec::new();
        for operation in plan.steps.iter().map(|step| SimCloud::operation_of(&step.action)) {
            if spots.iter().any(|spot| spot.operation == operation) {
                continue;
            }
            let mut refusing = world.clone();
            refusing.behaviours.refused.insert(operation.to_owned(), "AccessDenied".to_owned());
            let cloud = SimCloud::new(refusing);
            let performance = self.perform(&cloud, Some((live, plan))).await;
            cloud.edit(|world| world.behaviours.refused.clear());
            let later = self.later(&cloud).await;
            let first = performance.rounds.first().map(|round| &round.outcome);
            spots.push(WeakSpot {
                operation: operation.to_owned(),
                failed: first.map_or(0, |outcome| outcome.failures.len()),
                skipped: first.map_or(0, |outcome| outcome.skipped.len()),
                broken: self.broken(&cloud, world),
                converges: later.converged,
            });
        }
        spots
    }

    /// What is lost or broken on this cloud, in words.
    fn broken(&self, cloud: &SimCloud, before: &World) -> Vec<String> {
        let now = cloud.world();
        let mut broken: Vec<String> = now.violations.iter().cloned().collect();
        // Who asks for the snapshots to go as well asks for the data to go.
        if self.goal != (Goal::Destroy { delete_snapshots: true }) {
            broken.extend(now.lost_data());
        }
        broken.extend(now.duplicates());
        if now.strangers() != before.strangers() {
            broken.push("something that is not this environment's was changed".to_owned());
        }
        broken
    }

    /// Where a plan made from the simulated cloud differs from the one made from the real cloud.
    async fn caveats(&self, live: &Live, plan: &Plan, world: &World) -> Vec<String> {
        let mut caveats = live.gaps.clone();
        let Ok((_, again)) = self.propose(&SimCloud::new(world.clone()), true).await else { return caveats };
        let ids = |plan: &Plan| plan.steps.iter().map(|step| step.id.clone()).collect::<BTreeSet<_>>();
        let (real, simulated) = (ids(plan), ids(&again));
        let title = |of: &Plan, id: &StepId| of.step(id).map_or_else(|| id.to_string(), |step| step.title.clone());
        caveats.extend(
            real.difference(&simulated)
                .map(|id| format!("{}: in the simulated cloud this was so already", title(plan, id))),
        );
        caveats.extend(
            simulated.difference(&real).map(|id| format!("{}: wanted in the simulated cloud alone", title(&again, id))),
        );
        caveats
    }
}

/// The data that a look must look for.
pub(super) fn source_of(goal: &Goal) -> DataSource {
    match goal {
        Goal::Up { from } => from.clone(),
        _ => DataSource::Latest,
    }
}

/// What a bad day is made of, in a thousand calls.
fn bad_day(seed: u64) -> FaultPlan {
    FaultPlan {
        seed,
        throttle: 80,
        server_error: 40,
        lost_reply: 60,
        slow_start: 100,
        stale_read: 30,
        refusal: 10,
        ..FaultPlan::NONE
    }
}

/// Sets each step's time to what it took, or lately took in this environment; which ones are the latter.
fn learn(plan: &mut Plan, performance: &Performance, durations: &Durations) -> BTreeSet<StepId> {
    as_taken(plan, performance);
    cache::estimate(plan, durations);
    let known = |id: &&StepId| cache::usual_seconds(durations, id).is_some();
    plan.steps.iter().map(|step| &step.id).filter(known).cloned().collect()
}

/// Sets each step's time to what it took here.
fn as_taken(plan: &mut Plan, performance: &Performance) -> BTreeSet<StepId> {
    if let Some(first) = performance.rounds.first() {
        for step in &mut plan.steps {
            let took = first.outcome.durations.get(&step.id).copied();
            step.expected_seconds =
                took.map_or(step.expected_seconds, |took| (took + Duration::from_millis(500)).as_secs());
        }
    }
    BTreeSet::new()
}

/// A call's error without the id that differs from call to call.
fn without_request(why: &str) -> String {
    why.split(" [request ").next().unwrap_or(why).to_owned()
}

/// Writes down what happens.
#[derive(Clone, Default)]
struct Notebook(Arc<Mutex<Vec<Event>>>);

impl Notebook {
    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EventSink for Notebook {
    fn emit(&mut self, event: &Event) -> Result<(), SinkError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        Ok(())
    }
}
