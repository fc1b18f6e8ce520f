//! Writes the journal of one run.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path as FilePath, PathBuf};

use object_store::path::Path;

use super::{Journals, line};
use crate::model::{Event, EventKind};
use crate::store::{Store, StoreError};

/// The journal of a run that is under way.
pub struct Journal {
    store: Store,
    place: Place,
    /// The last line written, for the read-back.
    last: Option<(u64, String)>,
    /// The last write may have ended in the middle of a line.
    torn: bool,
}

enum Place {
    File { file: File, path: PathBuf },
    Objects { folder: Path },
}

impl Journals {
    /// Begins the journal of a run.
    ///
    /// # Errors
    /// When it cannot be written, or a run of this id has one already.
    pub async fn begin(&self, environment: &str, run: &str) -> Result<Journal, StoreError> {
        let place = match self.store.folder() {
            Some(root) => {
                let folder = self.store.path(["runs", environment]);
                let (file, path) = create(&root.join(folder.as_ref()), run)
                    .map_err(|error| self.store.wrong(format!("the journal of {run} cannot be begun: {error}")))?;
                Place::File { file, path }
            }
            None => Place::Objects { folder: self.store.path(["runs", environment, run]) },
        };
        Ok(Journal { store: self.store.clone(), place, last: None, torn: false })
    }
}

/// Creates the file and makes sure that its name is on disk too.
fn create(folder: &FilePath, run: &str) -> std::io::Result<(File, PathBuf)> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("{run}.jsonl"));
    let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok((file, path))
}

/// Does something happen after this event that must not go unrecorded? What was merely seen may be lost with the power.
fn announces(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::RunStarted { .. }
            | EventKind::PriorStateSaved { .. }
            | EventKind::StepStarted { .. }
            | EventKind::RunFinished { .. }
    )
}

impl Journal {
    /// Appends one event. When this returns, it is written; and on disk, with all before it, when something is about to
    /// happen that it announces.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn append(&mut self, event: &Event) -> Result<(), StoreError> {
        let text = line(event).map_err(|error| self.store.wrong(error.to_string()))?;
        match &mut self.place {
            Place::File { file, .. } => {
                let whole = if self.torn { format!("\n{text}\n") } else { format!("{text}\n") };
                self.torn = true;
                file.write_all(whole.as_bytes())
                    .and_then(|()| if announces(&event.kind) { file.sync_data() } else { Ok(()) })
                    .map_err(|error| self.store.wrong(format!("the journal cannot be written: {error}")))?;
                self.torn = false;
            }
            Place::Objects { folder } => {
                let path = folder.clone().join(format!("{:08}.json", event.sequence));
                let content = text.clone().into_bytes();
                let created = self.store.create(&path, content).await?;
                if !created && self.store.read(&path).await?.as_deref() != Some(text.as_bytes()) {
                    return Err(self.store.wrong(format!("{path} was written by another run")));
                }
            }
        }
        self.last = Some((event.sequence, text));
        Ok(())
    }

    /// Reads the last event back from where it was written.
    ///
    /// # Errors
    /// When it is not there, or not as it was written.
    pub async fn read_back(&self) -> Result<(), StoreError> {
        let Some((sequence, text)) = &self.last else { return Ok(()) };
        let found = match &self.place {
            Place::File { path, .. } => std::fs::read_to_string(path)
                .map_err(|error| self.store.wrong(format!("the journal cannot be read back: {error}")))?,
            Place::Objects { folder } => {
                let content = self.store.read(&folder.clone().join(format!("{sequence:08}.json"))).await?;
                String::from_utf8(content.unwrap_or_default()).unwrap_or_default()
            }
        };
        if found.lines().next_back() == Some(text.as_str()) {
            Ok(())
        } else {
            Err(self.store.wrong("the journal does not hold what was written to it".to_owned()))
        }
    }
}
