//! `envctl drift` of several environments: read by batch, two hundred at a time, one cloud an account and region. What
//! was compared is let go at once, so that memory grows with the reports alone.

use std::collections::BTreeMap;

use super::context::{Context, View};
use super::drift;
use super::drift_who::Trail;
use super::error::CliError;
use super::load::{self, WorkspaceFiles};
use super::look;
use crate::model::{DataSource, Depth, Desired, Live, Scope};
use crate::observer;
use crate::report::{AcceptedDifferences, DriftReport, PriceTable};
use crate::store::cache::Cache;
use crate::ui::drift::DriftRun;
use crate::workspace::Workspace;

/// Environments that are read together.
const AT_ONCE: usize = 200;
/// So many are all compared in full. Of more, AWS would be asked a thousand times for what it tells of one resource at
/// a time only: that is compared in turn.
const ALL_IN_FULL: usize = 40;
/// One of so many is compared in full in one run.
const TURNS: usize = 100;
/// What the cache of ids calls the environment that was last compared in full.
const TURN: &str = "turn";

/// Compares these environments; one that cannot be looked at hides none of the others.
pub(super) fn compare(
    context: &Context,
    workspace: &Workspace,
    names: &[String],
    accepted: &AcceptedDifferences,
    who: bool,
) -> Result<DriftRun, CliError> {
    let files = load::files(workspace)?;
    let simulated = context.simulated_places(workspace);
    let prices = PriceTable::shipped();
    let mut run = DriftRun::default();
    let mut places: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for name in names {
        let place = load::place_of(&files, name).map(|place| simulated.get(name).cloned().unwrap_or(place));
        match place {
            Some(place) => places.entry(place).or_default().push(name.clone()),
            None => {
                let why = load::desired_in(&files, name).err().map(|error| error.in_one_line());
                run.failures.push((name.clone(), why.unwrap_or_default()));
            }
        }
    }
    for names in places.into_values() {
        let part = Part { context, workspace, files: &files, accepted, prices, who };
        if let Err((error, names)) = part.compare(&names, &mut run) {
            let why = error.in_one_line();
            run.failures.extend(names.into_iter().map(|name| (name, why.clone())));
        }
    }
    run.reports.sort_by(|one, other| one.environment.cmp(&other.environment));
    run.failures.sort();
    Ok(run)
}

/// The environments of one account and region.
struct Part<'a> {
    context: &'a Context,
    workspace: &'a Workspace,
    files: &'a WorkspaceFiles,
    accepted: &'a AcceptedDifferences,
    prices: &'a PriceTable,
    who: bool,
}

impl Part<'_> {
    /// Compares them.
    ///
    /// # Errors
    /// When nothing can be said at all (no credentials, no network), with the environments that are left.
    fn compare(&self, names: &[String], run: &mut DriftRun) -> Result<(), (CliError, Vec<String>)> {
        let Some(first) = names.iter().find_map(|name| load::desired_in(self.files, name).ok()) else {
            let failed = |name: &String| Some((name.clone(), load::desired_in(self.files, name).err()?.in_one_line()));
            run.failures.extend(names.iter().filter_map(failed));
            return Ok(());
        };
        let compared = self.context.with_view(self.workspace, &first, async |view| {
            let cache = Cache::new(&view.store);
            let kept = format!("_all-{}-{}", first.account, first.region);
            let mut known = cache.known_ids(&kept).await;
            let mut trail = Trail::new(self.who);
            let in_full = in_full(names, known.get(TURN));
            for chunk in names.chunks(AT_ONCE) {
                self.chunk(view, chunk, &in_full, (&mut known, &mut trail), run).await;
            }
            if in_full.len() < names.len() {
                run.notes.push(format!(
                    "Of {} environments {} were compared in full, in turn. Of the others all was compared but the attributes of \
                     target groups, scaling policies, mount targets, dashboards and the tags of alarms, for which AWS must be \
                     asked one by one: name an environment to compare it in full",
                    names.len(),
                    in_full.len()
                ));
                known.extend(in_full.last().map(|last| (TURN.to_owned(), last.clone())));
            }
            cache.remember_ids(&kept, &known).await;
            Ok(())
        });
        compared.map_err(|error| (error, names.to_vec()))
    }

    async fn chunk(
        &self,
        view: &View,
        names: &[String],
        in_full: &[String],
        (known, trail): (&mut BTreeMap<String, String>, &mut Trail),
        run: &mut DriftRun,
    ) {
        let mut scopes: Vec<Scope> = Vec::new();
        for name in names {
            let depth = if in_full.contains(name) { Depth::Comparison } else { Depth::Survey };
            match load::desired_in(self.files, name) {
                Ok(desired) => scopes.push(observer::scope_of(desired, depth, known.clone())),
                Err(error) => run.failures.push((name.clone(), error.in_one_line())),
            }
        }
        let seen = observer::observe_all(&view.cloud, &scopes).await;
        for (scope, live) in scopes.into_iter().zip(seen) {
            let report = match live {
                Ok(live) => {
                    known.extend(live.resolved_ids.clone().into_iter().filter(|(key, _)| !key.starts_with("rules ")));
                    self.report(view, &scope.desired, live, trail).await
                }
                Err(error) => Err(error.into()),
            };
            match report {
                Ok(report) => run.reports.push(report),
                Err(error) => run.failures.push((scope.desired.environment, error.in_one_line())),
            }
        }
    }

    async fn report(
        &self,
        view: &View,
        desired: &Desired,
        mut live: Live,
        trail: &mut Trail,
    ) -> Result<DriftReport, CliError> {
        look::guard(desired, &live)?;
        let (mut report, doubt) = drift::compare(self.context, desired, &live, self.accepted, self.prices);
        if doubt {
            live = look::through(view, desired, Depth::Preflight, &DataSource::Latest).await?;
            report = drift::compare(self.context, desired, &live, self.accepted, self.prices).0;
        }
        trail.tell(&*view.readings, desired, &live, &mut report).await;
        Ok(report)
    }
}

/// Who is compared in full: everybody, or of many those whose turn it is after the last one.
fn in_full(names: &[String], last: Option<&String>) -> Vec<String> {
    if names.len() <= ALL_IN_FULL {
        return names.to_vec();
    }
    let next = last.map_or(0, |last| names.partition_point(|name| name <= last));
    names.iter().cycle().skip(next).take(names.len().div_ceil(TURNS)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_each_has_its_turn() {
        let names: Vec<String> = (0..130).map(|number| format!("e{number:03}")).collect();
        let mut last = None;
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..65 {
            let turn = in_full(&names, last.as_ref());
            assert_eq!(turn.len(), 2);
            last = turn.last().cloned();
            seen.extend(turn);
        }
        assert_eq!(seen.len(), names.len());
        assert_eq!(in_full(&names[..40], None).len(), 40, "a few are compared in full always");
    }
}
