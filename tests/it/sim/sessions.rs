//! Days of several people on one account, by chance: the promises hold after everything that happens.

use std::time::Duration;

use envctl::cloud::sim::FaultPlan;
use envctl::model::{Goal, SleepMode};

use super::session::{Session, down, shipped, up};

const DATABASE: &str = "pythonide-staging-db";

/// Numbers by chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (number ^ (number >> 31)) % bound
    }
}

fn goal(chance: &mut Chance) -> Goal {
    match chance.below(9) {
        0..=2 => up(),
        3 | 4 => down(SleepMode::Hibernate),
        5 | 6 => down(SleepMode::Park),
        7 => Goal::Snapshot,
        _ => Goal::Destroy { delete_snapshots: false },
    }
}

/// Something happens.
async fn happen(session: &mut Session, chance: &mut Chance, written: &mut Vec<String>) -> String {
    match chance.below(10) {
        0..=3 => {
            let goal = goal(chance);
            session.try_run(&goal).await;
            format!("{goal:?}")
        }
        4 | 5 => {
            let (goal, seconds) = (goal(chance), chance.below(1200));
            let _ = tokio::time::timeout(Duration::from_secs(seconds), session.try_run(&goal)).await;
            format!("{goal:?} killed after {seconds} s")
        }
        6 => {
            let (first, second) = (goal(chance), goal(chance));
            let mut other = session.another();
            tokio::join!(session.try_run(&first), other.try_run(&second));
            format!("{first:?} beside {second:?}")
        }
        7 => {
            let days = chance.below(10);
            tokio::time::sleep(Duration::from_secs(days * 86_400)).await;
            format!("{days} days pass")
        }
        8 => by_hand(session, chance),
        _ => {
            let text = format!("work {}", written.len());
            if session.cloud.write_data(DATABASE, &text).is_some() {
                written.push(text);
            }
            format!("{} writes", written.len())
        }
    }
}

/// Somebody in the console.
fn by_hand(session: &Session, chance: &mut Chance) -> String {
    let choice = chance.below(5);
    session.cloud.edit(|world| match choice {
        0 => world.console_set_desired_count("pythonide-cluster", "pythonide-staging-service", 2),
        1 => world.console_start_database(DATABASE),
        2 => world.console_set_class(DATABASE, "db.t4g.large"),
        3 => {
            let rules = world.rules.values().filter(|rule| rule.live.priority != Some(1));
            if let Some(arn) = rules.map(|rule| rule.live.arn.clone()).next() {
                world.console_delete_rule(&arn);
            }
        }
        _ => {
            let id = "service/pythonide-cluster/pythonide-staging-service";
            world.scalable_targets.remove(id);
        }
    });
    format!("by hand: {choice}")
}

async fn day(seed: u64) {
    let mut chance = Chance(seed);
    let mut session = Session::new(shipped("staging"));
    let clean = session.cloud.clone();
    let (mut written, mut history) = (Vec::new(), Vec::new());
    for _ in 0..8 {
        let faults = FaultPlan {
            seed: chance.below(u64::MAX),
            throttle: 60,
            server_error: 30,
            lost_reply: 40,
            slow_start: 20,
            stale_read: 20,
            unreadable: 10,
            ..FaultPlan::NONE
        };
        session.cloud = if chance.below(2) == 0 { clean.with_faults(faults) } else { clean.clone() };
        history.push(happen(&mut session, &mut chance, &mut written).await);
        session.promises_hold(&format!("seed {seed}: {history:#?}"));
    }
    session.cloud = clean;
    // What the last run left under way comes to its end first.
    tokio::time::sleep(Duration::from_secs(3600)).await;
    // Tasks that failed before count against a wait that begins now, so the first try may fail.
    session.try_run(&up()).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    session.converge_after(&up(), &format!("seed {seed}: {history:#?}")).await;
    if !written.is_empty() {
        assert_eq!(session.cloud.read_data(DATABASE).unwrap(), written, "seed {seed}: {history:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_promises_hold_on_many_days() {
    let read = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, count) = (read("ENVCTL_TEST_SEED").unwrap_or(0), read("ENVCTL_TEST_DAYS").unwrap_or(25));
    for seed in first..first + count {
        day(seed).await;
    }
}
