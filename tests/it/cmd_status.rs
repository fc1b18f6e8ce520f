//! `envctl status`.

use crate::support::TestEnvironment;

#[test]
fn an_environment_that_is_up_shows_each_resource() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    insta::assert_snapshot!(environment.run(&["status", "staging"]).masked(), @r"
    ── stdout
    staging: up since 2026-11-22 N:NN UTC (N min), by anna@laptop
    pythonide, account 123456789012, us-east-2; simulated, it is 2026-11-22 N:NN UTC there

    database/main            backing-up  N min  pythonide-staging-db, postgres 16.10, db.t4g.micro, 20
                                                GiB
    secret/main              there       N min  pythonide/staging/main
    file-system/production   available   N min  fs-8543d29e548a9253a, bursting, borrowed
    access-point/data        available          /staging of fs-8543d29e548a9253a
    log-group/backend        there              /aws/ecs/pythonide-staging, kept 14 days
    service/backend          1 running   N s   pythonide-staging-service, pythonide-staging-task:1
    scalable-target/backend  on                 1 to 4 tasks
    target-group/web         there              pythonide-staging-web
    listener-rule/web        forwards           priority 2

    newest snapshot of database/main: none
    ── exit 0
    ");
}

#[test]
fn a_parked_environment_says_what_aws_will_do_by_itself() {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.done(&["down", "staging", "--mode", "park", "--yes"]);
    insta::assert_snapshot!(environment.run(&["status", "staging"]).masked(), @r"
    ── stdout
    staging: parked since 2026-11-22 N:NN UTC (N min), by anna@laptop
    pythonide, account 123456789012, us-east-2; simulated, it is 2026-11-22 N:NN UTC there

    database/main            stopped           N min  pythonide-staging-db, postgres 16.10,
                                                       db.t4g.micro, 20 GiB
    secret/main              there             N min  pythonide/staging/main
    file-system/production   available         N min  fs-8543d29e548a9253a, bursting, borrowed
    access-point/data        available                 /staging of fs-8543d29e548a9253a
    log-group/backend        there                     /aws/ecs/pythonide-staging, kept 14 days
    service/backend          0 tasks           N min   pythonide-staging-service,
                                                       pythonide-staging-task:1
    scalable-target/backend  suspended                 0 to 4 tasks
    target-group/web         there                     pythonide-staging-web
    listener-rule/web        asleep page, 503          priority 2

    newest snapshot of database/main: pythonide-staging-db-STAMP (available, N min old)
    AWS will, by itself: start the stopped database/main on 2026-11-29 N:NN UTC, in N d N h
    ── exit 0
    ");
}

#[test]
fn on_a_narrow_terminal_details_stand_below() {
    let mut environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes"]);
    environment.set("COLUMNS", "44");
    insta::assert_snapshot!(environment.run(&["status", "staging"]).masked(), @r"
    ── stdout
    staging: up since 2026-11-22 N:NN UTC (5
             min), by anna@laptop
    pythonide, account 123456789012, us-east-2;
    simulated, it is 2026-11-22 N:NN UTC there

    database/main            backing-up  N min
        pythonide-staging-db, postgres 16.10,
        db.t4g.micro, 20 GiB
    secret/main              there       N min
        pythonide/staging/main
    file-system/production   available   N min
        fs-8543d29e548a9253a, bursting, borrowed
    access-point/data        available
        /staging of fs-8543d29e548a9253a
    log-group/backend        there
        /aws/ecs/pythonide-staging, kept 14 days
    service/backend          1 running   N s
        pythonide-staging-service,
        pythonide-staging-task:1
    scalable-target/backend  on
        1 to 4 tasks
    target-group/web         there
        pythonide-staging-web
    listener-rule/web        forwards
        priority 2

    newest snapshot of database/main: none
    ── exit 0
    ");
}

#[test]
fn in_json_one_named_environment_is_an_object_and_all_of_them_a_list() {
    let environment = TestEnvironment::on_a_known_day();
    assert_eq!(environment.json(&["status", "staging"])["power"], "absent");
    let all = environment.json(&["status"]);
    let names: Vec<&str> =
        all.as_array().expect("a list").iter().filter_map(|one| one["environment"].as_str()).collect();
    assert_eq!(names, ["preview", "staging"]);
}

#[test]
fn one_broken_spec_does_not_hide_the_other_environments() {
    let environment = TestEnvironment::on_a_known_day();
    environment.write("environments/broken.yaml", "application: [");
    let answer = environment.run(&["status"]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.stderr.contains("broken: "), "{answer}");
    assert!(answer.stdout.contains("preview: absent") && answer.stdout.contains("staging: absent"), "{answer}");
}
