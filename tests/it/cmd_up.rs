//! `envctl up`.

use crate::support::TestEnvironment;

#[test]
fn the_first_up_shows_each_step_and_ends_with_the_address() {
    let environment = TestEnvironment::on_a_known_day();
    insta::assert_snapshot!(environment.run(&["up", "staging", "--yes"]).masked(), @r"
    ── stdout
    staging is up: https://staging.pythonide-classroom.tech (13 changes, N min N s)
    While it is up it costs 0.05 USD an hour.
    ── stderr
    staging: absent → up; 14 steps, about N min (account 123456789012, us-east-2)
    The bill: 0.0000 → 0.0488 USD an hour; a whole month of it 0.00 → 35.64 USD.

    Chosen
      - database/main: there is no database pythonide-staging-db and no snapshot of it: it begins empty
       N:NN  saved   what was there before, for the way back
       N:NN  start   create secret pythonide/staging/main with a new password
       N:NN  start   create log group /aws/ecs/pythonide-staging
       N:NN  start   create access point pythonide-staging-data at /staging
       N:NN  start   create target group pythonide-staging-web
       N:NN  start   create rule web with priority 2, on the asleep page
       N:NN  done    create secret pythonide/staging/main with a new password
       N:NN  start   create database pythonide-staging-db, empty
       N:NN  done    create log group /aws/ecs/pythonide-staging
       N:NN  done    create target group pythonide-staging-web
       N:NN  done    create rule web with priority 2, on the asleep page
       N:NN  start   warm the targets of rule web
       N:NN  done    warm the targets of rule web
       N:NN  wait    create access point pythonide-staging-data at /staging: creating
       N:NN  wait    create database pythonide-staging-db, empty: creating
       N:NN  done    create access point pythonide-staging-data at /staging (N s)
       N:NN  done    create database pythonide-staging-db, empty (N min N s)
       N:NN  start   register task definition pythonide-staging-task
       N:NN  done    register task definition pythonide-staging-task
       N:NN  start   create service pythonide-staging-service with 1 task
       N:NN  wait    create service pythonide-staging-service with 1 task: 0 of 1 tasks running
       N:NN  done    create service pythonide-staging-service with 1 task (N s)
       N:NN  start   check that targets of pythonide-staging-service are healthy
       N:NN  done    check that targets of pythonide-staging-service are healthy, was so already
       N:NN  start   let rule web forward
       N:NN  done    let rule web forward
       N:NN  start   delete the warming rule of web
       N:NN  start   let autoscaling of backend run between 1 and 4
       N:NN  done    delete the warming rule of web
       N:NN  done    let autoscaling of backend run between 1 and 4
       N:NN  start   scale backend at 60 % cpu
       N:NN  done    scale backend at 60 % cpu
       N:NN  end     done
    ── exit 0
    ");
}

#[test]
fn the_second_up_changes_nothing() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    insta::assert_snapshot!(environment.run(&["up", "staging", "--yes"]).masked(), @r"
    ── stdout
    staging is up: https://staging.pythonide-classroom.tech; nothing to do
    ── exit 0
    ");
    assert_eq!(environment.json(&["up", "staging", "--yes"])["changes"], 0);
}

#[test]
fn without_a_terminal_it_refuses_and_names_the_flag() {
    let environment = TestEnvironment::on_a_known_day();
    insta::assert_snapshot!(environment.run(&["up", "staging"]).masked(), @r"
    ── stderr
    error: there is no terminal to ask on, so nothing was done
    hint: pass --yes to do it without asking
    hint: see what would be done: envctl plan staging --for up
    ── exit 3
    ");
    assert!(environment.done(&["status", "staging"]).starts_with("staging: absent"));
}

#[test]
fn in_json_there_is_one_value_with_every_step() {
    let environment = TestEnvironment::on_a_known_day();
    let value = environment.json(&["up", "staging", "--yes"]);
    assert_eq!(value["format_version"], 1);
    assert_eq!(value["ending"], "done");
    assert_eq!(value["power"], "up");
    assert_eq!(value["addresses"][0], "https://staging.pythonide-classroom.tech");
    let steps = value["steps"].as_array().expect("steps");
    assert!(steps.iter().all(|step| step["state"] == "done"), "{steps:?}");
}

#[test]
fn quiet_says_nothing_but_the_answer() {
    let environment = TestEnvironment::on_a_known_day();
    let answer = environment.run(&["up", "staging", "--yes", "--quiet"]);
    assert_eq!(answer.code, 0);
    assert_eq!(answer.stderr, "");
    assert!(answer.stdout.starts_with("staging is up: https://"), "{answer}");
}

#[test]
fn a_timeout_that_passes_ends_with_6_and_the_next_up_goes_on() {
    let environment = TestEnvironment::on_a_known_day();
    let answer = environment.run(&["up", "staging", "--yes", "--timeout", "60"]);
    assert_eq!(answer.code, 6, "{answer}");
    assert!(answer.stderr.contains("hint: nothing has to be undone"), "{answer}");
    environment.done(&["up", "staging", "--yes"]);
    assert_eq!(environment.run(&["plan", "staging"]).code, 0);
}

#[test]
fn a_spec_of_another_account_ends_with_4_and_changes_nothing() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.edit("environments/staging.yaml", "\"123456789012\"", "\"210987654321\"");
    for command in
        [&["up", "staging", "--yes"][..], &["plan", "staging"], &["status", "staging"], &["down", "staging", "--yes"]]
    {
        let answer = environment.run(command);
        assert_eq!(answer.code, 4, "{answer}");
        assert!(answer.stderr.contains("belongs to account 210987654321"), "{answer}");
    }
}

#[test]
fn what_is_no_source_is_refused() {
    let environment = TestEnvironment::new();
    let answer = environment.run(&["up", "staging", "--from", "../etc/passwd", "--yes"]);
    assert_eq!(answer.code, 3, "{answer}");
}

#[test]
fn no_wait_leaves_the_rest_to_the_next_up() {
    let environment = TestEnvironment::on_a_known_day();
    let answer = environment.run(&["up", "staging", "--yes", "--no-wait"]);
    assert_eq!(answer.code, 0, "{answer}");
    assert!(answer.stdout.starts_with("staging is on its way"), "{answer}");
    assert_eq!(environment.run(&["plan", "staging"]).code, 2);
    environment.done(&["up", "staging", "--yes"]);
    assert_eq!(environment.run(&["plan", "staging"]).code, 0);
}

#[test]
fn a_task_that_cannot_start_ends_with_7_and_its_evidence_and_a_mended_image_comes_up() {
    let environment = TestEnvironment::on_a_known_day();
    environment.edit("environments/staging.yaml", "pythonide-backend:latest", "pythonide-backend:exits-1");
    let answer = environment.run(&["up", "staging", "--yes"]);
    assert_eq!(answer.code, 7, "{answer}");
    assert!(answer.stderr.contains("exit code 1"), "{answer}");
    assert!(answer.stderr.contains("log pythonide-backend: the application gave up"), "{answer}");
    let answer = environment.run(&["up", "staging", "--yes", "-o", "json"]);
    let value: serde_json::Value = serde_json::from_str(&answer.stdout).expect("one JSON value");
    assert_eq!(value["exit_code"], 7);
    let failed = value["steps"].as_array().expect("steps").iter().find(|step| step["state"] == "failed");
    assert_eq!(failed.expect("a failed step")["failure"]["kind"], "deployment-failed");
    environment.edit("environments/staging.yaml", "pythonide-backend:exits-1", "pythonide-backend:mended");
    environment.done(&["up", "staging", "--yes"]);
    assert_eq!(environment.run(&["plan", "staging"]).code, 0);
}

#[test]
fn foreign_data_is_scrubbed_before_the_service_starts() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "preview", "--yes"]);
    environment.done(&["sim", "write", "preview", "a student's name"]);
    environment.done(&["snapshot", "create", "preview"]);
    let database = environment.json(&["snapshot", "list", "preview"])["snapshots"][0]["snapshot"].clone();
    let snapshot = database.as_str().expect("a name");
    let answer = environment.run(&["up", "staging", "--yes", "--from", snapshot]);
    assert_eq!(answer.code, 0, "{answer}");
    let at = |words: &str| answer.stderr.find(words).unwrap_or_else(|| panic!("no `{words}`: {answer}"));
    assert!(at("done    clean the restored data") < at("start   create service"), "{answer}");
    assert_eq!(environment.json(&["sim", "show", "staging"])["broken_promises"], serde_json::json!([]));
}
