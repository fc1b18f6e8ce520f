//! [`Remembered`]: the power state asked for last, as the tags of owned resources remember it.

use jiff::Timestamp;

use super::{Declared, Desired, Live, Power, TAG_POWER, TAG_POWER_BY, TAG_POWER_SINCE, Tags, present};

/// The power state asked for last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// State.
    pub power: Power,
    /// Since when; `None`: the tag is missing or no time.
    pub since: Option<Timestamp>,
    /// Who asked.
    pub by: Option<String>,
    /// The declared values that the last `up` asked for; `None`: not remembered.
    pub declared: Option<Declared>,
}

impl Remembered {
    /// Reads the tags of one resource; `None`: it remembers nothing.
    pub fn of(tags: &Tags) -> Option<Self> {
        Some(Self {
            power: tags.get(TAG_POWER)?.parse().ok()?,
            since: tags.get(TAG_POWER_SINCE).and_then(|text| text.parse().ok()),
            by: tags.get(TAG_POWER_BY).cloned(),
            declared: Declared::of(tags),
        })
    }

    /// Reads the first resource of this environment that remembers: services, secrets, and then whatever exists.
    pub fn find(live: &Live, desired: &Desired) -> Option<Self> {
        let services = present(&live.services).map(|(_, service)| &service.tags);
        let secrets = present(&live.secrets).map(|(_, secret)| &secret.tags);
        let databases = present(&live.databases).map(|(_, database)| &database.tags);
        let groups = present(&live.target_groups).map(|(_, group)| &group.tags);
        let points = present(&live.access_points).map(|(_, point)| &point.tags);
        let systems = present(&live.file_systems).map(|(_, system)| &system.tags);
        let rules = present(&live.rules).filter_map(|(_, rule)| rule.tags.as_ref());
        let logs = present(&live.log_groups).filter_map(|(_, group)| group.tags.as_ref());
        services
            .chain(secrets)
            .chain(databases)
            .chain(groups)
            .chain(points)
            .chain(systems)
            .chain(rules)
            .chain(logs)
            .filter(|tags| desired.owns(tags))
            .find_map(Self::of)
    }
}
