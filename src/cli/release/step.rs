//! The steps around a deployment: policy, snapshot, checks, announcement, question, task; and the deployment itself.

use std::collections::BTreeMap;
use std::time::Duration;

use super::announce::Moment;
use super::session::{Release, Told, Trouble};
use crate::cli::{asking, look};
use crate::model::{
    Action, DataSource, Depth, Gate, Goal, NoteKind, ReleaseStep, ResourceKey, ResourceKind, Settings, TAG_SNAPSHOT,
    fact_name, short_name,
};
use crate::template;
use crate::ui::prompt;
use crate::ui::run::Round;

/// Time in which a signal arrives.
const MOMENT: Duration = Duration::from_millis(20);

impl Release<'_> {
    /// One step of the spec.
    pub(super) async fn step(&mut self, gate: Gate, step: &ReleaseStep) -> Result<Told, Trouble> {
        match step {
            ReleaseStep::Policy => self.policy(),
            ReleaseStep::Snapshot => self.snapshot().await,
            ReleaseStep::Checks(names) => self.checks(gate, names).await,
            ReleaseStep::Announce => self.announce(Moment::of(gate)).await,
            ReleaseStep::Confirm { name, question } => self.confirm(name, question).await,
            // A migration that is tried before the deployment is that of what will be deployed.
            ReleaseStep::Task(name) if gate == Gate::Before => {
                let settings = self.prepared.settings.clone();
                self.task_with(name, settings).await
            }
            ReleaseStep::Task(name) => self.task(name).await,
            ReleaseStep::Maintenance(on) => self.maintenance(*on).await,
        }
    }

    /// Visitors get the maintenance page, or are let in again.
    pub(super) async fn maintenance(&mut self, on: bool) -> Result<Told, Trouble> {
        // Whoever ends in between must hear that visitors may see the page.
        self.record.in_maintenance |= on;
        self.note_down().await?;
        let rounds = self.perform(self.desired, Goal::Maintenance { on }).await?;
        self.record.in_maintenance = on;
        let told = match (on, rounds.is_empty()) {
            (true, true) => "visitors get the page already",
            (true, false) => "visitors get the page",
            (false, true) => "visitors are let in already",
            (false, false) => "visitors are let in again",
        };
        Ok(Told::passed(vec![told.to_owned()]))
    }

    /// What is about to be deployed against the policy. Values that may be secrets are in no breach's words.
    fn policy(&self) -> Result<Told, Trouble> {
        let Some(rules) = &self.desired.policy else {
            return Ok(Told::passed(vec!["the spec has no policy".to_owned()]));
        };
        let ahead = self.desired.as_deployed(&self.prepared.live).with_settings(&self.prepared.settings);
        let mut breaches = Vec::new();
        let mut documents = 0;
        let services = ahead.services.iter().map(|(name, spec)| {
            (format!("service {name}"), &spec.task_definition, Some(crate::cli::deploy::main_container(spec)))
        });
        let tasks = ahead.tasks.iter().map(|(name, spec)| (format!("task {name}"), &spec.task_definition, None));
        for (what, document, main) in services.chain(tasks) {
            documents += 1;
            for breach in template::breaches(document, main.as_deref(), rules) {
                let line = format!("{} {what}: {}; {}", breach.code, breach.message, breach.help);
                breaches.push(line);
            }
        }
        if breaches.is_empty() {
            let count = crate::ui::quantity::count(documents, "task definition");
            return Ok(Told::passed(vec![format!("kept by {count}")]));
        }
        let mut trouble = Trouble::failed("what is about to be deployed breaks the policy");
        trouble.why.extend(breaches);
        Err(trouble)
    }

    /// A snapshot of every database and of the files that the spec takes along, each read back as one that can be
    /// restored from.
    async fn snapshot(&mut self) -> Result<Told, Trouble> {
        let rounds = self.perform(self.desired, Goal::Snapshot).await?;
        let mut evidence = Vec::new();
        let notes = rounds.iter().flat_map(|round| &round.plan.notes);
        evidence.extend(notes.filter(|note| note.kind == NoteKind::NotDone).map(|note| note.text.clone()));
        let incomplete = !evidence.is_empty() || rounds.is_empty();
        if incomplete && self.prepared.no_way_back.is_empty() {
            let mut trouble = Trouble::failed("not everything is in the snapshot");
            trouble.why.extend(evidence);
            return Err(trouble);
        }
        let taken = taken(&rounds);
        evidence.extend(self.read_back(&taken).await?);
        self.record.snapshots.extend(taken);
        self.record.snapshots.extend(files_taken(&rounds));
        for round in &rounds {
            let points = round.plan.steps.iter().filter(|step| step.action.key().kind == ResourceKind::RecoveryPoint);
            evidence.extend(points.map(|step| format!("{}: done", step.title)));
        }
        Ok(Told { evidence, noted: incomplete })
    }

    /// Looks at each snapshot once more.
    async fn read_back(&self, taken: &BTreeMap<String, String>) -> Result<Vec<String>, Trouble> {
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        let live = look::observe(self.session, self.desired, Depth::Environment, &DataSource::Latest).await;
        let live = live.map_err(|error| Trouble::failed(error.in_one_line()))?;
        let mut evidence = Vec::new();
        for (database, identifier) in taken {
            let all = live.snapshots.get(database).and_then(|sighting| sighting.present());
            let found = all.and_then(|all| all.iter().find(|snapshot| snapshot.identifier == *identifier));
            let spec = self.desired.databases.get(database);
            match found {
                Some(found) if found.is_available() && spec.is_none_or(|spec| !spec.encrypted || found.encrypted) => {
                    let encrypted = if found.encrypted { "encrypted" } else { "not encrypted" };
                    let size = found.storage_gib;
                    evidence.push(format!("snapshot {identifier} of {database}: available, {size} GiB, {encrypted}"));
                }
                Some(found) => {
                    let status = &found.status;
                    let why = format!("snapshot {identifier} of {database} cannot be relied on: it is {status}");
                    return Err(Trouble::failed(why));
                }
                None => return Err(Trouble::failed(format!("snapshot {identifier} of {database} is not there"))),
            }
        }
        Ok(evidence)
    }

    /// The deployment.
    pub(super) async fn deploy(&mut self) -> Result<Told, Trouble> {
        self.record.deployed_at = Some(self.now());
        // Whoever is killed from here on must not be said to have deployed nothing.
        self.note_down().await?;
        let answer = self.perform(self.desired, self.prepared.goal(&self.run)).await;
        // What runs now is worth knowing also when it went wrong.
        let running = self.running().await;
        for (name, service) in running.iter().flatten() {
            if let Some(change) = self.record.revisions.get_mut(name)
                && change.before.as_ref() != Some(&service.task_definition)
            {
                change.after = Some(service.task_definition.clone());
            }
        }
        let rounds = answer?;
        if rounds.is_empty() {
            return Ok(Told::passed(vec!["that runs already".to_owned()]));
        }
        let line = |(name, change): (&String, &crate::model::RevisionChange)| {
            let after = short_name(change.after.as_ref()?);
            Some(match change.before.as_deref().map(short_name) {
                Some(before) => format!("service {name} runs {after}, before it {before}"),
                None => format!("service {name} runs {after}"),
            })
        };
        Ok(Told::passed(self.record.revisions.iter().filter_map(line).collect()))
    }

    /// A one-off task, with what runs.
    pub(super) async fn task(&mut self, name: &str) -> Result<Told, Trouble> {
        self.task_with(name, BTreeMap::new()).await
    }

    async fn task_with(&mut self, name: &str, settings: BTreeMap<String, Settings>) -> Result<Told, Trouble> {
        let rounds = self.perform(self.desired, Goal::Run { task: name.to_owned(), settings }).await?;
        let output = fact_name(&ResourceKey::new(ResourceKind::Task, name), "output");
        let lines = rounds.iter().filter_map(|round| round.outcome.facts.get(&output)).flat_map(|text| text.lines());
        Ok(Told::passed(lines.map(|line| format!("it said: {line}")).collect()))
    }

    /// A question, answered beforehand or now.
    async fn confirm(&mut self, name: &str, question: &str) -> Result<Told, Trouble> {
        let who = self.record.who.clone();
        let (yes, how) = match self.prepared.answers.get(name) {
            Some(yes) => (*yes, "with --answer"),
            None => (self.ask(question).await?, "at the terminal"),
        };
        if yes {
            Ok(Told::passed(vec![format!("{who} answered yes, {how}")]))
        } else {
            Err(Trouble::failed(format!("{who} answered no, {how}")))
        }
    }

    /// Asks whoever sits there. The lock is renewed meanwhile.
    async fn ask(&self, question: &str) -> Result<bool, Trouble> {
        let question = question.to_owned();
        let asking = asking::ask(move || prompt::yes_or_no(&question));
        let answer = self.unless_stopped(asking).await;
        if answer.is_err() {
            // The question's line has not ended.
            self.context.ui.complain("");
        }
        match answer? {
            Ok(true) => Ok(true),
            // A line that Ctrl-C ended is no answer: the signal comes at the same moment.
            Ok(false) => self.unless_stopped(tokio::time::sleep(MOMENT)).await.map(|()| false),
            Err(error) => Err(Trouble::failed(format!("nobody could be asked: {error}"))),
        }
    }
}

/// The snapshots that these rounds took, by database.
fn taken(rounds: &[Round]) -> BTreeMap<String, String> {
    let steps = rounds.iter().flat_map(|round| &round.plan.steps);
    let taken = steps.filter_map(|step| match &step.action {
        Action::CreateSnapshot { key, snapshot, .. } => Some((key.name.clone(), snapshot.clone())),
        _ => None,
    });
    taken.collect()
}

/// The ids of the snapshots that they took of files, by what they hold.
fn files_taken(rounds: &[Round]) -> BTreeMap<String, String> {
    let steps = rounds.iter().flat_map(|round| &round.plan.steps);
    let taken = steps.filter_map(|step| match &step.action {
        Action::StartBackup { key, tags, .. } => Some((files_of(&key.name), tags.get(TAG_SNAPSHOT)?.clone())),
        _ => None,
    });
    taken.collect()
}

/// What the record calls the files of a file system.
pub(super) fn files_of(file_system: &str) -> String {
    format!("files of {file_system}")
}
