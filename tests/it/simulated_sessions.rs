//! A few simulated sessions in every test run; thousands with the example `simulate`.

use crate::simulation::{Bug, run};

/// Sessions of this test run; more by hand.
const SESSIONS: u64 = 60;

#[test]
fn no_promise_is_broken() {
    for seed in 0..SESSIONS {
        let report = run(seed, None);
        assert!(report.broken.is_empty(), "seed {seed}: {:#?}\n{}", report.broken, report.history.join("\n"));
    }
}

#[test]
fn a_seed_reproduces_a_session() {
    assert_eq!(run(7, None), run(7, None));
}

#[test]
fn every_planted_bug_is_found() {
    for bug in Bug::ALL {
        let found = (0..2000).find(|seed| !run(*seed, Some(bug)).broken.is_empty());
        assert!(found.is_some(), "{bug:?} was not found in 2000 sessions");
    }
}
