//! Another AWS client: what is there, whatever envctl says.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_elasticloadbalancingv2::types as elb;

use crate::support::Borrowed;
use crate::support::emulator::Corner;

/// What belongs to the environment.
#[derive(Debug)]
pub(super) struct Found {
    /// The status of each of its databases.
    pub(super) databases: Vec<String>,
    /// The status of each snapshot of its database.
    pub(super) snapshots: Vec<String>,
    /// Names of everything that must be there once, awake or asleep.
    pub(super) things: BTreeMap<&'static str, Vec<String>>,
}

/// Plain SDK clients, with the credentials of the test.
pub(super) struct Client {
    runtime: tokio::runtime::Runtime,
    settings: SdkConfig,
    pub(super) borrowed: Borrowed,
}

impl Client {
    pub(super) fn new(runtime: tokio::runtime::Runtime, corner: Corner) -> Self {
        Self { runtime, settings: corner.settings, borrowed: corner.borrowed }
    }

    /// A database and a rule of production's, beside those of the environment.
    pub(super) fn make_foreign_things(&self) {
        self.runtime.block_on(async {
            let rds = aws_sdk_rds::Client::new(&self.settings);
            let database = rds.create_db_instance().db_instance_identifier("production-db").engine("postgres");
            let database = database.db_instance_class("db.t4g.micro").allocated_storage(20).master_username("owner");
            database.master_user_password("production-password").send().await.expect("a database");
            let balancer = aws_sdk_elasticloadbalancingv2::Client::new(&self.settings);
            let hosts = elb::HostHeaderConditionConfig::builder().values("www.example.com").build();
            let condition = elb::RuleCondition::builder().field("host-header").host_header_config(hosts).build();
            let fixed = elb::FixedResponseActionConfig::builder().status_code("200").content_type("text/plain").build();
            let action = elb::Action::builder().r#type(elb::ActionTypeEnum::FixedResponse).order(1);
            let action = action.fixed_response_config(fixed).build();
            let rule = balancer.create_rule().listener_arn(&self.borrowed.listener_arn).priority(7);
            rule.conditions(condition).actions(action).send().await.expect("a rule");
        });
    }

    /// Everything of the environment.
    pub(super) fn find(&self) -> Found {
        self.runtime.block_on(async {
            let (databases, snapshots) = self.databases().await;
            let things = BTreeMap::from([
                ("services", self.services().await),
                ("task definitions", self.task_definitions().await),
                ("rules", self.rules().await.into_iter().filter(|rule| self.is_ours(rule)).collect()),
                ("target groups", self.target_groups().await),
                ("access points", self.access_points().await.into_iter().filter(|one| !self.is_foreign(one)).collect()),
                ("secrets", self.secrets().await),
                ("log groups", self.log_groups().await),
            ]);
            Found { databases, snapshots, things }
        })
    }

    /// The text of everything that is production's.
    pub(super) fn borrowed_things(&self) -> Vec<String> {
        self.runtime.block_on(async {
            let mut things = self.rules().await;
            things.retain(|rule| !self.is_ours(rule));
            things.extend(self.access_points().await.into_iter().filter(|one| self.is_foreign(one)));
            let rds = aws_sdk_rds::Client::new(&self.settings);
            let database = rds.describe_db_instances().db_instance_identifier("production-db").send().await;
            things.extend(
                database.expect("a database").db_instances().iter().map(|one| {
                    format!("{:?} {:?} {:?}", one.db_instance_status(), one.dbi_resource_id(), one.tag_list())
                }),
            );
            let efs = aws_sdk_efs::Client::new(&self.settings);
            let systems = efs.describe_file_systems().send().await.expect("file systems");
            things.extend(systems.file_systems().iter().map(|one| {
                format!("{} {:?} {:?} {:?}", one.file_system_id(), one.throughput_mode(), one.name(), one.tags())
            }));
            let balancer = aws_sdk_elasticloadbalancingv2::Client::new(&self.settings);
            let listeners = balancer.describe_listeners().listener_arns(&self.borrowed.listener_arn).send().await;
            things.extend(listeners.expect("listeners").listeners().iter().map(|one| format!("{one:?}")));
            things
        })
    }

    /// The generated password of the environment's database.
    pub(super) fn password(&self) -> String {
        self.runtime.block_on(async {
            let name = self.secrets().await.pop().expect("a secret");
            let secrets = aws_sdk_secretsmanager::Client::new(&self.settings);
            let secret = secrets.get_secret_value().secret_id(name).send().await.expect("the secret");
            secret.secret_string().expect("its text").to_owned()
        })
    }

    /// MiniStack forgets the tags that a restore asks for, and envctl gives them in a call of its own. AWS gives them in
    /// the restore itself, so there no kill comes between: what MiniStack forgot is made up for here.
    pub(super) fn tag_what_was_restored(&self) {
        let tag = |key: &str, value: &str| aws_sdk_rds::types::Tag::builder().key(key).value(value).build();
        self.runtime.block_on(async {
            let rds = aws_sdk_rds::Client::new(&self.settings);
            let databases = rds.describe_db_instances().send().await.expect("databases");
            for database in databases.db_instances().iter().filter(|one| one.tag_list().is_empty()) {
                let (Some(name), Some(arn)) = (database.db_instance_identifier(), database.db_instance_arn()) else {
                    continue;
                };
                if name.starts_with(&self.borrowed.unique) {
                    let request = rds.add_tags_to_resource().resource_name(arn);
                    let request = request.tags(tag("envctl:environment", "staging"));
                    let request = request.tags(tag("envctl:workspace", &self.borrowed.unique));
                    let request = request.tags(tag("envctl:managed-by", "envctl"));
                    let request = request.tags(tag("envctl:resource", "database/main"));
                    request.send().await.expect("tags");
                }
            }
        });
    }

    fn is_ours(&self, text: &str) -> bool {
        text.contains(&format!("{}.example.com", self.borrowed.unique))
    }

    fn is_foreign(&self, access_point: &str) -> bool {
        access_point.contains(&self.borrowed.foreign_access_point)
    }

    async fn databases(&self) -> (Vec<String>, Vec<String>) {
        let rds = aws_sdk_rds::Client::new(&self.settings);
        // The database first: a snapshot that is there now was there when the database still was.
        let databases = rds.describe_db_instances().send().await.expect("databases");
        let ours = |identifier: Option<&str>| identifier.is_some_and(|name| name.starts_with(&self.borrowed.unique));
        let databases = databases.db_instances().iter().filter(|one| ours(one.db_instance_identifier()));
        let databases = databases.filter_map(|one| one.db_instance_status().map(str::to_owned)).collect();
        let snapshots = rds.describe_db_snapshots().snapshot_type("manual").send().await.expect("snapshots");
        let snapshots = snapshots.db_snapshots().iter().filter(|one| ours(one.db_instance_identifier()));
        (databases, snapshots.filter_map(|one| one.status().map(str::to_owned)).collect())
    }

    async fn services(&self) -> Vec<String> {
        let ecs = aws_sdk_ecs::Client::new(&self.settings);
        let listed = ecs.list_services().cluster(&self.borrowed.cluster).send().await.expect("services");
        listed.service_arns().to_vec()
    }

    async fn task_definitions(&self) -> Vec<String> {
        let ecs = aws_sdk_ecs::Client::new(&self.settings);
        ecs.list_task_definitions().send().await.expect("task definitions").task_definition_arns().to_vec()
    }

    async fn rules(&self) -> Vec<String> {
        let balancer = aws_sdk_elasticloadbalancingv2::Client::new(&self.settings);
        let rules = balancer.describe_rules().listener_arn(&self.borrowed.listener_arn).send().await.expect("rules");
        rules.rules().iter().map(|rule| format!("{rule:?}")).collect()
    }

    async fn target_groups(&self) -> Vec<String> {
        let balancer = aws_sdk_elasticloadbalancingv2::Client::new(&self.settings);
        let groups = balancer.describe_target_groups().send().await.expect("target groups");
        groups.target_groups().iter().filter_map(|one| one.target_group_name().map(str::to_owned)).collect()
    }

    async fn access_points(&self) -> Vec<String> {
        let efs = aws_sdk_efs::Client::new(&self.settings);
        let points = efs.describe_access_points().file_system_id(&self.borrowed.file_system_id).send().await;
        points.expect("access points").access_points().iter().map(|one| format!("{one:?}")).collect()
    }

    async fn secrets(&self) -> Vec<String> {
        let secrets = aws_sdk_secretsmanager::Client::new(&self.settings);
        let secrets = secrets.list_secrets().send().await.expect("secrets");
        secrets.secret_list().iter().filter_map(|one| one.name().map(str::to_owned)).collect()
    }

    async fn log_groups(&self) -> Vec<String> {
        let logs = aws_sdk_cloudwatchlogs::Client::new(&self.settings);
        let groups = logs.describe_log_groups().send().await.expect("log groups");
        groups.log_groups().iter().filter_map(|one| one.log_group_name().map(str::to_owned)).collect()
    }
}
