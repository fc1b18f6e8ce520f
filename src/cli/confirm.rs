//! Asking before something is changed.

use super::asking;
use super::change::Change;
use super::error::CliError;
use super::exit::Exit;
use super::signals::Signals;
use crate::model::{Desired, Goal, Plan, StepId};
use crate::ui::{self, prompt};

/// How a command is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Confirmation {
    /// The plan, then y or n; `--yes`.
    YesOrNo,
    /// The plan, then the environment's name; `--yes --confirm ENV`.
    Name {
        /// What `--confirm` named.
        given: Option<String>,
    },
}

impl Confirmation {
    /// Of what is no destruction: y or n, and the name where the spec protects the environment.
    pub(super) fn of(desired: &Desired, given: Option<&String>) -> Self {
        if desired.protect || given.is_some() { Self::Name { given: given.cloned() } } else { Self::YesOrNo }
    }

    /// Have the flags answered already?
    ///
    /// # Errors
    /// `--confirm` names another environment.
    pub(super) fn is_given(&self, environment: &str, yes: bool) -> Result<bool, CliError> {
        match self {
            Self::Name { given: Some(given) } if given != environment => {
                Err(CliError::usage(format!("--confirm says `{given}`, but the environment is `{environment}`")))
            }
            Self::YesOrNo | Self::Name { given: Some(_) } => Ok(yes),
            Self::Name { given: None } => Ok(false),
        }
    }

    /// What is asked; its answer: whether somebody agrees.
    fn question(
        &self,
        environment: &str,
        verb: &str,
        by_name: String,
    ) -> impl FnOnce() -> std::io::Result<bool> + Send + 'static {
        let (is_by_name, environment) = (matches!(self, Self::Name { .. }), environment.to_owned());
        let yes_or_no = format!("{verb} {environment}?");
        move || if is_by_name { Ok(prompt::ask(&by_name)? == environment) } else { prompt::yes_or_no(&yes_or_no) }
    }
}

/// Shows the plan and asks, unless the flags have answered already.
pub(super) fn confirm(change: &Change<'_>, plan: &Plan) -> Result<(), CliError> {
    let ui = &change.context.ui;
    let environment = &plan.environment;
    if change.confirmation.is_given(environment, change.args.yes)? {
        ui.say(&ui::plan::summary(plan, ui));
        return Ok(());
    }
    if !ui.interactive {
        let error = no_terminal(change);
        return Err(match plan.goal {
            Goal::Snapshot
            | Goal::Prune
            | Goal::DiscardFormer
            | Goal::Deploy { .. }
            | Goal::Rollback { .. }
            | Goal::RollbackData { .. }
            | Goal::DiscardKept
            | Goal::Maintenance { .. }
            | Goal::Run { .. } => error,
            _ => error.hint(format!("see what would be done: envctl plan {environment} --for {}", plan.goal.command())),
        });
    }
    ui.complain(&ui::plan::text(plan, ui));
    ask(change, plan)
}

/// [`confirm`] for a release, which is more than its plan.
pub(super) fn of_release(change: &Change<'_>, procedure: &[String]) -> Result<(), CliError> {
    let ui = &change.context.ui;
    let environment = &change.desired.environment;
    let told = told(change.desired, procedure);
    if change.confirmation.is_given(environment, change.args.yes)? {
        ui.say(&told);
        return Ok(());
    }
    if !ui.interactive {
        return Err(no_terminal(change));
    }
    ui.complain(&told);
    let by_name = "Type the name of the environment to release to it: ".to_owned();
    agreed_or_not(change.confirmation.question(environment, "release", by_name)()?)
}

/// What a release is about to do.
pub(super) fn told(desired: &Desired, procedure: &[String]) -> String {
    format!("{}: release\n  {}", desired.environment, procedure.join("\n  "))
}

fn no_terminal(change: &Change<'_>) -> CliError {
    let flags = match &change.confirmation {
        Confirmation::YesOrNo => "--yes".to_owned(),
        Confirmation::Name { .. } => format!("--yes --confirm {}", change.desired.environment),
    };
    CliError::usage("there is no terminal to ask on, so nothing was done")
        .hint(format!("pass {flags} to do it without asking"))
}

/// Asks again when somebody changed the environment between the question and the lock.
pub(super) async fn confirm_if_changed(
    change: &Change<'_>,
    shown: &Plan,
    now: &Plan,
    signals: &Signals,
) -> Result<(), CliError> {
    let steps = |plan: &Plan| plan.steps.iter().map(|step| step.id.clone()).collect::<Vec<StepId>>();
    if steps(shown) == steps(now) {
        return Ok(());
    }
    let ui = &change.context.ui;
    ui.say("The environment changed meanwhile; the plan was made again.");
    if change.args.yes {
        return Ok(());
    }
    ui.complain(&ui::plan::text(now, ui));
    let question = question(change, now);
    let mut interrupt = signals.receiver();
    let agreed = tokio::select! {
        biased;
        Ok(signal) = interrupt.wait_for(Option::is_some) => {
            let signal = signal.unwrap_or(2);
            return Err(CliError::new(Exit::Signal(signal), "interrupted at the question; nothing was done"));
        }
        agreed = asking::ask(question) => agreed?,
    };
    agreed_or_not(agreed)
}

fn ask(change: &Change<'_>, plan: &Plan) -> Result<(), CliError> {
    agreed_or_not(question(change, plan)()?)
}

/// The question about a plan.
fn question(change: &Change<'_>, plan: &Plan) -> impl FnOnce() -> std::io::Result<bool> + Send + 'static {
    let verb = plan.goal.command();
    let by_name = match plan.goal {
        Goal::Destroy { .. } => "This cannot be undone. Type the name of the environment to destroy it: ".to_owned(),
        _ => format!("Type the name of the environment to {verb} it: "),
    };
    change.confirmation.question(&plan.environment, verb, by_name)
}

fn agreed_or_not(agreed: bool) -> Result<(), CliError> {
    if agreed { Ok(()) } else { Err(CliError::new(Exit::Error, "not confirmed; nothing was done")) }
}
