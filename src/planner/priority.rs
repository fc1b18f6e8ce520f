//! Rule priorities: unique on a listener, 1..=50000, and AWS names no free one (`aws.md` 4.1).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Live, Sighting};

/// The priorities that are taken on each listener (by its name in the spec).
pub(super) struct Priorities {
    taken: BTreeMap<String, BTreeSet<u32>>,
}

impl Priorities {
    /// As observed.
    pub(super) fn of(live: &Live) -> Self {
        let taken = live.listener_rules.iter().map(|(listener, sighting)| {
            let rules = sighting.present().into_iter().flatten();
            (listener.clone(), rules.filter_map(|rule| rule.priority).collect())
        });
        Self { taken: taken.collect() }
    }

    /// Takes this one; false when somebody has it.
    pub(super) fn take(&mut self, listener: &str, priority: u32) -> bool {
        self.taken.entry(listener.to_owned()).or_default().insert(priority)
    }

    /// Takes the lowest free one above another.
    pub(super) fn take_above(&mut self, listener: &str, above: u32) -> u32 {
        let taken = self.taken.entry(listener.to_owned()).or_default();
        let free = (above.saturating_add(1)..=50_000).find(|priority| !taken.contains(priority));
        let free = free.or_else(|| (1..=50_000).find(|priority| !taken.contains(priority))).unwrap_or(50_000);
        taken.insert(free);
        free
    }
}

/// Why the rules of a listener are not known; `None`: they are.
pub(super) fn unknown(live: &Live, listener: &str) -> Option<String> {
    match live.listener_rules.get(listener) {
        Some(Sighting::Present(_) | Sighting::Absent) => None,
        Some(Sighting::Unreadable { why }) => Some(why.clone()),
        None => Some("they were not looked at".to_owned()),
    }
}
