//! Errors of commands: text, hints and exit codes. The only place that knows which error ends with which code.

use serde::Serialize;

use super::exit::Exit;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{Plan, Problem, RefusalKind};
use crate::store::StoreError;
use crate::ui::diagnostics::{self, Sources};
use crate::ui::{self, Format, Ui, style, wrap};
use crate::workspace::WorkspaceError;

/// Why a command failed.
#[derive(Debug)]
pub(super) struct CliError {
    exit: Exit,
    message: String,
    details: Vec<String>,
    hints: Vec<String>,
    problems: Vec<Problem>,
    sources: Sources,
    /// The answer was written already: `--output json` must not write a second value.
    answered: bool,
}

impl CliError {
    /// An error that ends with this code.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            details: Vec::new(),
            hints: Vec::new(),
            problems: Vec::new(),
            sources: Sources::new(),
            answered: false,
        }
    }

    /// Wrong usage: exit code 3.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// An error without a code of its own: exit code 1.
    pub(super) fn other(message: impl Into<String>) -> Self {
        Self::new(Exit::Error, message)
    }

    /// Problems of specs or templates: exit code 3.
    pub(super) fn problems(problems: Vec<Problem>, sources: Sources) -> Self {
        Self { problems, sources, ..Self::usage("the specs have problems") }
    }

    /// With something to do about it.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// With a line of detail.
    #[must_use]
    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// With the mark that stdout has its answer already.
    #[must_use]
    pub(super) fn answered(mut self) -> Self {
        self.answered = true;
        self
    }

    /// The message, its details and the problems, for a place that has no room for more.
    pub(super) fn in_one_line(&self) -> String {
        let problems = self.problems.iter().map(|problem| problem.message.clone());
        let parts = std::iter::once(self.message.clone()).chain(self.details.iter().cloned()).chain(problems);
        parts.collect::<Vec<_>>().join("; ")
    }

    /// The code it ends with.
    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    /// A plan that refuses: the code of its gravest refusal. The plan itself was shown before. `after_changes`: an
    /// earlier plan of the same command was carried out.
    pub(super) fn refused(plan: &Plan, after_changes: bool) -> Self {
        let guarded = |kind| matches!(kind, RefusalKind::WrongAccount | RefusalKind::Protected);
        let exit = if plan.refusals.iter().any(|refusal| guarded(refusal.kind)) { Exit::Guarded } else { Exit::Error };
        if after_changes {
            let (command, environment) = (plan.goal.command(), &plan.environment);
            let message = format!("{command} of {environment} cannot be finished: what is shown as done stays done");
            return Self::new(exit, message)
                .hint(format!("run `envctl {command} {environment}` again: it goes on from here"));
        }
        Self::new(exit, format!("the plan for {} is refused, and nothing was changed", plan.environment))
    }

    /// Shows the error and says how to exit.
    pub(super) fn report(&self, ui: &Ui) -> Exit {
        if ui.format == Format::Json && !self.answered {
            // A stdout that cannot be written leaves the text on stderr and the code.
            let _ = ui.json(&self.dto());
        }
        if !self.problems.is_empty() {
            ui.complain(&diagnostics::text(&self.problems, &self.sources, ui));
            return self.exit;
        }
        let first = format!("{} ", style::paint(style::BAD.bold(), "error:"));
        ui.complain(&wrap::hanging(&first, &self.message, ui.width));
        for detail in &self.details {
            ui.complain(&wrap::hanging("  ", detail, ui.width));
        }
        for hint in &self.hints {
            let first = format!("{} ", style::paint(style::NAME, "hint:"));
            ui.complain(&wrap::hanging(&first, hint, ui.width));
        }
        self.exit
    }

    fn dto(&self) -> ErrorDto<'_> {
        ErrorDto {
            format_version: ui::FORMAT_VERSION,
            error: ErrorBody {
                exit_code: self.exit.number(),
                message: &self.message,
                details: &self.details,
                hints: &self.hints,
            },
            problems: diagnostics::json(&self.problems).problems,
        }
    }
}

#[derive(Serialize)]
struct ErrorDto<'a> {
    format_version: u32,
    error: ErrorBody<'a>,
    problems: Vec<diagnostics::ProblemDto>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    exit_code: u8,
    message: &'a str,
    details: &'a [String],
    hints: &'a [String],
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::other(error.to_string())
    }
}

impl From<WorkspaceError> for CliError {
    fn from(error: WorkspaceError) -> Self {
        let base = Self::usage(error.to_string());
        match error {
            WorkspaceError::NotFound { .. } => {
                base.hint("go to a folder that holds environments/ and templates/, or name one with --workspace DIR")
            }
            WorkspaceError::NotAWorkspace { .. } => base.hint("--workspace names the folder that holds environments/"),
            WorkspaceError::UnknownEnvironment { nearest: Some(nearest), .. } => {
                base.hint(format!("did you mean `{nearest}`?"))
            }
            WorkspaceError::UnknownEnvironment { nearest: None, known, .. } if known.is_empty() => {
                base.hint("environments/ holds no spec yet: an environment NAME is the file environments/NAME.yaml")
            }
            WorkspaceError::UnknownEnvironment { nearest: None, known, .. } => {
                base.hint(format!("there are: {}", known.join(", ")))
            }
            WorkspaceError::TooLarge { .. } | WorkspaceError::TooMany { .. } => {
                base.hint("specs and templates are small texts: is this the right folder?")
            }
            WorkspaceError::NotText { .. } => base.hint("save the file as UTF-8"),
            WorkspaceError::Unreadable { .. } => base,
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self::other(error.to_string()).hint(error.remedy)
    }
}

impl From<CloudError> for CliError {
    fn from(error: CloudError) -> Self {
        let base = Self::other(error.to_string());
        match error.kind {
            CloudErrorKind::Denied => base.hint("the credentials miss this permission"),
            CloudErrorKind::Throttled | CloudErrorKind::Unavailable => {
                base.hint("nothing is lost: run the same command again")
            }
            _ => base,
        }
    }
}
