//! Forgets old runs: history is kept for as long as anybody asks for it, not for ever.

use super::Journals;
use crate::store::StoreError;

/// Runs of an environment that are kept, newest first: at ten a day, a month of history.
pub const KEPT_RUNS: usize = 300;

impl Journals {
    /// Removes the journals of an environment beyond the newest [`KEPT_RUNS`]; how many. Whoever calls it holds the lock
    /// on the environment, so that none of its runs is under way but the caller's own, which is the newest.
    ///
    /// # Errors
    /// When the store cannot be listed or written.
    pub async fn prune(&self, environment: &str) -> Result<usize, StoreError> {
        let runs = self.names(Some(environment)).await?;
        let mut removed = 0;
        for (run, environment) in runs.iter().skip(KEPT_RUNS) {
            self.forget(environment, run).await?;
            removed += 1;
        }
        Ok(removed)
    }

    async fn forget(&self, environment: &str, run: &str) -> Result<(), StoreError> {
        if self.store.folder().is_some() {
            return self.store.remove(&self.store.path(["runs", environment, &format!("{run}.jsonl")])).await;
        }
        let folder = self.store.path(["runs", environment, run]);
        for entry in self.store.list(&folder).await? {
            self.store.remove(&folder.clone().join(entry.name.as_str())).await?;
        }
        Ok(())
    }
}
