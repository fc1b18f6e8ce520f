//! Asking before something is changed.

use super::change::Change;
use super::error::CliError;
use super::exit::Exit;
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

    fn ask(&self, environment: &str, verb: &str, by_name: &str) -> Result<(), CliError> {
        let agreed = match self {
            Self::YesOrNo => prompt::yes_or_no(&format!("{verb} {environment}?"))?,
            Self::Name { .. } => prompt::ask(by_name)? == environment,
        };
        if agreed { Ok(()) } else { Err(CliError::new(Exit::Error, "not confirmed; nothing was done")) }
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
    change.confirmation.ask(environment, "release", "Type the name of the environment to release to it: ")
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
pub(super) fn confirm_if_changed(change: &Change<'_>, shown: &Plan, now: &Plan) -> Result<(), CliError> {
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
    ask(change, now)
}

fn ask(change: &Change<'_>, plan: &Plan) -> Result<(), CliError> {
    let verb = plan.goal.command();
    let by_name = match plan.goal {
        Goal::Destroy { .. } => "This cannot be undone. Type the name of the environment to destroy it: ".to_owned(),
        _ => format!("Type the name of the environment to {verb} it: "),
    };
    change.confirmation.ask(&plan.environment, verb, &by_name)
}
