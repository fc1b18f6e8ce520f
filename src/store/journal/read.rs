//! Reads journals: the list of runs, and one run. A journal is untrusted: it may be cut off, or garbage.

use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};

use super::Journals;
use crate::model::{Ending, Event, EventKind, Power};
use crate::store::{StoreError, untrusted};

/// Objects of a bucket that are read at the same time.
const SIDE_BY_SIDE: usize = 16;

/// A run as its journal tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Run id.
    pub run: String,
    /// Environment.
    pub environment: String,
    /// Its events, in order.
    pub events: Vec<Event>,
    /// What could not be read, in words: a last line that was cut off is no damage.
    pub damage: Vec<String>,
}

/// A run in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// Run id.
    pub run: String,
    /// Environment.
    pub environment: String,
    /// Who ran it; `None`: its first line is unreadable.
    pub who: Option<String>,
    /// Command line; `None`: as above.
    pub command: Option<String>,
    /// When it began, in the cloud's time.
    pub started_at: Option<Timestamp>,
    /// Its last event.
    pub ended_at: Option<Timestamp>,
    /// How it ended; `None`: it is still running, or was killed.
    pub ending: Option<Ending>,
    /// The power state that it led to when it was done; `None`: its first line is unreadable.
    pub power_wanted: Option<Power>,
    /// Steps done.
    pub succeeded: usize,
    /// Steps given up.
    pub failed: usize,
    /// Steps not begun.
    pub skipped: usize,
    /// What could not be read.
    pub damage: Vec<String>,
}

impl RunSummary {
    /// From its first event to its last.
    pub fn duration(&self) -> Option<SignedDuration> {
        Some(self.ended_at?.duration_since(self.started_at?))
    }
}

impl RunRecord {
    /// The run in a few words.
    pub fn summary(&self) -> RunSummary {
        let mut summary = RunSummary {
            run: self.run.clone(),
            environment: self.environment.clone(),
            who: None,
            command: None,
            started_at: self.events.first().map(|event| event.at),
            ended_at: self.events.last().map(|event| event.at),
            ending: None,
            power_wanted: None,
            succeeded: 0,
            failed: 0,
            skipped: 0,
            damage: self.damage.clone(),
        };
        for event in &self.events {
            match &event.kind {
                EventKind::RunStarted { who, command, plan, .. } => {
                    summary.power_wanted = Some(plan.power_wanted);
                    summary.who = Some(who.clone());
                    summary.command = Some(command.clone());
                }
                EventKind::StepSucceeded { .. } => summary.succeeded += 1,
                EventKind::StepFailed { .. } => summary.failed += 1,
                EventKind::StepSkipped { .. } => summary.skipped += 1,
                EventKind::RunFinished { ending } => summary.ending = Some(ending.clone()),
                _ => {}
            }
        }
        summary
    }
}

impl Journals {
    /// The newest runs, newest first, of one environment or of all; at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be listed. A run that cannot be read is a summary that says so.
    pub async fn list(&self, environment: Option<&str>, limit: usize) -> Result<Vec<RunSummary>, StoreError> {
        let mut runs = self.names(environment).await?;
        runs.truncate(limit);
        let mut summaries = Vec::new();
        for (run, environment) in runs {
            summaries.push(self.load(&environment, &run).await?.summary());
        }
        Ok(summaries)
    }

    /// The newest runs of one environment with all of their events, newest first; at most `limit`.
    ///
    /// # Errors
    /// As [`Journals::list`].
    pub async fn records(&self, environment: &str, limit: usize) -> Result<Vec<RunRecord>, StoreError> {
        let mut records = Vec::new();
        for (run, environment) in self.names(Some(environment)).await?.into_iter().take(limit) {
            records.push(self.load(&environment, &run).await?);
        }
        Ok(records)
    }

    /// One run, by its id or an unmistakable beginning of it; `None`: there is none such.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(&self, run: &str) -> Result<Option<RunRecord>, StoreError> {
        let names = self.names(None).await?;
        let exact = names.iter().find(|(known, _)| known == run);
        let mut beginning = names.iter().filter(|(known, _)| known.starts_with(run));
        let unmistakable = match (beginning.next(), beginning.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        };
        match exact.or(unmistakable) {
            Some((run, environment)) => Ok(Some(self.load(environment, run).await?)),
            None => Ok(None),
        }
    }

    /// Run ids with their environments, newest first.
    pub(super) async fn names(&self, environment: Option<&str>) -> Result<Vec<(String, String)>, StoreError> {
        let environments = match environment {
            Some(environment) => vec![environment.to_owned()],
            None => self.store.folders(&self.store.path(["runs"])).await?,
        };
        let mut names = Vec::new();
        for environment in environments {
            let folder = self.store.path(["runs", &environment]);
            let runs = match self.store.folder() {
                Some(_) => {
                    let files = self.store.list(&folder).await?.into_iter();
                    files.filter_map(|entry| entry.name.strip_suffix(".jsonl").map(str::to_owned)).collect()
                }
                None => self.store.folders(&folder).await?,
            };
            names.extend(runs.into_iter().map(|run| (run, environment.clone())));
        }
        names.sort_by(|one, other| other.cmp(one));
        Ok(names)
    }

    async fn load(&self, environment: &str, run: &str) -> Result<RunRecord, StoreError> {
        let mut record = RunRecord {
            run: run.to_owned(),
            environment: environment.to_owned(),
            events: Vec::new(),
            damage: Vec::new(),
        };
        let content = match self.store.folder() {
            Some(_) => self.store.read(&self.store.path(["runs", environment, &format!("{run}.jsonl")])).await,
            None => self.joined(environment, run).await,
        };
        match content {
            Ok(content) => parse(&content.unwrap_or_default(), &mut record),
            Err(error) => record.damage.push(error.why),
        }
        Ok(record)
    }

    /// The objects of a run in a bucket, as the lines of a file.
    async fn joined(&self, environment: &str, run: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let folder = self.store.path(["runs", environment, run]);
        let entries = self.store.list(&folder).await?;
        let contents: Vec<Result<Option<Vec<u8>>, StoreError>> = futures_util::stream::iter(entries)
            .map(|entry| {
                let path = folder.clone().join(entry.name.as_str());
                async move { self.store.read(&path).await }
            })
            .buffered(SIDE_BY_SIDE)
            .collect()
            .await;
        let mut joined = Vec::new();
        for content in contents {
            joined.extend(content?.unwrap_or_default());
            joined.push(b'\n');
        }
        Ok(Some(joined))
    }
}

/// Reads line by line. A last line without its end was cut off by a crash, and what it announced was not done.
fn parse(content: &[u8], record: &mut RunRecord) {
    let mut lines: Vec<&[u8]> = content.split(|byte| *byte == b'\n').collect();
    lines.pop();
    for (number, line) in lines.into_iter().enumerate() {
        if line.is_empty() {
            continue;
        }
        match event(line) {
            Ok(event) => record.events.push(event),
            Err(error) => record.damage.push(format!("line {}: {error}", number + 1)),
        }
    }
}

fn event(line: &[u8]) -> Result<Event, serde_json::Error> {
    let mut value = serde_json::from_slice(line)?;
    untrusted::clean(&mut value);
    serde_json::from_value(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(content: &[u8]) -> RunRecord {
        let mut record =
            RunRecord { run: String::new(), environment: String::new(), events: Vec::new(), damage: Vec::new() };
        parse(content, &mut record);
        record
    }

    proptest! {
        #[test]
        fn no_content_of_a_journal_makes_it_panic(content in proptest::collection::vec(any::<u8>(), 0..400)) {
            read(&content).summary().duration();
        }

        #[test]
        fn a_journal_with_one_byte_changed_is_read_around_it(at in 0usize..300, byte in any::<u8>()) {
            let event = |sequence| Event {
                sequence,
                at: Timestamp::UNIX_EPOCH,
                kind: EventKind::Noticed { text: "a text".to_owned() },
            };
            let lines: Vec<String> = (1..=4).map(|number| serde_json::to_string(&event(number)).unwrap()).collect();
            let mut content = format!("{}\n", lines.join("\n")).into_bytes();
            let at = at % content.len();
            content[at] = byte;
            let record = read(&content);
            prop_assert!(record.events.len() >= 2, "at most two lines are touched: {record:?}");
        }
    }
}
