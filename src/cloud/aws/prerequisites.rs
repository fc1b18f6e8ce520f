//! What tasks need that envctl does not make: images of ECR, roles of IAM, secrets, log groups.

use async_trait::async_trait;
use aws_sdk_ecr::types::{ImageFailureCode, ImageIdentifier};
use percent_encoding::percent_decode_str;

use super::AwsCloud;
use super::error::{incomplete, own_error};
use crate::cloud::{CloudError, CloudErrorKind, Prerequisites};
use crate::model::{EcrRepository, FoundImage, FoundRole, ImageName};

/// The kinds of manifest that ECR may answer with; of others it would make one of the oldest kind ("BatchGetImage").
const MANIFESTS: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

#[async_trait]
impl Prerequisites for AwsCloud {
    async fn image(&self, repository: &EcrRepository, name: &ImageName) -> Result<Option<FoundImage>, CloudError> {
        const OPERATION: &str = "ecr:BatchGetImage";
        let id = match &name.digest {
            Some(digest) => ImageIdentifier::builder().image_digest(digest),
            None => ImageIdentifier::builder().image_tag(name.tag_or_latest()),
        };
        let request = self.clients.ecr.batch_get_image().registry_id(&repository.account);
        let request = request.repository_name(&repository.name).image_ids(id.build());
        let request = request.set_accepted_media_types(Some(MANIFESTS.map(str::to_owned).to_vec()));
        let settings = in_region_of(repository);
        let send = || request.clone().customize().config_override(settings.clone()).send();
        let answer = match self.caller.call(OPERATION, send).await {
            Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        if let Some(image) = answer.images().first() {
            let digest = image.image_id().and_then(|id| id.image_digest());
            let digest = digest.ok_or_else(|| incomplete(OPERATION, "imageDigest"))?.to_owned();
            let platforms = self.platforms(repository, image.image_manifest().unwrap_or_default()).await;
            return Ok(Some(FoundImage { digest, platforms }));
        }
        match answer.failures().first() {
            None => Ok(None),
            Some(failure) if is_absence(failure.failure_code()) => Ok(None),
            Some(failure) => Err(own_error(
                CloudErrorKind::Refused,
                OPERATION,
                failure.failure_reason().unwrap_or("the image cannot be read"),
            )),
        }
    }

    async fn role(&self, name: &str) -> Result<Option<FoundRole>, CloudError> {
        const OPERATION: &str = "iam:GetRole";
        let request = self.clients.iam.get_role().role_name(name);
        let answer = match self.caller.call(OPERATION, || request.clone().send()).await {
            Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let text = answer.role().and_then(|role| role.assume_role_policy_document());
        let text = text.ok_or_else(|| incomplete(OPERATION, "AssumeRolePolicyDocument"))?;
        // "URL-encoded JSON compliant with RFC 3986", says the API's model.
        let trust =
            serde_json::from_str(text).or_else(|_| serde_json::from_str(&percent_decode_str(text).decode_utf8_lossy()));
        let trust = trust.map_err(|_| incomplete(OPERATION, "AssumeRolePolicyDocument"))?;
        Ok(Some(FoundRole { trust }))
    }

    async fn has_secret(&self, id: &str) -> Result<bool, CloudError> {
        Ok(self.secret(id).await?.is_some_and(|secret| secret.deletes_at.is_none()))
    }

    async fn has_log_group(&self, name: &str) -> Result<bool, CloudError> {
        Ok(self.log_group(name).await?.is_some())
    }
}

fn is_absence(code: Option<&ImageFailureCode>) -> bool {
    matches!(code, Some(ImageFailureCode::ImageNotFound | ImageFailureCode::InvalidImageDigest))
}

/// A repository may be in another region than the environment.
pub(super) fn in_region_of(repository: &EcrRepository) -> aws_sdk_ecr::config::Builder {
    aws_sdk_ecr::config::Config::builder().region(aws_sdk_ecr::config::Region::new(repository.region.clone()))
}
