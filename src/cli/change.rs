//! The road of every command that changes something: observe, plan, refuse or confirm, lock, observe and plan again
//! under the lock, run, and observe once more until nothing is left to do.

use std::sync::Arc;

use super::arguments::ChangeArgs;
use super::confirm::{self, Confirmation};
use super::context::{Context, Session};
use super::error::CliError;
use super::exit::Exit;
use super::lease::Lease;
use super::look;
use super::outcome;
use super::run_id::RunId;
use super::signals::Signals;
use crate::executor::{self, Options, Order};
use crate::model::{DataSource, Depth, Desired, Ending, Goal, Live, Plan};
use crate::planner;
use crate::store::cache::Cache;
use crate::ui::run::Round;
use crate::ui::{self, Format};

/// Rounds of plan and run after which one command gives up converging: the second round is for what the first made
/// possible, the third for what AWS did meanwhile. More would be a quarrel with somebody.
const MOST_ROUNDS: usize = 3;

/// A change that a command wants.
pub(super) struct Change<'a> {
    pub(super) context: &'a Context,
    pub(super) desired: &'a Desired,
    pub(super) goal: Goal,
    pub(super) args: &'a ChangeArgs,
    pub(super) confirmation: Confirmation,
    /// False: `--no-wait`.
    pub(super) wait: bool,
}

/// One observation and the plan made from it.
pub(super) struct Proposal {
    pub(super) live: Live,
    pub(super) plan: Plan,
}

/// What was done.
pub(super) struct Made {
    /// Plans and their outcomes; empty when somebody else had done it before the lock was had.
    pub(super) rounds: Vec<Round>,
    /// The plan made afterwards, which has nothing left to do; `None`: something is left, or nobody looked.
    pub(super) left: Option<Plan>,
}

impl Change<'_> {
    /// The whole road.
    pub(super) async fn make(&self, session: &Session) -> Result<Exit, CliError> {
        let run = RunId::new(session);
        let begun = session.clock.now();
        if self.args.dry_run {
            return self.show(session, &run).await;
        }
        if self.is_urgent() {
            return self.make_at_once(session, &run, begun).await;
        }
        let proposal = self.propose(session, &run, &self.goal).await?;
        self.refuse(&proposal.plan, false)?;
        if proposal.plan.is_empty() {
            outcome::nothing_to_do(self, &proposal.plan, Some(&proposal.live))?;
            return Ok(Exit::Done);
        }
        confirm::confirm(self, &proposal.plan)?;
        let signals = Signals::listen();
        let lease = Lease::take(self, session, &run, &signals).await?;
        let answer = self.under_lease(session, &run, Some(proposal.plan.clone()), &lease, &signals).await;
        lease.release().await;
        outcome::report(self, session, &run, &answer?, Some(&proposal.live), begun)
    }

    /// The same with a verified snapshot first, under one lock and in one run.
    pub(super) async fn make_after_snapshot(&self, session: &Session, run: &RunId) -> Result<Exit, CliError> {
        let begun = session.clock.now();
        if self.args.dry_run {
            self.context.ui.say("A snapshot is taken first.");
            return self.show(session, run).await;
        }
        let proposal = self.propose(session, run, &self.goal).await?;
        self.refuse(&proposal.plan, false)?;
        if proposal.plan.is_empty() {
            outcome::nothing_to_do(self, &proposal.plan, Some(&proposal.live))?;
            return Ok(Exit::Done);
        }
        let taking = Change { goal: Goal::Snapshot, confirmation: self.confirmation.clone(), ..*self };
        let taken = taking.propose(session, run, &taking.goal).await?;
        taking.refuse(&taken.plan, false)?;
        if taken.plan.is_empty() {
            let why = format!("{} has nothing to take a snapshot of", self.desired.environment);
            return Err(CliError::new(Exit::Error, why).hint("leave --snapshot out"));
        }
        confirm::confirm(self, &proposal.plan)?;
        let signals = Signals::listen();
        let lease = Lease::take(self, session, run, &signals).await?;
        let made = self.snapshot_then_this(session, &taking, run, &lease, &signals).await;
        lease.release().await;
        match made? {
            (made, true) => outcome::report(self, session, run, &made, Some(&proposal.live), begun),
            (made, false) => outcome::report(&taking, session, run, &made, None, begun),
        }
    }

    /// `--dry-run`: the plan, as `envctl plan` shows it, and nothing else.
    pub(super) async fn show(&self, session: &Session, run: &RunId) -> Result<Exit, CliError> {
        let plan = self.propose(session, run, &self.goal).await?.plan;
        let ui = &self.context.ui;
        ui.answer(|| ui::plan::text(&plan, ui), || ui::plan::json(&plan))?;
        if !plan.refusals.is_empty() {
            return Err(CliError::refused(&plan, false).answered());
        }
        Ok(if plan.is_empty() { Exit::Done } else { Exit::Pending })
    }

    /// Takes the snapshot, and goes on when that is done; whether it did comes with what was made last.
    async fn snapshot_then_this(
        &self,
        session: &Session,
        taking: &Change<'_>,
        run: &RunId,
        lease: &Lease,
        signals: &Signals,
    ) -> Result<(Made, bool), CliError> {
        let taken = taking.under_lease(session, run, None, lease, signals).await?;
        if taken.rounds.last().is_none_or(|round| round.outcome.ending != Ending::Done) {
            return Ok((taken, false));
        }
        let after = run.after(taken.rounds.len());
        Ok((self.under_lease(session, &after, None, lease, signals).await?, true))
    }

    /// A rollback that nobody has to be asked about: it is looked at once, under the lock.
    fn is_urgent(&self) -> bool {
        let answered = self.confirmation.is_given(&self.desired.environment, self.args.yes);
        matches!(self.goal, Goal::Rollback { .. }) && answered.unwrap_or(false)
    }

    /// The road without a look before the lock.
    async fn make_at_once(&self, session: &Session, run: &RunId, begun: jiff::Timestamp) -> Result<Exit, CliError> {
        let signals = Signals::listen();
        let lease = Lease::take(self, session, run, &signals).await?;
        let answer = self.under_lease(session, run, None, &lease, &signals).await;
        lease.release().await;
        let made = answer?;
        outcome::report(self, session, run, &made, None, begun)
    }

    /// Observes and plans.
    pub(super) async fn propose(&self, session: &Session, run: &RunId, goal: &Goal) -> Result<Proposal, CliError> {
        let source = match goal {
            Goal::Up { from } => from.clone(),
            _ => DataSource::Latest,
        };
        let live = match goal {
            Goal::Rollback { to } => look::at_revisions(session, self.desired, to.values().cloned().collect()).await?,
            _ => look::observe(session, self.desired, Depth::Preflight, &source).await?,
        };
        let policy = look::policy(self.context, session, self.desired, run);
        let goal = session.lookups.pinned(goal).await;
        let plan = planner::plan(self.desired, &live, &goal, &policy);
        let mut plan = look::estimated(session, self.desired, &live, plan).await;
        let mistakes = planner::check(&plan);
        if mistakes.is_empty() {
            session.lookups.add_to(&mut plan, self.desired).await;
            return Ok(Proposal { live, plan });
        }
        let error =
            CliError::other("the plan does not hold together, so nothing was done: this is a mistake in envctl");
        Err(mistakes.into_iter().fold(error, CliError::detail))
    }

    /// A plan with refusals is shown, never run.
    fn refuse(&self, plan: &Plan, after_changes: bool) -> Result<(), CliError> {
        if plan.refusals.is_empty() {
            return Ok(());
        }
        let ui = &self.context.ui;
        let error = CliError::refused(plan, after_changes);
        match ui.format {
            Format::Json => {
                ui.json(&ui::plan::json(plan))?;
                Err(error.answered())
            }
            Format::Text => {
                ui.complain(&ui::plan::text(plan, ui));
                Err(error)
            }
        }
    }

    /// [`Change::rounds`], where a refusal is an error.
    async fn under_lease(
        &self,
        session: &Session,
        run: &RunId,
        shown: Option<Plan>,
        lease: &Lease,
        signals: &Signals,
    ) -> Result<Made, CliError> {
        let (made, refused) = self.rounds(session, run, shown, lease, signals).await?;
        match refused {
            Some(plan) => self.refuse(&plan, !made.rounds.is_empty()).map(|()| made),
            None => Ok(made),
        }
    }

    /// Plans again under the lock, runs, and goes on until a plan is empty, or is refused: then that plan comes too. Of
    /// snapshots there can always be another, so that one round is enough.
    pub(super) async fn rounds(
        &self,
        session: &Session,
        run: &RunId,
        mut shown: Option<Plan>,
        lease: &Lease,
        signals: &Signals,
    ) -> Result<(Made, Option<Plan>), CliError> {
        let mut rounds: Vec<Round> = Vec::new();
        while rounds.len() < MOST_ROUNDS {
            let goal = if rounds.is_empty() { self.goal.clone() } else { self.goal_of_later_rounds() };
            let proposal = self.propose(session, run, &goal).await?;
            if !proposal.plan.refusals.is_empty() {
                return Ok((Made { rounds, left: None }, Some(proposal.plan)));
            }
            if proposal.plan.is_empty() {
                return Ok((Made { rounds, left: Some(proposal.plan) }, None));
            }
            if let Some(shown) = shown.take() {
                confirm::confirm_if_changed(self, &shown, &proposal.plan, signals).await?;
            }
            let round = self.run(session, &run.round(rounds.len()), proposal, lease, signals).await?;
            let go_on = round.outcome.ending == Ending::Done && self.wait && !self.is_done_once();
            rounds.push(round);
            if !go_on {
                break;
            }
        }
        Ok((Made { rounds, left: None }, None))
    }

    /// Runs one plan, with journal and progress listening.
    async fn run(
        &self,
        session: &Session,
        run: &str,
        proposal: Proposal,
        lease: &Lease,
        signals: &Signals,
    ) -> Result<Round, CliError> {
        let options = Options {
            timeout: self.args.timeout,
            wait_for_deployments: self.wait,
            interrupt: signals.receiver(),
            guard: lease.guard(),
        };
        let mut stream = lease.stream(session, run).await?;
        let who = self.context.identity().who();
        let command = command_line();
        let order = Order {
            plan: &proposal.plan,
            live: &proposal.live,
            desired: self.desired,
            run,
            command: &command,
            who: &who,
        };
        let outcome = executor::run(&order, Arc::clone(&session.cloud), &mut stream, &options).await;
        Cache::new(&session.store).remember_durations(&self.desired.environment, &outcome.durations).await;
        Ok(Round { plan: proposal.plan, outcome })
    }

    /// Could the same be done again and again? Then one round is enough.
    fn is_done_once(&self) -> bool {
        matches!(self.goal, Goal::Snapshot | Goal::Run { .. } | Goal::Rollback { .. })
    }

    /// The data that `--from` asked for is there after the first round: it is not asked for again.
    fn goal_of_later_rounds(&self) -> Goal {
        match &self.goal {
            Goal::Up { .. } | Goal::RollbackData { .. } => Goal::Up { from: DataSource::Latest },
            other => other.clone(),
        }
    }
}

/// The command line as it was typed. No flag of envctl's carries a secret.
pub(super) fn command_line() -> String {
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().chars().filter(|c| !c.is_control()).collect())
        .collect();
    format!("envctl {}", words.join(" "))
}
