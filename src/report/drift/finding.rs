//! [`Finding`]: one thing that is not as declared; and the list that findings are collected in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::place::place;
use super::{Acceptance, AcceptedDifferences, DriftInput};
use crate::model::{Difference, NoteKind, Place, Power, Remembered, ResourceKey, ResourceKind, Step};
use crate::report::Amount;

/// Kinds of finding, gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// The world moved: the last `up` or `down` asked for something else than what is there.
    Drift,
    /// Something that nobody declared, and that matters.
    Extra,
    /// It could not be looked at.
    Unreadable,
    /// The spec moved: no `up` has asked for it yet.
    Pending,
}

impl FindingKind {
    /// Every kind, in reading order.
    pub const ALL: [Self; 4] = [Self::Drift, Self::Extra, Self::Unreadable, Self::Pending];

    /// The kind in one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Extra => "extra",
            Self::Unreadable => "unreadable",
            Self::Pending => "pending",
        }
    }
}

/// One thing that is not as declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Kind.
    pub kind: FindingKind,
    /// The resource.
    pub key: ResourceKey,
    /// The field; `None`: the resource as a whole.
    pub field: Option<String>,
    /// What the spec (or the power state asked for) wants.
    pub wanted: Option<String>,
    /// What is there.
    pub found: Option<String>,
    /// In a sentence.
    pub why: String,
    /// Where it is declared; `None`: nowhere.
    pub place: Option<Place>,
    /// Since when, where AWS tells.
    pub since: Option<Timestamp>,
    /// Who made it so, where CloudTrail tells.
    #[serde(default)]
    pub by: Option<String>,
    /// With which call, `ModifyDBInstance`.
    #[serde(default)]
    pub event: Option<String>,
    /// What it costs a day while it stays so, USD; `None`: nothing more, or it is no question of money.
    pub usd_per_day: Option<Amount>,
    /// What `up` (or `down`) would do about it, or what a person must.
    pub mend: String,
}

impl Finding {
    /// `database/main.class`, or `database/main`.
    pub fn subject(&self) -> String {
        match &self.field {
            Some(field) => format!("{}.{field}", self.key),
            None => self.key.to_string(),
        }
    }
}

/// Hours of a day.
const HOURS_PER_DAY: Decimal = Decimal::from_parts(24, 0, 0, false, 0);

/// Collects findings.
pub(super) struct Findings<'a> {
    input: &'a DriftInput<'a>,
    remembered: Option<&'a Remembered>,
    power: Power,
    tokens: BTreeMap<ResourceKey, String>,
    list: Vec<Finding>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(input: &'a DriftInput<'a>, remembered: Option<&'a Remembered>, power: Power) -> Self {
        Self { input, remembered, power, tokens: input.desired.declared_tokens(), list: Vec::new() }
    }

    /// Enters a finding of drift, or of a pending change where the last `up` asked for other values.
    pub(super) fn differs(
        &mut self,
        key: &ResourceKey,
        field: Option<&str>,
        wanted: impl Into<String>,
        found: impl Into<String>,
        why: impl Into<String>,
    ) -> &mut Finding {
        let kind = if self.is_pending(key) { FindingKind::Pending } else { FindingKind::Drift };
        self.enter(kind, key, field, Some(wanted.into()), Some(found.into()), why)
    }

    /// Enters a finding of drift whatever the spec says: the power state has nothing to do with it.
    pub(super) fn drifted(
        &mut self,
        key: &ResourceKey,
        field: &str,
        wanted: impl Into<String>,
        found: impl Into<String>,
        why: impl Into<String>,
    ) -> &mut Finding {
        self.enter(FindingKind::Drift, key, Some(field), Some(wanted.into()), Some(found.into()), why)
    }

    /// Enters a declared value that is not so.
    pub(super) fn value(&mut self, difference: &Difference) {
        let Difference { key, field, wanted, found, remedy } = difference;
        let (kind, why) = match (self.is_pending(key), wanted) {
            (true, _) => (FindingKind::Pending, "the spec asks for something new"),
            (false, None) if found.is_some() => (FindingKind::Extra, "nobody declared it"),
            (false, _) => (FindingKind::Drift, "it was changed"),
        };
        let finding = self.enter(kind, key, Some(field), wanted.clone(), found.clone(), why);
        if let Some(remedy) = remedy {
            finding.mend = format!("`up` cannot mend it: {remedy}");
        }
    }

    /// Enters a resource that could not be looked at.
    pub(super) fn unreadable(&mut self, key: &ResourceKey, why: impl Into<String>) {
        let finding = self.enter(FindingKind::Unreadable, key, None, None, None, why);
        "nothing: look again, or mend the permission".clone_into(&mut finding.mend);
    }

    /// Enters something that nobody declared.
    pub(super) fn extra(&mut self, key: &ResourceKey, found: String, why: impl Into<String>, mend: impl Into<String>) {
        let finding = self.enter(FindingKind::Extra, key, None, None, Some(found), why);
        finding.mend = mend.into();
    }

    /// What a resource costs a day up beyond what it costs asleep; `None`: nothing, or not reckoned.
    pub(super) fn awake_per_day(&self, kind: ResourceKind, name: &str) -> Option<Amount> {
        let lines = self.input.cost?.lines.iter().filter(|line| line.key.kind == kind && line.key.name == name);
        let month: Amount = lines
            .map(|line| match self.power {
                Power::Hibernated if line.hibernated.is_nothing() => line.up,
                Power::Parked if line.parked.is_nothing() => line.up,
                _ => Amount::NOTHING,
            })
            .sum();
        (!month.is_nothing()).then(|| month.for_hours(HOURS_PER_DAY))
    }

    /// Everything that was found, what of it is accepted, and notes about acceptances.
    pub(super) fn finish(
        mut self,
        accepted: &AcceptedDifferences,
        now: Timestamp,
    ) -> (Vec<Finding>, Vec<(Finding, Acceptance)>, Vec<String>) {
        self.list.sort_by(|one, two| {
            (one.kind, &one.key, &one.field, &one.found).cmp(&(two.kind, &two.key, &two.field, &two.found))
        });
        self.list.dedup();
        accepted.divide(&self.input.desired.environment, self.list, now)
    }

    fn is_pending(&self, key: &ResourceKey) -> bool {
        match self.remembered.map(|known| &known.declared) {
            // Nobody asked for anything yet.
            None => true,
            Some(None) => false,
            Some(Some(declared)) => self.tokens.get(key).is_some_and(|token| !declared.holds(token)),
        }
    }

    fn enter(
        &mut self,
        kind: FindingKind,
        key: &ResourceKey,
        field: Option<&str>,
        wanted: Option<String>,
        found: Option<String>,
        why: impl Into<String>,
    ) -> &mut Finding {
        let finding = Finding {
            kind,
            key: key.clone(),
            field: field.map(str::to_owned),
            wanted,
            found,
            why: why.into(),
            place: place(self.input.desired, key, field),
            since: None,
            by: None,
            event: None,
            usd_per_day: None,
            mend: self.mend(key),
        };
        self.list.push(finding);
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// What the plan does about the resource, in words.
    fn mend(&self, key: &ResourceKey) -> String {
        let command = if self.power.is_asleep() { "down" } else { "up" };
        let Some(plan) = self.input.plan else {
            return format!("`{command}` puts it right");
        };
        let service = ResourceKey::new(ResourceKind::Service, &key.name);
        let is_about = |other: &ResourceKey| {
            // A new revision changes nothing until its service runs it.
            other == key || (key.kind == ResourceKind::TaskDefinition && *other == service)
        };
        // What envctl notes for itself on the way mends nothing.
        let notes =
            |step: &Step| ["remember-", "forget-", "check-", "await-"].iter().any(|id| step.id.0.starts_with(id));
        let about = plan.steps.iter().filter(|step| is_about(step.action.key()) && !notes(step));
        let steps: Vec<&str> = about.map(|step| step.title.as_str()).collect();
        if !steps.is_empty() {
            return format!("`{command}` would {}", steps.join(", then "));
        }
        let refused = plan.refusals.iter().find(|refusal| refusal.key.as_ref() == Some(key));
        if let Some(refusal) = refused.or(plan.refusals.first()) {
            return format!("`{command}` is refused until: {}", refusal.remedy);
        }
        let noted = plan.notes.iter().find(|note| note.key.as_ref() == Some(key) && note.kind == NoteKind::NotDone);
        match noted {
            Some(note) => note.text.clone(),
            None if self.power.is_asleep() => "the next `up` puts it right".to_owned(),
            None => format!("`{command}` puts it right"),
        }
    }
}
