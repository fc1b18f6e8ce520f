//! Gates that are relative to before the release: metrics that were good, and are the same or worse afterwards.

use crate::support::{Answer, TestEnvironment};

/// A sum before, right after and during the watch.
const PROCEDURE: &str = r#"
checks:
  errors:
    metric: {namespace: Shop, metric: Errors, statistic: Sum, window: 15m, of_before: "<= 150", may_be_empty: true}
  speed:
    metric: {namespace: Shop, metric: Time, statistic: Average, window: 15m, of_before: "<= 150", may_be_empty: true}
release:
  before: [checks, snapshot]
  verify: []
  watch: {lasts: 5m, every: 1m}
"#;

/// Staging, up, with so much of both metrics each minute until a release takes its snapshot, and so much from then on.
fn with_metrics(before: [&str; 2], after: [&str; 2]) -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    let spec = environment.read("environments/staging.yaml");
    environment.write("environments/staging.yaml", &format!("{spec}{PROCEDURE}"));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    let now: jiff::Timestamp =
        environment.json(&["sim", "show"])["now"].as_str().expect("a time").parse().expect("one");
    let turn = jiff::SignedDuration::from_mins(2);
    let (first, turn) = ((now - jiff::SignedDuration::from_mins(30)).to_string(), (now + turn).to_string());
    for (metric, (before, after)) in ["Errors", "Time"].into_iter().zip(before.into_iter().zip(after)) {
        let plant = |value: &str, more: &[&str]| {
            let planted = ["sim", "metric", "staging", metric, value, "--namespace", "Shop", "--every", "1m"];
            environment.done(&[&planted, more].concat());
        };
        plant(before, &["--from", &first, "--for", "32m"]);
        plant(after, &["--from", &turn, "--for", "2h"]);
    }
    environment
}

fn release(environment: &TestEnvironment) -> Answer {
    environment.run(&["release", "staging", "--image", "repository/pythonide-backend:2.0", "--yes", "--quiet"])
}

#[test]
fn what_is_as_it_was_before_passes_although_less_time_has_passed_since() {
    let environment = with_metrics(["3", "120"], ["3", "120"]);
    let answer = release(&environment);
    assert_eq!(answer.code, 0, "{answer}");
    let record = environment.json(&["release", "show", "staging"]);
    assert_eq!(record["checks"][1]["figures"]["value"], 120, "{record:#}");
    // Nothing at all before: there is nothing to be compared with.
    assert_eq!(release(&with_metrics(["0", "120"], ["0", "100"])).code, 0);
}

#[test]
fn what_is_worse_than_before_is_taken_back_with_words_that_name_both_figures() {
    let worse = |before, after| {
        let environment = with_metrics(before, after);
        let answer = release(&environment);
        assert_eq!(answer.code, 7, "{answer}");
        assert!(answer.stderr.contains("was rolled back at watch"), "{answer}");
        assert!(environment.done(&["status", "staging"]).contains("pythonide-staging-task:1"), "what ran before");
        let line = answer.stderr.lines().find(|line| line.contains("check ")).expect("a line").to_owned();
        let next = answer.stderr.lines().skip_while(|other| **other != line).nth(1).unwrap_or_default().trim();
        format!("{} {next}", line.trim())
    };
    insta::assert_snapshot!(worse(["3", "120"], ["3", "200"]), @"at watch, for 5 min, every 1 min: check speed: Average of Shop Time is 200, 166.7 % of the 120 before, expected <= 150 %");
    // Five times as many a minute, in a window that is shorter than the one before.
    insta::assert_snapshot!(worse(["3", "120"], ["15", "120"]), @"at watch, for 5 min, every 1 min: check errors: Sum of Shop Errors is 45 in 2.5 min, 576.4 % of the 48 in 15.4 min before, expected <= 150 %");
}
