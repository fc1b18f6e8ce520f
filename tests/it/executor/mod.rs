//! The executor against a cloud that says what a script tells it to, in virtual time.

mod deployments;
mod scripted;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use envctl::clock::TokioClock;
use envctl::cloud::{Cloud, CloudErrorKind};
use envctl::executor::{self, EventSink, Options, Order, SinkError, Stream, WriteGuard};
use envctl::model::*;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use scripted::*;

#[tokio::test(start_paused = true)]
async fn a_run_takes_as_long_as_its_critical_path() {
    let mut script = Script::default();
    for (id, after) in [("a", 300), ("b", 200), ("c", 100), ("d", 10)] {
        script.replies.insert(id.to_owned(), vec![Reply { after, result: Ok(changed()) }].into());
    }
    let steps =
        vec![step("a", &[], false), step("b", &[], false), step("c", &["b"], false), step("d", &["a", "c"], false)];
    let ran = run(steps, script, Options::default()).await;
    assert_eq!(ran.outcome.ending, Ending::Done);
    assert_eq!(ran.outcome.changed, 4);
    assert_eq!(ran.seconds, 310);
    let calls: Vec<(u64, &str)> = ran.calls.iter().map(|(at, step)| (*at, step.as_str())).collect();
    assert_eq!(calls, [(0, "a"), (0, "b"), (200, "c"), (300, "d")]);
}

#[tokio::test(start_paused = true)]
async fn what_was_there_is_told_before_the_first_step_and_a_start_before_its_call() {
    let ran = run(vec![step("a", &[], false)], Script::default(), Options::default()).await;
    let names: Vec<&str> = ran
        .events
        .iter()
        .map(|event| match event {
            EventKind::RunStarted { .. } => "run-started",
            EventKind::PriorStateSaved { .. } => "prior-state-saved",
            EventKind::StepStarted { .. } => "step-started",
            EventKind::StepSucceeded { .. } => "step-succeeded",
            EventKind::RunFinished { .. } => "run-finished",
            _ => "other",
        })
        .collect();
    assert_eq!(names, ["run-started", "prior-state-saved", "step-started", "step-succeeded", "run-finished"]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_tried_again_and_each_try_is_announced() {
    let no = |kind| Reply { after: 0, result: Err(error(kind)) };
    let script = replies(
        "a",
        vec![
            no(CloudErrorKind::Throttled),
            no(CloudErrorKind::Unavailable),
            Reply { after: 0, result: Ok(Receipt::default()) },
        ],
    );
    let ran = run(vec![step("a", &[], false)], script, Options::default()).await;
    assert_eq!(ran.succeeded(), ["a"]);
    assert_eq!(ran.outcome.changed, 0, "the lost reply's second try found it done");
    let tries: Vec<u32> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            EventKind::StepStarted { attempt, .. } => Some(*attempt),
            _ => None,
        })
        .collect();
    assert_eq!(tries, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_denied_call_is_not_tried_again_and_skips_its_dependants_alone() {
    let script = replies("a", vec![Reply { after: 0, result: Err(error(CloudErrorKind::Denied)) }]);
    let steps = vec![step("a", &[], false), step("b", &["a"], false), step("c", &["b"], false), step("d", &[], false)];
    let ran = run(steps, script, Options::default()).await;
    assert_eq!(ran.outcome.ending, Ending::Failed);
    assert_eq!(ran.failure("a").kind, FailureKind::Denied);
    assert_eq!(ran.skipped(), [("b", "a failed"), ("c", "b was skipped")]);
    assert_eq!(ran.succeeded(), ["d"]);
    assert_eq!(ran.calls.iter().filter(|(_, step)| step == "a").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_soon_after_its_resource_is_ready() {
    let mut script = Script::default();
    let times = vec![(0, shows("a", "starting")), (400, shows("a", "available"))];
    script.statuses.insert("a".to_owned(), times);
    script.statuses.insert("b".to_owned(), vec![(0, shows("b", "available"))]);
    let ran = run(vec![step("a", &[], true)], script, Options::default()).await;
    assert_eq!(ran.succeeded(), ["a"]);
    assert!((400..=416).contains(&ran.seconds), "{}", ran.seconds);
    let told: Vec<&EventKind> =
        ran.events.iter().filter(|event| matches!(event, EventKind::StepWaiting { .. })).collect();
    assert_eq!(told.len(), 1, "the same words are told once");
}

#[tokio::test(start_paused = true)]
async fn a_thing_that_is_ready_at_once_costs_no_ten_seconds() {
    let mut script = Script::default();
    script.statuses.insert("a".to_owned(), vec![(0, shows("a", "available"))]);
    let ran = run(vec![step("a", &[], true)], script, Options::default()).await;
    assert_eq!(ran.seconds, 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_lasts_too_long_fails_with_what_was_said_last() {
    let mut script = Script::default();
    script.statuses.insert("a".to_owned(), vec![(0, shows("a", "some-new-word"))]);
    let ran = run(vec![step("a", &[], true), step("b", &["a"], false)], script, Options::default()).await;
    assert_eq!(ran.failure("a").kind, FailureKind::TimedOut);
    assert!(ran.failure("a").message.contains("some-new-word"), "{}", ran.failure("a").message);
    assert_eq!(ran.skipped(), [("b", "a failed")]);
    assert!((600..=603).contains(&ran.seconds));
}

#[tokio::test(start_paused = true)]
async fn a_late_value_is_taken_from_what_an_earlier_step_learned() {
    let mut script = Script::default();
    script.statuses.insert("a".to_owned(), vec![(0, shows("a", "available"))]);
    let mut later = step("b", &["a"], false);
    later.action = Action::StartDatabase { key: key("b"), identifier: late_text(&key("a"), "endpoint") };
    let ran = run(vec![step("a", &[], true), later], script, Options::default()).await;
    assert_eq!(ran.calls.last().unwrap().1, "a.rds");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_stays_unknown_fails_its_step_before_any_call() {
    let mut odd = step("b", &[], false);
    odd.action = Action::StartDatabase { key: key("b"), identifier: late_text(&key("ghost"), "endpoint") };
    let ran = run(vec![odd], Script::default(), Options::default()).await;
    assert_eq!(ran.failure("b").kind, FailureKind::Unresolved);
    assert!(ran.calls.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_lets_calls_end_abandons_waits_and_begins_nothing() {
    let (sender, interrupt) = watch::channel(None);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        sender.send(Some(2)).unwrap();
        std::future::pending::<()>().await;
    });
    let mut script = replies("calls", vec![Reply { after: 10, result: Ok(changed()) }]);
    script.statuses.insert("waits".to_owned(), vec![(0, shows("waits", "starting"))]);
    let steps = vec![step("calls", &[], false), step("waits", &[], true), step("later", &["calls"], false)];
    let ran = run(steps, script, Options { interrupt, ..Options::default() }).await;
    assert_eq!(ran.outcome.ending, Ending::Interrupted(2));
    assert_eq!(ran.succeeded(), ["calls"]);
    assert_eq!(ran.failure("waits").kind, FailureKind::Interrupted);
    assert_eq!(ran.skipped(), [("later", "the run was interrupted (Ctrl-C)")]);
    assert_eq!(ran.seconds, 10);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_left_after_an_interrupt() {
    let (sender, interrupt) = watch::channel(Some(15));
    let (later, hanging) = watch::channel(None);
    drop(sender);
    let ran = run(vec![step("a", &[], false)], Script::default(), Options { interrupt, ..Options::default() }).await;
    assert_eq!(ran.outcome.ending, Ending::Interrupted(15));
    assert!(ran.calls.is_empty(), "the signal came before the first call");

    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        later.send(Some(15)).unwrap();
        std::future::pending::<()>().await;
    });
    let script = replies("a", vec![Reply { after: 100_000, result: Ok(changed()) }]);
    let ran = run(vec![step("a", &[], false)], script, Options { interrupt: hanging, ..Options::default() }).await;
    assert_eq!(ran.failure("a").kind, FailureKind::Interrupted);
    assert_eq!(ran.seconds, 21);
}

#[tokio::test(start_paused = true)]
async fn the_overall_timeout_ends_the_run() {
    let mut script = Script::default();
    script.statuses.insert("a".to_owned(), vec![(0, shows("a", "starting"))]);
    let options = Options { timeout: Some(Duration::from_secs(60)), ..Options::default() };
    let ran = run(vec![step("a", &[], true), step("b", &["a"], false)], script, options).await;
    assert_eq!(ran.outcome.ending, Ending::TimedOut);
    assert_eq!(ran.failure("a").kind, FailureKind::TimedOut);
    assert_eq!(ran.skipped(), [("b", "the time for the whole run is up")]);
    assert_eq!(ran.seconds, 60);
}

/// Allows so many writes.
struct Allows(Mutex<u32>);

#[async_trait]
impl WriteGuard for Allows {
    async fn may_write(&self) -> Result<(), String> {
        let mut left = self.0.lock().unwrap();
        *left = left.checked_sub(1).ok_or("bob@desk holds it now")?;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_after_the_lease_is_lost() {
    let options = Options { guard: Arc::new(Allows(Mutex::new(1))), ..Options::default() };
    let steps = vec![step("a", &[], false), step("b", &["a"], false), step("c", &["b"], false)];
    let ran = run(steps, Script::default(), options).await;
    assert_eq!(ran.outcome.ending, Ending::LeaseLost);
    assert_eq!(ran.calls.len(), 1);
    assert_eq!(ran.succeeded(), ["a"]);
    assert!(ran.outcome.stopped_because.unwrap().contains("bob@desk"));
}

/// Takes so many events.
struct Full(u64);

impl EventSink for Full {
    fn emit(&mut self, event: &Event) -> Result<(), SinkError> {
        if event.sequence > self.0 { Err(SinkError("no space left".to_owned())) } else { Ok(()) }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_down_is_not_done() {
    for taken in 0..6 {
        let steps = vec![step("a", &[], false), step("b", &["a"], false)];
        let ran = run_with(steps, Script::default(), Options::default(), vec![Box::new(Full(taken))]).await;
        // Events: run started, prior state, a started, a succeeded, b started, b succeeded.
        let expected = match taken {
            0..=2 => 0,
            3..=4 => 1,
            _ => 2,
        };
        assert_eq!(ran.calls.len(), expected, "{taken} events taken");
        assert_eq!(ran.outcome.ending, Ending::Failed);
        assert!(ran.outcome.stopped_because.unwrap().contains("no space left"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_plan_is_not_run() {
    let cloud = Arc::new(Scripted { script: Mutex::default(), begun: Instant::now(), calls: Mutex::default() });
    let mut stream = Stream::new(Arc::new(TokioClock::starting_at(Timestamp::UNIX_EPOCH)), Vec::new());
    let mut plan = plan(vec![step("a", &[], false)]);
    plan.refusals.push(Refusal {
        key: None,
        kind: RefusalKind::Protected,
        why: "protected".to_owned(),
        remedy: String::new(),
    });
    let (live, desired) = (live(), desired());
    let order = Order { plan: &plan, live: &live, desired: &desired, run: "r", command: "c", who: "w" };
    let outcome = executor::run(&order, Arc::clone(&cloud) as Arc<dyn Cloud>, &mut stream, &Options::default()).await;
    assert_eq!(outcome.ending, Ending::Failed);
    assert!(cloud.calls.lock().unwrap().is_empty());
}
