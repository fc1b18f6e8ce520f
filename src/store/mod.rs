//! The store: a folder beside the spec by default, an S3 bucket for a team. It holds the locks, the journal of each
//! run, and caches. Losing it loses history, never an environment.
//!
//! Create-if-absent is the only primitive that anything relies on: a folder has no conditional update.
//!
//! | path | holds |
//! |--|--|
//! | `locks/ENV/00000001.json` … | the [lease](lock) on an environment: a chain of records, the newest counts |
//! | `runs/ENV/RUN.jsonl` (folder), `runs/ENV/RUN/00000001.json` … (bucket) | the [`journal`] of a run |
//! | `releases/ENV/RUN.json` | the [record](releases) of a release |
//! | `cache/…` | what can be [learned again](cache) |

#[cfg(feature = "bucket")]
mod bucket;
pub mod cache;
pub mod journal;
pub mod lock;
mod open;
pub mod releases;
pub mod sizes;
mod untrusted;

use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt;
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode};

pub use open::{BucketKeys, KeySource};

/// The largest object that is read: what is larger was not written by envctl.
const LARGEST: u64 = 64 * 1024 * 1024;

/// A store.
#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Where the folder is; `None` for a bucket.
    folder: Option<PathBuf>,
    location: String,
    notices: Arc<Mutex<Vec<String>>>,
}

/// The store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store at {location}: {why}")]
pub struct StoreError {
    /// Folder, or `s3://bucket/prefix`.
    pub location: String,
    /// What is wrong.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

/// An object's name and age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Last part of its path.
    pub(crate) name: String,
    /// When it was written, by the clock of the folder's computer or of S3.
    pub(crate) modified: Timestamp,
    /// Bytes.
    pub(crate) size: u64,
}

impl Store {
    /// The store as the user would type it.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Its folder; `None` for a bucket.
    pub fn folder(&self) -> Option<&FilePath> {
        self.folder.as_deref()
    }

    /// What was found damaged and passed over since the last call, in words.
    pub fn take_notices(&self) -> Vec<String> {
        self.notices.lock().map(|mut notices| std::mem::take(&mut *notices)).unwrap_or_default()
    }

    pub(crate) fn notice(&self, text: String) {
        if let Ok(mut notices) = self.notices.lock()
            && !notices.contains(&text)
        {
            notices.push(text);
        }
    }

    /// A path inside the store; each part is encoded, so that no name can climb out of it.
    pub(crate) fn path<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Path {
        parts.into_iter().fold(self.prefix.clone(), |path, part| path.join(part))
    }

    /// Writes an object unless there is one; says whether it did.
    pub(crate) async fn create(&self, path: &Path, content: Vec<u8>) -> Result<bool, StoreError> {
        match self.objects.put_opts(path, content.into(), PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.error(&error)),
        }
    }

    /// Writes an object over what was there. Only for what may be lost.
    pub(crate) async fn replace(&self, path: &Path, content: Vec<u8>) -> Result<(), StoreError> {
        self.objects.put(path, content.into()).await.map(drop).map_err(|error| self.error(&error))
    }

    /// The content of an object; `None`: there is none.
    pub(crate) async fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        match self.objects.get(path).await {
            Ok(found) if found.meta.size > LARGEST => Err(self.wrong(format!("{path} is too large to be envctl's"))),
            Ok(found) => Ok(Some(found.bytes().await.map_err(|error| self.error(&error))?.to_vec())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error(&error)),
        }
    }

    /// Removes an object, if it is there.
    pub(crate) async fn remove(&self, path: &Path) -> Result<(), StoreError> {
        match self.objects.delete(path).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error(&error)),
        }
    }

    /// The objects directly in a folder of the store, sorted by name; empty when it is not there.
    pub(crate) async fn list(&self, path: &Path) -> Result<Vec<Entry>, StoreError> {
        let found: Vec<_> = match self.objects.list(Some(path)).try_collect().await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(self.error(&error)),
        };
        let depth = path.parts().count() + 1;
        let mut entries: Vec<Entry> = found
            .into_iter()
            .filter(|meta| meta.location.parts().count() == depth)
            .filter_map(|meta| {
                let modified = meta.last_modified.timestamp_millis();
                Some(Entry {
                    name: meta.location.filename()?.to_owned(),
                    modified: Timestamp::from_millisecond(modified).ok()?,
                    size: meta.size,
                })
            })
            .collect();
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    /// The folders directly in a folder of the store, sorted.
    pub(crate) async fn folders(&self, path: &Path) -> Result<Vec<String>, StoreError> {
        let found = match self.objects.list_with_delimiter(Some(path)).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(self.error(&error)),
        };
        let mut names: Vec<String> =
            found.common_prefixes.iter().filter_map(|prefix| prefix.filename().map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    }

    fn error(&self, error: &Error) -> StoreError {
        self.wrong(chain(error))
    }

    pub(crate) fn wrong(&self, why: String) -> StoreError {
        let remedy = match &self.folder {
            Some(folder) => format!(
                "check that {} is a folder that you may write; removing it loses locks and history, never an environment",
                folder.display()
            ),
            None => "check the bucket, its region and that you may list, read and write below the prefix".to_owned(),
        };
        StoreError { location: self.location.clone(), why, remedy }
    }
}

/// An error with its causes, without those that only repeat it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
