//! The credentials themselves, for the store in a bucket: the one thing at AWS that is not reached through an SDK
//! client.

use aws_config::BehaviorVersion;
use aws_sdk_sts::config::{ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::OnceCell;

use super::error::no_credentials;
use crate::cloud::CloudError;

/// Keys of one moment. Not `Debug`: they must not be printed.
#[allow(missing_docs, reason = "named as everywhere at AWS")]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

/// Where every AWS tool takes its credentials from: variables, profiles, SSO, roles.
#[derive(Debug, Default)]
pub struct CredentialSource {
    provider: OnceCell<Option<SharedCredentialsProvider>>,
}

impl CredentialSource {
    /// The credentials now; the provider renews those that expire.
    ///
    /// # Errors
    /// [`NoCredentials`](crate::cloud::CloudErrorKind::NoCredentials), with the ways to give them.
    pub async fn credentials(&self) -> Result<Credentials, CloudError> {
        let load = || async { aws_config::load_defaults(BehaviorVersion::latest()).await.credentials_provider() };
        let provider = self.provider.get_or_init(load).await;
        let provider = provider.as_ref().ok_or_else(|| no_credentials("no provider is configured"))?;
        let found = provider.provide_credentials().await.map_err(|error| no_credentials(&error.to_string()))?;
        Ok(Credentials {
            access_key_id: found.access_key_id().to_owned(),
            secret_access_key: found.secret_access_key().to_owned(),
            session_token: found.session_token().map(str::to_owned),
        })
    }
}
