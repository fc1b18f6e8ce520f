//! `envctl history` and `envctl lock`.

use crate::support::TestEnvironment;

#[test]
fn runs_are_listed_newest_first_and_replayed() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["down", "staging", "--yes"]);
    insta::assert_snapshot!(environment.run(&["history"]).masked(), @r"
    ── stdout
    STAMP  staging
        done, 8 steps done, N min N s, by anna@laptop, `envctl down staging --yes`
    STAMP  staging
        done, 14 steps done, N min N s, by anna@laptop, `envctl up staging --yes`, then up for N s:
        0.00 USD
    ── exit 0
    ");
    let runs = environment.json(&["history", "staging"]);
    let run = runs["runs"][1]["run"].as_str().expect("a run id").to_owned();
    let replay = environment.done(&["history", &run]);
    assert!(replay.contains("`envctl up staging --yes`"), "{replay}");
    assert!(replay.contains("done    create database pythonide-staging-db"), "{replay}");
    assert!(environment.json(&["history", &run])["events"].as_array().expect("events").len() > 20);
}

#[test]
fn an_unknown_run_is_wrong_usage() {
    let environment = TestEnvironment::on_a_known_day();
    insta::assert_snapshot!(environment.run(&["history", "nothing"]).masked(), @r"
    ── stderr
    error: `nothing` is neither an environment nor the id of a run
    hint: `envctl history` lists the runs
    ── exit 3
    ");
}

#[test]
fn a_lock_that_somebody_else_holds_ends_with_5_and_says_who() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    let held = r#"{"state":"held","holder":{"run":"r","owner":"berta","host":"desk","process":1,"command":"envctl down staging","reason":"exam"},"since":"2026-11-22T08:06:00Z","written":"2026-11-22T08:06:00Z","expires":"2026-11-22T08:08:00Z"}"#;
    let folder = std::fs::read_dir(environment.path(".envctl/sim/store/locks/staging")).expect("a folder");
    let newest =
        folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).max().expect("a record");
    let number: u64 = newest.trim_end_matches(".json").parse().expect("a number");
    environment.write(&format!(".envctl/sim/store/locks/staging/{:08}.json", number + 1), held);
    insta::assert_snapshot!(environment.run(&["lock", "show", "staging"]).masked(), @r"
    ── stdout
    staging: held by berta@desk (process 1) for `envctl down staging`, exam, since TIME
             until TIME unless renewed
    ── exit 0
    ");
    insta::assert_snapshot!(environment.run(&["down", "staging", "--yes", "--quiet"]).masked(), @r"
    ── stderr
    error: the lock on staging is held by berta@desk (process 1) for `envctl down staging`, exam, since
           TIME until TIME unless renewed
    hint: wait for it with --wait-lock 30m
    hint: if nobody is at work any more: envctl lock release staging --reason WHY
    ── exit 5
    ");
    environment.done(&["lock", "release", "staging", "--reason", "berta went home"]);
    insta::assert_snapshot!(environment.run(&["lock", "list"]).masked(), @r"
    ── stdout
    staging: free; anna@laptop released it: berta went home
    ── exit 0
    ");
    environment.done(&["down", "staging", "--yes"]);
}

#[test]
fn a_lock_is_shown_and_released_with_a_broken_spec_and_with_none() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.write("environments/staging.yaml", "services: [unfinished");
    assert!(environment.done(&["lock", "show", "staging"]).contains("staging: free"));
    std::fs::remove_file(environment.path("environments/staging.yaml")).expect("the spec");
    assert!(environment.done(&["lock", "show", "staging"]).contains("staging: free"));
    environment.done(&["lock", "release", "staging", "--reason", "it was renamed"]);
    assert_eq!(environment.run(&["lock", "show", "stagin"]).code, 3);
}

#[test]
fn a_store_full_of_garbage_does_not_stop_anybody() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    let runs = environment.path(".envctl/sim/store/runs/staging");
    for entry in std::fs::read_dir(&runs).expect("a folder") {
        std::fs::write(entry.expect("an entry").path(), [0xff, 0x00, b'{']).expect("a file");
    }
    let answer = environment.run(&["history"]);
    assert_eq!(answer.code, 0, "{answer}");
    std::fs::remove_dir_all(environment.path(".envctl/sim/store")).expect("removed");
    environment.done(&["down", "staging", "--yes"]);
    assert_eq!(environment.run(&["plan", "staging"]).code, 0);
}

#[test]
fn history_says_how_long_it_was_up_and_what_that_cost() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["sim", "advance", "10h"]);
    let history = environment.done(&["history"]);
    assert!(history.contains("then up for 10 h"), "{history}");
    let run = environment.json(&["history", "staging"])["runs"][0].clone();
    assert!(run["then_up"]["seconds"].as_u64().expect("seconds") >= 36_000, "{run}");
}
