//! [`Comparison`]: what a value that a check read shall be, as people write it: `ok`, `>= 3`, `20..40`, `~ ^v[0-9]+$`.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a value shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Comparison {
    /// `ok` or `= ok`: this text; numbers are compared as numbers.
    Equal(String),
    /// `!= ok`: another text or number.
    Different(String),
    /// `> 3`.
    More(Decimal),
    /// `>= 3`.
    AtLeast(Decimal),
    /// `< 3`.
    Less(Decimal),
    /// `<= 3`.
    AtMost(Decimal),
    /// `20..40`: from 20 to 40, both included.
    Between(Decimal, Decimal),
    /// `~ ^v[0-9]+$`: a regular expression that matches somewhere.
    Matches(String),
    /// `present`: there is a value, whatever it is.
    Present,
    /// `absent`: there is none.
    Absent,
}

impl Comparison {
    /// What is accepted, for messages.
    pub const WANTED: &'static str =
        "a value, or a comparison such as `>= 3`, `!= failed`, `20..40`, `~ REGEX`, `present`, `absent`";

    /// Does this value fit? `None`: there is no value. What is no number is never more or less than one.
    pub fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|text| text.trim().parse::<Decimal>().ok());
        match self {
            Self::Present => value.is_some(),
            Self::Absent => value.is_none(),
            Self::Equal(wanted) => value.is_some_and(|value| same(value, wanted)),
            Self::Different(other) => value.is_some_and(|value| !same(value, other)),
            Self::More(bound) => number().is_some_and(|number| number > *bound),
            Self::AtLeast(bound) => number().is_some_and(|number| number >= *bound),
            Self::Less(bound) => number().is_some_and(|number| number < *bound),
            Self::AtMost(bound) => number().is_some_and(|number| number <= *bound),
            Self::Between(least, most) => number().is_some_and(|number| (*least..=*most).contains(&number)),
            Self::Matches(pattern) => {
                let regex = regex_lite::Regex::new(pattern);
                value.is_some_and(|value| regex.is_ok_and(|regex| regex.is_match(value)))
            }
        }
    }
}

fn same(left: &str, right: &str) -> bool {
    let numbers = left.trim().parse::<Decimal>().ok().zip(right.trim().parse::<Decimal>().ok());
    left == right || numbers.is_some_and(|(left, right)| left == right)
}

impl FromStr for Comparison {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let number = |rest: &str| rest.trim().parse::<Decimal>().map_err(|_| format!("`{}` is no number", rest.trim()));
        match text {
            "present" => return Ok(Self::Present),
            "absent" => return Ok(Self::Absent),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix(">=") {
            return number(rest).map(Self::AtLeast);
        }
        if let Some(rest) = text.strip_prefix("<=") {
            return number(rest).map(Self::AtMost);
        }
        if let Some(rest) = text.strip_prefix("!=") {
            return Ok(Self::Different(rest.trim().to_owned()));
        }
        if let Some(rest) = text.strip_prefix('>') {
            return number(rest).map(Self::More);
        }
        if let Some(rest) = text.strip_prefix('<') {
            return number(rest).map(Self::Less);
        }
        if let Some(rest) = text.strip_prefix('~') {
            let pattern = rest.trim();
            regex_lite::Regex::new(pattern).map_err(|error| format!("no regular expression: {error}"))?;
            return Ok(Self::Matches(pattern.to_owned()));
        }
        if let Some(rest) = text.strip_prefix('=') {
            return Ok(Self::Equal(rest.trim_start_matches('=').trim().to_owned()));
        }
        if let Some((least, most)) = text.split_once("..")
            && let (Ok(least), Ok(most)) = (number(least), number(most))
        {
            return if least <= most {
                Ok(Self::Between(least, most))
            } else {
                Err(format!("{least} is more than {most}"))
            };
        }
        Ok(Self::Equal(text.to_owned()))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal(wanted) => write!(formatter, "= {wanted}"),
            Self::Different(other) => write!(formatter, "!= {other}"),
            Self::More(bound) => write!(formatter, "> {bound}"),
            Self::AtLeast(bound) => write!(formatter, ">= {bound}"),
            Self::Less(bound) => write!(formatter, "< {bound}"),
            Self::AtMost(bound) => write!(formatter, "<= {bound}"),
            Self::Between(least, most) => write!(formatter, "{least}..{most}"),
            Self::Matches(pattern) => write!(formatter, "~ {pattern}"),
            Self::Present => formatter.write_str("present"),
            Self::Absent => formatter.write_str("absent"),
        }
    }
}

impl TryFrom<String> for Comparison {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Comparison> for String {
    fn from(comparison: Comparison) -> Self {
        comparison.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(comparison: &str, value: &str) -> bool {
        comparison.parse::<Comparison>().unwrap().holds(Some(value))
    }

    #[test]
    fn comparisons_are_read_and_judged_as_people_write_them() {
        assert!(holds("ok", "ok") && !holds("ok", "OK"));
        assert!(holds("3", "3.0") && holds("= 3", "3"));
        assert!(holds(">= 3", "3") && !holds("> 3", "3"));
        assert!(holds("< 100.5", "100.4") && !holds("<= 1", "1.01"));
        assert!(holds("20..40", "20") && holds("20..40", "40") && !holds("20..40", "41"));
        assert!(holds("-1..1", "-0.5"));
        assert!(holds("!= failed", "ok") && !holds("!= 1", "1.0"));
        assert!(holds("~ ^v[0-9]+$", "v12") && !holds("~ ^v[0-9]+$", "w"));
        assert!(!holds("> 3", "many"));
        assert!(Comparison::Absent.holds(None) && !Comparison::Present.holds(None));
        assert!(!"!= x".parse::<Comparison>().unwrap().holds(None));
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        for wrong in [">= many", "<", "40..20", "~ ("] {
            assert!(wrong.parse::<Comparison>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_comparison_is_written_as_it_can_be_read() {
        for text in ["= ok", "!= x", ">= 3", "> 1", "<= 4", "< 2", "20..40", "~ a+", "present", "absent"] {
            assert_eq!(text.parse::<Comparison>().unwrap().to_string(), text);
        }
    }
}
