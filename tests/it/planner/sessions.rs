//! Random sessions: goals that are killed, faults, hands in the console, edits, days that pass. Whatever happened, the
//! next run without faults leads to its goal, and nothing is lost.

use std::time::Duration;

use envctl::cloud::sim::FaultPlan;
use envctl::model::{Condition, DataSource, Desired, Goal, SleepMode};

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
    match dice.below(10) {
        0..=2 => up_goal(),
        3 => down_goal(SleepMode::Auto),
        4 => down_goal(SleepMode::Park),
        5 => down_goal(SleepMode::Hibernate),
        6 => Goal::Destroy { delete_snapshots: false },
        7 => Goal::Snapshot,
        8 => Goal::Up { from: DataSource::Database(PRODUCTION.to_owned()) },
        _ => Goal::Prune,
    }
}

/// A database of others, of which there is a snapshot.
const PRODUCTION: &str = "pythonide-production-db";

/// One of the shipped environments, or one with more of everything.
fn environment(dice: &mut Dice) -> Desired {
    match dice.below(4) {
        0 => world::desired("preview"),
        1 => world::larger(),
        _ => world::desired("staging"),
    }
}

/// Production's snapshot, made by putting a database of that name to sleep.
async fn make_production(session: &mut Session) {
    let mut production = world::desired("staging");
    production.environment = "production".to_owned();
    let database = production.databases.get_mut("main").unwrap();
    database.identifier = PRODUCTION.to_owned();
    database.secret_name = "production".to_owned();
    production.services.clear();
    production.rules.clear();
    production.target_groups.clear();
    production.access_points.clear();
    production.log_groups.clear();
    production.tasks.clear();
    let desired = std::mem::replace(&mut session.desired, production);
    session.reach(&up_goal()).await;
    session.cloud.write_data(PRODUCTION, "somebody's secrets");
    session.reach(&down_goal(SleepMode::Hibernate)).await;
    session.desired = desired;
}

/// Something that nobody planned.
fn disturb(session: &mut Session, dice: &mut Dice) -> String {
    let database = session.desired.databases["main"].identifier.clone();
    let service = session.desired.services["backend"].service_name.clone();
    let what = dice.below(16);
    match what {
        0 => session.cloud.edit(|world| world.console_set_desired_count("pythonide-cluster", &service, 2)),
        1 => session.cloud.edit(|world| world.console_start_database(&database)),
        2 => session.cloud.edit(|world| world.console_set_class(&database, "db.t4g.medium")),
        3 => session.cloud.edit(|world| {
            let rule = world.rules.keys().next().cloned();
            rule.iter().for_each(|rule| world.console_delete_rule(rule));
        }),
        4 => session.cloud.advance(Duration::from_secs(8 * 24 * 3600)),
        5 => session.cloud.advance(Duration::from_secs(dice.below(1200))),
        6 => drop(session.cloud.write_data(&database, "more")),
        15 => session.cloud.edit(|world| world.secrets.clear()),
        _ => edit(&mut session.desired, what, dice),
    }
    format!("disturbance {what}")
}

/// Somebody edits the spec.
fn edit(desired: &mut Desired, what: u64, dice: &mut Dice) {
    for rule in desired.rules.values_mut().filter(|_| what == 7) {
        rule.conditions = vec![Condition::HostHeader(vec![format!("h{}.example.org", dice.below(9))])];
    }
    for service in desired.services.values_mut() {
        match what {
            8 => service.health_check_grace_seconds += 1,
            9 => service.scaling = None,
            10 => service.enable_exec = !service.enable_exec,
            _ => {}
        }
    }
    for database in desired.databases.values_mut() {
        match what {
            11 => database.storage_gib += 10,
            12 => database.deletion_protection = !database.deletion_protection,
            _ => {}
        }
    }
    for point in desired.access_points.values_mut().filter(|_| what == 13) {
        point.path = format!("/p{}", dice.below(9));
    }
    desired.tags.extend((what == 14).then(|| ("team".to_owned(), format!("t{}", dice.below(9)))));
}

async fn session(seed: u64) {
    let mut dice = Dice(seed);
    let mut session = Session::new(environment(&mut dice));
    if dice.below(3) == 0 {
        make_production(&mut session).await;
    }
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
    for seed in first..first + number("ENVCTL_TEST_SESSIONS").unwrap_or(12) {
        session(seed).await;
    }
}
