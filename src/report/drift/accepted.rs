//! [`AcceptedDifferences`]: differences that a person accepted, in a file in git: scope, reason, author, expiry.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Finding, FindingKind};

/// One accepted difference.
///
/// ```yaml
/// - environment: staging
///   difference: database/main.class
///   reason: load test of the 14th
///   author: anna
///   expires: 2026-12-01
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The environment that it holds in.
    pub environment: String,
    /// The resource, or one field of it: `database/main`, `database/main.class`.
    pub difference: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepted it.
    pub author: String,
    /// The last day (UTC) that it holds.
    pub expires: Date,
}

/// The file of accepted differences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptedDifferences(Vec<Acceptance>);

/// Why the file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptedFileError {
    /// It is no list of acceptances.
    #[error("this is no list of accepted differences: {0}")]
    Shape(String),
    /// A field without a word in it.
    #[error("the acceptance of `{difference}` needs {field}")]
    Empty {
        /// Its scope.
        difference: String,
        /// The field.
        field: &'static str,
    },
}

impl AcceptedDifferences {
    /// Reads the file.
    ///
    /// # Errors
    /// Says what is wrong, with line and column where YAML knows it.
    pub fn parse(text: &str) -> Result<Self, AcceptedFileError> {
        let list: Option<Vec<Acceptance>> =
            serde_saphyr::from_str(text).map_err(|error| AcceptedFileError::Shape(error.to_string()))?;
        let list = list.unwrap_or_default();
        for one in &list {
            let fields = [("a difference", &one.difference), ("a reason", &one.reason), ("an author", &one.author)];
            if let Some((field, _)) = fields.into_iter().find(|(_, text)| text.trim().is_empty()) {
                return Err(AcceptedFileError::Empty { difference: one.difference.clone(), field });
            }
        }
        Ok(Self(list))
    }

    /// Divides findings into open and accepted ones, with notes about acceptances that hold no longer or for nothing.
    /// What could not be read is never accepted.
    pub(super) fn divide(
        &self,
        environment: &str,
        findings: Vec<Finding>,
        now: Timestamp,
    ) -> (Vec<Finding>, Vec<(Finding, Acceptance)>, Vec<String>) {
        let today = now.to_zoned(TimeZone::UTC).date();
        let mine: Vec<&Acceptance> = self.0.iter().filter(|one| one.environment == environment).collect();
        let (mut open, mut accepted, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let mut used = vec![false; mine.len()];
        for finding in findings {
            let index = mine.iter().position(|one| one.covers(&finding));
            match index.map(|index| (index, mine[index])) {
                Some((index, one)) if one.expires >= today => {
                    used[index] = true;
                    accepted.push((finding, one.clone()));
                }
                Some((index, one)) => {
                    used[index] = true;
                    let note =
                        format!("the acceptance of {} by {} ended on {}", one.difference, one.author, one.expires);
                    if !notes.contains(&note) {
                        notes.push(note);
                    }
                    open.push(finding);
                }
                None => open.push(finding),
            }
        }
        for (one, _) in mine.iter().zip(used).filter(|(_, used)| !used) {
            notes.push(format!("the acceptance of {} by {} is for nothing any more", one.difference, one.author));
        }
        (open, accepted, notes)
    }
}

impl Acceptance {
    fn covers(&self, finding: &Finding) -> bool {
        let (subject, key) = (finding.subject(), finding.key.to_string());
        let within =
            |whole: &str| subject.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        finding.kind != FindingKind::Unreadable && (self.difference == key || within(&self.difference))
    }
}
