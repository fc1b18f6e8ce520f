//! Hand calculations from `aws.md` 6.1, to the cent.

use serde_json::json;

use super::*;
use crate::model::*;
use crate::report::fixture::{database, desired, service};

fn usd(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn report(desired: &Desired) -> CostReport {
    cost(desired, PriceTable::shipped(), &CostOptions::default()).unwrap()
}

fn monthly(report: &CostReport) -> [String; 3] {
    [report.up_per_month, report.parked_per_month, report.hibernated_per_month].map(|amount| amount.to_string())
}

#[test]
fn the_minimal_environment_is_the_hand_calculation() {
    let report = report(&desired(vec![service("256", "512")], vec![database()]));
    let lines: Vec<(String, String)> =
        report.lines.iter().map(|line| (line.key.kind.to_string(), line.up.to_string())).collect();
    let expected =
        [("database", "11.68"), ("database", "2.30"), ("snapshot", "0.00"), ("secret", "0.40"), ("service", "9.01")];
    assert_eq!(lines, expected.map(|(kind, up)| (kind.to_owned(), up.to_owned())));
    // 9.01 + 13.98 + 0.40; 2.30 + 0.40; at most 1.90, and 0.40.
    assert_eq!(monthly(&report), ["23.39", "2.70", "0.40–2.30"]);
    assert_eq!(report.missing, Vec::<String>::new());
}

#[test]
fn the_shipped_size_costs_what_its_parts_cost() {
    // (0.5 × 0.04048 + 2 × 0.004445) × 730 = 21.2649; + 13.98 + 0.40.
    let report = report(&desired(vec![service("512", "2048")], vec![database()]));
    assert_eq!(monthly(&report), ["35.64", "2.70", "0.40–2.30"]);
    assert_eq!(report.up_per_hour.display(4), "0.0488");
}

#[test]
fn ten_hours_a_month_and_a_working_week_are_shares_of_up_and_asleep() {
    let minimal = desired(vec![service("256", "512")], vec![database()]);
    let schedule = Schedule::parse("Mon-Fri 08:00-18:00 UTC").unwrap();
    let options = CostOptions {
        hours_per_month: Some(usd("10")),
        schedule: Some((schedule, 2026)),
        idle: Some(Duration::from_secs(8 * 86_400)),
        ..CostOptions::default()
    };
    let report = cost(&minimal, PriceTable::shipped(), &options).unwrap();
    let hours = report.hours.unwrap();
    // 10 × (0.01234250 + 0.016) + 2.70; the same with 720/730 of at most 1.90, and 0.40.
    assert_eq!(
        (hours.parked.to_string(), hours.hibernated.high.map(|high| crate::report::rounded(high, 2))),
        ("2.98".into(), Some("2.59".into()))
    );
    // aws.md 6.1: 2.68 + 3.48 + 2.30 + 0.40 = about 8.9.
    assert_eq!(report.schedule.unwrap().parked.to_string(), "8.86");
    let sleep = report.sleep.unwrap();
    assert!(sleep.wakes);
    assert_eq!(sleep.hours, usd("192"));
}

#[test]
fn arm_spot_storage_and_addresses_are_reckoned() {
    let mut arm = service(".5 vCPU", "1 GB");
    arm.task_definition["runtimePlatform"] = json!({"cpuArchitecture": "ARM64"});
    arm.task_definition["ephemeralStorage"] = json!({"sizeInGiB": 30});
    arm.assign_public_ip = true;
    let report_of = |service: &ServiceSpec, region: &str| {
        let desired = Desired { region: region.into(), ..desired(vec![service.clone()], vec![]) };
        report(&desired).lines.iter().map(|line| line.up.to_string()).collect::<Vec<_>>()
    };
    // (0.5 × 0.03238 + 0.00356 + 10 × 0.000111) × 730 = 15.2278; 0.005 × 730.
    assert_eq!(report_of(&arm, "us-east-2"), ["15.23", "3.65"]);
    arm.capacity = Capacity::Spot;
    arm.assign_public_ip = false;
    // (0.5 × 0.01030969 + 0.00113349 + 0.00111) × 730 = 5.4008; without a sample anything up to on demand.
    assert_eq!(report_of(&arm, "us-east-1"), ["5.40"]);
    assert_eq!(report_of(&arm, "us-east-2"), ["0.81–15.23"]);
}

#[test]
fn what_has_no_price_is_unknown_and_named() {
    let mut huge = database();
    huge.class = "db.r9g.huge".into();
    let found = report(&desired(vec![], vec![huge]));
    assert_eq!(found.lines[0].up.to_string(), "unknown");
    assert_eq!(monthly(&found), ["at least 2.70", "2.70", "0.40–2.30"]);
    assert_eq!(found.missing, ["rds/postgres/db.r9g.huge/single-az"]);
    let elsewhere = Desired { region: "eu-central-1".into(), ..desired(vec![service("256", "512")], vec![database()]) };
    assert_eq!(monthly(&report(&elsewhere)), ["unknown", "unknown", "unknown"]);
    assert_eq!(sleep_cost(&elsewhere, PriceTable::shipped()), None);
}

#[test]
fn the_throughput_trap_is_shown() {
    let mut preview = desired(vec![], vec![]);
    let owned = |throughput| FileSystemSpec::Owned { file_system_name: "x".into(), encrypted: true, throughput };
    preview.file_systems.insert("files".into(), owned(Throughput::Provisioned(10)));
    let empty = report(&preview);
    assert_eq!(monthly(&empty), ["up to 60.00", "up to 60.00", "up to 60.00"]);
    assert!(empty.notes[0].contains("60.00 USD a month on an almost empty file system, 54.00 with 20 GB"));
    assert!(empty.notes[0].contains("nothing extra from 200 GB on"));
    assert!(empty.notes[0].contains("6 USD a month is the price of one MiB/s"));
    // The golden figure of aws.md 3.2: (100 - 230/20) × 6 = 531; and 230 × 0.30 stored.
    preview.file_systems.insert("files".into(), owned(Throughput::Provisioned(100)));
    let options = CostOptions {
        file_system_bytes: BTreeMap::from([("files".to_owned(), 230 * 1024_u64.pow(3))]),
        ..CostOptions::default()
    };
    let sized = cost(&preview, PriceTable::shipped(), &options).unwrap();
    let lines: Vec<String> = sized.lines.iter().map(|line| line.up.to_string()).collect();
    assert_eq!(lines, ["531.00", "69.00"]);
}

#[test]
fn sleeping_costs_storage_or_at_most_the_snapshot() {
    let found = sleep_cost(&desired(vec![service("256", "512")], vec![database()]), PriceTable::shipped()).unwrap();
    let month = |hour: Decimal| crate::report::rounded(hour * HOURS_PER_MONTH, 2);
    // The secret is the same either way.
    assert_eq!(
        (month(found.parked_usd_per_hour), month(found.hibernated_usd_per_hour)),
        ("2.70".into(), "2.30".into())
    );
}

#[test]
fn provisioned_iops_above_the_included_ones_are_paid_for() {
    let mut large = database();
    (large.engine, large.class, large.multi_az) = (Engine::Mysql, "db.t4g.small".into(), true);
    (large.storage_gib, large.iops) = (400, Some(14_000));
    let report = report(&desired(vec![], vec![large]));
    let lines: Vec<String> = report.lines.iter().map(|line| line.parked.to_string()).collect();
    // infracost golden db_instance_test, gp3 multi_az: 47.45, 92.00, 80.00; only storage bills while parked.
    assert_eq!(lines, ["0.00", "92.00", "80.00", "0.00", "0.40"]);
    assert_eq!(report.lines[0].up.to_string(), "47.45");
}

#[test]
fn alarms_and_dashboards_bill_asleep_too() {
    let alarm = |period_seconds| AlarmSpec {
        alarm_name: "cpu".into(),
        description: String::new(),
        namespace: "AWS/ECS".into(),
        metric_name: "CPUUtilization".into(),
        dimensions: BTreeMap::new(),
        statistic: "Average".into(),
        period_seconds,
        evaluation_periods: 5,
        datapoints_to_alarm: 5,
        threshold: 80.into(),
        comparison: "GreaterThanThreshold".into(),
        treat_missing_data: "notBreaching".into(),
        actions: vec![],
        ok_actions: vec![],
    };
    let mut watched = desired(vec![], vec![]);
    watched.alarms = BTreeMap::from([("cpu".into(), alarm(60)), ("quick".into(), alarm(10))]);
    assert_eq!(monthly(&report(&watched)), ["0.40", "0.40", "0.40"]);
    let board = DashboardSpec { dashboard_name: "board".into(), body: json!({"widgets": []}) };
    watched.dashboards = BTreeMap::from([("main".into(), board)]);
    let report = report(&watched);
    assert_eq!(monthly(&report), ["0.40", "0.40", "0.40"]);
    assert_eq!(report.usage[0].what, "dashboard, asleep too, beyond the account's first 3, which are free");
    assert_eq!(report.usage[0].price.as_deref(), Some("3.00 USD/month"));
}
