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
    insta::assert_snapshot!(told(&rehearsed(&environment, &["up", "staging"])), @r"
    ── stdout
    staging: absent → up; 14 steps, about N min (account 123456789012, us-east-2)

    begins  takes
    N:NN  under N s  1  create secret pythonide/staging/main with a new password
    N:NN  N s  2  create database pythonide-staging-db, empty
    N:NN  under N s  3  create log group /aws/ecs/pythonide-staging
    N:NN  N s  4  create access point pythonide-staging-data at /staging
    N:NN  under N s  5  create target group pythonide-staging-web
    N:NN  under N s  6  create rule web with priority 2, on the asleep page
    N:NN  under N s  7  warm the targets of rule web
    N:NN  under N s  8  register task definition pythonide-staging-task
    N:NN  N s  9  create service pythonide-staging-service with 1 task
    N:NN  N s  10  check that targets of pythonide-staging-service are healthy
    N:NN  under N s  11  let rule web forward
    N:NN  under N s  12  delete the warming rule of web
    N:NN  under N s  13  let autoscaling of backend run between 1 and 4
    N:NN  under N s  14  scale backend at 60 % cpu

    Takes as long as 1 → 2 → 8 → 9 → 10 → 11 → 13 (about N min); the other steps run beside them.

    Chosen
    - database/main: there is no database pythonide-staging-db and no snapshot of it: it begins empty

    Where it could fail: if AWS refuses
    - secretsmanager:CreateSecret: 1 step fails, 8 not begun; nothing is lost; a later `up` goes on
    - rds:CreateDBInstance: 1 step fails, 7 not begun; nothing is lost; a later `up` goes on
    - logs:CreateLogGroup: 1 step fails, 6 not begun; nothing is lost; a later `up` goes on
    - elasticfilesystem:CreateAccessPoint: 1 step fails, 7 not begun; nothing is lost; a later `up`
    goes on
    - elasticloadbalancing:CreateTargetGroup: 1 step fails, 7 not begun; nothing is lost; a later `up`
    goes on
    - elasticloadbalancing:CreateRule: 1 step fails, 7 not begun; nothing is lost; a later `up` goes
    on
    - ecs:RegisterTaskDefinition: 1 step fails, 6 not begun; nothing is lost; a later `up` goes on
    - ecs:CreateService: 1 step fails, 5 not begun; nothing is lost; a later `up` goes on
    - tag:TagResources: 1 step fails, 4 not begun; nothing is lost; a later `up` goes on
    - elasticloadbalancing:ModifyRule: 1 step fails, 3 not begun; nothing is lost; a later `up` goes
    on
    - elasticloadbalancing:DeleteRule: 1 step fails; nothing is lost; a later `up` goes on
    - application-autoscaling:RegisterScalableTarget: 1 step fails, 1 not begun; nothing is lost; a
    later `up` goes on
    - application-autoscaling:PutScalingPolicy: 1 step fails; nothing is lost; a later `up` goes on

    This was a rehearsal: nothing was written.
    ── exit 0
    ");
}

#[test]
fn an_environment_that_is_up_has_nothing_to_do() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    insta::assert_snapshot!(told(&rehearsed(&environment, &["up", "staging"])), @r"
    ── stdout
    staging: up; in sync, nothing to do (account 123456789012, us-east-2)

    This was a rehearsal: nothing was written.
    ── exit 0
    ");
}

#[test]
fn down_tells_what_it_would_choose_and_what_stays() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    insta::assert_snapshot!(told(&rehearsed(&environment, &["down", "staging", "--for", "3d"])), @r"
    ── stdout
    staging: up → parked; 8 steps, about N min (account 123456789012, us-east-2)
    parked costs 0.27 USD for N d, hibernated 0.23 USD: less than 0.10 USD apart, and a parked
    database wakes faster

    begins  takes
    N:NN  under N s  1  remember on pythonide-staging-service: parked
    N:NN  under N s  2  remember on pythonide/staging/main: parked
    N:NN  under N s  3  suspend autoscaling of backend
    N:NN  N s  4  stop the tasks of pythonide-staging-service
    N:NN  N s  5  wait for database pythonide-staging-db
    N:NN  N s  6  take snapshot pythonide-staging-db-STAMP
    N:NN  N s  7  stop database pythonide-staging-db
    N:NN  under N s  8  let rule web answer with the asleep page

    Takes as long as 1 → 5 → 6 → 7 (about N min); the other steps run beside them.

    AWS is still busy
    - database/main: pythonide-staging-db is backing-up; what needs it waits

    Stays
    - access-point/data: the files below /staging stay where they are, on fs-8543d29e548a9253a
    - database/main: pythonide-staging-db: its 20 GiB go on being billed; AWS starts it again 7 days
    after the stop

    Where it could fail: if AWS refuses
    - tag:TagResources: 2 steps fail, 6 not begun; nothing is lost; a later `down` goes on
    - application-autoscaling:RegisterScalableTarget: 1 step fails, 4 not begun; nothing is lost; a
    later `down` goes on
    - ecs:UpdateService: 1 step fails, 3 not begun; nothing is lost; a later `down` goes on
    - rds:CreateDBSnapshot: 1 step fails, 2 not begun; nothing is lost; a later `down` goes on
    - rds:StopDBInstance: 1 step fails, 1 not begun; nothing is lost; a later `down` goes on
    - elasticloadbalancing:ModifyRule: 1 step fails; nothing is lost; a later `down` goes on

    This was a rehearsal: nothing was written.
    ── exit 0
    ");
}

#[test]
fn waking_a_parked_environment_takes_the_times_of_its_own_history() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["down", "staging", "--mode", "park", "--yes"]);
    insta::assert_snapshot!(told(&rehearsed(&environment, &["up", "staging"])), @r"
    ── stdout
    staging: parked → up; 10 steps, about N min (account 123456789012, us-east-2)

    begins  takes
    N:NN  under N s*  1  remember on pythonide-staging-service: up
    N:NN  under N s*  2  remember on pythonide/staging/main: up
    N:NN  N s  3  start database pythonide-staging-db
    N:NN  under N s*  4  warm the targets of rule web
    N:NN  N s  5  wake service pythonide-staging-service with 1 task
    N:NN  under N s*  6  check that targets of pythonide-staging-service are healthy
    N:NN  under N s*  7  let rule web forward
    N:NN  under N s*  8  delete the warming rule of web
    N:NN  under N s*  9  let autoscaling of backend run between 1 and 4
    N:NN  under N s  10  forget what pythonide-staging-service had before sleep
    * as such steps lately took in this environment; the others as in the simulated cloud

    Takes as long as 1 → 3 → 5 (about N min); the other steps run beside them.

    Where it could fail: if AWS refuses
    - tag:TagResources: 2 steps fail, 8 not begun; nothing is lost; a later `up` goes on
    - rds:StartDBInstance: 1 step fails, 6 not begun; nothing is lost; a later `up` goes on
    - elasticloadbalancing:CreateRule: 1 step fails, 6 not begun; nothing is lost; a later `up` goes
    on
    - ecs:UpdateService: 1 step fails, 5 not begun; nothing is lost; a later `up` goes on
    - elasticloadbalancing:ModifyRule: 1 step fails, 3 not begun; nothing is lost; a later `up` goes
    on
    - elasticloadbalancing:DeleteRule: 1 step fails; nothing is lost; a later `up` goes on
    - application-autoscaling:RegisterScalableTarget: 1 step fails, 1 not begun; nothing is lost; a
    later `up` goes on

    This was a rehearsal: nothing was written.
    ── exit 0
    ");
}

#[test]
fn waking_a_hibernated_environment_restores_its_newest_snapshot() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["down", "staging", "--mode", "hibernate", "--yes"]);
    insta::assert_snapshot!(told(&rehearsed(&environment, &["up", "staging"])), @r"
    ── stdout
    staging: hibernated → up; 14 steps, about N min (account 123456789012, us-east-2)

    begins  takes
    N:NN  under N s*  1  remember on pythonide-staging-service: up
    N:NN  under N s*  2  remember on pythonide/staging/main: up
    N:NN  N s  3  restore database pythonide-staging-db from
    pythonide-staging-db-STAMP
    N:NN  N s  4  set the password of pythonide-staging-db from its secret
    N:NN  under N s  5  note that pythonide-staging-db has its password
    N:NN  N s  6  change backup-retention of database pythonide-staging-db
    N:NN  under N s*  7  warm the targets of rule web
    N:NN  under N s*  8  register task definition pythonide-staging-task
    N:NN  N s  9  wake service pythonide-staging-service with 1 task
    N:NN  under N s*  10  check that targets of pythonide-staging-service are healthy
    N:NN  under N s*  11  let rule web forward
    N:NN  under N s*  12  delete the warming rule of web
    N:NN  under N s*  13  let autoscaling of backend run between 1 and 4
    N:NN  under N s  14  forget what pythonide-staging-service had before sleep
    * as such steps lately took in this environment; the others as in the simulated cloud

    Takes as long as 1 → 3 → 4 → 6 → 9 (about N min); the other steps run beside them.

    Where it could fail: if AWS refuses
    - tag:TagResources: 2 steps fail, 12 not begun; nothing is lost; a later `up` goes on
    - rds:RestoreDBInstanceFromDBSnapshot: 1 step fails, 10 not begun; nothing is lost; a later `up`
    goes on
    - rds:ModifyDBInstance: 1 step fails, 8 not begun; nothing is lost; a later `up` goes on
    - elasticloadbalancing:CreateRule: 1 step fails, 6 not begun; nothing is lost; a later `up` goes
    on
    - ecs:RegisterTaskDefinition: 1 step fails, 6 not begun; nothing is lost; a later `up` goes on
    - ecs:UpdateService: 1 step fails, 5 not begun; nothing is lost; a later `up` goes on
    - elasticloadbalancing:ModifyRule: 1 step fails, 3 not begun; nothing is lost; a later `up` goes
    on
    - elasticloadbalancing:DeleteRule: 1 step fails; nothing is lost; a later `up` goes on
    - application-autoscaling:RegisterScalableTarget: 1 step fails, 1 not begun; nothing is lost; a
    later `up` goes on

    This was a rehearsal: nothing was written.
    ── exit 0
    ");
}

#[test]
fn destroy_with_snapshots_is_rehearsed_too() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    insta::assert_snapshot!(told(&rehearsed(&environment, &["destroy", "staging", "--delete-snapshots"])), @r"
    ── stdout
    staging: up → absent; 13 steps, about N min (account 123456789012, us-east-2)

    begins  takes
    N:NN  under N s  1  delete rule web
    N:NN  under N s  2  remove autoscaling of backend
    N:NN  N s  3  stop the tasks of pythonide-staging-service
    N:NN  N s  4  delete service pythonide-staging-service
    N:NN  under N s  5  delete target group pythonide-staging-web
    N:NN  N s  6  wait for database pythonide-staging-db
    N:NN  N s  7  take snapshot pythonide-staging-db-STAMP
    N:NN  N s  8  delete database pythonide-staging-db
    N:NN  under N s  9  delete secret pythonide/staging/main, to be called back for 7 days
    N:NN  under N s  10  delete access point fsap-4a5ea4959fa2c09fb
    N:NN  under N s  11  delete log group /aws/ecs/pythonide-staging
    N:NN  under N s  12  delete the revisions of pythonide-staging-task
    N:NN  under N s  13  delete snapshot pythonide-staging-db-STAMP

    Takes as long as 6 → 7 → 8 → 13 (about N min); the other steps run beside them.

    AWS is still busy
    - database/main: pythonide-staging-db is backing-up; what needs it waits

    Stays
    - access-point/data: the directory /staging of fs-8543d29e548a9253a and what is in it stay

    Where it could fail: if AWS refuses
    - elasticloadbalancing:DeleteRule: 1 step fails, 10 not begun; nothing is lost; a later `destroy`
    goes on
    - application-autoscaling:DeregisterScalableTarget: 1 step fails, 10 not begun; nothing is lost; a
    later `destroy` goes on
    - ecs:UpdateService: 1 step fails, 9 not begun; nothing is lost; a later `destroy` goes on
    - ecs:DeleteService: 1 step fails, 8 not begun; nothing is lost; a later `destroy` goes on
    - elasticloadbalancing:DeleteTargetGroup: 1 step fails; nothing is lost; a later `destroy` goes on
    - tag:TagResources: 1 step fails, 4 not begun; nothing is lost; a later `destroy` goes on
    - rds:CreateDBSnapshot: 1 step fails, 3 not begun; nothing is lost; a later `destroy` goes on
    - rds:DeleteDBInstance: 1 step fails, 2 not begun; nothing is lost; a later `destroy` goes on
    - secretsmanager:DeleteSecret: 1 step fails; nothing is lost; a later `destroy` goes on
    - elasticfilesystem:DeleteAccessPoint: 1 step fails; nothing is lost; a later `destroy` goes on
    - logs:DeleteLogGroup: 1 step fails; nothing is lost; a later `destroy` goes on
    - ecs:DeleteTaskDefinitions: 1 step fails; nothing is lost; a later `destroy` goes on
    - rds:DeleteDBSnapshot: 1 step fails; nothing is lost; a later `destroy` goes on

    This was a rehearsal: nothing was written.
    ── exit 0
    ");
}

#[test]
fn a_bad_day_is_told_and_the_same_seed_is_the_same_day() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    let arguments = ["down", "staging", "--mode", "hibernate", "--faults", "--seed", "5"];
    let first = rehearsed(&environment, &arguments);
    insta::assert_snapshot!(told(&first), @r"
    ── stdout
    staging: up → hibernated; 8 steps, done after N s (account 123456789012, us-east-2)
    --mode says so

    takes
    under N s  1  remember on pythonide-staging-service: hibernated
    under N s  2  remember on pythonide/staging/main: hibernated
    under N s  3  suspend autoscaling of backend
    N s  4  stop the tasks of pythonide-staging-service (2 tries)
    N s  5  wait for database pythonide-staging-db
    N s  6  take snapshot pythonide-staging-db-STAMP
    N s  7  delete database pythonide-staging-db (5 tries)
    under N s  8  let rule web answer with the asleep page

    AWS is still busy
    - database/main: pythonide-staging-db is backing-up; what needs it waits

    Stays
    - access-point/data: the files below /staging stay where they are, on fs-8543d29e548a9253a
    - database/main: pythonide-staging-db: its snapshots go on being billed

    A bad day (seed 5)
    - 1 call: ecs:UpdateService: the connection was closed before the answer came
    - 3 calls: rds:DeleteDBInstance: Instance pythonide-staging-db is not in a state in which that can
    be done: it is backing-up. (InvalidDBInstanceState)
    - 1 call: rds:DeleteDBInstance: Rate exceeded (ThrottlingException)
    - nothing was lost, and nothing of anybody else's was touched
    - a later run would find nothing left to do
    - the same day again: --faults --seed 5

    This was a rehearsal: nothing was written.
    ── exit 0
    ");
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
