//! A few simulated sessions in every test run; thousands with the example `simulate`.

use crate::simulation::{Bug, Script, run, shorten};

/// A number from the environment, or this one: more sessions by hand.
fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn no_promise_is_broken() {
    let first = number("ENVCTL_TEST_SEED", 0);
    for seed in first..first + number("ENVCTL_TEST_SESSIONS", 60) {
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

#[test]
fn a_failing_session_is_shortened_to_what_breaks_the_promise() {
    let bug = Some(Bug::WrongSnapshot);
    let seed = (0..2000).find(|seed| !run(*seed, bug).broken.is_empty()).expect("a failing seed");
    let script = Script::of(seed, bug);
    let (short, report, _) = shorten(&script, bug);
    let promise = |report: &crate::simulation::Report| report.broken[0].chars().next();
    assert_eq!(promise(&report), promise(&run(seed, bug)));
    assert!(report.history.len() < run(seed, bug).history.len(), "{:#?}", report.history);
    assert_eq!(shorten(&script, bug).0, short);
}
