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

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Processes of envctl at a time: they mostly wait.
const AT_A_TIME: usize = 10;

/// Does `job(1)`, `job(2)`, … beside each other, until one says that there are no more; how many there were.
fn until_no_more(job: impl Fn(usize) -> bool + Sync) -> usize {
    let (next, last) = (AtomicUsize::new(1), AtomicUsize::new(usize::MAX));
    let (failed, first) = (AtomicBool::new(false), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while !failed.load(Ordering::SeqCst) {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number > last.load(Ordering::SeqCst) {
                        return;
                    }
                    match catch_unwind(AssertUnwindSafe(|| job(number))) {
                        Ok(true) => {}
                        Ok(false) => drop(last.fetch_min(number - 1, Ordering::SeqCst)),
                        Err(panic) => {
                            failed.store(true, Ordering::SeqCst);
                            first.lock().expect("a panic").get_or_insert(panic);
                        }
                    }
                }
            });
        }
    });
    if let Some(panic) = first.into_inner().expect("a panic") {
        resume_unwind(panic);
    }
    last.into_inner()
}
