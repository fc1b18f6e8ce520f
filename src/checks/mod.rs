//! Makes [`Check`]s: looks at an environment from outside, with the eyes of this machine, and writes nothing. The client
//! that looks also posts announcements ([`post`]).
//!
//! All checks of a run are made side by side. Each ends in bounded time, shows no secret, and says what it saw. Beside
//! the simulated cloud, a check of the environment's own host or database is answered by the simulated world
//! (`simulated`); every other address is really contacted, in real time.

mod attempt;
mod command;
mod load;
mod log;
mod mask;
mod metric;
#[cfg(feature = "probes")]
mod probe;
mod seen;
mod service;
mod simulated;
mod sql_place;
mod webhook;
mod words;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use rust_decimal::Decimal;

use crate::clock::Clock;
use crate::cloud::sim::SimCloud;
use crate::cloud::{Observe, Readings, SecretValues};
use crate::model::{Baseline, Check, CheckKind, CheckResult, Desired, Figures, HttpCheck};

use attempt::{Tried, really, tried};
pub use load::{Load, LoadResult};
pub use mask::Mask;
use seen::Seen;
use sql_place::SqlPlace;
pub use webhook::{is_here, post};
use words::Words;

/// Checks that are made at the same time.
const AT_ONCE: usize = 16;

/// What checks are made with.
pub struct Ground<'a> {
    /// The environment.
    pub desired: &'a Desired,
    /// The folder of the workspace, in which commands start and below which authorities are.
    pub folder: &'a Path,
    /// Where services are looked at.
    pub cloud: &'a dyn Observe,
    /// Its metrics and logs.
    pub readings: &'a dyn Readings,
    /// Its time: windows of logs and metrics end now.
    pub clock: &'a dyn Clock,
    /// Where secrets are read.
    pub secrets: &'a dyn SecretValues,
    /// The simulated cloud, where it is the cloud.
    pub simulated: Option<&'a SimCloud>,
    /// Figures of an earlier run to compare with; empty: there is none.
    pub baseline: &'a Baseline,
}

/// Makes these checks. The answers are in the order of their names.
pub async fn run(checks: &BTreeMap<String, Check>, ground: &Ground<'_>) -> Vec<CheckResult> {
    let words = words::of(checks, ground).await;
    let work = checks.iter().map(|(name, check)| {
        let words = words.get(name).cloned().unwrap_or_default();
        async move { one(name, check, words, ground).await }
    });
    let mut results: Vec<CheckResult> = futures_util::stream::iter(work).buffer_unordered(AT_ONCE).collect().await;
    results.sort_by(|left, right| left.name.cmp(&right.name));
    results
}

async fn one(name: &str, check: &Check, words: Arc<Words>, ground: &Ground<'_>) -> CheckResult {
    let simulated = simulated::answers(check, ground);
    let in_cloud = matches!(check.kind, CheckKind::Service(_) | CheckKind::Log(_) | CheckKind::Metric(_));
    let done = if simulated || in_cloud {
        tried(check, async || in_the_cloud(name, check, ground, &words.mask).await).await
    } else {
        outside(name, check, words, ground).await
    };
    let Tried { seen, tries, took } = done;
    CheckResult {
        name: name.to_owned(),
        kind: check.kind.word().to_owned(),
        verdict: seen.verdict(),
        summary: seen.summary,
        problems: seen.problems,
        evidence: seen.evidence,
        figures: seen.figures,
        tries,
        took,
        simulated,
    }
}

/// What the cloud is asked, and what the simulated one answers for the rest of its world.
async fn in_the_cloud(name: &str, check: &Check, ground: &Ground<'_>, mask: &Mask) -> Seen {
    let planted = ground.simulated.and_then(|world| world.planted_failure(&ground.desired.environment, name));
    if let Some(why) = planted {
        return Seen::new(mask).failed(&why);
    }
    match (&check.kind, ground.simulated) {
        (CheckKind::Service(service), _) => service::look(service, ground).await,
        (CheckKind::Log(log), _) => log::look(log, ground, mask).await,
        (CheckKind::Metric(metric), _) => metric::look(name, metric, ground, mask).await,
        (_, Some(world)) => simulated::look(check, ground, world),
        (_, None) => Seen::new(mask).not_looked("the cloud is not asked this"),
    }
}

/// What is done from this machine, all tries in real time.
async fn outside(name: &str, check: &Check, words: Arc<Words>, ground: &Ground<'_>) -> Tried {
    if let Some(missing) = &words.missing {
        let seen = Seen::new(&words.mask).not_looked(missing);
        return Tried { seen, tries: 1, took: Duration::ZERO };
    }
    let place = match &check.kind {
        CheckKind::Sql(sql) => Some(sql_place::of(sql, ground).await),
        _ => None,
    };
    let job = Job {
        check: check.clone(),
        words: Arc::clone(&words),
        folder: ground.folder.to_owned(),
        place,
        before: ground.baseline.get(name).cloned().unwrap_or_default(),
    };
    let mask = words.mask.clone();
    let work = move || async move { tried(&job.check, async || from_here(&job).await).await };
    let done = really(ground.simulated.is_some(), work).await;
    done.unwrap_or_else(|error| Tried { seen: Seen::new(&mask).not_looked(&error), tries: 1, took: Duration::ZERO })
}

/// Plays users against one http check of the environment, in real time, and measures.
///
/// # Errors
/// Why nothing could be played: no http check, a secret that may not be read, an answer that only the simulated world
/// would give.
pub async fn load(name: &str, check: &Check, load: Load, ground: &Ground<'_>) -> Result<LoadResult, String> {
    if simulated::answers(check, ground) {
        let why = "the simulated cloud has no application to put a load on: give the check a `connect_to` that is real";
        return Err(why.to_owned());
    }
    let checks = BTreeMap::from([(name.to_owned(), check.clone())]);
    let words = words::of(&checks, ground).await.remove(name).unwrap_or_default();
    if let Some(missing) = &words.missing {
        return Err(words.mask.hide(missing));
    }
    let job = Arc::new(Job {
        check: check.clone(),
        words,
        folder: ground.folder.to_owned(),
        place: None,
        before: Figures::new(),
    });
    really(ground.simulated.is_some(), move || async move { load::all(&job, load).await }).await?
}

/// The time that so many percent of the sorted times do not exceed; nothing when there are none.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).or(sorted.last()).copied().unwrap_or_default()
}

/// What is slower than an http check allows, by itself and beside earlier figures.
pub fn too_slow(check: &HttpCheck, now: &Figures, before: &Figures) -> Vec<String> {
    let mut problems = Vec::new();
    for (percent, bound) in [(50, check.p50), (95, check.p95), (99, check.p99)] {
        let name = format!("p{percent}_ms");
        let Some(time) = now.get(&name) else { continue };
        if let Some(bound) = bound.map(seen::milliseconds).filter(|bound| time > bound) {
            problems.push(format!("p{percent} is {time} ms, expected at most {bound} ms"));
        }
        if let Some((slower, before)) = check.slower_percent.zip(before.get(&name)) {
            let most = before * (Decimal::ONE_HUNDRED + slower) / Decimal::ONE_HUNDRED;
            if *time > most {
                problems.push(format!("p{percent} is {time} ms, more than {slower} % above the {before} ms before"));
            }
        }
    }
    problems
}

/// Everything that a look from this machine needs, apart from the cloud.
#[cfg_attr(not(feature = "probes"), allow(dead_code, reason = "it looks at less"))]
struct Job {
    check: Check,
    words: Arc<Words>,
    folder: std::path::PathBuf,
    /// Where the database of an sql check is; `None`: it is another kind.
    place: Option<Result<SqlPlace, String>>,
    /// Figures of an earlier run.
    before: Figures,
}

async fn from_here(job: &Job) -> Seen {
    match &job.check.kind {
        CheckKind::Command(command) => command::look(command, &job.words, &job.folder, job.check.timeout).await,
        #[cfg(feature = "probes")]
        _ => probe::look(job).await,
        #[cfg(not(feature = "probes"))]
        _ => Seen::new(&job.words.mask).not_looked("this build cannot look: it was made without the feature `probes`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<Duration> = (1..=20).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(10));
        assert_eq!(percentile(&times, 95), Duration::from_millis(19));
        assert_eq!(percentile(&times, 99), Duration::from_millis(20));
        assert_eq!(percentile(&times[..1], 95), Duration::from_millis(1));
        assert_eq!(percentile(&[], 95), Duration::ZERO);
    }
}
