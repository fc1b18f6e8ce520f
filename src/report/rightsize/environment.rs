//! A whole environment: from the answers of CloudWatch to one proposal a resource.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{
    DatabaseUsage, Figure, FileSystemUsage, Point, Proposal, Question, Series, Span, TaskUsage, rightsize_database,
    rightsize_file_system, rightsize_task,
};
use crate::model::{
    Architecture, Capacity, Desired, FileSystemSpec, Live, LiveFileSystem, MetricSeries, ResourceKey, ResourceKind,
    ServiceSpec, TAG_THROUGHPUT_CHANGED, Throughput, fargate, present,
};
use crate::report::PriceTable;

/// The stretch of time that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The time looked at. Points belong to it when their period touches it.
    pub span: Span,
    /// Length of a period in seconds.
    pub period_seconds: u32,
}

/// CloudWatch keeps points of five minutes for 63 days, of an hour for 455 (`aws.md` 8.2).
const DAYS_OF_FIVE_MINUTES: i64 = 63;

impl Window {
    /// The window of this length that ends now.
    pub fn ending(now: Timestamp, length: SignedDuration) -> Self {
        let few_days = length <= SignedDuration::from_hours(24 * DAYS_OF_FIVE_MINUTES);
        let period_seconds: u32 = if few_days { 300 } else { 3600 };
        Self { span: Span { from: now.saturating_sub(length).unwrap_or(Timestamp::MIN), to: now }, period_seconds }
    }

    /// The whole periods that it touches: what CloudWatch is asked for.
    pub fn periods(&self) -> Span {
        let period = i64::from(self.period_seconds);
        let begin = self.span.from.as_second().div_euclid(period).saturating_mul(period);
        let last = self.span.to.as_second().div_euclid(period).saturating_mul(period);
        let at = |second, otherwise| Timestamp::from_second(second).unwrap_or(otherwise);
        Span { from: at(begin, self.span.from), to: at(last.saturating_add(period), self.span.to) }
    }
}

/// What is known of the window beside the metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// When the environment was up, as far as anybody knows.
    pub running: Vec<Span>,
    /// When it was deployed or woken.
    pub starts: Vec<Timestamp>,
    /// Services of which a task was stopped for want of memory.
    pub out_of_memory: BTreeSet<String>,
}

/// What the metrics of an environment propose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rightsizing {
    /// Environment.
    pub environment: String,
    /// Region, whose prices were taken.
    pub region: String,
    /// What was looked at.
    pub window: Window,
    /// What was known beside the metrics.
    pub evidence: Evidence,
    /// One a resource.
    pub proposals: Vec<Proposal>,
}

/// Everything that proposals are made from.
pub struct Measured<'a> {
    /// What is wanted.
    pub desired: &'a Desired,
    /// What is there.
    pub live: &'a Live,
    /// What was asked, and the answers in the same order.
    pub answers: Vec<(Question, MetricSeries)>,
    /// The window.
    pub window: Window,
    /// What is known beside.
    pub evidence: Evidence,
}

/// One proposal for each service, database and file system.
pub fn rightsize(measured: Measured<'_>, prices: &PriceTable) -> Rightsizing {
    let desired = measured.desired;
    let mut figures: Figures = BTreeMap::new();
    for (question, series) in &measured.answers {
        let points = series.points.iter().map(|point| Point { at: point.at, value: point.value });
        let series = Series {
            window: measured.window.span,
            period_seconds: i64::from(measured.window.period_seconds),
            points: points.collect(),
        };
        figures.entry(question.key.clone()).or_default().insert(question.figure, series);
    }
    let mut proposals = Vec::new();
    for (name, service) in &desired.services {
        let key = ResourceKey::new(ResourceKind::Service, name);
        proposals.push(match task_usage(&measured, &figures, &key, service) {
            Some(usage) => rightsize_task(&key, &usage, prices, &desired.region),
            None => Proposal::keep(&key, String::new()).lacking("a size of its tasks that Fargate knows"),
        });
    }
    for name in desired.databases.keys() {
        let key = ResourceKey::new(ResourceKind::Database, name);
        if let Some(usage) = database_usage(&measured, &figures, &key) {
            proposals.push(rightsize_database(&key, &usage, prices, &desired.region));
        }
    }
    for (name, live) in present(&measured.live.file_systems) {
        let key = ResourceKey::new(ResourceKind::FileSystem, name);
        let usage = file_system_usage(&measured, &figures, &key, live);
        let mut proposal = rightsize_file_system(&key, &usage, prices, &desired.region);
        if matches!(desired.file_systems.get(name), Some(FileSystemSpec::Borrowed { throughput: None, .. })) {
            proposal.fields.clear();
            proposal.reasons.push("it is borrowed, and the spec does not allow envctl to change it".to_owned());
        }
        proposals.push(proposal);
    }
    let (window, evidence) = (measured.window, measured.evidence);
    let (environment, region) = (desired.environment.clone(), desired.region.clone());
    Rightsizing { environment, region, window, evidence, proposals }
}

type Figures = BTreeMap<ResourceKey, BTreeMap<Figure, Series>>;

fn series(figures: &Figures, key: &ResourceKey, figure: Figure, window: Window) -> Series {
    let none = Series { window: window.span, period_seconds: i64::from(window.period_seconds), points: Vec::new() };
    figures.get(key).and_then(|figures| figures.get(&figure)).cloned().unwrap_or(none)
}

fn task_usage(
    measured: &Measured<'_>,
    figures: &Figures,
    key: &ResourceKey,
    service: &ServiceSpec,
) -> Option<TaskUsage> {
    // The percentages are of the size that runs, which the spec may have left behind already.
    let running = measured.live.task_definitions.get(&key.name).and_then(|sighting| sighting.present());
    let (cpu, memory_mib) = running.and_then(size).or_else(|| size(&service.task_definition))?;
    let architecture = service.task_definition.pointer("/runtimePlatform/cpuArchitecture").and_then(Value::as_str);
    let scaling = service.scaling.as_ref();
    let live_policies = measured.live.scaling.get(&key.name).and_then(|sighting| sighting.present());
    let follows = |metric: &str| {
        let policies = live_policies.into_iter().flat_map(|target| &target.policies);
        policies.filter_map(|policy| policy.metric.as_deref()).any(|name| name == metric)
    };
    let mut starts = measured.evidence.starts.clone();
    let live = measured.live.services.get(&key.name).and_then(|sighting| sighting.present());
    let deployments = live.into_iter().flat_map(|live| &live.deployments);
    starts.extend(deployments.filter_map(|deployment| deployment.created_at));
    Some(TaskUsage {
        cpu,
        memory_mib,
        architecture: if architecture == Some("ARM64") { Architecture::Arm } else { Architecture::X86 },
        spot: service.capacity == Capacity::Spot,
        count: scaling.map_or(service.desired_count, |scaling| service.desired_count.max(scaling.min)).max(1),
        cpu_percent: series(figures, key, Figure::Cpu, measured.window),
        memory_percent: series(figures, key, Figure::Memory, measured.window),
        running: measured.evidence.running.clone(),
        starts,
        tracks_cpu: scaling.is_some_and(|scaling| scaling.cpu_percent.is_some())
            || follows("ECSServiceAverageCPUUtilization"),
        tracks_memory: scaling.is_some_and(|scaling| scaling.memory_percent.is_some())
            || follows("ECSServiceAverageMemoryUtilization"),
        out_of_memory: measured.evidence.out_of_memory.contains(&key.name),
    })
}

/// CPU units and MiB of a task definition.
fn size(document: &Value) -> Option<(u32, u32)> {
    let number = |field: &str, units: fn(&str) -> Option<u64>| {
        let text = match document.get(field)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        u32::try_from(units(&text)?).ok()
    };
    Some((number("cpu", fargate::cpu_units)?, number("memory", fargate::memory_mib)?))
}

fn database_usage(measured: &Measured<'_>, figures: &Figures, key: &ResourceKey) -> Option<DatabaseUsage> {
    let spec = measured.desired.databases.get(&key.name)?;
    let live = measured.live.databases.get(&key.name).and_then(|sighting| sighting.present());
    let all = |figure| series(figures, key, figure, measured.window);
    let largest = |figure| all(figure).points.iter().map(|point| point.value).max();
    let connections = largest(Figure::Connections).unwrap_or_default().ceil();
    Some(DatabaseUsage {
        engine: spec.engine.as_str().to_owned(),
        class: live.map_or(&spec.class, |live| &live.class).clone(),
        multi_az: spec.multi_az,
        cpu_percent: all(Figure::Cpu),
        freeable_bytes: all(Figure::FreeableMemory),
        swap_bytes: largest(Figure::Swap),
        connections: largest(Figure::Connections).map(|_| u32::try_from(connections).unwrap_or(u32::MAX)),
        credits: all(Figure::Credits).points.iter().map(|point| point.value).min(),
        surplus_charged: all(Figure::SurplusCredits).points.iter().map(|point| point.value).sum(),
        running: measured.evidence.running.clone(),
        starts: measured.evidence.starts.clone(),
    })
}

fn file_system_usage(
    measured: &Measured<'_>,
    figures: &Figures,
    key: &ResourceKey,
    live: &LiveFileSystem,
) -> FileSystemUsage {
    let all = |figure| series(figures, key, figure, measured.window);
    let (metered, permitted) = (all(Figure::MeteredBytes), all(Figure::PermittedThroughput));
    let period = Decimal::from(measured.window.period_seconds);
    let permitted: BTreeMap<Timestamp, Decimal> =
        permitted.points.iter().map(|point| (point.at, point.value)).collect();
    let used = metered.points.iter().filter_map(|point| {
        let permitted = permitted.get(&point.at).filter(|permitted| **permitted > Decimal::ZERO)?;
        Some(point.value / period / permitted * Decimal::ONE_HUNDRED)
    });
    let mut days: BTreeMap<i64, Decimal> = BTreeMap::new();
    for point in &metered.points {
        *days.entry(point.at.as_second().div_euclid(86_400)).or_default() += point.value;
    }
    let total = all(Figure::TotalBytes);
    let moved = if total.points.is_empty() { &metered } else { &total };
    FileSystemUsage {
        throughput: live.throughput,
        standard_bytes: live.size_bytes,
        shortage: metered.shortage(metered.points.len(), &[]),
        credits_bytes: all(Figure::BurstCredits).points.iter().map(|point| point.value).min(),
        busiest_day_bytes: days.into_values().max(),
        used_percent: used.max(),
        peak_mib_per_second: metered.points.iter().map(|point| point.value / period / Decimal::from(1 << 20)).max(),
        moved_gb_per_month: moved_per_month(moved),
        locked_until: locked_until(live, measured.live.observed_at),
    }
}

/// GB moved in a month of 730 hours, at the rate from the first point to the end of the window.
fn moved_per_month(moved: &Series) -> Option<Decimal> {
    let first = moved.points.iter().map(|point| point.at).min()?;
    let seconds = Decimal::from(Span { from: first, to: moved.window.to }.seconds().max(moved.period_seconds));
    let bytes: Decimal = moved.points.iter().map(|point| point.value).sum();
    Some(bytes / Decimal::from(1_u64 << 30) / seconds * crate::report::HOURS_PER_MONTH * Decimal::from(3600))
}

/// Until when EFS allows neither less throughput nor another mode (`aws.md` 3.1), as far as the tag of the last change
/// tells.
fn locked_until(live: &LiveFileSystem, now: Timestamp) -> Option<Timestamp> {
    if !matches!(live.throughput, Throughput::Provisioned(_)) {
        return None;
    }
    let changed: Timestamp = live.tags.get(TAG_THROUGHPUT_CHANGED)?.parse().ok()?;
    let until = changed.checked_add(SignedDuration::from_hours(24)).ok()?;
    (until > now).then_some(until)
}
