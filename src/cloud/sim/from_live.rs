//! A world that stands as a real account does: what an observation saw, under the ids that it saw. For rehearsals.
//!
//! An observation tells of one environment and of what it borrows, so production's own services and data are not
//! there; what task definitions name literally is taken to exist.

use super::alarm::{Alarm, Dashboard};
use super::file_system::MountTarget;
use super::log_group::LogGroup;
use super::network::{Listener, SecurityGroup, Subnet};
use super::rule::Rule;
use super::seed::production;
use super::target_group::TargetGroup;
use super::world::World;
use crate::model::{
    Desired, ListenerSelector, Live, LiveAlarm, LiveListener, Selector, Sighting, Tags, present, short_name,
};

impl World {
    /// The account as this observation saw it ([`Depth::Preflight`](crate::model::Depth)). What could not be read
    /// counts as absent: whoever rehearses has looked at the plan's refusals before.
    pub fn from_live(live: &Live, desired: &Desired, seed: u64) -> Self {
        let mut world = Self::new(&live.account, &live.region, seed, live.observed_at);
        world.take_borrowed(live, desired);
        world.take_databases(live, desired);
        world.take_files(live, desired);
        world.take_backups(live, desired);
        world.take_load_balancing(live);
        world.take_services(live, desired);
        world.take_monitoring(live);
        world.seed_borrowed(desired);
        // The first look must find everything settled, as the last one at the real account did.
        world.settle();
        world
    }

    fn take_borrowed(&mut self, live: &Live, desired: &Desired) {
        if let (Some(name), Some(Sighting::Present(status))) = (&desired.cluster, &live.borrowed.cluster) {
            self.clusters.insert(short_name(name).to_owned(), status.clone());
        }
        for selector in &desired.network.subnets {
            let found = live.borrowed.subnets.get(&selector.to_string()).and_then(Sighting::present);
            for subnet in found.into_iter().flatten() {
                let tags = tags_of(selector);
                self.subnets.insert(subnet.id.clone(), Subnet { live: subnet.clone(), tags });
            }
        }
        let of_databases = desired.databases.values().flat_map(|spec| &spec.security_groups);
        for selector in desired.network.security_groups.iter().chain(of_databases) {
            let found = live.borrowed.security_groups.get(&selector.to_string()).and_then(Sighting::present);
            for group in found.into_iter().flatten() {
                let known = self.security_groups.entry(group.id.clone());
                let known = known.or_insert_with(|| SecurityGroup { live: group.clone(), tags: Tags::new() });
                known.tags.extend(tags_of(selector));
            }
        }
        for (name, selector) in &desired.listeners {
            if let Some(found) = live.borrowed.listeners.get(name).and_then(Sighting::present) {
                self.listeners.insert(found.arn.clone(), listener(found, selector));
            }
        }
    }

    /// Target groups and every rule of the listeners, those of strangers included.
    fn take_load_balancing(&mut self, live: &Live) {
        for (_, group) in present(&live.target_groups) {
            self.target_groups.insert(group.arn.clone(), TargetGroup { live: group.clone() });
        }
        let strangers = present(&live.listener_rules).flat_map(|(_, rules)| rules);
        // Ours come last: only of them the tags were read.
        for rule in strangers.chain(present(&live.rules).map(|(_, rule)| rule)) {
            self.rules.insert(rule.arn.clone(), Rule { live: rule.clone(), token: String::new() });
        }
    }

    pub(super) fn take_log_groups(&mut self, live: &Live) {
        for (_, group) in present(&live.log_groups) {
            let tags = group.tags.clone().unwrap_or_else(production);
            let made =
                LogGroup { arn: group.arn.clone(), retention_days: group.retention_days, tags, lines: Vec::new() };
            self.log_groups.insert(group.log_group_name.clone(), made);
        }
    }

    fn take_monitoring(&mut self, live: &Live) {
        for (_, alarm) in present(&live.alarms) {
            let tags = alarm.tags.clone().or_else(|| Some(production()));
            let made = Alarm { live: LiveAlarm { tags, ..alarm.clone() } };
            self.alarms.insert(alarm.spec.alarm_name.clone(), made);
        }
        for (_, dashboard) in present(&live.dashboards) {
            self.dashboards.insert(dashboard.dashboard_name.clone(), Dashboard { body: dashboard.body.clone() });
        }
    }

    pub(super) fn take_mount_targets(&mut self, live: &Live) {
        for target in present(&live.mount_targets).flat_map(|(_, targets)| targets) {
            let mut target = target.clone();
            // The zone decides whether a task can mount; where EFS does not say it, the subnet does.
            let zone = self.subnets.get(&target.subnet).map(|subnet| subnet.live.zone.clone());
            target.zone = target.zone.or(zone);
            let ready_at = (target.state == "creating").then(|| self.after(90, &target.id));
            self.mount_targets.insert(target.id.clone(), MountTarget { live: target, ready_at });
        }
    }
}

/// Tags by which the selector finds the resource again; an id needs none.
fn tags_of(selector: &Selector) -> Tags {
    match selector {
        Selector::Id(_) => Tags::new(),
        Selector::Tag { key, value } => Tags::from([(key.clone(), value.clone())]),
    }
}

fn listener(live: &LiveListener, selector: &ListenerSelector) -> Listener {
    let (load_balancer_name, port) = match selector {
        ListenerSelector::LoadBalancer { name, port } => (name.clone(), *port),
        ListenerSelector::Arn(arn) => {
            let port = if live.protocol.as_deref() == Some("HTTP") { 80 } else { 443 };
            (arn.split('/').nth(2).unwrap_or_default().to_owned(), port)
        }
    };
    Listener { live: live.clone(), load_balancer_name, port }
}
