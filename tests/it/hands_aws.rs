//! Hand-made changes with another SDK client on MiniStack and moto: each is found, named, nothing else is, and `up`
//! mends it; then all together.
//!
//! MiniStack does not understand what this SDK's plain client says to CloudWatch, applies no changes of `AutoMinorVersionUpgrade`, `EnablePerformanceInsights`, the port and tag propagation,
//! and has no autoscaling; moto runs no tasks, so a service never comes up there. What they do not do is on the
//! simulated cloud (`hands_sim.rs`).

use aws_sdk_ecs::types as ecs;
use aws_sdk_efs::types as efs;
use aws_sdk_elasticloadbalancingv2::types as elb;
use serde_json::Value;

use crate::hands_sim::EVERY_FIELD;
use crate::support::emulator::{Corner, Emulator};
use crate::support::{Borrowed, TestEnvironment};

/// Another tool's clients, and the environment that it meddles with.
struct Meddler {
    ecs: aws_sdk_ecs::Client,
    rds: aws_sdk_rds::Client,
    efs: aws_sdk_efs::Client,
    elb: aws_sdk_elasticloadbalancingv2::Client,
    logs: aws_sdk_cloudwatchlogs::Client,
    secrets: aws_sdk_secretsmanager::Client,
    ec2: aws_sdk_ec2::Client,
    borrowed: Borrowed,
    workspace: TestEnvironment,
}

impl Meddler {
    /// A meddler beside an environment that is up.
    async fn new(emulator: Emulator) -> Option<Self> {
        let corner = Corner::new(emulator).await?;
        let mut workspace = TestEnvironment::new();
        for (name, value) in &corner.variables {
            workspace.set(name, value);
        }
        // Other clients cannot read MiniStack's answers about a page with angle brackets in it.
        workspace.write("templates/asleep.html.hbs", "{{application}} {{environment}} is asleep");
        for shipped in ["staging", "preview"] {
            std::fs::remove_file(workspace.path(&format!("environments/{shipped}.yaml"))).expect("the shipped spec");
        }
        workspace.write("environments/every.yaml", &spec(&corner.borrowed, emulator));
        workspace.done(&["up", "every", "--yes", "--quiet"]);
        let settings = &corner.settings;
        Some(Self {
            ecs: aws_sdk_ecs::Client::new(settings),
            rds: aws_sdk_rds::Client::new(settings),
            efs: aws_sdk_efs::Client::new(settings),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(settings),
            logs: aws_sdk_cloudwatchlogs::Client::new(settings),
            secrets: aws_sdk_secretsmanager::Client::new(settings),
            ec2: aws_sdk_ec2::Client::new(settings),
            borrowed: corner.borrowed,
            workspace,
        })
    }

    fn name(&self, word: &str) -> String {
        format!("{}-{word}", self.borrowed.unique)
    }

    /// `RESOURCE.FIELD: WANTED -> FOUND` of every finding.
    fn findings(&self) -> Vec<String> {
        let answer = self.workspace.run(&["drift", "every", "--output", "json"]);
        let value: Value = serde_json::from_str(&answer.stdout).unwrap_or_else(|_| panic!("{answer}"));
        let found = value["environments"][0]["findings"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let words = |one: &Value| {
            let text = |field: &str| one[field].as_str().unwrap_or("-").to_owned();
            let field = one["field"].as_str().map(|field| format!(".{field}")).unwrap_or_default();
            let line = format!("{}{field}: {} -> {}", text("resource"), text("wanted"), text("found"));
            line.replace(&self.borrowed.unique, "APP").replace(&self.borrowed.security_group, "SG")
        };
        found.iter().map(words).collect()
    }

    /// After one change: exactly this is found, and `up` mends it.
    fn expect(&self, wanted: &str, wrong: &mut Vec<String>) {
        let found = self.findings();
        let same = match wanted.strip_suffix('…') {
            Some(start) => found.len() == 1 && found[0].starts_with(start),
            None => found == [wanted],
        };
        if !same {
            wrong.push(format!("found {found:#?}\n  instead of {wanted}"));
        }
        let up = self.workspace.run(&["up", "every", "--yes", "--quiet"]);
        let left = self.findings();
        if up.code != 0 || !left.is_empty() {
            wrong.push(format!("after up of {wanted}: {left:#?} {up}"));
        }
    }

    async fn database_arn(&self) -> String {
        let found = self.rds.describe_db_instances().db_instance_identifier(self.name("db")).send().await.expect("it");
        found.db_instances()[0].db_instance_arn().expect("its ARN").to_owned()
    }

    async fn target_group(&self) -> String {
        let found = self.elb.describe_target_groups().names(self.name("tg")).send().await.expect("it");
        found.target_groups()[0].target_group_arn().expect("its ARN").to_owned()
    }

    async fn rule(&self) -> String {
        let found = self.elb.describe_rules().listener_arn(&self.borrowed.listener_arn).send().await.expect("rules");
        let mut rules = found.rules().iter().filter(|rule| rule.is_default() != Some(true));
        rules.next().and_then(|rule| rule.rule_arn()).expect("ours").to_owned()
    }

    async fn own_file_system(&self) -> String {
        let found = self.efs.describe_file_systems().creation_token(self.name("own")).send().await.expect("it");
        found.file_systems()[0].file_system_id().to_owned()
    }

    async fn access_point(&self) -> String {
        let points = self.efs.describe_access_points().file_system_id(&self.borrowed.file_system_id);
        let points = points.send().await.expect("access points");
        let ours = |point: &&efs::AccessPointDescription| {
            point.access_point_id() != Some(self.borrowed.foreign_access_point.as_str())
        };
        points.access_points().iter().find(ours).and_then(|point| point.access_point_id()).expect("ours").to_owned()
    }

    async fn service_arn(&self) -> String {
        let found = self.ecs.describe_services().cluster(&self.borrowed.cluster).services(self.name("web"));
        found.send().await.expect("it").services()[0].service_arn().expect("its ARN").to_owned()
    }
}

fn spec(borrowed: &Borrowed, emulator: Emulator) -> String {
    let words = [
        ("APPLICATION", borrowed.unique.as_str()),
        ("ACCOUNT", &borrowed.account),
        ("REGION", &borrowed.region),
        ("CLUSTER", &borrowed.cluster),
        ("BALANCER", &borrowed.load_balancer),
        ("PORT", "80"),
        ("FILE_SYSTEM", &borrowed.file_system_name),
        ("SUBNETS", &borrowed.subnets.join(", ")),
        ("SECURITY_GROUP", &borrowed.security_group),
        // The one role that the corner lends.
        ("appRole", "ecsTaskExecutionRole"),
    ];
    let whole = words.iter().fold(EVERY_FIELD.to_owned(), |text, (word, value)| text.replace(word, value));
    match emulator {
        Emulator::MiniStack => whole,
        // No task ever runs there.
        Emulator::Moto => {
            let (front, rest) = whole.split_once("services:\n").expect("services");
            let (_, tail) = rest.split_once("sleep:").expect("sleep");
            format!("{front}sleep:{tail}")
        }
    }
}

/// Databases: what both emulators have.
async fn meddle_with_data(m: &Meddler, emulator: Emulator, wrong: &mut Vec<String>) {
    let modify = || m.rds.modify_db_instance().db_instance_identifier(m.name("db")).apply_immediately(true);
    let vpc = m.ec2.create_security_group().vpc_id(&m.borrowed.vpc).group_name("other").description("another one");
    let other = vpc.send().await.expect("a group").group_id().expect("its id").to_owned();

    modify().db_instance_class("db.t4g.large").send().await.expect("class");
    m.expect("database/main.class: db.t4g.small -> db.t4g.large", wrong);
    modify().storage_type("gp2").send().await.expect("storage type");
    m.expect("database/main.storage-type: gp3 -> gp2", wrong);
    modify().max_allocated_storage(90).send().await.expect("growth");
    m.expect("database/main.max-storage: off -> 90 GiB", wrong);
    modify().backup_retention_period(9).send().await.expect("retention");
    m.expect("database/main.backup-retention: 3 -> 9", wrong);
    modify().deletion_protection(false).send().await.expect("protection");
    m.expect("database/main.deletion-protection: true -> false", wrong);
    modify().vpc_security_group_ids(&other).send().await.expect("groups");
    m.expect(&format!("database/main.security-groups: SG -> {other}"), wrong);
    modify().publicly_accessible(true).send().await.expect("access");
    m.expect("database/main.public: false -> true", wrong);
    modify().multi_az(true).send().await.expect("zones");
    m.expect("database/main.multi-az: false -> true", wrong);
    modify().copy_tags_to_snapshot(true).send().await.expect("tags of snapshots");
    m.expect("database/main.copy-tags-to-snapshot: false -> true", wrong);
    modify().enable_iam_database_authentication(true).send().await.expect("authentication");
    m.expect("database/main.iam-authentication: false -> true", wrong);
    if emulator == Emulator::MiniStack {
        let role = "arn:aws:iam::123456789012:role/monitoring";
        modify().monitoring_interval(60).monitoring_role_arn(role).send().await.expect("monitoring");
        m.expect("database/main.monitoring: 0 s -> 60 s", wrong);
    } else {
        modify().auto_minor_version_upgrade(true).send().await.expect("upgrades");
        m.expect("database/main.auto-minor-version-upgrade: false -> true", wrong);
    }
    let tag = aws_sdk_rds::types::Tag::builder().key("team").value("x").build();
    m.rds.add_tags_to_resource().resource_name(m.database_arn().await).tags(tag).send().await.expect("a tag");
    m.expect("database/main.tags.team: classroom -> x", wrong);
    let untag = m.rds.remove_tags_from_resource().resource_name(m.database_arn().await);
    untag.tag_keys("envctl:resource").send().await.expect("a tag less");
    m.expect("database/main.tags.envctl:resource: database/main -> absent", wrong);
    m.rds.stop_db_instance().db_instance_identifier(m.name("db")).send().await.expect("a stop");
    m.expect("database/main.status: available -> stopped", wrong);
}

/// Secrets, files and logs: what both emulators have.
async fn meddle_with_storage(m: &Meddler, emulator: Emulator, wrong: &mut Vec<String>) {
    let secret = format!("{}/password", m.borrowed.unique);
    let tag = aws_sdk_secretsmanager::types::Tag::builder().key("cost-center").value("x").build();
    m.secrets.tag_resource().secret_id(&secret).tags(tag).send().await.expect("a tag");
    m.expect("secret/main.tags.cost-center: 42 -> x", wrong);
    m.secrets.delete_secret().secret_id(&secret).recovery_window_in_days(7).send().await.expect("a deletion");
    m.expect("secret/main.deletion: none -> deleted on…", wrong);

    let group = format!("/{}/shared", m.borrowed.unique);
    m.logs.put_retention_policy().log_group_name(&group).retention_in_days(30).send().await.expect("retention");
    m.expect("log-group/shared.retention: 7 days -> 30 days", wrong);
    m.logs.delete_retention_policy().log_group_name(&group).send().await.expect("no retention");
    m.expect("log-group/shared.retention: 7 days -> for ever", wrong);
    m.logs.delete_log_group().log_group_name(&group).send().await.expect("a deletion");
    m.expect("log-group/shared: there -> absent", wrong);

    let system = m.own_file_system().await;
    if emulator == Emulator::MiniStack {
        let update = m.efs.update_file_system().file_system_id(&system);
        update.throughput_mode(efs::ThroughputMode::Elastic).send().await.expect("a mode");
        m.expect("file-system/own.throughput: provisioned 10 MiB/s -> elastic", wrong);
    }
    let tag = efs::Tag::builder().key("team").value("x").build().expect("a tag");
    m.efs.tag_resource().resource_id(&system).tags(tag.clone()).send().await.expect("a tag");
    m.expect("file-system/own.tags.team: classroom -> x", wrong);
    let point = m.access_point().await;
    m.efs.tag_resource().resource_id(&point).tags(tag).send().await.expect("a tag");
    m.expect("access-point/data.tags.team: classroom -> x", wrong);
    m.efs.untag_resource().resource_id(&point).tag_keys("envctl:resource").send().await.expect("a tag less");
    m.expect("access-point/data.tags.envctl:resource: access-point/data -> absent", wrong);
    m.efs.delete_access_point().access_point_id(&point).send().await.expect("a deletion");
    m.expect("access-point/data: there -> absent", wrong);
}

/// Target groups and rules.
async fn meddle_with_the_balancer(m: &Meddler, wrong: &mut Vec<String>) {
    let group = m.target_group().await;
    let modify = || m.elb.modify_target_group().target_group_arn(&group);
    modify().health_check_path("/").send().await.expect("path");
    m.expect("target-group/web.health-check.path: /health -> /", wrong);
    modify().health_check_interval_seconds(30).send().await.expect("interval");
    m.expect("target-group/web.health-check.interval: 12 s -> 30 s", wrong);
    modify().matcher(elb::Matcher::builder().http_code("200-399").build()).send().await.expect("codes");
    m.expect("target-group/web.health-check.matcher: 200-299 -> 200-399", wrong);
    modify().health_check_port("9000").send().await.expect("port");
    m.expect("target-group/web.health-check.port: traffic-port -> 9000", wrong);
    for (key, value, wanted) in [
        ("deregistration_delay.timeout_seconds", "300", "deregistration-delay: 20 s -> 300 s"),
        ("stickiness.enabled", "false", "stickiness: 3600 s -> off"),
        ("stickiness.lb_cookie.duration_seconds", "60", "stickiness: 3600 s -> 60 s"),
        ("stickiness.type", "app_cookie", "stickiness.type: lb_cookie -> app_cookie"),
        ("slow_start.duration_seconds", "60", "slow-start: 0 -> 60"),
        (
            "load_balancing.algorithm.type",
            "least_outstanding_requests",
            "balancing: round_robin -> least_outstanding_requests",
        ),
    ] {
        let attribute = elb::TargetGroupAttribute::builder().key(key).value(value).build();
        let change = m.elb.modify_target_group_attributes().target_group_arn(&group).attributes(attribute);
        change.send().await.expect("an attribute");
        m.expect(&format!("target-group/web.{wanted}"), wrong);
    }
    let rule = m.rule().await;
    let tag = elb::Tag::builder().key("team").value("x").build();
    m.elb.add_tags().resource_arns(&group).tags(tag.clone()).send().await.expect("a tag");
    m.expect("target-group/web.tags.team: classroom -> x", wrong);
    m.elb.add_tags().resource_arns(&rule).tags(tag).send().await.expect("a tag");
    m.expect("listener-rule/web.tags.team: classroom -> x", wrong);
    m.elb.remove_tags().resource_arns(&rule).tag_keys("envctl:resource").send().await.expect("a tag less");
    m.expect("listener-rule/web.tags.envctl:resource: listener-rule/web -> absent", wrong);

    let host = |name: &str| {
        let hosts = elb::HostHeaderConditionConfig::builder().values(name).build();
        elb::RuleCondition::builder().field("host-header").host_header_config(hosts).build()
    };
    m.elb.modify_rule().rule_arn(&rule).conditions(host("evil.example")).send().await.expect("conditions");
    let ours = "host *.every.APP.example every.APP.example, path /app/*";
    m.expect(&format!("listener-rule/web.conditions: {ours} -> host evil.example"), wrong);
    let pair = elb::RulePriorityPair::builder().rule_arn(&rule).priority(777).build();
    m.elb.set_rule_priorities().rule_priorities(pair).send().await.expect("a priority");
    m.expect("listener-rule/web.priority: 42 -> 777", wrong);
    let page = elb::FixedResponseActionConfig::builder().status_code("404").content_type("text/plain").build();
    let page = elb::Action::builder().r#type(elb::ActionTypeEnum::FixedResponse).fixed_response_config(page);
    let page = page.order(1).build();
    m.elb.modify_rule().rule_arn(&rule).actions(page.clone()).send().await.expect("an action");
    m.expect("listener-rule/web.actions: forwards -> another answer", wrong);
    m.elb.delete_rule().rule_arn(&rule).send().await.expect("a deletion");
    m.expect("listener-rule/web: there -> absent", wrong);

    // Strangers on our host: told, and left alone.
    for stranger in ["every.APP.example", "*.APP.example"] {
        let stranger = stranger.replace("APP", &m.borrowed.unique);
        let made = m.elb.create_rule().listener_arn(&m.borrowed.listener_arn).priority(7);
        let made = made.conditions(host(&stranger)).actions(page.clone()).send().await.expect("a rule");
        let arn = made.rules()[0].rule_arn().expect("its ARN");
        let found = m.findings();
        if found.len() != 1 || !found[0].ends_with("(priority 7)") {
            wrong.push(format!("found {found:#?} instead of the rule on {stranger}"));
        }
        m.elb.delete_rule().rule_arn(arn).send().await.expect("a deletion");
    }
}

/// Services and their documents.
async fn meddle_with_services(m: &Meddler, wrong: &mut Vec<String>) {
    let update = || m.ecs.update_service().cluster(&m.borrowed.cluster).service(m.name("web"));
    update().desired_count(9).send().await.expect("a count");
    m.expect("service/web.count: 2 to 6 -> 9", wrong);
    update().health_check_grace_period_seconds(5).send().await.expect("grace");
    m.expect("service/web.health-check-grace: 90 s -> 5 s", wrong);
    update().enable_execute_command(false).send().await.expect("exec");
    m.expect("service/web.exec: true -> false", wrong);
    update().platform_version("1.3.0").send().await.expect("a platform");
    m.expect("service/web.platform-version: LATEST -> 1.3.0", wrong);
    let network = ecs::AwsVpcConfiguration::builder().set_subnets(Some(m.borrowed.subnets.clone()));
    let network = network.security_groups(&m.borrowed.security_group).assign_public_ip(ecs::AssignPublicIp::Enabled);
    let network = network.build().expect("a network");
    let network = ecs::NetworkConfiguration::builder().awsvpc_configuration(network).build();
    update().network_configuration(network).send().await.expect("a network");
    m.expect("service/web.public-ip: false -> true", wrong);
    let bounds = ecs::DeploymentConfiguration::builder().maximum_percent(150).minimum_healthy_percent(100);
    let breaker = ecs::DeploymentCircuitBreaker::builder().enable(true).rollback(true).build();
    update().deployment_configuration(bounds.deployment_circuit_breaker(breaker).build()).send().await.expect("bounds");
    m.expect("service/web.minimum-healthy-percent: 50 -> 100", wrong);
    let tag = ecs::Tag::builder().key("team").value("x").build();
    m.ecs.tag_resource().resource_arn(m.service_arn().await).tags(tag).send().await.expect("a tag");
    m.expect("service/web.tags.team: classroom -> x", wrong);

    // Another revision, registered by hand.
    let container = ecs::ContainerDefinition::builder().name("app").image("evil:1").memory(512).build();
    let register = m.ecs.register_task_definition().family(m.name("web")).container_definitions(container);
    let register = register.cpu("512").memory("1024").network_mode(ecs::NetworkMode::Awsvpc);
    register.requires_compatibilities(ecs::Compatibility::Fargate).send().await.expect("a revision");
    update().task_definition(m.name("web")).send().await.expect("the revision runs");
    let found = m.findings();
    let evil = "task-definition/web.containerDefinitions[app].image: nginx:1.27 -> evil:1".to_owned();
    if !found.contains(&evil) || found.iter().any(|one| !one.starts_with("task-definition/web.")) {
        wrong.push(format!("a revision by hand: {found:#?}"));
    }
    m.workspace.done(&["up", "every", "--yes", "--quiet"]);
    if !m.findings().is_empty() {
        wrong.push(format!("after up of a revision by hand: {:#?}", m.findings()));
    }

    let delete = m.ecs.delete_service().cluster(&m.borrowed.cluster).service(m.name("web")).force(true);
    delete.send().await.expect("a deletion");
    m.expect("service/web: there -> absent", wrong);
}

/// Several at once, one of each resource: each is told, and one `up` mends them all.
async fn meddle_with_everything(m: &Meddler, wrong: &mut Vec<String>) {
    let modify = m.rds.modify_db_instance().db_instance_identifier(m.name("db")).apply_immediately(true);
    modify.db_instance_class("db.t4g.large").backup_retention_period(9).send().await.expect("two values");
    let group = format!("/{}/shared", m.borrowed.unique);
    m.logs.put_retention_policy().log_group_name(&group).retention_in_days(30).send().await.expect("retention");
    let tag = aws_sdk_secretsmanager::types::Tag::builder().key("team").value("x").build();
    let secret = format!("{}/password", m.borrowed.unique);
    m.secrets.tag_resource().secret_id(&secret).tags(tag).send().await.expect("a tag");
    let group = m.target_group().await;
    m.elb.modify_target_group().target_group_arn(&group).health_check_path("/").send().await.expect("path");
    let pair = elb::RulePriorityPair::builder().rule_arn(m.rule().await).priority(777).build();
    m.elb.set_rule_priorities().rule_priorities(pair).send().await.expect("a priority");
    let update = m.ecs.update_service().cluster(&m.borrowed.cluster).service(m.name("web"));
    update.desired_count(9).enable_execute_command(false).send().await.expect("two values");
    let point = m.access_point().await;
    m.efs.delete_access_point().access_point_id(&point).send().await.expect("a deletion");
    let wanted = [
        "database/main.backup-retention: 3 -> 9",
        "database/main.class: db.t4g.small -> db.t4g.large",
        "secret/main.tags.team: classroom -> x",
        "access-point/data: there -> absent",
        "log-group/shared.retention: 7 days -> 30 days",
        "service/web.count: 2 to 6 -> 9",
        "service/web.exec: true -> false",
        "target-group/web.health-check.path: /health -> /",
        "listener-rule/web.priority: 42 -> 777",
    ];
    let (mut found, mut wanted) = (m.findings(), wanted.map(str::to_owned).to_vec());
    found.sort();
    wanted.sort();
    if found != wanted {
        wrong.push(format!("all together: {found:#?}\n  instead of {wanted:#?}"));
    }
    m.workspace.done(&["up", "every", "--yes", "--quiet"]);
    let left = m.findings();
    if !left.is_empty() {
        wrong.push(format!("after up, all together: {left:#?}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_on_ministack_is_found_alone_and_mended() {
    let Some(m) = Meddler::new(Emulator::MiniStack).await else { return };
    let mut wrong = Vec::new();
    if !m.findings().is_empty() {
        wrong.push(format!("right after up: {:#?}", m.findings()));
    }
    meddle_with_data(&m, Emulator::MiniStack, &mut wrong).await;
    meddle_with_storage(&m, Emulator::MiniStack, &mut wrong).await;
    meddle_with_the_balancer(&m, &mut wrong).await;
    meddle_with_services(&m, &mut wrong).await;
    meddle_with_everything(&m, &mut wrong).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_on_moto_is_found_alone_and_mended() {
    let Some(m) = Meddler::new(Emulator::Moto).await else { return };
    let mut wrong = Vec::new();
    if !m.findings().is_empty() {
        wrong.push(format!("right after up: {:#?}", m.findings()));
    }
    meddle_with_data(&m, Emulator::Moto, &mut wrong).await;
    meddle_with_storage(&m, Emulator::Moto, &mut wrong).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Storage that somebody let grow never shrinks: that is told with the remedy, and keeps `up` from nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storage_that_grew_by_hand_is_told_and_keeps_up_from_nothing_else() {
    let Some(m) = Meddler::new(Emulator::Moto).await else { return };
    let modify = m.rds.modify_db_instance().db_instance_identifier(m.name("db")).apply_immediately(true);
    modify.allocated_storage(50).db_instance_class("db.t4g.large").send().await.expect("two values");
    let grown = "database/main.storage: 30 GiB -> 50 GiB";
    assert_eq!(m.findings(), ["database/main.class: db.t4g.small -> db.t4g.large", grown]);
    let up = m.workspace.run(&["up", "every", "--yes"]);
    assert_eq!(up.code, 0, "{up}");
    assert!(up.to_string().contains("set storage: 50 GiB in the spec"), "{up}");
    assert_eq!(m.findings(), [grown], "the class is as declared again");
}
