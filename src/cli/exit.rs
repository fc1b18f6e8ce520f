//! Exit codes.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, or in sync.
    Done,
    /// An error that has no code of its own.
    Error,
    /// Drift, or a change that is pending.
    Pending,
    /// Wrong usage, or an invalid spec.
    Usage,
    /// Wrong account or region, or protected.
    Guarded,
    /// Somebody else holds the lock.
    Locked,
    /// A deadline passed.
    TimedOut,
    /// A deployment failed or was rolled back, or a check failed.
    DeploymentFailed,
    /// Stopped by this signal.
    Signal(i32),
}

/// The table of `--help`.
pub(super) const HELP: &str = "\
Exit codes:
    0  done, or in sync
    1  an error
    2  drift, or a change is pending (plan)
    3  wrong usage, or an invalid spec or template
    4  wrong account or region, or protected
    5  somebody else holds the lock of the environment
    6  timed out
    7  a deployment failed or was rolled back, or a check failed
  130  interrupted (Ctrl-C); 143: terminated";

impl Exit {
    /// The number.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Pending => 2,
            Self::Usage => 3,
            Self::Guarded => 4,
            Self::Locked => 5,
            Self::TimedOut => 6,
            Self::DeploymentFailed => 7,
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(130),
        }
    }

    /// For `main`.
    pub(super) fn code(self) -> ExitCode {
        ExitCode::from(self.number())
    }
}
