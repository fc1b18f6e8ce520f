//! [`WriteGuard`]: asked immediately before every write.

use async_trait::async_trait;

use crate::store::lock::Lease;

/// Says whether this run may still write: whether it still holds the lease on the environment.
#[async_trait]
pub trait WriteGuard: Send + Sync {
    /// # Errors
    /// Why it may not, in words: who holds the lease now.
    async fn may_write(&self) -> Result<(), String>;
}

/// Lets every write pass: for tests, and for rehearsals on the simulated cloud.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unguarded;

#[async_trait]
impl WriteGuard for Unguarded {
    async fn may_write(&self) -> Result<(), String> {
        Ok(())
    }
}

#[async_trait]
impl WriteGuard for Lease {
    async fn may_write(&self) -> Result<(), String> {
        self.check().await
    }
}
