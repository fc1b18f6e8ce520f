//! How a command that changes something ended: what is done, what is not, and how to go on.

use serde::Serialize;

use super::progress::{ending_words, failure_kind};
use super::{FORMAT_VERSION, Ui, Verbosity, quantity, style};
use crate::executor::Outcome;
use crate::model::{Desired, Ending, Failure, FailureKind, Live, Plan, Power, RuleSpec, StepId};

/// A plan that was run, and how that ended.
#[derive(Clone, Debug)]
pub struct Round {
    /// The plan.
    pub plan: Plan,
    /// How its run ended.
    pub outcome: Outcome,
}

/// A command's runs, one after the other; never empty.
#[derive(Clone, Copy, Debug)]
pub struct RunView<'a> {
    /// Run id.
    pub run: &'a str,
    /// Plans and their outcomes.
    pub rounds: &'a [Round],
    /// Seconds that all of it took, in the cloud's time.
    pub elapsed_seconds: u64,
    /// Addresses that it serves now; empty while it does not.
    pub addresses: &'a [String],
    /// What the exit code is.
    pub exit_code: u8,
}

impl RunView<'_> {
    /// Nothing failed, and something was not begun: `--no-wait`.
    pub fn is_under_way(&self) -> bool {
        self.rounds.last().is_some_and(|last| last.outcome.ending == Ending::Done && !last.outcome.skipped.is_empty())
    }
}

/// Where an environment is to be found: every host of its rules.
pub fn addresses(desired: &Desired, live: &Live) -> Vec<String> {
    let scheme = |rule: &RuleSpec| {
        let listener = live.borrowed.listeners.get(&rule.listener).and_then(|sighting| sighting.present());
        match listener.and_then(|listener| listener.protocol.as_deref()) {
            Some("HTTP") => "http",
            _ => "https",
        }
    };
    let hosts = |rule: &RuleSpec| -> Vec<String> {
        let lists = rule.conditions.iter().filter_map(|condition| match condition {
            crate::model::Condition::HostHeader(hosts) => Some(hosts.clone()),
            _ => None,
        });
        lists.flatten().collect()
    };
    let mut found: Vec<String> = desired
        .rules
        .values()
        .flat_map(|rule| hosts(rule).into_iter().map(move |host| format!("{}://{host}", scheme(rule))))
        .collect();
    found.dedup();
    found
}

/// One line: what the environment is now.
pub fn done(view: &RunView<'_>) -> String {
    let plan = &view.rounds[view.rounds.len() - 1].plan;
    let steps: usize = view.rounds.iter().map(|round| round.outcome.changed).sum();
    let size = format!("{}, {}", quantity::count(steps, "change"), quantity::duration(view.elapsed_seconds));
    if view.is_under_way() {
        let environment = style::paint(style::HEADING, &plan.environment);
        let go_on = format!("envctl {} {}", plan.goal.command(), plan.environment);
        return format!("{environment} is on its way ({size}); `{go_on}` does what is left\n");
    }
    format!("{} ({size})\n", state(plan, view.addresses))
}

/// `staging is up: https://staging.example.org`.
pub fn state(plan: &Plan, addresses: &[String]) -> String {
    let environment = style::paint(style::HEADING, &plan.environment);
    use crate::model::Goal;
    match (&plan.goal, plan.power_wanted) {
        (Goal::Snapshot, _) => format!("{environment}: snapshot taken"),
        (Goal::Prune, _) => format!("{environment}: snapshots pruned"),
        (Goal::DiscardFormer, _) => format!("{environment}: former files removed"),
        (Goal::Deploy { .. }, _) => format!("{environment}: the new revision is deployed"),
        (Goal::Rollback { .. }, _) => format!("{environment} is taken back"),
        (Goal::RollbackData { .. }, _) => format!("{environment} is taken back, with its data"),
        (Goal::DiscardKept, _) => format!("{environment}: kept databases removed"),
        (Goal::Maintenance { on: true }, _) => format!("{environment} is in maintenance"),
        (Goal::Maintenance { on: false }, _) => format!("{environment} is open to visitors"),
        (Goal::Run { task, .. }, _) => format!("{environment}: task {task} succeeded"),
        (_, Power::Up) if addresses.is_empty() => format!("{environment} is up"),
        (_, Power::Up) => format!("{environment} is up: {}", addresses.join(" ")),
        (_, Power::Absent) => format!("{environment} is destroyed"),
        (_, power) => format!("{environment} is {power}"),
    }
}

/// What failed, what was not begun, and what is done, a line each.
pub fn not_done(view: &RunView<'_>, ui: &Ui) -> Vec<String> {
    let mut lines = Vec::new();
    for round in view.rounds {
        let title = |id: &StepId| round.plan.step(id).map_or_else(|| id.to_string(), |step| step.title.clone());
        for (id, failure) in &round.outcome.failures {
            let word = match failure.kind {
                FailureKind::Interrupted => style::paint(style::CAUTION, "left under way:"),
                _ => style::paint(style::BAD, "failed:"),
            };
            lines.push(format!("{word} {}: {}", title(id), failure.message));
            // Progress has shown the evidence already, unless it was silenced.
            if ui.verbosity == Verbosity::Quiet {
                lines.extend(failure.evidence.iter().map(|line| format!("- {line}")));
            }
            lines.extend(failure.hint.iter().map(|hint| format!("what to do: {hint}")));
        }
        let skipped: Vec<String> = round.outcome.skipped.keys().map(title).collect();
        if !skipped.is_empty() {
            lines.push(format!("not begun: {}", skipped.join("; ")));
        }
        lines.extend(round.outcome.stopped_because.iter().map(|why| format!("stopped: {why}")));
    }
    let done: usize = view.rounds.iter().map(|round| round.outcome.succeeded.len()).sum();
    let all: usize = view.rounds.iter().map(|round| round.plan.steps.len()).sum();
    let took = quantity::duration(view.elapsed_seconds);
    lines.push(format!("{done} of {} done in {took}", quantity::count(all, "step")));
    lines
}

/// A run for programs, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct RunDto {
    format_version: u32,
    environment: String,
    goal: &'static str,
    run: String,
    ending: &'static str,
    exit_code: u8,
    power: Option<&'static str>,
    addresses: Vec<String>,
    elapsed_seconds: u64,
    changes: usize,
    steps: Vec<StepDto>,
    notes: Vec<String>,
    stopped_because: Option<String>,
}

#[derive(Debug, Serialize)]
struct StepDto {
    id: String,
    title: String,
    resource: String,
    state: &'static str,
    seconds: Option<u64>,
    failure: Option<FailureDto>,
    because: Option<String>,
}

#[derive(Debug, Serialize)]
struct FailureDto {
    kind: &'static str,
    message: String,
    evidence: Vec<String>,
    hint: Option<String>,
}

/// The run as a value to serialise.
pub fn json(view: &RunView<'_>) -> RunDto {
    let last = &view.rounds[view.rounds.len() - 1];
    let done = last.outcome.ending == Ending::Done && !view.is_under_way();
    RunDto {
        format_version: FORMAT_VERSION,
        environment: last.plan.environment.clone(),
        goal: last.plan.goal.command(),
        run: view.run.to_owned(),
        ending: ending_words(&last.outcome.ending),
        exit_code: view.exit_code,
        power: done.then(|| last.plan.power_wanted.as_str()),
        addresses: view.addresses.to_vec(),
        elapsed_seconds: view.elapsed_seconds,
        changes: view.rounds.iter().map(|round| round.outcome.changed).sum(),
        steps: view.rounds.iter().flat_map(steps).collect(),
        notes: view.rounds.iter().flat_map(|round| notes(&round.plan)).collect(),
        stopped_because: last.outcome.stopped_because.clone(),
    }
}

fn notes(plan: &Plan) -> Vec<String> {
    let text = |note: &crate::model::Note| match &note.key {
        Some(key) => format!("{key}: {}", note.text),
        None => note.text.clone(),
    };
    plan.notes.iter().map(text).collect()
}

fn steps(round: &Round) -> Vec<StepDto> {
    let failure = |failure: &Failure| FailureDto {
        kind: failure_kind(failure.kind),
        message: failure.message.clone(),
        evidence: failure.evidence.clone(),
        hint: failure.hint.clone(),
    };
    let outcome = &round.outcome;
    let state = |id: &StepId| {
        if outcome.failures.contains_key(id) {
            "failed"
        } else if outcome.succeeded.contains(id) {
            "done"
        } else {
            "skipped"
        }
    };
    round
        .plan
        .steps
        .iter()
        .map(|step| StepDto {
            id: step.id.to_string(),
            title: step.title.clone(),
            resource: step.action.key().to_string(),
            state: state(&step.id),
            seconds: outcome.durations.get(&step.id).map(std::time::Duration::as_secs),
            failure: outcome.failures.get(&step.id).map(failure),
            because: outcome.skipped.get(&step.id).cloned(),
        })
        .collect()
}

/// A command that found nothing to do, for programs.
pub fn json_in_sync(plan: &Plan, addresses: &[String]) -> RunDto {
    RunDto {
        format_version: FORMAT_VERSION,
        environment: plan.environment.clone(),
        goal: plan.goal.command(),
        run: String::new(),
        ending: "done",
        exit_code: 0,
        power: Some(plan.power_wanted.as_str()),
        addresses: addresses.to_vec(),
        elapsed_seconds: 0,
        changes: 0,
        steps: Vec::new(),
        notes: notes(plan),
        stopped_because: None,
    }
}
