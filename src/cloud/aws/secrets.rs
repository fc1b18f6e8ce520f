//! Secrets Manager: the passwords of databases. A password is made by Secrets Manager, handed from there to RDS, and
//! never shown, logged or put into an error.

use async_trait::async_trait;
use aws_sdk_secretsmanager::types::Tag;

use super::AwsCloud;
use super::answer::{tags as tags_of, text, timestamp};
use super::error::{incomplete, own_error};
use crate::cloud::{CloudError, CloudErrorKind, SecretValue, SecretValues};
use crate::model::{LiveSecret, Receipt, ResourceKey, Tags};

/// Days in which a deleted secret can be called back; the least that AWS takes.
const RECOVERY_DAYS: i64 = 7;
/// Characters of a password.
const PASSWORD_LENGTH: i64 = 32;

/// A password on its way from one service to the other. It shows itself to nobody.
pub(super) struct Password(String);

impl Password {
    /// The password, for the request body alone.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl AwsCloud {
    /// A secret by name or ARN, never its value; `None`: it is not there.
    pub(super) async fn secret(&self, id: &str) -> Result<Option<LiveSecret>, CloudError> {
        let request = self.clients.secrets.describe_secret().secret_id(id);
        match self.caller.call("secretsmanager:DescribeSecret", || request.clone().send()).await {
            Ok(found) => Ok(Some(LiveSecret {
                secret_name: text(found.name()),
                arn: text(found.arn()),
                // The day for which the deletion is scheduled, says the API's model; `ListSecrets` means another one.
                deletes_at: timestamp(found.deleted_date()),
                changed_at: timestamp(found.last_changed_date()),
                tags: tags_of(found.tags().iter().map(|tag| (tag.key(), tag.value()))),
            })),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every secret of the region, never a value, 100 a page; also those that wait for their deletion.
    pub(super) async fn all_secrets(&self) -> Result<Vec<LiveSecret>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.clients.secrets.list_secrets().max_results(100).include_planned_deletion(true);
            let request = request.set_next_token(token);
            let page = self.caller.call("secretsmanager:ListSecrets", || request.clone().send()).await?;
            found.extend(page.secret_list().iter().map(|secret| LiveSecret {
                secret_name: text(secret.name()),
                arn: text(secret.arn()),
                deletes_at: timestamp(secret.deleted_date()),
                changed_at: timestamp(secret.last_changed_date()),
                tags: tags_of(secret.tags().iter().map(|tag| (tag.key(), tag.value()))),
            }));
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// The password that a secret holds.
    pub(super) async fn password_in(&self, secret_arn: &str) -> Result<Password, CloudError> {
        let request = self.clients.secrets.get_secret_value().secret_id(secret_arn);
        let answer = self.caller.call("secretsmanager:GetSecretValue", || request.clone().send()).await?;
        let value = answer.secret_string().filter(|value| !value.is_empty());
        value
            .map(|value| Password(value.to_owned()))
            .ok_or_else(|| incomplete("secretsmanager:GetSecretValue", "SecretString"))
    }

    /// Letters and digits alone: RDS refuses some punctuation (`aws.md` 2.3), and a connection URL would need the rest
    /// escaped. 32 of them are 190 bits. Made by Secrets Manager, whose generator is fit for it, so that envctl needs
    /// none of its own.
    async fn new_password(&self) -> Result<Password, CloudError> {
        let request = self.clients.secrets.get_random_password().password_length(PASSWORD_LENGTH);
        let request = request.exclude_punctuation(true).include_space(false).require_each_included_type(true);
        let answer = self.caller.call("secretsmanager:GetRandomPassword", || request.clone().send()).await?;
        let password = answer.random_password().filter(|password| password.len() >= 32);
        password
            .map(|password| Password(password.to_owned()))
            .ok_or_else(|| incomplete("secretsmanager:GetRandomPassword", "RandomPassword"))
    }

    pub(super) async fn create_secret(
        &self,
        key: &ResourceKey,
        name: &str,
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        let password = self.new_password().await?;
        let request = self.clients.secrets.create_secret().name(name).secret_string(password.reveal());
        let request = request.description("Master password of a staging database, kept by envctl");
        let request = request.set_tags(Some(secret_tags(tags)));
        match self.caller.call("secretsmanager:CreateSecret", || request.clone().send()).await {
            Ok(made) => Ok(super::receipt(key, &[("arn", made.arn().unwrap_or_default())], true)),
            // There already, or waiting for its deletion: ours is adopted, called back if need be.
            Err(error) if matches!(error.kind, CloudErrorKind::Conflict | CloudErrorKind::Busy) => {
                let Some(found) = self.secret(name).await? else { return Err(error) };
                self.require_ours("secretsmanager:CreateSecret", CloudErrorKind::Conflict, name, &found.tags)?;
                self.call_back(&found).await?;
                Ok(super::receipt(key, &[("arn", &found.arn)], false))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn restore_secret(&self, key: &ResourceKey, arn: &str) -> Result<Receipt, CloudError> {
        let found = self.secret(arn).await?.ok_or_else(|| {
            own_error(CloudErrorKind::NotFound, "secretsmanager:DescribeSecret", format!("secret {arn} is not there"))
        })?;
        self.require_ours("secretsmanager:RestoreSecret", CloudErrorKind::Unsafe, arn, &found.tags)?;
        let changed = self.call_back(&found).await?;
        Ok(super::receipt(key, &[("arn", &found.arn)], changed))
    }

    async fn call_back(&self, secret: &LiveSecret) -> Result<bool, CloudError> {
        if secret.deletes_at.is_none() {
            return Ok(false);
        }
        let request = self.clients.secrets.restore_secret().secret_id(&secret.arn);
        self.caller.call("secretsmanager:RestoreSecret", || request.clone().send()).await?;
        Ok(true)
    }

    pub(super) async fn delete_secret(&self, arn: &str) -> Result<Receipt, CloudError> {
        let Some(found) = self.secret(arn).await?.filter(|found| found.deletes_at.is_none()) else {
            return Ok(super::done(false));
        };
        self.require_ours("secretsmanager:DeleteSecret", CloudErrorKind::Unsafe, arn, &found.tags)?;
        let request = self.clients.secrets.delete_secret().secret_id(arn).recovery_window_in_days(RECOVERY_DAYS);
        let deleted = self.caller.call("secretsmanager:DeleteSecret", || request.clone().send()).await;
        super::gone_is_done(deleted)
    }
}

pub(super) fn secret_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

#[async_trait]
impl SecretValues for AwsCloud {
    async fn secret_value(&self, id: &str) -> Result<SecretValue, CloudError> {
        self.password_in(id).await.map(|password| SecretValue::new(password.reveal()))
    }
}
