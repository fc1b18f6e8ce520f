//! A lease that is held: renewed in the background, asked before every write, released at the end.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::chain::Chain;
use super::decide::{self, LEASE, Newest};
use super::record::{Holder, Record};
use crate::clock::Clock;
use crate::store::StoreError;

/// Renewals are this far apart: a third of the lease, so that two may fail.
const HEARTBEAT: Duration = Duration::from_secs(40);

/// A lease on an environment. Dropping it without [`Lease::release`] leaves it to expire.
pub struct Lease {
    shared: Arc<Shared>,
    heartbeat: JoinHandle<()>,
}

struct Shared {
    chain: Chain,
    clock: Arc<dyn Clock>,
    holder: Holder,
    since: Timestamp,
    state: Mutex<State>,
}

struct State {
    number: u64,
    expires: Timestamp,
    /// Why it is held no more.
    lost: Option<String>,
}

impl Lease {
    /// Creates record `number` and holds the lease; `None`: somebody else was faster.
    pub(super) async fn take(
        chain: Chain,
        clock: Arc<dyn Clock>,
        holder: Holder,
        number: u64,
    ) -> Result<Option<Self>, StoreError> {
        let since = clock.now();
        let state = Mutex::new(State { number: 0, expires: since, lost: None });
        let shared = Shared { chain, clock, holder, since, state };
        if !shared.write(&mut *shared.state.lock().await, number).await? {
            return Ok(None);
        }
        let shared = Arc::new(shared);
        let heartbeat = tokio::spawn(beat(Arc::clone(&shared)));
        Ok(Some(Self { shared, heartbeat }))
    }

    /// Who holds it.
    pub fn holder(&self) -> &Holder {
        &self.shared.holder
    }

    /// Number of its newest record: the fencing token.
    pub async fn number(&self) -> u64 {
        self.shared.state.lock().await.number
    }

    /// Is it still held? Looks at the store; while that cannot be reached, the lease counts until it expires.
    ///
    /// # Errors
    /// Why not: who holds it now, or who released it and why.
    pub async fn check(&self) -> Result<(), String> {
        self.shared.check().await
    }

    /// Gives it back.
    ///
    /// # Errors
    /// The store's own; the lease then expires by itself.
    pub async fn release(&self) -> Result<(), StoreError> {
        self.heartbeat.abort();
        let mut state = self.shared.state.lock().await;
        if state.lost.is_some() {
            return Ok(());
        }
        state.lost = Some("it was released".to_owned());
        let holder = Some(self.shared.holder.clone());
        let record = Record::Released { holder, written: self.shared.clock.now(), forced: None };
        // A record of this number already: it was taken over in the meantime, and nothing is left to release.
        self.shared.chain.create(state.number + 1, &record).await.map(drop)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

/// Renews until the lease is lost.
async fn beat(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let mut state = shared.state.lock().await;
        if state.lost.is_some() {
            return;
        }
        // What cannot be written now is tried again at the next beat, and looked at before the next write.
        let _ = shared.renew(&mut state).await;
        let _ = shared.chain.prune().await;
    }
}

impl Shared {
    async fn check(&self) -> Result<(), String> {
        let mut state = self.state.lock().await;
        if let Some(lost) = &state.lost {
            return Err(lost.clone());
        }
        let is_current = decide::is_current(state.expires, self.clock.now());
        let answer = match self.chain.newest_number().await {
            Ok(newest) if newest == state.number && is_current => Ok(()),
            // Expired, superseded, or the records are gone: one renewal decides.
            Ok(_) => self.renew(&mut state).await,
            Err(error) => Err(error),
        };
        match (&state.lost, answer) {
            (Some(lost), _) => Err(lost.clone()),
            (None, Ok(())) => Ok(()),
            (None, Err(_)) if is_current => Ok(()),
            (None, Err(error)) => Err(format!("it expired and could not be renewed: {error}")),
        }
    }

    /// Writes the next record; notes the loss when somebody else did.
    async fn renew(&self, state: &mut State) -> Result<(), StoreError> {
        let next = state.number + 1;
        if self.write(state, next).await? {
            return Ok(());
        }
        let lost = match self.chain.newest().await? {
            // Our own, the answer to which was lost on the way: the next number is still ours to take.
            Newest::Readable { number, record: Record::Held { holder, .. } } if holder.is_same_as(&self.holder) => {
                if self.write(state, number + 1).await? {
                    return Ok(());
                }
                "somebody else wrote the next record".to_owned()
            }
            Newest::Readable { record: Record::Held { holder, .. }, .. } => format!("{holder} holds it now"),
            Newest::Readable { record: Record::Released { forced: Some(forced), .. }, .. } => {
                format!("{} released it: {}", forced.by, forced.reason)
            }
            _ => "somebody else wrote the next record".to_owned(),
        };
        state.lost = Some(lost);
        Ok(())
    }

    /// Creates record `number` and makes sure that it is the newest.
    async fn write(&self, state: &mut State, number: u64) -> Result<bool, StoreError> {
        // The lease counts from before the call: a slow store must not lengthen it.
        let written = self.clock.now();
        let expires = written.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let record = Record::Held { holder: self.holder.clone(), since: self.since, written, expires };
        if !self.chain.create(number, &record).await? {
            return Ok(false);
        }
        if self.chain.newest_number().await? != number {
            self.chain.withdraw(number).await?;
            return Ok(false);
        }
        state.number = number;
        state.expires = expires;
        Ok(true)
    }
}
