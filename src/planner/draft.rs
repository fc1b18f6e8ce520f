//! [`Draft`]: a plan while it is written. A step may only need steps that are in the draft already, so the finished
//! list stands in an order in which every step comes after what it needs, and has no cycle.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Action, Facts, Note, NoteKind, Reason, Refusal, RefusalKind, ResourceKey, Step, StepId, Tags, Until, Wait,
    late_names_in, late_text,
};

use super::durations;

/// A plan while it is written.
#[derive(Default)]
pub(super) struct Draft {
    /// The steps so far.
    pub(super) steps: Vec<Step>,
    /// The notes so far.
    pub(super) notes: Vec<Note>,
    /// The refusals so far; the parts go on after one, so that all are found at once.
    pub(super) refusals: Vec<Refusal>,
    /// What every step without needs of its own comes after.
    gate: Vec<StepId>,
    /// The steps that make a fact about a resource known.
    providers: BTreeMap<ResourceKey, StepId>,
    /// Resources that this plan makes anew: what is known about them today will not hold.
    made: BTreeSet<ResourceKey>,
    /// What must be done before a resource may be used, beyond its being there.
    ready: BTreeMap<ResourceKey, Vec<StepId>>,
    /// The tags of the snapshot that this plan takes, where files are part of it, and the steps that take them.
    files_taken: (Tags, Vec<StepId>),
    /// Steps that only wait: dropped in the end when nothing needs them.
    optional: BTreeSet<StepId>,
}

/// A step before it is added.
pub(super) struct NewStep(Step);

impl NewStep {
    /// A step with the usual duration of its action.
    pub(super) fn new(id: impl Into<String>, title: impl Into<String>, action: Action) -> Self {
        Self(Step {
            id: StepId(id.into()),
            title: title.into(),
            expected_seconds: durations::expected_seconds(&action),
            action,
            needs: Vec::new(),
            reasons: Vec::new(),
            wait: None,
        })
    }

    /// Why, about the resource as a whole.
    pub(super) fn because(mut self, why: impl Into<String>) -> Self {
        self.0.reasons.push(Reason { field: None, from: None, to: None, why: why.into() });
        self
    }

    /// Why, field by field.
    pub(super) fn reasons(mut self, reasons: impl IntoIterator<Item = Reason>) -> Self {
        self.0.reasons.extend(reasons);
        self
    }

    /// What must have succeeded before.
    pub(super) fn after(mut self, needs: impl IntoIterator<Item = StepId>) -> Self {
        self.0.needs.extend(needs);
        self
    }

    /// What it waits for at its end.
    pub(super) fn until(mut self, wait: Wait) -> Self {
        self.0.wait = Some(wait);
        self
    }

    /// Another duration than the action's usual one, seconds.
    pub(super) fn taking(mut self, seconds: u64) -> Self {
        self.0.expected_seconds = seconds;
        self
    }
}

impl Draft {
    /// Adds a step. It also needs every step that makes a late value in its action or wait known.
    pub(super) fn add(&mut self, step: NewStep) -> StepId {
        let NewStep(mut step) = step;
        step.needs.extend(self.providers_of(&step.action));
        step.needs.extend(step.wait.iter().flat_map(|wait| self.providers_of(wait)));
        if step.needs.is_empty() {
            step.needs = self.gate.clone();
        }
        let mut seen = BTreeSet::new();
        step.needs.retain(|need| *need != step.id && seen.insert(need.clone()));
        self.provide(&step);
        let id = step.id.clone();
        self.steps.push(step);
        id
    }

    /// Adds a step that only waits; it goes again when nothing needs it in the end.
    pub(super) fn add_optional(&mut self, step: NewStep) -> StepId {
        let id = self.add(step);
        self.optional.insert(id.clone());
        id
    }

    /// Everything without needs of its own comes after these from now on.
    pub(super) fn set_gate(&mut self, gate: Vec<StepId>) {
        self.gate = gate;
    }

    /// Everything without needs of its own comes after this step too from now on.
    pub(super) fn add_to_gate(&mut self, step: StepId) {
        self.gate.push(step);
    }

    /// A resource may be used only after this step.
    pub(super) fn hold(&mut self, key: &ResourceKey, until: StepId) {
        self.ready.entry(key.clone()).or_default().push(until);
    }

    /// The steps after which a resource may be used.
    pub(super) fn ready(&self, key: &ResourceKey) -> Vec<StepId> {
        let held = self.ready.get(key).into_iter().flatten();
        held.chain(self.providers.get(key)).cloned().collect()
    }

    /// Is the resource made anew by this plan?
    pub(super) fn makes(&self, key: &ResourceKey) -> bool {
        self.made.contains(key)
    }

    /// A fact's value where it is known and will hold, its late text otherwise.
    pub(super) fn fact(&self, known: &Facts, key: &ResourceKey, attribute: &str) -> String {
        let late = late_text(key, attribute);
        if self.makes(key) { late } else { crate::model::resolve_text(&late, known) }
    }

    /// The known facts that will still hold when this plan is done.
    pub(super) fn lasting(&self, known: &Facts) -> Facts {
        let lasts = |name: &str| key_of(name).is_none_or(|key| !self.makes(&key));
        known.iter().filter(|(name, _)| lasts(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Is there a step of this id?
    pub(super) fn has(&self, id: &StepId) -> bool {
        self.steps.iter().any(|step| step.id == *id)
    }

    /// The files' part of the snapshot is planned: its tags, and its steps.
    pub(super) fn set_files_taken(&mut self, tags: Tags, steps: Vec<StepId>) {
        self.files_taken = (tags, steps);
    }

    /// The tags by which the parts of the snapshot know each other; empty without files.
    pub(super) fn snapshot_tags(&self) -> &Tags {
        &self.files_taken.0
    }

    /// The steps after which the files' part of the snapshot is complete.
    pub(super) fn files_taken(&self) -> Vec<StepId> {
        self.files_taken.1.clone()
    }

    /// Adds a note.
    pub(super) fn note(&mut self, key: Option<ResourceKey>, kind: NoteKind, text: impl Into<String>) {
        self.notes.push(Note { key, kind, text: text.into() });
    }

    /// Adds a refusal.
    pub(super) fn refuse(
        &mut self,
        key: Option<ResourceKey>,
        kind: RefusalKind,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let refusal = Refusal { key, kind, why: why.into(), remedy: remedy.into() };
        if !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }

    /// Drops what only waits and that nothing waits for, and every step of a plan that is refused.
    pub(super) fn finish(&mut self) {
        let needed: BTreeSet<StepId> = self.steps.iter().flat_map(|step| step.needs.iter().cloned()).collect();
        let optional = std::mem::take(&mut self.optional);
        self.steps.retain(|step| needed.contains(&step.id) || !optional.contains(&step.id));
        if !self.refusals.is_empty() {
            self.steps.clear();
        }
        self.drop_implied_needs();
    }

    /// A need of a need goes without saying.
    fn drop_implied_needs(&mut self) {
        let mut implied: BTreeMap<StepId, BTreeSet<StepId>> = BTreeMap::new();
        for step in &mut self.steps {
            let beyond: BTreeSet<StepId> =
                step.needs.iter().filter_map(|need| implied.get(need)).flatten().cloned().collect();
            step.needs.retain(|need| !beyond.contains(need));
            let all = beyond.into_iter().chain(step.needs.iter().cloned()).collect();
            implied.insert(step.id.clone(), all);
        }
    }

    fn provide(&mut self, step: &Step) {
        let key = step.action.key().clone();
        if makes_anew(&step.action) {
            self.made.insert(key.clone());
        }
        let waits_for_it = step.wait.as_ref().is_some_and(|wait| wait.key == key && wait.until != Until::Gone);
        if makes_anew(&step.action) {
            self.providers.insert(key, step.id.clone());
        } else if waits_for_it {
            self.providers.entry(key).or_insert_with(|| step.id.clone());
        }
    }

    fn providers_of<T: serde::Serialize>(&self, thing: &T) -> Vec<StepId> {
        let value = serde_json::to_value(thing).unwrap_or_default();
        let keys = late_names_in(&value).into_iter().filter_map(|name| key_of(&name));
        keys.filter_map(|key| self.providers.get(&key).cloned()).collect()
    }
}

/// A reason about one field.
pub(super) fn field(name: &str, from: impl ToString, to: impl ToString, why: &str) -> Reason {
    Reason { field: Some(name.to_owned()), from: Some(from.to_string()), to: Some(to.to_string()), why: why.to_owned() }
}

/// The resource that a fact is about.
pub(super) fn key_of(fact: &str) -> Option<ResourceKey> {
    fact.rsplit_once('.').and_then(|(key, _)| key.parse().ok())
}

fn makes_anew(action: &Action) -> bool {
    matches!(
        action,
        Action::CreateDatabase { .. }
            | Action::RestoreDatabase { .. }
            | Action::CreateSecret { .. }
            | Action::CreateLogGroup { .. }
            | Action::CreateFileSystem { .. }
            | Action::CreateAccessPoint { .. }
            | Action::CreateTargetGroup { .. }
            | Action::CreateRule { .. }
            | Action::RegisterTaskDefinition { .. }
            | Action::CreateService { .. }
            | Action::RunTask { .. }
            | Action::StartBackup { .. }
            | Action::StartRestore { .. }
    )
}
