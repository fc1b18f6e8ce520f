//! How often a step that waits is looked at: fast at first, slower later, and closely again around the time at which
//! such a step usually ends. A plan then takes as long as its critical path, plus nothing worth telling.

use std::time::Duration;

/// The wait before the first look. Something that is ready at once costs no more than this.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait between two looks.
const LONGEST: Duration = Duration::from_secs(15);
/// The shortest wait while the end is near. One step that waits then asks once a second, far below every rate of
/// `aws.md` 1.9.
const CLOSE: Duration = Duration::from_secs(1);
/// Looks are this share of what has passed apart: early on, when a step that ends sooner than usual is noticed within
/// a twentieth of its time …
const EARLY: u32 = 20;
/// … and while the end is near, within a hundredth.
const NEAR: u32 = 100;

/// The wait before look number `polls + 1`: 0.5 s, 0.75 s, 1.1 s … 15 s; shorter as long as the end may come. `elapsed`
/// is since the wait began, `expected` what such a step usually takes; long after that, there is no hurry any more.
pub(super) fn delay(polls: u32, elapsed: Duration, expected: Duration) -> Duration {
    let backed_off = FIRST.mul_f64(1.5_f64.powi(polls.min(16).cast_signed())).min(LONGEST);
    if elapsed >= expected.mul_f64(2.0) {
        return backed_off;
    }
    let share = if elapsed < expected.mul_f64(0.6) { EARLY } else { NEAR };
    backed_off.min((elapsed / share).max(CLOSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: Duration = Duration::from_secs(300);

    /// When looks happen, seconds since the wait began.
    fn looks(expected: Duration, until: f64) -> Vec<f64> {
        let mut at = Duration::ZERO;
        let mut all = Vec::new();
        while at.as_secs_f64() < until {
            at += delay(u32::try_from(all.len()).unwrap(), at, expected);
            all.push(at.as_secs_f64());
        }
        all
    }

    #[test]
    fn polling_starts_fast_and_backs_off_to_fifteen_seconds() {
        let nothing = Duration::ZERO;
        assert_eq!(delay(0, nothing, nothing), Duration::from_millis(500));
        assert!((0..40).all(|polls| delay(polls, nothing, nothing) <= delay(polls + 1, nothing, nothing)));
        assert_eq!(delay(9, nothing, nothing), LONGEST);
        assert!((0..40).all(|polls| delay(polls, nothing, EXPECTED) <= CLOSE));
        assert_eq!(delay(u32::MAX, EXPECTED * 2, EXPECTED), LONGEST);
    }

    #[test]
    fn around_the_expected_end_a_look_comes_within_a_hundredth_of_what_has_passed() {
        for end in [200.0, 240.0, 300.0, 360.0, 590.0] {
            let looks = looks(EXPECTED, 700.0);
            let noticed = looks.iter().find(|at| **at >= end).unwrap();
            assert!(noticed - end <= end / 100.0, "ended at {end}, noticed at {noticed}");
        }
    }

    #[test]
    fn a_step_that_ends_sooner_than_usual_is_noticed_within_a_twentieth() {
        for end in [30.0, 60.0, 100.0, 170.0] {
            let looks = looks(EXPECTED, 700.0);
            let noticed = looks.iter().find(|at| **at >= end).unwrap();
            assert!(noticed - end <= end / 20.0, "ended at {end}, noticed at {noticed}");
        }
    }

    #[test]
    fn a_wait_that_ends_as_expected_costs_few_looks() {
        let looks = looks(EXPECTED, 300.0);
        assert!(looks.len() < 130, "{} looks in five minutes", looks.len());
    }
}
