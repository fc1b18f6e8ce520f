//! A session: the shipped environment, the planner and the executor on a simulated cloud.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use envctl::cloud::Cloud;
use envctl::cloud::sim::{SimCloud, World};
use envctl::executor::{self, Options, Order, Outcome, Stream};
use envctl::model::{DataSource, Depth, Desired, Ending, Goal, Live, Plan, Policy, Scope, SleepMode};
use envctl::{observer, planner, spec, template};

/// The specs that ship.
fn specs() -> BTreeMap<String, String> {
    let read = |name: &str| {
        let path = format!("environments/{name}.yaml");
        let text = std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        (path, text)
    };
    BTreeMap::from(["staging", "preview"].map(read))
}

/// A shipped environment, rendered; once for all tests.
pub(super) fn shipped(name: &str) -> Desired {
    static RENDERED: OnceLock<BTreeMap<String, Desired>> = OnceLock::new();
    let all = || ["staging", "preview"].map(|name| (name.to_owned(), rendered(name))).into();
    RENDERED.get_or_init(all)[name].clone()
}

fn rendered(name: &str) -> Desired {
    let environment = spec::parse(name, &specs()).unwrap();
    template::desired(&environment, &crate::template::shipped()).unwrap()
}

/// One person with one environment.
pub(super) struct Session {
    pub(super) cloud: SimCloud,
    pub(super) desired: Desired,
    runs: Arc<AtomicUsize>,
    /// Production as it was.
    strangers: serde_json::Value,
}

impl Session {
    /// A fresh account with what the environment borrows.
    pub(super) fn new(desired: Desired) -> Self {
        let begin = "2026-03-02T08:00:00Z".parse().unwrap();
        let cloud = SimCloud::new(World::new(&desired.account, &desired.region, 1, begin));
        cloud.seed_borrowed(&desired);
        let strangers = cloud.world().strangers();
        Self { cloud, desired, runs: Arc::default(), strangers }
    }

    /// Looks.
    pub(super) async fn observe(&self, foreign: &DataSource) -> Live {
        let mut scope = Scope {
            desired: self.desired.clone(),
            depth: Depth::Preflight,
            known_ids: BTreeMap::new(),
            foreign_databases: Vec::new(),
            foreign_snapshots: Vec::new(),
            revisions: Vec::new(),
        };
        match foreign {
            DataSource::Latest => {}
            DataSource::Snapshot(name) => scope.foreign_snapshots.push(name.clone()),
            DataSource::Database(name) => scope.foreign_databases.push(name.clone()),
        }
        self.cloud.observe(&scope).await.unwrap()
    }

    /// Plans.
    pub(super) async fn plan(&self, goal: &Goal) -> (Live, Plan) {
        let from = if let Goal::Up { from } = goal { from.clone() } else { DataSource::Latest };
        let live = self.observe(&from).await;
        let plan = planner::plan(&self.desired, &live, goal, &self.policy(&live));
        assert_eq!(planner::check(&plan), Vec::<String>::new());
        (live, plan)
    }

    fn policy(&self, live: &Live) -> Policy {
        Policy { now: live.observed_at, who: "anna@laptop".to_owned(), suffix: self.next_suffix(), sleep_cost: None }
    }

    /// The suffix that the next run's names will have.
    pub(super) fn next_suffix(&self) -> String {
        format!("{:04x}", self.runs.load(Ordering::Relaxed))
    }

    /// Plans and performs.
    pub(super) async fn run(&mut self, goal: &Goal) -> Outcome {
        let (live, plan) = self.plan(goal).await;
        assert!(plan.refusals.is_empty(), "{:#?}", plan.refusals);
        self.execute(&live, &plan).await
    }

    async fn execute(&mut self, live: &Live, plan: &Plan) -> Outcome {
        let run = format!("run-{}", self.runs.fetch_add(1, Ordering::Relaxed));
        let desired = &self.desired;
        let order = Order { plan, live, desired, run: &run, command: "envctl", who: "anna@laptop" };
        let mut stream = Stream::new(Arc::new(self.cloud.clone()), Vec::new());
        executor::run(&order, Arc::new(self.cloud.clone()), &mut stream, &Options::default()).await
    }

    /// Plans and performs, and is killed after so many seconds.
    pub(super) async fn abandon(&mut self, goal: &Goal, seconds: u64) {
        let _ = tokio::time::timeout(Duration::from_secs(seconds), self.run(goal)).await;
    }

    /// Plans and performs as far as it goes, whatever comes of it.
    pub(super) async fn try_run(&mut self, goal: &Goal) {
        let scope = observer::scope(&self.desired, Depth::Preflight, BTreeMap::new());
        let Ok(live) = observer::observe(&self.cloud, &scope).await else { return };
        let plan = planner::plan(&self.desired, &live, goal, &self.policy(&live));
        if plan.refusals.is_empty() {
            self.execute(&live, &plan).await;
        }
    }

    /// Runs to the end, and a second plan is empty.
    pub(super) async fn converge(&mut self, goal: &Goal) {
        self.converge_after(goal, "").await;
    }

    /// The same, and tells what happened before.
    pub(super) async fn converge_after(&mut self, goal: &Goal, history: &str) {
        let outcome = self.run(goal).await;
        assert_eq!(outcome.ending, Ending::Done, "{goal:?} {:#?} {history}", outcome.failures);
        let (_, again) = self.plan(goal).await;
        let told = again.steps.iter().map(|step| format!("{}: {:?}", step.id, step.reasons));
        let told: Vec<String> = told.collect();
        assert!(told.is_empty(), "a second plan is not empty: {told:#?} {history}");
        self.promises_hold(&format!("{goal:?} {history}"));
    }
}

impl Session {
    /// Nothing is lost, nothing reached foreign data, no stranger's thing was touched, nothing is there twice.
    pub(super) fn promises_hold(&self, when: &str) {
        let world = self.cloud.world();
        assert_eq!(world.lost_data(), Vec::<String>::new(), "{when}");
        assert_eq!(world.violations.iter().collect::<Vec<_>>(), Vec::<&String>::new(), "{when}");
        assert_eq!(world.duplicates(), Vec::<String>::new(), "{when}");
        assert_eq!(world.strangers(), self.strangers, "{when}");
    }

    /// Production is from now on as it is now.
    pub(super) fn look_at_strangers(&mut self) {
        self.strangers = self.cloud.world().strangers();
    }
}

pub(super) fn up() -> Goal {
    Goal::Up { from: DataSource::Latest }
}

pub(super) fn down(mode: SleepMode) -> Goal {
    Goal::Down { mode, idle: None }
}
