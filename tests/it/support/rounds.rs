//! [`until_no_more`]: the same again and again, a number further each time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Does `job(1)`, `job(2)`, … beside each other, until one says that there are no more; how many there were. So many at a time.
pub(crate) fn until_no_more(at_a_time: usize, job: impl Fn(usize) -> bool + Sync) -> usize {
    let (next, last) = (AtomicUsize::new(1), AtomicUsize::new(usize::MAX));
    let (failed, first) = (AtomicBool::new(false), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
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
