//! The journal of a run: one event a line, on disk before the effect that it announces. It is history, never a second
//! truth: nothing is ever resumed from it.
//!
//! A folder has one file a run, appended and synced; a bucket has one object an event, only ever created. The
//! newest [`KEPT_RUNS`] runs of an environment are kept.

mod prune;
mod read;
mod write;

pub use prune::KEPT_RUNS;
pub use read::{RunRecord, RunSummary};
pub use write::Journal;

use jiff::Timestamp;

use super::Store;
use crate::model::Event;

/// The id of a run that begins now: sorts by time, and differs by its suffix (four hex digits) from one that begins
/// in the same second.
pub fn run_id(now: Timestamp, suffix: &str) -> String {
    format!("{}-{suffix}", now.strftime("%Y%m%dT%H%M%SZ"))
}

/// The journals of a store.
#[derive(Clone)]
pub struct Journals {
    store: Store,
}

impl Journals {
    /// The journals of this store.
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone() }
    }
}

/// One event as it is written: a line of JSON, without the line's end.
fn line(event: &Event) -> Result<String, serde_json::Error> {
    serde_json::to_string(event)
}
