//! Durations, sizes and rates as people write them.

use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A duration: `3d`, `12h`, `1h 30m`, `90 seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub(super) Duration);

/// Whole days: `14d`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days(pub(super) u32);

/// Storage in GiB: `20 GiB`, `20 GB` (AWS means GiB by it), `1 TiB`, `20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gib(pub(super) u32);

/// Memory in MiB: `2048`, `2 GiB`, `2 GB`, `512 MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemoryMib(pub(super) u32);

/// CPU units, 1024 a processor: `512`, `0.5 vCPU`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CpuUnits(pub(super) u32);

/// A rate in MiB/s: `10 MiB/s`, `10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate(pub(super) u32);

/// The threshold of an alarm, in the unit of its metric: `80`, `80%`, `2 GiB` in bytes, `500ms` in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Threshold(pub(super) Decimal);

impl Span {
    /// What is accepted, for messages.
    pub(super) const WANTED: &'static str = "a duration such as `90s`, `15m`, `12h`, `3d` or `2w`";
    /// A hundred years: longer is a slip of the pen.
    const MOST_SECONDS: u64 = 100 * 366 * 86_400;

    /// Reads one or several numbers, each with its unit.
    ///
    /// # Errors
    /// A few words about what is wrong with the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.trim();
        if rest == "0" {
            return Ok(Self(Duration::ZERO));
        }
        if rest.is_empty() {
            return Err("nothing here".to_owned());
        }
        let mut seconds = Decimal::ZERO;
        while !rest.is_empty() {
            let (amount, after) = leading_number(rest)?;
            let unit_length = after.find(|character: char| !character.is_alphabetic()).unwrap_or(after.len());
            let (unit, tail) = after.split_at(unit_length);
            let factor = match unit {
                "" => return Err(format!("{amount} of what? add a unit: s, m, h, d or w")),
                "s" | "sec" | "secs" | "second" | "seconds" => 1,
                "m" | "min" | "mins" | "minute" | "minutes" => 60,
                "h" | "hr" | "hour" | "hours" => 3_600,
                "d" | "day" | "days" => 86_400,
                "w" | "week" | "weeks" => 604_800,
                other => return Err(format!("`{other}` is no unit of time: s, m, h, d and w are")),
            };
            let part = amount.checked_mul(Decimal::from(factor)).and_then(|part| seconds.checked_add(part));
            seconds = part.ok_or_else(|| "far too long".to_owned())?;
            rest = tail.trim_start();
        }
        match seconds.to_u64() {
            Some(whole) if seconds.fract().is_zero() && whole <= Self::MOST_SECONDS => {
                Ok(Self(Duration::from_secs(whole)))
            }
            Some(whole) if whole <= Self::MOST_SECONDS => Err("not a whole number of seconds".to_owned()),
            _ => Err("far too long".to_owned()),
        }
    }

    /// So many seconds.
    pub(super) fn of_seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// So many days.
    pub(super) fn days(days: u64) -> Self {
        Self::of_seconds(days * 86_400)
    }

    /// Whole seconds.
    pub(super) fn seconds(self) -> u64 {
        self.0.as_secs()
    }
}

impl Days {
    /// What is accepted, for messages.
    pub(super) const WANTED: &'static str = "whole days such as `14d`";

    /// Reads a duration that is a whole number of days.
    ///
    /// # Errors
    /// A few words about what is wrong with the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let seconds = Span::parse(text)?.seconds();
        match u32::try_from(seconds / 86_400) {
            Ok(days) if seconds.is_multiple_of(86_400) => Ok(Self(days)),
            _ => Err("not a whole number of days".to_owned()),
        }
    }
}

impl Gib {
    /// What is accepted, for messages.
    pub(super) const WANTED: &'static str = "a size such as `20 GiB`";

    /// Reads a size; without a unit it is GiB, as RDS means it.
    ///
    /// # Errors
    /// A few words about what is wrong with the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        measure(
            text,
            "GiB",
            &[
                ("", (1, 1)),
                ("gib", (1, 1)),
                ("gb", (1, 1)),
                ("tib", (1024, 1)),
                ("tb", (1024, 1)),
                ("mib", (1, 1024)),
                ("mb", (1, 1024)),
            ],
        )
        .map(Self)
    }
}

impl MemoryMib {
    /// What is accepted, for messages.
    pub(super) const WANTED: &'static str = "a size such as `2048` (MiB) or `2 GiB`";

    /// Reads a size; without a unit it is MiB, as ECS means it.
    ///
    /// # Errors
    /// A few words about what is wrong with the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        measure(text, "MiB", &[("", (1, 1)), ("mib", (1, 1)), ("mb", (1, 1)), ("gib", (1024, 1)), ("gb", (1024, 1))])
            .map(Self)
    }
}

impl CpuUnits {
    /// What is accepted, for messages.
    pub(super) const WANTED: &'static str = "CPU such as `512` or `0.5 vCPU`";

    /// Reads units, or processors when the text says `vCPU`.
    ///
    /// # Errors
    /// A few words about what is wrong with the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        measure(text, "CPU units", &[("", (1, 1)), ("units", (1, 1)), ("vcpu", (1024, 1)), ("vcpus", (1024, 1))])
            .map(Self)
    }
}

impl Rate {
    /// What is accepted, for messages.
    pub(super) const WANTED: &'static str = "a rate such as `10 MiB/s`";

    /// Reads a rate; without a unit it is MiB/s.
    ///
    /// # Errors
    /// A few words about what is wrong with the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        measure(
            text,
            "MiB/s",
            &[("", (1, 1)), ("mib/s", (1, 1)), ("mb/s", (1, 1)), ("mibps", (1, 1)), ("gib/s", (1024, 1))],
        )
        .map(Self)
    }
}

impl Threshold {
    /// What is accepted, for messages.
    pub(super) const WANTED: &'static str = "a number such as `80`, `80%`, `2 GiB` or `500ms`";

    /// Reads a number with an optional unit; seconds and bytes are what metrics are measured in.
    ///
    /// # Errors
    /// A few words about what is wrong with the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (sign, positive) = text.strip_prefix('-').map_or((Decimal::ONE, text), |rest| (-Decimal::ONE, rest));
        let (amount, unit) = leading_number(positive)?;
        let factor = match unit.trim().to_lowercase().as_str() {
            "" | "%" | "s" => Decimal::ONE,
            "ms" => Decimal::new(1, 3),
            "min" | "m" => Decimal::from(60),
            "kib" | "kb" => Decimal::from(1_u64 << 10),
            "mib" | "mb" => Decimal::from(1_u64 << 20),
            "gib" | "gb" => Decimal::from(1_u64 << 30),
            "tib" | "tb" => Decimal::from(1_u64 << 40),
            other => return Err(format!("`{other}` is no unit here: %, ms, s, MiB and GiB are")),
        };
        let product = amount.checked_mul(factor).and_then(|product| product.checked_mul(sign));
        // 1e15 is beyond every metric, and below it a double holds three decimals.
        let bounded = product.filter(|product| product.abs() <= Decimal::from(1_000_000_000_000_000_u64));
        bounded.map(|product| Self(product.normalize())).ok_or_else(|| "far too big".to_owned())
    }
}

/// Reads a number with an optional unit; each unit is a fraction of the base unit.
fn measure(text: &str, base: &str, units: &[(&str, (u32, u32))]) -> Result<u32, String> {
    let (amount, unit) = leading_number(text.trim())?;
    let lowered = unit.trim().to_lowercase();
    let factor = units.iter().find(|(name, _)| *name == lowered).map(|(_, factor)| *factor);
    let (times, over) =
        factor.ok_or_else(|| format!("`{}` is no unit here; the plain number means {base}", unit.trim()))?;
    let product = amount.checked_mul(Decimal::from(times)).and_then(|product| product.checked_div(Decimal::from(over)));
    let product = product.ok_or_else(|| "far too big".to_owned())?;
    if !product.fract().is_zero() {
        return Err(format!("not a whole number of {base}"));
    }
    product.to_u32().ok_or_else(|| "far too big".to_owned())
}

/// Splits `0.5 vCPU` into the number and the rest, spaces between them dropped.
fn leading_number(text: &str) -> Result<(Decimal, &str), String> {
    let length = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let (digits, rest) = text.split_at(length);
    if digits.is_empty() {
        return Err(if text.starts_with('-') { "less than nothing".to_owned() } else { "no number".to_owned() });
    }
    let padded = if digits.starts_with('.') { format!("0{digits}") } else { digits.to_owned() };
    let amount =
        padded.parse::<Decimal>().map_err(|_| format!("`{}` is no number", super::schema::shortened(digits)))?;
    Ok((amount.normalize(), rest.trim_start()))
}

/// A duration as people write it: `3d`, `1h 30m`.
pub(super) fn show(seconds: u64) -> String {
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, unit) in [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")] {
        if rest >= size {
            parts.push(format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let check = |text: &str, seconds: u64| assert_eq!(Span::parse(text).map(Span::seconds), Ok(seconds), "{text}");
        check("3d", 259_200);
        check("12h", 43_200);
        check("1h 30m", 5_400);
        check("1h30m", 5_400);
        check("1.5 hours", 5_400);
        check("90 seconds", 90);
        check("2w", 1_209_600);
        check("0", 0);
        for bad in ["", "5", "-3d", "3 parsecs", "0.0001s", "9999999999999999999999999999999d", "1e9d", "h"] {
            assert!(Span::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_read_with_and_without_units() {
        assert_eq!(Gib::parse("20 GiB"), Ok(Gib(20)));
        assert_eq!(Gib::parse("20GB"), Ok(Gib(20)));
        assert_eq!(Gib::parse("1 TiB"), Ok(Gib(1024)));
        assert_eq!(Gib::parse("2048 MiB"), Ok(Gib(2)));
        assert_eq!(MemoryMib::parse("2 GB"), Ok(MemoryMib(2048)));
        assert_eq!(MemoryMib::parse("2048"), Ok(MemoryMib(2048)));
        assert_eq!(CpuUnits::parse("0.5 vCPU"), Ok(CpuUnits(512)));
        assert_eq!(CpuUnits::parse(".25 vcpu"), Ok(CpuUnits(256)));
        assert_eq!(Rate::parse("10 MiB/s"), Ok(Rate(10)));
        assert!(CpuUnits::parse("0.3333 vCPU").is_err());
        assert!(MemoryMib::parse("99999999999 GB").is_err());
        assert!(Gib::parse("1 MiB").is_err());
    }

    #[test]
    fn thresholds_are_read_in_the_unit_of_their_metric() {
        let check = |text: &str, value: &str| {
            let value = value.parse().expect("a number");
            assert_eq!(Threshold::parse(text), Ok(Threshold(value)), "{text}");
        };
        check("80", "80");
        check("80%", "80");
        check("0.5", "0.5");
        check("500ms", "0.5");
        check("2 GiB", "2147483648");
        check("-1", "-1");
        for bad in ["", "x", "5 parsecs", "1e5", "9999999999999999", "NaN"] {
            assert!(Threshold::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_are_shown_in_their_largest_units() {
        assert_eq!(show(259_200), "3d");
        assert_eq!(show(5_400), "1h 30m");
        assert_eq!(show(0), "0s");
    }
}
