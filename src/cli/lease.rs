//! The lock on an environment while a command changes it, and the journal of its runs.

use std::sync::Arc;
use std::time::Duration;

use super::change::{Change, command_line};
use super::context::Session;
use super::error::CliError;
use super::exit::Exit;
use super::run_id::RunId;
use super::signals::Signals;
use crate::executor::{EventSink, SinkError, Stream, WriteGuard};
use crate::model::Event;
use crate::store::journal::Journals;
use crate::store::lock::{self, Holder, LockError, Locks, process_identity};
use crate::ui::Ui;
use crate::ui::progress::Progress;

/// The lock, held.
pub(super) struct Lease {
    lease: Arc<lock::Lease>,
    environment: String,
    ui: Ui,
}

impl Lease {
    /// Takes the lock, or says who holds it.
    pub(super) async fn take(
        change: &Change<'_>,
        session: &Session,
        run: &RunId,
        signals: &Signals,
    ) -> Result<Self, CliError> {
        let identity = change.context.identity();
        let process = std::process::id();
        let holder = Holder {
            run: run.to_string(),
            owner: identity.user,
            host: identity.host,
            process,
            process_identity: process_identity(process),
            command: command_line(),
            ci: identity.ci_run,
            reason: change.args.reason.clone(),
        };
        let environment = &change.desired.environment;
        let locks = Locks::new(&session.store, Arc::clone(&session.clock));
        let patience = change.args.wait_lock.unwrap_or(Duration::ZERO);
        let ui = &change.context.ui;
        let mut told = false;
        let waiting = locks.acquire_within(environment, &holder, patience, |state| {
            if !told {
                ui.say(&format!("Waiting for the lock on {environment}, {}", state.standing));
            }
            told = true;
        });
        let mut interrupt = signals.receiver();
        let taken = tokio::select! {
            taken = waiting => taken,
            Ok(signal) = interrupt.wait_for(Option::is_some) => {
                let signal = signal.unwrap_or(2);
                return Err(CliError::new(Exit::Signal(signal), "interrupted while waiting for the lock; nothing was done"));
            }
        };
        for notice in session.store.take_notices() {
            ui.say(&notice);
        }
        let lease = taken.map_err(|error| locked(&error, environment))?;
        // History that cannot be tidied up is no reason to leave an environment as it is.
        let _ = Journals::new(&session.store).prune(environment).await;
        Ok(Self { lease: Arc::new(lease), environment: environment.clone(), ui: ui.clone() })
    }

    /// Asks before every write whether the lock is still held.
    pub(super) fn guard(&self) -> Arc<dyn WriteGuard> {
        Arc::clone(&self.lease) as Arc<dyn WriteGuard>
    }

    /// The stream of a run's events: into the journal first, then onto the terminal.
    pub(super) async fn stream(&self, session: &Session, run: &str) -> Result<Stream, CliError> {
        let journal = Journals::new(&session.store).begin(&self.environment, run).await?;
        let progress = Shown(Progress::new(&self.ui));
        Ok(Stream::new(Arc::clone(&session.clock), vec![Box::new(progress)]).with_journal(journal))
    }

    /// Gives the lock back.
    pub(super) async fn release(self) {
        let Some(lease) = Arc::into_inner(self.lease) else { return };
        if let Err(error) = lease.release().await {
            self.ui.complain(&format!("The lock was not released and expires by itself: {error}"));
        }
    }
}

fn locked(error: &LockError, environment: &str) -> CliError {
    match error {
        LockError::Held(state) => {
            CliError::new(Exit::Locked, format!("the lock on {environment} is {}", state.standing))
                .hint("wait for it with --wait-lock 30m")
                .hint(format!("if nobody is at work any more: envctl lock release {environment} --reason WHY"))
        }
        LockError::Store(error) => CliError::from(error.clone()),
    }
}

/// Progress as a listener of the run.
struct Shown(Progress);

impl EventSink for Shown {
    fn emit(&mut self, event: &Event) -> Result<(), SinkError> {
        self.0.show(event);
        Ok(())
    }
}
