//! [`EventSink`]: who is told what happens; [`Stream`]: the one ordered stream that they are told it in.

use std::sync::Arc;

use crate::clock::Clock;
use crate::model::{Event, EventKind};
use crate::store::journal::Journal;

/// Somebody who is told what happens: the terminal, JSON lines, a test.
pub trait EventSink: Send {
    /// Takes one event.
    ///
    /// # Errors
    /// When it could not be taken. That stops the run: what nobody hears of is not done.
    fn emit(&mut self, event: &Event) -> Result<(), SinkError>;
}

/// An event could not be written down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);

/// Numbers and dates events and hands each to the journal and then to every sink, in order.
pub struct Stream {
    clock: Arc<dyn Clock>,
    journal: Option<Journal>,
    sinks: Vec<Box<dyn EventSink>>,
    sequence: u64,
}

impl Stream {
    /// A stream with no events yet and no journal.
    pub fn new(clock: Arc<dyn Clock>, sinks: Vec<Box<dyn EventSink>>) -> Self {
        Self { clock, journal: None, sinks, sequence: 0 }
    }

    /// The stream writes a journal too: every event is on disk before a sink, or the cloud, hears of it.
    pub fn with_journal(mut self, journal: Journal) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Now, in the cloud's time.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// Emits one event. When this returns, the journal and every sink have accepted it.
    ///
    /// # Errors
    /// The journal's, or the first sink's that could not take it. The others are told all the same: a terminal can say that the disk
    /// is full.
    pub async fn emit(&mut self, kind: EventKind) -> Result<(), SinkError> {
        self.sequence += 1;
        let event = Event { sequence: self.sequence, at: self.clock.now(), kind };
        let mut answer = match &mut self.journal {
            Some(journal) => journal.append(&event).await.map_err(|error| SinkError(error.to_string())),
            None => Ok(()),
        };
        for sink in &mut self.sinks {
            answer = answer.and(sink.emit(&event));
        }
        answer
    }

    /// Reads the last event back from where it was written down.
    ///
    /// # Errors
    /// When it is not there as it was written.
    pub async fn read_back(&mut self) -> Result<(), SinkError> {
        match &self.journal {
            Some(journal) => journal.read_back().await.map_err(|error| SinkError(error.to_string())),
            None => Ok(()),
        }
    }
}
