//! A run takes as long as its critical path: looking at what is waited for costs next to nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use envctl::clock::Clock;
use envctl::cloud::sim::{SimCloud, World};
use envctl::executor::{self, Options, Order, Stream};
use envctl::model::{DatabaseState, Ending, Plan, SleepMode, StepId};

use super::session::{Session, down, shipped, up};

/// Is what this step waits for there? `None`: a step whose end is its call's.
fn is_there(world: &World, step: &StepId) -> Option<bool> {
    let kind = step.0.split('/').next().unwrap_or_default();
    match kind {
        "create-database" | "restore-database" | "start-database" => Some(
            world
                .databases
                .values()
                .any(|found| matches!(found.live.state(), DatabaseState::Available | DatabaseState::BackingUp)),
        ),
        "create-service" | "update-service" | "wake-service" => Some(world.services.values().any(|found| {
            let primary = found.live.primary().and_then(|primary| primary.rollout_state.as_deref());
            found.live.desired_count > 0 && primary == Some("COMPLETED")
        })),
        _ => None,
    }
}

/// Watches the world ten times a second: when each awaited thing was there, since the beginning.
fn watch(cloud: &SimCloud, steps: Vec<StepId>) -> Arc<Mutex<BTreeMap<StepId, Duration>>> {
    let (seen, cloud) = (Arc::new(Mutex::new(BTreeMap::new())), cloud.clone());
    let noted = Arc::clone(&seen);
    let begun = cloud.now();
    tokio::spawn(async move {
        loop {
            let world = cloud.world();
            for step in &steps {
                if is_there(&world, step) == Some(true) {
                    let since = Duration::try_from(cloud.now().duration_since(begun)).unwrap();
                    noted.lock().unwrap().entry(step.clone()).or_insert(since);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    seen
}

/// The longest way through the plan, when every step ends the moment that it could.
fn critical_path(plan: &Plan, took: &BTreeMap<StepId, Duration>, there: &BTreeMap<StepId, Duration>) -> Duration {
    let (mut ends, mut really) = (BTreeMap::<&StepId, Duration>::new(), BTreeMap::<&StepId, Duration>::new());
    for step in &plan.steps {
        let latest = |ends: &BTreeMap<&StepId, Duration>| step.needs.iter().map(|need| ends[need]).max();
        let began = latest(&really).unwrap_or_default();
        really.insert(&step.id, began + took[&step.id]);
        let needed = there.get(&step.id).map_or(took[&step.id], |at| at.saturating_sub(began).min(took[&step.id]));
        ends.insert(&step.id, latest(&ends).unwrap_or_default() + needed);
    }
    ends.values().max().copied().unwrap_or_default()
}

async fn up_takes_its_critical_path(session: &mut Session, from: &str) {
    let (live, plan) = session.plan(&up()).await;
    let awaited: Vec<StepId> = plan.steps.iter().map(|step| step.id.clone()).collect();
    let there = watch(&session.cloud, awaited);
    let begun = session.cloud.now();
    let order = Order { plan: &plan, live: &live, desired: &session.desired, run: from, command: "", who: "anna" };
    let cloud = Arc::new(session.cloud.clone());
    let mut stream = Stream::new(cloud.clone(), Vec::new());
    let outcome = executor::run(&order, cloud, &mut stream, &Options::default()).await;
    let took = Duration::try_from(session.cloud.now().duration_since(begun)).unwrap();
    assert_eq!(outcome.ending, Ending::Done, "{:#?}", outcome.failures);
    let there = there.lock().unwrap().clone();
    assert!(there.len() >= 2, "a database and a service are waited for: {there:?}");
    let path = critical_path(&plan, &outcome.durations, &there);
    assert!(path > Duration::from_secs(120), "from {from}: {path:?}");
    assert!(took <= path.mul_f64(1.02), "from {from}: up took {took:?}, its critical path {path:?}");
}

#[tokio::test(start_paused = true)]
async fn up_takes_no_longer_than_its_critical_path_and_two_hundredths() {
    let mut session = Session::new(shipped("staging"));
    up_takes_its_critical_path(&mut session, "absent").await;
    for (mode, from) in [(SleepMode::Park, "parked"), (SleepMode::Hibernate, "hibernated")] {
        session.converge(&up()).await;
        session.converge(&down(mode)).await;
        up_takes_its_critical_path(&mut session, from).await;
    }
}
