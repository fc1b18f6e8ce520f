//! Ctrl-C and SIGTERM half-way.

use std::process::Command;

use super::scene::Scene;

/// A signal in the middle of `up`: what it said, after it ended with this code.
fn interrupted(signal: &str, code: i32) {
    let Some(scene) = Scene::new() else { return };
    let child = scene.start_until(&["up", "staging", "--yes"], 9).expect("it is under way");
    // The standard library sends SIGKILL alone.
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
    assert!(sent.expect("a shell").success());
    let answer = scene.workspace.answer(&child.wait_with_output().expect("its end"));
    assert_eq!(answer.code, code, "{answer}");
    for said in
        ["up of staging was interrupted", "not begun", "create log group", "`envctl up staging` goes on from here"]
    {
        assert!(answer.stderr.contains(said), "no `{said}` in\n{answer}");
    }
    let lock = scene.workspace.done(&["lock", "show", "staging"]);
    assert!(lock.contains("free"), "{lock}");
    scene.up();
    scene.is_up(signal);
}

#[test]
fn ctrl_c_releases_the_lock_and_says_what_is_done_and_what_is_not() {
    interrupted("INT", 130);
}

#[test]
fn sigterm_ends_a_run_in_the_same_way() {
    interrupted("TERM", 143);
}
