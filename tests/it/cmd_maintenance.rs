//! `envctl maintenance`.

use crate::support::TestEnvironment;

fn up() -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

#[test]
fn the_page_is_shown_remembered_and_no_drift() {
    let environment = up();
    insta::assert_snapshot!(environment.run(&["maintenance", "on", "staging", "--yes"]).masked(), @r"
    ── stdout
    staging is in maintenance (3 changes, N s)
    ── stderr
    staging: up; 3 steps, about N s (account 123456789012, us-east-2)
       N:NN  saved   what was there before, for the way back
       N:NN  start   remember on rule web that it is in maintenance
       N:NN  done    remember on rule web that it is in maintenance
       N:NN  start   warm the targets of rule web
       N:NN  done    warm the targets of rule web
       N:NN  start   let rule web answer with the maintenance page
       N:NN  done    let rule web answer with the maintenance page
       N:NN  end     done
    ── exit 0
    ");
    let status = environment.done(&["status", "staging"]);
    assert!(
        status.contains("; in maintenance since 2026-11-22") && status.contains("maintenance page, 503"),
        "{status}"
    );
    assert!(environment.json(&["status", "staging"])["maintenance"]["since"].is_string());
    let drift = environment.run(&["drift", "staging"]);
    assert_eq!(drift.code, 0, "{drift}");
    assert!(drift.stdout.contains("in maintenance since"), "{drift}");
    insta::assert_snapshot!(environment.run(&["up", "staging", "--yes"]).masked(), @r"
    ── stdout
    staging is up: https://staging.pythonide-classroom.tech; nothing to do
    Stays
      - staging is in maintenance since 2026-11-22 N:NN UTC, by anna@laptop; `envctl maintenance off
        staging` ends it
    ── exit 0
    ");
    insta::assert_snapshot!(environment.run(&["maintenance", "on", "staging", "--yes"]).masked(), @r"
    ── stdout
    staging is in maintenance already; nothing to do
    ── exit 0
    ");
    insta::assert_snapshot!(environment.run(&["maintenance", "off", "staging", "--yes"]).masked(), @r"
    ── stdout
    staging is open to visitors (4 changes, N s)
    ── stderr
    staging: up; 5 steps, about N s (account 123456789012, us-east-2)
       N:NN  saved   what was there before, for the way back
       N:NN  start   forget the maintenance of rule web
       N:NN  start   forget the maintenance of rule web.warming
       N:NN  done    forget the maintenance of rule web
       N:NN  done    forget the maintenance of rule web.warming
       N:NN  start   check that targets of pythonide-staging-service are healthy
       N:NN  done    check that targets of pythonide-staging-service are healthy, was so already
       N:NN  start   let rule web forward
       N:NN  done    let rule web forward
       N:NN  start   delete the warming rule of web
       N:NN  done    delete the warming rule of web
       N:NN  end     done
    ── exit 0
    ");
    insta::assert_snapshot!(environment.run(&["maintenance", "off", "staging", "--yes"]).masked(), @r"
    ── stdout
    staging is not in maintenance; nothing to do
    ── exit 0
    ");
    assert_eq!(environment.json(&["status", "staging"])["maintenance"], serde_json::Value::Null);
}

#[test]
fn it_is_refused_where_there_is_nothing_to_put_a_page_on() {
    let environment = TestEnvironment::on_a_known_day();
    insta::assert_snapshot!(environment.run(&["maintenance", "on", "staging", "--yes"]).masked(), @r"
    ── stderr
    staging: absent; refused, 1 reason (account 123456789012, us-east-2)

    refused: listener-rule/web: rule web is not there
      what to do: bring it up first: envctl up staging
    error: the plan for staging is refused, and nothing was changed
    ── exit 1
    ");
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment.done(&["down", "staging", "--yes", "--quiet"]);
    insta::assert_snapshot!(environment.run(&["maintenance", "on", "staging", "--yes"]).masked(), @r"
    ── stderr
    staging: hibernated; refused, 1 reason (account 123456789012, us-east-2)

    refused: staging sleeps, and its rules answer with the asleep page
      what to do: bring it up first: envctl up staging
    error: the plan for staging is refused, and nothing was changed
    ── exit 1
    ");
}

#[test]
fn it_asks_first_and_wants_the_name_of_a_protected_environment() {
    let environment = up();
    insta::assert_snapshot!(environment.run(&["maintenance", "on", "staging"]).masked(), @r"
    ── stderr
    error: there is no terminal to ask on, so nothing was done
    hint: pass --yes to do it without asking
    ── exit 3
    ");
    environment.edit("environments/staging.yaml", "application:", "protect: true\napplication:");
    insta::assert_snapshot!(environment.run(&["maintenance", "on", "staging", "--yes"]).masked(), @r"
    ── stderr
    error: there is no terminal to ask on, so nothing was done
    hint: pass --yes --confirm staging to do it without asking
    ── exit 3
    ");
    environment.done(&["maintenance", "on", "staging", "--yes", "--confirm", "staging"]);
}

#[test]
fn the_workspace_has_a_page_of_its_own_or_gets_the_shipped_one() {
    let environment = up();
    std::fs::remove_file(environment.path("templates/maintenance.html.hbs")).unwrap();
    environment.done(&["maintenance", "on", "staging", "--yes"]);
    environment.write("templates/soon.txt.hbs", &"x".repeat(1025));
    environment.edit("environments/staging.yaml", "application:", "maintenance: {page: soon.txt.hbs}\napplication:");
    let answer = environment.run(&["validate", "staging"]);
    assert_eq!(answer.code, 3, "{answer}");
    assert!(answer.to_string().contains("the maintenance page `templates/soon.txt.hbs` has 1025 bytes"), "{answer}");
    environment.write("templates/soon.txt.hbs", "back at noon");
    let up = environment.run(&["up", "staging", "--yes"]);
    assert!(up.stderr.contains("let rule web answer with the maintenance page"), "{up}");
}

/// A page is expected in maintenance and asleep: whatever answers in its place is found, and mended.
#[test]
fn a_redirect_in_the_place_of_a_page_is_drift() {
    let environment = up();
    let redirect = r#"actions=[{"other": {"document": {"Type": "redirect"}}}]"#;
    environment.done(&["maintenance", "on", "staging", "--yes", "--quiet"]);
    for mend in [&["up", "staging"][..], &["down", "staging", "--mode", "park"]] {
        environment.done(&["sim", "hand", "staging", "listener-rule/web", redirect]);
        let drift = environment.run(&["drift", "staging"]);
        assert_eq!(drift.code, 2, "{drift}");
        assert!(drift.stdout.contains("listener-rule/web.page: page 503 wanted, another answer found"), "{drift}");
        assert!(drift.stdout.starts_with("staging: 1 drift"), "{drift}");
        environment.done(&[mend, &["--yes", "--quiet"]].concat());
        assert_eq!(environment.run(&["drift", "staging"]).code, 0);
    }
    environment.done(&["sim", "hand", "staging", "listener-rule/web", redirect]);
    let asleep = environment.run(&["drift", "staging"]);
    assert!(asleep.stdout.contains("listener-rule/web.page: page 503 wanted, another answer found"), "{asleep}");
}
