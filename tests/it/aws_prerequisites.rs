//! Images and roles as the emulators have them, read by the AWS cloud.

use envctl::cloud::Prerequisites;
use envctl::model::{ImageName, Trust};

use crate::support::emulator::{Corner, Emulator, REGION};

pub(crate) const LIST: &str = r#"{
  "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
  "manifests": [
    {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 1, "platform": {"architecture": "arm64", "os": "linux"},
     "digest": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 1, "platform": {"architecture": "amd64", "os": "linux"},
     "digest": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}
  ]
}"#;
const SINGLE: &str = r#"{
  "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 1,
    "digest": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},
  "layers": []
}"#;

pub(crate) async fn push(corner: &Corner, repository: &str, tag: &str, manifest: &str, media_type: &str) {
    let ecr = aws_sdk_ecr::Client::new(&corner.settings);
    let _ = ecr.create_repository().repository_name(repository).send().await;
    let put = ecr.put_image().repository_name(repository).image_tag(tag).image_manifest(manifest);
    put.image_manifest_media_type(media_type).send().await.expect("an image");
}

async fn images(emulator: Emulator) {
    let Some(corner) = Corner::new(emulator).await else { return };
    let cloud = corner.cloud().await;
    let repository = format!("{}/web", corner.borrowed.unique);
    push(&corner, &repository, "list", LIST, "application/vnd.oci.image.index.v1+json").await;
    push(&corner, &repository, "single", SINGLE, "application/vnd.oci.image.manifest.v1+json").await;
    let find = async |reference: &str| {
        let name = ImageName::parse(reference);
        cloud.image(&name.ecr().expect("ECR"), &name).await.expect("an answer")
    };
    let host = format!("{}.dkr.ecr.{REGION}.amazonaws.com", corner.borrowed.account);
    let list = find(&format!("{host}/{repository}:list")).await.expect("the list");
    assert!(list.digest.starts_with("sha256:"), "{list:?}");
    assert_eq!(list.platforms, ["linux/amd64", "linux/arm64"], "{list:?}");
    let single = find(&format!("{host}/{repository}:single")).await.expect("the single manifest");
    assert!(single.platforms.is_empty(), "{single:?}");
    assert_ne!(single.digest, list.digest);
    let by_digest = find(&format!("{host}/{repository}@{}", single.digest)).await;
    assert_eq!(by_digest, Some(single));
    assert_eq!(find(&format!("{host}/{repository}:nobody-pushed-it")).await, None);
    assert_eq!(find(&format!("{host}/{repository}-2:list")).await, None, "no such repository");
}

#[tokio::test]
async fn images_are_found_with_their_platforms_on_moto() {
    images(Emulator::Moto).await;
}

#[tokio::test]
async fn images_are_found_with_their_platforms_on_mini_stack() {
    images(Emulator::MiniStack).await;
}

async fn roles(emulator: Emulator) {
    let Some(corner) = Corner::new(emulator).await else { return };
    let cloud = corner.cloud().await;
    let account = &corner.borrowed.account;
    let iam = aws_sdk_iam::Client::new(&corner.settings);
    let name = format!("{}-of-ec2", corner.borrowed.unique);
    let trust = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
    iam.create_role().role_name(&name).assume_role_policy_document(trust).send().await.expect("a role");
    let other = cloud.role(&name).await.expect("an answer").expect("the role");
    assert!(matches!(other.trusts_tasks(account, REGION), Trust::Missing(_)), "{other:?}");
    let ours = cloud.role("ecsTaskExecutionRole").await.expect("an answer").expect("the corner's role");
    assert_eq!(ours.trusts_tasks(account, REGION), Trust::Given, "{ours:?}");
    assert_eq!(cloud.role("nobody-made-it").await.expect("an answer"), None);
}

#[tokio::test]
async fn the_trust_of_a_role_is_read_on_moto() {
    roles(Emulator::Moto).await;
}

#[tokio::test]
async fn the_trust_of_a_role_is_read_on_mini_stack() {
    roles(Emulator::MiniStack).await;
}

async fn secrets_and_log_groups(emulator: Emulator) {
    let Some(corner) = Corner::new(emulator).await else { return };
    let cloud = corner.cloud().await;
    let name = format!("{}/token", corner.borrowed.unique);
    let secrets = aws_sdk_secretsmanager::Client::new(&corner.settings);
    let made = secrets.create_secret().name(&name).secret_string("x").send().await.expect("a secret");
    assert!(cloud.has_secret(made.arn().expect("an ARN")).await.expect("an answer"));
    assert!(!cloud.has_secret(&format!("{name}-2")).await.expect("an answer"));
    secrets.delete_secret().secret_id(&name).recovery_window_in_days(7).send().await.expect("a deletion");
    assert!(!cloud.has_secret(&name).await.expect("an answer"), "it waits for its deletion");
    let logs = aws_sdk_cloudwatchlogs::Client::new(&corner.settings);
    logs.create_log_group().log_group_name(format!("/{name}")).send().await.expect("a log group");
    assert!(cloud.has_log_group(&format!("/{name}")).await.expect("an answer"));
    assert!(!cloud.has_log_group(&format!("/{name}/2")).await.expect("an answer"));
}

#[tokio::test]
async fn secrets_and_log_groups_are_found_on_moto() {
    secrets_and_log_groups(Emulator::Moto).await;
}

#[tokio::test]
async fn secrets_and_log_groups_are_found_on_mini_stack() {
    secrets_and_log_groups(Emulator::MiniStack).await;
}
