//! [`DriftReport`]: where the world and the spec differ, why, what it costs, and what would mend it.
//!
//! Four kinds are kept apart: *drift* (the world moved), *pending* (the spec moved), *unreadable* (we could not look,
//! which is never "in sync") and *extra* (something that nobody declared and that matters).

mod accepted;
mod extra;
mod finding;
mod monitoring;
mod place;
mod power;
mod presence;
mod who;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use accepted::{Acceptance, AcceptedDifferences, AcceptedFileError};
pub use finding::{Finding, FindingKind};
pub use who::operations;

use crate::model::{Desired, Difference, Live, Maintenance, Plan, Power, Remembered, ResourceKey};
use crate::report::CostReport;
use finding::Findings;
use power::Answer;

/// What a drift report is made of.
#[derive(Clone, Copy, Debug)]
pub struct DriftInput<'a> {
    /// What is wanted.
    pub desired: &'a Desired,
    /// What is there.
    pub live: &'a Live,
    /// Declared values of resources that are there, and that are not so.
    pub differences: &'a [Difference],
    /// The plan for the power state remembered; `None`: there is none to be had.
    pub plan: Option<&'a Plan>,
    /// What it costs; `None`: no prices.
    pub cost: Option<&'a CostReport>,
    /// Differences that a person accepted.
    pub accepted: &'a AcceptedDifferences,
}

/// How one environment differs from its spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftReport {
    /// Environment.
    pub environment: String,
    /// Application.
    pub application: String,
    /// Account looked at.
    pub account: String,
    /// Region looked at.
    pub region: String,
    /// The power state asked for last; [`Power::Absent`]: nobody asked, or it was destroyed.
    pub power: Power,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Who asked.
    pub by: Option<String>,
    /// When the cloud was looked at.
    pub observed_at: Timestamp,
    /// What differs, in the order of kinds, resources and fields.
    pub findings: Vec<Finding>,
    /// Findings that a person accepted, with the reason.
    pub accepted: Vec<(Finding, Acceptance)>,
    /// Resources as declared.
    pub in_sync: Vec<ResourceKey>,
    /// What else to know.
    pub notes: Vec<String>,
}

impl DriftReport {
    /// How many findings are of this kind?
    pub fn count(&self, kind: FindingKind) -> usize {
        self.findings.iter().filter(|finding| finding.kind == kind).count()
    }

    /// Was everything looked at, and is everything as declared or accepted?
    pub fn is_in_sync(&self) -> bool {
        self.findings.is_empty()
    }

    /// Is there drift, a pending change or something extra?
    pub fn differs(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind != FindingKind::Unreadable)
    }
}

/// Compares what is declared with what is there. Asleep on purpose is in sync.
pub fn drift(input: &DriftInput<'_>) -> DriftReport {
    let DriftInput { desired, live, .. } = *input;
    let remembered = Remembered::find(live, desired);
    let power = remembered.as_ref().map_or_else(|| presence::power_without_memory(desired, live), |known| known.power);
    let maintenance = Maintenance::find(live, desired).filter(|_| power == Power::Up);
    let mut findings = Findings::new(input, remembered.as_ref(), power);
    if power == Power::Absent {
        presence::check_readable(desired, live, &mut findings);
    } else {
        presence::check(desired, live, power, &mut findings);
        power::check(desired, live, power, &mut findings);
        let answer = Answer::of(power, maintenance.is_some());
        for difference in input.differences.iter().filter(|one| power::concerns(power, answer, one)) {
            findings.value(difference);
        }
    }
    extra::check(desired, live, &mut findings);
    let (findings, accepted, mut notes) = findings.finish(input.accepted, live.observed_at);
    let differing: BTreeSet<&ResourceKey> =
        findings.iter().chain(accepted.iter().map(|(finding, _)| finding)).map(|finding| &finding.key).collect();
    let in_sync = match power {
        Power::Absent => Vec::new(),
        _ => presence::there(desired, live, power).into_iter().filter(|key| !differing.contains(key)).collect(),
    };
    notes.extend(presence::notes(desired, live));
    notes.extend(maintenance.as_ref().map(|maintenance| maintenance_note(desired, maintenance)));
    if power == Power::Absent {
        notes.push(format!("{0} is not there: it was never brought up, or was destroyed", desired.environment));
    }
    DriftReport {
        environment: desired.environment.clone(),
        application: desired.application.clone(),
        account: live.account.clone(),
        region: live.region.clone(),
        power,
        since: remembered.as_ref().and_then(|known| known.since),
        by: remembered.and_then(|known| known.by),
        observed_at: live.observed_at,
        findings,
        accepted,
        in_sync,
        notes,
    }
}

/// In maintenance on purpose is in sync.
fn maintenance_note(desired: &Desired, maintenance: &Maintenance) -> String {
    format!("{} is {}: visitors get the page on purpose", desired.environment, maintenance.words())
}

#[cfg(test)]
mod tests;
