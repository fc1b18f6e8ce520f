//! The chain of records of one environment, in the store.

use jiff::{SignedDuration, Timestamp};

use super::dating::StoreTime;
use super::decide::Newest;
use super::record::Record;
use crate::clock::{Clock, WallClock};
use crate::store::{Store, StoreError};

/// Records that stay behind the newest. A run that slept may still try to create one of the pruned numbers: it
/// succeeds, looks at the newest, and learns that it came too late.
const KEEP: usize = 20;
/// Longer names are no numbers of ours.
const LONGEST_NUMBER: usize = 12;

/// The chain of one environment.
#[derive(Clone)]
pub(super) struct Chain {
    store: Store,
    environment: String,
    store_time: Option<StoreTime>,
}

impl Chain {
    /// With `store_time`, records are dated by the store's clock; without, by their writers'.
    pub(super) fn new(store: Store, environment: &str, store_time: Option<StoreTime>) -> Self {
        Self { store, environment: environment.to_owned(), store_time }
    }

    /// The newest record. Files that are no records are passed over.
    pub(super) async fn newest(&self) -> Result<Newest, StoreError> {
        let found = self.numbers().await?;
        let Some((number, modified)) = found.last().copied() else { return Ok(Newest::Nothing) };
        // Files are dated by the computer's clock, also when the cloud's time is simulated.
        let here = match &self.store_time {
            Some(store_time) => store_time.here(modified).await,
            None => modified,
        };
        let age: SignedDuration = WallClock.now().duration_since(here);
        let unreadable = |why: String| Newest::Unreadable { number, age, why };
        Ok(match self.store.read(&self.path(number)).await {
            Ok(Some(content)) => match Record::parse(&content) {
                Ok(record) => Newest::Readable { number, record: self.dated(record, modified).await },
                Err(why) => unreadable(why),
            },
            // Pruned since it was listed: a newer one is there, and the caller's create will lose against it.
            Ok(None) => unreadable("it is gone".to_owned()),
            Err(error) => unreadable(error.why),
        })
    }

    async fn dated(&self, record: Record, modified: Timestamp) -> Record {
        match &self.store_time {
            Some(store_time) => store_time.dated(record, modified).await,
            None => record,
        }
    }

    /// Number of the newest record; 0: there is none.
    pub(super) async fn newest_number(&self) -> Result<u64, StoreError> {
        Ok(self.numbers().await?.last().map_or(0, |(number, _)| *number))
    }

    /// Creates a record, unless there is one of this number.
    pub(super) async fn create(&self, number: u64, record: &Record) -> Result<bool, StoreError> {
        self.store.create(&self.path(number), record.to_bytes()).await
    }

    /// Takes back a record that was created too late.
    pub(super) async fn withdraw(&self, number: u64) -> Result<(), StoreError> {
        self.store.remove(&self.path(number)).await
    }

    /// Removes records that nobody looks at any more.
    pub(super) async fn prune(&self) -> Result<(), StoreError> {
        let found = self.numbers().await?;
        for (number, _) in found.iter().take(found.len().saturating_sub(KEEP)) {
            self.store.remove(&self.path(*number)).await?;
        }
        Ok(())
    }

    /// Numbers and dates of the records, oldest first.
    async fn numbers(&self) -> Result<Vec<(u64, Timestamp)>, StoreError> {
        let folder = self.store.path(["locks", &self.environment]);
        let mut found: Vec<(u64, Timestamp)> = self
            .store
            .list(&folder)
            .await?
            .into_iter()
            .filter_map(|entry| Some((number_of(&entry.name)?, entry.modified)))
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    fn path(&self, number: u64) -> object_store::path::Path {
        self.store.path(["locks", &self.environment, &format!("{number:08}.json")])
    }
}

/// The number of a record by its name; `None`: no record.
fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    let plain = digits.len() >= 8 && digits.len() <= LONGEST_NUMBER && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if plain { digits.parse().ok() } else { None };
    number.filter(|number| *number > 0 && format!("{number:08}") == digits)
}

#[cfg(test)]
mod tests {
    use super::number_of;

    #[test]
    fn only_names_that_envctl_writes_are_records() {
        assert_eq!(number_of("00000001.json"), Some(1));
        assert_eq!(number_of("123456789.json"), Some(123_456_789));
        for name in
            ["1.json", "00000000.json", "00000001", "00000001.json#1", "0000000a.json", "000000001.json", ".json"]
        {
            assert_eq!(number_of(name), None, "{name}");
        }
        assert_eq!(number_of("99999999999999999999.json"), None);
    }
}
