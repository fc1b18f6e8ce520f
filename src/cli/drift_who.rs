//! Since when, and by whom: CloudTrail is asked about what differs, and about nothing else. AWS takes two questions a
//! second, so that one run asks a few only.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::cloud::{CloudErrorKind, Readings};
use crate::model::{Desired, Live, TrailEvent, TrailQuery};
use crate::report::{DriftReport, operations};

/// Questions of one run: ten seconds of AWS's rate.
const QUESTIONS: usize = 20;
/// How long CloudTrail remembers.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What a run has asked so far.
pub(super) struct Trail {
    left: usize,
    known: BTreeMap<TrailQuery, Vec<TrailEvent>>,
    /// Why there is nothing to be had.
    closed: Option<String>,
}

impl Trail {
    /// A trail that may be asked so often, or never.
    pub(super) fn new(ask: bool) -> Self {
        Self { left: if ask { QUESTIONS } else { 0 }, known: BTreeMap::new(), closed: None }
    }

    /// Notes the author of each difference in the report, as far as the trail tells.
    pub(super) async fn tell(
        &mut self,
        readings: &dyn Readings,
        desired: &Desired,
        live: &Live,
        report: &mut DriftReport,
    ) {
        if self.left == 0 || !report.findings.iter().any(|finding| finding.has_unknown_author()) {
            return;
        }
        let oldest = live.observed_at.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        // What is older than the last `up` was put right by it.
        let since = report.since.map_or(oldest, |since| since.max(oldest));
        for finding in report.findings.iter_mut().filter(|finding| finding.has_unknown_author()) {
            let names = finding.trail_names(desired, live);
            for name in &names {
                let events = self.ask(readings, TrailQuery::Resource(name.clone()), since).await;
                finding.tell_author(&events);
                if finding.by.is_some() {
                    break;
                }
            }
            // Some services tell CloudTrail no resource; then the call is looked for by its own name.
            for operation in operations(finding.key.kind, finding.field.as_deref()) {
                if finding.by.is_some() || names.is_empty() {
                    break;
                }
                let mut events = self.ask(readings, TrailQuery::Event((*operation).to_owned()), since).await;
                events.retain(|event| event.is_about(&names));
                finding.tell_author(&events);
            }
        }
        report.notes.extend(self.note(report));
    }

    async fn ask(&mut self, readings: &dyn Readings, query: TrailQuery, since: Timestamp) -> Vec<TrailEvent> {
        if let Some(events) = self.known.get(&query) {
            return events.clone();
        }
        if self.left == 0 {
            return Vec::new();
        }
        self.left -= 1;
        let events = match readings.trail(&query, since).await {
            Ok(events) => events,
            Err(error) => {
                // The next question would fare no better.
                self.left = 0;
                let why = match error.kind {
                    CloudErrorKind::Denied => "cloudtrail:LookupEvents is not allowed here".to_owned(),
                    _ => error.to_string(),
                };
                self.closed = Some(why);
                return Vec::new();
            }
        };
        self.known.insert(query, events.clone());
        events
    }

    fn note(&self, report: &DriftReport) -> Option<String> {
        let unknown = report.findings.iter().filter(|finding| finding.has_unknown_author()).count();
        match &self.closed {
            _ if unknown == 0 => None,
            Some(why) => Some(format!("who changed it is not known: {why}")),
            None if self.left == 0 => Some(format!(
                "CloudTrail was asked {QUESTIONS} questions, the most of one run: who made the rest is not known"
            )),
            None => None,
        }
    }
}
