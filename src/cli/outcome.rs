//! The end of a command that changes something: its answer, and its exit code.

use jiff::Timestamp;

use super::change::{Change, Made};
use super::context::Session;
use super::error::CliError;
use super::exit::Exit;
use super::run_id::RunId;
use crate::model::{Ending, Failure, FailureKind, Goal, Live, Plan, Power, ResourceKey, ResourceKind, fact_name};
use crate::report::{self, Amount, CostOptions, PriceTable};
use crate::ui::run::{self, Round, RunView};
use crate::ui::{Format, quantity};

/// The plan was empty.
pub(super) fn nothing_to_do(change: &Change<'_>, plan: &Plan, live: Option<&Live>) -> Result<(), CliError> {
    let ui = &change.context.ui;
    let addresses = live.map(|live| addresses(change, live)).unwrap_or_default();
    ui.answer(
        || format!("{}; nothing to do\n{}", already(change, plan, &addresses), crate::ui::plan::remains(plan, ui)),
        || run::json_in_sync(plan, &addresses),
    )?;
    Ok(())
}

fn already(change: &Change<'_>, plan: &Plan, addresses: &[String]) -> String {
    match change.goal {
        Goal::Snapshot => format!("{} has nothing to take a snapshot of", plan.environment),
        Goal::DiscardFormer => format!("{}: no restore has put anything aside", plan.environment),
        Goal::Prune => format!("{}: every snapshot is kept by the spec's retention", plan.environment),
        Goal::Deploy { .. } => format!("{} runs that already", plan.environment),
        Goal::Rollback { .. } => format!("{} runs that revision already", plan.environment),
        Goal::RollbackData { .. } => format!("{} runs that revision with that data already", plan.environment),
        Goal::DiscardKept => format!("{}: no database is kept", plan.environment),
        Goal::Maintenance { on: true } => format!("{} is in maintenance already", plan.environment),
        Goal::Maintenance { on: false } => format!("{} is not in maintenance", plan.environment),
        _ => run::state(plan, addresses),
    }
}

/// Tells how the runs ended.
pub(super) fn report(
    change: &Change<'_>,
    session: &Session,
    run: &RunId,
    made: &Made,
    live: Option<&Live>,
    begun: Timestamp,
) -> Result<Exit, CliError> {
    let rounds: &[Round] = &made.rounds;
    let Some(last) = rounds.last() else { return done_by_somebody_else(change, made, live) };
    let exit = exit_of(&last.outcome.ending, last.outcome.failures.values());
    let complete = exit == Exit::Done && last.outcome.skipped.is_empty();
    let addresses = live.filter(|_| complete).map(|live| addresses(change, live)).unwrap_or_default();
    let id = run.to_string();
    let view = RunView {
        run: &id,
        rounds,
        elapsed_seconds: quantity::seconds_between(begun, session.clock.now()),
        addresses: &addresses,
        exit_code: exit.number(),
    };
    let ui = &change.context.ui;
    if ui.format == Format::Json {
        ui.json(&run::json(&view))?;
    }
    if exit == Exit::Done {
        if ui.format == Format::Text {
            let remains = crate::ui::plan::remains(&what_remains(made, &last.plan), ui);
            ui.data(&(run::done(&view) + &said(change, last) + &bill(change, last.plan.power_wanted) + &remains))?;
        }
        return Ok(exit);
    }
    let error = CliError::new(exit, sentence(change, &last.outcome.ending)).answered();
    let error = run::not_done(&view, ui).into_iter().fold(error, CliError::detail);
    Err(error.hint(way_on(change)))
}

/// What to do after a run that did not end well.
fn way_on(change: &Change<'_>) -> String {
    let environment = &change.desired.environment;
    match &change.goal {
        Goal::Deploy { .. } => format!(
            "what ran before runs on, or ECS goes back to it by itself; `envctl rollback {environment}` does so at once, `envctl status {environment}` shows what is there"
        ),
        Goal::Run { task, .. } => format!("when its cause is mended: envctl run {environment} {task}"),
        goal => format!(
            "nothing has to be undone: `envctl {} {environment}` goes on from here, `envctl status {environment}` shows what is there",
            goal.command()
        ),
    }
}

/// What a one-off task printed, as far as it was kept.
fn said(change: &Change<'_>, last: &Round) -> String {
    let Goal::Run { task, .. } = &change.goal else { return String::new() };
    let lines = last.outcome.facts.get(&fact_name(&ResourceKey::new(ResourceKind::Task, task), "output"));
    lines.into_iter().flat_map(|lines| lines.lines()).map(|line| format!("it said: {line}\n")).collect()
}

/// What it costs from now on; empty where that is nothing, or nobody knows.
fn bill(change: &Change<'_>, power: Power) -> String {
    let Ok(report) = report::cost(change.desired, PriceTable::shipped(), &CostOptions::default()) else {
        return String::new();
    };
    let asleep = |amount: Amount| format!("Asleep it costs {} USD a month.\n", amount.display(2));
    match (&change.goal, power) {
        (goal, _) if !matches!(goal, Goal::Up { .. } | Goal::Down { .. } | Goal::Destroy { .. }) => String::new(),
        (_, Power::Absent) => String::new(),
        (_, Power::Up) => format!("While it is up it costs {} USD an hour.\n", report.up_per_hour.display(2)),
        (_, Power::Parked) => asleep(report.parked_per_month),
        (_, Power::Hibernated) => asleep(report.hibernated_per_month),
    }
}

/// The plan whose notes tell what stays: the newest word on each resource, from the plan that was run or from the
/// empty one after it.
fn what_remains(made: &Made, last: &Plan) -> Plan {
    let Some(left) = &made.left else { return last.clone() };
    let mut plan = left.clone();
    let older = last.notes.iter().filter(|note| !left.notes.iter().any(|newer| newer.key == note.key));
    plan.notes.extend(older.cloned());
    plan
}

/// Between the question and the lock somebody else did what was wanted.
fn done_by_somebody_else(change: &Change<'_>, made: &Made, live: Option<&Live>) -> Result<Exit, CliError> {
    if let Some(plan) = &made.left {
        nothing_to_do(change, plan, live)?;
    }
    Ok(Exit::Done)
}

fn sentence(change: &Change<'_>, ending: &Ending) -> String {
    let what = format!("{} of {}", change.goal.command(), change.desired.environment);
    match ending {
        Ending::Done => format!("{what} is done"),
        Ending::Failed => format!("{what} failed"),
        Ending::Interrupted(_) => format!("{what} was interrupted"),
        Ending::TimedOut => format!("{what} did not end within --timeout"),
        Ending::LeaseLost => format!("{what} was stopped: somebody else holds the lock now"),
    }
}

fn addresses(change: &Change<'_>, live: &Live) -> Vec<String> {
    let up = matches!(change.goal, Goal::Up { .. });
    if up { run::addresses(change.desired, live) } else { Vec::new() }
}

/// The exit code of an ending; the gravest failure decides where several steps failed.
pub(super) fn exit_of<'a>(ending: &Ending, failures: impl Iterator<Item = &'a Failure>) -> Exit {
    match ending {
        Ending::Done => Exit::Done,
        Ending::Interrupted(signal) => Exit::Signal(*signal),
        Ending::TimedOut => Exit::TimedOut,
        Ending::LeaseLost => Exit::Locked,
        Ending::Failed => {
            let kinds: Vec<FailureKind> = failures.map(|failure| failure.kind).collect();
            if kinds.contains(&FailureKind::DeploymentFailed) {
                Exit::DeploymentFailed
            } else if kinds.contains(&FailureKind::TimedOut) {
                Exit::TimedOut
            } else {
                Exit::Error
            }
        }
    }
}
