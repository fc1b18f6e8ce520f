//! Flags that every command takes, and the values that several take.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::confirm::Confirmation;
use super::output::Output;
use crate::model::Desired;
use crate::workspace::Workspace;

/// Flags of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct GlobalArgs {
    /// The cloud: AWS, or the simulated one that needs no account
    #[arg(long, global = true, env = "ENVCTL_CLOUD", hide_env_values = true, value_enum, default_value_t = CloudChoice::built_in())]
    pub(super) cloud: CloudChoice,
    /// Folder that holds environments/ and templates/ [default: found upwards from here]
    #[arg(long, global = true, env = "ENVCTL_WORKSPACE", hide_env_values = true, value_name = "DIR")]
    pub(super) workspace: Option<PathBuf>,
    /// Where locks and history are: a folder, or s3://bucket/prefix for a team [default: .envctl in the workspace]
    #[arg(long, global = true, env = "ENVCTL_STORE", hide_env_values = true, value_name = "PLACE")]
    pub(super) store: Option<String>,
    /// How the answer is written: text or json; cost also markdown; drift also markdown, junit, sarif, html, github,
    /// comment, several at once
    #[arg(long, short, global = true, env = "ENVCTL_OUTPUT", hide_env_values = true, value_name = "FORMAT[=FILE]")]
    pub(super) output: Vec<Output>,
    /// Say nothing on stderr but errors and questions
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more: every call to the cloud, every poll
    #[arg(long, short, global = true)]
    pub(super) verbose: bool,
    /// When to colour; NO_COLOR and TERM=dumb are honoured
    #[arg(
        long,
        global = true,
        env = "ENVCTL_COLOR",
        hide_env_values = true,
        value_enum,
        default_value_t,
        value_name = "WHEN"
    )]
    pub(super) color: ColorWhen,
    /// The same as --color never
    #[arg(long, global = true)]
    pub(super) no_color: bool,
}

/// Which cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CloudChoice {
    /// Amazon Web Services, with the credentials and endpoints of every AWS tool
    Aws,
    /// The simulated cloud, kept in the workspace
    Sim,
}

impl CloudChoice {
    /// AWS, where this build knows it.
    fn built_in() -> Self {
        if cfg!(feature = "aws") { Self::Aws } else { Self::Sim }
    }
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Flags of every command that changes something.
#[derive(Clone, Debug, Args)]
pub(super) struct ChangeArgs {
    /// Do it without asking; needed where no terminal is
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Show what would be done, and do nothing, also with --yes; exit code 2 when there is something to do
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Give up after this long (45m, 1h30m; a plain number is seconds); exit code 6
    #[arg(long, env = "ENVCTL_TIMEOUT", hide_env_values = true, value_name = "D", value_parser = duration)]
    pub(super) timeout: Option<Duration>,
    /// Wait this long for somebody else's lock, instead of failing at once with exit code 5
    #[arg(long, env = "ENVCTL_WAIT_LOCK", hide_env_values = true, value_name = "D", value_parser = duration)]
    pub(super) wait_lock: Option<Duration>,
    /// Why, for the lock and the history
    #[arg(long, env = "ENVCTL_REASON", hide_env_values = true, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

/// The environment that a command is about.
#[derive(Clone, Debug, Args)]
pub(super) struct EnvironmentArgs {
    /// Environment
    #[arg(value_name = "ENV", env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    pub(super) environment: String,
}

/// Flags of a command that changes something and asks for the environment's name where that is protected.
#[derive(Clone, Debug, Args)]
pub(super) struct GuardedChangeArgs {
    /// The environment's name, where the spec says `protect: true`
    #[arg(long, value_name = "ENV")]
    pub(super) confirm: Option<String>,
    #[command(flatten)]
    pub(super) change: ChangeArgs,
}

impl GuardedChangeArgs {
    /// How it is confirmed.
    pub(super) fn confirmation(&self, desired: &Desired) -> Confirmation {
        Confirmation::of(desired, self.confirm.as_ref())
    }
}

/// A duration as people write it: `90` (seconds), `45m`, `3d`, `1h 30m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    const EXAMPLES: &str = "write 90 (seconds), 45m, 1h30m or 3d";
    const LONGEST_SECONDS: u64 = 366 * 86_400;
    let text = text.trim();
    let duration = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => text
            .parse::<jiff::Span>()
            .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()))
            .map_err(|_| format!("`{text}` is no duration: {EXAMPLES}"))
            .and_then(|signed| {
                Duration::try_from(signed).map_err(|_| format!("`{text}` is a negative duration: {EXAMPLES}"))
            })?,
    };
    if duration.as_secs() > LONGEST_SECONDS { Err(format!("`{text}` is longer than a year")) } else { Ok(duration) }
}

/// Completes the names of environments.
pub(super) fn environment_completer() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &std::ffi::OsStr| {
        let names = std::env::current_dir()
            .ok()
            .and_then(|folder| Workspace::find(&folder).ok())
            .and_then(|workspace| workspace.environments().ok())
            .unwrap_or_default();
        let typed = current.to_string_lossy().into_owned();
        names.into_iter().filter(|name| name.starts_with(&typed)).map(CompletionCandidate::new).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let seconds = |text: &str| duration(text).map(|duration| duration.as_secs());
        assert_eq!(seconds("90"), Ok(90));
        assert_eq!(seconds("45m"), Ok(2_700));
        assert_eq!(seconds("1h30m"), Ok(5_400));
        assert_eq!(seconds("3d"), Ok(259_200));
        assert_eq!(seconds("1h 30m"), Ok(5_400));
        assert_eq!(seconds("2 weeks"), Ok(1_209_600));
    }

    #[test]
    fn what_is_no_duration_is_refused_with_examples() {
        for wrong in ["", "soon", "-5m", "10 parsecs", "1mo", "99999999999999999999", "400d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
