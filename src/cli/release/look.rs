//! Checks as gates of a release.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::session::{Release, Told, Trouble};
use crate::cli::verification;
use crate::model::{Baseline, Check, CheckKind, CheckResult, Gate, Verdict};
use crate::ui::verify::{self, VerifyRun};

/// A metric is read by the minute.
const MINUTE: u64 = 60;

impl Release<'_> {
    /// Makes these checks (none named: every one). Before the deployment their figures become what later ones are
    /// compared with.
    pub(super) async fn checks(&mut self, gate: Gate, names: &[String]) -> Result<Told, Trouble> {
        let run = self.look(names).await?;
        self.context.ui.say(&verify::text(&run, &self.context.ui));
        if gate == Gate::Before {
            let figures = run.results.iter().map(|result| (result.name.clone(), result.figures.clone()));
            self.record.baseline.extend(figures);
        }
        judged(&run)
    }

    /// Looks once. After the deployment no window reaches back behind it.
    pub(super) async fn look(&self, names: &[String]) -> Result<VerifyRun, Trouble> {
        let chosen = verification::chosen(self.desired, names);
        let chosen = chosen.map_err(|error| Trouble::failed(error.in_one_line()))?;
        let (checks, baseline) = match self.record.deployed_at {
            Some(deployed_at) => (since(&chosen, deployed_at, self.now()), self.record.baseline.clone()),
            None => (chosen, Baseline::new()),
        };
        let looking = verification::make(self.session, self.workspace, self.desired, &checks, &baseline);
        self.unless_stopped(looking).await
    }
}

/// What a look came to, as a gate.
pub(super) fn judged(run: &VerifyRun) -> Result<Told, Trouble> {
    let lines: Vec<String> = run.results.iter().flat_map(lines).collect();
    if run.verdict() == Verdict::Passed {
        return Ok(Told::passed(lines));
    }
    let mut trouble = Trouble::failed(failing(run));
    trouble.why.extend(lines);
    Err(trouble)
}

/// `check health: the page is blank`, of each check that did not pass.
pub(super) fn failing(run: &VerifyRun) -> String {
    let bad = run.results.iter().filter(|result| result.verdict != Verdict::Passed);
    let words = bad.map(|result| {
        let why = result.problems.first().unwrap_or(&result.summary);
        format!("check {}: {why}", result.name)
    });
    words.collect::<Vec<_>>().join("; ")
}

/// What one check saw.
fn lines(result: &CheckResult) -> Vec<String> {
    let name = &result.name;
    let simulated = if result.simulated { " (simulated)" } else { "" };
    let mut lines = vec![format!("{name}: {}{simulated}: {}", result.verdict, result.summary)];
    if result.verdict != Verdict::Passed {
        let problems = result.problems.iter().filter(|problem| **problem != result.summary);
        lines.extend(problems.map(|problem| format!("{name}: {problem}")));
        lines.extend(result.evidence.iter().map(|seen| format!("{name}: seen: {seen}")));
    }
    lines
}

/// The checks with windows that begin at the deployment at the earliest: what was before it is not this release's doing.
pub(super) fn since(
    checks: &BTreeMap<String, Check>,
    deployed_at: Timestamp,
    now: Timestamp,
) -> BTreeMap<String, Check> {
    let passed = Duration::try_from(now.duration_since(deployed_at)).unwrap_or_default();
    let mut checks = checks.clone();
    for check in checks.values_mut() {
        match &mut check.kind {
            CheckKind::Log(log) => log.window = log.window.min(passed.max(Duration::from_secs(1))),
            CheckKind::Metric(metric) => {
                let minutes = Duration::from_secs((passed.as_secs() / MINUTE).max(1) * MINUTE);
                metric.window = metric.window.min(minutes);
            }
            _ => {}
        }
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LogCheck;

    #[test]
    fn no_window_reaches_back_behind_the_deployment() {
        let log = LogCheck { group: "app".into(), present: vec![], absent: vec![], window: Duration::from_secs(900) };
        let check = Check {
            kind: CheckKind::Log(log),
            tries: 1,
            pause: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
        };
        let checks = BTreeMap::from([("quiet".to_owned(), check)]);
        let window = |seconds: i64| {
            let at = |seconds| Timestamp::from_second(seconds).unwrap();
            match &since(&checks, at(1_000), at(1_000 + seconds))["quiet"].kind {
                CheckKind::Log(log) => log.window.as_secs(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!([0, 90, 900, 5_000].map(window), [1, 90, 900, 900]);
    }
}
