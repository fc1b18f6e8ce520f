//! Whole sessions on the simulated cloud: several people, faults, crashes, hands in the console, time. Checkers that
//! know nothing of the faults assert the five promises after every call. A seed reproduces a session exactly.

mod bug;
pub(crate) mod chance;
mod checker;
mod command;
mod file_checker;
mod hand;
mod release_checker;
mod script;
mod session;
mod shrink;
mod variant;
mod watched;

pub(crate) use bug::Bug;
#[allow(unused_imports, reason = "the example plays whole scripts only")]
pub(crate) use script::Cut;
pub(crate) use script::Script;
#[allow(unused_imports, reason = "likewise")]
pub(crate) use session::play;
pub(crate) use session::{Report, run};
pub(crate) use shrink::shorten;
