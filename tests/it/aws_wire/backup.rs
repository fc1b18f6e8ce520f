//! AWS Backup on the wire: neither emulator makes recovery points of file systems that it also keeps, so these pairs
//! are written after the API reference.

use std::sync::{Arc, Mutex};

use envctl::cloud::{Cloud, CloudErrorKind};
use envctl::model::*;
use serde_json::json;

use super::answers::environment;
use super::observation::Kept;
use super::wire::{Answer, Sent, Wire};
use super::{key, scope, token};

const POINT: &str = "arn:aws:backup:us-east-2:123456789012:recovery-point:1eb3b5e7";
const SYSTEM: &str = "arn:aws:elasticfilesystem:us-east-2:123456789012:file-system/fs-0123";
const VAULT: &str = "app-staging";
const ROLE: &str = "arn:aws:iam::123456789012:role/backup";

fn with_files() -> Scope {
    let mut scope = scope();
    scope.desired.access_points.values_mut().for_each(|point| point.snapshot = true);
    scope
}

fn point(status: &str, resource: &str) -> serde_json::Value {
    json!({
        "RecoveryPointArn": POINT, "BackupVaultName": VAULT, "ResourceArn": resource, "ResourceType": "EFS",
        "Status": status, "CreationDate": 1_783_800_000.0, "BackupSizeInBytes": 6144, "IsEncrypted": true
    })
}

fn says(value: &serde_json::Value) -> Answer {
    Answer::Says(200, value.to_string())
}

fn tags() -> serde_json::Value {
    json!({"Tags": {
        "envctl:managed-by": "envctl", "envctl:workspace": "shop", "envctl:environment": "staging",
        "envctl:resource": "recovery-point/data", "envctl:snapshot": "20260711t200000z-0a1b",
        "envctl:snapshot-files": "data", "envctl:snapshot-databases": "main"
    }})
}

/// A vault with one recovery point of ours.
fn kept(sent: &Sent) -> Answer {
    match sent.operation.as_str() {
        "GET /backup-vaults/app-staging/recovery-points" => {
            says(&json!({"RecoveryPoints": [point("COMPLETED", SYSTEM)]}))
        }
        "GET /tags" => says(&tags()),
        _ => environment(sent),
    }
}

#[tokio::test(start_paused = true)]
async fn files_cost_an_observation_one_call_more_and_tags_are_read_once() {
    let wire = Wire::new(|sent, _| kept(sent));
    let cloud = wire.cloud(Some(Arc::new(Kept))).await;
    let live = cloud.observe(&with_files()).await.expect("an observation");
    let points = live.recovery_points["data"].present().expect("recovery points");
    assert_eq!((points[0].snapshot_id(), points[0].size_bytes), (Some("20260711t200000z-0a1b"), Some(6144)));
    assert_eq!(live.vault, Some(Sighting::Present(VAULT.to_owned())));
    let again = Scope { known_ids: live.resolved_ids.clone(), ..with_files() };
    let cloud = wire.cloud(Some(Arc::new(Kept))).await;
    cloud.observe(&again).await.expect("an observation");
    let backup: Vec<&str> =
        cloud.calls().iter().map(|call| call.operation).filter(|name| name.starts_with("backup:")).collect();
    assert_eq!(backup, ["backup:ListRecoveryPointsByBackupVault"]);
    let plain = wire.cloud(Some(Arc::new(Kept))).await;
    plain.observe(&scope()).await.expect("an observation");
    assert!(plain.calls().iter().all(|call| !call.operation.starts_with("backup:")));
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_is_missing_is_told_apart_from_one_that_may_not_be_read() {
    for (listed, absent) in [(json!([]), true), (json!([{"BackupVaultName": VAULT, "BackupVaultArn": "arn:v"}]), false)]
    {
        let wire = Wire::new(move |sent, _| match sent.operation.as_str() {
            "GET /backup-vaults/app-staging/recovery-points" => {
                Answer::Fails(403, "AccessDeniedException", json!({"Message": "Insufficient privileges"}).to_string())
            }
            "GET /backup-vaults" => says(&json!({"BackupVaultList": listed})),
            _ => environment(sent),
        });
        let live = wire.cloud(None).await.observe(&with_files()).await.expect("an observation");
        let vault = live.vault.expect("looked at");
        assert_eq!(vault.is_absent(), absent, "{vault:?}");
        let unknown = matches!(live.recovery_points["data"], Sighting::Unreadable { .. });
        assert_eq!(unknown, !absent, "what cannot be read is not empty");
    }
}

#[tokio::test(start_paused = true)]
async fn a_backup_is_asked_for_once_however_often_it_is_sent() {
    let wire = Wire::new(|sent, _| match sent.operation.as_str() {
        "PUT /backup-jobs" => says(&json!({"BackupJobId": "job-1", "RecoveryPointArn": POINT})),
        _ => environment(sent),
    });
    let cloud = wire.cloud(None).await;
    let action = Action::StartBackup {
        key: key("recovery-point/data"),
        vault: VAULT.to_owned(),
        file_system_arn: SYSTEM.to_owned(),
        role: ROLE.to_owned(),
        tags: Tags::from([("envctl:snapshot".to_owned(), "1".to_owned())]),
    };
    for _ in 0..2 {
        let receipt = cloud.perform(&action, &token()).await.expect("started");
        assert_eq!(receipt.facts["recovery-point/data.job"], "job-1");
        assert_eq!(receipt.facts["recovery-point/data.arn"], POINT);
    }
    let sent = wire.sent("PUT /backup-jobs");
    assert_eq!(sent[0].body, sent[1].body, "the same idempotency token");
    for part in ["IdempotencyToken", SYSTEM, "\"RecoveryPointTags\":{\"envctl:snapshot\":\"1\"}"] {
        assert!(sent[0].body.contains(part), "{part}: {}", sent[0].body);
    }
    assert!(!sent[0].body.contains("DeleteAfterDays"), "it is pruned, it does not expire");
}

#[tokio::test(start_paused = true)]
async fn a_restore_takes_the_path_alone_into_the_file_system_that_is_there() {
    let wire = Wire::new(|sent, _| match sent.operation.as_str() {
        "PUT /restore-jobs" => says(&json!({"RestoreJobId": "job-2"})),
        "GET /restore-jobs/job-2" => says(&json!({"RestoreJobId": "job-2", "Status": "RUNNING"})),
        _ => environment(sent),
    });
    let cloud = wire.cloud(None).await;
    let action = restore_of_home();
    let receipt = cloud.perform(&action, &token()).await.expect("started");
    assert_eq!(receipt.facts["file-restore/home.job"], "job-2");
    cloud.perform(&action, &Token { run: "run-2".to_owned(), ..token() }).await.expect("started");
    let sent = wire.sent("PUT /restore-jobs");
    let bodies: Vec<serde_json::Value> =
        sent.iter().map(|sent| serde_json::from_str(&sent.body).expect("JSON")).collect();
    assert_eq!(bodies[0]["IdempotencyToken"], bodies[1]["IdempotencyToken"], "one intent is one job in every run");
    let metadata = &bodies[0]["Metadata"];
    assert_eq!(metadata["ItemsToRestore"], "[\"/staging\"]");
    assert_eq!(
        (metadata["newFileSystem"].as_str(), metadata["file-system-id"].as_str()),
        (Some("false"), Some("fs-0123"))
    );
}

fn restore_of_home() -> Action {
    Action::StartRestore {
        key: key("file-restore/home"),
        recovery_point: POINT.to_owned(),
        file_system_id: "fs-0123".to_owned(),
        path: Some("/staging".to_owned()),
        encrypted: true,
        role: ROLE.to_owned(),
        intent: "home/1".to_owned(),
    }
}

/// A token answers with its job for ever: after a job that has failed the next run needs another token, and every later
/// run the very same one.
#[tokio::test(start_paused = true)]
async fn a_restore_that_has_failed_is_begun_again_and_only_once() {
    let first = Mutex::new(None);
    let wire = Wire::new(move |sent, _| match sent.operation.as_str() {
        "PUT /restore-jobs" => {
            let body: serde_json::Value = serde_json::from_str(&sent.body).expect("JSON");
            let job = format!("job-{}", body["IdempotencyToken"].as_str().expect("a token"));
            first.lock().expect("the first").get_or_insert_with(|| job.clone());
            says(&json!({"RestoreJobId": job}))
        }
        operation if operation.starts_with("GET /restore-jobs/") => {
            let failed = first.lock().expect("the first").as_ref().is_some_and(|job| operation.ends_with(job));
            says(&json!({"Status": if failed { "FAILED" } else { "COMPLETED" }}))
        }
        _ => environment(sent),
    });
    let cloud = wire.cloud(None).await;
    let mut jobs = Vec::new();
    for run in ["run-2", "run-3"] {
        let receipt = cloud.perform(&restore_of_home(), &Token { run: run.to_owned(), ..token() }).await;
        jobs.push(receipt.expect("started").facts["file-restore/home.job"].clone());
    }
    assert_eq!(jobs[0], jobs[1]);
    let sent = wire.sent("PUT /restore-jobs");
    assert_eq!(sent.len(), 4, "each run asks for the first once more, and goes on to the second");
    assert!(!sent[0].body.contains(jobs[0].trim_start_matches("job-")), "another than the one that has failed");
}

#[tokio::test(start_paused = true)]
async fn a_file_system_is_deleted_only_after_its_recovery_point_was_read_back() {
    let system = json!({"FileSystems": [{
        "OwnerId": "1", "CreationToken": "t", "FileSystemId": "fs-0123", "FileSystemArn": SYSTEM, "CreationTime": 1.0,
        "LifeCycleState": "available", "NumberOfMountTargets": 0, "SizeInBytes": {"Value": 1},
        "PerformanceMode": "generalPurpose", "Tags": [{"Key": "envctl:managed-by", "Value": "envctl"}]
    }]});
    for (status, resource, deleted) in [
        ("PARTIAL", SYSTEM, false),
        ("CREATING", SYSTEM, false),
        ("COMPLETED", "arn:aws:elasticfilesystem:us-east-2:123456789012:file-system/fs-other", false),
        ("COMPLETED", SYSTEM, true),
    ] {
        let system = system.clone();
        let wire = Wire::new(move |sent, _| match sent.operation.as_str() {
            "GET file-systems" => says(&system),
            "GET /backup-vaults/app-staging/recovery-points" => says(&point(status, resource)),
            "DELETE file-systems" => Answer::Says(204, String::new()),
            _ => environment(sent),
        });
        let action = Action::DeleteFileSystem {
            key: key("file-system/data"),
            file_system_id: "fs-0123".to_owned(),
            verified_recovery_point: Some((VAULT.to_owned(), POINT.to_owned())),
        };
        let answer = wire.cloud(None).await.perform(&action, &token()).await;
        assert_eq!(wire.sent("DELETE file-systems").len(), usize::from(deleted), "{status} {resource}");
        assert!(deleted || answer.is_err_and(|error| error.kind == CloudErrorKind::Unsafe), "{status} {resource}");
    }
}
