//! Faults on purpose, the call log, and worlds that are kept.

use envctl::cloud::sim::{FaultPlan, World};
use envctl::cloud::{Cloud, CloudErrorKind};
use envctl::model::*;

use super::account::{Account, key};

fn create_group(account: &Account) -> Action {
    Action::CreateLogGroup {
        key: key(ResourceKind::LogGroup, "web"),
        log_group_name: "/web".to_owned(),
        retention_days: None,
        tags: account.tags(ResourceKind::LogGroup, "web"),
    }
}

fn token() -> Token {
    Token { run: "run".to_owned(), step: StepId("step".to_owned()) }
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_done_and_not_heard() {
    let account = Account::new();
    let faulty = account.cloud.with_faults(FaultPlan { seed: 1, lost_reply: 1000, ..FaultPlan::NONE });
    let error = faulty.perform(&create_group(&account), &token()).await.unwrap_err();
    assert_eq!(error.kind, CloudErrorKind::Unavailable);
    assert!(account.world().log_groups.contains_key("/web"));
    assert!(!account.perform(create_group(&account)).await.unwrap().changed, "trying again finds it done");
}

#[tokio::test(start_paused = true)]
async fn throttles_5xx_and_refusals_have_no_effect() {
    let account = Account::new();
    let none = FaultPlan::NONE;
    let plans = [
        (FaultPlan { throttle: 1000, ..none }, CloudErrorKind::Throttled),
        (FaultPlan { server_error: 1000, ..none }, CloudErrorKind::Unavailable),
        (FaultPlan { refusal: 1000, ..none }, CloudErrorKind::Refused),
    ];
    for (plan, kind) in plans {
        let faulty = account.cloud.with_faults(plan);
        let error = faulty.perform(&create_group(&account), &token()).await.unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(error.request_id.is_some());
        assert!(account.world().log_groups.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_day_takes_five_times_as_long() {
    let account = Account::new();
    let secret = account.secret().await;
    let slow = account.cloud.with_faults(FaultPlan { slow_start: 1000, ..FaultPlan::NONE });
    slow.perform(&account.create(account.spec(), &secret), &token()).await.unwrap();
    account.pass(600).await;
    assert_eq!(account.live_database().status, "creating");
    account.pass(2400).await;
    assert_eq!(account.live_database().status, "available");
}

#[tokio::test(start_paused = true)]
async fn a_stale_read_shows_the_world_before_the_last_write() {
    let account = Account::new();
    account.with_database().await;
    let stale = account.cloud.with_faults(FaultPlan { stale_read: 1000, ..FaultPlan::NONE });
    stale.perform(&account.snapshot("one"), &token()).await.unwrap();
    let subject = Subject::Snapshot { snapshot: "one".to_owned() };
    assert_eq!(stale.status(&subject).await.unwrap(), Status::Absent);
    assert_ne!(account.cloud.status(&subject).await.unwrap(), Status::Absent);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_never_absent() {
    let account = Account::new();
    account.with_database().await;
    let blind = account.cloud.with_faults(FaultPlan { unreadable: 1000, ..FaultPlan::NONE });
    let scope = envctl::observer::scope(&account.desired, Depth::Environment, Default::default());
    let live = blind.observe(&scope).await.unwrap();
    assert!(matches!(live.databases["main"], Sighting::Unreadable { .. }));
    assert!(matches!(live.services["backend"], Sighting::Unreadable { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_look_takes_at_most_twelve_calls_and_no_write() {
    let account = Account::new();
    let before = account.world().calls.len();
    let scope = envctl::observer::scope(&account.desired, Depth::Environment, Default::default());
    account.cloud.observe(&scope).await.unwrap();
    let calls = account.world().calls.split_off(before);
    assert!(calls.len() <= 12, "{calls:#?}");
    assert!(calls.iter().all(|call| !call.write));
    account.perform(create_group(&account)).await.unwrap();
    account.perform(create_group(&account)).await.unwrap();
    let world = account.world();
    let writes: Vec<&str> = world.writes().into_iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(writes, ["logs:CreateLogGroup"], "the second changed nothing");
}

#[tokio::test(start_paused = true)]
async fn a_world_is_the_same_after_it_was_kept_as_json() {
    let account = Account::new();
    account.with_database().await;
    account.with_service(2).await;
    let world = account.world();
    let read = World::from_json(&world.to_json().unwrap()).unwrap();
    let without_calls = |world: World| World { calls: Vec::new(), ..world };
    assert_eq!(without_calls(read), without_calls(world));
}

#[tokio::test(start_paused = true)]
async fn two_sessions_share_one_account_and_its_time() {
    let account = Account::new();
    let other = account.cloud.clone();
    account.perform(create_group(&account)).await.unwrap();
    assert!(other.world().log_groups.contains_key("/web"));
    let before = other.world().now;
    account.cloud.advance(std::time::Duration::from_secs(3600));
    assert_eq!(other.world().now.duration_since(before).as_hours(), 1);
}
