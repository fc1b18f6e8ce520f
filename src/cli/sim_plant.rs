//! `envctl sim metric` and `envctl sim log`: what a simulated cloud cannot measure by itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::arguments::{duration, environment_completer};
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::look;
use super::sim::in_world;
use crate::cloud::sim::{MetricName, Sample};
use crate::model::{DataSource, Depth, Desired, ResourceKey};
use crate::report::rightsize;
use crate::ui::{self, quantity};

/// Samples that one command plants at most: a year of minutes.
const MOST_SAMPLES: u64 = 600_000;

#[derive(Debug, clap::Args)]
pub(super) struct MetricArgs {
    /// Environment
    #[arg(value_name = "ENV", add = environment_completer())]
    environment: String,
    /// Metric (CPUUtilization)
    #[arg(value_name = "METRIC", required_unless_present = "file")]
    metric: Option<String>,
    /// Its samples, oldest first; they end now, or begin at --from
    #[arg(value_name = "VALUE", required_unless_present = "file", allow_negative_numbers = true)]
    values: Vec<Decimal>,
    /// Resource of the environment that it is of (service/backend, database/main, file-system/data)
    #[arg(long, value_name = "KIND/NAME", conflicts_with_all = ["namespace", "dimension"])]
    of: Option<ResourceKey>,
    /// Namespace (AWS/ECS)
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Each of its dimensions (ServiceName=web)
    #[arg(long, value_name = "NAME=VALUE", value_parser = dimension)]
    dimension: Vec<(String, String)>,
    /// When the first sample was measured [default: so long ago that they end now]
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Time from one sample to the next
    #[arg(long, value_name = "D", default_value = "5m", value_parser = duration)]
    every: Duration,
    /// Repeat the values until they fill this long
    #[arg(long = "for", value_name = "D", value_parser = duration)]
    length: Option<Duration>,
    /// Take the samples from a file, as `aws cloudwatch put-metric-data --cli-input-json` does
    #[arg(long, value_name = "FILE", conflicts_with_all = ["metric", "values", "of", "from", "length"])]
    file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct LogArgs {
    /// Environment
    #[arg(value_name = "ENV", add = environment_completer())]
    environment: String,
    /// The lines
    #[arg(value_name = "LINE", required = true)]
    lines: Vec<String>,
    /// Log group by its name at AWS [default: the environment's only one]
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Log stream
    #[arg(long, value_name = "NAME", default_value = "by-hand")]
    stream: String,
}

/// What `aws cloudwatch put-metric-data --cli-input-json` takes, as far as it is about single values.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutMetricData {
    namespace: String,
    metric_data: Vec<Datum>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Datum {
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    timestamp: Option<Timestamp>,
    value: Option<f64>,
    #[serde(default)]
    values: Vec<f64>,
    #[serde(default)]
    counts: Vec<u32>,
    #[serde(default, rename = "Unit")]
    _unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct PlantedDto {
    format_version: u32,
    samples: usize,
    metrics: usize,
}

#[derive(Serialize)]
struct LoggedDto {
    format_version: u32,
    lines: usize,
    log_group: String,
}

pub(super) fn metric(context: &Context, args: &MetricArgs) -> Result<Exit, CliError> {
    let file = args.file.as_ref().map(read).transpose()?;
    let (samples, metrics) = in_world(context, &args.environment, async |session, cloud, desired| {
        let now = session.clock.now();
        let planted = match file {
            Some(file) => of_file(file, now)?,
            None => {
                let dimensions = args.dimension.iter().cloned().collect();
                let place = match (&args.of, &args.namespace) {
                    (Some(key), _) => {
                        let live = look::observe(session, desired, Depth::Environment, &DataSource::Latest).await?;
                        rightsize::dimensions(desired, &live, key).ok_or_else(|| no_metrics(desired, key))?
                    }
                    (None, Some(namespace)) => (namespace.clone(), dimensions),
                    (None, None) => {
                        return Err(CliError::usage("whose metric is it?")
                            .hint("pass --of service/NAME, or --namespace and each --dimension"));
                    }
                };
                let (namespace, dimensions) = place;
                let name = args.metric.clone().unwrap_or_default();
                vec![(MetricName { namespace, name, dimensions }, of_words(args, now)?)]
            }
        };
        let samples = planted.iter().map(|(_, samples)| samples.len()).sum::<usize>();
        let metrics = planted.iter().map(|(id, _)| format!("{id:?}")).collect::<std::collections::BTreeSet<_>>().len();
        cloud.edit(|world| planted.into_iter().for_each(|(id, samples)| world.plant_metric(&id, samples)));
        Ok((samples, metrics))
    })?;
    let said = format!("{} of {} planted\n", quantity::count(samples, "sample"), quantity::count(metrics, "metric"));
    context.ui.answer(|| said, || PlantedDto { format_version: ui::FORMAT_VERSION, samples, metrics })?;
    Ok(Exit::Done)
}

pub(super) fn log(context: &Context, args: &LogArgs) -> Result<Exit, CliError> {
    let group = in_world(context, &args.environment, async |_, cloud, desired| {
        let group = log_group(desired, args.group.as_deref())?;
        if cloud.edit(|world| world.write_log(&group, &args.stream, &args.lines)) {
            return Ok(group);
        }
        Err(CliError::other(format!("there is no log group {group}")).hint("bring the environment up first"))
    })?;
    let lines = args.lines.len();
    let said = format!("{} written to {group}\n", quantity::count(lines, "line"));
    context.ui.answer(|| said, || LoggedDto { format_version: ui::FORMAT_VERSION, lines, log_group: group.clone() })?;
    Ok(Exit::Done)
}

/// The log group named, or the only one of the environment.
fn log_group(desired: &Desired, named: Option<&str>) -> Result<String, CliError> {
    let own: Vec<&str> = desired.log_groups.values().map(|group| group.log_group_name.as_str()).collect();
    match (named, own.as_slice()) {
        (Some(name), _) => Ok(name.to_owned()),
        (None, [only]) => Ok((*only).to_owned()),
        (None, []) => Err(CliError::usage(format!("{} has no log group", desired.environment))),
        (None, _) => Err(CliError::usage("which log group?").hint(format!("pass --group, one of {}", own.join(", ")))),
    }
}

/// The samples of the command line.
fn of_words(args: &MetricArgs, now: Timestamp) -> Result<Vec<Sample>, CliError> {
    let step = SignedDuration::try_from(args.every).unwrap_or(SignedDuration::MAX);
    let given = u64::try_from(args.values.len()).unwrap_or(u64::MAX);
    let count = args.length.map_or(given, |length| length.as_secs() / args.every.as_secs().max(1));
    if step.is_zero() || count > MOST_SAMPLES {
        return Err(CliError::usage(format!("that is more than {MOST_SAMPLES} samples")));
    }
    let out_of_time = || CliError::usage("the samples do not fit into time");
    let length = step.checked_mul(i32::try_from(count).unwrap_or(i32::MAX)).ok_or_else(out_of_time)?;
    let first = args.from.map_or_else(|| now.checked_sub(length), Ok).map_err(|_| out_of_time())?;
    let values = args.values.iter().copied().cycle();
    let numbered = (0..i32::try_from(count).unwrap_or(i32::MAX)).zip(values);
    let sample = |(number, value)| {
        let at = step.checked_mul(number).and_then(|later| first.checked_add(later).ok()).ok_or_else(out_of_time)?;
        Ok(Sample { at, value })
    };
    numbered.map(sample).collect()
}

fn of_file(file: PutMetricData, now: Timestamp) -> Result<Vec<(MetricName, Vec<Sample>)>, CliError> {
    let mut planted = Vec::new();
    for datum in file.metric_data {
        let dimensions: BTreeMap<String, String> =
            datum.dimensions.into_iter().map(|dimension| (dimension.name, dimension.value)).collect();
        let at = datum.timestamp.unwrap_or(now);
        let mut samples = Vec::new();
        let counts = datum.counts.iter().copied().chain(std::iter::repeat(1));
        let several = datum.values.iter().copied().zip(counts);
        for (value, count) in datum.value.map(|value| (value, 1)).into_iter().chain(several) {
            let odd = || CliError::usage(format!("{value} is no value of a metric"));
            let value = rust_decimal::prelude::FromPrimitive::from_f64(value).ok_or_else(odd)?;
            samples.extend((0..count).map(|_| Sample { at, value }));
        }
        let id = MetricName { namespace: file.namespace.clone(), name: datum.metric_name, dimensions };
        planted.push((id, samples));
    }
    Ok(planted)
}

fn read(path: &PathBuf) -> Result<PutMetricData, CliError> {
    let wrong = |error: String| CliError::usage(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

fn no_metrics(desired: &Desired, key: &ResourceKey) -> CliError {
    CliError::usage(format!("{key} of {} has no metrics, or is not there", desired.environment))
        .hint("services, databases and file systems have metrics; or pass --namespace and each --dimension")
}

fn dimension(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is no dimension: write NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}
