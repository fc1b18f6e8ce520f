//! Why a deployment is stuck, task definitions as documents, and updates that say only what differs.

use envctl::cloud::Cloud;
use envctl::model::*;
use serde_json::{Value, json};

use super::answers::{self, environment};
use super::wire::{Answer, Wire};
use super::{desired, key, token};

const TASK: &str = "arn:aws:ecs:us-east-2:123456789012:task/prod/0123456789abcdef0123456789abcdef";

/// A service whose new deployment has started nothing that lives.
fn failing() -> String {
    let Answer::Says(_, services) =
        environment(&super::wire::Sent { operation: "DescribeServices".into(), body: String::new() })
    else {
        unreachable!()
    };
    services.replace(r#""runningCount":2"#, r#""runningCount":0"#).replace("COMPLETED", "IN_PROGRESS")
}

fn stopped() -> String {
    format!(
        r#"{{"tasks":[{{"taskArn":"{TASK}","taskDefinitionArn":"{}","lastStatus":"STOPPED","desiredStatus":"STOPPED",
"stopCode":"EssentialContainerExited","stoppedReason":"Essential container in task exited","stoppedAt":1783700200.5,
"containers":[{{"name":"web","exitCode":137,"reason":"OutOfMemoryError: Container killed due to memory usage"}},
{{"name":"proxy","exitCode":0}}]}}],"failures":[]}}"#,
        answers::REVISION
    )
}

fn definition() -> String {
    format!(
        r#"{{"taskDefinition":{{"taskDefinitionArn":"{}","family":"shop-staging-web","containerDefinitions":[{{
"name":"web","logConfiguration":{{"logDriver":"awslogs","options":{{"awslogs-group":"/aws/ecs/shop-staging",
"awslogs-stream-prefix":"web"}}}}}}]}}}}"#,
        answers::REVISION
    )
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_steady_is_explained() {
    let health = r"<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions><member>
<Target><Id>10.0.1.7</Id><Port>8080</Port></Target><TargetHealth><State>unhealthy</State>
<Reason>Target.ResponseCodeMismatch</Reason><Description>Health checks failed with these codes: [500]</Description>
</TargetHealth></member></TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>";
    let wire = Wire::new(move |sent, _| {
        let body = match sent.operation.as_str() {
            "DescribeServices" => failing(),
            "DescribeTargetHealth" => health.to_owned(),
            "ListTasks" => format!(r#"{{"taskArns":["{TASK}"]}}"#),
            "DescribeTasks" => stopped(),
            "DescribeTaskDefinition" => definition(),
            "GetLogEvents" => {
                r#"{"events":[{"timestamp":1,"message":"starting\n"},{"timestamp":2,"message":"Killed"}]}"#.to_owned()
            }
            other => panic!("nobody expected {other}"),
        };
        Answer::Says(200, body)
    });
    let subject = Subject::Service {
        cluster: "prod".to_owned(),
        service_name: "shop-staging-web".to_owned(),
        target_group_arn: Some(answers::TARGET_GROUP.to_owned()),
    };
    let status = wire.cloud(None).await.status(&subject).await.expect("a status");
    let Status::Service(found) = status else { panic!("{status:?}") };
    assert_eq!(found.targets[0].reason.as_deref(), Some("Target.ResponseCodeMismatch"));
    let task = &found.stopped_tasks[0];
    assert_eq!(task.stop_code.as_deref(), Some("EssentialContainerExited"));
    assert_eq!((task.containers[0].exit_code, task.containers[0].log_lines.len()), (Some(137), 2));
    assert_eq!(task.containers[0].log_lines, ["starting", "Killed"]);
    assert!(task.containers[1].log_lines.is_empty(), "a container that ended well has nothing to explain");
    let asked = wire.sent("GetLogEvents").remove(0).body;
    assert!(asked.contains("web/web/0123456789abcdef0123456789abcdef"), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn evidence_that_may_not_be_read_does_not_hide_the_service() {
    let wire = Wire::new(|sent, _| match sent.operation.as_str() {
        "DescribeServices" => Answer::Says(200, failing()),
        _ => answers::json_error(400, "AccessDeniedException", "no"),
    });
    let subject = Subject::Service {
        cluster: "prod".to_owned(),
        service_name: "shop-staging-web".to_owned(),
        target_group_arn: None,
    };
    let status = wire.cloud(None).await.status(&subject).await.expect("a status");
    assert!(matches!(status, Status::Service(found) if found.stopped_tasks.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_task_definition_is_sent_as_the_document_that_was_rendered() {
    let registered = answers::REVISION.replace(":7", ":8");
    let wire = Wire::new(move |sent, _| match sent.operation.as_str() {
        "RegisterTaskDefinition" => {
            let mut document: Value = serde_json::from_str(&sent.body).expect("JSON");
            document["taskDefinitionArn"] = json!(registered.clone());
            Answer::Says(200, json!({ "taskDefinition": document }).to_string())
        }
        _ => answers::json_error(400, "ClientException", "Unable to describe task definition."),
    });
    let definition_key = key("task-definition/web");
    let document = json!({
        "family": "shop-staging-web",
        "fieldOfTomorrow": {"depth": [1, {"two": null}]},
        "containerDefinitions": [{"name": "web", "image": "nginx", "alsoNew": true}],
        "tags": [{"key": "team", "value": "shop"}],
    });
    let action = Action::RegisterTaskDefinition {
        tags: desired().tags_of(&definition_key),
        key: definition_key,
        family: "shop-staging-web".to_owned(),
        document: document.clone(),
    };
    let cloud = wire.cloud(None).await;
    let receipt = cloud.perform(&action, &token()).await.expect("registered");
    assert_eq!(receipt.facts["task-definition/web.arn"], answers::REVISION.replace(":7", ":8"));
    let sent: Value = serde_json::from_str(&wire.sent("RegisterTaskDefinition")[0].body).expect("JSON");
    assert_eq!(sent["fieldOfTomorrow"], document["fieldOfTomorrow"]);
    assert_eq!(sent["containerDefinitions"], document["containerDefinitions"]);
    let keys: Vec<&str> = sent["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["key"].as_str()).collect();
    assert!(keys.contains(&"team") && keys.contains(&"envctl:environment"), "{keys:?}");
}

#[tokio::test(start_paused = true)]
async fn an_update_says_only_what_differs() {
    let wire = Wire::new(|sent, _| match sent.operation.as_str() {
        "UpdateService" => {
            let Answer::Says(_, services) =
                environment(&super::wire::Sent { operation: "DescribeServices".into(), body: String::new() })
            else {
                unreachable!()
            };
            let services: Value = serde_json::from_str(&services).expect("JSON");
            Answer::Says(200, json!({ "service": services["services"][0] }).to_string())
        }
        _ => environment(sent),
    });
    let settings = ServiceSettings {
        service_name: "shop-staging-web".to_owned(),
        cluster: "prod".to_owned(),
        capacity: Capacity::OnDemand,
        subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
        security_groups: vec!["sg-1".to_owned()],
        assign_public_ip: false,
        attachment: Some((answers::TARGET_GROUP.to_owned(), "web".to_owned(), 8080)),
        health_check_grace_seconds: 90,
        enable_exec: true,
        maximum_percent: 200,
        minimum_healthy_percent: 100,
    };
    let update = |settings| Action::UpdateService {
        key: key("service/web"),
        cluster: "prod".to_owned(),
        service_name: "shop-staging-web".to_owned(),
        update: ServiceUpdate { settings: Some(settings), ..ServiceUpdate::default() },
    };
    let cloud = wire.cloud(None).await;
    let receipt = cloud.perform(&update(settings.clone()), &token()).await.expect("updated");
    assert_eq!(receipt.facts["service/web.deployment"], "ecs-svc/1234567890123456789");
    let spot = ServiceSettings { capacity: Capacity::Spot, attachment: None, ..settings };
    cloud.perform(&update(spot), &token()).await.expect("updated");
    let sent = wire.sent("UpdateService");
    let bodies: Vec<Value> = sent.iter().map(|sent| serde_json::from_str(&sent.body).expect("JSON")).collect();
    assert_eq!(bodies[0]["healthCheckGracePeriodSeconds"], 90);
    for quiet in ["networkConfiguration", "loadBalancers", "capacityProviderStrategy", "desiredCount"] {
        assert!(bodies[0].get(quiet).is_none(), "{quiet} starts a deployment for nothing: {}", bodies[0]);
    }
    assert_eq!(bodies[1]["loadBalancers"], json!([]), "taken away");
    assert_eq!(bodies[1]["capacityProviderStrategy"][0]["capacityProvider"], "FARGATE_SPOT");
    assert_eq!(bodies[1]["forceNewDeployment"], true);
}
