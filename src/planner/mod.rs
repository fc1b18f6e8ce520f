//! The planner: what is wanted, what is there and what it is for, in; a [`Plan`] out. Total, pure, and without a
//! choice left for the executor.
//!
//! The functions below are a table of contents. The order of their lines is the policy: what is written first is
//! planned first, and a step can only need steps that were planned before it. Everything else runs side by side.

mod access_point;
mod alarm;
pub mod canonical;
mod check;
mod compare;
mod condition;
mod dashboard;
mod data_rollback;
mod data_source;
mod database;
mod database_changes;
mod database_sleep;
mod deploy;
mod document;
mod draft;
mod durations;
mod file_mark;
mod file_move;
mod file_restore;
mod file_rollback;
mod file_system;
mod files;
mod log_group;
mod maintenance;
mod password;
mod power;
mod preflight;
mod priority;
mod recovery_point;
mod removal;
mod replacement;
mod rollback;
mod rule;
mod run;
mod safety;
mod scaling;
mod scrub;
mod secret;
mod service;
mod service_settings;
mod service_sleep;
mod situation;
mod sleep;
mod snapshot;
mod snapshot_fit;
mod tags;
mod target_group;
mod task_definition;
mod undeclared;
mod version;
mod warming;
mod whole;

use std::time::Duration;

pub use check::check;
pub use compare::differences;
pub use deploy::last_completed;
pub use power::{power_now, remembered as power_remembered};
pub use sleep::sleep_choice;
pub use whole::{Part, in_words, missing_parts};

use crate::model::{DataSource, Desired, Goal, Live, Plan, Policy, Power, SleepChoice, SleepMode, StepId};

use self::draft::Draft;
use self::situation::Situation;

/// Compares what is wanted with what is there, and plans what leads to the goal. There already: a plan without steps.
pub fn plan(desired: &Desired, live: &Live, goal: &Goal, policy: &Policy) -> Plan {
    let mut deployed = desired.as_deployed(live);
    if let Goal::Run { settings, .. } = goal {
        deployed = deployed.with_settings(settings);
    }
    let situation = Situation::new(&deployed, live, policy).declared_by(desired);
    let mut draft = Draft::default();
    preflight::account(&situation, &mut draft);
    preflight::protection(&situation, goal, &mut draft);
    replacement::refuse_halfway(&situation, goal, &mut draft);
    file_rollback::refuse_halfway(&situation, goal, &mut draft);
    file_restore::refuse_halfway(&situation, goal, &mut draft);
    let power_now = power::power_now(desired, live);
    let mut sleep_choice = None;
    let power_wanted = match goal {
        Goal::Up { from } => up(&situation, from, &mut draft),
        Goal::Down { mode, idle } => down(&situation, *mode, *idle, &mut sleep_choice, &mut draft),
        Goal::Destroy { delete_snapshots } => destroy(&situation, *delete_snapshots, &mut draft),
        Goal::RollbackData { to, snapshot } => {
            match data_rollback::begin(&situation, to, snapshot.as_deref(), &mut draft) {
                Some(rollback) => up(&situation.taken_back(rollback), &DataSource::Latest, &mut draft),
                None => power_now,
            }
        }
        goal => {
            within(situation, desired, goal, &mut draft);
            power_now
        }
    };
    draft.finish();
    Plan {
        environment: desired.environment.clone(),
        application: desired.application.clone(),
        account: desired.account.clone(),
        region: desired.region.clone(),
        goal: goal.clone(),
        power_now,
        power_wanted,
        steps: draft.steps,
        notes: draft.notes,
        refusals: draft.refusals,
        sleep_choice,
        bill: None,
        observed_at: live.observed_at,
    }
}

/// What leaves the power state as it is.
fn within(s: Situation, spec: &Desired, goal: &Goal, draft: &mut Draft) {
    match goal {
        Goal::Snapshot => snapshot::create(&s, draft),
        Goal::Prune => snapshot::prune(&s, draft),
        Goal::DiscardKept => drop(replacement::discard(&s, "its removal was asked for", draft)),
        Goal::DiscardFormer => {
            preflight::borrowed(&s, draft);
            file_restore::discard_former(&s, draft);
        }
        Goal::Deploy { settings, by } => {
            preflight::borrowed(&s, draft);
            deploy::deploy(&s, spec, settings, by, draft);
        }
        Goal::Rollback { to } => rollback::rollback(&s, to, draft),
        Goal::Maintenance { on: true } => maintenance::begin(s, draft),
        Goal::Maintenance { on: false } => maintenance::end(s, draft),
        Goal::Run { task, .. } => {
            preflight::borrowed(&s, draft);
            run::run(&s, task, draft);
        }
        Goal::Up { .. } | Goal::Down { .. } | Goal::Destroy { .. } | Goal::RollbackData { .. } => {}
    }
}

/// From any state to serving.
fn up(s: &Situation, from: &DataSource, draft: &mut Draft) -> Power {
    preflight::borrowed(s, draft);
    power::remember(s, Power::Up, draft);
    maintenance::note(s, draft);
    replacement::mark(s, draft);
    replacement::note_kept(s, draft);
    let data = data_source::choose(s, from, draft);
    let files = file_restore::choose(s, from, &data, draft);
    let unclean = data.values().any(scrub::is_needed);
    secret::up(s, draft);
    let beside = file_restore::restore_beside(s, &files, draft);
    replacement::restore(s, draft);
    beside.into_iter().for_each(|step| draft.add_to_gate(step));
    let closes = unclean || !files.is_empty() || replacement::any_is_due(s);
    let why = if unclean { scrub::NOT_CLEAN } else { replacement::CHANGES_PLACES };
    let quiet = if closes { close(s, why, draft) } else { Vec::new() };
    database::up(s, &data, &files, &quiet, draft);
    log_group::up(s, draft);
    file_system::up(s, &files, draft);
    access_point::up(s, &files, draft);
    target_group::up(s, draft);
    rule::prepare(s, draft);
    let mut clean = scrub::up(s, &data, draft);
    clean.extend(file_restore::up(s, &files, &quiet, draft));
    service::up(s, &clean, draft);
    rule::forward(s, &clean, draft);
    scaling::up(s, draft);
    dashboard::up(s, draft);
    alarm::up(s, draft);
    power::forget_before_sleep(s, draft);
    replacement::forget(s, draft);
    tags::up(s, draft);
    access_point::retire(s, draft);
    undeclared::up(s, draft);
    Power::Up
}

/// Nobody comes in and no task runs, before data comes up that is not clean, or files are moved.
fn close(s: &Situation, why: &str, draft: &mut Draft) -> Vec<StepId> {
    power::save_counts(s, draft);
    alarm::silence(s, draft);
    let mut quiet = rule::close(s, why, draft);
    quiet.extend(service_sleep::drain(s, why, draft));
    quiet
}

/// From any state to asleep, with the newest data in a database that is stopped or in a snapshot.
fn down(
    s: &Situation,
    mode: SleepMode,
    idle: Option<Duration>,
    chosen: &mut Option<SleepChoice>,
    draft: &mut Draft,
) -> Power {
    let choice = sleep::choose(s, mode, idle, draft);
    let power = choice.power;
    *chosen = Some(choice);
    power::remember(s, power, draft);
    alarm::silence(s, draft);
    let drained = service_sleep::drain(s, service_sleep::SLEEPS, draft);
    files::down(s, power, &drained, draft);
    let asleep = database_sleep::down(s, power, &drained, draft);
    let after: Vec<_> = drained.into_iter().chain(asleep).collect();
    rule::down(s, &after, draft);
    database_sleep::note_bills(s, power, draft);
    replacement::note_kept(s, draft);
    undeclared::keep(s, draft);
    if power::power_now(s.desired, s.live) == Power::Absent { Power::Absent } else { power }
}

/// From any state to nothing but the last snapshots, unless they are to go too.
fn destroy(s: &Situation, delete_snapshots: bool, draft: &mut Draft) -> Power {
    removal::alarms(s, draft);
    dashboard::remove(s, removal::GOES, draft);
    let mut closed = removal::rules(s, draft);
    closed.extend(undeclared::delete_rules(s, draft));
    let mut idle = removal::services(s, &closed, draft);
    idle.extend(undeclared::delete_services(s, &closed, draft));
    removal::target_groups(s, &closed, &idle, draft);
    files::destroy(s, &idle, draft);
    let mut emptied = removal::databases(s, &idle, draft);
    emptied.extend(replacement::discard(s, removal::GOES, draft));
    removal::secrets(s, &emptied, draft);
    removal::access_points(s, &idle, draft);
    removal::file_systems(s, delete_snapshots, draft);
    removal::log_groups(s, &idle, draft);
    removal::task_definitions(s, &idle, draft);
    let after: Vec<_> = closed.iter().chain(&idle).cloned().collect();
    undeclared::delete_rest(s, &after, draft);
    if delete_snapshots {
        snapshot::delete_all(s, &emptied, draft);
        recovery_point::delete_all(s, draft);
    } else {
        snapshot::keep(s, draft);
    }
    Power::Absent
}
