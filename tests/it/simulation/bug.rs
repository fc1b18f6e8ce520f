//! Bugs planted on purpose: a checker that finds none of them checks nothing.

use std::str::FromStr;

use envctl::model::{
    Action, Goal, Live, Plan, Sighting, Step, StepId, TAG_BEFORE_SLEEP, TAG_FILES, TAG_MAINTENANCE, Until,
};

/// A mistake that envctl might have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Deletes a database as soon as its snapshot was asked for, without looking whether it is available.
    DeleteBeforeSnapshot,
    /// Takes the snapshot of another database.
    WrongSnapshot,
    /// Does not save what the count and the bounds were before they are changed.
    ForgetPriorValue,
    /// Does not wait for the scrub task before it starts the service and opens the rule.
    ForwardBeforeScrub,
    /// Takes a stranger's resource of the right name for its own.
    AdoptStranger,
    /// Remembers what was deployed without waiting for the end of the deployment.
    RememberTooEarly,
    /// Rolls data back when only the revision was to go back.
    DataUnasked,
    /// Brings the data of another snapshot back than the one that is due.
    OtherData,
    /// Deletes the database that a rollback replaces, in place of keeping it.
    DropFormer,
    /// Takes the data back, and leaves the files of its snapshot as they are.
    LeaveFiles,
    /// Removes the former content of a path as soon as restored files are in its place.
    DropFormerFiles,
    /// Lets visitors in at the next `up`, although maintenance was asked for.
    EndMaintenance,
}

impl Bug {
    pub(crate) const ALL: [Self; 12] = [
        Self::DeleteBeforeSnapshot,
        Self::WrongSnapshot,
        Self::ForgetPriorValue,
        Self::ForwardBeforeScrub,
        Self::AdoptStranger,
        Self::RememberTooEarly,
        Self::DataUnasked,
        Self::OtherData,
        Self::DropFormer,
        Self::LeaveFiles,
        Self::DropFormerFiles,
        Self::EndMaintenance,
    ];

    /// What a buggy envctl makes of what was asked for.
    pub(crate) fn misheard(self, goal: &Goal) -> Goal {
        match (self, goal) {
            (Self::DataUnasked, Goal::Rollback { to }) => Goal::RollbackData { to: to.clone(), snapshot: None },
            (_, goal) => goal.clone(),
        }
    }

    /// What it does not see.
    pub(crate) fn overlook(self, live: &mut Live) {
        if self == Self::EndMaintenance {
            let rules = live.rules.values_mut().filter_map(|rule| match rule {
                Sighting::Present(rule) => rule.tags.as_mut(),
                _ => None,
            });
            rules.for_each(|tags| drop(tags.remove(TAG_MAINTENANCE)));
        }
    }

    /// Plants the bug in a plan.
    pub(crate) fn plant_in(self, plan: &mut Plan) {
        match self {
            Self::DeleteBeforeSnapshot => {
                for step in &mut plan.steps {
                    if step.wait.as_ref().is_some_and(|wait| wait.until == Until::SnapshotAvailable) {
                        step.wait = None;
                    }
                }
            }
            Self::ForgetPriorValue => plan.steps.iter_mut().for_each(|step| {
                if let Action::Tag { tags, .. } = &mut step.action {
                    tags.remove(TAG_BEFORE_SLEEP);
                }
            }),
            Self::ForwardBeforeScrub => {
                let scrubs: Vec<_> = plan
                    .steps
                    .iter()
                    .filter(|step| matches!(step.action, Action::RunTask { .. }))
                    .map(|step| step.id.clone())
                    .collect();
                let marks: Vec<_> = plan
                    .steps
                    .iter()
                    .filter(|step| step.needs.iter().any(|need| scrubs.contains(need)))
                    .filter(|step| matches!(step.action, Action::Tag { .. }))
                    .map(|step| step.id.clone())
                    .collect();
                for step in &mut plan.steps {
                    if !marks.contains(&step.id) {
                        step.needs.retain(|need| !scrubs.contains(need) && !marks.contains(need));
                    }
                }
            }
            Self::RememberTooEarly => {
                for step in &mut plan.steps {
                    if step.wait.as_ref().is_some_and(|wait| matches!(wait.until, Until::Deployed { .. })) {
                        step.wait = None;
                    }
                }
            }
            Self::OtherData => plan.steps.iter_mut().for_each(|step| {
                if let Action::RestoreDatabase { key, snapshot, .. } = &mut step.action
                    && key.name.ends_with(".restored")
                {
                    super::hand::STRANGERS_SNAPSHOT.clone_into(snapshot);
                }
            }),
            Self::LeaveFiles => leave_files(plan),
            Self::WrongSnapshot
            | Self::AdoptStranger
            | Self::DataUnasked
            | Self::DropFormer
            | Self::DropFormerFiles
            | Self::EndMaintenance => {}
        }
    }
}

/// The plan without everything that brings files back.
fn leave_files(plan: &mut Plan) {
    for step in &mut plan.steps {
        if let Action::Tag { tags, .. } = &mut step.action {
            tags.remove(TAG_FILES);
        }
    }
    let is_about_files = |step: &Step| match &step.action {
        Action::StartRestore { .. } => true,
        Action::Tag { tags, remove, .. } => tags.is_empty() && remove.is_empty(),
        action => action.key().name.ends_with(".files"),
    };
    let gone: Vec<StepId> = plan.steps.iter().filter(|step| is_about_files(step)).map(|step| step.id.clone()).collect();
    plan.steps.retain(|step| !gone.contains(&step.id));
    plan.steps.iter_mut().for_each(|step| step.needs.retain(|need| !gone.contains(need)));
}

impl FromStr for Bug {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = |bug: &Self| format!("{bug:?}");
        Self::ALL.into_iter().find(|bug| name(bug) == text).ok_or_else(|| {
            let names: Vec<String> = Self::ALL.iter().map(name).collect();
            format!("`{text}` is no bug: {}", names.join(", "))
        })
    }
}
