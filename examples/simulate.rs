//! Simulated sessions by the thousand: `cargo run --release --no-default-features --example simulate -- --sessions
//! 100000 --seed 1`. Prints sessions a second, calls by outcome, and the failing seed with its history; exits 1 when a
//! promise was broken. `--bug NAME` plants a bug that the checkers must find.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to a terminal")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Parser;

#[path = "../tests/it/simulation/mod.rs"]
mod simulation;

/// Runs simulated sessions and checks the promises after every call.
#[derive(Parser)]
struct Arguments {
    /// How many.
    #[arg(long, default_value_t = 1000)]
    sessions: u64,
    /// Seed of the first; the others count up.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A bug to plant.
    #[arg(long)]
    bug: Option<simulation::Bug>,
    /// Print the history of every session.
    #[arg(long)]
    history: bool,
    /// Go on after a broken promise.
    #[arg(long)]
    keep_going: bool,
}

/// What the workers count together.
#[derive(Default)]
struct Count {
    next: AtomicU64,
    stop: AtomicBool,
    done: AtomicU64,
    failed: AtomicU64,
    calls: Mutex<BTreeMap<String, u64>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let count = Count { next: AtomicU64::new(arguments.seed), ..Count::default() };
    #[allow(clippy::disallowed_methods, reason = "sessions a second are measured in real time")]
    let begun = std::time::Instant::now();
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| work(&arguments, &count));
        }
    });
    let (done, failed, seconds) = (count.done.into_inner(), count.failed.into_inner(), begun.elapsed().as_secs_f64());
    let speed = done as f64 / seconds.max(0.001);
    println!("{done} sessions in {seconds:.1} s, {speed:.0} a second; {failed} with a broken promise");
    for (outcome, count) in count.calls.into_inner().unwrap_or_else(PoisonError::into_inner) {
        println!("{count:>12} calls: {outcome}");
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Takes one seed after the other until none is left, or a promise was broken.
fn work(arguments: &Arguments, count: &Count) {
    let end = arguments.seed.saturating_add(arguments.sessions);
    while !count.stop.load(Ordering::Relaxed) {
        let seed = count.next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            break;
        }
        let report = simulation::run(seed, arguments.bug);
        count.done.fetch_add(1, Ordering::Relaxed);
        let mut calls = count.calls.lock().unwrap_or_else(PoisonError::into_inner);
        report.calls.iter().for_each(|(outcome, number)| *calls.entry(outcome.clone()).or_default() += number);
        drop(calls);
        if arguments.history || !report.broken.is_empty() {
            println!("seed {}:\n  {}\n  {}", report.seed, report.history.join("\n  "), report.broken.join("\n  "));
        }
        if !report.broken.is_empty() {
            count.failed.fetch_add(1, Ordering::Relaxed);
            count.stop.store(!arguments.keep_going, Ordering::Relaxed);
        }
    }
}
