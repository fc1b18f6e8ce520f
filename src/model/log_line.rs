//! [`LogQuery`]: what is asked of CloudWatch Logs, and [`LogLines`], what it answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The lines of one log group in a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogQuery {
    /// Name of the log group.
    pub log_group: String,
    /// Only streams whose name begins so (`web/app/`); `None`: all of them.
    pub stream_prefix: Option<String>,
    /// First moment.
    pub from: Timestamp,
    /// First moment after it.
    pub to: Timestamp,
    /// The most lines wanted; the oldest are given.
    pub limit: usize,
    /// CloudWatch's filter pattern: words that must all be there, `"a phrase"`, `?either ?or`, `-without`. Upper and
    /// lower case differ. `None`: every line.
    pub pattern: Option<String>,
}

/// Lines of a log, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLines {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// There are more than the limit.
    pub cut: bool,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// Its stream, `PREFIX/CONTAINER/TASK`.
    pub stream: String,
    /// What it says, without a line end.
    pub message: String,
}
