//! One command of one person: the road that the command line takes, without the terminal.

use std::sync::Arc;
use std::time::Duration;

use envctl::clock::Clock;
use envctl::cloud::Cloud;
use envctl::executor::{self, Options, Order, Stream};
use envctl::model::{DataSource, Depth, Desired, Ending, Goal, Live, Plan, Policy};
use envctl::store::Store;
use envctl::store::journal::Journals;
use envctl::store::lock::{Holder, Lease, Locks};
use envctl::{observer, planner, report};

use super::script::Release;
use super::watched::Watched;

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing was left to do.
    Converged,
    /// Somebody else holds the lock.
    Locked,
    /// The plan has refusals.
    Refused(Vec<String>),
    /// A step failed.
    Failed(Vec<String>),
    /// The cloud could not be looked at.
    Blind,
}

/// Who runs it, and on what.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) cloud: Watched,
    pub(crate) store: Store,
    /// How long this person waits for the lock.
    pub(crate) patience: Duration,
}

impl Person {
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.cloud.cloud.clone())
    }

    /// Observes and plans, as a read does.
    pub(crate) async fn propose(&self, desired: &Desired, goal: &Goal, run: &str) -> Option<(Live, Plan)> {
        let source = match goal {
            Goal::Up { from } => from.clone(),
            _ => DataSource::Latest,
        };
        let scope = observer::scope_with_data(
            observer::scope(desired, Depth::Preflight, std::collections::BTreeMap::new()),
            &source,
        );
        let mut live = observer::observe(&self.cloud, &scope).await.ok()?;
        if let Some(bug) = self.cloud.bug {
            bug.overlook(&mut live);
        }
        let policy = Policy {
            now: self.clock().now(),
            who: self.name.clone(),
            suffix: suffix(run),
            sleep_cost: report::sleep_cost(desired, report::PriceTable::shipped()),
        };
        let goal = &self.cloud.bug.map_or_else(|| goal.clone(), |bug| bug.misheard(goal));
        let mut plan = planner::plan(desired, &live, goal, &policy);
        let mistakes = planner::check(&plan);
        assert!(mistakes.is_empty(), "the plan does not hold together: {mistakes:?}");
        if let Some(bug) = self.cloud.bug {
            bug.plant_in(&mut plan);
        }
        Some((live, plan))
    }

    /// A release: a snapshot first where one is wanted, then the deployment, by one run.
    pub(crate) async fn release(&self, desired: &Desired, settings: &Release, run: &str) -> End {
        if settings.snapshot {
            let taken = self.execute(desired, &Goal::Snapshot, run).await;
            if taken != End::Converged {
                return taken;
            }
        }
        let taken_by = suffix(&format!("{run}-0"));
        let by = format!("20260101T000000Z-{}", if settings.snapshot { taken_by } else { "none".to_owned() });
        let goal = Goal::Deploy { settings: settings.of(desired), by };
        self.execute(desired, &goal, &format!("{run}-deploy")).await
    }

    /// The whole command under the lock.
    pub(crate) async fn execute(&self, desired: &Desired, goal: &Goal, run: &str) -> End {
        let holder = Holder {
            run: run.to_owned(),
            owner: self.name.clone(),
            host: format!("{}s-laptop", self.name),
            process: 1,
            process_identity: None,
            command: goal.command().to_owned(),
            ci: None,
            reason: None,
        };
        let locks = Locks::new(&self.store, self.clock());
        let Ok(lease) = locks.acquire_within(&desired.environment, &holder, self.patience, |_| ()).await else {
            return End::Locked;
        };
        let lease = Arc::new(lease);
        let end = self.rounds(desired, goal, run, &lease).await;
        let _ = lease.release().await;
        end
    }

    async fn rounds(&self, desired: &Desired, goal: &Goal, run: &str, lease: &Arc<Lease>) -> End {
        for round in 0..3 {
            let run = format!("{run}-{round}");
            // The data that was asked for is there after the first round.
            let again = Goal::Up { from: DataSource::Latest };
            let begun = matches!(goal, Goal::Up { .. } | Goal::RollbackData { .. });
            let goal = if round > 0 && begun { &again } else { goal };
            let Some((live, plan)) = self.propose(desired, goal, &run).await else { return End::Blind };
            if !plan.refusals.is_empty() {
                return End::Refused(plan.refusals.iter().map(|refusal| refusal.why.clone()).collect());
            }
            if plan.is_empty() {
                return End::Converged;
            }
            let journal = Journals::new(&self.store).begin(&desired.environment, &run).await.expect("a journal");
            let mut stream = Stream::new(self.clock(), Vec::new()).with_journal(journal);
            let options = Options { guard: Arc::clone(lease) as _, ..Options::default() };
            let order =
                Order { plan: &plan, live: &live, desired, run: &run, command: goal.command(), who: &self.name };
            let destroys = matches!(goal, Goal::Destroy { .. });
            let cloud: Arc<dyn Cloud> = Arc::new(Watched { destroys, ..self.cloud.clone() });
            let outcome = executor::run(&order, cloud, &mut stream, &options).await;
            if outcome.ending != Ending::Done {
                return End::Failed(
                    outcome.failures.iter().map(|(step, failure)| format!("{step}: {}", failure.message)).collect(),
                );
            }
            if matches!(goal, Goal::Snapshot | Goal::Run { .. } | Goal::Rollback { .. }) {
                // The same could be done again and again.
                return End::Converged;
            }
        }
        match self.propose(desired, goal, run).await {
            Some((_, plan)) if plan.is_empty() => End::Converged,
            Some((_, plan)) => End::Failed(plan.steps.iter().map(|step| format!("still to do: {}", step.id)).collect()),
            None => End::Blind,
        }
    }
}

/// Four hexadecimal digits of a run.
fn suffix(run: &str) -> String {
    let sum = run.bytes().fold(0_u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(u16::from(byte)));
    format!("{sum:04x}")
}
