//! The records of releases, one object each. The release that holds the lock on its environment writes its record, over
//! what it wrote before; a verdict is added afterwards. They are kept for ever: a record is small, and is asked for years
//! later.

use object_store::path::Path;

use super::{Store, StoreError, untrusted};
use crate::model::ReleaseRecord;

/// The records of a store.
#[derive(Clone)]
pub struct Releases {
    store: Store,
}

/// A record as it was found, or why it could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRecord {
    /// Its id.
    pub id: String,
    /// Environment.
    pub environment: String,
    /// The record, or what is wrong with it, in words.
    pub record: Result<Box<ReleaseRecord>, String>,
}

impl Releases {
    /// The records of this store.
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone() }
    }

    /// Writes a record, in the place of what it said before. A reader sees the one or the other.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn write(&self, record: &ReleaseRecord) -> Result<(), StoreError> {
        let text = serde_json::to_vec_pretty(record).map_err(|error| self.store.wrong(error.to_string()))?;
        self.store.replace(&self.path(&record.environment, &record.id), text).await
    }

    /// The newest records, newest first, of one environment or of all; at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be listed. A record that cannot be read is one that says so.
    pub async fn list(&self, environment: Option<&str>, limit: usize) -> Result<Vec<FoundRecord>, StoreError> {
        let mut found = Vec::new();
        for (id, environment) in self.names(environment).await?.into_iter().take(limit) {
            found.push(self.load(&environment, &id).await);
        }
        Ok(found)
    }

    /// One record, by its id or an unmistakable beginning of it; `None`: there is none such.
    ///
    /// # Errors
    /// As [`Releases::list`].
    pub async fn read(&self, environment: Option<&str>, id: &str) -> Result<Option<FoundRecord>, StoreError> {
        let names = self.names(environment).await?;
        let exact = names.iter().find(|(known, _)| known == id);
        let mut beginning = names.iter().filter(|(known, _)| known.starts_with(id));
        let unmistakable = match (beginning.next(), beginning.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        };
        match exact.or(unmistakable) {
            Some((id, environment)) => Ok(Some(self.load(environment, id).await)),
            None => Ok(None),
        }
    }

    fn path(&self, environment: &str, id: &str) -> Path {
        self.store.path(["releases", environment, &format!("{id}.json")])
    }

    /// Ids with their environments, newest first.
    async fn names(&self, environment: Option<&str>) -> Result<Vec<(String, String)>, StoreError> {
        let environments = match environment {
            Some(environment) => vec![environment.to_owned()],
            None => self.store.folders(&self.store.path(["releases"])).await?,
        };
        let mut names = Vec::new();
        for environment in environments {
            let entries = self.store.list(&self.store.path(["releases", &environment])).await?;
            let ids = entries.iter().filter_map(|entry| entry.name.strip_suffix(".json"));
            names.extend(ids.map(|id| (id.to_owned(), environment.clone())));
        }
        names.sort_by(|one, other| other.cmp(one));
        Ok(names)
    }

    async fn load(&self, environment: &str, id: &str) -> FoundRecord {
        let content = self.store.read(&self.path(environment, id)).await.map_err(|error| error.why);
        let record = content.and_then(|content| parse(&content.unwrap_or_default()));
        FoundRecord { id: id.to_owned(), environment: environment.to_owned(), record: record.map(Box::new) }
    }
}

/// What an object holds, or what is wrong with it, in words.
fn parse(content: &[u8]) -> Result<ReleaseRecord, String> {
    let unreadable = |error: serde_json::Error| format!("the record cannot be read: {error}");
    let mut value: serde_json::Value = serde_json::from_slice(content).map_err(unreadable)?;
    untrusted::clean(&mut value);
    let record: ReleaseRecord = serde_json::from_value(value).map_err(unreadable)?;
    match record.format_version {
        ReleaseRecord::FORMAT_VERSION => Ok(record),
        _ => Err("the record is of another version of envctl".to_owned()),
    }
}
