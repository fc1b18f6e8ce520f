//! 30 % throttles, 5 % lost replies, 5 % resets, 5 % slow answers.

use super::scene::Scene;
use super::until_no_more;
use crate::support::fault_proxy::Faults;

const SEEDS: usize = 4;

/// The whole life of an environment.
const LIFE: [&[&str]; 5] = [
    &["up", "staging", "--yes"],
    &["snapshot", "create", "staging", "--yes"],
    &["down", "staging", "--yes", "--mode", "hibernate"],
    &["up", "staging", "--yes"],
    &["destroy", "staging", "--yes", "--confirm", "staging"],
];

#[test]
fn throttles_lost_replies_and_resets_make_no_orphan_and_no_duplicate() {
    until_no_more(|seed| {
        if seed > SEEDS {
            return false;
        }
        let Some(scene) = Scene::new() else { return false };
        let faults = Faults { seed: seed as u64, throttle: 30, lost_reply: 5, reset: 5, slow: 5, ..Faults::default() };
        let proxy = scene.proxy(faults);
        let mut made = false;
        // Every other life ends awake.
        for command in &LIFE[..if seed.is_multiple_of(2) { 5 } else { 4 }] {
            let answer = scene.run_through(&proxy, command);
            // It may give up, but not without saying what to do.
            assert!([0, 1, 6].contains(&answer.code), "seed {seed}, {command:?}: {answer}");
            assert!(
                answer.code == 0 || ["hint:", "what to do:"].iter().any(|help| answer.stderr.contains(help)),
                "seed {seed}, {command:?}: {answer}"
            );
            made |= answer.code == 0;
            if made {
                scene.data_is_safe(&format!("seed {seed}, {command:?}"));
            }
        }
        let story = format!("seed {seed}");
        let happened = |fault: &str| proxy.requests().iter().filter(|line| line.ends_with(fault)).count();
        for fault in ["Throttle", "LostReply", "Reset", "Slow"] {
            assert!(happened(fault) > 0, "{story}: no {fault} in {} requests", proxy.requests().len());
        }
        if seed.is_multiple_of(2) {
            scene.destroy();
            scene.is_gone(&story);
        } else {
            scene.up();
            scene.is_up(&story);
        }
        true
    });
}
