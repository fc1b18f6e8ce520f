//! `envctl verify --load`: a small measured load, for a comparison before and after (P13).

use std::collections::BTreeMap;

use super::context::Session;
use super::error::CliError;
use super::exit::Exit;
use super::verification;
use crate::checks::{self, Load, LoadResult};
use crate::model::{Baseline, Check, CheckKind, CheckResult, Desired, HttpCheck, Verdict};
use crate::ui::verify::VerifyRun;
use crate::workspace::Workspace;

/// Refuses a load on a protected environment whose name was not typed again.
pub(super) fn allowed(desired: &Desired, yes: bool, confirm: Option<&str>) -> Result<(), CliError> {
    let environment = &desired.environment;
    match confirm {
        Some(given) if given != environment => {
            Err(CliError::usage(format!("--confirm says `{given}`, but the environment is `{environment}`")))
        }
        Some(_) if yes => Ok(()),
        _ if !desired.protect => Ok(()),
        _ => Err(CliError::new(Exit::Guarded, format!("{environment} is protected, and no load was put on it"))
            .hint(format!("pass --yes --confirm {environment} to do it all the same"))),
    }
}

/// The http check that is meant.
pub(super) fn target(desired: &Desired, checks: &BTreeMap<String, Check>) -> Result<(String, Check), CliError> {
    let mut http = checks.iter().filter(|(_, check)| matches!(check.kind, CheckKind::Http(_)));
    match (http.next(), http.next()) {
        (Some((name, check)), None) => Ok((name.clone(), check.clone())),
        (None, _) => Err(CliError::usage(format!("{} has no http check for a load", desired.environment))
            .hint("declare one under `checks:` in its spec")),
        (Some(_), Some(_)) => {
            let names = checks.iter().filter(|(_, check)| matches!(check.kind, CheckKind::Http(_)));
            let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
            Err(CliError::usage("which http check is the load?")
                .hint(format!("pass --only, one of {}", names.join(", "))))
        }
    }
}

/// Plays it.
pub(super) async fn play(
    session: &Session,
    workspace: &Workspace,
    desired: &Desired,
    (name, check): (&str, &Check),
    load: Load,
    baseline: &Baseline,
) -> Result<VerifyRun, CliError> {
    verification::guard(session, desired, &BTreeMap::from([(name.to_owned(), check.clone())])).await?;
    let view = session.view();
    let ground = verification::ground(session, &view, workspace, desired, baseline);
    let measured = checks::load(name, check, load, &ground).await.map_err(CliError::other)?;
    let CheckKind::Http(http) = &check.kind else { return Err(CliError::usage("only an http check can be a load")) };
    let before = baseline.get(name).cloned().unwrap_or_default();
    let figures = measured.figures();
    let mut problems = checks::too_slow(http, &figures, &before);
    problems.extend(errors(http, &measured));
    let figure = |name: &str| figures.get(name).map_or_else(|| "none".to_owned(), ToString::to_string);
    let summary = format!(
        "{} users, {} requests, {} a second; p50 {} ms, p95 {} ms, p99 {} ms; {} % errors",
        load.users,
        figure("requests"),
        figure("requests_per_second"),
        figure("p50_ms"),
        figure("p95_ms"),
        figure("p99_ms"),
        figure("errors_percent"),
    );
    let statuses = measured.wrong.iter().map(|(status, count)| format!("{count} answers with status {status}"));
    let lost = measured.lost.iter().map(|(reason, count)| format!("{count} requests lost: {reason}"));
    let result = CheckResult {
        name: name.to_owned(),
        kind: "load".to_owned(),
        verdict: if problems.is_empty() { Verdict::Passed } else { Verdict::Failed },
        summary,
        problems,
        evidence: statuses.chain(lost.take(5)).collect(),
        figures,
        tries: 1,
        took: measured.took,
        simulated: false,
    };
    let (environment, at) = (desired.environment.clone(), session.clock.now());
    Ok(VerifyRun { environment, at, results: vec![result], baseline: baseline.clone() })
}

fn errors(http: &HttpCheck, measured: &LoadResult) -> Option<String> {
    match measured.error_percent() {
        None => Some("no request was made".to_owned()),
        Some(percent) if percent > http.errors_percent => {
            Some(format!("{percent} % of the requests went wrong, expected at most {} %", http.errors_percent))
        }
        Some(_) => None,
    }
}
