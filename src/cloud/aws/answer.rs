//! Small conversions of what the SDK answers: times, counts, texts, tags.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::model::Tags;

/// A time; `None` when AWS gave none, or one out of range.
pub(super) fn timestamp(time: Option<&DateTime>) -> Option<Timestamp> {
    time.and_then(|time| Timestamp::from_nanosecond(time.as_nanos()).ok())
}

/// A count; what is missing or negative counts as 0.
pub(super) fn count(number: impl Into<Option<i32>>) -> u32 {
    number.into().and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

/// A count that AWS may leave out, with 0 as its word for "none".
pub(super) fn positive(number: Option<i32>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

/// A count for the API; more than AWS could ever take becomes the largest that fits.
pub(super) fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A text; empty when AWS left it out.
pub(super) fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

/// Tags from pairs of key and value.
pub(super) fn tags<'a>(pairs: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Tags {
    pairs.filter_map(|(key, value)| Some((key?.to_owned(), value.unwrap_or_default().to_owned()))).collect()
}
