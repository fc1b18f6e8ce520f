//! `envctl release ENV`: from the flags to the end of a release.

use std::collections::BTreeMap;

use super::StartArgs;
use super::end;
use super::prepare::{self, Prepared};
use super::session::Release;
use crate::cli::change::{Change, command_line};
use crate::cli::confirm::{self, Confirmation};
use crate::cli::context::{Context, Session};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::lease::Lease;
use crate::cli::load;
use crate::cli::run_id::RunId;
use crate::cli::signals::Signals;
use crate::model::{Desired, ReleaseRecord, Standing};
use crate::store::releases::Releases;
use crate::workspace::Workspace;

pub(super) fn run(context: &Context, args: &StartArgs) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let environment = args.environment.as_deref().unwrap_or_default();
    let desired = load::desired(&workspace, environment)?;
    let settings = args.what.settings(&desired)?;
    if settings.is_empty() {
        return Err(CliError::usage("nothing to release was given")
            .hint("pass --image NAME=REF or --set KEY=VALUE: what is to be deployed"));
    }
    let confirmed = Confirmation::of(&desired, args.confirm.as_ref()).is_given(environment, args.change.yes)?;
    let can_ask = context.ui.interactive || args.change.dry_run;
    let answers = prepare::answers(&desired.release, &args.answer, can_ask, confirmed)?;
    super::announce::templates(&workspace)?;
    context.with_cloud(&workspace, &desired, async |session| {
        let prepared = prepare::look(context, session, &desired, args, &settings, &answers).await?;
        carry_out(context, session, &workspace, &desired, args, prepared).await
    })
}

/// Asks, takes the lock, and goes through the gates.
async fn carry_out(
    context: &Context,
    session: &Session,
    workspace: &Workspace,
    desired: &Desired,
    args: &StartArgs,
    prepared: Prepared,
) -> Result<Exit, CliError> {
    let run = RunId::new(session);
    let change = Change {
        context,
        desired,
        goal: prepared.goal(&run),
        args: &args.change,
        confirmation: Confirmation::of(desired, args.confirm.as_ref()),
        wait: true,
    };
    if args.change.dry_run {
        context.ui.say(&confirm::told(desired, &prepared.procedure(desired)));
        return change.show(session, &run).await;
    }
    confirm::of_release(&change, &prepared.procedure(desired))?;
    let signals = Signals::listen();
    let lease = Lease::take(&change, session, &run, &signals).await?;
    let record = begun(context, session, desired, args, &prepared, &run);
    let mut release = Release::new(context, session, workspace, desired, args, prepared, run, &lease, &signals, record);
    let answer = match release.write().await {
        Err(error) => Err(CliError::from(error).detail("the record cannot be written, so nothing was done")),
        Ok(()) => Ok(release.go().await),
    };
    let record = release.into_record();
    lease.release().await;
    end::report(context, workspace, desired, &record, answer?)
}

/// The record of a release that begins now.
fn begun(
    context: &Context,
    session: &Session,
    desired: &Desired,
    args: &StartArgs,
    prepared: &Prepared,
    run: &RunId,
) -> ReleaseRecord {
    ReleaseRecord {
        format_version: ReleaseRecord::FORMAT_VERSION,
        id: run.to_string(),
        environment: desired.environment.clone(),
        application: desired.application.clone(),
        account: desired.account.clone(),
        region: desired.region.clone(),
        who: context.identity().who(),
        command: command_line(),
        reason: args.change.reason.clone(),
        began_at: session.clock.now(),
        ended_at: None,
        deployed_at: None,
        standing: Standing::UnderWay,
        settings: prepared.settings.clone(),
        revisions: prepared.revisions.clone(),
        snapshots: BTreeMap::new(),
        baseline: BTreeMap::new(),
        in_maintenance: false,
        data_is_back: false,
        entries: Vec::new(),
        incident: None,
        verdict: None,
    }
}

/// Where the records are.
pub(super) fn releases(session: &Session) -> Releases {
    Releases::new(&session.store)
}
