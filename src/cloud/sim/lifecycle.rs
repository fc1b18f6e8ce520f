//! How the world ages: from timer to timer, everything that is due at one moment before the next.

use jiff::Timestamp;

use super::world::World;

impl World {
    /// Ages the world to this time; a time before its own changes nothing. Between two timers nothing happens: whoever
    /// writes lets the world settle afterwards.
    pub(super) fn age(&mut self, now: Timestamp) {
        while let Some(at) = self.next_timer().filter(|at| *at <= now) {
            // A timer in the past is one that a world was read with, or that nothing consumed: never twice.
            let stuck = at <= self.now;
            self.now = self.now.max(at);
            self.settle();
            if stuck && self.next_timer().is_some_and(|next| next <= self.now) {
                debug_assert!(false, "a timer at {at} was not consumed at {}", self.now);
                break;
            }
        }
        self.now = self.now.max(now);
    }

    /// Lets everything act that is due now. The order lets causes come before their effects.
    pub(super) fn settle(&mut self) {
        self.age_databases();
        self.age_snapshots();
        self.age_secrets();
        self.age_file_systems();
        self.age_access_points();
        self.age_backups();
        self.age_scaling();
        self.age_tasks();
        self.age_targets();
        self.age_services();
        self.age_task_definitions();
        self.watch_tasks();
    }

    /// When something happens next by itself; `None`: never again.
    pub fn next_timer(&self) -> Option<Timestamp> {
        let databases = self.databases.values().filter_map(|found| found.stages.first()).map(|stage| stage.at);
        let snapshots = self.snapshots.values().filter_map(|found| found.ready_at);
        let secrets = self.secrets.values().filter_map(|found| found.live.deletes_at);
        let systems = self.file_systems.values().filter_map(|found| found.ready_at);
        let mounts = self.mount_targets.values().filter_map(|found| found.ready_at);
        let points = self.access_points.values().filter_map(|found| found.ready_at);
        let scaling = self.scalable_targets.values().filter_map(|found| found.acts_at);
        let tasks = self.tasks.values().filter_map(|found| found.next_at);
        let services = self.services.values().flat_map(|found| {
            let retries = found.rollouts.values().filter_map(|rollout| rollout.retry_at.filter(|at| *at > self.now));
            retries.chain(found.forgotten_at)
        });
        let backups = self.backup_jobs.values().filter_map(|found| found.next_at);
        let storage = systems.chain(mounts).chain(points).chain(backups);
        let compute = scaling.chain(tasks).chain(services);
        databases.chain(snapshots).chain(secrets).chain(storage).chain(compute).min()
    }
}
