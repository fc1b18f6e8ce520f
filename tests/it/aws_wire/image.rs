//! The platform of an image without a list of platforms: its configuration is downloaded from where ECR says. No emulator
//! keeps layers, so ECR is replayed, and the layer comes from a server on loopback.

use envctl::cloud::Prerequisites;
use envctl::model::{FoundImage, ImageName};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::wire::{Answer, Wire};
use crate::probes::server;

const CONFIGURATION: &str = r#"{"architecture": "arm64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}"#;

/// Looks up an image whose configuration has this digest, on an ECR that says this about it.
async fn look(digest: &str, layer: impl Fn() -> Answer + Send + Sync + 'static) -> (FoundImage, usize) {
    let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": 1}, "layers": []});
    let image = json!({"images": [{"registryId": "123456789012", "repositoryName": "web", "imageManifest": manifest.to_string(),
        "imageId": {"imageDigest": format!("sha256:{}", "a".repeat(64)), "imageTag": "2.1"}}], "failures": []});
    let wanted = digest.to_owned();
    let wire = Wire::new(move |sent, _| match sent.operation.as_str() {
        "BatchGetImage" => Answer::Says(200, image.to_string()),
        "GetDownloadUrlForLayer" => {
            assert!(sent.body.contains(&wanted) && sent.body.contains("123456789012"), "{sent:?}");
            layer()
        }
        other => panic!("{other}"),
    });
    let name = ImageName::parse("123456789012.dkr.ecr.us-east-2.amazonaws.com/web:2.1");
    let repository = name.ecr().expect("ECR");
    let found = wire.cloud(None).await.image(&repository, &name).await.expect("an answer").expect("the image");
    (found, wire.sent("GetDownloadUrlForLayer").len())
}

fn digest_of(text: &str) -> String {
    format!("sha256:{:x}", Sha256::digest(text))
}

/// The address of a server that answers like this, as ECR names it: signed.
fn at(status: &'static str, body: Vec<u8>) -> Answer {
    let port = server::answering(move |_| server::answer(status, "", &body));
    let url = format!("http://127.0.0.1:{port}/layer?X-Amz-Signature=5678");
    Answer::Says(200, json!({"downloadUrl": url, "layerDigest": digest_of(CONFIGURATION)}).to_string())
}

#[tokio::test]
async fn a_single_manifest_has_the_platform_of_its_configuration() {
    let (found, asked) = look(&digest_of(CONFIGURATION), || at("200 OK", CONFIGURATION.into())).await;
    assert_eq!((found.platforms.as_slice(), asked), (["linux/arm64".to_owned()].as_slice(), 1));
    assert_eq!((found.runs_on("linux/arm64"), found.runs_on("linux/amd64")), (Some(true), Some(false)));
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_leaves_the_platform_unknown() {
    let denied =
        r#"{"__type":"AccessDeniedException","message":"not authorized to perform: ecr:GetDownloadUrlForLayer"}"#;
    let own = digest_of(CONFIGURATION);
    let (found, _) = look(&own, || Answer::Says(400, denied.to_owned())).await;
    assert_eq!(found.runs_on("linux/amd64"), None, "denied");
    let (found, _) = look(&own, || at("403 Forbidden", b"expired".to_vec())).await;
    assert_eq!(found.runs_on("linux/amd64"), None, "refused by the store of layers");
    let (found, _) = look(&own, || at("200 OK", vec![b' '; 5 << 20])).await;
    assert_eq!(found.runs_on("linux/amd64"), None, "far too long");
    let (found, _) = look(&digest_of("another"), || at("200 OK", CONFIGURATION.into())).await;
    assert_eq!(found.runs_on("linux/amd64"), None, "not what the digest says");
}
