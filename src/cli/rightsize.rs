//! `envctl rightsize`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::arguments::{ChangeArgs, duration, environment_completer};
use super::context::{Context, View};
use super::error::CliError;
use super::exit::Exit;
use super::resize::{self, Order, Resize};
use super::resize_edit::Wanted;
use super::{load, look, output};
use crate::model::{
    DataSource, Depth, Desired, Ending, EventKind, Live, LiveTask, MetricQuery, Power, Remembered, ResourceKey,
    ResourceKind, present,
};
use crate::report::PriceTable;
use crate::report::rightsize::{self, Evidence, Measured, Rightsizing, Span, Window};
use crate::store::journal::{Journals, RunRecord};
use crate::ui::rightsize::{self as show, RightsizingView};
use crate::workspace::Workspace;

/// Proposes sizes from what CloudWatch measured: tasks, database classes, throughput modes
///
/// Every proposal tells what it was reckoned from, what it saves, what can go wrong, and what data it lacks: fewer than
/// 24 hours of points, or points for less than half of the time that the environment was up, are no ground for one. The
/// ten minutes after each deployment do not count. Without --apply, --set or --back nothing is changed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environments [default: every one]
    #[arg(value_name = "ENV", add = environment_completer())]
    environments: Vec<String>,
    /// How far to look back, a day to a year
    #[arg(long, value_name = "D", default_value = "14d", value_parser = window)]
    window: Duration,
    /// Write the proposed sizes into the spec file, show what changes there, and bring the environment up with them; taken
    /// back in file and cloud when the deployment fails or a task runs out of memory
    #[arg(long)]
    apply: bool,
    /// The same with values of your own (file-system/data.throughput="10 MiB/s", service/backend.memory=4096)
    #[arg(long, value_name = "KIND/NAME.FIELD=VALUE", value_parser = wanted, conflicts_with = "apply")]
    set: Vec<Wanted>,
    /// Take the last change back, in file and cloud
    #[arg(long, conflicts_with_all = ["apply", "set"])]
    back: bool,
    /// After a change, look this long for tasks that run out of memory
    #[arg(long, value_name = "D", default_value = "0", value_parser = duration)]
    watch: Duration,
    #[command(flatten)]
    change: ChangeArgs,
}

/// The formats that it knows.
const FORMATS: [&str; 3] = ["text", "json", "markdown"];
/// Runs that are read for when the environment was up: those of a few busy weeks.
const RUNS_READ: usize = 200;

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let outputs = context.outputs();
    output::require(&outputs, &FORMATS, "rightsize")?;
    let workspace = context.workspace()?;
    if args.apply || args.back || !args.set.is_empty() {
        return change(context, args, &workspace);
    }
    let mut reports: Vec<RightsizingView> = Vec::new();
    for name in load::all_or(&workspace, &args.environments)? {
        let desired = load::desired(&workspace, &name)?;
        reports.push(context.with_view(&workspace, &desired, async |view| {
            let live = look::through(view, &desired, Depth::Environment, &DataSource::Latest).await?;
            let report = measure(view, &desired, &live, args.window).await?;
            let changed = resize::since_last_change(view, &desired, &live).await?;
            Ok(RightsizingView { report, changed })
        })?);
    }
    for output in &outputs {
        let text = match output.format.as_str() {
            "json" => serde_json::to_string_pretty(&show::json(&reports)).map_err(std::io::Error::from)?,
            "markdown" => show::markdown(&reports),
            _ => show::text(&reports, &context.ui),
        };
        output::write(output, &text, &context.ui)?;
    }
    Ok(Exit::Done)
}

/// Changes sizes of one environment.
fn change(context: &Context, args: &Args, workspace: &Workspace) -> Result<Exit, CliError> {
    output::require(&context.outputs(), &["text"], "a change of sizes")?;
    let [name] = args.environments.as_slice() else {
        return Err(CliError::usage("sizes are changed in one environment at a time").hint("name it"));
    };
    let desired = load::desired(workspace, name)?;
    let order = match (args.back, args.set.is_empty()) {
        (true, _) => Order::Back,
        (false, true) => Order::Proposals,
        (false, false) => Order::Values(args.set.clone()),
    };
    let (window, watch, change) = (args.window, args.watch, &args.change);
    let resize = Resize { context, workspace, desired: &desired, order, window, watch, change };
    context.with_cloud(workspace, &desired, async |session| resize.make(session).await)
}

/// `service/backend.memory=4096`.
fn wanted(text: &str) -> Result<Wanted, String> {
    let wrong = || {
        format!("`{text}` is no value of a size: write service/NAME.cpu=1024 or file-system/NAME.throughput=elastic")
    };
    let (place, value) = text.split_once('=').ok_or_else(wrong)?;
    let (key, field) = place.rsplit_once('.').ok_or_else(wrong)?;
    let key: ResourceKey = key.parse().map_err(|_| wrong())?;
    let fields: &[&str] = match key.kind {
        ResourceKind::Service => &["cpu", "memory"],
        ResourceKind::Database => &["class"],
        ResourceKind::FileSystem => &["throughput"],
        _ => &[],
    };
    if !fields.contains(&field) || value.is_empty() {
        return Err(wrong());
    }
    Ok(Wanted { key, field: field.to_owned(), value: value.to_owned() })
}

/// Asks CloudWatch and reckons.
pub(super) async fn measure(
    view: &View,
    desired: &Desired,
    live: &Live,
    length: Duration,
) -> Result<Rightsizing, CliError> {
    let length = SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
    let window = Window::ending(view.clock.now(), length);
    let questions = rightsize::questions(desired, live, window);
    let queries: Vec<MetricQuery> = questions.iter().map(|question| question.query.clone()).collect();
    let answers = view.readings.metrics(&queries).await?;
    let evidence = evidence(view, desired, live, window).await?;
    let answers = questions.into_iter().zip(answers).collect();
    Ok(rightsize::rightsize(Measured { desired, live, answers, window, evidence }, PriceTable::shipped()))
}

/// When the environment was up and deployed, and whether a task ran out of memory: from its history, and from the tasks
/// that ECS still remembers.
async fn evidence(view: &View, desired: &Desired, live: &Live, window: Window) -> Result<Evidence, CliError> {
    let mut runs = Journals::new(&view.store).records(&desired.environment, RUNS_READ).await?;
    runs.reverse();
    let mut evidence = Evidence::default();
    lived(&runs, Remembered::find(live, desired), window.span.to, &mut evidence);
    for (name, service) in present(&live.services) {
        let tasks = view.readings.stopped_tasks(&service.cluster, &service.service_name).await?;
        let told = runs.iter().any(|run| tells_of_no_memory(run, name, window.span));
        if told || tasks.iter().any(ran_out_of_memory) {
            evidence.out_of_memory.insert(name.clone());
        }
    }
    Ok(evidence)
}

/// From the end of each `up` to the beginning of what ended it. Without a history: since the tags say.
fn lived(runs: &[RunRecord], remembered: Option<Remembered>, now: Timestamp, evidence: &mut Evidence) {
    let mut since: Option<Timestamp> = None;
    for run in runs {
        let summary = run.summary();
        let (Some(power), Some(started), Some(ended)) = (summary.power_wanted, summary.started_at, summary.ended_at)
        else {
            continue;
        };
        if power == Power::Up && summary.succeeded > 0 {
            evidence.starts.push(ended);
            if summary.ending == Some(Ending::Done) {
                since = since.or(Some(ended));
            }
        } else if power != Power::Up
            && let Some(from) = since.take()
        {
            evidence.running.push(Span { from, to: started });
        }
    }
    let remembered = remembered.filter(|remembered| runs.is_empty() && remembered.power == Power::Up);
    let remembered = remembered.and_then(|remembered| remembered.since);
    if let Some(from) = since.or(remembered) {
        evidence.running.push(Span { from, to: now });
    }
}

/// Does a run of this time tell that a task of the service had too little memory?
fn tells_of_no_memory(run: &RunRecord, service: &str, window: Span) -> bool {
    run.events.iter().filter(|event| window.from <= event.at && event.at < window.to).any(|event| match &event.kind {
        EventKind::StepFailed { step, failure } => {
            let about = step.0.rsplit('/').next() == Some(service);
            about && failure.evidence.iter().chain([&failure.message]).any(|line| line.contains("OutOfMemory"))
        }
        _ => false,
    })
}

pub(super) fn ran_out_of_memory(task: &LiveTask) -> bool {
    let reasons = task.containers.iter().filter_map(|container| container.reason.as_ref());
    reasons.chain(task.stopped_reason.as_ref()).any(|reason| reason.contains("OutOfMemory"))
}

/// A day is the least that says anything; a year is the longest duration that envctl reads.
fn window(text: &str) -> Result<Duration, String> {
    const DAY_SECONDS: u64 = 86_400;
    let length = duration(text)?;
    if (DAY_SECONDS..=366 * DAY_SECONDS).contains(&length.as_secs()) {
        Ok(length)
    } else {
        Err("a window is a day to a year long".to_owned())
    }
}
