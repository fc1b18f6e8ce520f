//! `envctl rehearse up|down|destroy`.

use crate::support::TestEnvironment;

/// What stands in the workspace's state folder: worlds, locks, journals, caches.
fn state(environment: &TestEnvironment) -> Vec<(String, Vec<u8>)> {
    let mut open = vec![environment.path(".envctl")];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                open.push(entry);
            } else {
                files.push((entry.display().to_string(), std::fs::read(&entry).expect("a file")));
            }
        }
    }
    files.sort();
    files
}

/// The answer without how long things took: columns are as wide as their figures.
fn told(answer: &crate::support::Answer) -> String {
    let squeezed = |line: &str| -> String {
        let told = line.replace("N min N s", "N s");
        let words: Vec<&str> = told.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
        words.join("  ")
    };
    answer.masked().lines().map(squeezed).collect::<Vec<_>>().join("\n")
}

/// Rehearses, and makes sure that nothing was written.
fn rehearsed(environment: &TestEnvironment, arguments: &[&str]) -> crate::support::Answer {
    let before = state(environment);
    let answer = environment.run(&[&["rehearse"], arguments].concat());
    assert!(before == state(environment), "something was written by rehearse {arguments:?}");
    answer
}

#[test]
fn the_first_up_is_shown_with_times_its_critical_path_and_where_it_could_fail() {
    let environment = TestEnvironment::on_a_known_day();
    insta::assert_snapshot!(told(&rehearsed(&environment, &["up", "staging"])), @"");
}

#[test]
fn an_environment_that_is_up_has_nothing_to_do() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    insta::assert_snapshot!(told(&rehearsed(&environment, &["up", "staging"])), @"");
}

#[test]
fn down_tells_what_it_would_choose_and_what_stays() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    insta::assert_snapshot!(told(&rehearsed(&environment, &["down", "staging", "--for", "3d"])), @"");
}

#[test]
fn waking_a_parked_environment_takes_the_times_of_its_own_history() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["down", "staging", "--mode", "park", "--yes"]);
    insta::assert_snapshot!(told(&rehearsed(&environment, &["up", "staging"])), @"");
}

#[test]
fn waking_a_hibernated_environment_restores_its_newest_snapshot() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["down", "staging", "--mode", "hibernate", "--yes"]);
    insta::assert_snapshot!(told(&rehearsed(&environment, &["up", "staging"])), @"");
}

#[test]
fn destroy_with_snapshots_is_rehearsed_too() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    insta::assert_snapshot!(told(&rehearsed(&environment, &["destroy", "staging", "--delete-snapshots"])), @"");
}

#[test]
fn a_bad_day_is_told_and_the_same_seed_is_the_same_day() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    let arguments = ["down", "staging", "--mode", "hibernate", "--faults", "--seed", "5"];
    let first = rehearsed(&environment, &arguments);
    insta::assert_snapshot!(told(&first), @"");
    assert_eq!(first.to_string(), rehearsed(&environment, &arguments).to_string());
}

#[test]
fn whatever_the_day_nothing_is_lost_and_a_later_run_gets_to_the_end() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    for seed in 0..8 {
        let seed = seed.to_string();
        let answer = rehearsed(
            &environment,
            &["down", "staging", "--mode", "hibernate", "--faults", "--seed", &seed, "--output", "json"],
        );
        let value: serde_json::Value = serde_json::from_str(&answer.stdout).expect("JSON");
        assert_eq!(value["broken"], serde_json::json!([]), "seed {seed}: {answer}");
        assert_eq!(value["bad_day"]["later_run_converges"], true, "seed {seed}: {answer}");
        assert_eq!(value["written"], false);
        assert_eq!(value["exit_code"], answer.code);
    }
}

#[test]
fn an_image_that_is_not_there_fails_the_rehearsal_as_it_would_fail_up() {
    let environment = TestEnvironment::on_a_known_day();
    environment.edit("environments/staging.yaml", "pythonide-backend:latest", "pythonide-backend-cannot-pull:latest");
    let answer = rehearsed(&environment, &["up", "staging"]);
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stdout.contains("CannotPullContainerError"), "{answer}");
    assert!(answer.stdout.ends_with("This was a rehearsal: nothing was written.\n"), "{answer}");
}

#[test]
fn a_plan_that_is_refused_is_refused_here_as_well() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.edit("environments/staging.yaml", "application: pythonide", "protect: true\napplication: pythonide");
    let answer = rehearsed(&environment, &["destroy", "staging"]);
    assert_eq!(answer.code, 4, "{answer}");
}
