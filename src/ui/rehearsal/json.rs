//! A rehearsal for programs. Its own types: the model may change, this may not.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{BadDay, Rehearsal, WeakSpot, begins};
use crate::model::{Note, Step};
use crate::ui::progress::{ending_words, failure_kind};
use crate::ui::run::Round;
use crate::ui::{FORMAT_VERSION, timing};

/// A rehearsal, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct RehearsalDto {
    format_version: u32,
    environment: String,
    goal: &'static str,
    account: String,
    region: String,
    power_now: &'static str,
    power_wanted: &'static str,
    ending: &'static str,
    exit_code: u8,
    /// Always false.
    written: bool,
    expected_seconds: u64,
    elapsed_seconds: u64,
    critical_path: Vec<String>,
    sleep_choice: Option<String>,
    steps: Vec<StepDto>,
    notes: Vec<String>,
    broken: Vec<String>,
    caveats: Vec<String>,
    weak_spots: Vec<WeakSpotDto>,
    bad_day: Option<BadDayDto>,
}

#[derive(Debug, Serialize)]
struct StepDto {
    id: String,
    title: String,
    resource: String,
    destructive: bool,
    round: usize,
    state: &'static str,
    begins_seconds: u64,
    seconds: u64,
    seconds_from: &'static str,
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

#[derive(Debug, Serialize)]
struct WeakSpotDto {
    operation: String,
    steps_failed: usize,
    steps_not_begun: usize,
    broken: Vec<String>,
    later_run_converges: bool,
}

#[derive(Debug, Serialize)]
struct BadDayDto {
    seed: u64,
    failed_calls: BTreeMap<String, usize>,
    tries: BTreeMap<String, u32>,
    later_run_converges: bool,
    later_run_seconds: u64,
}

/// The rehearsal as a value to serialise.
pub fn json(rehearsal: &Rehearsal) -> RehearsalDto {
    let plan = &rehearsal.plan;
    let timing = timing::of(plan);
    let steps = rehearsal.rounds.iter().enumerate().flat_map(|(number, round)| steps(number, round, rehearsal));
    RehearsalDto {
        format_version: FORMAT_VERSION,
        environment: plan.environment.clone(),
        goal: plan.goal.command(),
        account: plan.account.clone(),
        region: plan.region.clone(),
        power_now: plan.power_now.as_str(),
        power_wanted: plan.power_wanted.as_str(),
        ending: ending_words(&rehearsal.ending()),
        exit_code: rehearsal.exit_code,
        written: false,
        expected_seconds: timing.total_seconds,
        elapsed_seconds: rehearsal.elapsed_seconds,
        critical_path: timing.critical_path.into_iter().map(|id| id.0).collect(),
        sleep_choice: plan.sleep_choice.as_ref().map(|choice| choice.why.clone()),
        steps: steps.collect(),
        notes: plan.notes.iter().map(note).collect(),
        broken: rehearsal.broken.clone(),
        caveats: rehearsal.caveats.clone(),
        weak_spots: rehearsal.weak_spots.iter().map(weak_spot).collect(),
        bad_day: rehearsal.bad_day.as_ref().map(bad_day),
    }
}

fn steps(number: usize, round: &Round, rehearsal: &Rehearsal) -> Vec<StepDto> {
    // The first round's times are the rehearsal's.
    let plan = if number == 0 { &rehearsal.plan } else { &round.plan };
    let begins = begins(plan);
    let dto = |step: &Step| {
        let outcome = &round.outcome;
        let failure = outcome.failures.get(&step.id);
        let state = match failure {
            Some(_) => "failed",
            None if outcome.succeeded.contains(&step.id) => "done",
            None => "skipped",
        };
        let learned = rehearsal.learned.contains(&step.id);
        StepDto {
            id: step.id.to_string(),
            title: step.title.clone(),
            resource: step.action.key().to_string(),
            destructive: step.action.is_destructive(),
            round: number + 1,
            state,
            begins_seconds: begins.get(&step.id).copied().unwrap_or(0),
            seconds: step.expected_seconds,
            seconds_from: if learned { "history" } else { "simulation" },
            failure: failure.map(|failure| FailureDto {
                kind: failure_kind(failure.kind),
                message: failure.message.clone(),
                evidence: failure.evidence.clone(),
                hint: failure.hint.clone(),
            }),
            because: outcome.skipped.get(&step.id).cloned(),
        }
    };
    plan.steps.iter().map(dto).collect()
}

fn note(note: &Note) -> String {
    match &note.key {
        Some(key) => format!("{key}: {}", note.text),
        None => note.text.clone(),
    }
}

fn weak_spot(spot: &WeakSpot) -> WeakSpotDto {
    WeakSpotDto {
        operation: spot.operation.clone(),
        steps_failed: spot.failed,
        steps_not_begun: spot.skipped,
        broken: spot.broken.clone(),
        later_run_converges: spot.converges,
    }
}

fn bad_day(day: &BadDay) -> BadDayDto {
    BadDayDto {
        seed: day.seed,
        failed_calls: day.troubles.clone(),
        tries: day.tries.iter().map(|(id, tries)| (id.to_string(), *tries)).collect(),
        later_run_converges: day.converges,
        later_run_seconds: day.later_seconds,
    }
}
