//! `envctl rightsize` on planted metrics, against what the algorithm gives on paper.

use serde_json::Value;

use crate::support::TestEnvironment;

/// Staging, up for a month, with the sizes of production.
fn up_for_a_month() -> TestEnvironment {
    let workspace = TestEnvironment::on_a_known_day();
    // It extends staging, and is not what this is about.
    std::fs::remove_file(workspace.path("environments/preview.yaml")).unwrap();
    workspace.edit("environments/staging.yaml", "cpu: 512 ", "cpu: 2048 ");
    workspace.edit("environments/staging.yaml", "memory: 2048 ", "memory: 8192 ");
    workspace.edit("environments/staging.yaml", "scaling: {min: 1, max: 4, cpu: 60}", "count: 1");
    workspace.edit("environments/staging.yaml", "class: db.t4g.micro", "class: db.t4g.small");
    workspace.done(&["up", "staging", "--yes"]);
    workspace.done(&["sim", "advance", "30d"]);
    workspace
}

fn plant(workspace: &TestEnvironment, of: &str, metric: &str, value: &str, length: &str) {
    workspace.done(&["sim", "metric", "staging", metric, value, "--of", of, "--for", length]);
}

fn proposal(workspace: &TestEnvironment, resource: &str) -> Value {
    let answer = workspace.json(&["rightsize", "staging"]);
    let proposals = answer["environments"][0]["proposals"].as_array().unwrap().clone();
    proposals.into_iter().find(|one| one["resource"] == resource).unwrap()
}

#[test]
fn a_fortnight_of_planted_points_gives_the_sizes_of_the_algorithm() {
    let workspace = up_for_a_month();
    plant(&workspace, "service/backend", "CPUUtilization", "40", "14d");
    plant(&workspace, "service/backend", "MemoryUtilization", "30", "14d");
    // 40 % of 2048 / 0.8 = 1024 units, 30 % of 8192 / 0.8 = 3072 MiB; 85.0596 - 39.2850 USD.
    let found = proposal(&workspace, "service/backend");
    assert_eq!(found["verdict"], "down", "{found:#}");
    assert_eq!(found["proposed"], "1 vCPU 3 GB");
    assert_eq!(found["spec"], serde_json::json!({"cpu": "1024", "memory": "3072"}));
    assert_eq!(found["saved_usd_per_month"], "45.77");
    assert_eq!(found["inputs"]["CPU points"], "4032");
}

#[test]
fn a_day_of_points_is_too_little_for_an_environment_that_was_up_all_the_time() {
    let workspace = up_for_a_month();
    plant(&workspace, "service/backend", "CPUUtilization", "40", "24h");
    plant(&workspace, "service/backend", "MemoryUtilization", "30", "24h");
    let found = proposal(&workspace, "service/backend");
    assert_eq!(found["verdict"], "insufficient-data");
    assert_eq!(found["lacks"][0], "CPU: points for 24.0 of the 336.0 hours that it ran: at least half is needed");
    // Over a window of two days it is exactly half.
    let answer = workspace.json(&["rightsize", "staging", "--window", "2d"]);
    assert_eq!(answer["environments"][0]["proposals"][0]["verdict"], "down", "{answer:#}");
    // An hour less is not.
    let answer = workspace.json(&["rightsize", "staging", "--window", "49h"]);
    assert_eq!(answer["environments"][0]["proposals"][0]["verdict"], "insufficient-data");
}

#[test]
fn the_first_ten_minutes_after_an_awakening_do_not_count() {
    let workspace = up_for_a_month();
    workspace.done(&["down", "staging", "--yes"]);
    workspace.done(&["sim", "advance", "3h"]);
    workspace.done(&["up", "staging", "--yes"]);
    workspace.done(&["sim", "advance", "5m"]);
    // The start of the application eats everything; from ten minutes later on it idles.
    plant(&workspace, "service/backend", "MemoryUtilization", "99", "5m");
    plant(&workspace, "service/backend", "CPUUtilization", "100", "5m");
    workspace.done(&["sim", "advance", "15m"]);
    workspace.done(&["sim", "advance", "10d"]);
    plant(&workspace, "service/backend", "CPUUtilization", "40", "10d");
    plant(&workspace, "service/backend", "MemoryUtilization", "30", "10d");
    let found = proposal(&workspace, "service/backend");
    assert_eq!((&found["verdict"], &found["inputs"]["memory maximum"]), (&"down".into(), &"30 %".into()), "{found:#}");
}

#[test]
fn a_tracked_dimension_stays_and_after_an_out_of_memory_memory_does_not_fall() {
    let workspace = up_for_a_month();
    workspace.edit("environments/staging.yaml", "    count: 1", "    scaling: {min: 1, max: 4, cpu: 60}");
    workspace.done(&["up", "staging", "--yes"]);
    plant(&workspace, "service/backend", "CPUUtilization", "10", "14d");
    plant(&workspace, "service/backend", "MemoryUtilization", "10", "14d");
    assert_eq!(proposal(&workspace, "service/backend")["proposed"], "2 vCPU 4 GB");
    // A deployment whose tasks are killed for their memory is rolled back; what it told stays told.
    workspace.edit("environments/staging.yaml", "pythonide-backend:latest", "pythonide-backend:out-of-memory");
    assert_eq!(workspace.run(&["up", "staging", "--yes"]).code, 7);
    workspace.edit("environments/staging.yaml", "pythonide-backend:out-of-memory", "pythonide-backend:latest");
    workspace.done(&["up", "staging", "--yes"]);
    workspace.done(&["sim", "advance", "1d"]);
    let found = proposal(&workspace, "service/backend");
    assert_eq!(found["verdict"], "keep", "{found:#}");
    assert!(found["reasons"].to_string().contains("a task ran out of memory"), "{found:#}");
}

#[test]
fn a_database_takes_one_class_less_and_says_why_or_why_not() {
    let workspace = up_for_a_month();
    for (metric, value) in
        [("CPUUtilization", "4"), ("FreeableMemory", "1288490189"), ("SwapUsage", "0"), ("DatabaseConnections", "67")]
    {
        plant(&workspace, "database/main", metric, value, "14d");
    }
    let found = proposal(&workspace, "database/main");
    assert_eq!((&found["verdict"], &found["proposed"]), (&"down".into(), &"db.t4g.micro".into()), "{found:#}");
    assert_eq!(found["saved_usd_per_month"], "11.68");
    plant(&workspace, "database/main", "DatabaseConnections", "68", "1h");
    let found = proposal(&workspace, "database/main");
    assert_eq!(found["verdict"], "keep");
    assert!(found["reasons"].to_string().contains("68 connections; db.t4g.micro takes 112"), "{found:#}");
}

#[test]
fn samples_can_come_from_the_file_that_the_aws_command_line_takes() {
    let workspace = up_for_a_month();
    workspace.write(
        "metrics.json",
        r#"{"Namespace": "AWS/RDS", "MetricData": [
            {"MetricName": "CPUUtilization", "Timestamp": "2026-12-22T07:00:00Z", "Value": 3.5,
             "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "pythonide-staging-db"}]},
            {"MetricName": "CPUUtilization", "Timestamp": "2026-12-22T07:05:00Z", "Values": [1, 2], "Counts": [1, 3],
             "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "pythonide-staging-db"}]}]}"#,
    );
    let said = workspace.done(&["sim", "metric", "staging", "--file", "metrics.json"]);
    assert_eq!(said, "5 samples of 1 metric planted\n");
    assert_eq!(proposal(&workspace, "database/main")["inputs"]["CPU points"], "2");
}

#[test]
fn nothing_planted_is_insufficient_data_and_the_text_fits_eighty_columns() {
    let mut workspace = up_for_a_month();
    workspace.set("COLUMNS", "80");
    plant(&workspace, "service/backend", "CPUUtilization", "40", "14d");
    plant(&workspace, "service/backend", "MemoryUtilization", "30", "14d");
    insta::assert_snapshot!(workspace.done(&["rightsize", "staging"]), @"
    staging: 2026-12-08 08:05 UTC to 2026-12-22 08:05 UTC in periods of 300 s; known
             to be up for 14 d of it, 0 deployments after which 10 minutes do not
             count; prices of us-east-2

    service/backend 2 vCPU 8 GB to 1 vCPU 3 GB
      money     saves 45.77 USD a month, always on
      because   the cheapest size that holds the need, 53.8 % cheaper
      risk      a peak that the window did not see; a deployment replaces every task
      spec      cpu: 1024, memory: 3072
      from      CPU points 4032; memory points 4032; tasks 1; CPU p99.5 40 %; memory
                maximum 30 %; CPU needed with 20 % head room 1024.0 units; memory
                needed with 20 % head room 3072.0 MiB; price of a vCPU-hour and a
                GB-hour 0.04048 and 0.004445 USD; price now 85.06 USD a month

    database/main db.t4g.small: insufficient data
      lacks     CPU: 0.0 hours of points: at least 24 are needed
      lacks     memory: 0.0 hours of points: at least 24 are needed
      from      CPU points 0; memory points 0

    file-system/production bursting: insufficient data
      because   it is borrowed, and the spec does not allow envctl to change it
      lacks     MeteredIOBytes: 0.0 hours of points: at least 24 are needed
      from      stored 12.0 GB
    ");
    let markdown = workspace.done(&["rightsize", "staging", "-o", "markdown"]);
    assert!(markdown.contains("| service/backend | 2 vCPU 8 GB to 1 vCPU 3 GB | saves 45.77"), "{markdown}");
}

#[test]
fn lines_can_be_written_into_a_log_and_a_window_is_a_day_to_a_year() {
    let workspace = up_for_a_month();
    let said = workspace.done(&["sim", "log", "staging", "ERROR one", "two"]);
    assert_eq!(said, "2 lines written to /aws/ecs/pythonide-staging\n");
    assert_eq!(workspace.run(&["sim", "log", "staging", "one", "--group", "/none"]).code, 1);
    assert_eq!(workspace.run(&["rightsize", "staging", "--window", "2h"]).code, 3);
    assert_eq!(workspace.run(&["rightsize", "staging", "-o", "sarif"]).code, 3);
    assert_eq!(workspace.run(&["sim", "metric", "staging", "CPUUtilization", "1"]).code, 3);
}

/// Metrics that ask for one row less.
fn idle(workspace: &TestEnvironment) {
    plant(workspace, "service/backend", "CPUUtilization", "40", "14d");
    plant(workspace, "service/backend", "MemoryUtilization", "30", "14d");
}

#[test]
fn applying_edits_the_values_alone_and_brings_the_environment_up_with_them() {
    let workspace = up_for_a_month();
    idle(&workspace);
    let before = workspace.read("environments/staging.yaml");
    let answer = workspace.run(&["rightsize", "staging", "--apply"]);
    assert_eq!((answer.code, workspace.read("environments/staging.yaml")), (3, before.clone()), "{answer}");
    let answer = workspace.run(&["rightsize", "staging", "--apply", "--yes"]);
    assert_eq!(answer.code, 0, "{answer}");
    let cpu = "-    cpu: 2048                    # 0.5 vCPU\n+    cpu: 1024                    # 0.5 vCPU";
    assert!(answer.stderr.contains(cpu), "{answer}");
    let expected = before.replace("cpu: 2048 ", "cpu: 1024 ").replace("memory: 8192 ", "memory: 3072 ");
    assert_eq!(workspace.read("environments/staging.yaml"), expected);
    assert_eq!(workspace.run(&["drift", "staging"]).code, 0);
    // Before and since stand beside each other.
    workspace.done(&["sim", "advance", "1h"]);
    plant(&workspace, "service/backend", "CPUUtilization", "80", "30m");
    plant(&workspace, "service/backend", "MemoryUtilization", "75", "30m");
    let answer = workspace.json(&["rightsize", "staging"]);
    let change = &answer["environments"][0]["last_change"];
    assert_eq!((&change["changes"][0]["from"], &change["changes"][0]["to"]), (&"2048".into(), &"1024".into()));
    assert!(change["changes"][0]["before"].to_string().contains(r#"["CPU p99.5","40 %"]"#), "{change:#}");
    assert_eq!(change["since"][0]["inputs"]["CPU p99.5"], "80 %", "{change:#}");
    // And back.
    workspace.done(&["rightsize", "staging", "--back", "--yes"]);
    assert_eq!(workspace.read("environments/staging.yaml"), before);
    assert_eq!(workspace.run(&["drift", "staging"]).code, 0);
    assert_eq!(workspace.run(&["rightsize", "staging", "--back", "--yes"]).code, 3);
}

#[test]
fn sizes_that_do_not_hold_are_taken_back_in_file_and_cloud() {
    let workspace = up_for_a_month();
    workspace.edit("environments/staging.yaml", "pythonide-backend:latest", "pythonide-backend:needs-6000-mib");
    workspace.done(&["up", "staging", "--yes"]);
    idle(&workspace);
    let before = workspace.read("environments/staging.yaml");
    let answer = workspace.run(&["rightsize", "staging", "--apply", "--yes"]);
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stderr.contains("they were taken back: the spec and the cloud are as they were"), "{answer}");
    assert_eq!(workspace.read("environments/staging.yaml"), before);
    assert_eq!(workspace.run(&["drift", "staging"]).code, 0);
    assert!(workspace.json(&["rightsize", "staging"])["environments"][0]["last_change"].is_null());
}

#[test]
fn throughput_goes_the_same_way_inside_the_rule_of_24_hours() {
    let workspace = TestEnvironment::on_a_known_day();
    workspace.done(&["up", "preview", "--yes"]);
    let before = workspace.read("environments/preview.yaml");
    let set = ["rightsize", "preview", "--set", "file-system/preview.throughput=20 MiB/s", "--yes"];
    workspace.done(&set);
    assert_eq!(workspace.read("environments/preview.yaml"), before.replace("10 MiB/s ", "20 MiB/s "));
    let answer = workspace.run(&["rightsize", "preview", "--back", "--yes"]);
    assert_eq!(answer.code, 1, "{answer}");
    let words = answer.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("only 24 hours after the last change") && words.contains("nothing was changed"), "{answer}");
    assert_eq!(workspace.read("environments/preview.yaml"), before.replace("10 MiB/s ", "20 MiB/s "));
    workspace.done(&["sim", "advance", "25h"]);
    workspace.done(&["rightsize", "preview", "--back", "--yes"]);
    assert_eq!(workspace.read("environments/preview.yaml"), before);
    assert_eq!(workspace.run(&["drift", "preview"]).code, 0);
}

#[test]
fn a_value_that_others_take_too_is_refused_with_its_place() {
    let workspace = TestEnvironment::on_a_known_day();
    let answer = workspace.run(&["rightsize", "preview", "--set", "service/backend.memory=3072", "--yes"]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.stderr.contains("is declared at environments/staging.yaml:"), "{answer}");
    // In its own file it may be changed, whoever takes it from there.
    workspace.done(&["rightsize", "staging", "--set", "service/backend.memory=3072", "--yes"]);
    assert!(workspace.read("environments/staging.yaml").contains("memory: 3072 "));
    let answer = workspace.run(&["rightsize", "staging", "--set", "service/backend.memory=3000", "--yes"]);
    assert!(answer.code == 3 && answer.stderr.contains("Fargate"), "{answer}");
    let answer =
        workspace.run(&["rightsize", "staging", "--set", "file-system/production.throughput=elastic", "--yes"]);
    assert!(
        answer.code == 3
            && answer.stderr.split_whitespace().collect::<Vec<_>>().join(" ").contains("its default holds")
    );
}
