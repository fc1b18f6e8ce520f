//! Environments of other shapes than the shipped ones live a whole day too.

use crate::support::TestEnvironment;

fn live_a_day(shape: &str, spec: &str) {
    let environment = TestEnvironment::on_a_known_day();
    environment.write(&format!("environments/{shape}.yaml"), spec);
    let day: [&[&str]; 8] = [
        &["up", shape, "--yes"],
        &["down", shape, "--yes"],
        &["up", shape, "--yes"],
        &["down", shape, "--mode", "park", "--yes"],
        &["down", shape, "--mode", "hibernate", "--yes"],
        &["up", shape, "--yes"],
        &["destroy", shape, "--yes", "--confirm", shape],
        &["destroy", shape, "--yes", "--confirm", shape, "--delete-snapshots"],
    ];
    for command in day {
        environment.done(command);
        let plan = environment.run(&["plan", shape]);
        assert_eq!(plan.code, 0, "after {command:?}\n{plan}");
    }
    let world = environment.json(&["sim", "show", shape]);
    assert_eq!(world["lost_data"], serde_json::json!([]));
    for gone in ["databases", "snapshots", "services", "secrets", "access_points", "log_groups", "broken_promises"] {
        let left = world[gone].as_array().expect("a list");
        // A secret waits seven days for its deletion.
        assert!(left.is_empty() || gone == "secrets", "{gone}: {left:?}");
    }
}

#[test]
fn one_service_without_database_files_and_autoscaling() {
    live_a_day("one-service", include_str!("shapes/one-service.yaml"));
}

#[test]
fn a_worker_on_spot_and_arm_that_serves_nothing() {
    live_a_day("worker-on-spot-and-arm", include_str!("shapes/worker-on-spot-and-arm.yaml"));
}

#[test]
fn two_databases_services_and_rules() {
    live_a_day("two-of-everything", include_str!("shapes/two-of-everything.yaml"));
}

#[test]
fn a_database_alone() {
    live_a_day("database-alone", include_str!("shapes/database-alone.yaml"));
}

#[test]
fn a_file_system_of_its_own_behind_plain_http() {
    live_a_day("own-file-system", include_str!("shapes/own-file-system.yaml"));
}

#[test]
fn files_of_its_own_that_snapshots_take_along() {
    live_a_day("own-files-in-snapshots", include_str!("shapes/own-files-in-snapshots.yaml"));
}
