//! [`Schedule`]: when an environment is up, as people say it: `Mon-Fri 09:00-18:00, Sat 10:00-12:00 Europe/Berlin`.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::HOURS_PER_MONTH;

/// Weekly windows in a time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    text: String,
    windows: Vec<Window>,
    zone: TimeZone,
}

/// One window on some days of the week, in seconds after midnight; past 24 hours it ends on the next day.
#[derive(Clone, Debug, PartialEq)]
struct Window {
    days: Vec<Weekday>,
    begin: Time,
    end: Time,
}

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Not of the shape that is expected.
    #[error("`{0}` is no schedule: expected DAYS FROM-TO ZONE, such as `Mon-Fri 09:00-18:00 Europe/Berlin`")]
    Shape(String),
    /// An unknown day.
    #[error("`{0}` is no day of the week: expected Mon, Tue, Wed, Thu, Fri, Sat, Sun or daily")]
    Day(String),
    /// An unknown time.
    #[error("`{0}` is no time of the day: expected 00:00 to 24:00")]
    Time(String),
    /// An unknown time zone.
    #[error("`{0}` is no time zone: expected a name such as Europe/Berlin or UTC")]
    Zone(String),
    /// Days outside what the calendar knows.
    #[error("the year {0} cannot be reckoned with")]
    Year(i16),
}

impl Schedule {
    /// Reads a schedule: windows with commas between them, the time zone last.
    ///
    /// # Errors
    /// Names the word that is wrong.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let shape = || ScheduleError::Shape(text.to_owned());
        let (windows, zone) = text.trim().rsplit_once(char::is_whitespace).ok_or_else(shape)?;
        if zone.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(shape());
        }
        let zone = TimeZone::get(zone).map_err(|_| ScheduleError::Zone(zone.to_owned()))?;
        let windows = windows
            .split(',')
            .map(|window| {
                let (days, hours) = window.trim().rsplit_once(char::is_whitespace).ok_or_else(shape)?;
                let (begin, end) = hours.split_once('-').ok_or_else(shape)?;
                Ok(Window { days: parse_days(days.trim())?, begin: parse_time(begin)?, end: parse_time(end)? })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { text: text.trim().to_owned(), windows, zone })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The hours of an average month (730 hours) that it is up, reckoned over the 52 weeks from the first Monday of
    /// the year. Every window is measured in real time, so an hour that the clocks skip is not paid for, and one
    /// that they repeat is paid twice.
    ///
    /// # Errors
    /// When the year is outside the calendar.
    pub fn hours_per_month(&self, year: i16) -> Result<Decimal, ScheduleError> {
        self.reckon(year).ok_or(ScheduleError::Year(year))
    }

    fn reckon(&self, year: i16) -> Option<Decimal> {
        let monday = Date::new(year, 1, 1).ok()?.nth_weekday_of_month(1, Weekday::Monday).ok()?;
        let last = monday.checked_add(52.weeks()).ok()?;
        let (from, to) = (self.instant(monday, Time::midnight())?, self.instant(last, Time::midnight())?);
        let mut spans = Vec::new();
        // The day before, for a window that reaches over midnight into the first day.
        let mut day = monday.yesterday().ok()?;
        while day < last {
            for window in self.windows.iter().filter(|window| window.days.contains(&day.weekday())) {
                let end_day = if window.end > window.begin { day } else { day.tomorrow().ok()? };
                let span = (self.instant(day, window.begin)?, self.instant(end_day, window.end)?);
                spans.push((span.0.max(from), span.1.min(to)));
            }
            day = day.tomorrow().ok()?;
        }
        let up = covered(spans);
        let whole = to.duration_since(from);
        Some(Decimal::from(up.as_secs()) * HOURS_PER_MONTH / Decimal::from(whole.as_secs()))
    }

    fn instant(&self, day: Date, time: Time) -> Option<Timestamp> {
        self.zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible().ok()
    }
}

/// The time that spans cover together, overlaps once.
fn covered(mut spans: Vec<(Timestamp, Timestamp)>) -> SignedDuration {
    spans.sort_unstable();
    let mut total = SignedDuration::ZERO;
    let mut reached = Timestamp::MIN;
    for (begin, end) in spans {
        let begin = begin.max(reached);
        if end > begin {
            total += end.duration_since(begin);
            reached = end;
        }
    }
    total
}

/// `Mon-Fri`, `Sat`, `Fri-Mon`, `daily`.
fn parse_days(text: &str) -> Result<Vec<Weekday>, ScheduleError> {
    if text.eq_ignore_ascii_case("daily") {
        return Ok(Weekday::Monday.cycle_forward().take(7).collect());
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (parse_day(first.trim())?, parse_day(last.trim())?);
    let count = usize::try_from(first.until(last)).unwrap_or(0) + 1;
    Ok(first.cycle_forward().take(count).collect())
}

fn parse_day(text: &str) -> Result<Weekday, ScheduleError> {
    let wrong = || ScheduleError::Day(text.to_owned());
    let index = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .iter()
        .position(|day| text.to_lowercase().starts_with(day))
        .ok_or_else(wrong)?;
    i8::try_from(index).ok().and_then(|index| Weekday::from_monday_zero_offset(index).ok()).ok_or_else(wrong)
}

/// `9:00`, `18:30`, `24:00` (which is the midnight at the end of the day).
fn parse_time(text: &str) -> Result<Time, ScheduleError> {
    let wrong = || ScheduleError::Time(text.trim().to_owned());
    let (hour, minute) = text.trim().split_once(':').ok_or_else(wrong)?;
    let (hour, minute): (i8, i8) = (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
    if (hour, minute) == (24, 0) { Ok(Time::midnight()) } else { Time::new(hour, minute, 0, 0).map_err(|_| wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(text: &str) -> String {
        Schedule::parse(text).unwrap().hours_per_month(2026).unwrap().round_dp(3).normalize().to_string()
    }

    #[test]
    fn a_working_week_is_its_share_of_the_month() {
        // 45 of 168 hours; 50 of 168 hours.
        assert_eq!(hours("Mon-Fri 09:00-18:00 Europe/Berlin"), "195.536");
        assert_eq!(hours("Mon-Fri 08:00-18:00 UTC"), "217.262");
        assert_eq!(hours("daily 00:00-24:00 UTC"), "730");
    }

    #[test]
    fn windows_reach_over_midnight_and_overlaps_count_once() {
        assert_eq!(hours("Fri 22:00-02:00 UTC"), hours("Fri 10:00-14:00 UTC"));
        assert_eq!(hours("Sun 22:00-02:00 UTC"), hours("Sun 10:00-14:00 UTC"));
        assert_eq!(hours("Mon 09:00-12:00, Mon-Tue 10:00-12:00 UTC"), hours("Mon 09:00-14:00 UTC"));
        assert_eq!(hours("Sat-Mon 09:00-12:00 UTC"), hours("Mon-Wed 09:00-12:00 UTC"));
    }

    #[test]
    fn the_hour_that_the_clocks_skip_is_not_paid_for() {
        // 51 Sundays of 2 hours and one of 1 hour (29 March 2026, 02:00 to 03:00 does not exist in Berlin).
        let expected = Decimal::from(103) * HOURS_PER_MONTH / Decimal::from(52 * 168);
        let found = Schedule::parse("Sun 01:00-03:00 Europe/Berlin").unwrap().hours_per_month(2026).unwrap();
        // In October the hour from 02:00 is repeated: one hour more.
        let expected = expected + HOURS_PER_MONTH / Decimal::from(52 * 168);
        assert_eq!(found.round_dp(9), expected.round_dp(9));
        let spring_only = Schedule::parse("Sun 02:30-03:30 Europe/Berlin").unwrap();
        assert!(spring_only.hours_per_month(2026).unwrap() > Decimal::ZERO);
    }

    #[test]
    fn the_word_that_is_wrong_is_named() {
        let check = |text: &str, expected: &str| {
            let message = Schedule::parse(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        };
        check("Mon-Fri 09:00-18:00", "expected DAYS FROM-TO ZONE");
        check("Mon-Fri 09:00-18:00 Europe/Bärlin", "Europe/Bärlin");
        check("Mon-Foo 09:00-18:00 UTC", "`Foo` is no day");
        check("Mon 09:00-25:00 UTC", "`25:00`");
        check("", "no schedule");
    }
}
