//! The lock on an environment: a lease, kept as a chain of numbered records that are only ever created. The newest
//! record counts; a renewal is the next number, and the number is the fencing token.
//!
//! Two runs that want the same number race for its creation, which exactly one wins. A run that slept through its
//! lease finds a newer record than its own and stops before its next write.

mod chain;
mod dating;
mod decide;
mod lease;
mod process;
mod record;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

pub use decide::{LEASE, SKEW, Standing};
pub use lease::Lease;
pub use process::identity as process_identity;
pub use record::{Forced, Holder, Record};

use super::{Store, StoreError};
use crate::clock::Clock;
use chain::Chain;
use dating::StoreTime;

/// How often somebody who waits for a lock looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Races that may be lost in a row before the winner's record must have shown.
const RACES: u32 = 16;

/// The locks of a store.
#[derive(Clone)]
pub struct Locks {
    store: Store,
    clock: Arc<dyn Clock>,
    store_time: Option<StoreTime>,
}

/// A lock and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockState {
    /// Environment.
    pub environment: String,
    /// How it stands.
    pub standing: Standing,
    /// The last release by somebody else than the holder, when that is the newest record.
    pub forced: Option<Forced>,
}

/// The lock was not had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("the lock on {} is held", .0.environment)]
    Held(Box<LockState>),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Locks {
    /// The locks of this store, by this clock: the wall clock for AWS, the simulated cloud's for the simulated cloud.
    /// By the wall clock, records are dated by the store, so that no computer's wrong clock moves an expiry.
    pub fn new(store: &Store, clock: Arc<dyn Clock>) -> Self {
        let store_time = clock.is_wall().then(|| StoreTime::new(store.clone(), Arc::clone(&clock)));
        Self { store: store.clone(), clock, store_time }
    }

    /// Takes the lock on an environment, or says at once who holds it. The lease is renewed until it is released or
    /// dropped.
    ///
    /// # Errors
    /// [`LockError::Held`], or the store's own.
    pub async fn acquire(&self, environment: &str, holder: &Holder) -> Result<Lease, LockError> {
        let chain = self.chain(environment);
        for _ in 0..RACES {
            let newest = chain.newest().await?;
            let standing = decide::judge(&newest, Some(holder), self.clock.now(), process::is_dead);
            let (next, because) = match standing {
                Standing::Free { next, because } => (next, because),
                Standing::Mine { number } => (number + 1, None),
                standing @ Standing::Held { .. } => return Err(held(environment, standing)),
            };
            if let Some(lease) = Lease::take(chain.clone(), Arc::clone(&self.clock), holder.clone(), next).await? {
                if let Some(because) = because {
                    self.store.notice(format!("took over the lock on {environment}: {because}"));
                }
                return Ok(lease);
            }
        }
        let standing = self.show(environment).await?.standing;
        Err(held(environment, standing))
    }

    /// Takes the lock, and waits for it for at most `patience`. `waits` hears of each look that found it held.
    ///
    /// # Errors
    /// As for [`Locks::acquire`], once the patience is over.
    pub async fn acquire_within(
        &self,
        environment: &str,
        holder: &Holder,
        patience: Duration,
        mut waits: impl FnMut(&LockState),
    ) -> Result<Lease, LockError> {
        let begun = tokio::time::Instant::now();
        loop {
            match self.acquire(environment, holder).await {
                Err(LockError::Held(state)) if begun.elapsed() < patience => waits(&state),
                answer => return answer,
            }
            tokio::time::sleep(LOOK_AGAIN.min(patience.saturating_sub(begun.elapsed()))).await;
        }
    }

    /// How the lock on one environment stands.
    ///
    /// # Errors
    /// The store's own.
    pub async fn show(&self, environment: &str) -> Result<LockState, StoreError> {
        let newest = self.chain(environment).newest().await?;
        let forced = match &newest {
            decide::Newest::Readable { record: Record::Released { forced, .. }, .. } => forced.clone(),
            _ => None,
        };
        let standing = decide::judge(&newest, None, self.clock.now(), process::is_dead);
        Ok(LockState { environment: environment.to_owned(), standing, forced })
    }

    /// Every environment that was ever locked, and how its lock stands.
    ///
    /// # Errors
    /// The store's own.
    pub async fn list(&self) -> Result<Vec<LockState>, StoreError> {
        let mut states = Vec::new();
        for environment in self.store.folders(&self.store.path(["locks"])).await? {
            states.push(self.show(&environment).await?);
        }
        Ok(states)
    }

    /// Releases the lock for whoever holds it. A holder that is alive learns it before its next write. Says who held
    /// it; `None`: nobody known.
    ///
    /// # Errors
    /// The store's own.
    pub async fn release(&self, environment: &str, by: &str, reason: &str) -> Result<Option<Holder>, StoreError> {
        let chain = self.chain(environment);
        for _ in 0..RACES {
            let newest = chain.newest().await?;
            let holder = match &newest {
                decide::Newest::Readable { record, .. } => record.holder().cloned(),
                _ => None,
            };
            let already = matches!(&newest, decide::Newest::Readable { record: Record::Released { .. }, .. });
            if already || newest == decide::Newest::Nothing {
                return Ok(None);
            }
            let forced = Some(Forced { by: by.to_owned(), reason: reason.to_owned() });
            let record = Record::Released { holder: holder.clone(), written: self.clock.now(), forced };
            if chain.create(newest.number() + 1, &record).await? {
                return Ok(holder);
            }
        }
        Err(self.store.wrong(format!("the lock on {environment} changes too fast to be released")))
    }

    fn chain(&self, environment: &str) -> Chain {
        Chain::new(self.store.clone(), environment, self.store_time.clone())
    }
}

fn held(environment: &str, standing: Standing) -> LockError {
    LockError::Held(Box::new(LockState { environment: environment.to_owned(), standing, forced: None }))
}

impl std::fmt::Display for Standing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Free { because: None, .. } => formatter.write_str("free"),
            Self::Free { because: Some(because), .. } => write!(formatter, "free: {because}"),
            Self::Mine { .. } => formatter.write_str("held by this run"),
            Self::Held { holder: Some(holder), since, expires, .. } => {
                write!(formatter, "held by {holder}")?;
                since.map_or(Ok(()), |since| write!(formatter, ", since {}", to_second(since)))?;
                expires.map_or(Ok(()), |expires| write!(formatter, ", until {} unless renewed", to_second(expires)))
            }
            Self::Held { damage, .. } => {
                let damage = damage.as_deref().unwrap_or("its record is unreadable");
                write!(formatter, "held by somebody unknown: {damage}")
            }
        }
    }
}

fn to_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
