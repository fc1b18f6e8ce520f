//! [`Schedule`]: which steps may start now, and what becomes of those that never will. A pure state machine.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Step, StepId};

/// Where a step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Not begun.
    Pending,
    /// Begun and not finished.
    Running,
    /// Done.
    Succeeded,
    /// Begun and left: its call was made, and nobody waited for the end (`--no-wait`).
    Left,
    /// Given up.
    Failed,
    /// Will not be begun, and why.
    Skipped(String),
}

/// The steps of a plan on their way.
#[derive(Clone, Debug)]
pub struct Schedule {
    order: Vec<StepId>,
    needs: BTreeMap<StepId, BTreeSet<StepId>>,
    stages: BTreeMap<StepId, Stage>,
}

impl Schedule {
    /// A schedule in which nothing has begun. A need that is no step of the plan can never be met: the step that has
    /// it is skipped by the first [`Schedule::settle`].
    pub fn new(steps: &[Step]) -> Self {
        Self {
            order: steps.iter().map(|step| step.id.clone()).collect(),
            needs: steps.iter().map(|step| (step.id.clone(), step.needs.iter().cloned().collect())).collect(),
            stages: steps.iter().map(|step| (step.id.clone(), Stage::Pending)).collect(),
        }
    }

    /// Where a step stands; `None`: no step of this plan.
    pub fn stage(&self, step: &StepId) -> Option<&Stage> {
        self.stages.get(step)
    }

    /// Steps that may start now, in the order of the plan.
    pub fn ready(&self) -> Vec<StepId> {
        self.pending()
            .filter(|step| self.needs_of(step).all(|need| self.is(need, &Stage::Succeeded)))
            .cloned()
            .collect()
    }

    /// A step begins.
    pub fn started(&mut self, step: &StepId) {
        self.stages.insert(step.clone(), Stage::Running);
    }

    /// A step ends.
    pub fn finished(&mut self, step: &StepId, stage: Stage) {
        self.stages.insert(step.clone(), stage);
    }

    /// Skips every step that can no longer start because something it needs did not succeed, and returns them with
    /// the reason, in the order of the plan.
    pub fn settle(&mut self) -> Vec<(StepId, String)> {
        let mut skipped = Vec::new();
        loop {
            let next = self.pending().find_map(|step| Some((step.clone(), self.hindrance(step)?)));
            let Some((step, because)) = next else { break };
            self.stages.insert(step.clone(), Stage::Skipped(because.clone()));
            skipped.push((step, because));
        }
        skipped
    }

    /// Skips everything that has not begun, for one reason, and returns it in the order of the plan.
    pub fn abandon(&mut self, because: &str) -> Vec<StepId> {
        let pending: Vec<StepId> = self.pending().cloned().collect();
        for step in &pending {
            self.stages.insert(step.clone(), Stage::Skipped(because.to_owned()));
        }
        pending
    }

    /// Is there nothing left to do or to wait for?
    pub fn is_finished(&self) -> bool {
        !self.stages.values().any(|stage| matches!(stage, Stage::Pending | Stage::Running))
    }

    /// Does every step stand at [`Stage::Succeeded`]?
    pub fn is_complete(&self) -> bool {
        self.stages.values().all(|stage| *stage == Stage::Succeeded)
    }

    fn pending(&self) -> impl Iterator<Item = &StepId> {
        self.order.iter().filter(|step| self.is(step, &Stage::Pending))
    }

    fn needs_of(&self, step: &StepId) -> impl Iterator<Item = &StepId> {
        self.needs.get(step).into_iter().flatten()
    }

    fn is(&self, step: &StepId, stage: &Stage) -> bool {
        self.stages.get(step) == Some(stage)
    }

    fn hindrance(&self, step: &StepId) -> Option<String> {
        self.needs_of(step).find_map(|need| match self.stages.get(need) {
            None => Some(format!("it needs {need}, which is no step of this plan")),
            Some(Stage::Failed) => Some(format!("{need} failed")),
            Some(Stage::Left) => Some(format!("{need} was not waited for")),
            Some(Stage::Skipped(_)) => Some(format!("{need} was skipped")),
            Some(Stage::Pending | Stage::Running | Stage::Succeeded) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Action, ResourceKey, ResourceKind};

    fn step(id: &str, needs: &[&str]) -> Step {
        Step {
            id: StepId(id.to_owned()),
            title: id.to_owned(),
            action: Action::DeleteSnapshot {
                key: ResourceKey::new(ResourceKind::Snapshot, id),
                snapshot: id.to_owned(),
            },
            needs: needs.iter().map(|need| StepId((*need).to_owned())).collect(),
            reasons: Vec::new(),
            wait: None,
            expected_seconds: 1,
        }
    }

    fn id(text: &str) -> StepId {
        StepId(text.to_owned())
    }

    #[test]
    fn a_step_is_ready_when_everything_it_needs_has_succeeded() {
        let mut schedule = Schedule::new(&[step("a", &[]), step("b", &[]), step("c", &["a", "b"])]);
        assert_eq!(schedule.ready(), [id("a"), id("b")]);
        schedule.started(&id("a"));
        schedule.finished(&id("a"), Stage::Succeeded);
        assert_eq!(schedule.ready(), [id("b")]);
        schedule.started(&id("b"));
        assert_eq!(schedule.ready(), []);
        schedule.finished(&id("b"), Stage::Succeeded);
        assert_eq!(schedule.ready(), [id("c")]);
    }

    #[test]
    fn a_failure_skips_what_depends_on_it_and_nothing_else() {
        let mut schedule = Schedule::new(&[step("a", &[]), step("b", &["a"]), step("c", &["b"]), step("d", &[])]);
        schedule.started(&id("a"));
        schedule.finished(&id("a"), Stage::Failed);
        let skipped = schedule.settle();
        assert_eq!(skipped, [(id("b"), "a failed".to_owned()), (id("c"), "b was skipped".to_owned())]);
        assert_eq!(schedule.ready(), [id("d")]);
    }

    #[test]
    fn a_need_that_is_no_step_is_a_reason_to_skip() {
        let mut schedule = Schedule::new(&[step("a", &["ghost"])]);
        assert_eq!(schedule.ready(), []);
        assert_eq!(schedule.settle().len(), 1);
        assert!(schedule.is_finished());
    }

    #[test]
    fn a_circle_is_never_ready_and_can_be_abandoned() {
        let mut schedule = Schedule::new(&[step("a", &["b"]), step("b", &["a"])]);
        assert_eq!(schedule.ready(), []);
        assert_eq!(schedule.settle(), []);
        assert_eq!(schedule.abandon("it needs itself"), [id("a"), id("b")]);
        assert!(schedule.is_finished());
    }

    proptest! {
        /// Whatever depends on whatever, in whichever order steps end and however: each step starts at most once,
        /// only after all its needs succeeded, and at the end nothing is pending.
        #[test]
        fn every_step_starts_at_most_once_and_never_before_its_needs(
            edges in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 12), 12),
            fates in proptest::collection::vec(0u8..4, 12),
            picks in proptest::collection::vec(any::<prop::sample::Index>(), 12),
        ) {
            let names: Vec<String> = (0..12).map(|number| format!("s{number:02}")).collect();
            let steps: Vec<Step> = (0..12usize).map(|number| {
                let needs: Vec<&str> =
                    (0..number).filter(|other| edges[number][*other]).map(|other| names[other].as_str()).collect();
                step(&names[number], &needs)
            }).collect();
            let mut schedule = Schedule::new(&steps);
            let mut succeeded = BTreeSet::new();
            let mut begun = BTreeSet::new();
            for pick in picks {
                let ready = schedule.ready();
                if ready.is_empty() { break }
                let chosen = pick.get(&ready).clone();
                prop_assert!(begun.insert(chosen.clone()));
                let own = steps.iter().find(|step| step.id == chosen).unwrap();
                prop_assert!(own.needs.iter().all(|need| succeeded.contains(need)));
                schedule.started(&chosen);
                let fate = fates[usize::from(chosen.0.as_bytes()[2] % 12)];
                if fate == 0 {
                    schedule.finished(&chosen, Stage::Failed);
                } else {
                    succeeded.insert(chosen.clone());
                    schedule.finished(&chosen, Stage::Succeeded);
                }
                schedule.settle();
            }
            prop_assert!(schedule.is_finished());
        }
    }
}
