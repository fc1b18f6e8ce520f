//! Files in snapshots, as somebody at a terminal meets them.

use crate::support::TestEnvironment;

fn with_files() -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    environment.edit("environments/staging.yaml", "    path: /staging  ", "    snapshot: true\n    path: /staging  ");
    environment
}

/// The id of the newest snapshot.
fn newest(environment: &TestEnvironment) -> String {
    let list = environment.json(&["snapshot", "list", "staging"]);
    list["files"][0]["snapshot_id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_snapshot_lists_both_parts_under_one_id() {
    let environment = with_files();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["sim", "write", "staging", "--files", "data", "a drawing"]);
    environment.done(&["snapshot", "create", "staging"]);
    let list = environment.json(&["snapshot", "list", "staging"]);
    assert_eq!(list["snapshots"][0]["snapshot_id"], list["files"][0]["snapshot_id"]);
    assert_eq!(list["files"][0]["whole"], true);
    assert_eq!(list["files"][0]["status"], "COMPLETED");
    let told = environment.done(&["snapshot", "list", "staging"]);
    assert!(told.contains("files on file-system/production") && told.contains("part of snapshot"), "{told}");
}

#[test]
fn a_snapshot_brings_data_and_files_back_and_the_former_files_can_be_discarded() {
    let environment = with_files();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["sim", "write", "staging", "--files", "data", "monday's drawing"]);
    environment.done(&["snapshot", "create", "staging"]);
    let id = newest(&environment);
    environment.done(&["sim", "write", "staging", "--files", "data", "tuesday's drawing"]);
    let down = environment.done(&["down", "staging", "--mode", "hibernate", "--yes"]);
    assert!(down.contains("stay where they are"), "{down}");
    environment.done(&["up", "staging", "--snapshot", &id, "--yes"]);
    assert_eq!(environment.done(&["sim", "read", "staging", "--files", "data"]), "monday's drawing\n");
    environment.done(&["snapshot", "discard-former", "staging", "--yes"]);
    let again = environment.run(&["snapshot", "discard-former", "staging", "--yes"]);
    assert!(again.to_string().contains("no restore has put anything aside"), "{again}");
    let world = environment.json(&["sim", "show", "staging"]);
    assert_eq!((world["lost_data"].to_string(), world["broken_promises"].to_string()), ("[]".into(), "[]".into()));
}

/// Up, released with a snapshot, and both data and files spoiled since.
fn released() -> TestEnvironment {
    let environment = with_files();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["sim", "write", "staging", "monday's text"]);
    environment.done(&["sim", "write", "staging", "--files", "data", "monday's drawing"]);
    environment.done(&["deploy", "staging", "--set", "cpu=1024", "--snapshot", "--yes"]);
    environment.done(&["sim", "write", "staging", "spoiled text"]);
    environment.done(&["sim", "write", "staging", "--files", "data", "a spoiled drawing"]);
    environment
}

#[test]
fn a_rollback_with_data_says_what_happens_to_the_files_and_gives_them_back() {
    let environment = released();
    let back = environment.run(&["rollback", "staging", "--with-data", "--yes"]);
    assert_eq!(back.code, 0, "{back}");
    assert!(back.stdout.contains("`envctl snapshot discard-former` removes it"), "{back}");
    assert_eq!(environment.done(&["sim", "read", "staging", "--files", "data"]), "monday's drawing\n");
    let read = environment.done(&["sim", "read", "staging"]);
    assert!(read.contains("monday's text") && !read.contains("spoiled"), "{read}");
    assert_eq!(environment.run(&["drift", "staging"]).code, 0);
    let status = environment.done(&["status", "staging"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(status.contains("its former content stays beside it until `snapshot discard-former`"), "{status}");
    let id = newest(&environment);
    let again = environment.run(&["rollback", "staging", "--with-data", "--snapshot", &id, "--yes"]);
    assert_eq!(again.code, 0, "{again}");
    assert!(again.to_string().contains("the files below /staging came back already"), "{again}");
    let world = environment.json(&["sim", "show", "staging"]);
    assert_eq!((world["lost_data"].to_string(), world["broken_promises"].to_string()), ("[]".into(), "[]".into()));
}

#[test]
fn a_rehearsal_knows_the_files_too() {
    let environment = with_files();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["snapshot", "create", "staging"]);
    environment.done(&["rehearse", "down", "staging", "--for", "30d"]);
    environment.done(&["down", "staging", "--yes"]);
    let id = newest(&environment);
    environment.done(&["rehearse", "up", "staging"]);
    environment.done(&["plan", "staging", "--from", &id]);
}

#[test]
fn what_cannot_be_restored_is_refused_in_the_spec_with_its_place() {
    let environment = with_files();
    environment.edit(
        "environments/staging.yaml",
        "  keep: 3",
        "  vault: a\n  role: arn:aws:iam::999999999999:role/x\n  keep: 3",
    );
    let answer = environment.run(&["validate", "staging"]).to_string();
    assert!(answer.contains("cannot be a backup vault") && answer.contains("account 999999999999"), "{answer}");
    environment.write("environments/two.yaml", TWICE);
    let answer = environment.run(&["validate", "two"]).to_string();
    assert!(answer.contains("in snapshots with `outer` already") && answer.contains("two.yaml:"), "{answer}");
    assert!(answer.contains("the whole file system cannot be put aside"), "{answer}");
}

const TWICE: &str = "\
application: two
account: \"111122223333\"
region: us-west-2
borrow: {cluster: c, subnets: [subnet-0a1b2c3d4e5f60001], security_groups: [sg-0a1b2c3d4e5f60001]}
file_systems: {own: {}, more: {}}
files:
  all: {file_system: more, path: /, snapshot: true}
  outer: {file_system: own, path: /a, snapshot: true}
  inner: {file_system: own, path: /a/b, snapshot: true}
";
