//! The whole cycle of an environment on MiniStack, by the built binary, looked at from outside with SDK clients of the
//! test's own.

use aws_config::SdkConfig;

use crate::support::emulator::{Corner, Emulator};
use crate::support::{Borrowed, TestEnvironment};

/// A spec on the borrowed things of a corner. MiniStack has no autoscaling: the rest comes up all the same.
pub(crate) fn spec(borrowed: &Borrowed) -> String {
    let Borrowed { unique, account, region, cluster, load_balancer, file_system_name, .. } = borrowed;
    let subnets = borrowed.subnets.join(", ");
    let security_group = &borrowed.security_group;
    format!(
        r#"application: {unique}
account: "{account}"
region: {region}
borrow:
  cluster: {cluster}
  listener: {{load_balancer: {load_balancer}, port: 80}}
  file_systems:
    production: {{tag: Name={file_system_name}}}
  subnets: [{subnets}]
  security_groups: [{security_group}]
databases:
  main:
    engine: postgres
    version: "16"
    class: db.t4g.micro
    storage: 20 GiB
    username: shop_admin
    database: shop
    security_groups: [{security_group}]
files:
  data: {{file_system: production, path: /staging}}
services:
  backend:
    image: nginx:1.27
    port: 8080
    cpu: 512
    memory: 1024
    execution_role: ecsTaskExecutionRole
    database: main
    mounts: {{/data: data}}
    log: {{keep: 14d}}
    scaling: {{min: 1, max: 4, cpu: 60}}
rules:
  web:
    hosts: [staging.{unique}.example]
    service: backend
"#
    )
}

/// What is there, as another client sees it.
struct Outside {
    ecs: aws_sdk_ecs::Client,
    rds: aws_sdk_rds::Client,
    efs: aws_sdk_efs::Client,
    elb: aws_sdk_elasticloadbalancingv2::Client,
    logs: aws_sdk_cloudwatchlogs::Client,
}

impl Outside {
    fn new(settings: &SdkConfig) -> Self {
        Self {
            ecs: aws_sdk_ecs::Client::new(settings),
            rds: aws_sdk_rds::Client::new(settings),
            efs: aws_sdk_efs::Client::new(settings),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(settings),
            logs: aws_sdk_cloudwatchlogs::Client::new(settings),
        }
    }

    /// Everything that production has here, in words.
    async fn production(&self, borrowed: &Borrowed) -> String {
        let clusters = self.ecs.describe_clusters().clusters(&borrowed.cluster).send().await.expect("clusters");
        let systems = self.efs.describe_file_systems().send().await.expect("file systems");
        let targets = self.efs.describe_mount_targets().file_system_id(&borrowed.file_system_id);
        let targets = targets.send().await.expect("mount targets");
        let points = self.efs.describe_access_points().file_system_id(&borrowed.file_system_id);
        let points = points.send().await.expect("access points");
        let balancers = self.elb.describe_load_balancers().send().await.expect("load balancers");
        let listeners = self.elb.describe_listeners().listener_arns(&borrowed.listener_arn);
        let listeners = listeners.send().await.expect("listeners");
        format!(
            "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
            clusters.clusters(),
            systems.file_systems(),
            targets.mount_targets(),
            points.access_points(),
            balancers.load_balancers(),
            listeners.listeners(),
            self.rules(borrowed).await,
        )
    }

    /// Type of the first action of each rule of the listener, the default rule included.
    async fn rules(&self, borrowed: &Borrowed) -> Vec<(String, String)> {
        let rules = self.elb.describe_rules().listener_arn(&borrowed.listener_arn).send().await.expect("rules");
        let action = |rule: &aws_sdk_elasticloadbalancingv2::types::Rule| {
            let kind = rule.actions().first().and_then(|action| action.r#type());
            (rule.priority().unwrap_or_default().to_owned(), format!("{kind:?}"))
        };
        rules.rules().iter().map(action).collect()
    }

    /// Status of each database, and how many snapshots there are.
    async fn data(&self) -> (Vec<String>, usize) {
        let databases = self.rds.describe_db_instances().send().await.expect("databases");
        let words = databases.db_instances().iter().filter_map(|one| one.db_instance_status().map(str::to_owned));
        let snapshots = self.rds.describe_db_snapshots().send().await.expect("snapshots");
        (words.collect(), snapshots.db_snapshots().len())
    }

    /// Desired tasks of each service that is active, and whether it carries the ownership tags.
    async fn services(&self, borrowed: &Borrowed) -> Vec<(i32, bool)> {
        let arns = self.ecs.list_services().cluster(&borrowed.cluster).send().await.expect("services");
        let mut found = Vec::new();
        for arn in arns.service_arns() {
            let services = self.ecs.describe_services().cluster(&borrowed.cluster).services(arn);
            let services = services.include(aws_sdk_ecs::types::ServiceField::Tags).send().await.expect("services");
            for service in services.services().iter().filter(|service| service.status() == Some("ACTIVE")) {
                let ours = service
                    .tags()
                    .iter()
                    .any(|tag| tag.key() == Some("envctl:workspace") && tag.value() == Some(borrowed.unique.as_str()));
                found.push((service.desired_count(), ours));
            }
        }
        found
    }

    async fn log_groups(&self) -> usize {
        self.logs.describe_log_groups().send().await.expect("log groups").log_groups().len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_environment_comes_up_sleeps_wakes_and_goes_without_a_trace_in_production() {
    let Some(corner) = Corner::new(Emulator::MiniStack).await else { return };
    let outside = Outside::new(&corner.settings);
    let borrowed = &corner.borrowed;
    let before = outside.production(borrowed).await;

    let mut workspace = TestEnvironment::new();
    for (name, value) in &corner.variables {
        workspace.set(name, value);
    }
    workspace.write("environments/staging.yaml", &spec(borrowed));
    // Other clients cannot read MiniStack's answers about a page with angle brackets in it.
    workspace.write("templates/asleep.html.hbs", "{{application}} {{environment}} is asleep");

    workspace.done(&["up", "staging", "--yes"]);
    assert_eq!(outside.data().await, (vec!["available".to_owned()], 0));
    assert_eq!(outside.services(borrowed).await, [(1, true)]);
    assert_eq!(outside.rules(borrowed).await.len(), 2, "ours and the default one");
    assert!(outside.rules(borrowed).await.contains(&("1".to_owned(), "Some(Forward)".to_owned())));
    workspace.done(&["plan", "staging"]);

    workspace.done(&["down", "staging", "--yes", "--mode", "park"]);
    assert_eq!(outside.data().await, (vec!["stopped".to_owned()], 1));
    assert_eq!(outside.services(borrowed).await, [(0, true)]);
    assert!(outside.rules(borrowed).await.contains(&("1".to_owned(), "Some(FixedResponse)".to_owned())));
    workspace.done(&["plan", "staging"]);

    workspace.done(&["up", "staging", "--yes"]);
    workspace.done(&["down", "staging", "--yes", "--mode", "hibernate"]);
    assert_eq!(outside.data().await, (vec![], 2), "nothing but the snapshots");
    workspace.done(&["plan", "staging"]);

    workspace.done(&["up", "staging", "--yes"]);
    assert_eq!(outside.data().await, (vec!["available".to_owned()], 2));
    assert_eq!(outside.services(borrowed).await, [(1, true)]);
    workspace.done(&["plan", "staging"]);

    workspace.done(&["destroy", "staging", "--yes", "--confirm", "staging"]);
    let (databases, snapshots) = outside.data().await;
    assert!(databases.is_empty() && snapshots > 0, "the last snapshot stays");
    assert!(outside.services(borrowed).await.is_empty());
    assert_eq!(outside.log_groups().await, 0);
    assert_eq!(outside.production(borrowed).await, before, "production is as it was, to the byte");
}

/// moto runs no tasks: an environment with a database alone is as far as it goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_comes_up_sleeps_wakes_and_goes_on_moto() {
    let Some(corner) = Corner::new(Emulator::Moto).await else { return };
    let borrowed = &corner.borrowed;
    let rds = aws_sdk_rds::Client::new(&corner.settings);
    let identifier = format!("{}-staging-main", borrowed.unique);
    let word = async || {
        let found = rds.describe_db_instances().db_instance_identifier(&identifier).send().await.ok()?;
        found.db_instances().first().and_then(|one| one.db_instance_status()).map(str::to_owned)
    };
    let mut workspace = TestEnvironment::new();
    for (name, value) in &corner.variables {
        workspace.set(name, value);
    }
    let database =
        format!("identifier: {identifier}, engine: postgres, class: db.t4g.micro, storage: 20 GiB, username: shop");
    workspace.write(
        "environments/staging.yaml",
        &format!(
            "application: {}\naccount: \"{}\"\nregion: {}\ndatabases:\n  main: {{{database}}}\n",
            borrowed.unique, borrowed.account, borrowed.region
        ),
    );
    workspace.done(&["up", "staging", "--yes"]);
    assert_eq!(word().await.as_deref(), Some("available"));
    workspace.done(&["down", "staging", "--yes", "--mode", "park"]);
    assert_eq!(word().await.as_deref(), Some("stopped"));
    workspace.done(&["plan", "staging"]);
    workspace.done(&["up", "staging", "--yes"]);
    workspace.done(&["down", "staging", "--yes", "--mode", "hibernate"]);
    assert_eq!(word().await, None);
    workspace.done(&["up", "staging", "--yes"]);
    assert_eq!(word().await.as_deref(), Some("available"), "restored");
    workspace.done(&["plan", "staging"]);
    workspace.done(&["destroy", "staging", "--yes", "--confirm", "staging"]);
    assert_eq!(word().await, None);
    let snapshots = rds.describe_db_snapshots().db_instance_identifier(&identifier).send().await.expect("snapshots");
    assert!(!snapshots.db_snapshots().is_empty(), "the last one stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wrong_account_is_told_before_anything_is_written() {
    let Some(corner) = Corner::new(Emulator::MiniStack).await else { return };
    let mut workspace = TestEnvironment::new();
    for (name, value) in &corner.variables {
        workspace.set(name, value);
    }
    let spec = spec(&corner.borrowed);
    workspace.write("environments/staging.yaml", &spec.replace(&corner.borrowed.account, "999999999999"));
    let answer = workspace.run(&["up", "staging", "--yes"]);
    assert_eq!(answer.code, 4, "{answer}");
    workspace.write("environments/staging.yaml", &spec);
    workspace.set("AWS_REGION", "eu-west-1");
    let answer = workspace.run(&["up", "staging", "--yes"]);
    assert_eq!(answer.code, 4, "{answer}");
    assert_eq!(Outside::new(&corner.settings).log_groups().await, 0);
}

#[test]
fn without_credentials_it_says_how_to_give_them() {
    let mut workspace = TestEnvironment::new();
    workspace.set("ENVCTL_CLOUD", "aws");
    workspace.set("AWS_EC2_METADATA_DISABLED", "true");
    let answer = workspace.run(&["up", "staging", "--yes"]);
    assert_eq!(answer.code, 1, "{answer}");
    for part in ["AWS_PROFILE", "aws sso login", "--cloud sim"] {
        assert!(answer.stderr.contains(part), "{part} in {answer}");
    }
}
