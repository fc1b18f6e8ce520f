//! Which cloud errors are tried again, how often, and after how long. Pure: the jitter comes from token and attempt,
//! so that a run can be repeated exactly and two runs do not knock at the same moment.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::Token;

/// Tries of a throttled call. The clouds have a limiter of their own below this one.
const THROTTLED_TRIES: u32 = 15;
/// Tries of a call that got no answer, or a 5xx.
const UNAVAILABLE_TRIES: u32 = 10;
/// How long a resource may stay in a state in which the call is refused "for now". A database that is modifying
/// itself, or a service that drains, takes minutes (`aws.md` 2.6).
const BUSY_DEADLINE: Duration = Duration::from_secs(30 * 60);
/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(30);

/// What to do after a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Try again after this pause.
    Again(Duration),
    /// It will not get better.
    GiveUp,
}

/// Tries that failed, counted by why: a resource that was busy for long leaves a throttled call its own tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Failed {
    throttled: u32,
    unavailable: u32,
    other: u32,
}

impl Failed {
    /// One more.
    pub(super) fn count(&mut self, kind: CloudErrorKind) {
        match kind {
            CloudErrorKind::Throttled => self.throttled += 1,
            CloudErrorKind::Unavailable => self.unavailable += 1,
            _ => self.other += 1,
        }
    }

    fn all(self) -> u32 {
        self.throttled + self.unavailable + self.other
    }
}

/// Decides after these failed tries, the last one with this error, `since_first` after the first one began.
pub(super) fn decide(
    error: &CloudError,
    token: &Token,
    failed: Failed,
    since_first: Duration,
    now: Timestamp,
) -> Decision {
    let pause = backoff(token, failed.all());
    match error.kind {
        CloudErrorKind::Throttled if failed.throttled < THROTTLED_TRIES => Decision::Again(pause),
        CloudErrorKind::Unavailable if failed.unavailable < UNAVAILABLE_TRIES => Decision::Again(pause),
        CloudErrorKind::Busy => busy(error, pause, since_first, now),
        _ => Decision::GiveUp,
    }
}

/// A busy resource is tried again until the deadline; at once given up when AWS names a time beyond it.
fn busy(error: &CloudError, pause: Duration, since_first: Duration, now: Timestamp) -> Decision {
    let left = BUSY_DEADLINE.saturating_sub(since_first);
    let wanted = match error.retry_at {
        Some(at) => Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO).max(pause),
        None => pause,
    };
    if wanted <= left { Decision::Again(wanted) } else { Decision::GiveUp }
}

/// The pause after try number `attempt`: 1 s doubled each time, at most 30 s, of which the upper half is jitter.
fn backoff(token: &Token, attempt: u32) -> Duration {
    let full = Duration::from_secs(1).saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(LONGEST);
    full.mul_f64(0.5 + 0.5 * share(token, attempt))
}

/// A number in 0..1 that depends on token and attempt alone.
fn share(token: &Token, attempt: u32) -> f64 {
    let digest = Sha256::digest(format!("{}\n{}\n{attempt}", token.run, token.step));
    let number = digest.iter().take(4).fold(0u32, |number, byte| (number << 8) | u32::from(*byte));
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StepId;

    fn error(kind: CloudErrorKind) -> CloudError {
        CloudError {
            kind,
            operation: "rds:StopDBInstance".to_owned(),
            code: None,
            message: "no".to_owned(),
            request_id: None,
            retry_at: None,
        }
    }

    fn token() -> Token {
        Token { run: "r1".to_owned(), step: StepId("stop-database/main".to_owned()) }
    }

    fn times(kind: CloudErrorKind, times: u32) -> Failed {
        let mut failed = Failed::default();
        (0..times).for_each(|_| failed.count(kind));
        failed
    }

    fn check(kind: CloudErrorKind, tries: u32, since: u64) -> Decision {
        decide(&error(kind), &token(), times(kind, tries), Duration::from_secs(since), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_throttle_after_many_busy_answers_is_the_first_throttle() {
        let mut failed = times(CloudErrorKind::Busy, 40);
        failed.count(CloudErrorKind::Throttled);
        let throttled = error(CloudErrorKind::Throttled);
        let decision = decide(&throttled, &token(), failed, Duration::from_secs(600), Timestamp::UNIX_EPOCH);
        assert!(matches!(decision, Decision::Again(_)));
    }

    #[test]
    fn throttles_and_missing_answers_are_tried_again_a_bounded_number_of_times() {
        for kind in [CloudErrorKind::Throttled, CloudErrorKind::Unavailable] {
            assert!(matches!(check(kind, 1, 0), Decision::Again(_)));
            assert_eq!(check(kind, 15, 0), Decision::GiveUp);
        }
    }

    #[test]
    fn a_busy_resource_is_tried_again_until_its_deadline() {
        assert!(matches!(check(CloudErrorKind::Busy, 40, 29 * 60), Decision::Again(_)));
        assert_eq!(check(CloudErrorKind::Busy, 40, 30 * 60), Decision::GiveUp);
    }

    #[test]
    fn a_refusal_until_tomorrow_is_given_up_at_once() {
        let mut refused = error(CloudErrorKind::Busy);
        refused.retry_at = Some(Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24));
        let decision =
            decide(&refused, &token(), times(CloudErrorKind::Busy, 1), Duration::ZERO, Timestamp::UNIX_EPOCH);
        assert_eq!(decision, Decision::GiveUp);
        refused.retry_at = Some(Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(60));
        let decision =
            decide(&refused, &token(), times(CloudErrorKind::Busy, 1), Duration::ZERO, Timestamp::UNIX_EPOCH);
        assert_eq!(decision, Decision::Again(Duration::from_secs(60)));
    }

    #[test]
    fn what_cannot_get_better_is_not_tried_again() {
        use CloudErrorKind::{Conflict, Denied, NoCredentials, NotFound, Refused, Unsafe};
        for kind in [NotFound, Conflict, Denied, Refused, Unsafe, NoCredentials] {
            assert_eq!(check(kind, 1, 0), Decision::GiveUp);
        }
    }

    #[test]
    fn pauses_grow_stay_below_half_a_minute_and_are_the_same_at_every_run() {
        assert!((1..40).all(|attempt| backoff(&token(), attempt) <= LONGEST));
        assert!((1..40).all(|attempt| backoff(&token(), attempt) >= Duration::from_millis(500)));
        assert_eq!(backoff(&token(), 3), backoff(&token(), 3));
        let other = Token { run: "r2".to_owned(), ..token() };
        assert_ne!(backoff(&token(), 3), backoff(&other, 3));
    }
}
