//! The sizes that the algorithm gives on paper, at the edges too.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::model::{Architecture, ResourceKind, Throughput};
use crate::report::PriceTable;

const REGION: &str = "us-east-2";

fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// So many points of five minutes of one value, from the start on.
fn flat(count: i64, value: &str) -> Series {
    let at = |index: i64| start() + SignedDuration::from_mins(5 * index);
    Series {
        window: Span { from: start(), to: start() + SignedDuration::from_hours(14 * 24) },
        period_seconds: 300,
        points: (0..count).map(|index| Point { at: at(index), value: number(value) }).collect(),
    }
}

fn ran(hours: i64) -> Vec<Span> {
    vec![Span { from: start(), to: start() + SignedDuration::from_hours(hours) }]
}

fn task(cpu: u32, memory_mib: u32, cpu_percent: &str, memory_percent: &str) -> TaskUsage {
    TaskUsage {
        cpu,
        memory_mib,
        architecture: Architecture::X86,
        spot: false,
        count: 1,
        cpu_percent: flat(288, cpu_percent),
        memory_percent: flat(288, memory_percent),
        running: ran(24),
        starts: vec![],
        tracks_cpu: false,
        tracks_memory: false,
        out_of_memory: false,
    }
}

fn propose(usage: &TaskUsage) -> Proposal {
    rightsize_task(&ResourceKey::new(ResourceKind::Service, "web"), usage, PriceTable::shipped(), REGION)
}

fn check(usage: &TaskUsage, verdict: Verdict, proposed: Option<&str>, saved: Option<&str>) {
    let found = propose(usage);
    assert_eq!((found.verdict, found.proposed.as_deref()), (verdict, proposed), "{found:#?}");
    let rounded = found.saved_usd_per_month.map(|usd| crate::report::rounded(usd, 2));
    assert_eq!(rounded.as_deref(), saved, "{found:#?}");
}

#[test]
fn exactly_a_day_of_points_is_enough_and_a_point_less_is_not() {
    let mut usage = task(2048, 8192, "10", "10");
    assert_eq!(propose(&usage).verdict, Verdict::Down);
    usage.cpu_percent.points.pop();
    let found = propose(&usage);
    assert_eq!(found.verdict, Verdict::InsufficientData);
    assert!(found.lacks[0].starts_with("CPU: 23.9 hours of points"), "{found:#?}");
}

#[test]
fn points_for_half_of_the_running_time_are_enough_and_less_are_not() {
    let mut usage = task(2048, 8192, "10", "10");
    usage.running = ran(48);
    assert_eq!(propose(&usage).verdict, Verdict::Down);
    usage.running = ran(49);
    assert_eq!(propose(&usage).verdict, Verdict::InsufficientData);
}

#[test]
fn the_ten_minutes_after_a_deployment_do_not_count() {
    let mut usage = task(2048, 8192, "20", "30");
    usage.cpu_percent = flat(290, "20");
    // Points at 0 and 5 minutes after the start are left out, the one at 10 minutes is not.
    (usage.cpu_percent.points[0].value, usage.cpu_percent.points[1].value) = (number("100"), number("100"));
    usage.starts = vec![start()];
    usage.memory_percent = flat(290, "30");
    let found = propose(&usage);
    assert_eq!(found.inputs[0], ("CPU points".to_owned(), "288".to_owned()));
    assert_eq!(found.verdict, Verdict::Down, "{found:#?}");
}

#[test]
fn a_load_at_the_limit_of_a_row_fits_and_a_little_more_does_not() {
    // 40 % of 2048 / 0.8 = 1024 units; 30 % of 8192 / 0.8 = 3072 MiB: (1024, 3072).
    // 85.0596 - (0.04048 + 3 × 0.004445) × 730 = 85.0596 - 39.2850.
    check(&task(2048, 8192, "40", "30"), Verdict::Down, Some("1 vCPU 3 GB"), Some("45.77"));
    // 40.1 %: the row stays; 2 vCPU begin at 4 GB.
    check(&task(2048, 8192, "40.1", "30"), Verdict::Down, Some("2 vCPU 4 GB"), Some("12.98"));
}

#[test]
fn a_change_down_takes_one_row_and_says_what_would_be_enough() {
    // 5 % of 4096 / 0.8 = 256 units and 10 % of 8192 / 0.8 = 1024 MiB would do; one row is 2048.
    let found = propose(&task(4096, 8192, "5", "10"));
    assert_eq!(found.proposed.as_deref(), Some("2 vCPU 4 GB"));
    assert!(found.reasons.iter().any(|why| why.contains("0.25 vCPU 1 GB would be enough")), "{found:#?}");
}

#[test]
fn too_small_a_saving_changes_nothing() {
    // 2 vCPU 8 GB to 7 GB saves 3.24 USD, but 3.8 % only.
    check(&task(2048, 8192, "60", "66"), Verdict::Keep, None, None);
    // 0.25 vCPU 2 GB to 1 GB saves 23 %: 3.24 of 13.88 USD.
    check(&task(256, 2048, "70", "35"), Verdict::Down, Some("0.25 vCPU 1 GB"), Some("3.24"));
}

#[test]
fn a_full_task_grows_at_once_by_any_distance() {
    // 100 % of 256 / 0.8 = 320 units; 90 % of 512 / 0.8 = 576 MiB: (512, 1024), the cheapest.
    check(&task(256, 512, "100", "90"), Verdict::Up, Some("0.5 vCPU 1 GB"), Some("-9.01"));
    // Exactly at the limits it stays.
    check(&task(512, 1024, "80", "80"), Verdict::Keep, None, None);
    // 95 % of 30720 / 0.8 = 36480 MiB: (8192, 36864). (4 × 0.04048 + 6 × 0.004445) × 730 more.
    check(&task(4096, 30720, "30", "95"), Verdict::Up, Some("8 vCPU 36 GB"), Some("-137.67"));
}

#[test]
fn what_a_policy_tracks_stays_and_after_an_out_of_memory_memory_does_not_fall() {
    let mut usage = task(2048, 8192, "10", "10");
    usage.tracks_cpu = true;
    // CPU stays; memory falls to the least of the row.
    check(&usage, Verdict::Down, Some("2 vCPU 4 GB"), Some("12.98"));
    usage.out_of_memory = true;
    check(&usage, Verdict::Keep, None, None);
    usage = task(2048, 8192, "10", "10");
    usage.out_of_memory = true;
    // Memory may stay: 1 vCPU has 8 GB.
    check(&usage, Verdict::Down, Some("1 vCPU 8 GB"), Some("29.55"));
    usage.tracks_memory = true;
    check(&usage, Verdict::Down, Some("1 vCPU 8 GB"), Some("29.55"));
}

#[test]
fn without_prices_nothing_is_proposed() {
    let key = ResourceKey::new(ResourceKind::Service, "web");
    let found = rightsize_task(&key, &task(2048, 8192, "10", "10"), PriceTable::shipped(), "eu-central-1");
    assert_eq!(found.verdict, Verdict::InsufficientData);
}

fn database(class: &str, cpu: &str, free_mib: u64) -> DatabaseUsage {
    DatabaseUsage {
        engine: "postgres".into(),
        class: class.into(),
        multi_az: false,
        cpu_percent: flat(288, cpu),
        freeable_bytes: flat(288, &(free_mib * 1024 * 1024).to_string()),
        swap_bytes: Some(Decimal::ZERO),
        connections: Some(20),
        credits: Some(number("100")),
        surplus_charged: Decimal::ZERO,
        running: ran(24),
        starts: vec![],
    }
}

fn class_of(usage: &DatabaseUsage) -> (Verdict, Option<String>, Option<String>) {
    let key = ResourceKey::new(ResourceKind::Database, "main");
    let found = rightsize_database(&key, usage, PriceTable::shipped(), REGION);
    (found.verdict, found.proposed, found.saved_usd_per_month.map(|usd| crate::report::rounded(usd, 2)))
}

#[test]
fn a_database_takes_one_class_less_only_when_everything_fits() {
    let down = (Verdict::Down, Some("db.t4g.micro".to_owned()), Some("11.68".to_owned()));
    // 1 GiB lost and 20 % of the 1 GiB that stays: 1228.8 MiB; CPU at most 40 % of 10 %.
    assert_eq!(class_of(&database("db.t4g.small", "4", 1229)), down);
    let keep = (Verdict::Keep, None, None);
    assert_eq!(class_of(&database("db.t4g.small", "4.1", 1229)), keep);
    assert_eq!(class_of(&database("db.t4g.small", "4", 1228)), keep);
    // 1 GiB / 9531392 = 112 connections; 60 % are 67.2.
    let connected = |most| DatabaseUsage { connections: Some(most), ..database("db.t4g.small", "4", 1229) };
    assert_eq!(class_of(&connected(67)), down);
    assert_eq!(class_of(&connected(68)), keep);
    let swapping = DatabaseUsage { swap_bytes: Some(number("100000000")), ..database("db.t4g.small", "4", 1229) };
    assert_eq!(class_of(&swapping), keep);
    assert_eq!(class_of(&database("db.t4g.micro", "1", 900)), keep);
}

#[test]
fn a_starved_database_takes_the_next_class() {
    let up = (Verdict::Up, Some("db.t4g.small".to_owned()), Some("-11.68".to_owned()));
    assert_eq!(class_of(&database("db.t4g.micro", "1", 102)), up);
    assert_eq!(class_of(&database("db.t4g.micro", "1", 103)).0, Verdict::Keep);
    let spent = DatabaseUsage { credits: Some(Decimal::ZERO), ..database("db.t4g.micro", "1", 500) };
    assert_eq!(class_of(&spent), up);
    let charged = DatabaseUsage { surplus_charged: Decimal::ONE, ..database("db.t4g.micro", "1", 500) };
    assert_eq!(class_of(&charged), up);
    assert_eq!(class_of(&database("db.m5.large", "1", 500)).0, Verdict::InsufficientData);
}

fn files(throughput: Throughput, used: &str, moved_gb: &str) -> FileSystemUsage {
    FileSystemUsage {
        throughput,
        standard_bytes: 0,
        shortage: None,
        credits_bytes: Some(number("1000000000000")),
        busiest_day_bytes: Some(number("1000000000")),
        used_percent: Some(number(used)),
        peak_mib_per_second: Some(number("10")),
        moved_gb_per_month: Some(number(moved_gb)),
        locked_until: None,
    }
}

fn mode_of(usage: &FileSystemUsage) -> (Verdict, Option<String>) {
    let key = ResourceKey::new(ResourceKind::FileSystem, "files");
    let found = rightsize_file_system(&key, usage, PriceTable::shipped(), REGION);
    (found.verdict, found.proposed)
}

#[test]
fn a_file_system_out_of_breath_becomes_elastic_or_provisioned_by_the_break_even() {
    let keep = (Verdict::Keep, None);
    let change = |to: &str| (Verdict::Change, Some(to.to_owned()));
    assert_eq!(mode_of(&files(Throughput::Bursting, "80", "100")), keep);
    assert_eq!(mode_of(&files(Throughput::Bursting, "80.1", "100")), change("elastic"));
    // 10 MiB/s are 60 USD: 1333.3 GB at 0.045.
    assert_eq!(mode_of(&files(Throughput::Bursting, "90", "1333")), change("elastic"));
    assert_eq!(mode_of(&files(Throughput::Bursting, "90", "1334")), change("provisioned 10 MiB/s"));
    let tired = FileSystemUsage { credits_bytes: Some(number("999999999")), ..files(Throughput::Bursting, "1", "1") };
    assert_eq!(mode_of(&tired), change("elastic"));
}

#[test]
fn provisioned_throughput_that_nobody_needs_becomes_elastic_unless_it_is_locked() {
    let wasted = files(Throughput::Provisioned(10), "1", "10");
    assert_eq!(mode_of(&wasted), (Verdict::Change, Some("elastic".to_owned())));
    assert_eq!(mode_of(&FileSystemUsage { locked_until: Some(start()), ..wasted.clone() }), (Verdict::Keep, None));
    // 200 GB stored include it all.
    let included = FileSystemUsage { standard_bytes: 200 * 1024_u64.pow(3), ..wasted.clone() };
    assert_eq!(mode_of(&included), (Verdict::Keep, None));
    let unknown = FileSystemUsage { used_percent: None, ..files(Throughput::Bursting, "1", "10") };
    assert_eq!(mode_of(&unknown).0, Verdict::InsufficientData);
    let short = FileSystemUsage { shortage: Some("1 hour".to_owned()), ..wasted };
    assert_eq!(mode_of(&short).0, Verdict::InsufficientData);
}
