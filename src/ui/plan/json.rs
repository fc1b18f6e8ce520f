//! A plan for programs. Its own types: the model may change, this may not.

use serde::Serialize;

use super::words;
use crate::model::Plan;
use crate::ui::cost::{AmountDto, amount};
use crate::ui::{FORMAT_VERSION, timing};

/// A plan, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct PlanDto {
    format_version: u32,
    environment: String,
    application: String,
    account: String,
    region: String,
    goal: &'static str,
    power_now: &'static str,
    power_wanted: &'static str,
    in_sync: bool,
    expected_seconds: u64,
    critical_path: Vec<String>,
    sleep_choice: Option<String>,
    /// USD a month of staying so; left out where the plan is not about what bills.
    #[serde(skip_serializing_if = "Option::is_none")]
    usd_per_month: Option<BillDto>,
    steps: Vec<StepDto>,
    notes: Vec<NoteDto>,
    refusals: Vec<RefusalDto>,
    observed_at: String,
}

#[derive(Debug, Serialize)]
struct BillDto {
    now: AmountDto,
    then: AmountDto,
}

#[derive(Debug, Serialize)]
struct StepDto {
    id: String,
    title: String,
    resource: String,
    destructive: bool,
    needs: Vec<String>,
    reasons: Vec<ReasonDto>,
    waits: Option<String>,
    expected_seconds: u64,
}

#[derive(Debug, Serialize)]
struct ReasonDto {
    field: Option<String>,
    from: Option<String>,
    to: Option<String>,
    why: String,
}

#[derive(Debug, Serialize)]
struct NoteDto {
    kind: &'static str,
    resource: Option<String>,
    text: String,
}

#[derive(Debug, Serialize)]
struct RefusalDto {
    kind: &'static str,
    resource: Option<String>,
    why: String,
    remedy: String,
}

/// The plan as a value to serialise.
pub fn json(plan: &Plan) -> PlanDto {
    let timing = timing::of(plan);
    PlanDto {
        format_version: FORMAT_VERSION,
        environment: plan.environment.clone(),
        application: plan.application.clone(),
        account: plan.account.clone(),
        region: plan.region.clone(),
        goal: plan.goal.command(),
        power_now: plan.power_now.as_str(),
        power_wanted: plan.power_wanted.as_str(),
        in_sync: plan.is_empty() && plan.refusals.is_empty(),
        expected_seconds: timing.total_seconds,
        critical_path: timing.critical_path.into_iter().map(|id| id.0).collect(),
        sleep_choice: plan.sleep_choice.as_ref().map(|choice| choice.why.clone()),
        usd_per_month: plan.bill.map(|bill| BillDto { now: amount(bill.now, 2), then: amount(bill.then, 2) }),
        steps: plan.steps.iter().map(step).collect(),
        notes: plan.notes.iter().map(note).collect(),
        refusals: plan.refusals.iter().map(refusal).collect(),
        observed_at: plan.observed_at.to_string(),
    }
}

fn step(step: &crate::model::Step) -> StepDto {
    StepDto {
        id: step.id.to_string(),
        title: step.title.clone(),
        resource: step.action.key().to_string(),
        destructive: step.action.is_destructive(),
        needs: step.needs.iter().map(ToString::to_string).collect(),
        reasons: step
            .reasons
            .iter()
            .map(|reason| ReasonDto {
                field: reason.field.clone(),
                from: reason.from.clone(),
                to: reason.to.clone(),
                why: reason.why.clone(),
            })
            .collect(),
        waits: step.wait.as_ref().map(|wait| words::until(&wait.until)),
        expected_seconds: step.expected_seconds,
    }
}

fn note(note: &crate::model::Note) -> NoteDto {
    NoteDto {
        kind: words::note_kind(note.kind),
        resource: note.key.as_ref().map(ToString::to_string),
        text: note.text.clone(),
    }
}

fn refusal(refusal: &crate::model::Refusal) -> RefusalDto {
    RefusalDto {
        kind: words::refusal_kind(refusal.kind),
        resource: refusal.key.as_ref().map(ToString::to_string),
        why: refusal.why.clone(),
        remedy: refusal.remedy.clone(),
    }
}
