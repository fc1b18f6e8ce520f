//! Log groups.

use serde::{Deserialize, Serialize};

use super::tags::{must_be_managed, same_resource};
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::World;
use crate::model::{LogLine, ResourceKey, Tags};

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroup {
    /// ARN without the trailing `:*`.
    pub arn: String,
    /// Days; `None`: for ever.
    pub retention_days: Option<u32>,
    /// Tags.
    pub tags: Tags,
    /// What was written, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LogLine>,
}

/// The retentions that CloudWatch Logs takes.
const RETENTIONS: [u32; 23] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, 3654];

impl World {
    /// `logs:CreateLogGroup` and `logs:PutRetentionPolicy`.
    pub(super) fn create_log_group(
        &mut self,
        key: &ResourceKey,
        name: &str,
        retention_days: Option<u32>,
        tags: &Tags,
    ) -> Outcome {
        check_retention(retention_days)?;
        let arn = self.arn("logs", &format!("log-group:{name}"));
        let facts = [("name", name), ("arn", arn.as_str())];
        if let Some(found) = self.log_groups.get_mut(name) {
            if !same_resource(&found.tags, tags) {
                let message = format!("The specified log group already exists, and is not ours: {name}");
                return Err(Trouble::conflict("ResourceAlreadyExistsException", message));
            }
            // A first try may have made the group and not come to its retention.
            let differs = found.retention_days != retention_days;
            found.retention_days = retention_days;
            return Ok(receipt(differs, key, &facts));
        }
        let answer = receipt(true, key, &facts);
        self.log_groups
            .insert(name.to_owned(), LogGroup { arn, retention_days, tags: tags.clone(), lines: Vec::new() });
        Ok(answer)
    }

    /// `logs:PutRetentionPolicy` or `logs:DeleteRetentionPolicy`.
    pub(super) fn set_log_retention(&mut self, name: &str, retention_days: Option<u32>) -> Outcome {
        check_retention(retention_days)?;
        let absent = || Trouble::not_found("ResourceNotFoundException", "The specified log group does not exist.");
        let group = self.log_groups.get_mut(name).ok_or_else(absent)?;
        must_be_managed(&group.tags, &format!("log group {name}"))?;
        if group.retention_days == retention_days {
            return unchanged();
        }
        group.retention_days = retention_days;
        changed()
    }

    /// `logs:DeleteLogGroup`.
    pub(super) fn delete_log_group(&mut self, name: &str) -> Outcome {
        let Some(group) = self.log_groups.get(name) else { return unchanged() };
        must_be_managed(&group.tags, &format!("log group {name}"))?;
        self.log_groups.remove(name);
        changed()
    }
}

fn check_retention(days: Option<u32>) -> Result<(), Trouble> {
    match days {
        Some(days) if !RETENTIONS.contains(&days) => {
            Err(Trouble::refused("InvalidParameterException", format!("{days} is no retention that exists")))
        }
        _ => Ok(()),
    }
}
