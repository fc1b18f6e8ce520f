//! One contract for every cloud. Each case is a function over a [`Ground`]: a `dyn Cloud` and the borrowed things that
//! an environment stands on. The same cases run on the simulated cloud and, through the SDK, on moto and MiniStack;
//! what an emulator cannot do is excluded by name, with its reason.

mod balancer;
mod database;
mod ground;
mod monitoring;
mod observation;
mod service;
mod storage;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use self::ground::Ground;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A case: its name, and what must hold.
struct Case {
    name: &'static str,
    run: fn(Arc<Ground>) -> Running,
}

macro_rules! cases {
    ($($module:ident :: $name:ident),* $(,)?) => {
        &[$(Case {
            name: concat!(stringify!($module), "::", stringify!($name)),
            run: |ground| Box::pin(async move { $module::$name(&ground).await }),
        }),*]
    };
}

const CASES: &[Case] = cases![
    database::a_secret_is_made_once_and_comes_back_after_its_deletion,
    database::a_secret_of_somebody_else_is_left_alone,
    database::a_database_is_made_with_every_field_of_its_spec,
    database::a_database_changes_in_place,
    database::a_database_is_deleted_only_against_a_snapshot_of_itself,
    database::a_database_is_stopped_only_against_a_snapshot_and_starts_again,
    database::a_restored_database_is_ours_with_everything_said_anew,
    database::a_snapshot_of_the_former_instance_does_not_stand_for_the_restored_one,
    database::a_database_takes_another_name_and_stays_itself,
    database::a_database_of_somebody_else_is_left_alone,
    storage::a_log_group_lives_and_dies,
    storage::an_owned_file_system_lives_and_dies,
    storage::throughput_is_changed_and_read_back,
    storage::an_access_point_is_made_once_and_leaves_the_others_alone,
    balancer::a_target_group_lives_and_dies,
    balancer::a_rule_lives_and_dies,
    balancer::a_priority_in_use_is_a_conflict,
    balancer::rules_and_groups_of_somebody_else_are_left_alone,
    service::a_task_definition_is_registered_once_for_its_content,
    service::a_service_lives_and_dies,
    service::a_task_runs,
    service::scaling_is_registered_suspended_and_removed,
    monitoring::an_alarm_is_made_changed_switched_and_deleted,
    monitoring::an_alarm_may_watch_a_percentile,
    monitoring::an_alarm_of_somebody_else_is_left_alone,
    monitoring::a_dashboard_is_known_by_its_mark,
    observation::an_empty_place_is_absent_not_unreadable,
    observation::what_is_borrowed_is_found_before_a_write,
    observation::a_missing_loan_is_absent,
    observation::what_the_spec_no_longer_declares_is_named,
];

/// A case that cannot hold on an emulator, and why.
#[cfg(feature = "aws")]
struct Exclusion {
    case: &'static str,
    emulator: crate::support::emulator::Emulator,
    reason: &'static str,
}

#[cfg(feature = "aws")]
const EXCLUSIONS: &[Exclusion] = &{
    use crate::support::emulator::Emulator::{MiniStack, Moto};
    [
        Exclusion {
            case: "storage::throughput_is_changed_and_read_back",
            emulator: Moto,
            reason: "moto has no UpdateFileSystem",
        },
        Exclusion {
            case: "database::a_snapshot_of_the_former_instance_does_not_stand_for_the_restored_one",
            emulator: Moto,
            reason: "moto derives the resource id from the name: a restored instance has the former one's",
        },
        Exclusion {
            case: "database::a_database_takes_another_name_and_stays_itself",
            emulator: MiniStack,
            reason: "MiniStack ignores NewDBInstanceIdentifier",
        },
        Exclusion {
            case: "balancer::a_priority_in_use_is_a_conflict",
            emulator: MiniStack,
            reason: "MiniStack takes two rules of one priority",
        },
        Exclusion {
            case: "monitoring::an_alarm_may_watch_a_percentile",
            emulator: MiniStack,
            reason: "MiniStack forgets the extended statistic of an alarm",
        },
        Exclusion {
            case: "service::scaling_is_registered_suspended_and_removed",
            emulator: MiniStack,
            reason: "MiniStack has no Application Auto Scaling",
        },
    ]
};

/// Runs every case on grounds of its own, and fails with the names of all that do not hold.
async fn hold<Made>(applies: impl Fn(&str) -> bool, ground: impl Fn() -> Made)
where
    Made: Future<Output = Option<Ground>>,
{
    let wanted = std::env::var("ENVCTL_TEST_CASE").unwrap_or_default();
    let mut broken = Vec::new();
    for case in CASES.iter().filter(|case| applies(case.name) && case.name.contains(&wanted)) {
        let Some(ground) = ground().await else { return };
        let run = tokio::spawn((case.run)(Arc::new(ground)));
        if run.await.is_err() {
            broken.push(case.name);
        }
    }
    assert!(broken.is_empty(), "{} of the contract's cases do not hold: {broken:#?}", broken.len());
}

#[tokio::test(start_paused = true)]
async fn the_contract_holds_on_the_simulated_cloud() {
    hold(|_| true, || async { Some(Ground::simulated()) }).await;
}

#[cfg(feature = "aws")]
async fn hold_on(emulator: crate::support::emulator::Emulator) {
    let excluded = |case: &str| EXCLUSIONS.iter().any(|one| one.emulator == emulator && one.case == case);
    hold(|case| !excluded(case), || Ground::in_emulator(emulator)).await;
}

#[cfg(feature = "aws")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_on_moto() {
    hold_on(crate::support::emulator::Emulator::Moto).await;
}

#[cfg(feature = "aws")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_on_ministack() {
    hold_on(crate::support::emulator::Emulator::MiniStack).await;
}

#[cfg(feature = "aws")]
#[test]
fn every_exclusion_names_a_case_and_its_reason() {
    for one in EXCLUSIONS {
        assert!(CASES.iter().any(|case| case.name == one.case), "{} is no case", one.case);
        assert!(one.reason.len() > 10, "{} is excluded without a reason", one.case);
        let twice = EXCLUSIONS.iter().filter(|other| other.case == one.case).count() > 1;
        let recorded = crate::aws_wire::RECORDED_CASES.contains(&one.case);
        assert!(!twice || recorded, "{} holds on no emulator and has no recorded answers in aws_wire.rs", one.case);
    }
}
