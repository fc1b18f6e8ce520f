//! What stands in a lease record.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::store::untrusted;

/// The longest lease that a record may claim; one that claims more is believed for this long.
const LONGEST_LEASE: SignedDuration = SignedDuration::from_mins(15);

/// Who holds a lease, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Run id: two runs of one person are two holders.
    pub run: String,
    /// Person, `anna`.
    pub owner: String,
    /// Computer.
    pub host: String,
    /// Process id on it.
    pub process: u32,
    /// Identity of the process beyond its number, where the system gives one: see
    /// [`process_identity`](super::process_identity). `None`: unknown.
    #[serde(default)]
    pub process_identity: Option<String>,
    /// Command line, without secrets.
    pub command: String,
    /// Address of the CI run; `None`: not in CI.
    #[serde(default)]
    pub ci: Option<String>,
    /// Why, where somebody said so.
    #[serde(default)]
    pub reason: Option<String>,
}

impl Holder {
    /// The same run of the same process, whatever else it says of itself.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.run == other.run && self.host == other.host && self.process == other.process
    }

    /// Takes out of a stored record what could harm a terminal.
    fn clean(&mut self) {
        for text in [&mut self.run, &mut self.owner, &mut self.host, &mut self.command] {
            *text = untrusted::line(text);
        }
        for text in [&mut self.process_identity, &mut self.ci, &mut self.reason].into_iter().flatten() {
            *text = untrusted::line(text);
        }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}@{} (process {}) for `{}`", self.owner, self.host, self.process, self.command)?;
        if let Some(reason) = &self.reason {
            write!(formatter, ", {reason}")?;
        }
        self.ci.as_ref().map_or(Ok(()), |address| write!(formatter, ", {address}"))
    }
}

/// A record of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Record {
    /// Somebody holds the lease.
    Held {
        /// Who.
        holder: Holder,
        /// Since when it is held; a renewal keeps it.
        since: Timestamp,
        /// When this record was written, by the holder's clock.
        written: Timestamp,
        /// When it ends unless renewed, by the holder's clock.
        expires: Timestamp,
    },
    /// Nobody holds it.
    Released {
        /// Who held it last, where known.
        holder: Option<Holder>,
        /// When it was released.
        written: Timestamp,
        /// Who released it for somebody else, and why; `None`: the holder itself.
        #[serde(default)]
        forced: Option<Forced>,
    },
}

/// A release by somebody else than the holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forced {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    /// Why it is none: garbage, or cut off.
    pub fn parse(content: &[u8]) -> Result<Self, String> {
        if content.is_empty() {
            return Err("it is empty".to_owned());
        }
        let mut record: Self = serde_json::from_slice(content).map_err(|error| error.to_string())?;
        match &mut record {
            Self::Held { holder, .. } => holder.clean(),
            Self::Released { holder, forced, .. } => {
                holder.iter_mut().for_each(Holder::clean);
                if let Some(forced) = forced {
                    forced.by = untrusted::line(&forced.by);
                    forced.reason = untrusted::line(&forced.reason);
                }
            }
        }
        Ok(record)
    }

    /// The record as it is written.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The holder, while there is one.
    pub fn holder(&self) -> Option<&Holder> {
        match self {
            Self::Held { holder, .. } => Some(holder),
            Self::Released { .. } => None,
        }
    }

    /// When a held lease ends unless renewed. A record that claims an absurd length is not believed.
    pub fn expires(&self) -> Option<Timestamp> {
        match self {
            Self::Held { written, expires, .. } => {
                let bound = written.saturating_add(LONGEST_LEASE).unwrap_or(*expires);
                Some((*expires).min(bound))
            }
            Self::Released { .. } => None,
        }
    }
}
