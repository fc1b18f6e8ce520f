//! A store that somebody deleted, cut off or filled with garbage between commands.

use super::scene::Scene;
use crate::support::files;

/// The environment still works: commands that only read say something sensible, and the next change is made, at most
/// after the lock was released by hand.
fn still_works(scene: &Scene, damage: &str, change: &[&str]) {
    assert_eq!(scene.workspace.run(&["plan", "staging"]).code, 0, "{damage}");
    assert_eq!(scene.workspace.run(&["status", "staging"]).code, 0, "{damage}");
    assert_eq!(scene.workspace.run(&["history", "staging"]).code, 0, "{damage}");
    let answer = scene.workspace.run(change);
    if answer.code == 5 {
        assert!(answer.stderr.contains("is unreadable"), "{damage}: {answer}");
        assert!(answer.stderr.contains("envctl lock release staging --reason"), "{damage}: {answer}");
        scene.workspace.done(&["lock", "release", "staging", "--reason", "the store is damaged"]);
        scene.workspace.done(change);
    } else {
        assert_eq!(answer.code, 0, "{damage}: {answer}");
    }
}

#[test]
fn an_environment_outlives_a_store_that_is_deleted_cut_off_or_garbage() {
    let Some(scene) = Scene::new() else { return };
    let store = scene.workspace.path(".envctl/store");
    let (up, down) = (["up", "staging", "--yes"], ["down", "staging", "--yes", "--mode", "hibernate"]);
    scene.up();
    std::fs::remove_dir_all(&store).expect("the store");
    still_works(&scene, "deleted", &down);
    scene.is_down("deleted");
    for file in files(&store) {
        let content = std::fs::read(&file).expect("a file");
        std::fs::write(&file, &content[..content.len() / 2]).expect("a file");
    }
    still_works(&scene, "cut off", &up);
    scene.is_up("cut off");
    for file in files(&store) {
        std::fs::write(&file, b"\x00\xff{]garbage\n\x1b[2J{\"sequence\":99999999999999999999}").expect("a file");
    }
    still_works(&scene, "garbage", &down);
    scene.is_down("garbage");
    std::fs::remove_dir_all(&store).expect("the store");
    std::fs::write(&store, "a file where the folder was").expect("a file");
    let answer = scene.workspace.run(&up);
    assert!(answer.code == 1 && answer.stderr.contains("ENVCTL_STORE"), "{answer}");
    std::fs::remove_file(&store).expect("the file");
    scene.up();
    scene.is_up("a file in the way");
}
