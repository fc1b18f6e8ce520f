//! The gates of a release, in their order. This file is its table of contents.

use super::prepare::steps_before;
use super::session::{Halt, Release, Told};
use crate::cli::exit::Exit;
use crate::model::{Gate, ReleaseStep, Standing};
use crate::ui::quantity;

impl Release<'_> {
    /// Goes through all of them; how the command ends.
    pub(super) async fn go(&mut self) -> Exit {
        match self.gates().await {
            Ok(()) => self.succeed().await,
            Err(halt) => self.end_early(halt).await,
        }
    }

    async fn gates(&mut self) -> Result<(), Halt> {
        if !self.prepared.no_way_back.is_empty() {
            let accepted = self.prepared.no_way_back.clone();
            let told = async |_: &mut Self| Ok(Told::noted(accepted));
            self.entry(Gate::Before, "go without a way back, which was accepted", told).await?;
        }
        self.steps(Gate::Before, &steps_before(self.desired)).await?;
        self.entry(Gate::Deploy, "a new revision", async |release| release.deploy().await).await?;
        for task in &self.desired.release.tasks {
            let run = async |release: &mut Self| release.task(task).await;
            self.entry(Gate::Tasks, &format!("task {task}"), run).await?;
        }
        self.steps(Gate::Verify, &self.desired.release.verify).await?;
        if let Some(watch) = &self.desired.release.watch {
            let words = |time: std::time::Duration| quantity::duration(time.as_secs());
            let what = format!("for {}, every {}", words(watch.lasts), words(watch.every));
            self.entry(Gate::Watch, &what, async |release| release.watch(watch).await).await?;
        }
        self.steps(Gate::After, &self.desired.release.after).await
    }

    async fn steps(&mut self, gate: Gate, steps: &[ReleaseStep]) -> Result<(), Halt> {
        for step in steps {
            let has_checks = !self.desired.checks.is_empty();
            if matches!(step, ReleaseStep::Checks(names) if names.is_empty() && !has_checks) {
                continue;
            }
            let perform = async |release: &mut Self| release.step(gate, step).await;
            self.entry(gate, &step.to_string(), perform).await?;
        }
        Ok(())
    }

    /// Every gate was passed.
    async fn succeed(&mut self) -> Exit {
        let now = self.now();
        let open = self.desired.release.watch.as_ref().and_then(|watch| watch.open_for);
        self.record.ended_at = Some(now);
        self.record.standing = match open {
            Some(open) => Standing::Open { until: now.checked_add(open).unwrap_or(jiff::Timestamp::MAX) },
            None => Standing::Succeeded,
        };
        self.close().await;
        Exit::Done
    }

    /// The record for the last time. What cannot be written any more is said.
    pub(super) async fn close(&mut self) {
        if let Err(error) = self.write().await {
            self.context.ui.complain(&format!("The record could not be completed: {error}"));
        }
    }
}
