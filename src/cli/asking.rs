//! [`ask`]: a question while a lock is held. The lock is renewed meanwhile, and Ctrl-C ends the wait for an answer.

use std::io;
use std::sync::mpsc::{self, Sender};

/// Asks, and waits for the answer without standing in the way of anything else. Whoever drops this no longer waits.
///
/// # Errors
/// When the terminal cannot be read or written.
pub(super) async fn ask<T: Send + 'static>(question: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let (sender, receiver) = mpsc::channel();
    let _left = Left(sender.clone());
    // Nobody can take a read from a terminal back. A thread of its own is not waited for when the command ends.
    let asking = move || {
        // Whoever no longer waits has been interrupted.
        let _ = sender.send(Some(question()));
    };
    drop(std::thread::spawn(asking));
    // Only work of the runtime's own keeps the simulated cloud's clock from running away while somebody thinks.
    let waiting = tokio::task::spawn_blocking(move || receiver.recv().ok().flatten());
    let answer = waiting.await.ok().flatten();
    answer.unwrap_or_else(|| Err(io::Error::other("the question could not be asked")))
}

/// Tells the runtime's own work that nobody waits any more: otherwise the simulated cloud's clock would stand still.
struct Left<T>(Sender<Option<io::Result<T>>>);

impl<T> Drop for Left<T> {
    fn drop(&mut self) {
        // It may have its answer.
        let _ = self.0.send(None);
    }
}
