//! Dates records by the store's clock instead of their writers': then no computer's wrong clock, neither the holder's
//! nor the reader's, moves an expiry.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

use super::record::Record;
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// How far the store's clock is ahead of this computer's; measured once.
#[derive(Clone)]
pub(super) struct StoreTime {
    store: Store,
    clock: Arc<dyn Clock>,
    ahead: Arc<OnceCell<SignedDuration>>,
}

impl StoreTime {
    pub(super) fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, ahead: Arc::default() }
    }

    /// A moment of the store's clock by the clock of this computer. While the store's clock cannot be learned, the two
    /// are taken for the same.
    pub(super) async fn here(&self, there: Timestamp) -> Timestamp {
        let ahead = self.ahead.get_or_try_init(|| self.measure()).await.copied().unwrap_or_default();
        there.saturating_sub(ahead).unwrap_or(there)
    }

    /// The record as if its writer had had this computer's clock: it was written when the store says that it was.
    pub(super) async fn dated(&self, record: Record, modified: Timestamp) -> Record {
        let Record::Held { holder, since, written, expires } = record else { return record };
        let lease = expires.duration_since(written);
        let written = self.here(modified).await;
        let expires = written.saturating_add(lease).unwrap_or(Timestamp::MAX);
        Record::Held { holder, since, written, expires }
    }

    /// Writes a file to see which date it gets.
    async fn measure(&self) -> Result<SignedDuration, StoreError> {
        let name = format!("{}-{}", std::process::id(), self.clock.now().as_nanosecond());
        let path = self.store.path(["clock", &name]);
        let before = self.clock.now();
        self.store.create(&path, Vec::new()).await?;
        let found = self.store.list(&self.store.path(["clock"])).await?;
        self.store.remove(&path).await?;
        let entry = found.into_iter().find(|entry| entry.name == name);
        entry
            .map(|entry| entry.modified.duration_since(before))
            .ok_or_else(|| self.store.wrong("a file that was just written does not show".to_owned()))
    }
}
