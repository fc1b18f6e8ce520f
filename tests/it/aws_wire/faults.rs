//! Throttles, lost replies, silence, and servers that are not AWS.

use std::time::Duration;

use envctl::cloud::{Cloud, CloudErrorKind};
use envctl::model::*;

use super::answers;
use super::wire::{Answer, Wire};
use super::{key, token};

fn database() -> Subject {
    Subject::Database { identifier: "shop-staging-db".to_owned() }
}

fn start() -> Action {
    Action::StartDatabase { key: key("database/main"), identifier: "shop-staging-db".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_sent_again_slower() {
    let wire = Wire::new(|_, before| match before {
        0..3 => answers::query_error(400, "Throttling", "Rate exceeded"),
        _ => Answer::Says(200, answers::databases("available")),
    });
    let cloud = wire.cloud(None).await;
    let status = cloud.status(&database()).await.expect("a status");
    assert!(matches!(status, Status::Database(_)));
    let calls = cloud.calls();
    assert_eq!(calls.iter().map(|call| call.attempt).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(calls[0].error.as_deref(), Some("Throttling"));
    let pauses: Vec<Duration> = calls.windows(2).map(|two| two[1].sent_after - two[0].sent_after).collect();
    assert!(pauses.windows(2).all(|two| two[0] < two[1]), "each pause is longer: {pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn seven_throttles_in_a_row_are_borne() {
    let wire = Wire::new(|_, before| match before {
        0..7 => answers::query_error(400, "Throttling", "Rate exceeded"),
        _ => Answer::Says(200, answers::databases("available")),
    });
    let begun = tokio::time::Instant::now();
    wire.cloud(None).await.status(&database()).await.expect("a status");
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_throttle_that_does_not_end_is_an_error_of_its_own_kind() {
    let wire = Wire::new(|_, _| answers::query_error(400, "Throttling", "Rate exceeded"));
    let error = wire.cloud(None).await.status(&database()).await.expect_err("no status");
    assert_eq!((error.kind, error.code.as_deref()), (CloudErrorKind::Throttled, Some("Throttling")));
    assert_eq!(error.operation, "rds:DescribeDBInstances");
    assert_eq!(error.request_id.as_deref(), Some("request-1"));
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_when_its_answer_is_lost_and_a_write_is_not() {
    let wire = Wire::new(|sent, before| match (sent.operation.as_str(), before) {
        ("DescribeDBInstances", 0) => Answer::Breaks,
        ("DescribeDBInstances", _) => Answer::Says(200, answers::databases("stopped")),
        _ => Answer::Breaks,
    });
    let error = wire.cloud(None).await.perform(&start(), &token()).await.expect_err("lost");
    assert_eq!(error.kind, CloudErrorKind::Unavailable, "{error}");
    assert_eq!(wire.sent("DescribeDBInstances").len(), 2);
    assert_eq!(wire.sent("StartDBInstance").len(), 1, "it may have been done: that is for the executor to find out");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let wire = Wire::new(|sent, _| match sent.operation.as_str() {
        "DescribeDBInstances" => Answer::Says(200, answers::databases("stopped")),
        _ => Answer::Silence,
    });
    let begun = tokio::time::Instant::now();
    let error = wire.cloud(None).await.perform(&start(), &token()).await.expect_err("silence");
    assert_eq!(error.kind, CloudErrorKind::Unavailable);
    assert!(error.message.contains("no answer in time"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_internal_error_of_aws_is_unavailable() {
    let wire = Wire::new(|_, _| answers::query_error(500, "InternalFailure", "An internal error has occurred"));
    let error = wire.cloud(None).await.status(&database()).await.expect_err("no status");
    assert_eq!(error.kind, CloudErrorKind::Unavailable);
    assert_eq!(wire.sent("DescribeDBInstances").len(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_the_server_does_not_have_is_not_asked_for_again() {
    let page = "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>";
    let unsupported = r#"{"error": "Unsupported service: application-autoscaling"}"#;
    for (status, body) in [(500, page), (400, unsupported)] {
        let wire = Wire::new(move |_, _| Answer::Says(status, body.to_owned()));
        let action = Action::DeregisterScalableTarget {
            key: key("scalable-target/web"),
            resource_id: "service/prod/shop-staging-web".to_owned(),
        };
        let error = wire.cloud(None).await.perform(&action, &token()).await.expect_err("no such operation");
        assert_eq!((error.kind, error.code.as_deref()), (CloudErrorKind::Refused, Some("NotImplemented")), "{error}");
        assert_eq!(wire.sent("DeregisterScalableTarget").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_24_hour_rule_of_efs_is_understood_with_its_time() {
    let system = r#"{"FileSystems":[{"OwnerId":"1","CreationToken":"t","FileSystemId":"fs-1","CreationTime":1783600000,
        "LifeCycleState":"available","NumberOfMountTargets":1,"SizeInBytes":{"Value":6144},
        "PerformanceMode":"generalPurpose","ThroughputMode":"provisioned","ProvisionedThroughputInMibps":50.0,
        "Tags":[]}]}"#;
    let rule = r#"{"ErrorCode":"TooManyRequests","Message":"You have reached the maximum number of throughput mode
        changes or provisioned throughput value decreases. Wait until 2026-07-12T09:30:00Z and try again."}"#;
    let wire = Wire::new(move |sent, _| match sent.operation.as_str() {
        "GET file-systems" => Answer::Says(200, system.to_owned()),
        _ => Answer::Fails(429, "TooManyRequests", rule.replace('\n', " ")),
    });
    let action = Action::SetThroughput {
        key: key("file-system/data"),
        file_system_id: "fs-1".to_owned(),
        throughput: Throughput::Provisioned(10),
    };
    let error = wire.cloud(None).await.perform(&action, &token()).await.expect_err("too soon");
    assert_eq!(error.kind, CloudErrorKind::Refused, "{error}");
    assert_eq!(error.retry_at, Some("2026-07-12T09:30:00Z".parse().expect("a time")));
    assert_eq!(wire.sent("PUT file-systems").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn calls_beyond_the_burst_are_held_back() {
    let wire = Wire::new(|_, _| Answer::Says(200, answers::databases("available")));
    let cloud = wire.cloud(None).await;
    for _ in 0..60 {
        cloud.status(&database()).await.expect("a status");
    }
    // 100 ms an answer is the refill of the bucket: sequential calls never wait.
    assert!(cloud.calls().iter().all(|call| call.held_back.is_zero()));
    let at_once = (0..40).map(|_| async { cloud.status(&database()).await.expect("a status") });
    futures_util::future::join_all(at_once).await;
    let longest = cloud.calls().iter().map(|call| call.held_back).max().expect("calls");
    assert!(longest > Duration::from_secs(1) && longest < Duration::from_secs(3), "{longest:?}");
}
