//! Plans performed on the simulated cloud: they lead where they should, and planning again finds nothing to do.

use std::sync::Arc;
use std::time::Duration;

use envctl::clock::TokioClock;
use envctl::cloud::sim::{SimCloud, World};
use envctl::executor::{self, Options, Order, Outcome, Stream};
use envctl::model::{DataSource, Depth, Desired, Ending, Goal, Plan, Policy, Power, SleepMode};
use envctl::{observer, planner};

use super::world::{self, NOW, down_goal, steps, up_goal};

/// An account with everything that is borrowed, and one environment.
pub(crate) struct Session {
    pub(crate) cloud: SimCloud,
    pub(crate) desired: Desired,
    runs: u32,
}

impl Session {
    pub(crate) fn new(desired: Desired) -> Self {
        let cloud = SimCloud::new(World::new(&desired.account, &desired.region, 7, NOW.parse().unwrap()));
        cloud.seed_borrowed(&desired);
        Self { cloud, desired, runs: 0 }
    }

    async fn planned(&mut self, goal: &Goal) -> Option<(envctl::model::Live, Plan)> {
        self.runs += 1;
        let mut scope = observer::scope(&self.desired, Depth::Preflight, Default::default());
        if let Goal::Up { from } = goal {
            scope = observer::scope_with_data(scope, from);
        }
        let live = observer::observe(&self.cloud, &scope).await.ok()?;
        let suffix = format!("{:04x}", self.runs);
        let policy = Policy { now: self.cloud.world().now, suffix, ..world::policy() };
        let plan = planner::plan(&self.desired, &live, goal, &policy);
        assert_eq!(planner::check(&plan), Vec::<String>::new(), "{}", steps(&plan));
        Some((live, plan))
    }

    pub(crate) async fn plan(&mut self, goal: &Goal) -> Plan {
        self.planned(goal).await.expect("an observation").1
    }

    /// Plans and performs, all of it or for so long.
    async fn start(&mut self, goal: &Goal, at_most: Duration) -> Option<(Plan, Option<Outcome>)> {
        let (live, plan) = self.planned(goal).await?;
        if !plan.refusals.is_empty() {
            return Some((plan, None));
        }
        let run = format!("run-{}", self.runs);
        let order =
            Order { plan: &plan, live: &live, desired: &self.desired, run: &run, command: "test", who: "anna@laptop" };
        let clock = Arc::new(TokioClock::starting_at(self.cloud.world().now));
        let mut stream = Stream::new(clock, Vec::new());
        let options = Options::default();
        let running = executor::run(&order, Arc::new(self.cloud.clone()), &mut stream, &options);
        let outcome = tokio::time::timeout(at_most, running).await.ok();
        Some((plan, outcome))
    }

    /// Performs a goal to its end, and finds nothing to do afterwards.
    pub(crate) async fn reach(&mut self, goal: &Goal) -> Plan {
        self.reach_after(goal, "").await
    }

    /// The same, after a history that is told when it fails.
    pub(crate) async fn reach_after(&mut self, goal: &Goal, history: &str) -> Plan {
        let (plan, outcome) = self.start(goal, Duration::from_secs(24 * 3600)).await.expect("an observation");
        let story = format!("{history}\n{}", steps(&plan));
        let outcome = outcome.unwrap_or_else(|| panic!("{story}: {:#?}", plan.refusals));
        assert_eq!(outcome.ending, Ending::Done, "{story}\n{:#?}\n{:#?}", outcome.failures, outcome.skipped);
        let again = self.plan(goal).await;
        assert_eq!(steps(&again), "", "after\n{story}\n{:#?}", again.steps);
        self.promises(&story);
        plan
    }

    /// Begins, and is killed after so long; or is refused.
    pub(crate) async fn attempt(&mut self, goal: &Goal, at_most: Duration) {
        self.start(goal, at_most).await;
    }

    /// Performs a goal as far as it goes; the plan must not be refused.
    pub(crate) async fn outcome(&mut self, goal: &Goal) -> Outcome {
        let (plan, outcome) = self.start(goal, Duration::from_secs(24 * 3600)).await.expect("an observation");
        outcome.unwrap_or_else(|| panic!("{:#?}", plan.refusals))
    }

    /// Begins, and is killed after so long.
    pub(crate) async fn killed(&mut self, goal: &Goal, after: Duration) {
        let (plan, _) = self.start(goal, after).await.expect("an observation");
        assert_eq!(plan.refusals, Vec::new());
        self.promises(&steps(&plan));
    }

    pub(crate) fn promises(&self, story: &str) {
        let world = self.cloud.world();
        assert_eq!(world.lost_data(), Vec::<String>::new(), "{story}");
        assert_eq!(world.violations.iter().collect::<Vec<_>>(), Vec::<&String>::new(), "{story}");
    }
}

fn destroy_goal(delete_snapshots: bool) -> Goal {
    Goal::Destroy { delete_snapshots }
}

#[tokio::test(start_paused = true)]
async fn a_day_of_staging_ends_where_it_began() {
    for name in ["staging", "preview"] {
        let mut session = Session::new(world::desired(name));
        let identifier = session.desired.databases["main"].identifier.clone();
        session.reach(&up_goal()).await;
        assert!(session.cloud.write_data(&identifier, "a pupil's program").is_some());
        session.reach(&down_goal(SleepMode::Auto)).await;
        session.reach(&up_goal()).await;
        assert_eq!(session.cloud.read_data(&identifier).unwrap(), ["a pupil's program"]);
        session.reach(&down_goal(SleepMode::Park)).await;
        session.reach(&up_goal()).await;
        assert_eq!(session.cloud.read_data(&identifier).unwrap(), ["a pupil's program"]);
        let plan = session.reach(&destroy_goal(false)).await;
        assert_eq!(plan.power_wanted, Power::Absent);
        session.reach(&up_goal()).await;
        assert_eq!(session.cloud.read_data(&identifier).unwrap(), ["a pupil's program"]);
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_sleep_leads_to_every_other() {
    let mut session = Session::new(world::desired("staging"));
    session.reach(&up_goal()).await;
    session.cloud.write_data("pythonide-staging-db", "kept");
    session.reach(&down_goal(SleepMode::Park)).await;
    session.reach(&down_goal(SleepMode::Hibernate)).await;
    session.reach(&down_goal(SleepMode::Park)).await;
    assert_eq!(session.plan(&down_goal(SleepMode::Park)).await.power_now, Power::Hibernated);
    session.reach(&destroy_goal(false)).await;
    session.reach(&up_goal()).await;
    assert_eq!(session.cloud.read_data("pythonide-staging-db").unwrap(), ["kept"]);
}

/// Killed at many moments of every goal, then the same goal or another one: it converges.
#[tokio::test(start_paused = true)]
async fn a_killed_run_is_mended_by_the_next() {
    let goals = [up_goal(), down_goal(SleepMode::Hibernate), down_goal(SleepMode::Park), destroy_goal(false)];
    let moments = [0, 1, 2, 3, 5, 8, 20, 60, 100, 200, 300, 330, 400, 450, 500, 550, 600, 700, 900];
    for (number, first) in goals.iter().enumerate() {
        for (other, then) in goals.iter().enumerate() {
            // Each pair is killed at other moments; all pairs together cover all of them.
            for moment in moments.iter().skip((number * 5 + other * 2) % 6).step_by(6) {
                let mut session = Session::new(world::desired("staging"));
                if !matches!(first, Goal::Up { .. }) {
                    session.reach(&up_goal()).await;
                    session.cloud.write_data("pythonide-staging-db", "kept");
                }
                session.killed(first, Duration::from_millis(moment * 1000 + 50)).await;
                session.reach(then).await;
                session.reach(&up_goal()).await;
                if !matches!(first, Goal::Up { .. }) {
                    assert_eq!(session.cloud.read_data("pythonide-staging-db").unwrap(), ["kept"]);
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn foreign_data_is_scrubbed_before_anything_reaches_it() {
    let mut other = world::desired("preview");
    let mut session = Session::new(world::desired("staging"));
    std::mem::swap(&mut session.desired, &mut other);
    session.cloud.seed_borrowed(&session.desired);
    session.reach(&up_goal()).await;
    session.cloud.write_data("pythonide-preview-db", "somebody's secrets");
    session.reach(&down_goal(SleepMode::Hibernate)).await;
    session.desired = other;
    let from = Goal::Up { from: DataSource::Database("pythonide-preview-db".to_owned()) };
    for moment in [0, 100, 420, 460, 480, 500, 520, 600] {
        session.killed(&from, Duration::from_secs(moment)).await;
    }
    session.reach(&from).await;
    session.reach(&down_goal(SleepMode::Hibernate)).await;
    session.reach(&up_goal()).await;
}
