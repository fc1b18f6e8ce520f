//! Listener rules and the asleep page, and task definitions that use the rarer fields of the API.

use envctl::model::{Architecture, Condition, Environment, Problem, RuleAction};
use envctl::template::{Templates, desired};
use serde_json::json;

use crate::template::{shipped, staging};

fn with(path: &str, text: &str) -> Templates {
    let mut templates = shipped();
    templates.insert(path.to_owned(), text.to_owned());
    templates
}

fn said(environment: &Environment, templates: &Templates) -> Vec<String> {
    let show = |problem: &Problem| {
        let line = problem.span.as_ref().map_or(0, |span| span.line);
        format!("{} line {line}: {}", problem.code, problem.message)
    };
    desired(environment, templates).unwrap_err().iter().map(show).collect()
}

#[test]
fn a_rule_can_ask_for_paths_headers_queries_and_authenticate_first() {
    let text = r#"{
      "Conditions": [
        { "Field": "host-header", "Values": {{json rule.hosts}} },
        { "Field": "http-header", "HttpHeaderConfig": { "HttpHeaderName": "X-Team", "Values": ["a"] } },
        { "Field": "query-string", "QueryStringConfig": { "Values": [{ "Key": "v", "Value": "2" }, { "Value": "x" }] } }
      ],
      "Actions": [
        { "Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": { "UserPoolArn": "arn" } },
        { "Type": "forward", "Order": 2, "TargetGroupArn": "{{ref "target-group.arn"}}" }
      ]
    }"#;
    let desired = desired(&staging(), &with("listener-rule.json.hbs", text)).unwrap();
    let rule = &desired.rules["backend"];
    assert_eq!(rule.conditions[0], Condition::HostHeader(vec!["staging.pythonide-classroom.tech".into()]));
    assert_eq!(rule.conditions[2], Condition::QueryString(vec![(Some("v".into()), "2".into()), (None, "x".into())]));
    assert!(matches!(&rule.actions[0], RuleAction::Other { document } if document["Type"] == "authenticate-cognito"));
    assert_eq!(rule.target_group.as_deref(), Some("backend"));
}

#[test]
fn what_a_load_balancer_would_refuse_is_refused_here() {
    let conditions = |conditions: &str| {
        let text = format!(
            "{{ \"Conditions\": [{conditions}],\n\"Actions\": [{{ \"Type\": \"forward\", \"TargetGroupArn\": \"{{{{target_group.arn}}}}\" }}] }}"
        );
        said(&staging(), &with("listener-rule.json.hbs", &text))
    };
    assert_eq!(conditions(""), ["TPL050 line 1: the rule has no conditions"]);
    assert_eq!(
        conditions(r#"{ "Field": "host-haeder", "Values": ["a.b"] }"#),
        ["TPL050 line 1: there is no condition `host-haeder`"]
    );
    assert_eq!(
        conditions(
            r#"{ "Field": "path-pattern", "PathPatternConfig": { "Values": ["/1", "/2", "/3", "/4", "/5", "/6"] } }"#
        ),
        ["TPL050 line 1: the rule has 6 condition values of at most 5"]
    );
    assert_eq!(
        conditions(r#"{ "Field": "host-header", "Values": ["localhost"] }"#),
        ["TPL050 line 1: `localhost` is no host name that a load balancer takes"]
    );
    let actions = |actions: &str| {
        let text = format!(
            "{{ \"Conditions\": [{{ \"Field\": \"path-pattern\", \"Values\": [\"/\"] }}],\n\"Actions\": [{actions}] }}"
        );
        said(&staging(), &with("listener-rule.json.hbs", &text))
    };
    assert_eq!(actions(""), ["TPL050 line 2: the rule has no actions"]);
    assert_eq!(actions(r#"{ "Type": "forwad" }"#)[0], "TPL050 line 2: there is no action `forwad`");
    assert_eq!(
        actions(r#"{ "Type": "authenticate-oidc" }"#),
        ["TPL050 line 2: the last action, and only it, must answer"]
    );
    let foreign = r#"{ "Type": "forward", "TargetGroupArn": "arn:aws:elasticloadbalancing:x" }"#;
    assert!(actions(foreign)[0].contains("is no target group of this environment"), "{:?}", actions(foreign));
}

#[test]
fn two_rules_of_one_service_share_its_target_group() {
    let mut environment = staging();
    let mut second = environment.rules["backend"].clone();
    second.hosts = vec!["api.example.com".into()];
    environment.rules.insert("zeta".into(), second);
    let both = desired(&environment, &shipped()).unwrap();
    assert_eq!(both.target_groups.keys().collect::<Vec<_>>(), ["backend"]);
    assert_eq!(both.rules["zeta"].target_group.as_deref(), Some("backend"));
    environment.rules.get_mut("zeta").unwrap().health_check.path = "/other".into();
    assert!(said(&environment, &shipped())[0].contains("with different target groups"));
}

#[test]
fn an_asleep_page_that_does_not_fit_is_refused() {
    let long = format!("line one\n{}", "x".repeat(1100));
    assert_eq!(
        said(&staging(), &with("asleep.html.hbs", &long)),
        ["TPL051 line 2: the asleep page `templates/asleep.html.hbs` has 1109 bytes"]
    );
    let mut environment = staging();
    environment.sleep.page.content_type = "text/markdown".into();
    environment.sleep.page.status_code = 302;
    let found = said(&environment, &shipped());
    assert!(found.iter().all(|line| line.starts_with("TPL051")) && found.len() == 2, "{found:?}");
}

#[test]
fn a_page_is_escaped_for_what_it_is() {
    let mut environment = staging();
    environment.application = "<b>&\"".into();
    let page = |environment: &Environment| {
        let desired = desired(environment, &with("asleep.html.hbs", "{{application}}")).unwrap();
        match &desired.rules["backend"].asleep {
            RuleAction::FixedResponse { body, .. } => body.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(page(&environment), "&lt;b&gt;&amp;&quot;");
    environment.sleep.page.content_type = "application/json".into();
    assert_eq!(page(&environment), "<b>&\\\"");
    environment.sleep.page.content_type = "text/plain".into();
    assert_eq!(page(&environment), "<b>&\"");
}

#[test]
fn a_long_task_definition_with_rare_fields_is_taken_as_it_is() {
    let text = r#"{
      "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": ".5 vCPU", "memory": "2GB",
      "runtimePlatform": { "cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX" },
      "ephemeralStorage": { "sizeInGiB": 40 }, "pidMode": "task", "enableFaultInjection": true,
      "executionRoleArn": "path/executor", "taskRoleArn": "arn:aws:iam::123456789012:role/app",
      "tags": [{ "key": "team", "value": "classroom" }],
      "containerDefinitions": [
        {
          "name": "pythonide-backend", "image": "public.ecr.aws/app:1", "cpu": 256, "memory": 1024,
          "memoryReservation": 512, "essential": true, "readonlyRootFilesystem": true, "user": "1000:1000",
          "portMappings": [{ "name": "http", "containerPort": {{service.port}}, "appProtocol": "http2" }],
          "entryPoint": ["/init"], "command": ["serve"], "workingDirectory": "/srv", "stopTimeout": 60,
          "startTimeout": 120, "interactive": false, "versionConsistency": "disabled",
          "linuxParameters": { "initProcessEnabled": true, "capabilities": { "add": ["SYS_PTRACE"], "drop": ["ALL"] },
            "tmpfs": [{ "containerPath": "/tmp", "size": 64, "mountOptions": ["rw"] }] },
          "ulimits": [{ "name": "nofile", "softLimit": 65536, "hardLimit": 65536 }],
          "systemControls": [{ "namespace": "net.core.somaxconn", "value": "1024" }],
          "healthCheck": { "command": ["CMD-SHELL", "exit 0"], "interval": 10, "timeout": 5, "retries": 3, "startPeriod": 20 },
          "dependsOn": [{ "containerName": "log-router", "condition": "START" }],
          "restartPolicy": { "enabled": true, "ignoredExitCodes": [0], "restartAttemptPeriod": 60 },
          "environmentFiles": [{ "type": "s3", "value": "arn:aws:s3:::bucket/app.env" }],
          "secrets": [{ "name": "DATABASE_PASSWORD", "valueFrom": "{{ref "secret.main.arn"}}" }],
          "dockerLabels": { "com.example.team": "classroom" },
          "mountPoints": [
            { "sourceVolume": "files", "containerPath": "/mnt/efs/pythonide-data" },
            { "sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": false }
          ],
          "logConfiguration": { "logDriver": "awsfirelens", "options": { "Name": "cloudwatch" } }
        },
        {
          "name": "log-router", "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable", "essential": false,
          "memoryReservation": 64,
          "firelensConfiguration": { "type": "fluentbit", "options": { "enable-ecs-log-metadata": "true" } },
          "logConfiguration": { "logDriver": "awslogs", "options": {
            "awslogs-group": "/other", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "router",
            "awslogs-create-group": "true", "mode": "non-blocking", "max-buffer-size": "25m" } }
        }
      ],
      "volumes": [
        { "name": "scratch" },
        { "name": "files", "configuredAtLaunch": false, "efsVolumeConfiguration": {
          "fileSystemId": "{{ref "file-system.shared.id"}}", "rootDirectory": "/", "transitEncryption": "ENABLED",
          "transitEncryptionPort": 2999,
          "authorizationConfig": { "accessPointId": "{{ref "access-point.id"}}", "iam": "ENABLED" } } }
      ]
    }"#;
    let mut environment = staging();
    let service = environment.services.get_mut("backend").unwrap();
    service.architecture = Architecture::Arm;
    service.execution_role = None;
    let desired = desired(&environment, &with("task-definition.json.hbs", text)).unwrap();
    let document = &desired.services["backend"].task_definition;
    assert_eq!(document["family"], "pythonide-staging-task");
    assert_eq!(document["executionRoleArn"], "arn:aws:iam::123456789012:role/path/executor");
    assert_eq!(document["containerDefinitions"][1]["firelensConfiguration"]["type"], "fluentbit");
    assert_eq!(document["containerDefinitions"][0]["dockerLabels"], json!({ "com.example.team": "classroom" }));
}
