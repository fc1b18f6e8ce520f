//! How a release ends: what is taken back, what the record says, what the user reads.

use super::announce::Moment;
use super::session::{Halt, Release, Told, Trouble, TroubleKind};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::model::{Desired, Gate, ReleaseRecord, Standing};
use crate::ui::release as ui;
use crate::workspace::Workspace;

impl Release<'_> {
    /// A gate was not passed: takes everything back where the spec says so, and tells what is where.
    pub(super) async fn end_early(&mut self, halt: Halt) -> Exit {
        let Halt { gate, what, trouble } = halt;
        let deployed = self.record.deployed_at.is_some();
        let failed = matches!(trouble.kind, TroubleKind::Failed | TroubleKind::TimedOut);
        let mut also = Vec::new();
        if deployed && failed && self.desired.release.rollback_when.contains(&gate) {
            also = self.roll_back(gate).await;
        } else if matches!(trouble.kind, TroubleKind::Interrupted(_)) {
            self.record.standing = Standing::Interrupted { gate };
        } else {
            self.record.standing = Standing::Stopped { gate };
        }
        let running = self.running().await.ok();
        let words = ui::incident(&self.record, &what, &trouble.why, &also, running.as_ref());
        self.record.incident = Some(words);
        self.record.ended_at = Some(self.now());
        if deployed || self.announced {
            self.tell_incident(gate).await;
        }
        self.close().await;
        match trouble.kind {
            TroubleKind::Failed => Exit::DeploymentFailed,
            TroubleKind::Interrupted(signal) => Exit::Signal(signal),
            TroubleKind::TimedOut => Exit::TimedOut,
            TroubleKind::LeaseLost => Exit::Locked,
        }
    }

    /// Takes everything back, behind the maintenance page where the spec says so; why it failed, empty: it did not.
    async fn roll_back(&mut self, gate: Gate) -> Vec<String> {
        // Its time is over; going back takes what it takes.
        self.deadline = None;
        if self.desired.release.maintenance_during_rollback && !self.record.in_maintenance {
            self.switch_page(gate, true).await;
        }
        // Code goes back also where the data cannot.
        let data = match self.desired.release.with_data {
            true => {
                let back = async |release: &mut Self| release.take_data_back().await;
                self.entry_in_any_case(gate, ReleaseRecord::DATA_GOES_BACK, back).await
            }
            false => Ok(()),
        };
        let back = self.entry_in_any_case(gate, "roll back", async |release| release.take_back().await).await;
        if let Err(trouble) = data.and(back) {
            self.record.standing = Standing::RollbackFailed { gate };
            return trouble.why;
        }
        self.record.standing = Standing::RolledBack { gate };
        if self.record.in_maintenance {
            self.switch_page(gate, false).await;
        }
        self.look_afterwards(gate).await;
        Vec::new()
    }

    /// The page is no reason to leave anything as it is: what goes wrong with it is noted.
    async fn switch_page(&mut self, gate: Gate, on: bool) {
        let switch = async |release: &mut Self| noted(release.maintenance(on).await);
        // The incident tells whether visitors get the page.
        let _ = self.entry_in_any_case(gate, if on { "maintenance on" } else { "maintenance off" }, switch).await;
    }

    /// The checks once more, to know whether what runs again is well. That is noted, whatever it is.
    async fn look_afterwards(&mut self, gate: Gate) {
        if self.desired.checks.is_empty() {
            return;
        }
        let look = async |release: &mut Self| noted(release.checks(gate, &[]).await);
        // A record that could not be written is told when it is closed.
        let _ = self.entry_in_any_case(gate, "checks after the rollback", look).await;
    }

    async fn tell_incident(&mut self, gate: Gate) {
        if self.desired.release.announce.is_empty() {
            return;
        }
        let tell = async |release: &mut Self| match release.announce(Moment::Incident).await {
            Ok(told) => Ok(told),
            Err(trouble) => Ok(Told::noted(trouble.why)),
        };
        let _ = self.entry_in_any_case(gate, "announce the incident", tell).await;
    }
}

/// What failed, as something that is only noted.
fn noted(answer: Result<Told, Trouble>) -> Result<Told, Trouble> {
    answer.or_else(|trouble| match trouble.kind {
        TroubleKind::Failed => Ok(Told::noted(trouble.why)),
        _ => Err(trouble),
    })
}

/// Writes the answer in every format that was asked for; a release that did not succeed is an error.
pub(super) fn report(
    context: &Context,
    workspace: &Workspace,
    desired: &Desired,
    record: &ReleaseRecord,
    exit: Exit,
) -> Result<Exit, CliError> {
    for output in context.outputs() {
        let text = match output.format.as_str() {
            "json" => ui::json(record),
            "markdown" => super::past::markdown(workspace, record)?,
            _ if !record.standing.is_good() => continue,
            _ => ui::done(record),
        };
        output::write(&output, &text, &context.ui)?;
    }
    if record.standing.is_good() {
        return Ok(exit);
    }
    let environment = &desired.environment;
    let error = CliError::new(exit, format!("the release to {environment} {}", record.standing.sentence())).answered();
    let lines = record.incident.as_deref().unwrap_or_default().lines();
    let error = lines.fold(error, CliError::detail);
    let error = ui::way_on(record).into_iter().fold(error, CliError::hint);
    Err(error.hint(format!("the record: envctl release show {environment} {}", record.id)))
}
