//! The part of CBOR (RFC 8949) that `smithy.protocols#rpcv2Cbor` uses, to and from JSON. For emulators only: the SDK
//! speaks CBOR to CloudWatch and nothing else.

use serde_json::{Map, Number, Value};

/// Deepest nesting that is read: the requests of CloudWatch have six levels.
const DEEPEST: usize = 32;

/// Reads one value; a time becomes its seconds. `None`: it is no CBOR, or of a part that AWS does not use.
pub(super) fn to_json(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: bytes };
    reader.value(DEEPEST)
}

struct Reader<'a> {
    rest: &'a [u8],
}

/// What a value begins with.
enum Head {
    Length(u64),
    Indefinite,
}

impl Reader<'_> {
    fn bytes(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self, bytes: usize) -> Option<u64> {
        Some(self.bytes(bytes)?.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    /// Major type, and the length or number that goes with it.
    fn head(&mut self) -> Option<(u8, u8, Head)> {
        let first = *self.bytes(1)?.first()?;
        let (major, detail) = (first >> 5, first & 31);
        let length = match detail {
            0..=23 => Head::Length(u64::from(detail)),
            24 => Head::Length(self.number(1)?),
            25 => Head::Length(self.number(2)?),
            26 => Head::Length(self.number(4)?),
            27 => Head::Length(self.number(8)?),
            31 => Head::Indefinite,
            _ => return None,
        };
        Some((major, detail, length))
    }

    /// Is it the end of something without a length?
    fn ends(&mut self) -> bool {
        let ends = self.rest.first() == Some(&0xff);
        if ends {
            self.rest = &self.rest[1..];
        }
        ends
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let (major, detail, head) = self.head()?;
        match (major, head) {
            (0, Head::Length(number)) => Some(number.into()),
            (1, Head::Length(number)) => Some(i64::try_from(number).ok()?.checked_neg()?.checked_sub(1)?.into()),
            (3, Head::Length(length)) => self.text(length).map(Value::String),
            (3, Head::Indefinite) => self.chunks(depth),
            (4, head) => self.list(&head, depth),
            (5, head) => self.map(&head, depth),
            // A tag: only times have one, and they are numbers of seconds.
            (6, Head::Length(_)) => self.value(depth),
            (7, Head::Length(bits)) => simple(detail, bits),
            _ => None,
        }
    }

    fn text(&mut self, length: u64) -> Option<String> {
        String::from_utf8(self.bytes(usize::try_from(length).ok()?)?.to_vec()).ok()
    }

    fn chunks(&mut self, depth: usize) -> Option<Value> {
        let mut text = String::new();
        while !self.ends() {
            text.push_str(self.value(depth)?.as_str()?);
        }
        Some(Value::String(text))
    }

    fn list(&mut self, head: &Head, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        let mut left = length(head);
        while left != Some(0) && !(left.is_none() && self.ends()) {
            items.push(self.value(depth)?);
            left = left.map(|left| left - 1);
        }
        Some(Value::Array(items))
    }

    fn map(&mut self, head: &Head, depth: usize) -> Option<Value> {
        let mut fields = Map::new();
        let mut left = length(head);
        while left != Some(0) && !(left.is_none() && self.ends()) {
            let key = self.value(depth)?.as_str()?.to_owned();
            fields.insert(key, self.value(depth)?);
            left = left.map(|left| left - 1);
        }
        Some(Value::Object(fields))
    }
}

fn length(head: &Head) -> Option<u64> {
    match head {
        Head::Length(length) => Some(*length),
        Head::Indefinite => None,
    }
}

/// Truth values, nothing, and floating-point numbers.
fn simple(detail: u8, bits: u64) -> Option<Value> {
    let float = |number: f64| match number {
        // Whole numbers as such: emulators take times in whole seconds.
        whole if whole.fract() == 0.0 && whole.abs() < 9e15 => Some(Value::from(whole as i64)),
        other => Number::from_f64(other).map(Value::Number),
    };
    match detail {
        20 => Some(Value::Bool(false)),
        21 => Some(Value::Bool(true)),
        22 | 23 => Some(Value::Null),
        26 => float(f64::from(f32::from_bits(u32::try_from(bits).ok()?))),
        27 => float(f64::from_bits(bits)),
        _ => None,
    }
}

/// Writes a value. What stands under a key of a time is a time; every other number is a floating-point number where it
/// has a fraction, and an integer where it has none.
pub(super) fn from_json(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, false, &mut out);
    out
}

fn head(major: u8, number: u64, out: &mut Vec<u8>) {
    out.push((major << 5) | 27);
    out.extend(number.to_be_bytes());
}

fn write(value: &Value, is_time: bool, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(truth) => out.push(if *truth { 0xf5 } else { 0xf4 }),
        Value::Number(number) => {
            if is_time {
                out.push(0xc1);
            }
            match (number.as_u64(), is_time) {
                (Some(whole), false) => head(0, whole, out),
                _ => head(7, number.as_f64().unwrap_or_default().to_bits(), out),
            }
        }
        Value::String(text) => {
            head(3, text.len() as u64, out);
            out.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(4, items.len() as u64, out);
            items.iter().for_each(|item| write(item, is_time, out));
        }
        Value::Object(fields) => {
            // A field that is nothing is left out by AWS, and refused by typed readers.
            let there: Vec<_> = fields.iter().filter(|(_, value)| !value.is_null()).collect();
            head(5, there.len() as u64, out);
            for (key, value) in there {
                head(3, key.len() as u64, out);
                out.extend(key.as_bytes());
                write(value, is_time_key(key), out);
            }
        }
    }
}

/// Every time in CloudWatch's model is called so.
fn is_time_key(key: &str) -> bool {
    ["Timestamp", "Timestamps", "StartTime", "EndTime", "LastModified"].iter().any(|end| key.ends_with(end))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let value = json!({
            "Id": "q0", "Values": [1.5, -2.25, 7], "Timestamps": [1_795_319_103, 1_795_319_403],
            "More": {"yes": true, "no": false, "text": "ä"},
        });
        assert_eq!(to_json(&from_json(&value)), Some(value));
    }

    #[test]
    fn maps_and_texts_without_a_length_are_read() {
        // {"a": [1, "bc"], "b": -1, "c": 1.5}, all of it without lengths; a tagged time.
        let bytes = [
            0xbf, 0x61, b'a', 0x9f, 0x01, 0x7f, 0x61, b'b', 0x61, b'c', 0xff, 0xff, 0x61, b'b', 0x20, 0x61, b'c', 0xfb,
            0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0x61, b't', 0xc1, 0x1a, 0x6b, 0x02, 0x5d, 0x7f, 0xff,
        ];
        assert_eq!(to_json(&bytes), Some(json!({"a": [1, "bc"], "b": -1, "c": 1.5, "t": 1_795_317_119})));
    }

    #[test]
    fn what_is_cut_off_or_too_deep_is_nothing() {
        assert_eq!(to_json(&[0xa1, 0x61]), None);
        assert_eq!(to_json(&[]), None);
        assert_eq!(to_json(&[0x81; 100]), None);
        assert_eq!(to_json(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
