//! Has the process that holds a lease certainly ended? Only the same computer, since the same boot and in the same
//! process namespace, can tell; everybody else waits for the expiry.

use std::fs;

use super::record::Holder;

/// What identifies a process beyond its number: boot, process namespace and start time, joined. `None` where the
/// system does not say (anything but Linux).
pub fn identity(process: u32) -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(format!("{} {} {}", boot.trim(), namespace.display(), start_time(&stat)?))
}

/// Start time of a process in clock ticks since boot, field 22 of `/proc/PID/stat`. The second field is the name in
/// parentheses and may hold anything.
fn start_time(stat: &str) -> Option<&str> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let state = after_name.split_whitespace().next()?;
    if state == "Z" { None } else { after_name.split_whitespace().nth(19) }
}

/// Has this holder's process ended? False when nobody can know.
pub(super) fn is_dead(holder: &Holder) -> bool {
    let Some(known) = &holder.process_identity else { return false };
    let Some(own) = identity(std::process::id()) else { return false };
    let place = |identity: &str| identity.rsplit_once(' ').map(|(place, _)| place.to_owned());
    if place(known).is_none() || place(known) != place(&own) {
        return false;
    }
    identity(holder.process).as_ref() != Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(process: u32, process_identity: Option<String>) -> Holder {
        Holder {
            run: "r".to_owned(),
            owner: "anna".to_owned(),
            host: "laptop".to_owned(),
            process,
            process_identity,
            command: "envctl up".to_owned(),
            ci: None,
            reason: None,
        }
    }

    #[test]
    fn the_start_time_is_found_behind_any_process_name() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 100 200";
        assert_eq!(start_time(stat), Some("987654"));
        assert_eq!(start_time("42 (a) Z 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654"), None);
        assert_eq!(start_time("garbage"), None);
    }

    #[test]
    fn a_living_process_is_not_dead_and_one_with_its_number_but_another_start_is_another() {
        let own = std::process::id();
        let Some(identity) = identity(own) else { return };
        assert!(!is_dead(&holder(own, Some(identity.clone()))));
        let (place, _) = identity.rsplit_once(' ').unwrap();
        assert!(is_dead(&holder(own, Some(format!("{place} 1")))));
    }

    #[test]
    fn nobody_can_know_about_another_boot_or_an_unknown_identity() {
        assert!(!is_dead(&holder(1, None)));
        assert!(!is_dead(&holder(1, Some("another-boot pid:[1] 5".to_owned()))));
        assert!(!is_dead(&holder(1, Some("garbage".to_owned()))));
    }
}
