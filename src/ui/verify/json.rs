//! For machines, and for a later run to compare with.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Number, Value};

use super::VerifyRun;
use crate::model::{Baseline, CheckResult, Figures};
use crate::ui::FORMAT_VERSION;

/// One JSON value.
pub fn json(run: &VerifyRun) -> String {
    let text = serde_json::to_string_pretty(&dto(run)).unwrap_or_default();
    format!("{text}\n")
}

/// The value of [`json`], for whoever puts it into a larger one.
pub fn dto(run: &VerifyRun) -> impl Serialize + use<> {
    RunDto {
        format_version: FORMAT_VERSION,
        environment: run.environment.clone(),
        at: run.at.to_string(),
        verdict: run.verdict().as_str(),
        checks: run.results.iter().map(|result| check(run, result)).collect(),
    }
}

/// The figures of each check in a value that [`json`] wrote, or that holds one under `verify`; `None`: it is none.
pub fn read_figures(value: &Value) -> Option<Baseline> {
    let checks = value.get("checks").or_else(|| value.get("verify")?.get("checks"))?.as_array()?;
    let mut baseline = Baseline::new();
    for check in checks {
        let name = check.get("name")?.as_str()?;
        let figures = check.get("figures")?.as_object()?;
        let read = |value: &Value| value.as_number()?.to_string().parse::<Decimal>().ok();
        let figures: Figures = figures.iter().filter_map(|(name, value)| Some((name.clone(), read(value)?))).collect();
        baseline.insert(name.to_owned(), figures);
    }
    Some(baseline)
}

fn check(run: &VerifyRun, result: &CheckResult) -> CheckDto {
    let change = |(name, before, now): (&str, Decimal, Decimal)| {
        (name.to_owned(), ChangeDto { before: number(before), now: number(now) })
    };
    CheckDto {
        name: result.name.clone(),
        kind: result.kind.clone(),
        verdict: result.verdict.as_str(),
        summary: result.summary.clone(),
        problems: result.problems.clone(),
        evidence: result.evidence.clone(),
        figures: result.figures.iter().map(|(name, value)| (name.clone(), number(*value))).collect(),
        changes: run.changes(result).map(change).collect(),
        tries: result.tries,
        took_ms: u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX),
        simulated: result.simulated,
    }
}

/// A decimal as a JSON number.
fn number(value: Decimal) -> Number {
    let whole = value.to_string().parse::<i64>().ok().map(Number::from);
    whole.or_else(|| Number::from_f64(value.to_string().parse().unwrap_or_default())).unwrap_or_else(|| Number::from(0))
}

#[derive(Serialize)]
struct RunDto {
    format_version: u32,
    environment: String,
    at: String,
    verdict: &'static str,
    checks: Vec<CheckDto>,
}

#[derive(Serialize)]
struct CheckDto {
    name: String,
    kind: String,
    verdict: &'static str,
    summary: String,
    problems: Vec<String>,
    evidence: Vec<String>,
    figures: BTreeMap<String, Number>,
    changes: BTreeMap<String, ChangeDto>,
    tries: u32,
    took_ms: u64,
    simulated: bool,
}

#[derive(Serialize)]
struct ChangeDto {
    before: Number,
    now: Number,
}
