//! Maintenance: a page in front of tasks that go on running, from any moment and beside every other command.

use std::collections::BTreeMap;

use envctl::model::{Ending, Goal, Maintenance, RuleAction, SleepMode, TAG_MAINTENANCE};

use super::session::{Session, down, shipped, up};

const ON: Goal = Goal::Maintenance { on: true };
const OFF: Goal = Goal::Maintenance { on: false };

/// What a visitor gets from the rule that comes first, and whether the targets are still looked at.
fn visited(session: &Session) -> (&'static str, bool) {
    let world = session.cloud.world();
    let ours = |rule: &&envctl::model::LiveRule| rule.tags.as_ref().is_some_and(|tags| session.desired.owns(tags));
    let mut rules: Vec<_> = world.rules.values().map(|rule| &rule.live).filter(ours).collect();
    rules.sort_by_key(|rule| rule.priority);
    let forwards = |rule: &envctl::model::LiveRule| matches!(rule.actions.last(), Some(RuleAction::Forward { .. }));
    let first = rules.first().expect("a rule");
    let spec = &session.desired.rules["web"];
    let word = match &first.actions[..] {
        [only] if *only == spec.maintenance => "maintenance",
        [only] if *only == spec.asleep => "asleep",
        _ if forwards(first) => "application",
        other => panic!("{other:?}"),
    };
    (word, rules.iter().any(|rule| forwards(rule)))
}

#[tokio::test(start_paused = true)]
async fn the_page_stays_until_it_is_ended_and_the_tasks_run_on() {
    let mut session = Session::new(shipped("staging"));
    session.converge(&up()).await;
    session.converge(&ON).await;
    assert_eq!(visited(&session), ("maintenance", true));
    let live = session.observe(&Default::default()).await;
    assert_eq!(Maintenance::find(&live, &session.desired).and_then(|found| found.by).as_deref(), Some("anna@laptop"));
    assert_eq!(session.plan(&up()).await.1.steps, [], "`up` leaves it alone");
    let settings = BTreeMap::from([("backend".to_owned(), [("cpu".parse().unwrap(), "1024".to_owned())].into())]);
    let deploy = Goal::Deploy { settings, by: "r-1".to_owned() };
    assert_eq!(session.run(&deploy).await.ending, Ending::Done, "targets are checked behind the page");
    assert_eq!(visited(&session), ("maintenance", true));
    session.converge(&OFF).await;
    assert_eq!(visited(&session), ("application", true));
    assert_eq!(session.plan(&up()).await.1.steps, []);
}

#[tokio::test(start_paused = true)]
async fn from_any_moment_the_next_command_ends_what_was_begun() {
    for seconds in 0..6 {
        for (begun, word) in [(ON, "maintenance"), (OFF, "application")] {
            let history = format!("{begun:?} killed after {seconds} s");
            let mut session = Session::new(shipped("staging"));
            session.converge(&up()).await;
            if begun == OFF {
                session.converge(&ON).await;
            }
            session.abandon(&begun, seconds).await;
            let remembered = |session: &Session| {
                session
                    .cloud
                    .world()
                    .rules
                    .values()
                    .any(|rule| rule.live.tags.as_ref().is_some_and(|tags| tags.contains_key(TAG_MAINTENANCE)))
            };
            let wanted = if remembered(&session) { "maintenance" } else { "application" };
            session.converge_after(&up(), &history).await;
            assert_eq!(visited(&session), (wanted, true), "{history}: `up` goes on with it");
            session.converge_after(&begun, &history).await;
            assert_eq!(visited(&session), (word, true), "{history}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn going_to_sleep_ends_it_and_the_environment_wakes_open() {
    for mode in [SleepMode::Hibernate, SleepMode::Park] {
        let mut session = Session::new(shipped("staging"));
        session.converge(&up()).await;
        session.converge(&ON).await;
        session.converge(&down(mode)).await;
        assert_eq!(visited(&session), ("asleep", false));
        assert!(!session.plan(&ON).await.1.refusals.is_empty(), "there is a page already");
        assert_eq!(session.plan(&OFF).await.1.steps, [], "nothing to end");
        session.converge(&up()).await;
        assert_eq!(visited(&session), ("application", true));
        session.converge(&ON).await;
        session.converge(&Goal::Destroy { delete_snapshots: false }).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_somebody_deletes_comes_back_in_maintenance() {
    let mut session = Session::new(shipped("staging"));
    session.converge(&up()).await;
    session.converge(&ON).await;
    let live = session.observe(&Default::default()).await;
    let arn = live.rules["web"].present().unwrap().arn.clone();
    session.cloud.edit(|world| {
        world.rules.retain(|_, rule| rule.live.arn != arn);
    });
    session.converge(&up()).await;
    assert_eq!(visited(&session), ("maintenance", true));
}

#[tokio::test(start_paused = true)]
async fn a_new_page_in_the_spec_is_shown_by_the_next_up() {
    let mut session = Session::new(shipped("staging"));
    session.converge(&up()).await;
    session.converge(&ON).await;
    let page = &mut session.desired.rules.get_mut("web").unwrap().maintenance;
    *page =
        RuleAction::FixedResponse { status_code: 503, content_type: "text/plain".to_owned(), body: "later".to_owned() };
    session.converge(&up()).await;
    assert_eq!(visited(&session), ("maintenance", true));
}
