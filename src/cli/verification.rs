//! Making the checks of an environment: for `verify`, and for whoever needs them as a gate.

use std::collections::BTreeMap;

use super::context::{Context, Session, View};
use super::error::CliError;
use super::exit::Exit;
use super::look;
use crate::checks::{self, Ground};
use crate::model::{Baseline, Check, CheckKind, CheckText, DataSource, Depth, Desired, Verdict};
use crate::ui::verify::VerifyRun;
use crate::workspace::Workspace;

/// The checks of these names; no name: all of them.
pub(super) fn chosen(desired: &Desired, names: &[String]) -> Result<BTreeMap<String, Check>, CliError> {
    if names.is_empty() {
        return Ok(desired.checks.clone());
    }
    let find = |name: &String| match desired.checks.get(name) {
        Some(check) => Ok((name.clone(), check.clone())),
        None => {
            let known: Vec<&str> = desired.checks.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(CliError::usage(format!("{} has no check `{name}`", desired.environment))
                .hint(format!("there are: {known}")))
        }
    };
    names.iter().map(find).collect()
}

/// Makes sure, where a check asks the cloud something, that the credentials are those of the spec's account and region.
pub(super) async fn guard(
    session: &Session,
    desired: &Desired,
    checks: &BTreeMap<String, Check>,
) -> Result<(), CliError> {
    if checks.values().any(asks_the_cloud) {
        look::glance(&session.view(), desired, Depth::Environment, &DataSource::Latest).await?;
    }
    Ok(())
}

fn asks_the_cloud(check: &Check) -> bool {
    let is_secret = |text: &CheckText| matches!(text, CheckText::Secret { .. });
    match &check.kind {
        CheckKind::Service(_) | CheckKind::Log(_) | CheckKind::Metric(_) => true,
        CheckKind::Sql(sql) => sql.target.host.is_none() || sql.target.password.as_ref().is_none_or(is_secret),
        CheckKind::Http(http) => http.headers.values().chain(&http.body).any(is_secret),
        CheckKind::WebSocket(socket) => socket.headers.values().chain(&socket.send).any(is_secret),
        CheckKind::Command(command) => command.environment.values().any(is_secret),
        CheckKind::Tls(_) => false,
    }
}

/// Makes these checks side by side. What does not pass is no error but a result.
pub(super) async fn make(
    session: &Session,
    workspace: &Workspace,
    desired: &Desired,
    checks: &BTreeMap<String, Check>,
    baseline: &Baseline,
) -> VerifyRun {
    let view = session.view();
    let ground = ground(session, &view, workspace, desired, baseline);
    let results = checks::run(checks, &ground).await;
    VerifyRun { environment: desired.environment.clone(), at: session.clock.now(), results, baseline: baseline.clone() }
}

/// What checks of this session are made with.
pub(super) fn ground<'a>(
    session: &'a Session,
    view: &'a View,
    workspace: &'a Workspace,
    desired: &'a Desired,
    baseline: &'a Baseline,
) -> Ground<'a> {
    Ground {
        desired,
        folder: workspace.root(),
        cloud: &view.cloud,
        readings: view.readings.as_ref(),
        clock: view.clock.as_ref(),
        secrets: session.secrets.as_ref(),
        simulated: session.world.as_deref(),
        baseline,
    }
}

/// How a command ends whose checks came to this: a gate that failed, or one that could not be looked at.
pub(super) fn exit(run: &VerifyRun) -> Exit {
    match run.verdict() {
        Verdict::Passed => Exit::Done,
        Verdict::Failed | Verdict::Unreachable => Exit::DeploymentFailed,
        Verdict::NotLooked => Exit::Error,
    }
}

/// The figures of an earlier run: from a file that `verify -o json` wrote, else those that a release took before it.
pub(super) fn baseline(context: &Context, workspace: &Workspace, path: &std::path::Path) -> Result<Baseline, CliError> {
    let wrong = |why: &str| {
        CliError::usage(format!("{} cannot be compared with: {why}", path.display()))
            .hint("a record is what `envctl verify ENV -o json=FILE` writes, or one of `envctl release list`")
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let id = path.to_str().filter(|id| !id.contains(['/', '.']));
            let found = id.and_then(|id| super::release::record(context, workspace, id).ok());
            return found.map(|record| record.baseline).ok_or_else(|| wrong(&error.to_string()));
        }
    };
    let value = serde_json::from_str(&text).map_err(|error| wrong(&format!("no JSON: {error}")))?;
    crate::ui::verify::read_figures(&value).ok_or_else(|| wrong("it holds no checks with figures"))
}

/// Writes what was seen in every format that was asked for.
pub(super) fn show(context: &Context, run: &VerifyRun) -> Result<(), CliError> {
    use crate::ui::verify;
    for output in context.outputs() {
        let text = match output.format.as_str() {
            "json" => verify::json(run),
            "markdown" => verify::markdown(run),
            "junit" => verify::junit(run),
            _ => verify::text(run, &context.ui),
        };
        super::output::write(&output, &text, &context.ui)?;
    }
    Ok(())
}
