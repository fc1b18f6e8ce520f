//! Alarms and the dashboard: are the actions on while it is up, and off while it sleeps; is the dashboard ours?

use super::finding::Findings;
use crate::model::{Desired, Live, Power, ResourceKey, ResourceKind, present};

/// Checks what the power state and the mark of ownership say.
pub(super) fn check(desired: &Desired, live: &Live, power: Power, findings: &mut Findings<'_>) {
    for (name, alarm) in present(&live.alarms).filter(|(name, _)| desired.alarms.contains_key(*name)) {
        let key = ResourceKey::new(ResourceKind::Alarm, name);
        match (power.is_asleep(), alarm.actions_enabled) {
            (true, true) => {
                let why = "somebody switched its actions on while asleep: it calls people for nothing";
                findings.drifted(&key, "actions-enabled", "off", "on", why);
            }
            (false, false) => {
                let why = "somebody switched its actions off: nobody would hear of trouble";
                findings.drifted(&key, "actions-enabled", "on", "off", why);
            }
            _ => {}
        }
    }
    for (name, dashboard) in present(&live.dashboards).filter(|(name, _)| desired.dashboards.contains_key(*name)) {
        if !dashboard.carries(&desired.dashboard_mark()) {
            let key = ResourceKey::new(ResourceKind::Dashboard, name);
            let why = "a dashboard of this name exists without this environment's mark";
            findings.differs(&key, Some("mark"), "ours", "somebody else's", why);
        }
    }
}
