//! [`SecretValues`]: reading what secrets hold. Apart from [`Cloud`](super::Cloud), whose answers never hold a value.

use async_trait::async_trait;

use super::CloudError;

/// What a secret holds. It shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the request that needs it and for taking it out of texts.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(hidden)")
    }
}

/// Reads secrets: AWS's, or those planted in the simulated cloud.
#[async_trait]
pub trait SecretValues: Send + Sync {
    /// What the secret of this name or ARN holds.
    ///
    /// # Errors
    /// When it is not there, may not be read, or holds no text.
    async fn secret_value(&self, id: &str) -> Result<SecretValue, CloudError>;
}
