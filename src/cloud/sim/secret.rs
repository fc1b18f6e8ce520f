//! Secrets. The simulated cloud never holds a value, only what is needed to tell whether two are the same.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::tags::{must_be_managed, same_resource};
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::World;
use crate::model::{LiveSecret, ResourceKey, Tags};

/// Stands for a secret text. The text itself does not exist, so that it cannot leak.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Digest(String);

impl Digest {
    /// Stands for the text of this number.
    pub(super) fn standing_for(number: String) -> Self {
        Self(number)
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(hidden)")
    }
}

/// A secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Secret {
    /// As Secrets Manager describes it.
    pub live: LiveSecret,
    pub(super) value: Digest,
}

impl World {
    /// `secretsmanager:CreateSecret`.
    pub(super) fn create_secret(&mut self, key: &ResourceKey, name: &str, tags: &Tags) -> Outcome {
        let existing = self.secrets.values().find(|secret| secret.live.secret_name == name).map(|found| &found.live);
        if let Some(existing) = existing {
            if existing.deletes_at.is_some() {
                let message =
                    "You can't create this secret because a secret with this name is already scheduled for deletion.";
                return Err(Trouble::conflict("InvalidRequestException", message));
            }
            if same_resource(&existing.tags, tags) {
                return Ok(receipt(false, key, &[("arn", &existing.arn)]));
            }
            let message = format!("The operation failed because the secret {name} already exists, and is not ours.");
            return Err(Trouble::conflict("ResourceExistsException", message));
        }
        let suffix = self.fresh(6);
        let arn = self.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
        let live = LiveSecret {
            secret_name: name.to_owned(),
            arn: arn.clone(),
            deletes_at: None,
            changed_at: Some(self.now),
            tags: tags.clone(),
        };
        let value = Digest(self.fresh(32));
        self.secrets.insert(arn.clone(), Secret { live, value });
        Ok(receipt(true, key, &[("arn", &arn)]))
    }

    /// `secretsmanager:RestoreSecret`.
    pub(super) fn restore_secret(&mut self, key: &ResourceKey, arn: &str) -> Outcome {
        let secret = self.secrets.get_mut(arn).ok_or_else(|| not_found(arn))?;
        must_be_managed(&secret.live.tags, arn)?;
        let was_waiting = secret.live.deletes_at.take().is_some();
        Ok(receipt(was_waiting, key, &[("arn", arn)]))
    }

    /// `secretsmanager:DeleteSecret` with a recovery window of 7 days, during which the name stays taken.
    pub(super) fn delete_secret(&mut self, arn: &str) -> Outcome {
        let at = self.after_exactly(SignedDuration::from_hours(7 * 24));
        let Some(secret) = self.secrets.get_mut(arn) else { return unchanged() };
        must_be_managed(&secret.live.tags, arn)?;
        if secret.live.deletes_at.is_some() {
            return unchanged();
        }
        secret.live.deletes_at = Some(at);
        changed()
    }

    /// The value of a secret that is not waiting for its deletion.
    pub(super) fn secret_value(&self, arn: &str) -> Result<Digest, Trouble> {
        let secret = self.secrets.get(arn).ok_or_else(|| not_found(arn))?;
        if secret.live.deletes_at.is_some() {
            let message = "You can't perform this operation on the secret because it was marked for deletion.";
            return Err(Trouble::refused("InvalidRequestException", message));
        }
        Ok(secret.value.clone())
    }

    /// Removes the secrets whose recovery window is over.
    pub(super) fn age_secrets(&mut self) {
        let now: Timestamp = self.now;
        self.secrets.retain(|_, secret| secret.live.deletes_at.is_none_or(|at| at > now));
    }
}

fn not_found(arn: &str) -> Trouble {
    Trouble::not_found("ResourceNotFoundException", format!("Secrets Manager can't find the specified secret: {arn}"))
}

impl World {
    /// A secret of production's that a task definition names.
    pub(super) fn seed_secret(&mut self, value_from: &str) {
        if !value_from.contains(":secretsmanager:") || self.find_secret(value_from).is_some() {
            return;
        }
        let arn: Vec<&str> = value_from.split(':').take(7).collect();
        let live = LiveSecret {
            secret_name: arn.last().copied().unwrap_or_default().to_owned(),
            arn: arn.join(":"),
            deletes_at: None,
            changed_at: Some(self.now),
            tags: super::seed::production(),
        };
        let value = Digest(self.fresh(32));
        self.secrets.insert(live.arn.clone(), Secret { live, value });
    }
}
