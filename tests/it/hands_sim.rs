//! Hand-made changes of every declared value on the simulated cloud, one at a time and all together: each is found,
//! named, nothing else is, and `up` mends it.

use serde_json::Value;

use crate::support::TestEnvironment;

const WORLD: &str = ".envctl/sim/world.json";

/// Nearly every field of the spec.
pub(crate) const EVERY_FIELD: &str = include_str!("shapes/every-field.yaml");

/// What a hand sets (resource, field of the world, value), and the one finding: field, wanted, found.
type Hand = (&'static str, &'static str, &'static str, &'static str);

const DATABASE: &[Hand] = &[
    ("database/main", "class", "db.t4g.micro", "class: db.t4g.small -> db.t4g.micro"),
    ("database/main", "storage_gib", "25", "storage: 30 GiB -> 25 GiB"),
    ("database/main", "storage_type", "gp2", "storage-type: gp3 -> gp2"),
    ("database/main", "max_storage_gib", "90", "max-storage: off -> 90 GiB"),
    ("database/main", "multi_az", "true", "multi-az: false -> true"),
    ("database/main", "publicly_accessible", "true", "public: false -> true"),
    (
        "database/main",
        "security_groups",
        "[\"sg-0a1b2c3d4e5f60002\"]",
        "security-groups: sg-0a1b2c3d4e5f60001 -> sg-0a1b2c3d4e5f60002",
    ),
    ("database/main", "parameter_group", "tuned", "parameter-group: default.postgres16 -> tuned"),
    ("database/main", "backup_retention_days", "0", "backup-retention: 3 -> 0"),
    ("database/main", "deletion_protection", "false", "deletion-protection: true -> false"),
    ("database/main", "auto_minor_version_upgrade", "true", "auto-minor-version-upgrade: false -> true"),
    ("database/main", "performance_insights", "true", "performance-insights: false -> true"),
    ("database/main", "endpoint.port", "6000", "port: 5432 -> 6000"),
    ("database/main", "others.monitoring", "60 s", "monitoring: 0 s -> 60 s"),
    ("database/main", "others.iam-authentication", "\"true\"", "iam-authentication: false -> true"),
    ("database/main", "others.copy-tags-to-snapshot", "\"true\"", "copy-tags-to-snapshot: false -> true"),
    (
        "database/main",
        "pending.class",
        "db.t4g.large",
        "class: db.t4g.small -> db.t4g.small, db.t4g.large from the next maintenance window on",
    ),
    ("database/main", "tags.team", "x", "tags.team: classroom -> x"),
    ("database/main", "tags.cost-center", "null", "tags.cost-center: 42 -> absent"),
    (
        "database/main",
        "tags.envctl:resource",
        "database/other",
        "tags.envctl:resource: database/main -> database/other",
    ),
    ("secret/main", "tags.team", "x", "tags.team: classroom -> x"),
    ("secret/main", "deletes_at", "2027-01-01T00:00:00Z", "deletion: none -> deleted on 2027-01-01T00:00:00Z"),
];

const STORAGE: &[Hand] = &[
    ("file-system/own", "throughput", "{\"mode\": \"bursting\"}", "throughput: provisioned 10 MiB/s -> bursting"),
    ("file-system/own", "throughput", "{\"mode\": \"elastic\"}", "throughput: provisioned 10 MiB/s -> elastic"),
    ("file-system/own", "tags.team", "null", "tags.team: classroom -> absent"),
    ("file-system/own", "tags.Name", "mine", "tags.Name: shop-own -> mine"),
    ("access-point/data", "path", "/elsewhere", "path: /every/field -> /elsewhere"),
    ("access-point/data", "uid", "0", "uid: 1001 -> 0"),
    ("access-point/data", "gid", "0", "gid: 1002 -> 0"),
    ("access-point/data", "tags.envctl:resource", "null", "tags.envctl:resource: access-point/data -> absent"),
    ("access-point/data", "tags.cost-center", "x", "tags.cost-center: 42 -> x"),
    ("log-group/shared", "retention_days", "30", "retention: 7 days -> 30 days"),
    ("log-group/shared", "retention_days", "null", "retention: 7 days -> for ever"),
    ("log-group/shared", "tags.team", "x", "tags.team: classroom -> x"),
    ("alarm/busy", "spec.threshold", "\"10\"", "threshold: 80 -> 10"),
    ("alarm/busy", "spec.period_seconds", "60", "period: 120 s -> 60 s"),
    ("alarm/busy", "spec.evaluation_periods", "5", "periods: 4 -> 5"),
    ("alarm/busy", "spec.datapoints_to_alarm", "1", "datapoints: 3 -> 1"),
    ("alarm/busy", "spec.statistic", "Average", "statistic: Maximum -> Average"),
    ("alarm/busy", "spec.treat_missing_data", "breaching", "missing: ignore -> breaching"),
    ("alarm/busy", "spec.description", "calm", "description: the service is busy -> calm"),
    ("alarm/busy", "actions_enabled", "false", "actions-enabled: on -> off"),
    ("alarm/busy", "tags.team", "x", "tags.team: classroom -> x"),
];

const BALANCER: &[Hand] = &[
    ("target-group/web", "health_check.path", "/", "health-check.path: /health -> /"),
    ("target-group/web", "health_check.interval_seconds", "30", "health-check.interval: 12 s -> 30 s"),
    ("target-group/web", "health_check.timeout_seconds", "6", "health-check.timeout: 4 s -> 6 s"),
    ("target-group/web", "health_check.healthy_threshold", "9", "health-check.healthy: 3 -> 9"),
    ("target-group/web", "health_check.unhealthy_threshold", "9", "health-check.unhealthy: 4 -> 9"),
    ("target-group/web", "health_check.matcher", "200-399", "health-check.matcher: 200-299 -> 200-399"),
    ("target-group/web", "deregistration_delay_seconds", "300", "deregistration-delay: 20 s -> 300 s"),
    ("target-group/web", "stickiness_seconds", "60", "stickiness: 3600 s -> 60 s"),
    ("target-group/web", "stickiness_seconds", "null", "stickiness: 3600 s -> off"),
    (
        "target-group/web",
        "others.balancing",
        "least_outstanding_requests",
        "balancing: round_robin -> least_outstanding_requests",
    ),
    ("target-group/web", "others.slow-start", "\"60\"", "slow-start: 0 -> 60"),
    ("target-group/web", "others.anomaly-mitigation", "on", "anomaly-mitigation: off -> on"),
    ("target-group/web", "others.cross-zone", "\"false\"", "cross-zone: use_load_balancer_configuration -> false"),
    ("target-group/web", "others.health-check.enabled", "\"false\"", "health-check.enabled: true -> false"),
    ("target-group/web", "others.health-check.port", "\"9000\"", "health-check.port: traffic-port -> 9000"),
    ("target-group/web", "others.stickiness.type", "app_cookie", "stickiness.type: lb_cookie -> app_cookie"),
    ("target-group/web", "tags.team", "x", "tags.team: classroom -> x"),
    (
        "listener-rule/web",
        "conditions",
        "[{\"host-header\": [\"evil.example\"]}]",
        "conditions: host *.every.shop.example every.shop.example, path /app/* -> host evil.example",
    ),
    ("listener-rule/web", "priority", "777", "priority: 42 -> 777"),
    (
        "listener-rule/web",
        "actions",
        "[{\"fixed-response\": {\"status_code\": 404, \"content_type\": \"text/plain\", \"body\": \"\"}}]",
        "actions: forwards -> another answer",
    ),
    (
        "listener-rule/web",
        "actions",
        "[{\"other\": {\"document\": {\"Type\": \"redirect\"}}}]",
        "actions: forwards -> another answer",
    ),
    ("listener-rule/web", "tags.cost-center", "null", "tags.cost-center: 42 -> absent"),
    ("listener-rule/web", "tags.envctl:resource", "null", "tags.envctl:resource: listener-rule/web -> absent"),
];

const SERVICE: &[Hand] = &[
    ("service/web", "desired_count", "9", "count: 2 to 6 -> 9"),
    ("service/worker", "desired_count", "3", "count: 1 -> 3"),
    (
        "service/web",
        "subnets",
        "[\"subnet-0a1b2c3d4e5f60001\"]",
        "subnets: subnet-0a1b2c3d4e5f60001 subnet-0a1b2c3d4e5f60002 -> subnet-0a1b2c3d4e5f60001",
    ),
    (
        "service/web",
        "security_groups",
        "[\"sg-0a1b2c3d4e5f60002\"]",
        "security-groups: sg-0a1b2c3d4e5f60001 -> sg-0a1b2c3d4e5f60002",
    ),
    ("service/web", "assign_public_ip", "true", "public-ip: false -> true"),
    ("service/web", "capacity", "spot", "capacity: on-demand -> spot"),
    ("service/web", "health_check_grace_seconds", "0", "health-check-grace: 90 s -> 0 s"),
    ("service/web", "enable_exec", "false", "exec: true -> false"),
    ("service/web", "maximum_percent", "200", "maximum-percent: 150 -> 200"),
    ("service/web", "minimum_healthy_percent", "100", "minimum-healthy-percent: 50 -> 100"),
    ("service/web", "circuit_breaker", "false", "circuit-breaker: on -> off"),
    ("service/web", "others.platform-version", "1.3.0", "platform-version: LATEST -> 1.3.0"),
    ("service/web", "others.propagate-tags", "NONE", "propagate-tags: SERVICE -> NONE"),
    ("service/web", "others.managed-tags", "\"false\"", "managed-tags: true -> false"),
    (
        "service/web",
        "others.availability-zone-rebalancing",
        "ENABLED",
        "availability-zone-rebalancing: DISABLED -> ENABLED",
    ),
    ("service/web", "tags.team", "x", "tags.team: classroom -> x"),
    ("scalable-target/web", "min", "1", "min: 2 -> 1"),
    ("scalable-target/web", "max", "60", "max: 6 -> 60"),
    ("scalable-target/web", "suspended", "true", "suspended: false -> true"),
    ("scalable-target/web", "partly_suspended", "[\"scale-in\"]", "suspended: false -> scale-in"),
    (
        "scalable-target/web",
        "policies.0.target_percent",
        "40",
        "cpu: cpu at 60 %, in after 240 s, out after 30 s -> cpu at 40 %, in after 240 s, out after 30 s",
    ),
    (
        "scalable-target/web",
        "policies.1.scale_in_cooldown_seconds",
        "1",
        "memory: memory at 75 %, in after 240 s, out after 30 s -> memory at 75 %, in after 1 s, out after 30 s",
    ),
    (
        "scalable-target/web",
        "policies.0.others",
        "[\"never scales in\"]",
        "cpu: cpu at 60 %, in after 240 s, out after 30 s -> cpu at 60 %, in after 240 s, out after 30 s, never scales in",
    ),
];

const DOCUMENT: &[Hand] = &[
    ("task-definition/web", "cpu", "\"1024\"", "cpu: 512 -> 1024"),
    ("task-definition/web", "memory", "\"2048\"", "memory: 1024 -> 2048"),
    (
        "task-definition/web",
        "taskRoleArn",
        "arn:aws:iam::123456789012:role/admin",
        "taskRoleArn: arn:aws:iam::123456789012:role/appRole -> arn:aws:iam::123456789012:role/admin",
    ),
    ("task-definition/web", "runtimePlatform.cpuArchitecture", "X86_64", "runtimePlatform.cpuArchitecture: ARM64 -> -"),
    ("task-definition/web", "ephemeralStorage", "{\"sizeInGiB\": 50}", "ephemeralStorage.sizeInGiB: - -> 50"),
    (
        "task-definition/web",
        "containerDefinitions.0.image",
        "evil:1",
        "containerDefinitions[app].image: nginx:1.27 -> evil:1",
    ),
    ("task-definition/web", "containerDefinitions.0.user", "root", "containerDefinitions[app].user: - -> root"),
    (
        "task-definition/web",
        "containerDefinitions.0.privileged",
        "true",
        "containerDefinitions[app].privileged: - -> true",
    ),
    (
        "task-definition/web",
        "containerDefinitions.0.command",
        "[\"sh\", \"-c\"]",
        "containerDefinitions[app].command: - -> sh -c",
    ),
    (
        "task-definition/web",
        "containerDefinitions.0.stopTimeout",
        "99",
        "containerDefinitions[app].stopTimeout: - -> 99",
    ),
    ("task-definition/web", "containerDefinitions.0.memory", "700", "containerDefinitions[app].memory: - -> 700"),
    (
        "task-definition/web",
        "containerDefinitions.0.dockerLabels",
        "{\"a\": \"b\"}",
        "containerDefinitions[app].dockerLabels[a]: - -> b",
    ),
    (
        "task-definition/web",
        "containerDefinitions.0.secrets",
        "[]",
        "containerDefinitions[app].secrets[DATABASE_PASSWORD]: SECRET -> -",
    ),
    (
        "task-definition/web",
        "containerDefinitions.0.logConfiguration.options.awslogs-stream-prefix",
        "zzz",
        "containerDefinitions[app].logConfiguration.options[awslogs-stream-prefix]: app -> zzz",
    ),
    (
        "task-definition/web",
        "containerDefinitions.0.environment.0.value",
        "x",
        "containerDefinitions[app].environment[DEBUG].value: false -> x",
    ),
    (
        "task-definition/web",
        "volumes.0.efsVolumeConfiguration.transitEncryption",
        "DISABLED",
        "volumes[data].efsVolumeConfiguration.transitEncryption: ENABLED -> -",
    ),
];

/// Up, with nearly every field declared.
fn up() -> TestEnvironment {
    let environment = TestEnvironment::new();
    for shipped in ["staging", "preview"] {
        std::fs::remove_file(environment.path(&format!("environments/{shipped}.yaml"))).unwrap();
    }
    environment.write("environments/every.yaml", &spec());
    environment.done(&["up", "every", "--yes", "--quiet"]);
    environment
}

fn spec() -> String {
    [
        ("APPLICATION", "shop"),
        ("ACCOUNT", "123456789012"),
        ("REGION", "us-east-2"),
        ("CLUSTER", "shop-cluster"),
        ("BALANCER", "shop-alb"),
        ("PORT", "443"),
        ("FILE_SYSTEM", "shop-efs"),
        ("SUBNETS", "subnet-0a1b2c3d4e5f60001, subnet-0a1b2c3d4e5f60002"),
        ("SECURITY_GROUP", "sg-0a1b2c3d4e5f60001"),
    ]
    .iter()
    .fold(EVERY_FIELD.to_owned(), |text, (word, value)| text.replace(word, value))
}

/// `RESOURCE.FIELD: WANTED -> FOUND` of every finding, and who did it.
fn findings(environment: &TestEnvironment) -> Vec<(String, String)> {
    let answer = environment.run(&["drift", "every", "--output", "json"]);
    let value: Value = serde_json::from_str(&answer.stdout).unwrap_or_else(|_| panic!("{answer}"));
    let found = value["environments"][0]["findings"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(answer.code, if found.is_empty() { 0 } else { 2 }, "{answer}");
    let text = |one: &Value, field: &str| one[field].as_str().unwrap_or("-").to_owned();
    let words = |one: &Value| {
        let field = one["field"].as_str().map(|field| format!(".{field}")).unwrap_or_default();
        let (wanted, found) = (text(one, "wanted"), text(one, "found"));
        // The ARN of a secret ends with letters of chance.
        let wanted = if wanted.contains(":secretsmanager:") { "SECRET".to_owned() } else { wanted };
        (format!("{}{field}: {wanted} -> {found}", text(one, "resource")), text(one, "by"))
    };
    found.iter().map(words).collect()
}

fn expected((resource, _, _, words): &Hand) -> String {
    format!("{resource}.{words}")
}

fn by_hand(environment: &TestEnvironment, (resource, field, value, _): &Hand) {
    environment.done(&["sim", "hand", "every", resource, &format!("{field}={value}"), "--by", "Admin/bob"]);
}

/// The world as it was. The simulated clock stands there too: journals of the same second would be in the way.
fn restore(environment: &TestEnvironment, world: &str) {
    environment.write(WORLD, world);
    let _ = std::fs::remove_dir_all(environment.path(".envctl/sim/store"));
}

/// One after the other, each from an environment that is in sync; then all that do not contradict one another. What is
/// wrong is told of all of them.
fn check(hands: &[Hand]) {
    let environment = up();
    assert_eq!(findings(&environment), [], "right after up");
    let world = environment.read(WORLD);
    let mut wrong: Vec<String> = Vec::new();
    for hand in hands {
        restore(&environment, &world);
        by_hand(&environment, hand);
        let found = findings(&environment);
        if found != [(expected(hand), "Admin/bob".to_owned())] {
            wrong.push(format!("found {found:#?}\n  instead of {}", expected(hand)));
        }
        let up = environment.run(&["up", "every", "--yes", "--quiet"]);
        let left = findings(&environment);
        let plan = environment.run(&["plan", "every"]).code;
        if (up.code, plan) != (0, 0) || !left.is_empty() {
            wrong.push(format!("after up of {hand:?}: {left:#?}, exit code of plan {plan}, {up}"));
        }
    }
    restore(&environment, &world);
    let mut together: Vec<&Hand> = Vec::new();
    // Who takes away the name by which it is known changes nothing else that could be told.
    let apart = |field: &str| field.starts_with("pending") || field.starts_with("tags.envctl:");
    for hand in hands.iter().filter(|(_, field, ..)| !apart(field)) {
        let says = |hand: &Hand| hand.3.split(": ").next().unwrap().to_owned();
        if together.iter().all(|other| (other.0, says(other)) != (hand.0, says(hand))) {
            together.push(hand);
        }
    }
    together.iter().for_each(|hand| by_hand(&environment, hand));
    let mut wanted: Vec<String> = together.iter().map(|hand| expected(hand)).collect();
    let mut found: Vec<String> = findings(&environment).into_iter().map(|(words, _)| words).collect();
    wanted.sort();
    found.sort();
    if found != wanted {
        wrong.push(format!("all together: {found:#?}\n  instead of {wanted:#?}"));
    }
    let up = environment.run(&["up", "every", "--yes", "--quiet"]);
    let left = findings(&environment);
    if up.code != 0 || !left.is_empty() {
        wrong.push(format!("after up, all together: {left:#?}, {up}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_value_of_a_database_and_its_secret() {
    check(DATABASE);
}

#[test]
fn every_value_of_files_logs_and_alarms() {
    check(STORAGE);
}

#[test]
fn every_value_of_target_groups_and_rules() {
    check(BALANCER);
}

#[test]
fn every_value_of_services_and_autoscaling() {
    check(SERVICE);
}

#[test]
fn every_value_of_a_task_definition() {
    check(DOCUMENT);
}
