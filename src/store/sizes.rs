//! Sizes that `rightsize --apply` changed, by environment: what they were, and how the resources were used before.

use super::{Store, StoreError};
use crate::report::rightsize::Applied;

/// Changes that are kept of an environment.
const KEPT: usize = 20;

/// The changed sizes of a store.
#[derive(Clone)]
pub struct Sizes {
    store: Store,
}

impl Sizes {
    /// Those of this store.
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone() }
    }

    /// What was changed in an environment, oldest first; a damaged list is an empty one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(&self, environment: &str) -> Result<Vec<Applied>, StoreError> {
        let path = self.store.path(["sizes", &format!("{environment}.json")]);
        let content = self.store.read(&path).await?.unwrap_or_default();
        if content.is_empty() {
            return Ok(Vec::new());
        }
        Ok(serde_json::from_slice(&content).unwrap_or_else(|error| {
            self.store.notice(format!("{path} in the store is damaged and was passed over: {error}"));
            Vec::new()
        }))
    }

    /// Replaces the list.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn replace(&self, environment: &str, applied: &[Applied]) -> Result<(), StoreError> {
        let newest = &applied[applied.len().saturating_sub(KEPT)..];
        let content = serde_json::to_vec(newest).map_err(|error| self.store.wrong(error.to_string()))?;
        self.store.replace(&self.store.path(["sizes", &format!("{environment}.json")]), content).await
    }
}
