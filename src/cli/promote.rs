//! `envctl promote`.

use std::collections::BTreeSet;

use serde::Serialize;

use super::arguments::environment_completer;
use super::context::{Context, Session};
use super::error::CliError;
use super::exit::Exit;
use super::resize_edit::{Rewrite, Wanted, rewrite};
use super::{load, look, promote_releases, run_id, verification};
use crate::model::{Baseline, DataSource, Depth, Desired, Goal, Live, NoteKind, Verdict};
use crate::planner;
use crate::report::{self, Part, Promotion};
use crate::store::sizes::Sizes;
use crate::ui::{self, prompt, quantity};
use crate::workspace::Workspace;

/// Writes what was proven in one environment into the spec of another: image, sizes, scaling, throughput
///
/// Only the file is changed, value by value; its formatting and comments stay. What FROM runs counts, not what its spec
/// says: it must be up, as its spec says, its deployments complete and its checks passed. Shows the evidence and the
/// diff, asks, and says what to type next; the cloud is left alone.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment in which it was proven
    #[arg(value_name = "FROM", add = environment_completer())]
    from: String,
    /// Environment whose spec is changed
    #[arg(value_name = "TO", add = environment_completer())]
    to: String,
    /// Only this: image, size, scaling, throughput, database; may be repeated [default: all but the database]
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Do not make the checks of FROM
    #[arg(long)]
    without_checks: bool,
    /// Write it without asking; needed where no terminal is
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let from = load::desired(&workspace, &args.from)?;
    let to = load::desired(&workspace, &args.to)?;
    if from.environment == to.environment {
        return Err(CliError::usage("an environment has nothing to promote to itself")
            .hint("name the environment in which it was proven, then the one whose spec is to change"));
    }
    let order = Order { context, workspace: &workspace, from: &from, to: &to, args };
    context.with_cloud(&workspace, &from, async |session| order.make(session).await)
}

/// One promotion.
struct Order<'a> {
    context: &'a Context,
    workspace: &'a Workspace,
    from: &'a Desired,
    to: &'a Desired,
    args: &'a Args,
}

impl Order<'_> {
    async fn make(&self, session: &Session) -> Result<Exit, CliError> {
        let live = look::glance(&session.view(), self.from, Depth::Preflight, &DataSource::Latest).await?;
        let parts: BTreeSet<Part> = match self.args.only.as_slice() {
            [] => Part::USUAL.into_iter().collect(),
            named => named.iter().copied().collect(),
        };
        let mut promotion = report::promotion(self.from, &live, self.to, &parts);
        refuse(&promotion)?;
        self.is_as_declared(session, &live)?;
        promotion.evidence.push(self.checks(session).await?);
        promotion.evidence.extend(self.sizes(session).await?);
        promote_releases::tell(session, self.from, self.to, &live, &mut promotion).await?;
        let wanted: Vec<Wanted> = promotion
            .values
            .iter()
            .map(|one| Wanted { key: one.key.clone(), field: one.field.clone(), value: one.value.clone() })
            .collect();
        let rewrite = rewrite(self.workspace, self.to, &wanted)?;
        self.show(&promotion, rewrite.as_ref());
        if let Some(rewrite) = &rewrite {
            self.confirm()?;
            rewrite.write(self.workspace, false)?;
        }
        self.answer(&promotion, rewrite.as_ref())
    }

    /// Nothing is proven by an environment that is not what its spec says.
    fn is_as_declared(&self, session: &Session, live: &Live) -> Result<(), CliError> {
        let policy = look::policy(self.context, session, self.from, &run_id::RunId::new(session));
        let plan = planner::plan(self.from, live, &Goal::Up { from: DataSource::Latest }, &policy);
        let waits = plan.notes.iter().filter(|note| note.kind == NoteKind::NotDone).map(|note| note.text.clone());
        let open: Vec<String> = plan.steps.iter().map(|step| step.title.clone()).chain(waits).collect();
        let environment = &self.from.environment;
        match open.as_slice() {
            [] => Ok(()),
            open => {
                let error =
                    CliError::other(format!("{environment} is not what its spec says: nothing is proven by it"))
                        .hint(format!("envctl plan {environment} shows the whole; envctl up {environment} does it"));
                Err(open.iter().fold(error, |error, step| error.detail(format!("still to do: {step}"))))
            }
        }
    }

    /// Makes the checks of FROM, and says what came of them.
    async fn checks(&self, session: &Session) -> Result<String, CliError> {
        let environment = &self.from.environment;
        let checks = verification::chosen(self.from, &[])?;
        if self.args.without_checks || checks.is_empty() {
            let why = if checks.is_empty() { "its spec has none" } else { "as asked for" };
            return Ok(format!("no check of {environment} was made: {why}"));
        }
        let run = verification::make(session, self.workspace, self.from, &checks, &Baseline::new()).await;
        if run.verdict() == Verdict::Passed {
            return Ok(format!("checks of {environment} at {}: {}", quantity::time(run.at), run.counts()));
        }
        let error = CliError::new(verification::exit(&run), format!("{environment} does not pass its checks"))
            .hint(format!("envctl verify {environment} shows each; --without-checks promotes all the same"));
        let failed = run.results.iter().filter(|result| result.verdict != Verdict::Passed);
        Err(failed.fold(error, |error, result| {
            error.detail(format!("{} {}: {}", result.name, result.verdict, result.summary))
        }))
    }

    /// What `rightsize` measured before it changed the sizes of FROM.
    async fn sizes(&self, session: &Session) -> Result<Vec<String>, CliError> {
        let Some(last) = Sizes::new(&session.store).of(&self.from.environment).await?.pop() else {
            return Ok(Vec::new());
        };
        let line = |change: &report::rightsize::AppliedChange| {
            let figures: Vec<String> = change.before.iter().map(|(name, figure)| format!("{name} {figure}")).collect();
            let figures = if figures.is_empty() { String::new() } else { format!(" ({})", figures.join(", ")) };
            format!(
                "rightsize, {} by {}: {} of {} {} → {}{figures}",
                quantity::time(last.at),
                last.by,
                change.field,
                change.key,
                change.from,
                change.to
            )
        };
        Ok(last.changes.iter().map(line).collect())
    }

    fn show(&self, promotion: &Promotion, rewrite: Option<&Rewrite>) {
        let ui = &self.context.ui;
        ui.say(&format!("Proven in {}:", self.from.environment));
        for line in &promotion.evidence {
            ui.say(&ui::wrap::hanging("  - ", line, ui.width));
        }
        for note in &promotion.notes {
            ui.say(&ui::wrap::hanging("  note: ", note, ui.width));
        }
        if let Some(rewrite) = rewrite {
            ui.complain(&rewrite.difference());
        }
    }

    fn confirm(&self) -> Result<(), CliError> {
        let ui = &self.context.ui;
        if self.args.yes {
            return Ok(());
        }
        if !ui.interactive {
            return Err(CliError::usage("there is no terminal to ask on, so nothing was written")
                .hint("pass --yes to write it without asking"));
        }
        if prompt::yes_or_no(&format!("write this into the spec of {}?", self.to.environment))? {
            Ok(())
        } else {
            Err(CliError::new(Exit::Error, "not confirmed; nothing was written"))
        }
    }

    fn answer(&self, promotion: &Promotion, rewrite: Option<&Rewrite>) -> Result<Exit, CliError> {
        let to = &self.to.environment;
        let changes: Vec<ChangeDto> = rewrite.map(changes).unwrap_or_default();
        let dto = || PromotionDto {
            format_version: ui::FORMAT_VERSION,
            from: &self.from.environment,
            to,
            changes: &changes,
            evidence: &promotion.evidence,
            notes: &promotion.notes,
        };
        let text = || match changes.len() {
            0 => format!("the spec of {to} says all of it already\n"),
            count => format!(
                "written: {}; the cloud is as it was\nnext: envctl plan {to}, and when that is right envctl up {to}\n",
                quantity::count(count, "value")
            ),
        };
        self.context.ui.answer(text, dto)?;
        Ok(Exit::Done)
    }
}

fn refuse(promotion: &Promotion) -> Result<(), CliError> {
    let mut refusals = promotion.refusals.iter();
    let Some((why, remedy)) = refusals.next() else { return Ok(()) };
    let error = CliError::other(format!("nothing can be promoted: {why}")).hint(remedy);
    Err(refusals.fold(error, |error, (why, _)| error.detail(why)))
}

fn changes(rewrite: &Rewrite) -> Vec<ChangeDto> {
    let change = |(wanted, edit): &(Wanted, crate::spec::Edit)| ChangeDto {
        resource: wanted.key.to_string(),
        field: wanted.field.clone(),
        file: edit.span.file.clone(),
        line: edit.span.line,
        old: edit.old.clone(),
        new: edit.new.clone(),
    };
    rewrite.edits.iter().map(change).collect()
}

#[derive(Debug, Serialize)]
struct PromotionDto<'a> {
    format_version: u32,
    from: &'a str,
    to: &'a str,
    changes: &'a [ChangeDto],
    evidence: &'a [String],
    notes: &'a [String],
}

#[derive(Debug, Serialize)]
struct ChangeDto {
    resource: String,
    field: String,
    file: String,
    line: usize,
    old: String,
    new: String,
}
