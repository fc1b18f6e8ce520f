//! Templates: the shipped ones with several environments, and what is said about wrong ones.

use std::collections::BTreeMap;
use std::time::Duration;

use envctl::model::{
    AccessPointSpec, Architecture, BackupSpec, Capacity, DatabaseSpec, Engine, Environment, FileSystemSpec,
    HealthCheck, ListenerSelector, LogGroupSpec, NetworkSpec, PageSpec, Place, Problem, RetentionSpec, RuleAction,
    RuleDeclaration, Selector, ServiceDeclaration, SleepMode, SleepSpec, TaskDeclaration,
};
use envctl::template::{Templates, desired};
use serde_json::{Map, Value, json};

/// The templates that ship, by path below `templates/`.
pub(crate) fn shipped() -> Templates {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
    let read = |name: &str| (name.to_owned(), std::fs::read_to_string(format!("{folder}/{name}")).unwrap());
    let names = [
        "task-definition.json.hbs",
        "listener-rule.json.hbs",
        "asleep.html.hbs",
        "alarms.json.hbs",
        "dashboard.json.hbs",
    ];
    BTreeMap::from(names.map(read))
}

fn one<T>(name: &str, thing: T) -> BTreeMap<String, T> {
    BTreeMap::from([(name.to_owned(), thing)])
}

fn database() -> DatabaseSpec {
    DatabaseSpec {
        identifier: "pythonide-staging-db".into(),
        engine: Engine::Postgres,
        engine_version: None,
        class: "db.t4g.micro".into(),
        storage_gib: 20,
        storage_type: "gp3".into(),
        iops: None,
        storage_throughput: None,
        max_storage_gib: None,
        username: "pythonide_admin".into(),
        database_name: Some("pythonide".into()),
        port: 5432,
        multi_az: false,
        publicly_accessible: false,
        encrypted: true,
        kms_key: None,
        subnet_group: None,
        security_groups: vec![],
        parameter_group: None,
        backup_retention_days: 0,
        deletion_protection: false,
        auto_minor_version_upgrade: true,
        extended_support: false,
        performance_insights: None,
        secret_name: "pythonide/staging/db".into(),
        scrub: None,
    }
}

pub(crate) fn service() -> ServiceDeclaration {
    ServiceDeclaration {
        service_name: "pythonide-staging-service".into(),
        family: "pythonide-staging-task".into(),
        template: "task-definition.json.hbs".into(),
        cpu: 512,
        memory_mib: 2048,
        architecture: Architecture::X86,
        capacity: Capacity::OnDemand,
        image: Some("123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend:latest".into()),
        container: "pythonide-backend".into(),
        port: Some(8080),
        environment: one("ENVIRONMENT", "staging".into()),
        execution_role: Some("ecsTaskExecutionRole".into()),
        task_role: None,
        database: Some("main".into()),
        mounts: one("/mnt/efs/pythonide-data", "data".into()),
        log_group: Some("backend".into()),
        count: 1,
        health_check_grace_seconds: 60,
        enable_exec: false,
        maximum_percent: 200,
        minimum_healthy_percent: 100,
        scaling: None,
        values: Map::new(),
    }
}

fn rule() -> RuleDeclaration {
    RuleDeclaration {
        listener: "https".into(),
        template: "listener-rule.json.hbs".into(),
        hosts: vec!["staging.pythonide-classroom.tech".into()],
        paths: vec![],
        priority: Some(50),
        service: "backend".into(),
        target_group_name: "pythonide-staging".into(),
        protocol: "HTTP".into(),
        health_check: HealthCheck {
            path: "/health".into(),
            interval_seconds: 10,
            timeout_seconds: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
            matcher: "200".into(),
        },
        deregistration_delay_seconds: 15,
        stickiness_seconds: None,
    }
}

/// The shipped staging environment, built by hand.
pub(crate) fn staging() -> Environment {
    Environment {
        name: "staging".into(),
        application: "pythonide".into(),
        account: "123456789012".into(),
        region: "us-east-2".into(),
        protect: false,
        tags: BTreeMap::new(),
        values: Map::new(),
        cluster: Some("pythonide-cluster".into()),
        listeners: one("https", ListenerSelector::LoadBalancer { name: "pythonide-alb".into(), port: 443 }),
        network: NetworkSpec::default(),
        file_systems: one(
            "shared",
            FileSystemSpec::Borrowed { selector: Selector::Id("fs-0a1b2c3d4e5f60718".into()), throughput: None },
        ),
        access_points: one(
            "data",
            AccessPointSpec {
                access_point_name: "pythonide-staging-data".into(),
                file_system: "shared".into(),
                path: "/staging".into(),
                uid: 1000,
                gid: 1000,
                permissions: "0755".into(),
                snapshot: false,
            },
        ),
        databases: one("main", database()),
        log_groups: one(
            "backend",
            LogGroupSpec { log_group_name: "/aws/ecs/pythonide-staging".into(), retention_days: Some(14) },
        ),
        services: one("backend", service()),
        tasks: BTreeMap::new(),
        rules: one("backend", rule()),
        alarms: BTreeMap::new(),
        dashboard: None,
        sleep: SleepSpec {
            mode: SleepMode::default(),
            idle: None,
            page: PageSpec { template: "asleep.html.hbs".into(), content_type: "text/html".into(), status_code: 503 },
        },
        maintenance: PageSpec {
            template: "maintenance.html.hbs".into(),
            content_type: "text/html".into(),
            status_code: 503,
        },
        checks: BTreeMap::new(),
        policy: None,
        release: envctl::model::ReleaseSpec::usual(false, envctl::model::AnnounceSpec::default()),
        retention: RetentionSpec { keep: 3, keep_for: Duration::from_secs(7 * 86_400) },
        backup: BackupSpec {
            vault: "app-staging".to_owned(),
            owned: true,
            role: "arn:aws:iam::123456789012:role/backup".to_owned(),
            image: "busybox".to_owned(),
            execution_role: None,
        },
        allow_fields: vec![],
        places: one("service/backend", Place { file: "environments/staging.yaml".into(), line: 30, column: 3 }),
    }
}

fn with_template(text: &str) -> Templates {
    let mut templates = shipped();
    templates.insert("task-definition.json.hbs".to_owned(), text.to_owned());
    templates
}

fn problems(environment: &Environment, templates: &Templates) -> Vec<Problem> {
    desired(environment, templates).expect_err("the template is wrong")
}

/// `code line:column underlined | message | help` of each problem.
fn shown(problems: &[Problem], text: &str) -> Vec<String> {
    let show = |problem: &Problem| {
        let place = problem.span.as_ref().map_or_else(String::new, |span| {
            format!("{}:{} `{}`", span.line, span.column, text.get(span.start..span.end).unwrap_or_default())
        });
        format!("{} {place} | {} | {}", problem.code, problem.message, problem.help)
    };
    problems.iter().map(show).collect()
}

#[test]
fn the_shipped_environment_renders() {
    let desired = desired(&staging(), &shipped()).unwrap();
    let document = &desired.services["backend"].task_definition;
    let container = &document["containerDefinitions"][0];
    assert_eq!(document["cpu"], "512");
    assert_eq!(document["executionRoleArn"], "arn:aws:iam::123456789012:role/ecsTaskExecutionRole");
    assert!(document.get("taskRoleArn").is_none());
    assert_eq!(container["portMappings"][0]["containerPort"], 8080);
    assert_eq!(
        container["environment"],
        json!([
            { "name": "ENVIRONMENT", "value": "staging" },
            { "name": "DATABASE_HOST", "value": "⟦database/main.endpoint⟧" },
            { "name": "DATABASE_NAME", "value": "pythonide" },
            { "name": "DATABASE_PORT", "value": "5432" },
            { "name": "DATABASE_USER", "value": "pythonide_admin" },
        ])
    );
    assert_eq!(container["secrets"][0]["valueFrom"], "⟦secret/main.arn⟧");
    let volume = &document["volumes"][0]["efsVolumeConfiguration"];
    assert_eq!(volume["fileSystemId"], "fs-0a1b2c3d4e5f60718");
    assert_eq!(volume["authorizationConfig"]["accessPointId"], "⟦access-point/data.id⟧");
    let rule = &desired.rules["backend"];
    assert_eq!(rule.actions, [RuleAction::Forward { target_group_arn: "⟦target-group/backend.arn⟧".into() }]);
    assert_eq!(rule.target_group.as_deref(), Some("backend"));
    let RuleAction::FixedResponse { body, status_code: 503, .. } = &rule.asleep else { panic!("{:?}", rule.asleep) };
    assert!(body.contains("pythonide staging is asleep") && body.len() <= 1024, "{body}");
    assert_eq!(desired.target_groups["backend"].port, 8080);
    assert_eq!(desired.services["backend"].attachment.as_ref().unwrap().target_group, "backend");
}

#[test]
fn a_service_without_database_files_logs_or_rule_renders_too() {
    let mut environment = staging();
    environment.rules.clear();
    environment.databases.clear();
    environment.access_points.clear();
    let service = environment.services.get_mut("backend").unwrap();
    service.database = None;
    service.mounts.clear();
    service.log_group = None;
    service.port = None;
    service.environment.clear();
    service.architecture = Architecture::Arm;
    let desired = desired(&environment, &shipped()).unwrap();
    let document = &desired.services["backend"].task_definition;
    assert_eq!(document["runtimePlatform"]["cpuArchitecture"], "ARM64");
    assert_eq!(document["containerDefinitions"][0]["environment"], json!([]));
    assert!(document["containerDefinitions"][0].get("portMappings").is_none());
    assert!(desired.services["backend"].attachment.is_none());
}

#[test]
fn every_missing_value_is_found_at_its_line_also_inside_a_condition() {
    let text = "{\n  \"family\": \"{{service.famly}}\",\n{{#if service.nope}}\n  \"cpu\": \"1\",\n{{/if}}\n  \"memory\": \"{{json (lookup values \"size\")}}\"\n}\n";
    let found = shown(&problems(&staging(), &with_template(text)), text);
    insta::assert_debug_snapshot!(found, @r#"
    [
        "TPL010 2:16 `service.famly` | `service.famly` has no value | did you mean `service.family`?",
        "TPL010 3:7 `service.nope` | `service.nope` has no value | did you mean `service.name`?",
        "TPL010 6:14 `{{json (lookup values \"size\")}}` | this looks up a value that is not there | declare it in the spec",
    ]
    "#);
}

#[test]
fn text_that_is_no_json_is_shown_at_the_line_of_the_template() {
    let text = "{\n{{#if database}}\n  \"cpu\": \"512\"\n{{/if}}\n  \"memory\": {{service.family}}\n}\n";
    let found = shown(&problems(&staging(), &with_template(text)), text);
    insta::assert_debug_snapshot!(found, @r#"
    [
        "TPL020 5:3 `\"` | the rendered document is no JSON: expected `,` or `}` | a text needs quotes around it, \"{{name}}\"; lists and mappings are written {{json name}}; mind the commas",
    ]
    "#);
}

#[test]
fn forms_that_could_break_out_of_a_string_are_refused() {
    for text in ["{{{service.image}}}", "{{&service.image}}", "{{#*inline \"x\"}}{{/inline}}", "{{#> x}}{{/x}}"] {
        let found = problems(&staging(), &with_template(text));
        assert_eq!(found[0].code, "TPL003", "{text}: {found:?}");
    }
}

#[test]
fn a_value_that_looks_like_a_template_stays_a_value() {
    let mut environment = staging();
    let value = "\"}{{service.image}}\\u0022\n</script>";
    environment.services.get_mut("backend").unwrap().environment.insert("TRICKY".into(), value.into());
    let desired = desired(&environment, &shipped()).unwrap();
    let variables = desired.services["backend"].task_definition["containerDefinitions"][0]["environment"].clone();
    let found = variables.as_array().unwrap().iter().find(|variable| variable["name"] == "TRICKY").unwrap();
    assert_eq!(found["value"], value);
}

#[test]
fn a_value_with_the_marks_of_late_values_is_refused() {
    let mut environment = staging();
    environment.services.get_mut("backend").unwrap().environment.insert("X".into(), "⟦database/main.endpoint⟧".into());
    let found = problems(&environment, &shipped());
    assert_eq!(found[0].code, "TPL005");
    assert_eq!(found[0].span.as_ref().unwrap().line, 30);
}

#[test]
fn a_task_takes_its_services_document_with_its_own_command() {
    let mut environment = staging();
    let task = TaskDeclaration {
        service: Some("backend".into()),
        template: None,
        family: "pythonide-staging-scrub".into(),
        container: "pythonide-backend".into(),
        command: vec!["python".into(), "scrub.py".into()],
        environment: one("ENVIRONMENT", "scrub".into()),
        timeout: Duration::from_secs(600),
        expect: Vec::new(),
        reject: Vec::new(),
    };
    environment.tasks.insert("scrub".into(), task);
    let desired = desired(&environment, &shipped()).unwrap();
    let document = &desired.tasks["scrub"].task_definition;
    assert_eq!(document["family"], "pythonide-staging-scrub");
    let container = &document["containerDefinitions"][0];
    assert_eq!(container["command"], json!(["python", "scrub.py"]));
    let named = |name: &str| -> Vec<&Value> {
        container["environment"].as_array().unwrap().iter().filter(|variable| variable["name"] == name).collect()
    };
    assert_eq!(named("ENVIRONMENT"), [&json!({ "name": "ENVIRONMENT", "value": "scrub" })]);
    assert_eq!(named("DATABASE_HOST").len(), 1);
}

#[test]
fn templates_that_never_end_are_stopped() {
    let lists: Value = (0..100).collect::<Vec<_>>().into();
    let mut environment = staging();
    environment.values.insert("many".into(), lists);
    let nested = "{{#each values.many}}{{#each ../values.many}}{{#each ../../values.many}}x{{/each}}{{/each}}{{/each}}";
    assert_eq!(problems(&environment, &with_template(nested))[0].code, "TPL011");
    let long = format!("{{{{#each values.many}}}}{}{{{{/each}}}}", "x".repeat(20_000));
    assert_eq!(problems(&environment, &with_template(&long))[0].code, "TPL004");
    let mut circle = with_template("{{> a}}");
    circle.insert("a.hbs".into(), "{{> b}}".into());
    circle.insert("b.hbs".into(), "{{> a}}".into());
    assert_eq!(problems(&environment, &circle)[0].code, "TPL004");
}

/// The shipped template without its heading and with one piece replaced, and what is said about it.
fn changed(from: &str, to: &str) -> Vec<String> {
    let text = shipped()["task-definition.json.hbs"].split_once("--}}\n").unwrap().1.to_owned();
    assert!(text.contains(from), "the shipped template has no {from}");
    let text = text.replacen(from, to, 1);
    shown(&problems(&staging(), &with_template(&text)), &text)
}

#[test]
fn an_unknown_field_is_shown_with_the_nearest_name() {
    insta::assert_debug_snapshot!(changed("\"essential\": true", "\"esential\": true"), @r#"
    [
        "TPL030 21:7 `\"esential\"` | the API knows no field `containerDefinitions[].esential` | did you mean `essential`? a field newer than envctl's data (botocore 1.43.11) passes with `allow_fields: [\"containerDefinitions[].esential\"]` in the spec",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("\"essential\": true", "\"containerPort\": 80"), @r#"
    [
        "TPL030 21:7 `\"containerPort\"` | the API knows no field `containerDefinitions[].containerPort` | `containerPort` belongs into `portMappings`; a field newer than envctl's data (botocore 1.43.11) passes with `allow_fields: [\"containerDefinitions[].containerPort\"]` in the spec",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("\"networkMode\"", "\"revision\": 3, \"networkMode\""), @r#"
    [
        "TPL030 4:3 `\"revision\"` | the API knows no field `revision` | AWS answers this field, and refuses it in a registration: leave it out",
    ]
    "#);
}

#[test]
fn a_field_newer_than_the_data_passes_when_the_spec_says_so() {
    let text = shipped()["task-definition.json.hbs"].replacen(
        "\"essential\"",
        "\"shinyNewField\": {\"a\": 1}, \"essential\"",
        1,
    );
    let mut environment = staging();
    for allowed in ["shinyNewField", "containerDefinitions[].shinyNewField"] {
        environment.allow_fields = vec![allowed.into()];
        let desired = desired(&environment, &with_template(&text)).unwrap();
        let document = &desired.services["backend"].task_definition;
        assert_eq!(document["containerDefinitions"][0]["shinyNewField"], json!({ "a": 1 }));
    }
    environment.allow_fields = vec!["volumes[].shinyNewField".into()];
    assert_eq!(problems(&environment, &with_template(&text))[0].code, "TPL030");
}

#[test]
fn a_wrong_type_or_word_or_a_missing_field_is_shown_at_its_line() {
    insta::assert_debug_snapshot!(changed("\"{{service.cpu}}\"", "{{service.cpu}}"), @r#"
    [
        "TPL031 5:10 `{{service.cpu}}` | `cpu` must be a text, and is a number | write it in quotes",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("{{service.port}}", "\"{{service.port}}\""), @r#"
    [
        "TPL031 24:28 `\"{{service.port}}\"` | `containerDefinitions[].portMappings[].containerPort` must be a whole number, and is a text | write it without quotes",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("[\"FARGATE\"]", "[\"FARGAT\"]"), @r#"
    [
        "TPL032 3:31 `\"FARGAT\"` | `requiresCompatibilities[]` cannot be `FARGAT` | it is one of EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("\"logDriver\": \"awslogs\",", ""), @r#"
    [
        "TPL033 35:27 `{` | `containerDefinitions[0].logConfiguration.logDriver` is missing | write \"logDriver\": … here: the API requires it",
    ]
    "#);
}

#[test]
fn a_document_that_contradicts_the_spec_is_refused() {
    insta::assert_debug_snapshot!(changed("\"{{service.memory}}\"", "\"1GB\""), @r#"
    [
        "TPL040 6:13 `\"1GB\"` | `memory` is 2048 in the spec, and 1024 here | write \"memory\": \"{{service.memory}}\"",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("{{service.port}},", "80,"), @r#"
    [
        "TPL040 23:23 `[` | container `pythonide-backend` serves port 8080 in the spec, and 80 here | write \"portMappings\": [{ \"containerPort\": {{service.port}} }]",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("\"name\": \"{{service.container}}\"", "\"name\": \"web\""), @r#"
    [
        "TPL040 17:27 `[` | there is no container `pythonide-backend`, which the spec names | there is `web`",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("{{service.architecture}}", "ARM64"), @r#"
    [
        "TPL040 7:22 `{` | the architecture is X86_64 in the spec, and ARM64 here | write \"runtimePlatform\": { \"cpuArchitecture\": \"{{service.architecture}}\" }",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("\"family\": \"{{service.family}}\"", "\"family\": \"other\""), @r#"
    [
        "TPL040 2:13 `\"other\"` | the family is `pythonide-staging-task` in the spec, and `other` here | write {{service.family}}, or leave it out",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("{{#if mounts}}", "{{#if false}}"), @r#"
    [
        "TPL040 17:27 `[` | the spec mounts `/mnt/efs/pythonide-data`, and no container here does | write {{#each mounts}} around a mount point, and {{#each volumes}} around a volume",
    ]
    "#);
}

#[test]
fn what_fargate_or_ecs_would_refuse_is_refused_here() {
    insta::assert_debug_snapshot!(changed("\"{{service.execution_role}}\"", "\"arn:aws:iam::999999999999:role/x\""), @r#"
    [
        "TPL043 12:23 `\"arn:aws:iam::999999999999:role/x\"` | the role is of account 999999999999, and the environment of 123456789012 | ECS takes roles of the task's own account",
        "TPL040 12:23 `\"arn:aws:iam::999999999999:role/x\"` | the role is `ecsTaskExecutionRole` in the spec, and `x` here | write \"executionRoleArn\": \"{{service.execution_role}}\"",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("{{#if service.execution_role}}", "{{#if false}}"), @r#"
    [
        "TPL043 20:16 `\"{{service.image}}\"` | an image from ECR needs an execution role | write `execution_role:` at the service, and \"executionRoleArn\": \"{{service.execution_role}}\" here",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("\"transitEncryption\": \"ENABLED\",", ""), @r#"
    [
        "TPL044 68:33 `{` | an access point needs encryption in transit | write \"transitEncryption\": \"ENABLED\" beside it",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("\"iam\": \"DISABLED\"", "\"iam\": \"ENABLED\""), @r#"
    [
        "TPL044 68:33 `{` | access by role needs a task role | write `task_role:` at the service, or \"iam\": \"DISABLED\" here",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("awslogs-stream-prefix", "awslogs-stream-prefx"), @r#"
    [
        "TPL045 37:20 `{` | `awslogs-stream-prefix` is missing | write \"awslogs-stream-prefix\": \"{{service.container}}\"",
        "TPL045 40:11 `\"awslogs-stream-prefx\"` | `awslogs` has no option `awslogs-stream-prefx` | did you mean `awslogs-stream-prefix`?",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("\"awsvpc\"", "\"bridge\""), @r#"
    [
        "TPL040 4:18 `\"bridge\"` | the network mode is `bridge`: Fargate has only `awsvpc` | write \"networkMode\": \"awsvpc\"",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("\"DATABASE_USER\"", "\"ENVIRONMENT\""), @r#"
    [
        "TPL042 59:19 `\"ENVIRONMENT\"` | `ENVIRONMENT` is a variable already | a name can stand once: leave one out",
    ]
    "#);
    insta::assert_debug_snapshot!(
        changed("\"networkMode\"", "\"ephemeralStorage\": { \"sizeInGiB\": 20 }, \"networkMode\""), @r#"
    [
        "TPL041 4:38 `20` | ephemeral storage of 20 GiB does not exist | 20 GiB are there without it; 21 to 200 GiB can be asked for",
    ]
    "#
    );
    insta::assert_debug_snapshot!(changed("\"essential\": true", "\"essential\": false, \"cpu\": 1024"), @r#"
    [
        "TPL041 17:27 `[` | the containers take 1024 CPU units of 512 | give them less, or the task more",
        "TPL042 17:27 `[` | no container is essential | write \"essential\": true at one of them",
    ]
    "#);
    insta::assert_debug_snapshot!(changed("\"sourceVolume\": \"{{name}}\"", "\"sourceVolume\": \"dat\""), @r#"
    [
        "TPL044 30:27 `\"dat\"` | there is no volume `dat` | did you mean `data`?",
    ]
    "#);
}
