//! The AWS emulators that `scripts/emulators start` starts, and what an environment borrows, made in them with plain
//! SDK clients.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_elasticloadbalancingv2::types as elb;
use envctl::cloud::aws::{AwsCloud, ConnectOptions};

use super::Borrowed;

/// An AWS emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Emulator {
    /// moto: one account for all, things are told apart by name.
    Moto,
    /// MiniStack: an access key of twelve digits is the account.
    MiniStack,
}

impl Emulator {
    /// Where it listens.
    ///
    /// # Panics
    /// When it does not run, and nobody gave a reason for that: an emulator test is never left out silently.
    pub(crate) fn address(self) -> Option<String> {
        let variable = match self {
            Self::Moto => "ENVCTL_TEST_MOTO",
            Self::MiniStack => "ENVCTL_TEST_MINISTACK",
        };
        match (std::env::var(variable), std::env::var("ENVCTL_TEST_WITHOUT_EMULATORS")) {
            (Ok(address), _) if !address.is_empty() => Some(address),
            (_, Ok(reason)) if !reason.is_empty() => None,
            _ => panic!(
                "{variable} is not set: run ./test, or `eval \"$(scripts/emulators start)\"` first; to go without, set \
                 ENVCTL_TEST_WITHOUT_EMULATORS to the reason"
            ),
        }
    }
}

/// A corner of an emulator that no other test uses, with everything in it that an environment borrows.
pub(crate) struct Corner {
    pub(crate) settings: SdkConfig,
    pub(crate) borrowed: Borrowed,
    /// The variables that make any AWS client, envctl's own binary included, talk to it.
    pub(crate) variables: Vec<(&'static str, String)>,
}

static CORNERS: AtomicU64 = AtomicU64::new(1);

/// The region of the tests.
pub(crate) const REGION: &str = "us-east-2";

impl Corner {
    /// Makes one; `None`: the emulators were left out, with a reason.
    pub(crate) async fn new(emulator: Emulator) -> Option<Self> {
        let address = emulator.address()?;
        let number = CORNERS.fetch_add(1, Ordering::Relaxed);
        let unique = u64::from(std::process::id()) * 1000 + number;
        let account = match emulator {
            Emulator::Moto => "123456789012".to_owned(),
            Emulator::MiniStack => format!("{:012}", 400_000_000_000 + unique),
        };
        let key = if emulator == Emulator::Moto { "testing" } else { &account };
        let credentials = aws_sdk_sts::config::Credentials::new(key, "testing", None, None, "the tests");
        let settings = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&address)
            .region(Region::new(REGION))
            .credentials_provider(credentials)
            .load()
            .await;
        let borrowed = borrow(&settings, &format!("t{unique:x}"), &account).await;
        let variables = vec![
            ("AWS_ENDPOINT_URL", address),
            ("AWS_ACCESS_KEY_ID", key.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "testing".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("ENVCTL_CLOUD", "aws".to_owned()),
        ];
        Some(Self { settings, borrowed, variables })
    }

    /// A connection to it.
    pub(crate) async fn cloud(&self) -> AwsCloud {
        let options = ConnectOptions { settings: Some(self.settings.clone()), ..ConnectOptions::default() };
        AwsCloud::connect(REGION, options).await.expect("a connection")
    }
}

/// Production's things, as Terraform or the console would have made them.
async fn borrow(settings: &SdkConfig, unique: &str, account: &str) -> Borrowed {
    let (vpc, subnets, security_group) = network(settings).await;
    let ecs = aws_sdk_ecs::Client::new(settings);
    let cluster = format!("{unique}-cluster");
    ecs.create_cluster().cluster_name(&cluster).send().await.expect("a cluster");
    let (load_balancer, listener_arn) = load_balancer(settings, unique, &subnets, &security_group).await;
    role(settings).await;
    let efs = aws_sdk_efs::Client::new(settings);
    let file_system_name = format!("{unique}-production");
    let tag = |key: &str, value: &str| aws_sdk_efs::types::Tag::builder().key(key).value(value).build().expect("a tag");
    let made = efs.create_file_system().creation_token(&file_system_name).encrypted(true);
    let made = made.tags(tag("Name", &file_system_name)).send().await.expect("a file system");
    let file_system_id = made.file_system_id().to_owned();
    for subnet in &subnets {
        let target = efs.create_mount_target().file_system_id(&file_system_id).subnet_id(subnet);
        target.security_groups(&security_group).send().await.expect("a mount target");
    }
    let foreign = efs.create_access_point().file_system_id(&file_system_id).client_token(format!("{unique}-foreign"));
    let foreign = foreign.tags(tag("Name", "production")).send().await.expect("an access point");
    Borrowed {
        unique: unique.to_owned(),
        account: account.to_owned(),
        region: REGION.to_owned(),
        vpc,
        subnets,
        security_group,
        cluster,
        load_balancer,
        listener_arn,
        file_system_id,
        file_system_name,
        foreign_access_point: foreign.access_point_id().unwrap_or_default().to_owned(),
    }
}

async fn network(settings: &SdkConfig) -> (String, Vec<String>, String) {
    let ec2 = aws_sdk_ec2::Client::new(settings);
    let vpc = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.expect("a VPC");
    let vpc = vpc.vpc().and_then(|vpc| vpc.vpc_id()).expect("its id").to_owned();
    // moto gives the network interface of a task no name without it, and breaks over the task.
    let names = aws_sdk_ec2::types::AttributeBooleanValue::builder().value(true).build();
    ec2.modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(names).send().await.expect("DNS names");
    let mut subnets = Vec::new();
    for (zone, range) in [("a", "10.0.1.0/24"), ("b", "10.0.2.0/24")] {
        let subnet = ec2.create_subnet().vpc_id(&vpc).cidr_block(range).availability_zone(format!("{REGION}{zone}"));
        let subnet = subnet.send().await.expect("a subnet");
        subnets.push(subnet.subnet().and_then(|subnet| subnet.subnet_id()).expect("its id").to_owned());
    }
    subnets.sort();
    let group = ec2.create_security_group().vpc_id(&vpc).group_name("tasks").description("of the tasks");
    let group = group.send().await.expect("a security group").group_id().expect("its id").to_owned();
    (vpc, subnets, group)
}

/// The execution role that tasks take on. moto has one account for all tests: it may be there already.
async fn role(settings: &SdkConfig) {
    let trust = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
    let iam = aws_sdk_iam::Client::new(settings);
    let made = iam.create_role().role_name("ecsTaskExecutionRole").assume_role_policy_document(trust).send().await;
    if let Err(error) = made {
        let there = error.as_service_error().is_some_and(|error| error.is_entity_already_exists_exception());
        assert!(there, "a role: {error:?}");
    }
}

async fn load_balancer(settings: &SdkConfig, unique: &str, subnets: &[String], group: &str) -> (String, String) {
    let client = aws_sdk_elasticloadbalancingv2::Client::new(settings);
    let name = format!("{unique}-alb");
    let balancer = client.create_load_balancer().name(&name).set_subnets(Some(subnets.to_vec()));
    let balancer = balancer.security_groups(group).send().await.expect("a load balancer");
    let arn = balancer.load_balancers().first().and_then(|balancer| balancer.load_balancer_arn()).expect("its ARN");
    let nothing = elb::FixedResponseActionConfig::builder().status_code("404").content_type("text/plain").build();
    let nothing = elb::Action::builder().r#type(elb::ActionTypeEnum::FixedResponse).fixed_response_config(nothing);
    let listener = client.create_listener().load_balancer_arn(arn).port(80).protocol(elb::ProtocolEnum::Http);
    let listener = listener.default_actions(nothing.order(1).build()).send().await.expect("a listener");
    let listener = listener.listeners().first().and_then(|listener| listener.listener_arn()).expect("its ARN");
    (name, listener.to_owned())
}
