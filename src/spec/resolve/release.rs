//! The release procedure, defaulted.

use std::time::Duration;

use crate::model::{AnnounceSpec, ReleaseSpec, ReleaseStep, WatchSpec};
use crate::spec::schema::{At, Field, Root, StepChoice, WatchChoice};

use super::Section;

/// How long a release is watched where a mapping does not say.
const LASTS: Duration = Duration::from_secs(900);
/// Time between two looks where nothing is said.
const EVERY: Duration = Duration::from_secs(60);

/// The release procedure; where the spec declares none, the usual one.
pub(super) fn release(section: &mut Section<'_>, root: &Root) -> ReleaseSpec {
    section.maybe("release", &root.release);
    let has_policy = root.policy.get().is_some();
    let Some(shape) = root.release.get() else { return ReleaseSpec::usual(has_policy, AnnounceSpec::default()) };
    let announce = shape.announce.get().cloned().unwrap_or_default();
    section.maybe("release.announce", &shape.announce);
    let announce = AnnounceSpec {
        webhook: section.maybe("release.announce.webhook", &announce.webhook),
        topic: section.maybe("release.announce.topic", &announce.topic),
        required: section.or("release.announce.required", &announce.required, false),
    };
    let usual = ReleaseSpec::usual(has_policy, announce);
    let mut questions = 0;
    let mut steps = |section: &mut Section<'_>, field: &str, value: &Field<Vec<At<StepChoice>>>, usual| {
        let items = section.list(field, value);
        if value.get().is_none() {
            return usual;
        }
        items.into_iter().map(|item| step(item, &mut questions)).collect()
    };
    let before = steps(section, "release.before", &shape.before, usual.before);
    let tasks = section.list("release.tasks", &shape.tasks);
    let verify = steps(section, "release.verify", &shape.verify, usual.verify);
    let watch = section.maybe("release.watch", &shape.watch).map(|choice| watch(section, choice));
    let rollback_when = section.list("release.rollback_when", &shape.rollback_when);
    let rollback_when = match shape.rollback_when.get() {
        None => usual.rollback_when,
        Some(_) => rollback_when.into_iter().map(|word| word.0).collect(),
    };
    let after = steps(section, "release.after", &shape.after, usual.after);
    let maintenance_during_rollback =
        section.or("release.maintenance_during_rollback", &shape.maintenance_during_rollback, false);
    let with_data = section.or("release.with_data", &shape.with_data, false);
    let announce = usual.announce;
    ReleaseSpec { before, tasks, verify, watch, rollback_when, maintenance_during_rollback, with_data, after, announce }
}

fn watch(section: &mut Section<'_>, choice: WatchChoice) -> WatchSpec {
    match choice {
        WatchChoice::For(span) => WatchSpec { lasts: span.0, every: EVERY, checks: Vec::new(), open_for: None },
        WatchChoice::Whole(shape) => WatchSpec {
            lasts: section.maybe("release.watch.lasts", &shape.lasts).map_or(LASTS, |span| span.0),
            every: section.maybe("release.watch.every", &shape.every).map_or(EVERY, |span| span.0),
            checks: section.list("release.watch.checks", &shape.checks),
            open_for: section.maybe("release.watch.open_for", &shape.open_for).map(|span| span.0),
        },
    }
}

/// One step; `questions` counts those that a person answers.
fn step(item: StepChoice, questions: &mut usize) -> ReleaseStep {
    let shape = match item {
        StepChoice::Whole(shape) => shape,
        StepChoice::Word(word) => {
            return match word.as_str() {
                "policy" => ReleaseStep::Policy,
                "snapshot" => ReleaseStep::Snapshot,
                "checks" => ReleaseStep::Checks(Vec::new()),
                "announce" => ReleaseStep::Announce,
                _ => ReleaseStep::Checks(vec![word]),
            };
        }
    };
    if let Some(task) = shape.task.get() {
        return ReleaseStep::Task(task.clone());
    }
    if let Some(on) = shape.maintenance.get() {
        return ReleaseStep::Maintenance(on.0);
    }
    if let Some(question) = shape.confirm.get() {
        *questions += 1;
        let name = shape.name.get().cloned().unwrap_or_else(|| questions.to_string());
        return ReleaseStep::Confirm { name, question: question.clone() };
    }
    let names = shape.checks.get().map_or(&[][..], Vec::as_slice);
    ReleaseStep::Checks(names.iter().map(|name| name.value.clone()).collect())
}
