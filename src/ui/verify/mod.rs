//! What `verify` saw, in the formats that it knows.

mod json;
mod junit;
mod markdown;
mod text;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::model::{Baseline, CheckResult, Verdict};

pub use json::{dto, json, read_figures};
pub use junit::junit;
pub use markdown::markdown;
pub use text::text;

/// All checks of one run.
#[derive(Clone, Debug)]
pub struct VerifyRun {
    /// The environment.
    pub environment: String,
    /// When it ended, in the cloud's time.
    pub at: Timestamp,
    /// The checks by name.
    pub results: Vec<CheckResult>,
    /// Figures of an earlier run that these are compared with; empty: there is none.
    pub baseline: Baseline,
}

impl VerifyRun {
    /// The gravest verdict; passed when there is no check.
    pub fn verdict(&self) -> Verdict {
        let has = |verdict| self.results.iter().any(|result| result.verdict == verdict);
        let gravest = [Verdict::Failed, Verdict::Unreachable, Verdict::NotLooked];
        gravest.into_iter().find(|verdict| has(*verdict)).unwrap_or(Verdict::Passed)
    }

    /// `3 passed, 1 failed`.
    pub fn counts(&self) -> String {
        let count = |verdict: Verdict| {
            let number = self.results.iter().filter(|result| result.verdict == verdict).count();
            (number > 0).then(|| format!("{number} {}", words(verdict)))
        };
        let all = [Verdict::Passed, Verdict::Failed, Verdict::Unreachable, Verdict::NotLooked];
        let counted: Vec<String> = all.into_iter().filter_map(count).collect();
        if counted.is_empty() { "no checks".to_owned() } else { counted.join(", ") }
    }

    /// Figures that an earlier run has too: name, before, now.
    fn changes<'a>(&'a self, result: &'a CheckResult) -> impl Iterator<Item = (&'a str, Decimal, Decimal)> {
        let before = self.baseline.get(&result.name);
        let change = move |(name, now): (&'a String, &'a Decimal)| Some((name.as_str(), *before?.get(name)?, *now));
        result.figures.iter().filter_map(change)
    }
}

fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotLooked => "not looked at",
        other => other.as_str(),
    }
}

/// `p95_ms 120 -> 180 (+50 %)`.
fn change_in_words(name: &str, before: Decimal, now: Decimal) -> String {
    let percent =
        now.checked_sub(before).and_then(|grown| grown.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(before));
    let share = percent.map(|percent| format!(" ({:+} %)", percent.round_dp(0))).unwrap_or_default();
    format!("{name} {before} -> {now}{share}")
}
