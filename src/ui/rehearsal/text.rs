//! A rehearsal for people: the steps on a time line, the critical path, what could fail, what the plan has to say.

use super::{BadDay, Rehearsal, WeakSpot, begins};
use crate::model::{Ending, NoteKind, Step, StepId};
use crate::ui::plan::{critical_path, heading_of, notes};
use crate::ui::progress::ending_words;
use crate::ui::run::Round;
use crate::ui::{Ui, quantity, style, timing, wrap};

/// The whole rehearsal.
pub fn text(rehearsal: &Rehearsal, ui: &Ui) -> String {
    let plan = &rehearsal.plan;
    let mut out = vec![heading(rehearsal, ui)];
    out.extend(plan.sleep_choice.as_ref().map(|choice| wrap::hanging("  ", &choice.why, ui.width)));
    if let Some(first) = rehearsal.rounds.first() {
        out.push(String::new());
        let begins = if rehearsal.bad_day.is_none() { "begins" } else { "" };
        out.push(style::paint(style::FAINT, format_args!("{begins:>7}  {:>12}", "takes")));
        out.extend(plan.steps.iter().enumerate().map(|(index, step)| line(index + 1, step, first, rehearsal, ui)));
        out.extend(legend(rehearsal, ui));
    }
    for round in rehearsal.rounds.iter().skip(1) {
        out.push(String::new());
        out.push("Then, because of what the first round made possible:".to_owned());
        out.extend(round.plan.steps.iter().map(|step| wrap::hanging("  - ", &step.title, ui.width)));
    }
    if rehearsal.bad_day.is_none() {
        out.extend(critical_path(plan, ui));
    }
    out.extend(failures(rehearsal, ui));
    let kinds = [NoteKind::Chosen, NoteKind::Busy, NoteKind::NotDone, NoteKind::Kept, NoteKind::Warning];
    out.extend(notes(plan, &kinds, ui));
    out.extend(rehearsal.bad_day.as_ref().map(|day| bad_day(day, rehearsal, ui)));
    out.extend(weak_spots(rehearsal, ui));
    out.extend(list("What was lost or broken", &rehearsal.broken, ui));
    out.extend(list("Where the rehearsal is not like the real thing", &rehearsal.caveats, ui));
    out.push(String::new());
    out.push("This was a rehearsal: nothing was written.".to_owned());
    out.join("\n") + "\n"
}

fn heading(rehearsal: &Rehearsal, ui: &Ui) -> String {
    let plan = &rehearsal.plan;
    if plan.is_empty() {
        return heading_of(plan, "in sync, nothing to do", ui);
    }
    let steps = quantity::count(plan.steps.len(), "step");
    let ending = rehearsal.ending();
    let size = match (&ending, &rehearsal.bad_day) {
        (Ending::Done, None) => format!("{steps}, {}", quantity::expected(timing::of(plan).total_seconds)),
        (ending, _) => format!("{steps}, {} after {}", ending_words(ending), took(rehearsal.elapsed_seconds)),
    };
    heading_of(plan, &size, ui)
}

/// `0:02    5 min 1 s   2  create database …`.
fn line(number: usize, step: &Step, round: &Round, rehearsal: &Rehearsal, ui: &Ui) -> String {
    let outcome = &round.outcome;
    let (begin, long) = if outcome.failures.contains_key(&step.id) {
        (String::new(), "FAILED".to_owned())
    } else if outcome.skipped.contains_key(&step.id) {
        (String::new(), "not begun".to_owned())
    } else {
        let at = begins(&rehearsal.plan).get(&step.id).copied().unwrap_or(0);
        let mark = if rehearsal.learned.contains(&step.id) { "*" } else { "" };
        // Where steps failed, when the others began is not told by their needs alone.
        let begin = if rehearsal.bad_day.is_none() { quantity::stopwatch(at) } else { String::new() };
        (begin, format!("{}{mark}", took(step.expected_seconds)))
    };
    let colour = match long.as_str() {
        "FAILED" => style::BAD,
        "not begun" => style::CAUTION,
        _ => style::FAINT,
    };
    let first = format!("{begin:>7}  {}  {number:>3}  ", style::paint(colour, format_args!("{long:>12}")));
    wrap::hanging(&first, &format!("{}{}", step.title, tries(&step.id, rehearsal)), ui.width)
}

fn took(seconds: u64) -> String {
    if seconds == 0 { "under 1 s".to_owned() } else { quantity::duration(seconds) }
}

fn tries(id: &StepId, rehearsal: &Rehearsal) -> String {
    let tries = rehearsal.bad_day.as_ref().and_then(|day| day.tries.get(id));
    tries.map(|tries| format!(" ({tries} tries)")).unwrap_or_default()
}

/// What the star means; nothing where no step has one.
fn legend(rehearsal: &Rehearsal, ui: &Ui) -> Option<String> {
    let text = "* as such steps lately took in this environment; the others as in the simulated cloud";
    (!rehearsal.learned.is_empty()).then(|| wrap::hanging("", text, ui.width))
}

/// What failed, with its evidence.
fn failures(rehearsal: &Rehearsal, ui: &Ui) -> Vec<String> {
    let mut out = Vec::new();
    for round in &rehearsal.rounds {
        for (id, failure) in &round.outcome.failures {
            let title = round.plan.step(id).map_or_else(|| id.to_string(), |step| step.title.clone());
            out.push(String::new());
            let first = format!("{} ", style::paint(style::BAD, "would fail:"));
            out.push(wrap::hanging(&first, &format!("{title}: {}", failure.message), ui.width));
            out.extend(failure.evidence.iter().map(|line| wrap::hanging("  - ", line, ui.width)));
            out.extend(failure.hint.iter().map(|hint| wrap::hanging("  what to do: ", hint, ui.width)));
        }
    }
    out
}

fn bad_day(day: &BadDay, rehearsal: &Rehearsal, ui: &Ui) -> String {
    let mut out = vec![String::new(), style::paint(style::HEADING, format_args!("A bad day (seed {})", day.seed))];
    let mut items: Vec<String> =
        day.troubles.iter().map(|(what, times)| format!("{}: {what}", quantity::count(*times, "call"))).collect();
    if items.is_empty() {
        items.push("no call failed".to_owned());
    }
    if rehearsal.broken.is_empty() {
        items.push("nothing was lost, and nothing of anybody else's was touched".to_owned());
    }
    items.push(match (day.converges, day.later_seconds) {
        (true, 0) => "a later run would find nothing left to do".to_owned(),
        (true, seconds) => format!("a later run would do the rest in {}", quantity::duration(seconds)),
        (false, _) => "a later run would NOT get to the end".to_owned(),
    });
    items.push(format!("the same day again: --faults --seed {}", day.seed));
    out.extend(items.iter().map(|item| wrap::hanging("  - ", item, ui.width)));
    out.join("\n")
}

fn weak_spots(rehearsal: &Rehearsal, ui: &Ui) -> Vec<String> {
    let goal = rehearsal.plan.goal.command();
    list(
        "Where it could fail: if AWS refuses",
        &rehearsal.weak_spots.iter().map(|spot| told(spot, goal)).collect::<Vec<_>>(),
        ui,
    )
}

fn told(spot: &WeakSpot, goal: &str) -> String {
    let failed = format!("{} fails", quantity::count(spot.failed, "step")).replace("steps fails", "steps fail");
    let skipped = if spot.skipped > 0 { format!(", {} not begun", spot.skipped) } else { String::new() };
    let data = if spot.broken.is_empty() { "nothing is lost".to_owned() } else { spot.broken.join("; ") };
    let later = if spot.converges {
        format!("a later `{goal}` goes on")
    } else {
        format!("a later `{goal}` would NOT get to the end")
    };
    format!("{}: {failed}{skipped}; {data}; {later}", spot.operation)
}

fn list(heading: &str, items: &[String], ui: &Ui) -> Vec<String> {
    if items.is_empty() {
        return Vec::new();
    }
    let mut out = vec![String::new(), style::paint(style::HEADING, heading)];
    out.extend(items.iter().map(|item| wrap::hanging("  - ", item, ui.width)));
    out
}
