//! EC2: the subnets and security groups that an environment borrows.

use aws_sdk_ec2::types::{Filter, Tag};

use super::AwsCloud;
use super::answer::text;
use crate::cloud::CloudError;
use crate::model::{LiveSecurityGroup, LiveSubnet, Selector};

impl AwsCloud {
    /// The subnets that a selector finds; none: an empty list. A filter, unlike a list of ids, does not fail for an id
    /// that is not there. Not every server knows every filter, so the answer is held against the selector once more.
    pub(super) async fn subnets(&self, selector: &Selector) -> Result<Vec<LiveSubnet>, CloudError> {
        let request = self.clients.ec2.describe_subnets().filters(filter("subnet-id", selector));
        let answer = self.caller.call("ec2:DescribeSubnets", || request.clone().send()).await?;
        let found = answer.subnets().iter().filter(|subnet| fits(selector, subnet.subnet_id(), subnet.tags()));
        let found = found.map(|subnet| LiveSubnet {
            id: text(subnet.subnet_id()),
            vpc: text(subnet.vpc_id()),
            zone: text(subnet.availability_zone()),
        });
        Ok(found.collect())
    }

    /// The security groups that a selector finds; none: an empty list.
    pub(super) async fn security_groups(&self, selector: &Selector) -> Result<Vec<LiveSecurityGroup>, CloudError> {
        let request = self.clients.ec2.describe_security_groups().filters(filter("group-id", selector));
        let answer = self.caller.call("ec2:DescribeSecurityGroups", || request.clone().send()).await?;
        let found = answer.security_groups().iter().filter(|group| fits(selector, group.group_id(), group.tags()));
        Ok(found.map(|group| LiveSecurityGroup { id: text(group.group_id()), vpc: text(group.vpc_id()) }).collect())
    }
}

fn fits(selector: &Selector, id: Option<&str>, tags: &[Tag]) -> bool {
    match selector {
        Selector::Id(wanted) => id == Some(wanted),
        Selector::Tag { key, value } => tags.iter().any(|tag| tag.key() == Some(key) && tag.value() == Some(value)),
    }
}

fn filter(id_name: &str, selector: &Selector) -> Filter {
    match selector {
        Selector::Id(id) => Filter::builder().name(id_name).values(id).build(),
        Selector::Tag { key, value } => Filter::builder().name(format!("tag:{key}")).values(value).build(),
    }
}
