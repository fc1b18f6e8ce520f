//! The built binary as real processes against MiniStack: killed with SIGKILL at each line of its journal, two of them in
//! a race, interrupted, behind a proxy that throttles and drops, with a damaged store. Afterwards another AWS client
//! looks at what is there. Each environment has an AWS account of its own.

mod client;
mod faults;
mod interrupted;
mod kills;
mod race;
mod scene;
mod secrets;
mod store_damage;

/// Processes of envctl at a time: they mostly wait.
const AT_A_TIME: usize = 10;

/// Does `job(1)`, `job(2)`, … beside each other, until one says that there are no more; how many there were.
fn until_no_more(job: impl Fn(usize) -> bool + Sync) -> usize {
    crate::support::until_no_more(AT_A_TIME, job)
}
