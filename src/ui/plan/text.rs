//! A plan for people: the steps in order with what they come after, why, what they wait for and how long, then what
//! is not done, and what forbids it all.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::words;
use crate::model::{Amount, NoteKind, Plan, Reason, Step, StepId};
use crate::ui::{Ui, quantity, style, timing, wrap};

/// The whole plan.
pub fn text(plan: &Plan, ui: &Ui) -> String {
    let mut out = vec![heading(plan, ui)];
    if let Some(choice) = plan.sleep_choice.as_ref().filter(|_| !plan.is_empty()) {
        out.push(wrap::hanging("  ", &choice.why, ui.width));
    }
    let numbers = numbers(plan);
    for (index, step) in plan.steps.iter().enumerate() {
        out.push(String::new());
        out.push(step_text(index + 1, step, &numbers, ui));
    }
    let path = critical_path(plan, ui);
    let bill = bill(plan, ui);
    if path.is_empty() && bill.is_some() {
        out.push(String::new());
    }
    out.extend(path.into_iter().chain(bill));
    let kinds = [NoteKind::Chosen, NoteKind::Busy, NoteKind::NotDone, NoteKind::Kept, NoteKind::Warning];
    out.extend(notes(plan, &kinds, ui));
    out.extend(refusals(plan, ui));
    out.join("\n") + "\n"
}

/// The numbers under which people see the steps.
fn numbers(plan: &Plan) -> BTreeMap<&StepId, usize> {
    plan.steps.iter().enumerate().map(|(index, step)| (&step.id, index + 1)).collect()
}

/// What a plan that is about to be run is, in a few lines: its size, how `down` chose, what to look at.
pub fn summary(plan: &Plan, ui: &Ui) -> String {
    let mut out = vec![heading(plan, ui)];
    out.extend(plan.sleep_choice.as_ref().map(|choice| wrap::hanging("  ", &choice.why, ui.width)));
    out.extend(bill(plan, ui));
    out.extend(notes(plan, &[NoteKind::Chosen, NoteKind::Busy, NoteKind::Warning], ui));
    out.join("\n") + "\n"
}

/// What stays, and what was not done, when a plan has been run; empty: nothing to tell.
pub fn remains(plan: &Plan, ui: &Ui) -> String {
    notes(plan, &[NoteKind::NotDone, NoteKind::Kept], ui).into_iter().skip(1).map(|line| line + "\n").collect()
}

/// Environment, way and size of the plan.
fn heading(plan: &Plan, ui: &Ui) -> String {
    let size = if !plan.refusals.is_empty() {
        format!("refused, {}", quantity::count(plan.refusals.len(), "reason"))
    } else if plan.is_empty() {
        "in sync, nothing to do".to_owned()
    } else {
        let seconds = timing::of(plan).total_seconds;
        format!("{}, {}", quantity::count(plan.steps.len(), "step"), quantity::expected(seconds))
    };
    heading_of(plan, &size, ui)
}

/// The heading with another word on its size.
pub fn heading_of(plan: &Plan, size: &str, ui: &Ui) -> String {
    let way = if plan.power_now == plan.power_wanted {
        plan.power_now.to_string()
    } else {
        format!("{} → {}", plan.power_now, plan.power_wanted)
    };
    let first = format!("{}: ", style::paint(style::HEADING, &plan.environment));
    wrap::hanging(&first, &format!("{way}; {size} (account {}, {})", plan.account, plan.region), ui.width)
}

fn step_text(number: usize, step: &Step, numbers: &BTreeMap<&StepId, usize>, ui: &Ui) -> String {
    let sign = words::sign(&step.action);
    let sign_style = match sign {
        '+' => style::GOOD,
        '-' => style::BAD,
        _ => style::CAUTION,
    };
    let first = format!("{number:>3} {} ", style::paint(sign_style, sign));
    let mut lines = vec![wrap::hanging(&first, &step.title, ui.width)];
    lines.extend(step.reasons.iter().map(|reason| wrap::hanging("      ", &reason_text(reason), ui.width)));
    let mut facts = Vec::new();
    let needs: Vec<String> = step.needs.iter().filter_map(|need| numbers.get(need)).map(ToString::to_string).collect();
    if !needs.is_empty() {
        facts.push(format!("after {}", needs.join(", ")));
    }
    facts.push(quantity::expected(step.expected_seconds));
    if let Some(wait) = &step.wait {
        facts.push(words::until(&wait.until));
    }
    let facts = wrap::hanging("      ", &facts.join("; "), ui.width);
    lines.push(style::paint(style::FAINT, facts));
    lines.join("\n")
}

/// `class: db.t4g.micro → db.t4g.small (why)`.
pub(super) fn reason_text(reason: &Reason) -> String {
    let change = match (&reason.from, &reason.to) {
        (Some(from), Some(to)) => format!("{from} → {to}"),
        (None, Some(to)) => format!("nothing → {to}"),
        (Some(from), None) => format!("{from} → nothing"),
        (None, None) => String::new(),
    };
    match (&reason.field, change.is_empty()) {
        (Some(field), true) => format!("{field}: {}", reason.why),
        (Some(field), false) if reason.why.is_empty() => format!("{field}: {change}"),
        (Some(field), false) => format!("{field}: {change} ({})", reason.why),
        (None, true) => reason.why.clone(),
        (None, false) if reason.why.is_empty() => change,
        (None, false) => format!("{} ({change})", reason.why),
    }
}

/// Which steps decide how long it takes; nothing when that is plain.
pub fn critical_path(plan: &Plan, ui: &Ui) -> Vec<String> {
    let numbers = numbers(plan);
    let timing = timing::of(plan);
    if timing.critical_path.len() < 2 || timing.critical_path.len() == plan.steps.len() {
        return Vec::new();
    }
    let path: Vec<String> =
        timing.critical_path.iter().filter_map(|id| numbers.get(id)).map(ToString::to_string).collect();
    let words = format!(
        "Takes as long as {} ({}); the other steps run beside them.",
        path.join(" → "),
        quantity::expected(timing.total_seconds)
    );
    vec![String::new(), wrap::hanging("", &words, ui.width)]
}

/// How the bill changes; nothing when it does not.
fn bill(plan: &Plan, ui: &Ui) -> Option<String> {
    let bill = plan.bill.filter(|bill| bill.now != bill.then && !plan.is_empty())?;
    let hour = |amount: Amount| amount.for_hours(Decimal::ONE).display(4);
    let words = format!(
        "The bill: {} → {} USD an hour; a whole month of it {} → {} USD.",
        hour(bill.now),
        hour(bill.then),
        bill.now,
        bill.then
    );
    Some(wrap::hanging("", &words, ui.width))
}

/// The notes of these kinds under headings.
pub fn notes(plan: &Plan, kinds: &[NoteKind], ui: &Ui) -> Vec<String> {
    let mut out = Vec::new();
    for kind in kinds {
        let kind = *kind;
        let mut notes = plan.notes.iter().filter(|note| note.kind == kind).peekable();
        if notes.peek().is_none() {
            continue;
        }
        out.push(String::new());
        out.push(style::paint(style::HEADING, words::note_heading(kind)));
        for note in notes {
            let about = note.key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
            out.push(wrap::hanging("  - ", &format!("{about}{}", note.text), ui.width));
        }
    }
    out
}

fn refusals(plan: &Plan, ui: &Ui) -> Vec<String> {
    let mut out = Vec::new();
    for refusal in &plan.refusals {
        let about = refusal.key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
        out.push(String::new());
        let first = format!("{} ", style::paint(style::BAD, "refused:"));
        out.push(wrap::hanging(&first, &format!("{about}{}", refusal.why), ui.width));
        out.push(wrap::hanging("  what to do: ", &refusal.remedy, ui.width));
    }
    out
}
