//! What is looked at before a release begins: it can be done, there is a way back, and every question will be answered.

use std::collections::BTreeMap;

use super::StartArgs;
use crate::cli::change::Change;
use crate::cli::confirm::Confirmation;
use crate::cli::context::{Context, Session};
use crate::cli::error::CliError;
use crate::cli::look;
use crate::cli::run_id::RunId;
use crate::model::{Desired, Goal, Live, NoteKind, Plan, Refusal, ReleaseSpec, ReleaseStep, RevisionChange, Settings};
use crate::planner;
use crate::ui::quantity;

/// Answers to the questions of the spec, by their names.
pub(super) type Answers = BTreeMap<String, bool>;

/// A release that can begin.
pub(super) struct Prepared {
    pub(super) settings: BTreeMap<String, Settings>,
    pub(super) answers: Answers,
    /// What runs before it.
    pub(super) revisions: BTreeMap<String, RevisionChange>,
    /// Why there is no way back; somebody has accepted that.
    pub(super) no_way_back: Vec<String>,
    /// What was there when it was looked at.
    pub(super) live: Live,
}

impl Prepared {
    /// The deployment.
    pub(super) fn goal(&self, run: &RunId) -> Goal {
        Goal::Deploy { settings: self.settings.clone(), by: run.to_string() }
    }

    /// What will be done, a line each.
    pub(super) fn procedure(&self, desired: &Desired) -> Vec<String> {
        let release = &desired.release;
        let mut lines: Vec<String> = steps_before(desired).iter().map(|step| format!("before   {step}")).collect();
        for (service, settings) in &self.settings {
            lines.extend(settings.iter().map(|(setting, value)| format!("deploy   {service}: {setting} {value}")));
        }
        lines.extend(release.tasks.iter().map(|task| format!("tasks    task {task}")));
        lines.extend(release.verify.iter().map(|step| format!("verify   {step}")));
        if let Some(watch) = &release.watch {
            let words = |time: std::time::Duration| quantity::duration(time.as_secs());
            lines.push(format!("watch    {}, every {}", words(watch.lasts), words(watch.every)));
        }
        lines.extend(release.after.iter().map(|step| format!("after    {step}")));
        let gates: Vec<&str> = release.rollback_when.iter().map(|gate| gate.as_str()).collect();
        let gates = if gates.is_empty() { "nothing".to_owned() } else { gates.join(", ") };
        lines.push(format!("back by itself when this fails: {gates}"));
        lines.extend(self.no_way_back.iter().map(|why| format!("accepted: {why}")));
        lines
    }
}

/// The steps before the deployment: a snapshot comes first where the spec does not place it.
pub(super) fn steps_before(desired: &Desired) -> Vec<ReleaseStep> {
    let declared = &desired.release.before;
    let missing = !declared.contains(&ReleaseStep::Snapshot);
    let first = missing.then_some(ReleaseStep::Snapshot);
    let has_data = has_data(desired);
    let steps = first.into_iter().chain(declared.iter().cloned());
    steps.filter(|step| has_data || *step != ReleaseStep::Snapshot).collect()
}

/// Is there anything that a snapshot holds?
fn has_data(desired: &Desired) -> bool {
    !desired.databases.is_empty() || !desired.backed_up_file_systems().is_empty()
}

/// Looks at everything without changing anything.
pub(super) async fn look(
    context: &Context,
    session: &Session,
    desired: &Desired,
    args: &StartArgs,
    settings: &BTreeMap<String, Settings>,
    answers: &Answers,
) -> Result<Prepared, CliError> {
    let run = RunId::new(session);
    let goal = Goal::Deploy { settings: settings.clone(), by: run.to_string() };
    let deploy = Change { context, desired, goal, args: &args.change, confirmation: Confirmation::YesOrNo, wait: true };
    let proposal = deploy.propose(session, &run, &deploy.goal).await?;
    refuse(context, &proposal.plan)?;
    // Images by their digests: what was looked at is what is deployed.
    let settings = match proposal.plan.goal {
        Goal::Deploy { settings, .. } => settings,
        _ => settings.clone(),
    };
    let live = proposal.live;
    let mut no_way_back = Vec::new();
    let mut revisions = BTreeMap::new();
    for name in settings.keys() {
        let service = live.services.get(name).and_then(|sighting| sighting.present());
        let before = service.and_then(planner::last_completed).map(str::to_owned);
        if before.is_none() {
            no_way_back.push(format!("no revision of service {name} is known to have completed"));
        }
        revisions.insert(name.clone(), RevisionChange { before, after: None });
    }
    if has_data(desired) {
        let policy = look::policy(context, session, desired, &run);
        no_way_back.extend(without_snapshot(&planner::plan(desired, &live, &Goal::Snapshot, &policy)));
    }
    if !no_way_back.is_empty() && !args.accept_no_way_back {
        let error = CliError::other(format!("{} has no way back, so nothing was begun", desired.environment));
        return Err(no_way_back
            .into_iter()
            .fold(error, CliError::detail)
            .hint("mend that first; for a first release, or knowingly: --accept-no-way-back"));
    }
    Ok(Prepared { settings, answers: answers.clone(), revisions, no_way_back, live })
}

/// A deployment that is refused is no release.
fn refuse(context: &Context, plan: &Plan) -> Result<(), CliError> {
    if plan.refusals.is_empty() {
        return Ok(());
    }
    let ui = &context.ui;
    if ui.format == crate::ui::Format::Text {
        ui.complain(&crate::ui::plan::text(plan, ui));
    }
    let refusals = plan.refusals.iter().map(Refusal::in_one_line);
    let error = CliError::refused(plan, false);
    Err(if ui.format == crate::ui::Format::Json { refusals.fold(error, CliError::detail) } else { error })
}

/// Why the data of the start would not be in a snapshot.
fn without_snapshot(plan: &Plan) -> Vec<String> {
    let refused = plan.refusals.iter().map(|refusal| refusal.why.clone());
    let noted = plan.notes.iter().filter(|note| note.kind == NoteKind::NotDone).map(|note| match &note.key {
        Some(key) => format!("no snapshot of {key}: {}", note.text),
        None => note.text.clone(),
    });
    refused.chain(noted).collect()
}

/// Every answer that was given, each to a question of the spec; where nobody can be asked, to all of them.
///
/// # Errors
/// A question is open; `confirmed`: else what else is missing is said with it.
pub(super) fn answers(
    release: &ReleaseSpec,
    given: &[String],
    interactive: bool,
    confirmed: bool,
) -> Result<Answers, CliError> {
    let questions: Vec<(&str, &str)> = release.questions().collect();
    let mut answers = Answers::new();
    for text in given {
        let (name, word) = text.split_once('=').unwrap_or((text, ""));
        let answer = match word.to_ascii_lowercase().as_str() {
            "yes" | "y" => true,
            "no" | "n" => false,
            _ => {
                return Err(CliError::usage(format!("`{text}` answers nothing")).hint("write --answer NAME=yes"));
            }
        };
        let by_number = name.parse::<usize>().ok().and_then(|number| questions.get(number.checked_sub(1)?));
        let asked = questions.iter().find(|(known, _)| *known == name).or(by_number);
        let Some((asked, _)) = asked else {
            let error = CliError::usage(format!("the release asks no question `{name}`"));
            return Err(if questions.is_empty() { error.hint("it asks none at all") } else { told(error, &questions) });
        };
        answers.insert((*asked).to_owned(), answer);
    }
    let open: Vec<(&str, &str)> = questions.into_iter().filter(|(name, _)| !answers.contains_key(*name)).collect();
    if interactive || open.is_empty() {
        return Ok(answers);
    }
    let error = told(CliError::usage("there is no terminal to ask on, so nothing was done"), &open);
    Err(if confirmed { error } else { error.hint("and --yes, to release without asking") })
}

fn told(error: CliError, questions: &[(&str, &str)]) -> CliError {
    questions
        .iter()
        .fold(error, |error, (name, question)| error.hint(format!("--answer {name}=yes answers: {question}")))
}
