//! For which platforms an image is: of a list of manifests the manifest says so, of a single one only its configuration
//! (OCI image specification, "Image Manifest" and "Image Configuration"), which ECR hands out like a layer.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::AwsCloud;
use super::error::{incomplete, own_error};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::EcrRepository;

/// A configuration is a few kilobytes; nothing longer is read.
const LONGEST: usize = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(20);
const OPERATION: &str = "ecr:GetDownloadUrlForLayer";

impl AwsCloud {
    /// The platforms of an image, `linux/arm64`; none where nobody may say, or the image does not.
    pub(super) async fn platforms(&self, repository: &EcrRepository, manifest: &str) -> Vec<String> {
        let Ok(manifest) = serde_json::from_str::<Value>(manifest) else { return Vec::new() };
        match manifest["config"]["digest"].as_str() {
            // Who may deploy need not be allowed to read layers.
            Some(digest) => self.platform_of(repository, digest).await.ok().flatten().into_iter().collect(),
            None => platforms_of_list(&manifest),
        }
    }

    async fn platform_of(&self, repository: &EcrRepository, digest: &str) -> Result<Option<String>, CloudError> {
        let request = self.clients.ecr.get_download_url_for_layer().registry_id(&repository.account);
        let request = request.repository_name(&repository.name).layer_digest(digest);
        let settings = super::prerequisites::in_region_of(repository);
        let send = || request.clone().customize().config_override(settings.clone()).send();
        let answer = self.caller.call(OPERATION, send).await?;
        let url = answer.download_url().ok_or_else(|| incomplete(OPERATION, "downloadUrl"))?;
        let text = download(url, self.clients.emulated).await.map_err(|why| unread(&why))?;
        if format!("sha256:{:x}", Sha256::digest(&text)) != digest {
            return Err(unread("it is not what its digest says"));
        }
        Ok(serde_json::from_slice(&text).ok().as_ref().and_then(platform))
    }
}

fn unread(why: &str) -> CloudError {
    own_error(CloudErrorKind::Unavailable, OPERATION, format!("the image's configuration cannot be read: {why}"))
}

/// Gets a short document from an address that AWS has signed; no credentials go with it.
async fn download(url: &str, emulated: bool) -> Result<Vec<u8>, String> {
    let url = reqwest::Url::parse(url).map_err(|error| error.to_string())?;
    // An emulator may name the address that AWS would; it is none of its own.
    if emulated && !matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
        return Err(format!("{} is not the emulator's", url.host_str().unwrap_or_default()));
    }
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(|error| error.to_string())?;
    let answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
    // The address carries a signature.
    let mut parts = answer.map_err(|error| error.without_url().to_string())?.bytes_stream();
    let mut text = Vec::new();
    while let Some(part) = parts.next().await {
        text.extend_from_slice(&part.map_err(|error| error.without_url().to_string())?);
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} bytes"));
        }
    }
    Ok(text)
}

/// The platforms of a list of manifests. What `docker buildx` adds as a proof of origin has the platform
/// `unknown/unknown`.
fn platforms_of_list(manifest: &Value) -> Vec<String> {
    let entries = manifest["manifests"].as_array().into_iter().flatten();
    let named = entries.filter_map(|entry| platform(&entry["platform"]));
    let mut found: Vec<String> = named.filter(|platform| platform != "unknown/unknown").collect();
    found.sort();
    found.dedup();
    found
}

fn platform(of: &Value) -> Option<String> {
    Some(format!("{}/{}", of["os"].as_str()?, of["architecture"].as_str()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_platforms_of_a_list_are_read_without_proofs_of_origin() {
        let list = json!({"schemaVersion": 2, "manifests": [
            {"digest": "sha256:a", "platform": {"architecture": "arm64", "os": "linux", "variant": "v8"}},
            {"digest": "sha256:b", "platform": {"architecture": "amd64", "os": "linux"}},
            {"digest": "sha256:c", "platform": {"architecture": "unknown", "os": "unknown"}}
        ]});
        assert_eq!(platforms_of_list(&list), ["linux/amd64", "linux/arm64"]);
        assert!(platforms_of_list(&json!({"schemaVersion": 2})).is_empty());
    }

    #[tokio::test]
    async fn an_emulator_sends_nobody_to_aws() {
        let url = "https://123456789012.dkr.ecr.us-east-2.amazonaws.com/v2/web/blobs/sha256:a";
        assert!(download(url, true).await.is_err_and(|why| why.contains("not the emulator's")));
    }
}
