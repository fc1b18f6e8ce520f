//! One session: a world, several people, faults, and an end at which everything must be well.

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
use super::script::{Actor, Cut, Deed, OTHERS, Release, Script};
use super::watched::{Crash, Watched};
use super::{hand, variant};

/// What a session was, for people who look for the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// Promises broken; empty: none.
    pub(crate) broken: Vec<String>,
    /// What everybody did, in order.
    pub(crate) history: Vec<String>,
    /// API calls by operation.
    pub(crate) calls: BTreeMap<String, u64>,
    /// Writes by outcome: `ok`, `unchanged`, error codes.
    pub(crate) outcomes: BTreeMap<String, u64>,
    /// Faults by kind, and crashes.
    pub(crate) faults: BTreeMap<String, u64>,
}

/// Runs the session of this seed.
pub(crate) fn run(seed: u64, bug: Option<Bug>) -> Report {
    play(&Script::of(seed, bug), bug)
}

/// Runs a session.
pub(crate) fn play(script: &Script, bug: Option<Bug>) -> Report {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("runtime");
    runtime.block_on(async move { Session::new(script, bug).play().await })
}

/// What a person wants.
#[derive(Debug)]
enum Wish<'a> {
    Goal(&'a Goal),
    Release(&'a Release),
}

impl Wish<'_> {
    async fn execute(&self, person: &Person, desired: &Desired, run: &str) -> End {
        match self {
            Self::Goal(goal) => person.execute(desired, goal, run).await,
            Self::Release(release) => person.release(desired, release, run).await,
        }
    }
}

struct Session<'a> {
    script: &'a Script,
    cloud: SimCloud,
    checker: Arc<Mutex<Checker>>,
    desired: Mutex<Arc<Desired>>,
    store: Store,
    history: Mutex<Vec<String>>,
    crashes: Mutex<BTreeMap<String, u64>>,
    bug: Option<Bug>,
    /// Somebody has asked for the data to be deleted too: nobody writes any more.
    letting_go: AtomicBool,
}

impl<'a> Session<'a> {
    fn new(script: &'a Script, bug: Option<Bug>) -> Self {
        let desired = variant::chosen(script.environment);
        let now = "2026-03-27T18:00:00Z".parse().expect("a timestamp");
        let cloud = SimCloud::new(World::new(&desired.account, &desired.region, script.seed, now));
        cloud.seed_borrowed(&desired);
        cloud.edit(|world| {
            hand::strangers(world, &desired);
            if script.name_taken {
                hand::name_taken(world, &desired);
            }
        });
        let checker = Arc::new(Mutex::new(cloud.look(|world| Checker::new(world, &desired))));
        Self {
            script,
            cloud,
            checker,
            desired: Mutex::new(Arc::new(desired)),
            store: Store::in_memory(),
            history: Mutex::default(),
            crashes: Mutex::default(),
            bug,
            letting_go: AtomicBool::new(false),
        }
    }

    fn note(&self, text: &str) {
        let at = envctl::clock::Clock::now(&self.cloud);
        self.history.lock().expect("history").push(format!("{at} {text}"));
    }

    fn wanted(&self) -> Arc<Desired> {
        Arc::clone(&self.desired.lock().expect("desired"))
    }

    fn person(&self, name: &str, faults: FaultPlan, crash: Option<Arc<Crash>>) -> Person {
        let cloud = Watched {
            cloud: self.cloud.with_faults(faults),
            checker: Arc::clone(&self.checker),
            bug: self.bug,
            destroys: false,
            crash,
        };
        Person { name: name.to_owned(), cloud, store: self.store.clone(), patience: Duration::ZERO }
    }

    async fn play(self) -> Report {
        futures_util::future::join_all(self.script.actors.iter().map(|actor| self.act(actor))).await;
        self.end().await;
        let broken = self.checker.lock().expect("checker").broken.iter().cloned().collect();
        let mut report = Report { broken, history: self.history.into_inner().expect("history"), ..Report::default() };
        self.cloud.look(|world| {
            for call in &world.calls {
                *report.calls.entry(call.operation.clone()).or_insert(0) += 1;
                if call.write {
                    *report.outcomes.entry(call.outcome.clone()).or_insert(0) += 1;
                }
            }
        });
        let injected = self.cloud.injected().into_iter().map(|(kind, count)| (kind.to_owned(), count));
        report.faults = injected.chain(self.crashes.into_inner().expect("crashes")).collect();
        report
    }

    async fn act(&self, actor: &Actor) {
        for (number, turn) in actor.turns.iter().enumerate() {
            tokio::time::sleep(turn.pause).await;
            match &turn.deed {
                Deed::Nothing => {}
                Deed::Run { goal, end } => {
                    self.says_so(goal);
                    self.command(actor.name, number, Wish::Goal(goal), *end).await;
                }
                Deed::Release { release, end } => {
                    self.command(actor.name, number, Wish::Release(release), *end).await;
                }
                Deed::Edit(what) => {
                    let edited = variant::edited(&self.wanted(), *what);
                    self.note(&format!("{} edits the spec: {}", actor.name, variant::name_of_edit(*what)));
                    *self.desired.lock().expect("desired") = Arc::new(edited);
                }
                Deed::Write if self.letting_go.load(Ordering::Relaxed) => {}
                Deed::Write => hand::applications_write(&self.cloud, &self.wanted(), &format!("write {number}")),
                Deed::Console(what) => {
                    let (desired, mut chance) = (self.wanted(), Chance::new(*what, OTHERS));
                    let what = self.cloud.edit(|world| hand::console(world, &desired, &mut chance));
                    let mut checker = self.checker.lock().expect("checker");
                    self.cloud.look(|world| checker.hands_were_here(world));
                    self.note(&format!("{OTHERS} {what} in the console"));
                }
                Deed::Days(time) => {
                    self.cloud.advance(*time);
                    self.note(&format!("{} hours go by", time.as_secs() / 3600));
                }
            }
        }
    }

    /// Whoever asks for this says that the data may go, or go back.
    fn says_so(&self, goal: &Goal) {
        let desired = self.wanted();
        let mut checker = self.checker.lock().expect("checker");
        match goal {
            Goal::Destroy { delete_snapshots: true } => {
                self.letting_go.store(true, Ordering::Relaxed);
                checker.lets_go();
                self.cloud.edit(|world| {
                    desired.databases.values().for_each(|spec| world.forget_data(&spec.identifier));
                    world.forget_files();
                });
            }
            Goal::RollbackData { .. } => checker.data_may_go_back(),
            Goal::Up { from } if *from != DataSource::Latest => checker.data_may_go_back(),
            _ => {}
        }
    }

    /// One command, killed or not.
    async fn command(&self, name: &str, number: usize, wish: Wish<'_>, cut: Cut) {
        let desired = self.wanted();
        let run = format!("{name}-{:04x}-{number}", self.script.seed & 0xffff);
        self.note(&format!("{name}: {wish:?}"));
        let (crash, patience) = match cut {
            Cut::Not => (None, Duration::from_secs(24 * 3600)),
            Cut::After(time) => (None, time),
            Cut::Call { number, sent } => (Some(Arc::new(Crash::at(number, sent))), Duration::from_secs(24 * 3600)),
        };
        let person = self.person(name, self.script.faults, crash.clone());
        let fallen = async {
            match &crash {
                Some(crash) => crash.fallen().await,
                None => std::future::pending().await,
            }
        };
        let how = tokio::select! {
            end = wish.execute(&person, &desired, &run) => return self.note(&format!("{name}: {end:?}")),
            () = fallen => match cut {
                Cut::Call { sent: true, .. } => "crash inside a call",
                _ => "crash between two calls",
            },
            () = tokio::time::sleep(patience) => "killed at any time",
        };
        *self.crashes.lock().expect("crashes").entry(how.to_owned()).or_insert(0) += 1;
        self.note(&format!("{name}: {how}"));
    }

    /// What docs/files.md says to do where the files of a snapshot cannot come back: they never were in it.
    fn give_rollback_up(&self) {
        let desired = self.wanted();
        self.cloud.edit(|world| hand::give_rollback_up(world, &desired));
        let mut checker = self.checker.lock().expect("checker");
        self.cloud.look(|world| checker.hands_were_here(world));
        drop(checker);
        self.note("carla gives the rollback up, as the documentation says");
    }

    /// The next run without faults converges, whatever happened before, and a second plan is empty. It begins at once.
    async fn end(&self) {
        let goal = &self.script.last;
        let desired = self.wanted();
        let mut person = self.person("carla", FaultPlan::NONE, None);
        // Whoever was killed holds the lock until it expires.
        person.patience = Duration::from_secs(3600);
        let mut end = person.execute(&desired, goal, "carla-0000").await;
        self.note(&format!("carla, without faults: {goal:?}: {end:?}"));
        if cannot_end(&end) {
            self.give_rollback_up();
            end = person.execute(&desired, goal, "carla-0004").await;
            self.note(&format!("carla: {goal:?}: {end:?}"));
        }
        if matches!(&end, End::Refused(why) if why.iter().any(|why| why.contains("has begun and not ended"))) {
            // What the refusal says to do first.
            let up = Goal::Up { from: DataSource::Latest };
            let ended = person.execute(&desired, &up, "carla-0002").await;
            if cannot_end(&ended) {
                self.give_rollback_up();
            }
            end = person.execute(&desired, goal, "carla-0003").await;
            self.note(&format!("carla, as the refusal says: {up:?}: {ended:?}, then {end:?}"));
        }
        let park = matches!(goal, Goal::Down { mode: SleepMode::Park, .. });
        let told = |why: &[String]| why.iter().all(|why| why.contains("down --mode hibernate"));
        let refused = park && matches!(&end, End::Refused(why) if told(why));
        // While a backup is made the status does not say that the storage is being optimised too.
        let found_out = matches!(goal, Goal::Down { .. }) && matches!(&end, End::Failed(why) if told(why));
        if refused || found_out {
            // AWS stops no database whose storage has just been changed: what it is told to do instead works.
            let goal = Goal::Down { mode: SleepMode::Hibernate, idle: None };
            end = person.execute(&desired, &goal, "carla-0001").await;
            self.note(&format!("carla, as the refusal says: {goal:?}: {end:?}"));
        }
        let refused_rightly = self.script.name_taken && matches!(end, End::Refused(_));
        let mut checker = self.checker.lock().expect("checker");
        if end != End::Converged && !refused_rightly {
            checker.broken.insert(format!("5 convergence: {goal:?} ends with {end:?}"));
        }
        if end == End::Converged && matches!(goal, Goal::Up { .. }) {
            // What an edit replaced stays until an `up` is through.
            let twice = self.cloud.look(World::duplicates);
            checker.broken.extend(twice.into_iter().map(|what| format!("5 convergence: there twice: {what}")));
        }
    }
}

/// A path that no task ever mounted is in no recovery point, and cannot come back from one.
fn cannot_end(end: &End) -> bool {
    matches!(end, End::Failed(why) if why.iter().any(|why| why.contains("is not in the recovery point")))
}
