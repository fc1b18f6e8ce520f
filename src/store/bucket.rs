//! S3 buckets as stores.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredential};
use object_store::path::Path;
use object_store::{CredentialProvider, RetryConfig};

use super::{KeySource, Store, StoreError, chain};

/// How long one operation on the store may be tried. A lease must be renewed well within its time.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

/// Opens a bucket. `AWS_ENDPOINT_URL` (and the rest of the `AWS_…` variables) work as in every AWS tool; plain HTTP
/// is only spoken to this computer.
pub(super) fn open(
    location: &str,
    rest: &str,
    region: Option<&str>,
    keys: Option<Arc<dyn KeySource>>,
    endpoint: Option<&str>,
) -> Result<Store, StoreError> {
    let unusable = |why: String| StoreError {
        location: location.to_owned(),
        why,
        remedy: "give the store as s3://bucket/prefix, and credentials for it".to_owned(),
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(unusable("the bucket has no name".to_owned()));
    }
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
    let retry = RetryConfig { max_retries: 6, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
    builder = builder.with_retry(retry);
    if let Some(region) = region {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some(endpoint) = builder.get_config_value(&AmazonS3ConfigKey::Endpoint) {
        builder = builder.with_allow_http(is_loopback(&endpoint)).with_virtual_hosted_style_request(false);
    }
    if let Some(source) = keys {
        builder = builder.with_credentials(Arc::new(Keys(source)));
    }
    let objects = builder.build().map_err(|error| unusable(chain(&error)))?;
    let prefix = Path::parse(prefix.trim_matches('/')).map_err(|error| unusable(chain(&error)))?;
    Ok(Store {
        objects: Arc::new(objects),
        prefix,
        folder: None,
        location: location.trim_end_matches('/').to_owned(),
        notices: Arc::default(),
    })
}

/// Is this `http://` address one of this computer's own?
fn is_loopback(endpoint: &str) -> bool {
    let host = endpoint.strip_prefix("http://").unwrap_or_default();
    let host = host.split(['/', '?']).next().unwrap_or_default();
    let host = if host.starts_with('[') {
        host.trim_start_matches('[').split(']').next().unwrap_or_default()
    } else {
        host.split(':').next().unwrap_or_default()
    };
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// Keys as object_store wants them.
#[derive(Debug)]
struct Keys(Arc<dyn KeySource>);

#[async_trait]
impl CredentialProvider for Keys {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let keys =
            self.0.keys().await.map_err(|why| object_store::Error::Generic { store: "S3", source: why.into() })?;
        Ok(Arc::new(AwsCredential {
            key_id: keys.access_key_id,
            secret_key: keys.secret_access_key,
            token: keys.session_token,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn plain_http_is_only_spoken_to_this_computer() {
        assert!(is_loopback("http://127.0.0.1:5000"));
        assert!(is_loopback("http://localhost:4566/"));
        assert!(is_loopback("http://[::1]:4566"));
        assert!(!is_loopback("http://127.0.0.1.evil.example"));
        assert!(!is_loopback("http://minio.example:9000"));
        assert!(!is_loopback("https://127.0.0.1"));
    }
}
