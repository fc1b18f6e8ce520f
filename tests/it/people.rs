//! Two people, one environment, one store: races, stolen locks, and runs that are killed at each line of their
//! journal. On the simulated cloud, in virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use envctl::clock::{Clock, TokioClock};
use envctl::cloud::Cloud;
use envctl::cloud::sim::{SimCloud, World};
use envctl::executor::{self, EventSink, Options, Order, Outcome, SinkError, Stream, WriteGuard};
use envctl::model::{DataSource, Depth, Desired, Ending, Event, EventKind, Goal, Plan, Policy, SleepMode, StepId};
use envctl::store::Store;
use envctl::store::journal::Journals;
use envctl::store::lock::{Holder, LockError, Locks};
use envctl::{observer, planner, spec, template};
use tokio::sync::mpsc;

const DATABASE: &str = "pythonide-staging-db";

/// The world that people share.
struct Office {
    cloud: SimCloud,
    desired: Desired,
    store: Store,
    clock: Arc<dyn Clock>,
    _folder: tempfile::TempDir,
}

/// When a run is killed.
#[derive(Clone, Copy)]
struct Kill {
    /// After this event.
    event: u64,
    /// And so many milliseconds.
    later: u64,
}

/// How a command ended.
enum End {
    Ran(Outcome),
    NothingToDo,
    Killed,
    Locked(String),
}

fn shipped() -> Desired {
    let path = "environments/staging.yaml".to_owned();
    let text = std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let environment = spec::parse("staging", &BTreeMap::from([(path, text)])).unwrap();
    template::desired(&environment, &crate::template::shipped()).unwrap()
}

fn up() -> Goal {
    Goal::Up { from: DataSource::Latest }
}

fn hibernate() -> Goal {
    Goal::Down { mode: SleepMode::Hibernate, idle: None }
}

/// Passes each event on to the one who kills.
struct Told(mpsc::UnboundedSender<u64>);

impl EventSink for Told {
    fn emit(&mut self, event: &Event) -> Result<(), SinkError> {
        let _ = self.0.send(event.sequence);
        Ok(())
    }
}

impl Office {
    /// A fresh account with what the environment borrows.
    fn open() -> Self {
        let desired = shipped();
        let begin = "2026-03-02T08:00:00Z".parse().unwrap();
        let office = Self::around(World::new(&desired.account, &desired.region, 1, begin));
        office.cloud.seed_borrowed(&desired);
        office
    }

    /// An account as it is, with an empty store.
    fn around(world: World) -> Self {
        let desired = shipped();
        let begin = world.now;
        let cloud = SimCloud::new(world);
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(folder.path()).unwrap();
        Self { cloud, desired, store, clock: Arc::new(TokioClock::starting_at(begin)), _folder: folder }
    }

    fn locks(&self) -> Locks {
        Locks::new(&self.store, Arc::clone(&self.clock))
    }

    fn holder(person: &str, run: &str) -> Holder {
        Holder {
            run: run.to_owned(),
            owner: person.to_owned(),
            host: "laptop".to_owned(),
            process: 1,
            process_identity: None,
            command: "envctl".to_owned(),
            ci: None,
            reason: None,
        }
    }

    async fn plan(&self, goal: &Goal, suffix: &str) -> (envctl::model::Live, Plan) {
        let scope = observer::scope(&self.desired, Depth::Preflight, BTreeMap::new());
        let live = observer::observe(&self.cloud, &scope).await.unwrap();
        let policy = Policy {
            now: self.cloud.world().now,
            who: "anna@laptop".to_owned(),
            suffix: suffix.to_owned(),
            sleep_cost: None,
        };
        let plan = planner::plan(&self.desired, &live, goal, &policy);
        assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
        (live, plan)
    }

    /// One command of one person, from the lock to its release.
    async fn command(&self, person: &str, suffix: &str, goal: &Goal, patience: u64, kill: Option<Kill>) -> End {
        let run = format!("run-{suffix}");
        let patience = Duration::from_secs(patience);
        let lease = self.locks().acquire_within("staging", &Self::holder(person, &run), patience, |_| ()).await;
        let lease = match lease {
            Ok(lease) => Arc::new(lease),
            Err(LockError::Held(state)) => return End::Locked(state.standing.to_string()),
            Err(error) => panic!("{error}"),
        };
        let (live, plan) = self.plan(goal, suffix).await;
        if plan.is_empty() {
            lease.release().await.unwrap();
            return End::NothingToDo;
        }
        let journal = Journals::new(&self.store).begin("staging", &run).await.unwrap();
        let (tell, mut told) = mpsc::unbounded_channel();
        let mut stream = Stream::new(Arc::clone(&self.clock), vec![Box::new(Told(tell))]).with_journal(journal);
        let order =
            Order { plan: &plan, live: &live, desired: &self.desired, run: &run, command: "envctl", who: person };
        let options = Options { guard: Arc::clone(&lease) as Arc<dyn WriteGuard>, ..Options::default() };
        let running = executor::run(&order, Arc::new(self.cloud.clone()), &mut stream, &options);
        let killed = async {
            while let Some(event) = told.recv().await {
                if let Some(kill) = kill.filter(|kill| kill.event == event) {
                    tokio::time::sleep(Duration::from_millis(kill.later)).await;
                    return;
                }
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = killed => End::Killed,
            outcome = running => {
                lease.release().await.unwrap();
                End::Ran(outcome)
            }
        }
    }

    /// The other person's command, waiting for whatever lease is left, until nothing is to do.
    async fn converges(&self, goal: &Goal, story: &str) {
        for round in 0..3 {
            match self.command("bob", &format!("{story}-b{round}"), goal, 600, None).await {
                End::NothingToDo => break,
                End::Ran(outcome) => assert_eq!(outcome.ending, Ending::Done, "{story}: {:#?}", outcome.failures),
                End::Killed => panic!("{story}: nobody kills bob"),
                End::Locked(by) => panic!("{story}: a dead run's lease must expire, {by}"),
            }
            self.promises(story);
        }
        let (_, again) = self.plan(goal, "ffff").await;
        assert!(again.is_empty(), "{story}: {:#?}", again.steps);
    }

    fn promises(&self, story: &str) {
        let world = self.cloud.world();
        assert_eq!(world.lost_data(), Vec::<String>::new(), "{story}");
        assert_eq!(world.violations.len(), 0, "{story}: {:?}", world.violations);
    }
}

/// Kills anna's run at each event, and lets bob go on.
async fn killed_everywhere(from: &Goal, goal: &Goal, later: u64) -> u64 {
    let begin = Office::open();
    begin.converges(&up(), "begin").await;
    begin.cloud.write_data(DATABASE, "a pupil's program").unwrap();
    begin.converges(from, "from").await;
    let begin = begin.cloud.world().to_json().unwrap();
    let mut event = 0;
    loop {
        event += 1;
        let story = format!("{}-{event}-{later}", goal.command());
        let office = Office::around(World::from_json(&begin).unwrap());
        let end = office.command("anna", &format!("{story}-a"), goal, 0, Some(Kill { event, later })).await;
        office.promises(&story);
        if matches!(end, End::Ran(_)) {
            return event;
        }
        assert!(matches!(end, End::Killed), "{story}");
        let runs = Journals::new(&office.store).list(Some("staging"), 100).await.unwrap();
        let killed = runs.iter().find(|run| run.who.as_deref() == Some("anna")).unwrap();
        assert!(killed.damage.is_empty());
        office.converges(goal, &story).await;
        office.converges(&up(), &format!("{story}-end")).await;
        assert_eq!(office.cloud.read_data(DATABASE).unwrap(), ["a pupil's program"], "{story}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_down_killed_at_any_line_of_its_journal_is_mended_by_somebody_else() {
    assert!(killed_everywhere(&up(), &hibernate(), 0).await > 15);
}

#[tokio::test(start_paused = true)]
async fn an_up_killed_a_moment_after_any_line_of_its_journal_is_mended_by_somebody_else() {
    assert!(killed_everywhere(&hibernate(), &up(), 300).await > 20);
}

#[tokio::test(start_paused = true)]
async fn of_two_who_want_the_same_at_the_same_moment_one_writes_and_the_other_learns_who() {
    let office = Office::open();
    let goal = up();
    let (one, other) =
        tokio::join!(office.command("anna", "aaaa", &goal, 0, None), office.command("bob", "bbbb", &goal, 0, None));
    let locked = match (&one, &other) {
        (End::Ran(outcome), End::Locked(by)) | (End::Locked(by), End::Ran(outcome)) => {
            assert_eq!(outcome.ending, Ending::Done);
            by
        }
        _ => panic!("exactly one runs"),
    };
    assert!(locked.contains("held by anna@laptop") || locked.contains("held by bob@laptop"), "{locked}");
    assert_eq!(Journals::new(&office.store).list(None, 10).await.unwrap().len(), 1, "only one run wrote");
    let waited = office.command("bob", "cccc", &goal, 600, None).await;
    assert!(matches!(waited, End::NothingToDo));
    office.promises("race");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lock_is_stolen_stops_before_its_next_write_and_the_thief_goes_on() {
    let office = Office::open();
    let goal = up();
    let thief = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        office.locks().release("staging", "bob@desk", "anna went home").await.unwrap();
        office.command("bob", "bbbb", &goal, 0, None).await
    };
    let (robbed, thief) = tokio::join!(office.command("anna", "aaaa", &goal, 0, None), thief);
    let End::Ran(robbed) = robbed else { panic!("anna ran") };
    assert_eq!(robbed.ending, Ending::LeaseLost, "{robbed:#?}");
    let End::Ran(thief) = thief else { panic!("bob ran") };
    assert_eq!(thief.ending, Ending::Done, "{thief:#?}");
    let journals = Journals::new(&office.store);
    let record = journals.read("run-aaaa").await.unwrap().unwrap();
    let stolen = record.events[0].at + jiff::SignedDuration::from_secs(60);
    let late = record.events.iter().filter(|event| event.at > stolen);
    let begun: Vec<&StepId> = late.filter_map(|event| started(&event.kind)).collect();
    assert!(!begun.is_empty() && begun.iter().all(|step| robbed.failures.contains_key(step)), "{begun:?}");
    office.promises("theft");
    office.converges(&goal, "after the theft").await;
    assert!(office.cloud.status(&database()).await.is_ok());
}

fn started(event: &EventKind) -> Option<&StepId> {
    match event {
        EventKind::StepStarted { step, .. } => Some(step),
        _ => None,
    }
}

fn database() -> envctl::model::Subject {
    envctl::model::Subject::Database { identifier: DATABASE.to_owned() }
}
