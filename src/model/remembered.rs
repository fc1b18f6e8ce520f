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

    /// Reads the first resource of this environment that remembers: services, secrets (a destroyed environment, whose
    /// secrets wait for their deletion, remembers nothing), target groups, access points.
    pub fn find(live: &Live, desired: &Desired) -> Option<Self> {
        let active = present(&live.services).filter(|(_, service)| service.is_active());
        let services = active.map(|(_, service)| &service.tags);
        let kept = present(&live.secrets).filter(|(_, secret)| secret.deletes_at.is_none());
        let secrets = kept.map(|(_, secret)| &secret.tags);
        let groups = present(&live.target_groups).map(|(_, group)| &group.tags);
        let standing = present(&live.access_points).filter(|(_, point)| !point.state.starts_with("delet"));
        let points = standing.map(|(_, point)| &point.tags);
        let mut all = services.chain(secrets).chain(groups).chain(points).filter(|tags| desired.owns(tags));
        all.find_map(Self::of)
    }
}
