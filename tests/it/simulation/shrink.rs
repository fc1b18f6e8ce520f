//! Shortens a failing session: leaves out one thing after the other for as long as the same promise still breaks.
//! Every trial is played from its script alone, so the shortened session is the same at every run.

use envctl::cloud::sim::FaultPlan;

use super::bug::Bug;
use super::script::{Cut, Deed, Script};
use super::session::{Report, play};

/// The shortened session with its report, and how many sessions it took.
pub(crate) fn shorten(script: &Script, bug: Option<Bug>) -> (Script, Report, u64) {
    let mut best = script.clone();
    let mut report = play(&best, bug);
    let Some(promise) = report.broken.first().and_then(|text| text.chars().next()) else { return (best, report, 1) };
    let mut played = 1;
    loop {
        let before = best.clone();
        for simpler in simplifications(&before) {
            let Some(candidate) = simpler(&best) else { continue };
            let trial = play(&candidate, bug);
            played += 1;
            if trial.broken.iter().any(|text| text.starts_with(promise)) {
                (best, report) = (candidate, trial);
            }
        }
        if best == before {
            return (best, report, played);
        }
    }
}

/// Makes a session a little simpler; `None`: it is that already.
type Simpler = Box<dyn Fn(&Script) -> Option<Script>>;

fn simplifications(script: &Script) -> Vec<Simpler> {
    let mut all: Vec<Simpler> = vec![
        fault(|faults| &mut faults.throttle),
        fault(|faults| &mut faults.server_error),
        fault(|faults| &mut faults.lost_reply),
        fault(|faults| &mut faults.refusal),
        fault(|faults| &mut faults.slow_start),
        fault(|faults| &mut faults.unreadable),
        fault(|faults| &mut faults.stale_read),
    ];
    for (actor, found) in script.actors.iter().enumerate() {
        for turn in 0..found.turns.len() {
            all.push(changed(move |script| script.actors[actor].turns[turn].deed = Deed::Nothing));
            all.push(changed(move |script| {
                if let Deed::Run { end, .. } | Deed::Release { end, .. } = &mut script.actors[actor].turns[turn].deed {
                    *end = Cut::Not;
                }
            }));
        }
    }
    all
}

fn fault(rate: impl Fn(&mut FaultPlan) -> &mut u32 + 'static) -> Simpler {
    changed(move |script| *rate(&mut script.faults) = 0)
}

fn changed(change: impl Fn(&mut Script) + 'static) -> Simpler {
    Box::new(move |script| {
        let mut changed = script.clone();
        change(&mut changed);
        (changed != *script).then_some(changed)
    })
}
