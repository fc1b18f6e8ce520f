//! JSON from the CBOR that `smithy.protocols#rpcv2Cbor` uses, and back. For emulators only: the SDK speaks CBOR to
//! CloudWatch and nothing else.

use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value};

/// Deepest nesting that is read: the requests of CloudWatch have six levels.
const DEEPEST: usize = 32;
/// The tag of a time, in seconds since 1970 (RFC 8949, section 3.4.2).
const TIME: u64 = 1;

/// Reads one value; a time becomes its seconds. `None`: it is no CBOR, or of a part that AWS does not use.
pub(super) fn to_json(bytes: &[u8]) -> Option<Value> {
    json_of(ciborium::de::from_reader_with_recursion_limit(bytes, DEEPEST).ok()?)
}

fn json_of(value: Cbor) -> Option<Value> {
    match value {
        Cbor::Null => Some(Value::Null),
        Cbor::Bool(truth) => Some(Value::Bool(truth)),
        Cbor::Integer(number) => i64::try_from(number).ok().map(Value::from),
        Cbor::Float(number) => float(number),
        Cbor::Text(text) => Some(Value::String(text)),
        Cbor::Tag(TIME, seconds) => json_of(*seconds),
        Cbor::Array(items) => items.into_iter().map(json_of).collect(),
        Cbor::Map(fields) => {
            let field = |(key, value): (Cbor, Cbor)| Some((key.into_text().ok()?, json_of(value)?));
            fields.into_iter().map(field).collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        _ => None,
    }
}

/// Whole numbers as such: emulators take times in whole seconds.
fn float(number: f64) -> Option<Value> {
    match number {
        whole if whole.fract() == 0.0 && whole.abs() < 9e15 => Some(Value::from(whole as i64)),
        other => Number::from_f64(other).map(Value::Number),
    }
}

/// Writes a value. What stands under a key of a time is a time; every other number is a floating-point number where it
/// has a fraction, and an integer where it has none.
pub(super) fn from_json(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let written = ciborium::into_writer(&cbor_of(value, false), &mut out);
    debug_assert!(written.is_ok(), "memory takes everything");
    out
}

fn cbor_of(value: &Value, is_time: bool) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(truth) => Cbor::Bool(*truth),
        Value::Number(number) if is_time => Cbor::Tag(TIME, Box::new(Cbor::Float(number.as_f64().unwrap_or_default()))),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Cbor::Integer(whole.into()),
            None => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(items) => Cbor::Array(items.iter().map(|item| cbor_of(item, is_time)).collect()),
        Value::Object(fields) => {
            // A field that is nothing is left out by AWS, and refused by typed readers.
            let there = fields.iter().filter(|(_, value)| !value.is_null());
            Cbor::Map(there.map(|(key, value)| (key.as_str().into(), cbor_of(value, is_time_key(key)))).collect())
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
