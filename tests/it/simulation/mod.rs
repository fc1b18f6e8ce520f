//! Whole sessions on the simulated cloud: several people, faults, crashes, hands in the console, time. Checkers that
//! know nothing of the faults assert the five promises after every call. A seed reproduces a session exactly.

mod bug;
mod chance;
mod checker;
mod command;
mod hand;
mod session;
mod variant;
mod watched;

pub(crate) use bug::Bug;
pub(crate) use session::run;
