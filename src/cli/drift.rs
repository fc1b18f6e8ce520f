//! `envctl drift`. Nothing in this file can change a cloud: it holds one that can only be looked at.

use std::io::Write;

use super::arguments::environment_completer;
use super::context::Context;
use super::drift_who::Trail;
use super::error::CliError;
use super::exit::Exit;
use super::{drift_many, load, look, output};
use crate::model::{DataSource, Depth, Desired, Live, Policy, Power, Remembered};
use crate::planner;
use crate::report::{self, AcceptedDifferences, CostOptions, DriftInput, DriftReport, PriceTable};
use crate::ui::drift::{self, DriftFormat, DriftRun, Verdict};
use crate::workspace::Workspace;

/// Compares what is declared with what is there, and changes nothing
///
/// Asleep on purpose is in sync. Drift (the world moved), pending changes (the spec moved), extras and what could not be
/// looked at are kept apart. Several answers at once: -o sarif=drift.sarif -o markdown. Differences that the file
/// accepted.yaml accepts are shown apart. Ends with 0 in sync, 2 when something differs, 1 when something could not be
/// looked at.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environments [default: every one]
    #[arg(value_name = "ENV", env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    environments: Vec<String>,
    /// Every environment, whatever ENVCTL_ENVIRONMENT says
    #[arg(long, conflicts_with = "environments")]
    all: bool,
    /// End with 0 when something differs
    #[arg(long)]
    exit_zero: bool,
    /// Do not ask CloudTrail who changed what differs
    #[arg(long)]
    no_who: bool,
}

/// Where differences are accepted: a list, see [`report::Acceptance`].
const ACCEPTED: &str = "accepted.yaml";

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let outputs = context.outputs();
    output::require(&outputs, &DriftFormat::NAMES, "drift")?;
    let workspace = context.workspace()?;
    let named = if args.all { &[] } else { args.environments.as_slice() };
    let names = load::all_or(&workspace, named)?;
    let accepted = accepted(&workspace)?;
    let run = match names.as_slice() {
        // One that was asked for alone ends as its error says; beside others it is one of the findings.
        [only] => {
            let report = alone(context, &workspace, only, &accepted, !args.no_who)?;
            DriftRun { reports: vec![report], ..DriftRun::default() }
        }
        names => drift_many::compare(context, &workspace, names, &accepted, !args.no_who)?,
    };
    for output in &outputs {
        let format = output.format.parse().map_err(CliError::usage)?;
        output::write(output, &drift::show(&run, format, &context.ui), &context.ui)?;
        if format == DriftFormat::Github {
            append("GITHUB_STEP_SUMMARY", &drift::step_summary(&run))?;
            append("GITHUB_OUTPUT", &drift::outputs(&run))?;
        }
    }
    Ok(match run.verdict() {
        Verdict::InSync => Exit::Done,
        Verdict::Differs if args.exit_zero => Exit::Done,
        Verdict::Differs => Exit::Pending,
        Verdict::NotSeen => Exit::Error,
    })
}

fn accepted(workspace: &Workspace) -> Result<AcceptedDifferences, CliError> {
    let Some(text) = workspace.text(ACCEPTED)? else { return Ok(AcceptedDifferences::default()) };
    AcceptedDifferences::parse(&text).map_err(|error| CliError::usage(format!("{ACCEPTED}: {error}")))
}

/// Looks at one environment and compares.
fn alone(
    context: &Context,
    workspace: &Workspace,
    name: &str,
    accepted: &AcceptedDifferences,
    who: bool,
) -> Result<DriftReport, CliError> {
    let desired = &load::desired(workspace, name)?;
    let prices = PriceTable::shipped();
    context.with_view(workspace, desired, async |view| {
        let mut live = look::through(view, desired, Depth::Comparison, &DataSource::Latest).await?;
        let (mut report, doubt) = compare(context, desired, &live, accepted, prices);
        if doubt {
            // What `up` would do, and ids that were taken from an earlier look, need what a change needs.
            live = look::through(view, desired, Depth::Preflight, &DataSource::Latest).await?;
            report = compare(context, desired, &live, accepted, prices).0;
        }
        Trail::new(who).tell(&*view.readings, desired, &live, &mut report).await;
        Ok(report)
    })
}

/// The comparison, and whether it should be made again with a deeper look.
pub(super) fn compare(
    context: &Context,
    desired: &Desired,
    live: &Live,
    accepted: &AcceptedDifferences,
    prices: &PriceTable,
) -> (DriftReport, bool) {
    let cost = report::cost(desired, prices, &CostOptions::default()).ok();
    let remembered = Remembered::find(live, desired).map(|remembered| remembered.power);
    let power = remembered.unwrap_or_else(|| planner::power_now(desired, live));
    // The plan is only asked what it says about mending: nothing here can perform it, so it needs no run's id.
    let policy = Policy {
        now: live.observed_at,
        who: context.identity().who(),
        suffix: "0000".to_owned(),
        sleep_cost: report::sleep_cost(desired, prices),
    };
    let plan = (power != Power::Absent).then(|| planner::plan(desired, live, &look::goal_to_keep(power), &policy));
    let differences = planner::differences(desired, live);
    let input =
        DriftInput { desired, live, differences: &differences, plan: plan.as_ref(), cost: cost.as_ref(), accepted };
    let report = report::drift(&input);
    let refused = plan.is_some_and(|plan| !plan.refusals.is_empty());
    let borrowed = differences.iter().any(|one| matches!(one.field.as_str(), "security-groups" | "subnets"));
    let doubt = borrowed || (report.differs() && refused);
    (report, doubt)
}

/// Appends to the file that a variable of a GitHub workflow names; without the variable this is no workflow.
fn append(variable: &str, text: &str) -> Result<(), CliError> {
    let Ok(path) = std::env::var(variable) else { return Ok(()) };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| CliError::other(format!("{variable}: {path} cannot be written: {error}")))
}
