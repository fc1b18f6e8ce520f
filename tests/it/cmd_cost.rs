//! `envctl cost`: the shipped environments, equal to a hand calculation from `aws.md` 6.1.

use serde_json::Value;

use crate::support::TestEnvironment;

fn environment<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer["environments"].as_array().unwrap().iter().find(|one| one["environment"] == name).unwrap()
}

/// Exact, or `low-high`.
fn amount(value: &Value) -> String {
    let (low, high) = (value["at_least"].as_str().unwrap(), value["at_most"].as_str().unwrap_or("?"));
    if low == high { low.to_owned() } else { format!("{low}-{high}") }
}

#[test]
fn the_shipped_environments_cost_what_a_hand_calculation_says() {
    let workspace = TestEnvironment::new();
    let answer = workspace.json(&["cost", "--hours-per-month", "10", "--for", "3d"]);
    let staging = environment(&answer, "staging");
    let month = |one: &Value| ["up", "parked", "hibernated"].map(|state| amount(&one["per_month"][state]));
    // (0.5 × 0.04048 + 2 × 0.004445) × 730 = 21.2649; 0.016 × 730 = 11.68; 20 × 0.115 = 2.30; 0.40 a secret:
    // 35.6449 up; 2.30 + 0.40 parked; at most 20 × 0.095 = 1.90, and 0.40 hibernated.
    assert_eq!(month(staging), ["35.64", "2.70", "0.40-2.30"]);
    // 10 × 0.048829 + 2.70 × 720 / 730.
    assert_eq!(amount(&staging["hours"]["parked_in_between"]), "3.15");
    // 72 × 2.70 / 730.
    assert_eq!(amount(&staging["sleep"]["parked"]), "0.27");
    // And 10 MiB/s of provisioned throughput, in every state: 60.00 while the file system is empty.
    assert_eq!(month(environment(&answer, "preview")), ["35.64-95.64", "2.70-62.70", "0.40-62.30"]);
    assert_eq!(staging["missing_prices"], serde_json::json!([]));
}

#[test]
fn the_throughput_trap_is_explained() {
    let shown = TestEnvironment::new().done(&["cost", "preview"]);
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("60.00 USD a month on an almost empty file system"), "{shown}");
    assert!(words.contains("6 USD a month is the price of one MiB/s"), "{shown}");
}

#[test]
fn a_schedule_is_a_share_of_the_month() {
    let schedule = "Mon-Fri 08:00-18:00 UTC";
    let answer = TestEnvironment::new().json(&["cost", "staging", "--schedule", schedule]);
    let found = &environment(&answer, "staging")["schedule"];
    // 50 of 168 hours.
    assert_eq!(found["hours"], "217.26");
    // 35.6449 × 50/168 + 2.70 × 118/168 = 10.6086 + 1.8964.
    assert_eq!(amount(&found["parked_in_between"]), "12.51");
}

#[test]
fn productions_size_is_put_beside_it() {
    let arguments = ["cost", "staging", "--production-size", "2048/8192"];
    let answer = TestEnvironment::new().json(&arguments);
    // (2 × 0.04048 + 8 × 0.004445) × 730 = 85.0596; + 13.98 + 0.40.
    let found = &environment(&answer, "staging")["at_production_size"];
    assert_eq!((found["size"].as_str(), amount(&found["up_per_month"])), (Some("2 vCPU 8 GB"), "99.44".to_owned()));
    assert_eq!(TestEnvironment::new().run(&["cost", "--production-size", "1536/6144"]).code, 3);
}

#[test]
fn a_price_file_goes_before_the_shipped_prices() {
    let workspace = TestEnvironment::new();
    workspace.write(
        "prices.json",
        r#"{"region": "us-east-2", "currency": "USD", "prices": [
            {"item": "secret", "usd": "1.40", "unit": "month", "date": "2026-11-01", "source": "our contract"}]}"#,
    );
    let answer = workspace.json(&["cost", "staging", "--price-file", "prices.json"]);
    assert_eq!(amount(&environment(&answer, "staging")["per_month"]["parked"]), "3.70");
}

#[test]
fn saved_prices_are_a_price_file_and_the_simulated_cloud_has_no_price_list() {
    let workspace = TestEnvironment::new();
    workspace.done(&["cost", "staging", "--save-prices", "saved.json"]);
    let answer = workspace.json(&["cost", "staging", "--price-file", "saved.json"]);
    assert_eq!(amount(&environment(&answer, "staging")["per_month"]["up"]), "35.64");
    let answer = workspace.run(&["cost", "staging", "--live-prices"]);
    assert!(answer.code == 3 && answer.stderr.contains("no Price List"), "{answer}");
}

#[test]
fn a_region_without_prices_is_unknown_and_never_0() {
    let workspace = TestEnvironment::new();
    workspace.edit("environments/staging.yaml", "region: us-east-2", "region: eu-central-1");
    let shown = workspace.done(&["cost", "staging"]);
    assert!(shown.contains("unknown") && shown.contains("no price in this region"), "{shown}");
    let month = shown.lines().find(|line| line.starts_with("a month")).unwrap();
    assert_eq!(month.split_whitespace().collect::<Vec<_>>(), ["a", "month", "unknown", "unknown", "unknown"]);
}

#[test]
fn it_fits_eighty_columns_and_markdown_has_a_table() {
    let mut workspace = TestEnvironment::new();
    workspace.set("COLUMNS", "80");
    let shown = workspace.done(&["cost", "--hours-per-month", "10"]);
    let long: Vec<&str> = shown.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(long.is_empty(), "{long:#?}");
    let markdown = workspace.done(&["cost", "staging", "-o", "markdown"]);
    assert!(markdown.contains("| **35.64** | **2.70** | **0.40–2.30** |"), "{markdown}");
}

#[test]
fn what_is_no_schedule_or_number_ends_with_3() {
    let workspace = TestEnvironment::new();
    for wrong in [
        &["cost", "--schedule", "weekdays"][..],
        &["cost", "--hours-per-month", "800"],
        &["cost", "--for", "soon"],
        &["cost", "--price-file", "none.json"],
        &["cost", "-o", "sarif"],
    ] {
        let answer = workspace.run(wrong);
        assert_eq!(answer.code, 3, "{wrong:?}: {answer}");
    }
}
