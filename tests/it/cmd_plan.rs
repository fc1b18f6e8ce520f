//! `envctl plan`.

use crate::support::TestEnvironment;

#[test]
fn a_plan_shows_order_reasons_waits_and_times_and_ends_with_2() {
    let environment = TestEnvironment::on_a_known_day();
    insta::assert_snapshot!(environment.run(&["plan", "staging", "--for", "up"]).masked(), @r"
    ── stdout
    staging: absent → up; 14 steps, about N min (account 123456789012, us-east-2)

      1 + create secret pythonide/staging/main with a new password
          there is none
          about N s

      2 + create database pythonide-staging-db, empty
          there is neither a database nor a snapshot of it
          after 1; about N min; until it can be connected to

      3 + create log group /aws/ecs/pythonide-staging
          there is none
          about N s

      4 + create access point pythonide-staging-data at /staging
          there is none
          about N s; until it is available

      5 + create target group pythonide-staging-web
          there is none
          about N s

      6 + create rule web with priority 2, on the asleep page
          there is none
          about N s

      7 + warm the targets of rule web
          ELB checks only targets that a rule forwards to; no request reaches this one
          after 6, 5; about N s

      8 + register task definition pythonide-staging-task
          there is no service that runs it
          after 2, 4; about N s

      9 + create service pythonide-staging-service with 1 task
          there is none
          after 3, 7, 8; about N min; until this very deployment is complete

     10 ~ check that targets of pythonide-staging-service are healthy
          nothing is forwarded to a task that does not answer
          after 9; about N s; until a target is healthy

     11 ~ let rule web forward
          actions: page → forward (the environment is up)
          after 10; about N s

     12 - delete the warming rule of web
          it has done its work
          after 11; about N s

     13 ~ let autoscaling of backend run between 1 and 4
          there is no autoscaling yet
          after 11; about N s

     14 ~ scale backend at 60 % cpu
          cpu: none → 60 % (the spec says otherwise)
          after 13; about N s

    Takes as long as 1 → 2 → 8 → 9 → 10 → 11 → 13 → 14 (about N min); the other steps run beside them.
    The bill: 0.0000 → 0.0488 USD an hour; a whole month of it 0.00 → 35.64 USD.

    Chosen
      - database/main: there is no database pythonide-staging-db and no snapshot of it: it begins empty
    ── exit 2
    ");
}

#[test]
fn a_plan_fits_a_narrow_terminal() {
    let mut environment = TestEnvironment::on_a_known_day();
    environment.set("COLUMNS", "50");
    let plan = environment.run(&["plan", "staging", "--for", "up"]).stdout;
    let too_long: Vec<&str> =
        plan.lines().filter(|line| line.chars().count() > 50 && line.trim().contains(' ')).collect();
    assert!(too_long.is_empty(), "{too_long:#?}");
}

#[test]
fn an_environment_that_was_never_up_is_in_sync_with_nothing() {
    let environment = TestEnvironment::on_a_known_day();
    insta::assert_snapshot!(environment.run(&["plan", "staging"]).masked(), @r"
    ── stdout
    staging: absent; in sync, nothing to do (account 123456789012, us-east-2)
    ── stderr
    There is nothing of it; `envctl plan staging --for up` shows what `up` would do.
    ── exit 0
    ");
}

#[test]
fn in_json_the_steps_name_what_they_need() {
    let environment = TestEnvironment::on_a_known_day();
    let answer = environment.run(&["plan", "staging", "--for", "up", "-o", "json"]);
    assert_eq!(answer.code, 2, "{answer}");
    let plan: serde_json::Value = serde_json::from_str(&answer.stdout).expect("one JSON value");
    assert_eq!(plan["format_version"], 1);
    assert_eq!(plan["in_sync"], false);
    let ids: Vec<&str> =
        plan["steps"].as_array().expect("steps").iter().map(|step| step["id"].as_str().expect("an id")).collect();
    for step in plan["steps"].as_array().expect("steps") {
        for need in step["needs"].as_array().expect("needs") {
            assert!(ids.contains(&need.as_str().expect("an id")), "{need}");
        }
        assert!(!step["reasons"].as_array().expect("reasons").is_empty(), "{step}");
    }
}

#[test]
fn a_protected_environment_refuses_destroy_with_4() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    let spec = environment.read("environments/staging.yaml");
    environment.write("environments/staging.yaml", &format!("{spec}\nprotect: true\n"));
    let answer = environment.run(&["plan", "staging", "--for", "destroy"]);
    assert_eq!(answer.code, 4, "{answer}");
    let answer = environment.run(&["destroy", "staging", "--yes", "--confirm", "staging"]);
    assert_eq!(answer.code, 4, "{answer}");
    assert!(answer.stderr.contains("refused:"), "{answer}");
    let answer = environment.run(&["destroy", "staging", "--yes", "--confirm", "staging", "-o", "json"]);
    assert_eq!(answer.code, 4, "{answer}");
    let plan: serde_json::Value = serde_json::from_str(&answer.stdout).expect("one JSON value");
    assert_eq!(plan["refusals"][0]["kind"], "protected");
}

#[test]
fn a_change_of_the_spec_is_pending_with_field_from_and_to() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.edit("environments/staging.yaml", "db.t4g.micro", "db.t4g.small");
    let answer = environment.run(&["plan", "staging"]);
    assert_eq!(answer.code, 2, "{answer}");
    assert!(answer.stdout.contains("class: db.t4g.micro → db.t4g.small"), "{answer}");
    environment.done(&["up", "staging", "--yes"]);
    assert_eq!(environment.run(&["plan", "staging"]).code, 0);
}

/// The month of `cost` in this power state.
fn month(environment: &TestEnvironment, state: &str) -> serde_json::Value {
    environment.json(&["cost", "staging"])["environments"][0]["per_month"][state].clone()
}

/// What a plan with these further arguments says of the bill.
fn bill(environment: &TestEnvironment, arguments: &[&str]) -> serde_json::Value {
    let answer = environment.run(&[&["plan", "staging", "-o", "json"], arguments].concat());
    assert_eq!(answer.code, 2, "{}", answer.stderr);
    serde_json::from_str::<serde_json::Value>(&answer.stdout).unwrap()["usd_per_month"].clone()
}

/// The figures are those of `cost`: of what is there, and of what will be.
#[test]
fn a_plan_shows_how_the_bill_changes() {
    let environment = TestEnvironment::new();
    environment.done(&["up", "staging", "--yes"]);
    let small = month(&environment, "up");
    environment.edit("environments/staging.yaml", "cpu: 512", "cpu: 1024");
    environment.edit("environments/staging.yaml", "class: db.t4g.micro", "class: db.t4g.small");
    let large = month(&environment, "up");
    assert_ne!(small, large);
    assert_eq!(bill(&environment, &[]), serde_json::json!({"now": small, "then": large}));
    let hibernated = month(&environment, "hibernated");
    let asleep = bill(&environment, &["--for", "down", "--mode", "hibernate"]);
    assert_eq!(asleep, serde_json::json!({"now": small, "then": hibernated}));
    let gone = bill(&environment, &["--for", "destroy"]);
    assert_eq!(gone["then"]["at_most"], "1.90", "the snapshot that stays");
    environment.done(&["down", "staging", "--mode", "park", "--yes"]);
    assert_eq!(bill(&environment, &["--for", "up"])["now"], month(&environment, "parked"));
}

/// The habit of other tools: each command that changes something can be asked what it would do.
#[test]
fn a_dry_run_shows_the_plan_of_every_command_and_does_nothing() {
    let environment = TestEnvironment::on_a_known_day();
    let check = |arguments: &[&str], said: &str| {
        let answer = environment.run(&[arguments, &["--dry-run"]].concat());
        assert_eq!(answer.code, 2, "{arguments:?}: {answer}");
        assert!(answer.stdout.contains(said), "{arguments:?}: {answer}");
    };
    check(&["up", "staging", "--yes"], "create database pythonide-staging-db, empty");
    assert!(environment.done(&["status", "staging"]).contains("absent"), "nothing was made");
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment.done(&["deploy", "staging", "--image", "backend:2.0", "--yes", "--quiet"]);
    let runs = || environment.json(&["history", "staging"])["runs"].as_array().map(Vec::len);
    let before = runs();
    check(&["down", "staging"], "take snapshot pythonide-staging-db");
    check(&["destroy", "staging"], "delete service");
    check(&["deploy", "staging", "--image", "backend:2.1", "--snapshot"], "deploy a new revision of service");
    check(&["run", "staging", "migrate"], "run task migrate");
    check(&["run", "staging", "migrate", "--follow"], "run task migrate");
    check(&["rollback", "staging", "--yes"], "take service pythonide-staging-service back");
    check(&["maintenance", "on", "staging"], "maintenance");
    check(&["snapshot", "create", "staging"], "take snapshot");
    check(&["release", "staging", "--image", "backend:2.1"], "deploy a new revision of service");
    assert_eq!((runs(), before.is_some_and(|runs| runs == 2)), (before, true), "nothing was done");
    let refused = environment.run(&["deploy", "staging", "--image", "nobody=app:1", "--dry-run"]);
    assert_eq!(refused.code, 3, "{refused}");
    let nothing = environment.run(&["up", "staging", "--dry-run"]);
    assert_eq!(nothing.code, 0, "{nothing}");
}
