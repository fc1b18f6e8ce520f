//! `envctl destroy` and `envctl snapshot`.

use crate::support::TestEnvironment;

#[test]
fn destroy_wants_the_name_and_says_what_stays() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    insta::assert_snapshot!(environment.run(&["destroy", "staging", "--yes"]).masked(), @r"
    ── stderr
    error: there is no terminal to ask on, so nothing was done
    hint: pass --yes --confirm staging to do it without asking
    hint: see what would be done: envctl plan staging --for destroy
    ── exit 3
    ");
    let wrong = environment.run(&["destroy", "staging", "--yes", "--confirm", "stagin"]);
    assert_eq!(wrong.code, 3, "{wrong}");
    insta::assert_snapshot!(environment.run(&["destroy", "staging", "--yes", "--confirm", "staging", "--quiet"]).masked(), @r"
    ── stdout
    staging is destroyed (11 changes, N min N s)
    Stays
      - secret/main: pythonide/staging/main is deleted for good on 2026-11-29 N:NN UTC; an `up` before
        calls it back
      - snapshot/main: 1 snapshots stay and are billed, the newest is
        pythonide-staging-db-STAMP
      - access-point/data: the directory /staging of fs-8543d29e548a9253a and what is in it stay
    ── exit 0
    ");
}

#[test]
fn delete_snapshots_leaves_none() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["snapshot", "create", "staging"]);
    environment.done(&["destroy", "staging", "--yes", "--confirm", "staging", "--delete-snapshots"]);
    assert_eq!(environment.json(&["snapshot", "list", "staging"])["snapshots"], serde_json::json!([]));
    assert_eq!(environment.run(&["plan", "staging"]).code, 0);
}

#[test]
fn a_snapshot_is_taken_without_asking_and_listed() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    insta::assert_snapshot!(environment.run(&["snapshot", "create", "staging", "--quiet"]).masked(), @r"
    ── stdout
    staging: snapshot taken (1 change, N min N s)
    ── exit 0
    ");
    insta::assert_snapshot!(environment.run(&["snapshot", "list", "staging"]).masked(), @r"
    ── stdout
    database/main
      pythonide-staging-db-STAMP
        available, N min old, postgres 16.10, 20 GiB, encrypted
    ── exit 0
    ");
}

#[test]
fn prune_keeps_what_retention_keeps() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["snapshot", "create", "staging"]);
    insta::assert_snapshot!(environment.run(&["snapshot", "prune", "staging", "--yes"]).masked(), @r"
    ── stdout
    staging: every snapshot is kept by the spec's retention; nothing to do
    ── exit 0
    ");
}
