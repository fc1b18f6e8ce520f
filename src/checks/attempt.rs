//! Trying again, and real time beside a simulated clock.

use std::future::Future;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::seen::Seen;
use crate::model::{Check, Verdict};

/// What all tries together came to.
pub(super) struct Tried {
    pub(super) seen: Seen,
    pub(super) tries: u32,
    pub(super) took: Duration,
}

/// Tries until it passes, or as often as the check says. What was not looked at is not tried again: the reason is on
/// this side.
pub(super) async fn tried(check: &Check, attempt: impl AsyncFn() -> Seen) -> Tried {
    let began = Instant::now();
    let mut tries = 1;
    loop {
        let seen = attempt().await;
        let is_final = matches!(seen.verdict(), Verdict::Passed | Verdict::NotLooked);
        if is_final || tries >= check.tries {
            return Tried { seen, tries, took: began.elapsed() };
        }
        tokio::time::sleep(check.pause).await;
        tries += 1;
    }
}

/// Runs what contacts the real world in real time. Beside the simulated cloud the clock of tokio is paused and would
/// run ahead of every reply, hence a runtime apart; while it works the paused clock stands still. Whoever no longer waits
/// ends the work.
pub(super) async fn really<T: Send + 'static, F: Future<Output = T>>(
    simulated: bool,
    work: impl FnOnce() -> F + Send + 'static,
) -> Result<T, String> {
    if !simulated {
        return Ok(work().await);
    }
    let (_waits, left) = oneshot::channel::<()>();
    let apart = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async {
            tokio::select! {
                answer = work() => Ok(answer),
                _ = left => Err(std::io::Error::from(std::io::ErrorKind::Interrupted)),
            }
        });
        // A name server that does not answer must not hold the command up.
        runtime.shutdown_background();
        answer
    };
    match tokio::task::spawn_blocking(apart).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}
