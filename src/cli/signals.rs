//! Ctrl-C and SIGTERM: the first asks the run to stop, the second leaves at once.

use tokio::sync::watch;

/// Listens to signals from here on.
pub(super) struct Signals {
    receiver: watch::Receiver<Option<i32>>,
    task: tokio::task::JoinHandle<()>,
}

impl Signals {
    /// Begins to listen. Must be called inside a tokio runtime.
    pub(super) fn listen() -> Self {
        let (sender, receiver) = watch::channel(None);
        // At once, and not when the task is first polled: until then a signal would end the process on the spot.
        let received = Received::new();
        let task = tokio::spawn(async move {
            let Ok(mut received) = received else { return };
            while let Some(signal) = received.next().await {
                if sender.borrow().is_some() {
                    leave(128 + signal);
                }
                // The run may have ended meanwhile: then nobody listens.
                let _ = sender.send(Some(signal));
            }
        });
        Self { receiver, task }
    }

    /// Becomes the number of the signal.
    pub(super) fn receiver(&self) -> watch::Receiver<Option<i32>> {
        self.receiver.clone()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The second signal: the user does not want to wait for anything.
#[allow(clippy::exit, reason = "a second Ctrl-C leaves at once, whatever is under way")]
fn leave(code: i32) -> ! {
    std::process::exit(code)
}

#[cfg(unix)]
struct Received {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Received {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Option<i32> {
        tokio::select! {
            received = self.interrupt.recv() => received.map(|()| 2),
            received = self.terminate.recv() => received.map(|()| 15),
        }
    }
}

#[cfg(not(unix))]
struct Received;

#[cfg(not(unix))]
impl Received {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Option<i32> {
        tokio::signal::ctrl_c().await.ok().map(|()| 2)
    }
}
