//! Random sessions: goals that are killed, faults, hands in the console, edits, days that pass. Whatever happened, the
//! next run without faults leads to its goal, and nothing is lost.

use std::time::Duration;

use envctl::cloud::sim::FaultPlan;
use envctl::model::{Condition, Goal, SleepMode};

use super::convergence::Session;
use super::world::{self, down_goal, up_goal};

/// Numbers that a seed decides.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        // SplitMix64: the same numbers everywhere.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn goal(dice: &mut Dice) -> Goal {
    match dice.below(9) {
        0..=2 => up_goal(),
        3 => down_goal(SleepMode::Auto),
        4 => down_goal(SleepMode::Park),
        5 => down_goal(SleepMode::Hibernate),
        6 => Goal::Destroy { delete_snapshots: false },
        7 => Goal::Snapshot,
        _ => Goal::Prune,
    }
}

/// Something that nobody planned.
fn disturb(session: &mut Session, dice: &mut Dice) -> String {
    let (cluster, service) = ("pythonide-cluster", "pythonide-staging-service");
    let database = "pythonide-staging-db";
    let what = dice.below(9);
    match what {
        0 => session.cloud.edit(|world| world.console_set_desired_count(cluster, service, 2)),
        1 => session.cloud.edit(|world| world.console_start_database(database)),
        2 => session.cloud.edit(|world| world.console_set_class(database, "db.t4g.medium")),
        3 => session.cloud.edit(|world| {
            let rule = world.rules.keys().next().cloned();
            rule.iter().for_each(|rule| world.console_delete_rule(rule));
        }),
        4 => session.cloud.advance(Duration::from_secs(8 * 24 * 3600)),
        5 => session.cloud.advance(Duration::from_secs(dice.below(1200))),
        6 => drop(session.cloud.write_data(database, "more")),
        7 => session.desired.rules.values_mut().for_each(|rule| {
            rule.conditions = vec![Condition::HostHeader(vec![format!("h{}.example.org", dice.below(9))])];
        }),
        _ => session.desired.services.values_mut().for_each(|service| service.health_check_grace_seconds += 1),
    }
    format!("disturbance {what}")
}

async fn session(seed: u64) {
    let mut dice = Dice(seed);
    let mut session = Session::new(world::desired("staging"));
    let good = session.cloud.clone();
    let mut history = Vec::new();
    for _ in 0..6 {
        let rates = FaultPlan {
            seed,
            throttle: 100,
            server_error: 50,
            lost_reply: 50,
            refusal: 20,
            slow_start: 30,
            unreadable: 20,
            stale_read: 40,
        };
        let faults = if dice.below(2) == 0 { rates } else { FaultPlan::NONE };
        let goal = goal(&mut dice);
        let seconds = if dice.below(2) == 0 { dice.below(1200) } else { 6 * 3600 };
        history.push(format!("{} for {seconds} s, faults: {}", goal.command(), faults != FaultPlan::NONE));
        session.cloud = good.with_faults(faults);
        session.attempt(&goal, Duration::from_secs(seconds)).await;
        session.cloud = good.clone();
        if dice.below(2) == 0 {
            history.push(disturb(&mut session, &mut dice));
        }
        session.promises(&history.join("\n"));
    }
    let last = match dice.below(4) {
        0 => down_goal(SleepMode::Auto),
        1 => down_goal(SleepMode::Hibernate),
        2 => Goal::Destroy { delete_snapshots: false },
        _ => up_goal(),
    };
    history.push(format!("at last {}", last.command()));
    session.reach_after(&last, &format!("seed {seed}\n{}", history.join("\n"))).await;
    session.reach_after(&up_goal(), &format!("seed {seed}\n{}", history.join("\n"))).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happened_the_next_run_leads_to_its_goal() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("ENVCTL_TEST_SEED").unwrap_or_default();
    for seed in first..first + number("ENVCTL_TEST_SESSIONS").unwrap_or(16) {
        session(seed).await;
    }
}
