//! The plan linter: what must hold of every plan, whatever it is for. Independent of how plans are made.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Action, Goal, Plan, RuleAction, Step, StepId, TAG_FILES, Until, late_names_in};

use super::draft::key_of;

/// Everything that is wrong with a plan, one sentence each; empty: nothing.
pub fn check(plan: &Plan) -> Vec<String> {
    let mut lint = Lint::new(plan);
    lint.refused_plans_do_nothing();
    lint.steps_are_in_order();
    lint.steps_say_why();
    lint.data_is_kept();
    lint.files_are_kept();
    lint.clean_data_first();
    lint.healthy_before_forwarding();
    lint.warm_behind_a_page();
    lint.swaps_are_quiet();
    lint.moves_are_quiet();
    lint.suspended_before_zero();
    lint.silent_before_zero();
    lint.late_values_are_known();
    lint.goals_stay_within_bounds();
    lint.problems
}

struct Lint<'a> {
    plan: &'a Plan,
    /// Everything that a step needs, directly or not.
    all_needs: BTreeMap<&'a StepId, BTreeSet<&'a StepId>>,
    problems: Vec<String>,
}

impl<'a> Lint<'a> {
    fn new(plan: &'a Plan) -> Self {
        let mut all_needs: BTreeMap<&StepId, BTreeSet<&StepId>> = BTreeMap::new();
        for step in &plan.steps {
            let mut needs: BTreeSet<&StepId> = step.needs.iter().collect();
            for need in &step.needs {
                needs.extend(all_needs.get(need).into_iter().flatten());
            }
            all_needs.insert(&step.id, needs);
        }
        Self { plan, all_needs, problems: Vec::new() }
    }

    fn refused_plans_do_nothing(&mut self) {
        if !self.plan.refusals.is_empty() && !self.plan.steps.is_empty() {
            self.problems.push("a refused plan has steps".to_owned());
        }
    }

    /// Every need stands before its step: so it exists, and there is no cycle.
    fn steps_are_in_order(&mut self) {
        let mut seen: BTreeSet<&StepId> = BTreeSet::new();
        for step in &self.plan.steps {
            for need in step.needs.iter().filter(|need| !seen.contains(need)) {
                self.problems.push(format!("{} needs {need}, which does not stand before it", step.id));
            }
            if !seen.insert(&step.id) {
                self.problems.push(format!("{} is there twice", step.id));
            }
        }
    }

    fn steps_say_why(&mut self) {
        for step in &self.plan.steps {
            if step.reasons.is_empty() || step.reasons.iter().any(|reason| reason.why.is_empty()) {
                self.problems.push(format!("{} does not say why", step.id));
            }
            if step.title.is_empty() {
                self.problems.push(format!("{} has no title", step.id));
            }
            if step.wait.as_ref().is_some_and(|wait| wait.deadline_seconds == 0) {
                self.problems.push(format!("{} waits without a deadline", step.id));
            }
        }
    }

    /// No database goes before a snapshot of it, taken in this plan, is available; no such snapshot goes before it.
    fn data_is_kept(&mut self) {
        for step in &self.plan.steps {
            let (Action::StopDatabase { identifier, verified_snapshot, .. }
            | Action::DeleteDatabase { identifier, verified_snapshot, .. }) = &step.action
            else {
                continue;
            };
            let taken = self.plan.steps.iter().find(|other| {
                matches!(&other.action, Action::CreateSnapshot { database, snapshot, .. }
                    if database == identifier && snapshot == verified_snapshot)
                    && other.wait.as_ref().is_some_and(|wait| wait.until == Until::SnapshotAvailable)
            });
            if !taken.is_some_and(|taken| self.needs(step, taken)) {
                self.problems.push(format!("{} does not need an available snapshot of {identifier}", step.id));
            }
            for other in &self.plan.steps {
                let deletes =
                    matches!(&other.action, Action::DeleteSnapshot { snapshot, .. } if snapshot == verified_snapshot);
                let gone = matches!(step.action, Action::DeleteDatabase { .. });
                if deletes && !(gone && self.needs(other, step)) {
                    self.problems.push(format!("{} deletes the snapshot that {} relies on", other.id, step.id));
                }
            }
        }
    }

    /// No database is put away, and no file system goes, before the files' part of the snapshot is complete.
    fn files_are_kept(&mut self) {
        let backups: Vec<&Step> = self.steps(|action| matches!(action, Action::StartBackup { .. })).collect();
        for backup in &backups {
            if backup.wait.as_ref().is_none_or(|wait| wait.until != Until::JobCompleted) {
                self.problems.push(format!("{} is not waited for", backup.id));
            }
        }
        for step in &self.plan.steps {
            let puts_away = matches!(
                step.action,
                Action::StopDatabase { .. } | Action::DeleteDatabase { .. } | Action::DeleteFileSystem { .. }
            );
            let missing = backups.iter().filter(|backup| puts_away && !self.needs(step, backup));
            let missing: Vec<String> =
                missing.map(|backup| format!("{} does not need {}", step.id, backup.id)).collect();
            self.problems.extend(missing);
        }
    }

    /// Nothing serves, and nothing is forwarded, before foreign data is clean.
    fn clean_data_first(&mut self) {
        let scrubs: Vec<&Step> = self.steps(|action| matches!(action, Action::RunTask { .. })).collect();
        for step in self.plan.steps.iter().filter(|step| forwards(step) || starts_tasks(&step.action)) {
            let missing: Vec<&&Step> = scrubs.iter().filter(|scrub| !self.needs(step, scrub)).collect();
            self.problems.extend(missing.into_iter().map(|scrub| format!("{} does not need {}", step.id, scrub.id)));
        }
    }

    /// A rule forwards after the check of the targets that it forwards to, where the plan has one.
    fn healthy_before_forwarding(&mut self) {
        let waits_for_health =
            |step: &&Step| step.wait.as_ref().is_some_and(|wait| matches!(wait.until, Until::TargetsHealthy { .. }));
        let checks: Vec<&Step> = self.plan.steps.iter().filter(waits_for_health).collect();
        for step in self.plan.steps.iter().filter(|step| forwards(step)) {
            let targets = forward_targets(&step.action);
            for check in &checks {
                let Action::Tag { arn, .. } = &check.action else { continue };
                if targets.contains(&arn.as_str()) && !self.needs(step, check) {
                    self.problems.push(format!("{} does not need {}", step.id, check.id));
                }
            }
        }
    }

    /// Databases swap names only while no task runs, after it is remembered, the one that goes first, and the one that
    /// comes with its password.
    fn swaps_are_quiet(&mut self) {
        let stops = |step: &Step| match &step.action {
            Action::UpdateService { update, .. } => update.desired_count == Some(0),
            Action::SetMasterPassword { key, .. } => key.name.ends_with(".restored"),
            Action::Tag { tags, .. } => tags.contains_key(crate::model::TAG_KEPT_AS),
            _ => false,
        };
        let mut missing = Vec::new();
        for step in &self.plan.steps {
            let Action::RenameDatabase { new_identifier, .. } = &step.action else { continue };
            let makes_room = |other: &Step| matches!(&other.action, Action::RenameDatabase { identifier, .. } if identifier == new_identifier);
            let before = self.plan.steps.iter().filter(|other| stops(other) || makes_room(other));
            let before = before.filter(|other| !self.needs(step, other));
            missing.extend(before.map(|other| format!("{} does not need {}", step.id, other.id)));
        }
        self.problems.extend(missing);
    }

    /// Files are moved into place only while no task runs and when they are restored; nothing is restored for a rollback
    /// before every mark says that it is due.
    fn moves_are_quiet(&mut self) {
        let mut missing = Vec::new();
        for step in &self.plan.steps {
            let before = |other: &&Step| match (&step.action, &other.action) {
                (Action::RunTask { key, .. }, Action::UpdateService { update, .. }) if key.name.ends_with(".files") => {
                    update.desired_count == Some(0)
                }
                (Action::RunTask { key, .. }, Action::StartRestore { key: restored, .. }) => {
                    key.name.strip_suffix(".files") == Some(&restored.name)
                }
                (Action::StartRestore { .. } | Action::RestoreDatabase { .. }, Action::Tag { tags, .. }) => {
                    tags.get(TAG_FILES).is_some_and(|mark| mark.starts_with("back:"))
                }
                _ => false,
            };
            let before = self.plan.steps.iter().filter(before).filter(|other| !self.needs(step, other));
            missing.extend(before.map(|other| format!("{} does not need {}", step.id, other.id)));
        }
        self.problems.extend(missing);
    }

    /// A page in front of tasks that go on running comes after the warming rule behind it: unchecked targets would be
    /// none.
    fn warm_behind_a_page(&mut self) {
        let answers = |step: &&Step| matches!(&step.action, Action::ModifyRule { .. }) && !forwards(step);
        let pages: Vec<&Step> = self.plan.steps.iter().filter(answers).collect();
        for page in pages.into_iter().filter(|page| !page.id.0.starts_with("sleep-")) {
            let behind = format!("{}{}", page.action.key().name, super::warming::WARMING);
            let warms = |step: &&Step| step.action.key().name == behind && !forward_targets(&step.action).is_empty();
            let missing = self.plan.steps.iter().find(warms).filter(|warm| !self.needs(page, warm));
            self.problems.extend(missing.map(|warm| format!("{} does not need {}", page.id, warm.id)));
        }
    }

    /// A minimum above 0 would lift a count of 0 again; bounds come back only when the service is awake.
    fn suspended_before_zero(&mut self) {
        for step in &self.plan.steps {
            let Action::UpdateService { key, update, .. } = &step.action else { continue };
            for other in &self.plan.steps {
                let Action::RegisterScalableTarget { key: target, suspended, .. } = &other.action else { continue };
                if target.name != key.name {
                    continue;
                }
                let zero = update.desired_count == Some(0);
                if zero && *suspended && !self.needs(step, other) {
                    self.problems.push(format!("{} does not need {}", step.id, other.id));
                }
                if !*suspended && !self.needs(other, step) {
                    self.problems.push(format!("{} does not need {}", other.id, step.id));
                }
            }
        }
    }

    /// Alarms are silent before a task stops, and speak only after rules forward.
    fn silent_before_zero(&mut self) {
        let switched = |wanted: bool| {
            self.plan.steps.iter().filter(move |step| match &step.action {
                Action::SetAlarmActions { enabled, .. } => *enabled == wanted,
                Action::PutAlarm { actions_enabled, .. } => *actions_enabled && wanted,
                _ => false,
            })
        };
        let stops = |step: &&Step| match &step.action {
            Action::UpdateService { update, .. } => update.desired_count == Some(0),
            _ => false,
        };
        let silent = switched(false).flat_map(|off| self.plan.steps.iter().filter(stops).map(move |stop| (stop, off)));
        let loud = switched(true)
            .flat_map(|on| self.plan.steps.iter().filter(|step| forwards(step)).map(move |open| (on, open)));
        let wrong: Vec<String> = silent
            .chain(loud)
            .filter(|(step, need)| !self.needs(step, need))
            .map(|(step, need)| format!("{} does not need {}", step.id, need.id))
            .collect();
        self.problems.extend(wrong);
    }

    /// A late value of something that this plan makes is needed from the step that makes it.
    fn late_values_are_known(&mut self) {
        for step in &self.plan.steps {
            let value = serde_json::to_value(&step.action).unwrap_or_default();
            for key in late_names_in(&value).iter().filter_map(|name| key_of(name)) {
                let mut makers =
                    self.plan.steps.iter().filter(|other| *other.action.key() == key && makes(&other.action));
                if let Some(maker) = makers.next()
                    && !self.needs(step, maker)
                {
                    self.problems.push(format!("{} uses {key} and does not need {}", step.id, maker.id));
                }
            }
        }
    }

    fn goals_stay_within_bounds(&mut self) {
        let allowed: fn(&Step) -> bool = match self.plan.goal {
            Goal::Up { .. } | Goal::RollbackData { .. } => |step| {
                let action = &step.action;
                !action.is_destructive()
                    || matches!(action, Action::DeleteAccessPoint { .. })
                    || (matches!(action, Action::DeleteTaskDefinitions { .. }) && step.id.0.starts_with("forget-"))
                    || (matches!(action, Action::DeleteRule { .. }) && step.id.0.starts_with("surplus/"))
                    || matches!(action, Action::DeleteScalingPolicy { .. } | Action::DeregisterScalableTarget { .. })
                    || matches!(action, Action::DeleteRule { key, .. } if key.name.ends_with(super::warming::WARMING))
            },
            Goal::Down { .. } => |step| {
                let action = &step.action;
                !action.is_destructive()
                    || matches!(action, Action::StopDatabase { .. } | Action::DeleteDatabase { .. })
                    || matches!(action, Action::DeleteRule { key, .. } if key.name.ends_with(super::warming::WARMING))
            },
            Goal::Destroy { .. } => |_| true,
            Goal::Snapshot => |step| {
                matches!(
                    step.action,
                    Action::CreateSnapshot { .. }
                        | Action::Tag { .. }
                        | Action::StartBackup { .. }
                        | Action::CreateBackupVault { .. }
                )
            },
            Goal::DiscardFormer => |step| {
                matches!(
                    step.action,
                    Action::RegisterTaskDefinition { .. }
                        | Action::RunTask { .. }
                        | Action::Tag { .. }
                        | Action::DeleteTaskDefinitions { .. }
                )
            },
            Goal::DiscardKept => |step| match &step.action {
                Action::DeleteDatabase { identifier, .. }
                | Action::ModifyDatabase { identifier, .. }
                | Action::StartDatabase { identifier, .. } => identifier == &step.action.key().name,
                Action::CreateSnapshot { .. } | Action::Tag { .. } => true,
                _ => false,
            },
            Goal::Prune => {
                |step| matches!(step.action, Action::DeleteSnapshot { .. } | Action::DeleteRecoveryPoint { .. })
            }
            Goal::Deploy { .. } | Goal::Rollback { .. } => |step| match &step.action {
                Action::RegisterTaskDefinition { .. } | Action::Tag { .. } => true,
                // The count is autoscaling's and the spec's, never a deployment's.
                Action::UpdateService { update, .. } => update.desired_count.is_none() && update.settings.is_none(),
                _ => false,
            },
            Goal::Maintenance { on } => maintenance_steps(on),
            Goal::Run { .. } => {
                |step| matches!(step.action, Action::RegisterTaskDefinition { .. } | Action::RunTask { .. })
            }
        };
        for step in self.plan.steps.iter().filter(|step| !allowed(step)) {
            self.problems.push(format!("{} has no place in `{}`", step.id, self.plan.goal.command()));
        }
    }

    fn needs(&self, step: &Step, other: &Step) -> bool {
        self.all_needs.get(&step.id).is_some_and(|needs| needs.contains(&other.id))
    }

    fn steps(&self, wanted: fn(&Action) -> bool) -> impl Iterator<Item = &'a Step> {
        self.plan.steps.iter().filter(move |step| wanted(&step.action))
    }
}

/// What may be done about maintenance: nothing but rules is touched, and no rule goes but a warming one.
fn maintenance_steps(on: bool) -> fn(&Step) -> bool {
    match on {
        true => |step| match &step.action {
            Action::Tag { .. } | Action::SetRulePriority { .. } => true,
            Action::CreateRule { key, .. } => key.name.ends_with(super::warming::WARMING),
            Action::ModifyRule { .. } => !forwards(step),
            _ => false,
        },
        false => |step| match &step.action {
            Action::Tag { .. } | Action::ModifyRule { .. } => true,
            Action::DeleteRule { key, .. } => key.name.ends_with(super::warming::WARMING),
            _ => false,
        },
    }
}

/// Does it send requests to tasks? A warming rule is never reached.
fn forwards(step: &Step) -> bool {
    !step.action.key().name.ends_with(super::warming::WARMING) && !forward_targets(&step.action).is_empty()
}

fn forward_targets(action: &Action) -> Vec<&str> {
    let (Action::CreateRule { actions, .. } | Action::ModifyRule { actions, .. }) = action else { return Vec::new() };
    let targets = actions.iter().filter_map(|action| match action {
        RuleAction::Forward { target_group_arn } => Some(target_group_arn.as_str()),
        _ => None,
    });
    targets.collect()
}

fn starts_tasks(action: &Action) -> bool {
    match action {
        Action::CreateService { desired_count, .. } => *desired_count > 0,
        Action::UpdateService { update, .. } => update.desired_count.is_some_and(|count| count > 0),
        _ => false,
    }
}

fn makes(action: &Action) -> bool {
    matches!(
        action,
        Action::CreateDatabase { .. }
            | Action::RestoreDatabase { .. }
            | Action::CreateSecret { .. }
            | Action::CreateFileSystem { .. }
            | Action::CreateAccessPoint { .. }
            | Action::CreateTargetGroup { .. }
            | Action::CreateLogGroup { .. }
            | Action::CreateRule { .. }
            | Action::RegisterTaskDefinition { .. }
    )
}
