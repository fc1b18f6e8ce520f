//! How often a step that waits is looked at: fast at first, slower later.

use std::time::Duration;

/// The wait before the first look. Something that is ready at once costs no more than this.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait between two looks.
const LONGEST: Duration = Duration::from_secs(15);

/// The wait before look number `polls + 1`: 0.5 s, 0.75 s, 1.1 s … 15 s.
pub(super) fn delay(polls: u32) -> Duration {
    FIRST.mul_f64(1.5_f64.powi(polls.min(16).cast_signed())).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polling_starts_fast_and_backs_off_to_fifteen_seconds() {
        assert_eq!(delay(0), Duration::from_millis(500));
        assert!((0..40).all(|polls| delay(polls) <= delay(polls + 1)));
        assert_eq!(delay(9), LONGEST);
        assert_eq!(delay(u32::MAX), LONGEST);
    }
}
