//! Plans that a release runs under its lock: snapshot, deployment, task, rollback.

use std::time::Duration;

use tokio::time::Instant;

use super::session::{Release, Trouble, TroubleKind};
use crate::cli::arguments::ChangeArgs;
use crate::cli::change::Change;
use crate::cli::confirm::Confirmation;
use crate::model::{Desired, Ending, Goal, Plan, Refusal};
use crate::ui::run::Round;

impl Release<'_> {
    /// Plans towards a goal and runs the plan, again where that leads further; the rounds, of which there are none where
    /// nothing was to be done.
    pub(super) async fn perform(&mut self, desired: &Desired, goal: Goal) -> Result<Vec<Round>, Trouble> {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let args = ChangeArgs {
            yes: true,
            timeout: left.map(|left| left.max(Duration::from_secs(1))),
            ..self.args.change.clone()
        };
        let change = Change {
            context: self.context,
            desired,
            goal,
            args: &args,
            confirmation: Confirmation::YesOrNo,
            wait: true,
        };
        let run = self.run.after(self.rounds);
        let (made, refused) = change
            .rounds(self.session, &run, None, self.lease, self.signals)
            .await
            .map_err(|error| Trouble::failed(error.in_one_line()))?;
        self.rounds += made.rounds.len();
        if let Some(plan) = refused {
            return Err(Trouble { kind: TroubleKind::Failed, why: refusals(&plan) });
        }
        match made.rounds.last().map(|round| round.outcome.ending.clone()) {
            None | Some(Ending::Done) => Ok(made.rounds),
            Some(ending) => Err(trouble(&made.rounds, &ending)),
        }
    }
}

fn refusals(plan: &Plan) -> Vec<String> {
    plan.refusals.iter().map(Refusal::in_one_line).collect()
}

/// Why the last round did not end well: each failure with its evidence, and what was not begun.
fn trouble(rounds: &[Round], ending: &Ending) -> Trouble {
    let kind = match ending {
        Ending::Interrupted(signal) => TroubleKind::Interrupted(*signal),
        Ending::TimedOut => TroubleKind::TimedOut,
        Ending::LeaseLost => TroubleKind::LeaseLost,
        Ending::Done | Ending::Failed => TroubleKind::Failed,
    };
    let mut why = Vec::new();
    for round in rounds {
        let title = |id| round.plan.step(id).map_or_else(|| String::from("a step"), |step| step.title.clone());
        for (id, failure) in &round.outcome.failures {
            why.push(format!("{}: {}", title(id), failure.message));
            why.extend(failure.evidence.iter().cloned());
            why.extend(failure.hint.iter().map(|hint| format!("what to do: {hint}")));
        }
        why.extend(round.outcome.stopped_because.iter().map(|because| format!("stopped: {because}")));
    }
    if why.is_empty() {
        why.push("it did not end well".to_owned());
    }
    Trouble { kind, why }
}
