//! What a session is, as plain data drawn from a seed: so that a failing one can be shortened turn by turn and played
//! again.

use std::collections::BTreeMap;
use std::time::Duration;

use envctl::cloud::sim::FaultPlan;
use envctl::model::{DataSource, Desired, Goal, ServiceSpec, Setting, Settings, SleepMode};

use super::bug::Bug;
use super::chance::Chance;
use super::hand::{STRANGERS_DATABASE, STRANGERS_SNAPSHOT};

/// Everything that is decided before the session begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// What durations and faults are derived from.
    pub(crate) seed: u64,
    /// Which environment: a number for [`super::variant::chosen`].
    pub(crate) environment: u64,
    /// Somebody else has a database of our name.
    pub(crate) name_taken: bool,
    pub(crate) faults: FaultPlan,
    /// Everybody who acts, side by side: people first, then the rest of the world.
    pub(crate) actors: Vec<Actor>,
    /// What the last person wants, without faults.
    pub(crate) last: Goal,
}

/// Somebody, and what they do one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Actor {
    pub(crate) name: &'static str,
    pub(crate) turns: Vec<Turn>,
}

/// A pause, then a deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) pause: Duration,
    pub(crate) deed: Deed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Left out when a session is shortened; its pause stays.
    Nothing,
    /// Runs a command.
    Run { goal: Goal, end: Cut },
    /// Releases another image, good or bad.
    Release { release: Release, end: Cut },
    /// Edits the spec: a number for [`super::variant::edited`].
    Edit(u64),
    /// The applications write.
    Write,
    /// A hand in the console: a number for [`super::hand::console`].
    Console(u64),
    /// So much time goes by for the whole account.
    Days(Duration),
}

/// What a release is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// Tag of the image; the simulated cloud lets some of them fail.
    pub(crate) tag: &'static str,
    /// Takes a snapshot first.
    pub(crate) snapshot: bool,
}

impl Release {
    const TAGS: [&str; 8] =
        ["2.0", "2.1", "2.2", "slow-start", "cannot-pull", "exits-1", "never-healthy", "out-of-memory"];

    fn of_chance(chance: &mut Chance) -> Self {
        Self { tag: Self::TAGS[chance.below(8) as usize], snapshot: chance.percent(70) }
    }

    /// The settings that are deployed: the image of the first container of every service.
    pub(crate) fn of(self, desired: &Desired) -> BTreeMap<String, Settings> {
        let one = |(name, spec): (&String, &ServiceSpec)| {
            let container = spec.task_definition["containerDefinitions"][0]["name"].as_str().unwrap_or_default();
            let setting = Setting::Image(container.to_owned());
            (name.clone(), Settings::from([(setting, format!("example/app:{}", self.tag))]))
        };
        desired.services.iter().map(one).collect()
    }
}

/// How a command's process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// By itself.
    Not,
    /// Killed after so long, wherever it is.
    After(Duration),
    /// Killed at this call, counted from 0: before it is sent, or when it has had its effect and is not answered yet.
    Call { number: u64, sent: bool },
}

impl Script {
    /// The session of this seed.
    pub(crate) fn of(seed: u64, bug: Option<Bug>) -> Self {
        let mut chance = Chance::new(seed, "session");
        let environment = chance.next();
        let name_taken = chance.percent(if bug == Some(Bug::AdoptStranger) { 50 } else { 5 });
        let third = chance.percent(25);
        let people = ["anna", "ben", "dora"].into_iter().take(if third { 3 } else { 2 });
        let mut actors: Vec<Actor> =
            people.map(|name| Actor { name, turns: turns(&mut Chance::new(seed, name)) }).collect();
        actors.push(Actor { name: OTHERS, turns: others(&mut Chance::new(seed, OTHERS)) });
        let last = last(&mut Chance::new(seed, "end"));
        Self { seed, environment, name_taken, faults: faults(seed), actors, last }
    }
}

impl Script {
    /// Up, written to, released with a snapshot, written to again, taken back with data and files by a process that ends
    /// so; then up once more.
    #[allow(dead_code, reason = "the example plays drawn sessions only")]
    pub(crate) fn of_a_rollback_with_files(end: Cut) -> Self {
        let has_files = |number: &u64| {
            let desired = super::variant::chosen(*number);
            !desired.backed_up_file_systems().is_empty() && desired.databases.len() == 1
        };
        let up = Goal::Up { from: DataSource::Latest };
        let back = Goal::RollbackData { to: BTreeMap::new(), snapshot: None };
        let deeds = [
            Deed::Run { goal: up.clone(), end: Cut::Not },
            Deed::Write,
            Deed::Release { release: Release { tag: "2.1", snapshot: true }, end: Cut::Not },
            Deed::Write,
            Deed::Run { goal: back, end },
        ];
        let turns = deeds.into_iter().map(|deed| Turn { pause: Duration::from_secs(10), deed }).collect();
        Self {
            seed: 1,
            environment: (0..).find(has_files).expect("an environment with files"),
            name_taken: false,
            faults: FaultPlan::NONE,
            actors: vec![Actor { name: "anna", turns }],
            last: up,
        }
    }
}

/// Everybody and everything else.
pub(crate) const OTHERS: &str = "somebody else";

/// The faults of a session: none in a third of them.
fn faults(seed: u64) -> FaultPlan {
    let mut chance = Chance::new(seed, "faults");
    if chance.percent(33) {
        return FaultPlan::NONE;
    }
    let mut rate = |most: u64| u32::try_from(chance.below(most)).unwrap_or(0);
    FaultPlan {
        seed,
        throttle: rate(300),
        server_error: rate(60),
        lost_reply: rate(80),
        refusal: rate(15),
        slow_start: rate(60),
        unreadable: rate(40),
        stale_read: rate(40),
    }
}

/// A few commands of one person, some of them killed half-way, some after an edit of the spec.
fn turns(chance: &mut Chance) -> Vec<Turn> {
    let mut turns = Vec::new();
    for _ in 0..1 + chance.below(4) {
        let pause = Duration::from_secs(chance.below(3000));
        let goal = goal(chance);
        if chance.percent(20) {
            turns.push(Turn { pause: Duration::ZERO, deed: Deed::Edit(chance.next()) });
        }
        let end = cut(chance);
        if chance.percent(20) {
            let release = Release::of_chance(chance);
            // Only what runs can be released to: mostly somebody has brought it up before.
            let up = Deed::Run { goal: Goal::Up { from: DataSource::Latest }, end: Cut::Not };
            turns.push(Turn { pause, deed: if chance.percent(80) { up } else { Deed::Nothing } });
            let pause = Duration::from_secs(chance.below(900));
            turns.push(Turn { pause, deed: Deed::Release { release, end } });
            let back = Turn { pause: Duration::from_secs(chance.below(2000)), deed: after_release(chance) };
            turns.push(back);
        } else {
            turns.push(Turn { pause, deed: Deed::Run { goal, end } });
        }
    }
    turns
}

/// What comes after a release: it is taken back, with the data or without, or something else.
fn after_release(chance: &mut Chance) -> Deed {
    let goal = match chance.below(10) {
        0..=3 => Goal::RollbackData { to: BTreeMap::new(), snapshot: None },
        4 | 5 => Goal::Rollback { to: BTreeMap::new() },
        6 => Goal::Run { task: "migrate".to_owned(), settings: BTreeMap::new() },
        7 => Goal::Maintenance { on: chance.percent(60) },
        _ => goal(chance),
    };
    Deed::Run { goal, end: cut(chance) }
}

fn cut(chance: &mut Chance) -> Cut {
    match chance.below(100) {
        0..15 => Cut::After(Duration::from_millis(chance.below(1_500_000))),
        15..35 => Cut::Call { number: chance.below(60), sent: chance.percent(50) },
        _ => Cut::Not,
    }
}

/// Applications write, hands are in the console, days go by.
fn others(chance: &mut Chance) -> Vec<Turn> {
    let mut turns = Vec::new();
    for _ in 0..20 {
        turns.push(Turn { pause: Duration::from_secs(chance.below(1200)), deed: Deed::Write });
        let mut at_once = |deed| turns.push(Turn { pause: Duration::ZERO, deed });
        if chance.percent(8) {
            at_once(Deed::Console(chance.next()));
        }
        if chance.percent(5) {
            at_once(Deed::Days(Duration::from_secs(3600 * (1 + chance.below(200)))));
        }
    }
    turns
}

/// What a person wants.
fn goal(chance: &mut Chance) -> Goal {
    let modes = [SleepMode::Auto, SleepMode::Park, SleepMode::Hibernate];
    match chance.below(26) {
        20 | 21 => Goal::Maintenance { on: chance.percent(60) },
        22 => Goal::RollbackData { to: BTreeMap::new(), snapshot: None },
        23 => Goal::Rollback { to: BTreeMap::new() },
        24 => Goal::DiscardKept,
        25 => Goal::Run { task: "migrate".to_owned(), settings: BTreeMap::new() },
        0..=6 => Goal::Up { from: DataSource::Latest },
        7 => Goal::Up { from: DataSource::Database(STRANGERS_DATABASE.to_owned()) },
        8 => Goal::Up { from: DataSource::Snapshot(STRANGERS_SNAPSHOT.to_owned()) },
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

fn last(chance: &mut Chance) -> Goal {
    match chance.below(20) {
        0..=9 => Goal::Up { from: DataSource::Latest },
        10..=13 => Goal::Down { mode: SleepMode::Park, idle: None },
        14..=17 => Goal::Down { mode: SleepMode::Hibernate, idle: None },
        18 => Goal::Down { mode: SleepMode::Auto, idle: Some(Duration::from_secs(8 * 3600)) },
        _ => Goal::Destroy { delete_snapshots: false },
    }
}
