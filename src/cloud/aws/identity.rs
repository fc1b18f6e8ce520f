//! STS: whose credentials these are.

use super::AwsCloud;
use super::answer::text;
use crate::cloud::CloudError;

impl AwsCloud {
    /// The account of the credentials, twelve digits.
    ///
    /// # Errors
    /// As for any call; nothing at all can be said without it.
    pub async fn account(&self) -> Result<String, CloudError> {
        let request = self.clients.sts.get_caller_identity();
        let answer = self.caller.call("sts:GetCallerIdentity", || request.clone().send()).await?;
        Ok(text(answer.account()))
    }
}
