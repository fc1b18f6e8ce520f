//! Showing: values in, text out. Nothing here sees a cloud; stdout is data, stderr is progress.

pub mod cost;
pub mod diagnostics;
pub mod difference;
pub mod document;
pub mod drift;
pub mod explain;
pub mod history;
pub mod markup;
pub mod plan;
pub mod progress;
pub mod prompt;
pub mod quantity;
pub mod rehearsal;
pub mod release;
pub mod rightsize;
pub mod run;
pub mod snapshots;
pub mod status;
pub mod style;
pub mod timing;
pub mod verify;
pub mod wrap;

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// How answers are written to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON value.
    Json,
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors and questions alone.
    Quiet,
    /// What happens.
    #[default]
    Normal,
    /// Also every call to the cloud and every poll.
    Verbose,
}

/// Version of every JSON value that envctl writes. A new field does not raise it; a changed meaning does.
pub const FORMAT_VERSION: u32 = 1;
/// Columns where there is no terminal to ask.
const WIDTH_WITHOUT_TERMINAL: usize = 100;
/// Narrower terminals are written to as if they were this wide.
const NARROWEST: usize = 40;
/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 140;

/// The user's terminal, or what stands in its place. Width and colour are decided once.
#[derive(Clone, Debug)]
pub struct Ui {
    /// How answers are written.
    pub format: Format,
    /// How much is said.
    pub verbosity: Verbosity,
    /// Columns to write in.
    pub width: usize,
    /// Somebody can answer a question: stdin, stdout and stderr are terminals.
    pub interactive: bool,
    /// Progress may be redrawn: stderr is a capable terminal, and this is no CI.
    pub animated: bool,
    /// stdout belongs to something else, the output of a task for instance: answers are said on stderr.
    pub answers_aside: bool,
}

impl Ui {
    /// Looks at the streams and at `COLUMNS`, `CI` and `TERM`.
    pub fn detect(format: Format, verbosity: Verbosity) -> Self {
        let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "false");
        let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = columns.or_else(terminal).unwrap_or(WIDTH_WITHOUT_TERMINAL).clamp(NARROWEST, WIDEST);
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let stderr = io::stderr().is_terminal();
        Self {
            format,
            verbosity,
            width,
            interactive: stderr && io::stdin().is_terminal() && io::stdout().is_terminal() && !set("CI"),
            animated: stderr && !dumb && !set("CI"),
            answers_aside: false,
        }
    }

    /// Writes an answer to stdout. A reader that went away (`| head`) is no error.
    ///
    /// # Errors
    /// When stdout cannot be written for another reason, a full disk for instance.
    pub fn data(&self, text: &str) -> io::Result<()> {
        if self.answers_aside {
            self.say(text);
            return Ok(());
        }
        let mut stdout = anstream::stdout().lock();
        ignore_closed(
            stdout
                .write_all(text.as_bytes())
                .and_then(|()| if text.is_empty() || text.ends_with('\n') { Ok(()) } else { stdout.write_all(b"\n") }),
        )?;
        ignore_closed(stdout.flush())
    }

    /// Writes one JSON value to stdout, indented.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn json<T: Serialize>(&self, value: &T) -> io::Result<()> {
        self.data(&serde_json::to_string_pretty(value)?)
    }

    /// Writes the answer in the format asked for.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn answer<T: Serialize>(&self, text: impl FnOnce() -> String, dto: impl FnOnce() -> T) -> io::Result<()> {
        match self.format {
            Format::Text => self.data(&text()),
            Format::Json => self.json(&dto()),
        }
    }

    /// Says something on stderr, unless quiet.
    pub fn say(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.complain(text);
        }
    }

    /// Says something on stderr that quiet does not silence: errors and questions.
    pub fn complain(&self, text: &str) {
        // There is nowhere to report that stderr is closed.
        let _ = writeln!(anstream::stderr().lock(), "{}", text.trim_end());
    }
}

/// A closed pipe counts as success: the reader had enough.
fn ignore_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
