//! What is sent, and what is never sent.

use envctl::cloud::{Cloud, CloudErrorKind};
use envctl::model::*;

use super::answers::{self, environment};
use super::wire::{Answer, Wire};
use super::{desired, key, scope, token};

const SNAPSHOT: &str = "shop-staging-db-20260711t200000z-0a1b";
const RESOURCE: &str = "db-VGGGLXOPD3AYOLNBBQMELZE4KQ";

fn delete(resource_id: &str, snapshot: &str) -> Action {
    Action::DeleteDatabase {
        key: key("database/main"),
        identifier: "shop-staging-db".to_owned(),
        resource_id: resource_id.to_owned(),
        verified_snapshot: snapshot.to_owned(),
        quiet: Vec::new(),
    }
}

fn done(operation: &str) -> String {
    format!("<{operation}Response><{operation}Result/></{operation}Response>")
}

#[tokio::test(start_paused = true)]
async fn a_database_is_deleted_only_after_its_snapshot_was_read_back() {
    let wire = Wire::new(|sent, _| match sent.operation.as_str() {
        "DeleteDBInstance" => Answer::Says(200, done("DeleteDBInstance")),
        _ => environment(sent),
    });
    let cloud = wire.cloud(None).await;
    for (resource_id, snapshot) in [("db-OTHER", SNAPSHOT), (RESOURCE, "")] {
        let error = cloud.perform(&delete(resource_id, snapshot), &token()).await.expect_err("unsafe");
        assert_eq!(error.kind, CloudErrorKind::Unsafe);
    }
    assert!(wire.sent("DeleteDBInstance").is_empty());
    assert!(cloud.perform(&delete(RESOURCE, SNAPSHOT), &token()).await.expect("deleted").changed);
    let sent = wire.sent("DeleteDBInstance");
    assert!(sent[0].body.contains("SkipFinalSnapshot=true"), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_holds_less_does_not_stand_for_the_database() {
    let wire = Wire::new(|sent, _| match sent.operation.as_str() {
        "DescribeDBSnapshots" => Answer::Says(200, answers::snapshots(10)),
        _ => environment(sent),
    });
    let error = wire.cloud(None).await.perform(&delete(RESOURCE, SNAPSHOT), &token()).await.expect_err("unsafe");
    assert!(error.message.contains("10 GiB"), "{error}");
    assert!(wire.sent("DeleteDBInstance").is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_of_another_environment_is_changed() {
    let wire = Wire::new(|sent, _| environment(sent));
    let cloud = wire.cloud(None).await;
    let mut other = scope();
    other.desired.environment = "preview".to_owned();
    other.desired.services.clear();
    cloud.observe(&other).await.expect("an observation");
    let actions = [
        delete(RESOURCE, SNAPSHOT),
        Action::StartDatabase { key: key("database/main"), identifier: "shop-staging-db".to_owned() },
        Action::DeleteSecret { key: key("secret/main"), secret_arn: answers::SECRET.to_owned() },
        Action::DeleteRule { key: key("listener-rule/web"), arn: answers::RULE.to_owned() },
        Action::DeleteTargetGroup { key: key("target-group/web"), arn: answers::TARGET_GROUP.to_owned() },
        Action::DeleteService {
            key: key("service/web"),
            cluster: "prod".to_owned(),
            service_name: "shop-staging-web".to_owned(),
        },
    ];
    for action in actions {
        let error = cloud.perform(&action, &token()).await.expect_err("not ours");
        assert_eq!(error.kind, CloudErrorKind::Unsafe, "{action:?}: {error}");
    }
    let writes = cloud.calls().into_iter().filter(|call| !call.operation.contains(":Describe"));
    let writes: Vec<&str> = writes.map(|call| call.operation).filter(|name| !name.contains(":Get")).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_restore_says_everything_that_it_would_lose() {
    let empty = "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances/></DescribeDBInstancesResult>\
                 </DescribeDBInstancesResponse>";
    let wire = Wire::new(move |sent, before| match (sent.operation.as_str(), before) {
        ("DescribeDBInstances", 0) => Answer::Says(200, empty.to_owned()),
        ("DescribeDBInstances", _) => Answer::Says(200, answers::databases("creating")),
        _ => Answer::Says(200, done("RestoreDBInstanceFromDBSnapshot")),
    });
    let database_key = key("database/main");
    let action = Action::RestoreDatabase {
        tags: desired().tags_of(&database_key),
        key: database_key,
        snapshot: SNAPSHOT.to_owned(),
        spec: super::database(),
        security_groups: vec!["sg-2".to_owned()],
    };
    let receipt = wire.cloud(None).await.perform(&action, &token()).await.expect("restored");
    assert!(receipt.facts.contains_key("database/main.endpoint"));
    let body = wire.sent("RestoreDBInstanceFromDBSnapshot").remove(0).body;
    for said in [
        "DBInstanceClass=db.t4g.micro",
        "StorageType=gp3",
        "Port=5432",
        "MultiAZ=false",
        "PubliclyAccessible=false",
        "DBSubnetGroupName=private",
        "VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-2",
        "DeletionProtection=false",
        "AutoMinorVersionUpgrade=true",
        "CopyTagsToSnapshot=false",
        "EngineLifecycleSupport=open-source-rds-extended-support-disabled",
        "BackupRetentionPeriod=1",
        "Tags.Tag.1.Key=envctl%3Aenvironment",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
    assert!(!body.contains("Iops=") && !body.contains("StorageThroughput="), "left out under 400 GiB: {body}");
}

#[tokio::test(start_paused = true)]
async fn a_password_is_in_the_request_alone() {
    const PASSWORD: &str = "Xq7vTz1Lk9Rm3Wd5Bn8Hs2Jf6Pc4Gy0A";
    let wire = Wire::new(|sent, _| match sent.operation.as_str() {
        "GetSecretValue" => {
            Answer::Says(200, format!(r#"{{"ARN":"{}","SecretString":"{PASSWORD}"}}"#, answers::SECRET))
        }
        "ModifyDBInstance" => answers::query_error(400, "InvalidDBInstanceState", "it is not available"),
        _ => environment(sent),
    });
    let cloud = wire.cloud(None).await;
    let action = Action::SetMasterPassword {
        key: key("database/main"),
        identifier: "shop-staging-db".to_owned(),
        secret_arn: answers::SECRET.to_owned(),
    };
    let error = cloud.perform(&action, &token()).await.expect_err("busy");
    assert_eq!(error.kind, CloudErrorKind::Busy);
    assert!(wire.sent("ModifyDBInstance")[0].body.contains(&format!("MasterUserPassword={PASSWORD}")));
    assert!(!format!("{error} {error:?} {:?}", cloud.calls()).contains(PASSWORD));
}

#[tokio::test(start_paused = true)]
async fn a_service_is_created_with_a_token_that_is_the_same_at_every_try() {
    let none = r#"{"services":[],"failures":[{"arn":"arn:x","reason":"MISSING"}]}"#;
    let wire = Wire::new(move |sent, _| match sent.operation.as_str() {
        "DescribeServices" => Answer::Says(200, none.to_owned()),
        _ => Answer::Breaks,
    });
    let service_key = key("service/web");
    let action = Action::CreateService {
        tags: desired().tags_of(&service_key),
        key: service_key,
        settings: ServiceSettings {
            service_name: "shop-staging-web".to_owned(),
            cluster: "prod".to_owned(),
            capacity: Capacity::Spot,
            subnets: vec!["subnet-1".to_owned()],
            security_groups: vec!["sg-1".to_owned()],
            assign_public_ip: false,
            attachment: None,
            health_check_grace_seconds: 60,
            enable_exec: false,
            maximum_percent: 200,
            minimum_healthy_percent: 100,
        },
        task_definition: answers::REVISION.to_owned(),
        desired_count: 2,
    };
    let cloud = wire.cloud(None).await;
    for _ in 0..2 {
        cloud.perform(&action, &token()).await.expect_err("lost");
    }
    let sent = wire.sent("CreateService");
    assert_eq!(sent[0].body, sent[1].body);
    let body: serde_json::Value = serde_json::from_str(&sent[0].body).expect("JSON");
    assert_eq!(body["clientToken"].as_str().map(str::len), Some(36));
    assert_eq!(body["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"], true);
    assert_eq!(body["capacityProviderStrategy"][0]["capacityProvider"], "FARGATE_SPOT");
    assert!(body.get("healthCheckGracePeriodSeconds").is_none(), "only with a load balancer: {body}");
}

#[tokio::test(start_paused = true)]
async fn a_database_is_renamed_when_it_is_this_very_one_and_the_name_is_free() {
    let kept = "shop-staging-db-replaced-20261122t080000z";
    let table = |taken: bool| {
        move |sent: &super::wire::Sent, _| match sent.operation.as_str() {
            "DescribeDBInstances" if sent.body.contains(kept) && taken => {
                Answer::Says(200, answers::databases("available").replace(RESOURCE, "db-OTHER"))
            }
            "DescribeDBInstances" if sent.body.contains(kept) => {
                answers::query_error(404, "DBInstanceNotFound", "not found")
            }
            "ModifyDBInstance" => Answer::Says(200, done("ModifyDBInstance")),
            _ => environment(sent),
        }
    };
    let rename = |resource_id: &str| Action::RenameDatabase {
        key: key("database/main.kept"),
        identifier: "shop-staging-db".to_owned(),
        resource_id: resource_id.to_owned(),
        new_identifier: kept.to_owned(),
        quiet: Vec::new(),
    };
    let wire = Wire::new(table(true));
    let error = wire.cloud(None).await.perform(&rename(RESOURCE), &token()).await.expect_err("taken");
    assert_eq!(error.kind, CloudErrorKind::Conflict);
    assert!(wire.sent("ModifyDBInstance").is_empty());
    let wire = Wire::new(table(false));
    let cloud = wire.cloud(None).await;
    let error = cloud.perform(&rename("db-OTHER"), &token()).await.expect_err("another one");
    assert_eq!(error.kind, CloudErrorKind::Unsafe);
    assert!(wire.sent("ModifyDBInstance").is_empty());
    assert!(cloud.perform(&rename(RESOURCE), &token()).await.expect("renamed").changed);
    let body = wire.sent("ModifyDBInstance").remove(0).body;
    for said in
        ["DBInstanceIdentifier=shop-staging-db&", &format!("NewDBInstanceIdentifier={kept}"), "ApplyImmediately=true"]
    {
        assert!(body.contains(said), "{said} in {body}");
    }
}
