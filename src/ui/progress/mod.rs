//! Progress of a run: one event in, something to see out. A capable terminal gets live lines, everything else one
//! plain line an event. `history` replays a recorded run through the same code.

mod plain;
mod terminal;
mod tracker;

pub use plain::PlainProgress;
pub use terminal::TerminalProgress;
pub use tracker::{ending_words, failure_kind};

use super::{Ui, Verbosity};
use crate::model::Event;

/// Progress on stderr, in the way that suits it.
pub enum Progress {
    /// Nothing but the answer.
    Silent,
    /// One line an event.
    Plain(PlainProgress),
    /// Live lines.
    Terminal(Box<TerminalProgress>),
}

impl Progress {
    /// The progress that suits this terminal.
    pub fn new(ui: &Ui) -> Self {
        if ui.verbosity == Verbosity::Quiet {
            Self::Silent
        } else if ui.animated {
            Self::Terminal(Box::new(TerminalProgress::new(ui)))
        } else {
            Self::Plain(PlainProgress::new(ui))
        }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        match self {
            Self::Silent => {}
            Self::Plain(plain) => plain.show(event),
            Self::Terminal(terminal) => terminal.show(event),
        }
    }
}
