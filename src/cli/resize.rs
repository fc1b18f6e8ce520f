//! `envctl rightsize --apply`, `--set` and `--back`: sizes changed in the spec file, shown as a diff, brought up, and
//! taken back in file and cloud when they do not hold.

use std::time::Duration;

use jiff::Timestamp;

use super::arguments::ChangeArgs;
use super::change::Change;
use super::confirm::Confirmation;
use super::context::{Context, Session};
use super::error::CliError;
use super::exit::Exit;
use super::look;
use super::resize_edit::{Rewrite, Wanted, rewrite};
use super::rightsize::{measure, ran_out_of_memory};
use super::run_id::RunId;
use crate::model::{DataSource, Depth, Desired, Goal, Live, NoteKind, Power, ResourceKind, present};
use crate::planner;
use crate::report::rightsize::{Applied, AppliedChange, Rightsizing};
use crate::store::sizes::Sizes;
use crate::ui::prompt;
use crate::ui::rightsize::{self as show, RightsizingView};
use crate::workspace::Workspace;

/// What is to be changed.
pub(super) enum Order {
    /// What the metrics propose.
    Proposals,
    /// These values.
    Values(Vec<Wanted>),
    /// What the last change changed, as it was before.
    Back,
}

/// One change of sizes.
pub(super) struct Resize<'a> {
    pub(super) context: &'a Context,
    pub(super) workspace: &'a Workspace,
    pub(super) desired: &'a Desired,
    pub(super) order: Order,
    pub(super) window: Duration,
    /// How long to look for tasks that run out of memory afterwards.
    pub(super) watch: Duration,
    pub(super) change: &'a ChangeArgs,
}

impl Resize<'_> {
    /// The whole road.
    pub(super) async fn make(&self, session: &Session) -> Result<Exit, CliError> {
        let ui = &self.context.ui;
        let sizes = Sizes::new(&session.store);
        let live = look::observe(session, self.desired, Depth::Preflight, &DataSource::Latest).await?;
        let report = measure(&session.view(), self.desired, &live, self.window).await?;
        let wanted = self.wanted(&report, &sizes.of(&self.desired.environment).await?)?;
        ui.complain(&show::text(&[RightsizingView { report: report.clone(), changed: None }], ui));
        let Some(rewrite) = rewrite(self.workspace, self.desired, &wanted)? else {
            ui.data("the spec needs no change\n")?;
            return Ok(Exit::Done);
        };
        self.refuse_what_has_to_wait(session, &rewrite, &live)?;
        ui.complain(&rewrite.difference());
        if self.change.dry_run {
            return Ok(Exit::Pending);
        }
        self.confirm()?;
        rewrite.write(self.workspace, false)?;
        if planner::power_now(self.desired, &live) != Power::Up {
            self.remember(session, &sizes, &report, &rewrite).await?;
            ui.data(&format!("written; the next `envctl up {}` applies it\n", self.desired.environment))?;
            return Ok(Exit::Done);
        }
        self.bring_up(session, &sizes, &report, &rewrite).await
    }

    fn wanted(&self, report: &Rightsizing, applied: &[Applied]) -> Result<Vec<Wanted>, CliError> {
        match &self.order {
            Order::Values(values) => Ok(values.clone()),
            Order::Proposals => {
                let of = report.proposals.iter().flat_map(|proposal| {
                    let key = &proposal.key;
                    proposal.fields.iter().map(move |(field, value)| Wanted {
                        key: key.clone(),
                        field: field.clone(),
                        value: value.clone(),
                    })
                });
                Ok(of.collect())
            }
            Order::Back => {
                let last = applied.last().ok_or_else(|| {
                    CliError::usage(format!("no size of {} was changed by rightsize", self.desired.environment))
                })?;
                let back = |change: &AppliedChange| Wanted {
                    key: change.key.clone(),
                    field: change.field.clone(),
                    value: change.from.clone(),
                };
                Ok(last.changes.iter().map(back).collect())
            }
        }
    }

    /// Within 24 hours of its last change EFS takes neither less throughput nor another mode: the spec would say what is
    /// not so (`aws.md` 3.1).
    fn refuse_what_has_to_wait(&self, session: &Session, rewrite: &Rewrite, live: &Live) -> Result<(), CliError> {
        let policy = look::policy(self.context, session, &rewrite.desired, &RunId::new(session));
        let plan = planner::plan(&rewrite.desired, live, &Goal::Up { from: DataSource::Latest }, &policy);
        let waits = plan.notes.iter().find(|note| {
            let about = note.key.as_ref().is_some_and(|key| key.kind == ResourceKind::FileSystem);
            about && note.kind == NoteKind::NotDone
        });
        match waits {
            None => Ok(()),
            Some(note) => {
                Err(CliError::other(format!("{}; nothing was changed", note.text)).hint("run the same command then"))
            }
        }
    }

    fn confirm(&self) -> Result<(), CliError> {
        let ui = &self.context.ui;
        if self.change.yes {
            return Ok(());
        }
        if !ui.interactive {
            return Err(CliError::usage("there is no terminal to ask on, so nothing was done")
                .hint("pass --yes to do it without asking"));
        }
        let question = format!("write this, and bring {} up with it?", self.desired.environment);
        if prompt::yes_or_no(&question)? {
            Ok(())
        } else {
            Err(CliError::new(Exit::Error, "not confirmed; nothing was done"))
        }
    }

    async fn bring_up(
        &self,
        session: &Session,
        sizes: &Sizes,
        report: &Rightsizing,
        rewrite: &Rewrite,
    ) -> Result<Exit, CliError> {
        let begun = session.clock.now();
        match self.up(session, &rewrite.desired).await {
            Ok(exit) => {
                let starved = self.starved(session, &rewrite.desired, begun).await?;
                if starved.is_empty() {
                    self.remember(session, sizes, report, rewrite).await?;
                    return Ok(exit);
                }
                let names = starved.join(", ");
                self.take_back(session, rewrite, &format!("tasks of {names} ran out of memory")).await
            }
            Err(error) if error.exit() == Exit::DeploymentFailed => {
                error.report(&self.context.ui);
                self.take_back(session, rewrite, "the deployment failed").await
            }
            // Before anything was changed in the cloud: the file must not say what nobody has agreed to.
            Err(error) if matches!(error.exit(), Exit::Locked | Exit::Usage | Exit::Guarded) => {
                rewrite.write(self.workspace, true)?;
                Err(error.detail("the spec is as it was"))
            }
            Err(error) => Err(error.hint("the spec has the new sizes; `envctl rightsize ENV --back` takes them back")),
        }
    }

    async fn up(&self, session: &Session, desired: &Desired) -> Result<Exit, CliError> {
        let args = ChangeArgs { yes: true, ..self.change.clone() };
        let change = Change {
            context: self.context,
            desired,
            goal: Goal::Up { from: DataSource::Latest },
            args: &args,
            confirmation: Confirmation::YesOrNo,
            wait: true,
        };
        change.make(session).await
    }

    /// Services of which a task ran out of memory since then, looked for until the watch is over.
    async fn starved(&self, session: &Session, desired: &Desired, since: Timestamp) -> Result<Vec<String>, CliError> {
        const PAUSE: Duration = Duration::from_secs(15);
        let end = session.clock.now().saturating_add(self.watch).unwrap_or(Timestamp::MAX);
        loop {
            let mut starved = Vec::new();
            for (name, service) in &desired.services {
                let tasks = session.readings.stopped_tasks(&service.cluster, &service.service_name).await?;
                let recent = |at: Option<Timestamp>| at.is_some_and(|at| at >= since);
                if tasks.iter().any(|task| recent(task.stopped_at) && ran_out_of_memory(task)) {
                    starved.push(name.clone());
                }
            }
            if !starved.is_empty() || session.clock.now() >= end {
                return Ok(starved);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The old texts, and the old sizes in the cloud.
    async fn take_back(&self, session: &Session, rewrite: &Rewrite, why: &str) -> Result<Exit, CliError> {
        rewrite.write(self.workspace, true)?;
        self.context.ui.complain(&format!("{why}: the new sizes are taken back, in the spec and in the cloud"));
        self.up(session, self.desired).await?;
        Err(CliError::new(Exit::DeploymentFailed, format!("the new sizes did not hold: {why}"))
            .answered()
            .detail("they were taken back: the spec and the cloud are as they were"))
    }

    /// Keeps what was changed; after `--back` the change that was taken back is forgotten.
    async fn remember(
        &self,
        session: &Session,
        sizes: &Sizes,
        report: &Rightsizing,
        rewrite: &Rewrite,
    ) -> Result<(), CliError> {
        let environment = &self.desired.environment;
        let mut all = sizes.of(environment).await?;
        if matches!(self.order, Order::Back) {
            all.pop();
        } else {
            let changes = rewrite.edits.iter().map(|(wanted, edit)| AppliedChange {
                key: wanted.key.clone(),
                field: wanted.field.clone(),
                file: edit.span.file.clone(),
                from: unquoted(&edit.old),
                to: unquoted(&edit.new),
                before: report
                    .proposals
                    .iter()
                    .find(|proposal| proposal.key == wanted.key)
                    .map(|proposal| proposal.inputs.clone())
                    .unwrap_or_default(),
            });
            let (at, by) = (session.clock.now(), self.context.identity().who());
            all.push(Applied { at, by, changes: changes.collect() });
        }
        Ok(sizes.replace(environment, &all).await?)
    }
}

fn unquoted(text: &str) -> String {
    text.trim_matches(['"', '\'']).to_owned()
}

/// The last change of an environment, and how its resources are used since.
pub(super) async fn since_last_change(
    session: &super::context::View,
    desired: &Desired,
    live: &Live,
) -> Result<Option<(Applied, Rightsizing)>, CliError> {
    let Some(last) = Sizes::new(&session.store).of(&desired.environment).await?.pop() else { return Ok(None) };
    let still_there = |change: &AppliedChange| match change.key.kind {
        ResourceKind::FileSystem => present(&live.file_systems).any(|(name, _)| *name == change.key.name),
        _ => true,
    };
    if !last.changes.iter().all(still_there) {
        return Ok(None);
    }
    let length = Duration::try_from(session.clock.now().duration_since(last.at)).unwrap_or_default();
    let since = measure(session, desired, live, length.max(Duration::from_secs(300))).await?;
    Ok(Some((last, since)))
}
