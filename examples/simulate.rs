//! Simulated sessions by the thousand: `cargo run --release --no-default-features --example simulate -- --sessions
//! 100000 --seed 1`. Prints sessions a second, faults by kind, crashes, calls by operation, and the failing seed with
//! its shortened history; exits 1 when a promise was broken. `--planted BUG` (or `all`) shows how soon the checkers find
//! a bug that was planted on purpose.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to a terminal")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Parser;

#[path = "../tests/it/simulation/mod.rs"]
mod simulation;

use simulation::{Bug, Report, Script};

/// Runs simulated sessions and checks the promises after every call.
#[derive(Parser)]
struct Arguments {
    /// How many; with a planted bug, at most.
    #[arg(long, default_value_t = 1000)]
    sessions: u64,
    /// Seed of the first; the others count up.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A bug to plant, or `all` for one after the other: exits 1 when it is not found.
    #[arg(long, value_parser = planted)]
    planted: Option<Planted>,
    /// Print the whole history of every session.
    #[arg(long)]
    history: bool,
    /// Go on after a broken promise, and shorten none.
    #[arg(long)]
    keep_going: bool,
}

/// Bugs to plant.
#[derive(Clone)]
struct Planted(Vec<Bug>);

fn planted(text: &str) -> Result<Planted, String> {
    if text == "all" { Ok(Planted(Bug::ALL.to_vec())) } else { text.parse().map(|bug| Planted(vec![bug])) }
}

/// What the workers count together.
#[derive(Default)]
struct Count {
    next: AtomicU64,
    stop: AtomicBool,
    done: AtomicU64,
    failed: Mutex<Vec<u64>>,
    /// Calls by operation, writes by outcome, faults by kind.
    tables: Mutex<[BTreeMap<String, u64>; 3]>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let held = match &arguments.planted {
        Some(Planted(bugs)) => bugs.iter().all(|bug| finds(&arguments, *bug)),
        None => simulate(&arguments),
    };
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the sessions; true: no promise was broken.
fn simulate(arguments: &Arguments) -> bool {
    let count = Count { next: AtomicU64::new(arguments.seed), ..Count::default() };
    #[allow(clippy::disallowed_methods, reason = "sessions a second are measured in real time")]
    let begun = std::time::Instant::now();
    work_together(arguments, None, &count);
    let seconds = begun.elapsed().as_secs_f64();
    let Count { done, failed, tables, .. } = count;
    let (done, failed) = (done.into_inner(), failed.into_inner().unwrap_or_else(PoisonError::into_inner));
    let [calls, outcomes, faults] = tables.into_inner().unwrap_or_else(PoisonError::into_inner);
    let speed = done as f64 / seconds.max(0.001);
    println!("{done} sessions in {seconds:.1} s, {speed:.0} a second; {} with a broken promise", failed.len());
    table("faults and crashes", &faults);
    table("calls", &calls);
    table("writes by outcome", &outcomes);
    if let Some(seed) = failed.iter().min().filter(|_| !arguments.keep_going) {
        println!("seed {seed}, shortened:");
        let (_, report, played) = simulation::shorten(&Script::of(*seed, None), None);
        tell(&report);
        println!("shortened in {played} sessions; the whole: --seed {seed} --sessions 1 --history");
    }
    failed.is_empty()
}

/// Plants a bug and runs sessions until it is found.
fn finds(arguments: &Arguments, bug: Bug) -> bool {
    let count = Count { next: AtomicU64::new(arguments.seed), ..Count::default() };
    work_together(arguments, Some(bug), &count);
    let failed = count.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Some(seed) = failed.iter().min() else {
        println!("{bug:?}: not found in {} sessions", arguments.sessions);
        return false;
    };
    println!("{bug:?}: found in session {} (seed {seed}), shortened:", seed - arguments.seed + 1);
    tell(&simulation::shorten(&Script::of(*seed, Some(bug)), Some(bug)).1);
    true
}

fn tell(report: &Report) {
    println!("  {}\n  {}", report.history.join("\n  "), report.broken.join("\n  "));
}

fn table(title: &str, lines: &BTreeMap<String, u64>) {
    println!("{title}: {}", lines.values().sum::<u64>());
    lines.iter().for_each(|(name, number)| println!("{number:>12} {name}"));
}

fn work_together(arguments: &Arguments, bug: Option<Bug>, count: &Count) {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| work(arguments, bug, count));
        }
    });
}

/// Takes one seed after the other until none is left, or a promise was broken.
fn work(arguments: &Arguments, bug: Option<Bug>, count: &Count) {
    let end = arguments.seed.saturating_add(arguments.sessions);
    while !count.stop.load(Ordering::Relaxed) {
        let seed = count.next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            break;
        }
        let report = simulation::run(seed, bug);
        count.done.fetch_add(1, Ordering::Relaxed);
        let mut tables = count.tables.lock().unwrap_or_else(PoisonError::into_inner);
        for (table, numbers) in tables.iter_mut().zip([&report.calls, &report.outcomes, &report.faults]) {
            numbers.iter().for_each(|(name, number)| *table.entry(name.clone()).or_default() += number);
        }
        drop(tables);
        if arguments.history || (arguments.keep_going && !report.broken.is_empty()) {
            println!("seed {seed}:");
            tell(&report);
        }
        if !report.broken.is_empty() {
            count.failed.lock().unwrap_or_else(PoisonError::into_inner).push(seed);
            count.stop.store(!arguments.keep_going, Ordering::Relaxed);
        }
    }
}
