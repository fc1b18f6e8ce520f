//! One session: a world, two people, faults, and an end at which everything must be well.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use envctl::cloud::sim::{FaultPlan, SimCloud, World};
use envctl::model::{DataSource, Desired, Goal, SleepMode};
use envctl::store::Store;

use super::bug::Bug;
use super::chance::Chance;
use super::checker::Checker;
use super::command::{End, Person};
use super::watched::Watched;
use super::{hand, variant};

/// What a session was, for people who look for the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    /// Promises broken; empty: none.
    pub(crate) broken: Vec<String>,
    /// What everybody did, in order.
    pub(crate) history: Vec<String>,
    /// API calls by outcome: `ok`, `unchanged`, error codes.
    pub(crate) calls: BTreeMap<String, u64>,
}

/// Runs the session of this seed.
pub(crate) fn run(seed: u64, bug: Option<Bug>) -> Report {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("runtime");
    runtime.block_on(async move { Session::new(seed, bug).play().await })
}

type History = Arc<Mutex<Vec<String>>>;

struct Session {
    seed: u64,
    cloud: SimCloud,
    checker: Arc<Mutex<Checker>>,
    desired: Arc<Mutex<Desired>>,
    store: Store,
    history: History,
    bug: Option<Bug>,
    taken: bool,
    /// Somebody has asked for the data to be deleted too: nobody writes any more.
    letting_go: AtomicBool,
}

impl Session {
    fn new(seed: u64, bug: Option<Bug>) -> Self {
        let mut chance = Chance::new(seed, "session");
        let desired = variant::chosen(&mut chance);
        let now = "2026-03-27T18:00:00Z".parse().expect("a timestamp");
        let cloud = SimCloud::new(World::new(&desired.account, &desired.region, seed, now));
        cloud.seed_borrowed(&desired);
        let taken = chance.percent(if bug == Some(Bug::AdoptStranger) { 50 } else { 5 });
        cloud.edit(|world| {
            hand::strangers(world, &desired);
            if taken {
                hand::name_taken(world, &desired);
            }
        });
        let checker = Arc::new(Mutex::new(Checker::new(&cloud.world(), &desired)));
        Self {
            seed,
            cloud,
            checker,
            desired: Arc::new(Mutex::new(desired)),
            store: Store::in_memory(),
            history: History::default(),
            bug,
            taken,
            letting_go: AtomicBool::new(false),
        }
    }

    fn note(&self, text: String) {
        let at = envctl::clock::Clock::now(&self.cloud);
        self.history.lock().expect("history").push(format!("{at} {text}"));
    }

    fn wanted(&self) -> Desired {
        self.desired.lock().expect("desired").clone()
    }

    /// The faults of this session: none in a third of them.
    fn faults(&self) -> FaultPlan {
        let mut chance = Chance::new(self.seed, "faults");
        if chance.percent(33) {
            return FaultPlan::NONE;
        }
        let mut rate = |most: u64| u32::try_from(chance.below(most)).unwrap_or(0);
        FaultPlan {
            seed: self.seed,
            throttle: rate(300),
            server_error: rate(60),
            lost_reply: rate(80),
            refusal: rate(15),
            slow_start: rate(60),
            unreadable: rate(40),
            stale_read: rate(40),
        }
    }

    fn person(&self, name: &str, faults: FaultPlan) -> Person {
        let cloud = Watched {
            cloud: self.cloud.with_faults(faults),
            checker: Arc::clone(&self.checker),
            bug: self.bug,
            destroys: false,
        };
        Person { name: name.to_owned(), cloud, store: self.store.clone() }
    }

    async fn play(self) -> Report {
        tokio::join!(self.person_acts("anna"), self.person_acts("ben"), self.others_act());
        self.end().await;
        let mut broken: Vec<String> = self.checker.lock().expect("checker").broken.iter().cloned().collect();
        broken.sort();
        let mut calls = BTreeMap::new();
        self.cloud.edit(|world| {
            for call in &world.calls {
                *calls.entry(call.outcome.clone()).or_insert(0) += 1;
            }
        });
        let history = self.history.lock().expect("history").clone();
        Report { seed: self.seed, broken, history, calls }
    }

    /// A few commands of one person, some of them killed half-way.
    async fn person_acts(&self, name: &str) {
        let mut chance = Chance::new(self.seed, name);
        let person = self.person(name, self.faults());
        for number in 0..1 + chance.below(4) {
            tokio::time::sleep(Duration::from_secs(chance.below(3000))).await;
            let goal = goal(&mut chance);
            let run = format!("{name}-{:04x}-{number}", self.seed & 0xffff);
            if chance.percent(20) {
                let edited = variant::edited(&self.wanted(), &mut chance);
                *self.desired.lock().expect("desired") = edited;
                self.note(format!("{name} edits the spec"));
            }
            let desired = self.wanted();
            if matches!(goal, Goal::Destroy { delete_snapshots: true }) {
                self.letting_go.store(true, Ordering::Relaxed);
                // Whoever asks for this says that the data may go.
                self.cloud
                    .edit(|world| desired.databases.values().for_each(|spec| world.forget_data(&spec.identifier)));
            }
            self.note(format!("{name}: {goal:?}"));
            let patience = if chance.percent(30) { chance.below(1500) } else { 24 * 3600 };
            let end = tokio::time::timeout(Duration::from_secs(patience), person.execute(&desired, &goal, &run)).await;
            self.note(match end {
                Ok(end) => format!("{name}: {end:?}"),
                Err(_) => format!("{name} is killed after {patience} s"),
            });
        }
    }

    /// Applications write, hands are in the console, days go by.
    async fn others_act(&self) {
        let mut chance = Chance::new(self.seed, "others");
        for number in 0..20 {
            tokio::time::sleep(Duration::from_secs(chance.below(1200))).await;
            let desired = self.wanted();
            if !self.letting_go.load(Ordering::Relaxed) {
                hand::applications_write(&self.cloud, &desired, &format!("write {number}"));
            }
            if chance.percent(8) {
                let what = self.cloud.edit(|world| hand::console(world, &desired, &mut chance));
                self.checker.lock().expect("checker").hands_were_here(&self.cloud.world());
                self.note(format!("somebody {what} in the console"));
            }
            if chance.percent(5) {
                self.cloud.advance(Duration::from_secs(3600 * (1 + chance.below(200))));
                self.note("days go by".to_owned());
            }
        }
    }

    /// A later run without faults converges, and a second plan is empty.
    async fn end(&self) {
        self.cloud.advance(Duration::from_secs(3600));
        let mut chance = Chance::new(self.seed, "end");
        let goal = if chance.percent(50) {
            Goal::Up { from: DataSource::Latest }
        } else {
            Goal::Down { mode: [SleepMode::Park, SleepMode::Hibernate][usize::from(chance.percent(50))], idle: None }
        };
        let desired = self.wanted();
        let person = self.person("carla", FaultPlan::NONE);
        let mut end = person.execute(&desired, &goal, "carla-0000").await;
        self.note(format!("carla, without faults: {goal:?}: {end:?}"));
        if matches!(end, End::Failed(_)) {
            // What failed before (a rolled-back deployment, a broken resource) may need one more try.
            end = person.execute(&desired, &goal, "carla-0001").await;
            self.note(format!("carla once more: {end:?}"));
        }
        let refused_rightly = self.taken && matches!(end, End::Refused(_));
        if end != End::Converged && !refused_rightly {
            let text = format!("5 convergence: {goal:?} ends with {end:?}");
            self.checker.lock().expect("checker").broken.insert(text);
        }
    }
}

/// What a person wants.
fn goal(chance: &mut Chance) -> Goal {
    let modes = [SleepMode::Auto, SleepMode::Park, SleepMode::Hibernate];
    match chance.below(20) {
        0..=6 => Goal::Up { from: DataSource::Latest },
        7 => Goal::Up { from: DataSource::Database(hand::STRANGERS_DATABASE.to_owned()) },
        8 => Goal::Up { from: DataSource::Snapshot("production-copy".to_owned()) },
        9..=14 => {
            let idle = [None, Some(Duration::from_secs(8 * 3600)), Some(Duration::from_secs(20 * 24 * 3600))];
            let (mode, idle) = (modes[chance.below(3) as usize], idle[chance.below(3) as usize]);
            Goal::Down { mode, idle }
        }
        15 | 16 => Goal::Snapshot,
        17 => Goal::Prune,
        18 => Goal::Destroy { delete_snapshots: false },
        _ => Goal::Destroy { delete_snapshots: chance.percent(50) },
    }
}
