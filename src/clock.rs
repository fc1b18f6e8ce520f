//! The clock: where timestamps come from. Waiting is always `tokio::time`, which the simulated cloud pauses.

use jiff::Timestamp;

/// A source of timestamps.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Is it the time that files are dated by, or a simulated one?
    fn is_wall(&self) -> bool {
        false
    }
}

/// The computer's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

impl Clock for WallClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the computer's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn is_wall(&self) -> bool {
        true
    }
}

/// A clock that starts at a given time and goes on with tokio's: virtual while tokio's clock is paused.
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: Timestamp,
    begun: tokio::time::Instant,
}

impl TokioClock {
    /// A clock that shows `start` now. Must be called inside a tokio runtime.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, begun: tokio::time::Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        self.start.saturating_add(self.begun.elapsed()).unwrap_or(Timestamp::MAX)
    }
}
