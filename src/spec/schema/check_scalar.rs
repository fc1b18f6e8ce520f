//! The small words of checks: comparisons, secrets, times in milliseconds, status codes.

use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{At, Field, Read, expected, shape, word};
use crate::model::{CheckText, Comparison, HeaderRule, SqlTls};
use crate::spec::node::{Content, Node};
use crate::spec::problems::Problems;
use crate::spec::units::{self, Days};

/// Reads a scalar with a parser whose error says what is wrong with the text.
fn scalar<T>(
    node: &Node,
    wanted: &str,
    problems: &mut Problems,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let Content::Scalar { text, .. } = &node.content else {
        problems.add(expected(wanted, node));
        return None;
    };
    match parse(text) {
        Ok(value) => Some(value),
        Err(reason) => {
            problems.add(expected(wanted, node).label(reason));
            None
        }
    }
}

/// A value or a comparison.
#[derive(Clone, Debug)]
pub(in crate::spec) struct ComparisonText(pub(in crate::spec) Comparison);

impl Read for ComparisonText {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        scalar(node, Comparison::WANTED, problems, str::parse).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::text()
    }
}

/// One text, or a list.
#[derive(Clone, Debug, Default)]
pub(in crate::spec) struct Texts(pub(in crate::spec) Vec<At<String>>);

impl Read for Texts {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.content {
            Content::Scalar { text, .. } => Some(Self(vec![At { value: text.clone(), span: node.span.clone() }])),
            _ => Read::read(node, problems).map(Self),
        }
    }

    fn schema() -> serde_json::Value {
        super::json_schema::any_of([super::json_schema::text(), Vec::<At<String>>::schema()])
    }
}

shape! {
    /// A secret of Secrets Manager. It is read when the check runs, and never shown.
    SecretReference is "a secret" {
        /// Name or ARN. Required.
        secret: String,
        /// Field of the JSON object that the secret holds. Default: the whole text.
        field: String,
    }
}

/// A text, or a secret.
#[derive(Clone, Debug)]
pub(in crate::spec) struct CheckTextWord(pub(in crate::spec) CheckText);

impl Read for CheckTextWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        const WANTED: &str = "a text or `{secret: NAME}`";
        match &node.content {
            Content::Scalar { text, .. } => Some(Self(CheckText::Plain(text.clone()))),
            Content::Map(_) => {
                let shape = SecretReference::read(node, problems)?;
                match (shape.secret, shape.field) {
                    (Field::Broken(_), _) | (_, Field::Broken(_)) => None,
                    (Field::Absent, _) => {
                        problems.add(expected(WANTED, node));
                        None
                    }
                    (Field::Here(name), field) => {
                        let field = field.get().cloned();
                        Some(Self(CheckText::Secret { name: name.value, field }))
                    }
                }
            }
            _ => {
                problems.add(expected(WANTED, node));
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        super::json_schema::any_of([super::json_schema::text(), SecretReference::schema()])
    }
}

/// A short time: `500ms`, `1.5s`, `2s`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct Milliseconds(pub(in crate::spec) Duration);

impl Read for Milliseconds {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        scalar(node, "a time such as `500ms` or `1.5s`", problems, milliseconds).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::text()
    }
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let (digits, factor) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 1000),
        (None, None) => return units::Span::parse(text).map(|span| span.0),
    };
    let amount = digits.trim().parse::<Decimal>().map_err(|_| format!("`{}` is no number", digits.trim()))?;
    let whole = amount.checked_mul(Decimal::from(factor)).filter(|product| product.fract().is_zero());
    let milliseconds = whole.and_then(|product| product.to_u64()).filter(|milliseconds| *milliseconds <= 3_600_000);
    milliseconds.map(Duration::from_millis).ok_or_else(|| "not a whole number of milliseconds up to an hour".to_owned())
}

/// A share: `50%`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct Percent(pub(in crate::spec) Decimal);

impl Read for Percent {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let parse = |text: &str| {
            let number = text.trim().trim_end_matches('%').trim();
            let percent = number.parse::<Decimal>().map_err(|_| format!("`{number}` is no number"))?;
            if percent.is_sign_negative() { Err("less than nothing".to_owned()) } else { Ok(percent) }
        };
        scalar(node, "a share such as `50%`", problems, parse).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::text()
    }
}

/// A size in bytes: `10 MiB`, `64 KiB`, `1000`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct SizeText(pub(in crate::spec) u64);

impl Read for SizeText {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let parse = |text: &str| {
            let length = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
            let (digits, unit) = text.split_at(length);
            let factor = match unit.trim().to_lowercase().as_str() {
                "" | "b" | "bytes" => 1,
                "kib" | "kb" => 1024,
                "mib" | "mb" => 1024 * 1024,
                other => return Err(format!("`{other}` is no unit here: KiB and MiB are")),
            };
            let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
            bytes
                .filter(|bytes| *bytes <= 100 * 1024 * 1024)
                .ok_or_else(|| "more than 100 MiB, or no number".to_owned())
        };
        scalar(node, "a size such as `1 MiB`", problems, parse).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::text()
    }
}

/// Days: `14` or `14d`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct DaysLeft(pub(in crate::spec) u32);

impl Read for DaysLeft {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let parse = |text: &str| match text.trim().parse::<u32>() {
            Ok(days) => Ok(days),
            Err(_) => Days::parse(text).map(|days| days.0),
        };
        scalar(node, "days such as `14d`", problems, parse).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::text()
    }
}

/// Status codes: `200`, `200-299`, `200,301-302`.
#[derive(Clone, Debug)]
pub(in crate::spec) struct StatusText(pub(in crate::spec) Vec<(u16, u16)>);

impl Read for StatusText {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        scalar(node, "status codes such as `200`, `200-299` or `401,403`", problems, statuses).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::text()
    }
}

fn statuses(text: &str) -> Result<Vec<(u16, u16)>, String> {
    let code = |text: &str| {
        let code = text.trim().parse::<u16>().ok().filter(|code| (100..=599).contains(code));
        code.ok_or_else(|| format!("`{}` is no status code", text.trim()))
    };
    let range = |part: &str| {
        let (least, most) = part.split_once('-').unwrap_or((part, part));
        match (code(least)?, code(most)?) {
            (least, most) if least <= most => Ok((least, most)),
            (least, most) => Err(format!("{least} is more than {most}")),
        }
    };
    text.split(',').map(range).collect()
}

/// A security header that must be there.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct HeaderRuleWord(pub(in crate::spec) HeaderRule);

impl Read for HeaderRuleWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let known = [
            ("hsts", HeaderRule::Hsts),
            ("frame-options", HeaderRule::FrameOptions),
            ("nosniff", HeaderRule::Nosniff),
            ("secure-cookies", HeaderRule::SecureCookies),
            ("content-security-policy", HeaderRule::ContentSecurityPolicy),
            ("referrer-policy", HeaderRule::ReferrerPolicy),
        ];
        word(node, &known, problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::text()
    }
}

/// `off`, `encrypted` or `verified`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct SqlTlsWord(pub(in crate::spec) SqlTls);

impl Read for SqlTlsWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let known = [("off", SqlTls::Off), ("encrypted", SqlTls::Encrypted), ("verified", SqlTls::Verified)];
        word(node, &known, problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_times_and_status_codes_are_read_as_people_write_them() {
        assert_eq!(milliseconds("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(milliseconds("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(milliseconds("2 m"), Ok(Duration::from_secs(120)));
        assert!(milliseconds("0.5ms").is_err() && milliseconds("fast").is_err() && milliseconds("-1s").is_err());
        assert_eq!(statuses("200, 401-403"), Ok(vec![(200, 200), (401, 403)]));
        assert!(statuses("2xx").is_err() && statuses("403-401").is_err() && statuses("99").is_err());
    }
}
