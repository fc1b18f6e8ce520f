//! SIGKILL right after each line of the journal.

use super::scene::Scene;
use super::until_no_more;

const UP: &[&str] = &["up", "staging", "--yes"];
const DOWN: &[&str] = &["down", "staging", "--yes", "--mode", "hibernate"];
const PARK: &[&str] = &["down", "staging", "--yes", "--mode", "park"];
const SNAPSHOT: &[&str] = &["snapshot", "create", "staging", "--yes"];
const DESTROY: &[&str] = &["destroy", "staging", "--yes", "--confirm", "staging"];

#[test]
fn an_up_of_nothing_killed_at_any_line_of_its_journal_is_finished_by_the_next_one() {
    let lines = until_no_more(|line| {
        let Some(scene) = Scene::new() else { return false };
        let killed = scene.kill_at(UP, line);
        if killed {
            scene.up();
        }
        scene.is_up(&format!("up killed at line {line}"));
        killed
    });
    assert!(lines > 20 || is_left_out(), "only {lines} lines");
}

#[test]
fn a_down_and_an_up_from_its_snapshot_killed_at_any_line_lose_nothing() {
    let lines = until_no_more(|line| {
        let Some(scene) = Scene::new() else { return false };
        scene.up();
        let story = format!("down killed at line {line}");
        let down_killed = scene.kill_at(DOWN, line);
        scene.data_is_safe(&story);
        if down_killed {
            scene.down();
        }
        scene.is_down(&story);
        let story = format!("up killed at line {line} after {story}");
        let up_killed = scene.kill_at(UP, line);
        scene.data_is_safe(&story);
        if up_killed {
            scene.client.tag_what_was_restored();
            scene.up();
        }
        scene.is_up(&story);
        down_killed || up_killed
    });
    assert!(lines > 20 || is_left_out(), "only {lines} lines");
}

#[test]
fn a_snapshot_a_parking_and_a_destroy_killed_at_any_line_lose_nothing_and_leave_nothing() {
    let lines = until_no_more(|line| {
        let Some(scene) = Scene::new() else { return false };
        scene.up();
        let mut any_killed = false;
        let mut story = String::new();
        for command in [SNAPSHOT, PARK, DESTROY] {
            let killed = scene.kill_at(command, line);
            any_killed |= killed;
            story = format!("{story}{command:?} killed at line {line}: {killed}; ");
            scene.data_is_safe(&story);
            if killed {
                scene.workspace.done(command);
            }
            scene.data_is_safe(&story);
        }
        scene.is_gone(&story);
        any_killed
    });
    assert!(lines > 20 || is_left_out(), "only {lines} lines");
}

/// The emulators were left out, with a reason.
fn is_left_out() -> bool {
    crate::support::emulator::Emulator::MiniStack.address().is_none()
}
