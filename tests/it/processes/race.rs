//! Two processes, one environment, one store.

use std::process::Stdio;

use super::scene::Scene;
use crate::support::fault_proxy::{FaultProxy, Faults};

/// Requests that change something.
fn writes(proxy: &FaultProxy) -> Vec<String> {
    let reads =
        |line: &String| ["Describe", "List", "Get", "GET"].iter().any(|verb| line.contains(&format!(" {verb}")));
    proxy.requests().into_iter().filter(|line| !reads(line)).collect()
}

#[test]
fn of_two_processes_that_want_the_same_one_writes_and_the_other_says_who_does() {
    let Some(scene) = Scene::new() else { return };
    let begin = |person: &str| {
        let proxy = scene.proxy(Faults::default());
        let mut command = scene.workspace.command(&["up", "staging", "--yes"]);
        command.env("USER", person).env("AWS_ENDPOINT_URL", proxy.url()).stdout(Stdio::piped()).stderr(Stdio::piped());
        (proxy, command.spawn().expect("the binary runs"))
    };
    let people = ["anna", "bob"];
    let ends: Vec<_> = people
        .map(begin)
        .into_iter()
        .map(|(proxy, child)| {
            let output = child.wait_with_output().expect("its end");
            (scene.workspace.answer(&output), writes(&proxy))
        })
        .collect();
    let winner = ends.iter().position(|(answer, _)| answer.code == 0).expect("one is done");
    let loser = 1 - winner;
    let (answer, wrote) = &ends[loser];
    assert!(!ends[winner].1.is_empty());
    assert!(wrote.is_empty(), "both wrote: {wrote:#?}");
    assert_eq!(answer.code, 5, "{answer}");
    let held = format!("held by {}@laptop", people[winner]);
    assert!(answer.stderr.contains(&held) && answer.stderr.contains("envctl up staging"), "{answer}");
    scene.is_up("a race");
}
