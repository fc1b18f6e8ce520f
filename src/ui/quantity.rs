//! Durations, times and sizes as people read them.

use jiff::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A duration in at most two units: `12 s`, `6 min 10 s`, `3 h 5 min`, `2 d 4 h`.
pub fn duration(seconds: u64) -> String {
    let (large, unit, small, small_unit) = match seconds {
        0..MINUTE => return format!("{seconds} s"),
        MINUTE..HOUR => (seconds / MINUTE, "min", seconds % MINUTE, "s"),
        HOUR..DAY => (seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        _ => (seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    };
    if small == 0 { format!("{large} {unit}") } else { format!("{large} {unit} {small} {small_unit}") }
}

/// An expected duration: exact figures would pretend too much.
pub fn expected(seconds: u64) -> String {
    match seconds {
        0..MINUTE => format!("about {seconds} s"),
        MINUTE..HOUR => format!("about {} min", (seconds + MINUTE / 2) / MINUTE),
        _ => format!("about {}", duration(seconds - seconds % MINUTE)),
    }
}

/// Elapsed time as a clock: `0:05`, `12:40`, `1:02:03`.
pub fn stopwatch(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes}:{rest:02}") }
}

/// A time: `2026-11-22 00:18 UTC`.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Whole seconds from `from` to `to`; 0 when `to` is earlier (clocks of two machines).
pub fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_second().saturating_sub(from.as_second())).unwrap_or(0)
}

/// Age at `now` in one unit: `3 h`.
pub fn age(since: Timestamp, now: Timestamp) -> String {
    match seconds_between(since, now) {
        seconds @ 0..MINUTE => format!("{seconds} s"),
        seconds @ MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        seconds @ HOUR..DAY => format!("{} h", seconds / HOUR),
        seconds => format!("{} d", seconds / DAY),
    }
}

/// `1 step`, `2 steps`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        let said: Vec<String> = [0, 59, 60, 370, 3_600, 11_100, 86_400, 187_200].map(duration).into();
        assert_eq!(said, ["0 s", "59 s", "1 min", "6 min 10 s", "1 h", "3 h 5 min", "1 d", "2 d 4 h"]);
        assert_eq!([5, 95, 3_700].map(expected), ["about 5 s", "about 2 min", "about 1 h 1 min"]);
        assert_eq!([5, 760, 3_723].map(stopwatch), ["0:05", "12:40", "1:02:03"]);
    }

    #[test]
    fn a_time_in_the_future_has_no_negative_age() {
        assert_eq!(seconds_between(Timestamp::from_second(10).unwrap(), Timestamp::from_second(4).unwrap()), 0);
    }
}
