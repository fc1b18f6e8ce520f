//! Makes the production that a spec borrows from, so that a newcomer's first `up` has something to stand on.

use serde_json::Value;

use super::access_point::AccessPoint;
use super::file_system::{FileSystem, MountTarget};
use super::log_group::LogGroup;
use super::network::{Listener, SecurityGroup, Subnet};
use super::references;
use super::rule::Rule;
use super::target_group::TargetGroup;
use super::world::World;
use crate::model::{
    Condition, Desired, FileSystemSpec, HealthCheck, ListenerSelector, LiveAccessPoint, LiveFileSystem, LiveListener,
    LiveMountTarget, LiveRule, LiveSecurityGroup, LiveSubnet, LiveTargetGroup, RuleAction, Selector, Tags, Throughput,
    short_name,
};

/// The network of simulated production.
const VPC: &str = "vpc-0production";

impl World {
    /// Makes what the spec borrows and what is missing: cluster, load balancer with listener, subnets in two zones,
    /// security groups, file systems with mount targets, and things of production beside them. What is there
    /// already stays as it is.
    pub fn seed_borrowed(&mut self, desired: &Desired) {
        if let Some(cluster) = &desired.cluster {
            self.clusters.entry(short_name(cluster).to_owned()).or_insert_with(|| "ACTIVE".to_owned());
        }
        for selector in &desired.network.subnets {
            self.seed_subnets(selector);
        }
        let of_databases = desired.databases.values().flat_map(|spec| &spec.security_groups);
        for selector in desired.network.security_groups.iter().chain(of_databases) {
            self.seed_security_group(selector);
        }
        for selector in desired.listeners.values() {
            self.seed_listener(selector);
        }
        for spec in desired.file_systems.values() {
            if let FileSystemSpec::Borrowed { selector, .. } = spec {
                self.seed_file_system(selector);
            }
        }
        self.seed_references(desired);
        self.seed_outputs(desired);
        for scrub in desired.databases.values().filter_map(|spec| spec.scrub.as_ref()) {
            if let Some(task) = desired.tasks.get(scrub) {
                self.scrub_families.insert(task.family.clone());
            }
        }
    }

    fn seed_subnets(&mut self, selector: &Selector) {
        if !self.find_subnets(selector).is_empty() {
            return;
        }
        let ids = match selector {
            Selector::Id(id) => vec![(id.clone(), Tags::new())],
            Selector::Tag { key, value } => {
                let tags = Tags::from([(key.clone(), value.clone())]);
                let mut fresh = || (format!("subnet-{}", self.fresh(17)), tags.clone());
                vec![fresh(), fresh()]
            }
        };
        for (id, tags) in ids {
            let zone = format!("{}{}", self.region, if self.subnets.len().is_multiple_of(2) { 'a' } else { 'b' });
            let live = LiveSubnet { id: id.clone(), vpc: VPC.to_owned(), zone };
            self.subnets.insert(id, Subnet { live, tags });
        }
    }

    fn seed_security_group(&mut self, selector: &Selector) {
        if !self.find_security_groups(selector).is_empty() {
            return;
        }
        let (id, tags) = match selector {
            Selector::Id(id) => (id.clone(), Tags::new()),
            Selector::Tag { key, value } => {
                (format!("sg-{}", self.fresh(17)), Tags::from([(key.clone(), value.clone())]))
            }
        };
        let live = LiveSecurityGroup { id: id.clone(), vpc: VPC.to_owned() };
        self.security_groups.insert(id, SecurityGroup { live, tags });
    }

    fn seed_listener(&mut self, selector: &ListenerSelector) {
        if self.find_listener(selector).is_some() {
            return;
        }
        let (arn, name, port) = match selector {
            ListenerSelector::LoadBalancer { name, port } => {
                let (balancer, listener) = (self.fresh(16), self.fresh(16));
                let rest = format!("listener/app/{name}/{balancer}/{listener}");
                (self.arn("elasticloadbalancing", &rest), name.clone(), *port)
            }
            ListenerSelector::Arn(arn) => (arn.clone(), arn.split('/').nth(2).unwrap_or("production").to_owned(), 443),
        };
        let balancer = arn.replace(":listener/", ":loadbalancer/");
        let live = LiveListener {
            arn: arn.clone(),
            load_balancer_arn: balancer.rsplit_once('/').map_or(balancer.clone(), |(before, _)| before.to_owned()),
            vpc: Some(VPC.to_owned()),
            protocol: Some(if port == 443 { "HTTPS" } else { "HTTP" }.to_owned()),
        };
        self.listeners.insert(arn.clone(), Listener { live, load_balancer_name: name, port });
        self.seed_production_rule(&arn);
    }

    /// Production's own rule and target group on the listener.
    fn seed_production_rule(&mut self, listener_arn: &str) {
        let (group, rule) = (self.fresh(16), self.fresh(16));
        let name = format!("production-{}", &group[..6]);
        let arn = self.arn("elasticloadbalancing", &format!("targetgroup/{name}/{group}"));
        let live = LiveTargetGroup {
            others: Default::default(),
            target_group_name: name,
            arn: arn.clone(),
            port: 8080,
            protocol: "HTTP".to_owned(),
            target_type: "ip".to_owned(),
            vpc: Some(VPC.to_owned()),
            load_balancer_arns: Vec::new(),
            health_check: HealthCheck {
                path: "/".to_owned(),
                interval_seconds: 30,
                timeout_seconds: 5,
                healthy_threshold: 5,
                unhealthy_threshold: 2,
                matcher: "200".to_owned(),
            },
            deregistration_delay_seconds: Some(300),
            stickiness_seconds: None,
            tags: production(),
        };
        self.target_groups.insert(arn.clone(), TargetGroup { live });
        let rule = format!("{}/{rule}", listener_arn.replace(":listener/", ":listener-rule/"));
        let live = LiveRule {
            arn: rule.clone(),
            listener_arn: listener_arn.to_owned(),
            priority: Some(1),
            conditions: vec![Condition::HostHeader(vec!["www.production.example".to_owned()])],
            actions: vec![RuleAction::Forward { target_group_arn: arn }],
            tags: Some(production()),
        };
        self.rules.insert(rule, Rule { live, token: String::new() });
    }

    fn seed_file_system(&mut self, selector: &Selector) {
        let (id, tags) = match selector {
            Selector::Id(id) => (id.clone(), production()),
            Selector::Tag { key, value } => {
                if self.file_systems.values().any(|found| found.live.tags.get(key) == Some(value)) {
                    return;
                }
                let mut tags = production();
                tags.insert(key.clone(), value.clone());
                (format!("fs-{}", self.fresh(17)), tags)
            }
        };
        if self.file_systems.contains_key(&id) {
            return;
        }
        let live = LiveFileSystem {
            id: id.clone(),
            arn: self.arn("elasticfilesystem", &format!("file-system/{id}")),
            state: "available".to_owned(),
            throughput: Throughput::Bursting,
            encrypted: true,
            size_bytes: 12 << 30,
            mount_targets: 0,
            created_at: Some(self.now),
            tags,
        };
        let system = FileSystem {
            live,
            creation_token: format!("production-{id}"),
            directories: std::collections::BTreeMap::new(),
            locked_until: None,
            ready_at: None,
        };
        self.file_systems.insert(id.clone(), system);
        self.seed_mount_targets(&id);
        self.seed_production_access_point(&id);
    }

    /// One in each zone.
    fn seed_mount_targets(&mut self, file_system_id: &str) {
        let mut zones: Vec<LiveSubnet> = self.subnets.values().map(|subnet| subnet.live.clone()).collect();
        zones.sort_by(|left, right| left.zone.cmp(&right.zone));
        zones.dedup_by(|left, right| left.zone == right.zone);
        for subnet in zones {
            let id = format!("fsmt-{}", self.fresh(17));
            let live = LiveMountTarget {
                id: id.clone(),
                file_system_id: file_system_id.to_owned(),
                subnet: subnet.id,
                zone: Some(subnet.zone),
                state: "available".to_owned(),
            };
            self.mount_targets.insert(id, MountTarget { live, ready_at: None });
        }
    }

    pub(super) fn seed_production_access_point(&mut self, file_system_id: &str) {
        let id = format!("fsap-{}", self.fresh(17));
        let live = LiveAccessPoint {
            id: id.clone(),
            arn: self.arn("elasticfilesystem", &format!("access-point/{id}")),
            file_system_id: file_system_id.to_owned(),
            path: "/production".to_owned(),
            uid: Some(1000),
            gid: Some(1000),
            state: "available".to_owned(),
            tags: production(),
        };
        let point = AccessPoint { live, permissions: "0755".to_owned(), token: String::new(), ready_at: None };
        self.access_points.insert(id, point);
    }

    /// Secrets, log groups and file systems that a task definition names literally and that nobody declares: they
    /// are production's.
    fn seed_references(&mut self, desired: &Desired) {
        let services = desired.services.values().map(|spec| &spec.task_definition);
        let documents: Vec<&Value> = services.chain(desired.tasks.values().map(|spec| &spec.task_definition)).collect();
        let literal = |text: &&str| !text.contains(crate::model::LATE_OPEN);
        for document in documents {
            for wanted in references::secrets(document).into_iter().filter(literal) {
                self.seed_secret(wanted);
            }
            for group in references::log_groups(document).into_iter().filter(literal) {
                if !desired.log_groups.values().any(|spec| spec.log_group_name == group) {
                    let arn = self.arn("logs", &format!("log-group:{group}"));
                    let made = LogGroup { arn, retention_days: None, tags: production(), lines: Vec::new() };
                    self.log_groups.entry(group.to_owned()).or_insert(made);
                }
            }
            for (system, _) in references::volumes(document).into_iter().filter(|(system, _)| literal(system)) {
                self.seed_file_system(&Selector::Id(system.to_owned()));
            }
        }
    }
}

/// Tags of what is production's.
pub(super) fn production() -> Tags {
    Tags::from([("Environment".to_owned(), "production".to_owned())])
}
