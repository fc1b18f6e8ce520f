//! [`Amount`]: US dollars that may be known, bounded or unknown. Unknown is never shown as 0.

use std::fmt;
use std::ops::{Add, Mul};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// US dollars between two bounds; exact when the bounds are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// At least this much.
    pub low: Decimal,
    /// At most this much; `None`: nobody knows.
    pub high: Option<Decimal>,
}

impl Amount {
    /// Nothing at all, and known to be so.
    pub const NOTHING: Self = Self { low: Decimal::ZERO, high: Some(Decimal::ZERO) };
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { low: Decimal::ZERO, high: None };

    /// An exact amount.
    pub fn exact(usd: Decimal) -> Self {
        Self { low: usd, high: Some(usd) }
    }

    /// Anything up to this.
    pub fn at_most(usd: Decimal) -> Self {
        Self { low: Decimal::ZERO, high: Some(usd) }
    }

    /// The amount where it is exact.
    pub fn as_exact(self) -> Option<Decimal> {
        (self.high == Some(self.low)).then_some(self.low)
    }

    /// Is it known to be nothing?
    pub fn is_nothing(self) -> bool {
        self == Self::NOTHING
    }

    /// The part of a month (730 hours) that `hours` are.
    #[must_use]
    pub fn for_hours(self, hours: Decimal) -> Self {
        // Multiplied first: a division may not come out even.
        let part = |usd: Decimal| usd * hours / HOURS_PER_MONTH;
        Self { low: part(self.low), high: self.high.map(part) }
    }

    /// This much less; `None` where one of the two is not exact.
    pub fn less(self, other: Self) -> Option<Decimal> {
        Some(self.as_exact()? - other.as_exact()?)
    }

    /// In words, with this many decimals: `9.01`, `0.40–2.30`, `up to 1.90`, `at least 9.01`, `unknown`.
    pub fn display(self, decimals: u32) -> String {
        let low = rounded(self.low, decimals);
        match self.high {
            None if self.low.is_zero() => "unknown".to_owned(),
            None => format!("at least {low}"),
            Some(high) if rounded(high, decimals) == low => low,
            Some(high) if self.low.is_zero() => format!("up to {}", rounded(high, decimals)),
            Some(high) => format!("{low}–{}", rounded(high, decimals)),
        }
    }
}

/// The hours that AWS's own price pages reckon a month with.
pub const HOURS_PER_MONTH: Decimal = Decimal::from_parts(730, 0, 0, false, 0);

/// Rounds half up, as a bill does, and shows every decimal.
pub fn rounded(usd: Decimal, decimals: u32) -> String {
    let mut usd = usd.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    usd.rescale(decimals);
    usd.to_string()
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.display(2))
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high.zip(other.high).map(|(one, two)| one + two) }
    }
}

impl Mul<Decimal> for Amount {
    type Output = Self;

    fn mul(self, factor: Decimal) -> Self {
        Self { low: self.low * factor, high: self.high.map(|high| high * factor) }
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::NOTHING, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn an_unknown_amount_is_never_shown_as_nothing() {
        assert_eq!(Amount::UNKNOWN.to_string(), "unknown");
        assert_eq!((Amount::UNKNOWN + Amount::exact(usd("9.01"))).to_string(), "at least 9.01");
        assert_eq!(Amount::NOTHING.to_string(), "0.00");
    }

    #[test]
    fn bounds_add_up_and_half_a_cent_is_rounded_up() {
        let sum = Amount::at_most(usd("1.90")) + Amount::exact(usd("0.40"));
        assert_eq!(sum.to_string(), "0.40–2.30");
        assert_eq!(Amount::at_most(usd("1.90")).to_string(), "up to 1.90");
        assert_eq!(Amount::exact(usd("0.125")).to_string(), "0.13");
        assert_eq!(Amount::exact(usd("7.3")).for_hours(usd("10")).to_string(), "0.10");
    }
}
