//! A small measured load (P13): so many users, each with a connection of its own, ask one request after the other for
//! so long.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::model::Figures;

/// Most users.
const MOST_USERS: u32 = 500;
/// Longest load.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// How much load: `50 users for 2m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Users that ask at the same time.
    pub users: u32,
    /// For how long.
    pub length: Duration,
}

impl FromStr for Load {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no load: write `50 users for 2m`");
        let words: Vec<&str> = text.split_whitespace().collect();
        let [users, "user" | "users", "for", rest @ ..] = words.as_slice() else { return Err(wrong()) };
        let users = users.parse::<u32>().map_err(|_| wrong())?;
        let length = rest.join(" ").parse::<jiff::SignedDuration>().map_err(|_| wrong())?;
        let length = Duration::try_from(length).map_err(|_| wrong())?;
        if users == 0 || users > MOST_USERS {
            return Err(format!("{users} users: from 1 to {MOST_USERS} can be played"));
        }
        if length < Duration::from_secs(1) || length > LONGEST {
            return Err(format!("a load lasts from 1s to {}m", LONGEST.as_secs() / 60));
        }
        Ok(Self { users, length })
    }
}

/// What a load measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadResult {
    /// Requests that were answered or lost.
    pub requests: u64,
    /// Answers with a status that is not expected, by status.
    pub wrong: BTreeMap<u16, u64>,
    /// Requests without an answer, by the reason.
    pub lost: BTreeMap<String, u64>,
    /// Times of the answers, sorted.
    pub times: Vec<Duration>,
    /// How long it took as a whole.
    pub took: Duration,
}

impl LoadResult {
    /// Requests that went wrong, in percent of all; none for no request at all.
    pub fn error_percent(&self) -> Option<Decimal> {
        let bad: u64 = self.wrong.values().chain(self.lost.values()).sum();
        let share = Decimal::from(bad).checked_mul(Decimal::ONE_HUNDRED)?.checked_div(Decimal::from(self.requests))?;
        Some(share.round_dp(2).normalize())
    }

    /// The figures, by name with the unit last.
    pub fn figures(&self) -> Figures {
        let mut figures = Figures::from([("requests".to_owned(), Decimal::from(self.requests))]);
        for (name, percent) in [("p50_ms", 50), ("p95_ms", 95), ("p99_ms", 99)] {
            if !self.times.is_empty() {
                figures.insert(name.to_owned(), super::seen::milliseconds(super::percentile(&self.times, percent)));
            }
        }
        if let Some(percent) = self.error_percent() {
            figures.insert("errors_percent".to_owned(), percent);
        }
        let seconds = Decimal::from(u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX)) / Decimal::ONE_THOUSAND;
        if let Some(rate) = Decimal::from(self.requests).checked_div(seconds) {
            figures.insert("requests_per_second".to_owned(), rate.round_dp(1).normalize());
        }
        figures
    }
}

/// One user's work: asks until the time is over.
#[cfg(feature = "probes")]
mod play {
    use tokio::time::Instant;

    use super::{Arc, Duration, Load, LoadResult};
    use crate::checks::Job;
    use crate::checks::probe::{Client, Deadline, Question, http};
    use crate::model::{CheckKind, HttpCheck};

    /// How long a user waits after a request that got no answer, so that a server that refuses is not hammered.
    const AFTER_LOSS: Duration = Duration::from_millis(100);

    impl LoadResult {
        /// Adds what another user saw.
        fn add(&mut self, other: Self) {
            self.requests += other.requests;
            for (status, count) in other.wrong {
                *self.wrong.entry(status).or_default() += count;
            }
            for (reason, count) in other.lost {
                *self.lost.entry(reason).or_default() += count;
            }
            self.times.extend(other.times);
        }
    }

    /// All users side by side.
    pub(in crate::checks) async fn all(job: &Arc<Job>, load: Load) -> Result<LoadResult, String> {
        let CheckKind::Http(check) = &job.check.kind else { return Err("only an http check can be a load".to_owned()) };
        let question = http::question(check, &job.words).map_err(|trouble| trouble.text)?;
        let began = Instant::now();
        let users = (0..load.users).map(|_| one(job, check, &question, began + load.length));
        let mut whole = LoadResult::default();
        for user in futures_util::future::join_all(users).await {
            whole.add(user);
        }
        whole.took = began.elapsed();
        whole.times.sort();
        Ok(whole)
    }

    async fn one(job: &Job, check: &HttpCheck, question: &Question, until: Instant) -> LoadResult {
        let mut result = LoadResult::default();
        let mut client = Client::new(&check.route, &job.folder, &question.address);
        while Instant::now() < until {
            let answer = client.ask(question, Deadline::after(job.check.timeout)).await;
            result.requests += 1;
            match answer {
                Ok(answer) => {
                    if !http::is_expected(check, answer.status.as_u16()) {
                        *result.wrong.entry(answer.status.as_u16()).or_default() += 1;
                    }
                    result.times.push(answer.took);
                }
                Err(trouble) => {
                    *result.lost.entry(job.words.mask.hide(&trouble.text)).or_default() += 1;
                    tokio::time::sleep(AFTER_LOSS).await;
                }
            }
        }
        result
    }
}

#[cfg(feature = "probes")]
pub(super) use play::all;

/// A build without probes plays no users.
#[cfg(not(feature = "probes"))]
pub(super) async fn all(_: &Arc<super::Job>, _: Load) -> Result<LoadResult, String> {
    Err("this build cannot look: it was made without the feature `probes`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_read_as_people_say_it() {
        let load = |text: &str| text.parse::<Load>();
        assert_eq!(load("50 users for 2m"), Ok(Load { users: 50, length: Duration::from_secs(120) }));
        assert_eq!(load("1 user for 90s"), Ok(Load { users: 1, length: Duration::from_secs(90) }));
        for wrong in ["", "many users for 2m", "50 users", "0 users for 2m", "9999 users for 2m", "5 users for 3h"] {
            assert!(load(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn errors_are_a_share_of_all_requests() {
        let mut result = LoadResult { requests: 8, ..LoadResult::default() };
        result.wrong.insert(500, 1);
        result.lost.insert("the connection was reset".to_owned(), 1);
        assert_eq!(result.error_percent(), Some(Decimal::from(25)));
        assert_eq!(LoadResult::default().error_percent(), None);
    }
}
