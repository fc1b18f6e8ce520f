//! Past runs: the list, and the replay of one through the progress display.

use serde::Serialize;

use super::progress::{PlainProgress, ending_words, failure_kind};
use super::{FORMAT_VERSION, Ui, quantity, style, wrap};
use crate::model::{Ending, Event, EventKind};
use crate::report::{Amount, rounded};
use crate::store::journal::{RunRecord, RunSummary};

/// A run and what it brought on the bill.
#[derive(Clone, Debug)]
pub struct BilledRun {
    /// The run.
    pub run: RunSummary,
    /// Seconds that the environment was up from its end to the next run, and what that cost; `None`: it was not up
    /// then, or nobody knows.
    pub up: Option<(u64, Amount)>,
}

/// The list for people, newest first.
pub fn list_text(runs: &[BilledRun], ui: &Ui) -> String {
    if runs.is_empty() {
        return "no run yet\n".to_owned();
    }
    let mut out = String::new();
    for BilledRun { run, up } in runs {
        let colour = match &run.ending {
            Some(Ending::Done) => style::GOOD,
            Some(_) => style::BAD,
            None => style::CAUTION,
        };
        let mut facts = vec![style::paint(colour, ending(run)), steps(run)];
        facts.extend(run.duration().map(|took| quantity::duration(took.as_secs().unsigned_abs())));
        facts.extend(run.who.as_ref().map(|who| format!("by {who}")));
        facts.extend(run.command.as_ref().map(|command| format!("`{command}`")));
        facts.extend(
            up.map(|(seconds, cost)| format!("then up for {}: {} USD", quantity::duration(seconds), cost.display(2))),
        );
        facts.extend(run.damage.iter().cloned());
        let first = format!("{}  {}", run.run, style::paint(style::HEADING, &run.environment));
        out.push_str(&format!("{first}\n{}\n", wrap::hanging("    ", &facts.join(", "), ui.width)));
    }
    out
}

fn ending(run: &RunSummary) -> &'static str {
    run.ending.as_ref().map_or("still running, or killed", ending_words)
}

fn steps(run: &RunSummary) -> String {
    let mut words = format!("{} done", quantity::count(run.succeeded, "step"));
    if run.failed > 0 {
        words.push_str(&format!(", {} failed", run.failed));
    }
    if run.skipped > 0 {
        words.push_str(&format!(", {} not begun", run.skipped));
    }
    words
}

/// A run, event by event, as it was shown when it ran.
pub fn replay_text(record: &RunRecord, ui: &Ui) -> String {
    let mut lines = Vec::new();
    if let Some((at, who, command)) = record.events.first().and_then(started) {
        let words = format!("{} of {}: {who}, `{command}`", quantity::time(at), record.environment);
        lines.push(wrap::hanging(&format!("{} ", style::paint(style::HEADING, &record.run)), &words, ui.width));
    }
    let mut progress = PlainProgress::new(ui);
    for event in &record.events {
        lines.extend(progress.lines(event));
        if matches!(event.kind, EventKind::StepSucceeded { .. }) {
            lines.extend(evidence(event).iter().map(|line| wrap::hanging("                - ", line, ui.width)));
        }
    }
    lines.extend(record.damage.iter().map(|damage| wrap::hanging("damaged: ", damage, ui.width)));
    lines.join("\n") + "\n"
}

fn started(event: &Event) -> Option<(jiff::Timestamp, &str, &str)> {
    match &event.kind {
        EventKind::RunStarted { who, command, .. } => Some((event.at, who, command)),
        _ => None,
    }
}

/// What a step left as evidence: of a task its exit code, the lines that were expected and the last ones; of a failure
/// what was seen.
fn evidence(event: &Event) -> Vec<String> {
    match &event.kind {
        EventKind::StepFailed { failure, .. } => failure.evidence.clone(),
        EventKind::StepSucceeded { facts, .. } => {
            let kinds = [(".exit_code", "exit code "), (".output", "as expected: "), (".last_lines", "log: ")];
            let of_task = |end: &'static str| {
                facts.iter().filter(move |(name, _)| name.starts_with("task/") && name.ends_with(end))
            };
            let lines = |(end, words): (&'static str, &'static str)| {
                of_task(end).flat_map(|(_, text)| text.lines()).map(move |line| format!("{words}{line}"))
            };
            kinds.into_iter().flat_map(lines).collect()
        }
        _ => Vec::new(),
    }
}

/// The list for programs, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct HistoryDto {
    format_version: u32,
    runs: Vec<RunDto>,
}

#[derive(Debug, Serialize)]
struct RunDto {
    run: String,
    environment: String,
    who: Option<String>,
    command: Option<String>,
    started_at: Option<String>,
    ended_at: Option<String>,
    ending: Option<&'static str>,
    seconds: Option<i64>,
    steps_done: usize,
    steps_failed: usize,
    steps_not_begun: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    then_up: Option<ThenUpDto>,
    damage: Vec<String>,
}

/// How long the environment was up afterwards, and what that cost; `at_most` is `null` where nobody knows.
#[derive(Debug, Serialize)]
struct ThenUpDto {
    seconds: u64,
    usd_at_least: String,
    usd_at_most: Option<String>,
}

impl RunDto {
    fn new(run: &RunSummary) -> Self {
        Self {
            run: run.run.clone(),
            environment: run.environment.clone(),
            who: run.who.clone(),
            command: run.command.clone(),
            started_at: run.started_at.map(|at| at.to_string()),
            ended_at: run.ended_at.map(|at| at.to_string()),
            ending: run.ending.as_ref().map(ending_words),
            seconds: run.duration().map(|took| took.as_secs()),
            steps_done: run.succeeded,
            steps_failed: run.failed,
            steps_not_begun: run.skipped,
            then_up: None,
            damage: run.damage.clone(),
        }
    }
}

/// The list as a value to serialise.
pub fn list_json(runs: &[BilledRun]) -> HistoryDto {
    let billed = |run: &BilledRun| {
        let then_up = run.up.map(|(seconds, cost)| ThenUpDto {
            seconds,
            usd_at_least: rounded(cost.low, 4),
            usd_at_most: cost.high.map(|usd| rounded(usd, 4)),
        });
        RunDto { then_up, ..RunDto::new(&run.run) }
    };
    HistoryDto { format_version: FORMAT_VERSION, runs: runs.iter().map(billed).collect() }
}

/// One run with its events, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct ReplayDto {
    format_version: u32,
    #[serde(flatten)]
    run: RunDto,
    events: Vec<EventDto>,
}

#[derive(Debug, Serialize)]
struct EventDto {
    sequence: u64,
    at: String,
    event: &'static str,
    step: Option<String>,
    text: Option<String>,
    failure: Option<&'static str>,
    /// What a task or a failure left; left out where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
}

/// The run as a value to serialise.
pub fn replay_json(record: &RunRecord) -> ReplayDto {
    let events = record.events.iter().map(event).collect();
    ReplayDto { format_version: FORMAT_VERSION, run: RunDto::new(&record.summary()), events }
}

fn event(event: &Event) -> EventDto {
    let (name, step, text) = match &event.kind {
        EventKind::RunStarted { command, .. } => ("run-started", None, Some(command.clone())),
        EventKind::PriorStateSaved { .. } => ("prior-state-saved", None, None),
        EventKind::StepStarted { step, attempt } => ("step-started", Some(step), Some(format!("try {attempt}"))),
        EventKind::StepWaiting { step, detail } => ("step-waiting", Some(step), Some(detail.clone())),
        EventKind::StepRetrying { step, why, .. } => ("step-retrying", Some(step), Some(why.clone())),
        EventKind::StepSucceeded { step, .. } => ("step-succeeded", Some(step), None),
        EventKind::StepFailed { step, failure } => ("step-failed", Some(step), Some(failure.message.clone())),
        EventKind::StepSkipped { step, because } => ("step-skipped", Some(step), Some(because.clone())),
        EventKind::Noticed { text } => ("noticed", None, Some(text.clone())),
        EventKind::RunFinished { ending } => ("run-finished", None, Some(ending_words(ending).to_owned())),
    };
    let failure = match &event.kind {
        EventKind::StepFailed { failure, .. } => Some(failure_kind(failure.kind)),
        _ => None,
    };
    let step = step.map(ToString::to_string);
    let evidence = evidence(event);
    EventDto { sequence: event.sequence, at: event.at.to_string(), event: name, step, text, failure, evidence }
}
