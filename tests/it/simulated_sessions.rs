//! A few simulated sessions in every test run; thousands with the example `simulate`.

use crate::simulation::{Bug, Cut, Script, play, run, shorten};

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

/// A release that began with a snapshot of data and files is taken back, and the process falls at each of its calls:
/// the `up` that follows ends it, and no promise is broken.
#[test]
fn a_rollback_with_files_that_falls_at_any_call_is_ended_by_the_next_up() {
    let mut whole = 0;
    for number in (0..70).chain((70..420).step_by(23)) {
        let sent = number % 2 == 1;
        let report = play(&Script::of_a_rollback_with_files(Cut::Call { number, sent }), None);
        assert!(report.broken.is_empty(), "call {number}, {sent}: {:#?}\n{:#?}", report.broken, report.history);
        whole += u32::from(report.calls.contains_key("backup:StartRestoreJob"));
    }
    assert!(whole > 60, "only {whole} of them took files back");
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
