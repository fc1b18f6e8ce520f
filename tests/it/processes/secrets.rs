//! Secrets occur in nothing that envctl says or keeps.

use super::scene::{ACCESS_KEY, Scene};
use crate::support::fault_proxy::Faults;

#[test]
fn no_secret_is_in_any_output_journal_or_store_file() {
    let Some(scene) = Scene::new() else { return };
    let mut said = Vec::new();
    let mut run = |arguments: &[&str]| said.push(scene.workspace.run(arguments).to_string());
    run(&["up", "staging", "--yes", "--verbose"]);
    run(&["down", "staging", "--yes", "--verbose", "--mode", "hibernate"]);
    run(&["plan", "staging", "--output", "json"]);
    run(&["up", "staging", "--yes", "--output", "json"]);
    for command in ["plan", "status", "drift", "cost", "history", "render"] {
        run(&[command, "staging"]);
        run(&[command, "staging", "--verbose"]);
        run(&[command, "staging", "--output", "json"]);
    }
    let unavailable = scene.proxy(Faults { unavailable: 100, ..Faults::default() });
    said.push(scene.run_through(&unavailable, &["up", "staging", "--yes", "--verbose"]).to_string());
    let password = scene.client.password();
    assert!(password.len() >= 32, "a generated password");
    for secret in [password.as_str(), ACCESS_KEY] {
        for text in &said {
            assert!(!text.contains(secret), "a secret in\n{text}");
        }
        let kept = scene.workspace.files_with(secret);
        assert!(kept.is_empty(), "a secret in {kept:?}");
    }
}
