//! What belongs to production and is only looked at: listeners, subnets, security groups.

use serde::{Deserialize, Serialize};

use super::world::World;
use crate::model::{ListenerSelector, LiveListener, LiveSecurityGroup, LiveSubnet, Selector, Tags};

/// A listener of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// As ELB describes it.
    pub live: LiveListener,
    /// Name of its load balancer.
    pub load_balancer_name: String,
    /// Port.
    pub port: u16,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// As EC2 describes it.
    pub live: LiveSubnet,
    /// Tags.
    pub tags: Tags,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// As EC2 describes it.
    pub live: LiveSecurityGroup,
    /// Tags.
    pub tags: Tags,
}

/// Does the selector mean this resource?
pub(super) fn selects(selector: &Selector, id: &str, tags: &Tags) -> bool {
    match selector {
        Selector::Id(wanted) => wanted == id,
        Selector::Tag { key, value } => tags.get(key) == Some(value),
    }
}

impl World {
    /// The listener that a selector means.
    pub(super) fn find_listener(&self, selector: &ListenerSelector) -> Option<&Listener> {
        match selector {
            ListenerSelector::Arn(arn) => self.listeners.get(arn),
            ListenerSelector::LoadBalancer { name, port } => {
                self.listeners.values().find(|found| found.load_balancer_name == *name && found.port == *port)
            }
        }
    }

    /// The subnets that a selector means.
    pub(super) fn find_subnets(&self, selector: &Selector) -> Vec<LiveSubnet> {
        let found = self.subnets.values().filter(|subnet| selects(selector, &subnet.live.id, &subnet.tags));
        found.map(|subnet| subnet.live.clone()).collect()
    }

    /// The security groups that a selector means.
    pub(super) fn find_security_groups(&self, selector: &Selector) -> Vec<LiveSecurityGroup> {
        let found = self.security_groups.values().filter(|group| selects(selector, &group.live.id, &group.tags));
        found.map(|group| group.live.clone()).collect()
    }
}
