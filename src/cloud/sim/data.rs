//! What a database holds, so that "lost" can be told: a list of writes, each with its version.

use serde::{Deserialize, Serialize};

/// The content of a database or of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// Identifier of the database whose data it is. Differs from the database's own after a restore from elsewhere,
    /// until it is scrubbed.
    pub origin: String,
    /// Foreign data that a scrub task has cleaned.
    pub scrubbed: bool,
    /// Everything ever written, oldest first.
    pub writes: Vec<Write>,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// Identifier of the database that it was written to.
    pub database: String,
    /// Counts up for each database, over its deaths and restores.
    pub version: u64,
    /// What was written.
    pub text: String,
}

impl Data {
    /// No data, of this database.
    pub(super) fn empty(origin: &str) -> Self {
        Self { origin: origin.to_owned(), scrubbed: false, writes: Vec::new() }
    }

    /// Is this write in it?
    pub fn holds(&self, database: &str, version: u64) -> bool {
        self.writes.iter().any(|write| write.database == database && write.version == version)
    }

    /// Newest version written to this database; 0: none.
    pub fn version_of(&self, database: &str) -> u64 {
        self.writes.iter().filter(|write| write.database == database).map(|write| write.version).max().unwrap_or(0)
    }

    /// Data of somebody else that nobody may see yet?
    pub fn must_be_scrubbed_in(&self, identifier: &str) -> bool {
        self.origin != identifier && !self.scrubbed
    }
}
