//! Scalars: texts, numbers, truth values, closed sets of words, and free values.

use serde_json::{Map, Number, Value};

use crate::model::{Architecture, Capacity, Engine, SleepMode};

use super::{Keep, Read, expected, shortened};
use crate::spec::code::Code;
use crate::spec::node::{Content, Node};
use crate::spec::problems::{Problems, nearest, one_of, wrong};
use crate::spec::units::{self, CpuUnits, Days, Gib, MemoryMib, Rate, Threshold};

fn text_of(node: &Node) -> Option<&str> {
    match &node.content {
        Content::Scalar { text, .. } => Some(text),
        _ => None,
    }
}

impl Read for String {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = text_of(node);
        if text.is_none() {
            problems.add(expected("a text", node));
        }
        text.map(str::to_owned)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::text()
    }
}

impl Read for bool {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.content {
            Content::Scalar { text, plain: true } if text == "true" => Some(true),
            Content::Scalar { text, plain: true } if text == "false" => Some(false),
            _ => {
                let meant = text_of(node).and_then(|text| match text.to_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" | "1" => Some("true"),
                    "no" | "off" | "n" | "false" | "0" => Some("false"),
                    _ => None,
                });
                problems.add(expected("`true` or `false`", node).instead(meant));
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        serde_json::json!({"type": "boolean"})
    }
}

impl Read for u32 {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        whole_number(node, u64::from(Self::MAX), problems).and_then(|number| Self::try_from(number).ok())
    }

    fn schema() -> serde_json::Value {
        super::json_schema::whole_number(u64::from(Self::MAX))
    }
}

impl Read for u16 {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        whole_number(node, u64::from(Self::MAX), problems).and_then(|number| Self::try_from(number).ok())
    }

    fn schema() -> serde_json::Value {
        super::json_schema::whole_number(u64::from(Self::MAX))
    }
}

fn whole_number(node: &Node, most: u64, problems: &mut Problems) -> Option<u64> {
    let number = text_of(node).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = number.and_then(|text| text.parse().ok()).filter(|number| *number <= most);
    if number.is_none() {
        let meant = text_of(node)
            .map(|text| text.replace(['_', ' ', '%'], ""))
            .filter(|text| text.parse::<u64>().is_ok_and(|number| number <= most));
        problems.add(expected(&format!("a whole number from 0 to {most}"), node).instead(meant));
    }
    number
}

/// Reads a text by one of the parsers of [`units`], whose error says what is wrong with it.
macro_rules! read_by_units {
    ($($type:ty: $pattern:literal, $example:literal);+) => { $(
        impl Read for $type {
            fn schema() -> serde_json::Value {
                super::json_schema::pattern($pattern, &[$example])
            }

            fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
                let Some(text) = text_of(node) else {
                    problems.add(expected(<$type>::WANTED, node));
                    return None;
                };
                match <$type>::parse(text) {
                    Ok(value) => Some(value),
                    Err(reason) => {
                        problems.add(expected(<$type>::WANTED, node).label(reason));
                        None
                    }
                }
            }
        }
    )+ };
}
read_by_units!(
    units::Span: "^ *(0|([0-9.]+ *[a-z]+ *)+)$", "15m";
    Days: "^ *(0|([0-9.]+ *[a-z]+ *)+)$", "14d";
    Gib: "^ *[0-9.]+ *[A-Za-z]*$", "20 GiB";
    MemoryMib: "^ *[0-9.]+ *[A-Za-z]*$", "2048";
    CpuUnits: "^ *[0-9.]+ *[A-Za-z]*$", "512";
    Rate: "^ *[0-9.]+ *[A-Za-z/]*$", "10 MiB/s";
    Threshold: "^ *-?[0-9.]+ *[A-Za-z%]*$", "80"
);

impl Read for Keep {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match text_of(node) {
            Some("forever") => Some(Self(None)),
            _ => Days::read(node, problems).map(|days| Self(Some(days))),
        }
    }

    fn schema() -> serde_json::Value {
        super::json_schema::any_of([super::json_schema::words(["forever"]), Days::schema()])
    }
}

pub(super) fn word<T: Copy>(node: &Node, words: &[(&str, T)], problems: &mut Problems) -> Option<T> {
    let names = || words.iter().map(|(name, _)| *name);
    let text = text_of(node);
    let found = words.iter().find(|(name, _)| Some(*name) == text).map(|(_, value)| *value);
    if found.is_none() {
        let meant = text.and_then(|text| nearest(text, names()));
        let help =
            meant.map_or_else(|| format!("write {}", one_of(names())), |meant| format!("did you mean `{meant}`?"));
        problems.add(expected(&one_of(names()), node).label("unknown word").help(help).instead(meant));
    }
    found
}

/// `postgres`, `mysql` or `mariadb`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct EngineWord(pub(in crate::spec) Engine);

impl Read for EngineWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let lowered = text_of(node).unwrap_or("").to_lowercase();
        let instead = if lowered.contains("mysql") { "mysql" } else { "postgres" };
        if lowered.starts_with("aurora") {
            problems.add(
                wrong(
                    Code::NotSupported,
                    format!("engine `{}` is an Aurora cluster, which envctl does not do", shortened(&lowered)),
                )
                .at(&node.span)
                .label("a cluster, not an instance")
                .help(format!(
                    "stage on an instance of the same family (`engine: {instead}`), or leave the database out \
                         and give its address as a value"
                ))
                .instead(Some(instead)),
            );
            return None;
        }
        let known = [("postgres", Engine::Postgres), ("mysql", Engine::Mysql), ("mariadb", Engine::Mariadb)];
        word(node, &known, problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::words(["postgres", "mysql", "mariadb"])
    }
}

/// `FARGATE`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct LaunchWord;

impl Read for LaunchWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = text_of(node).unwrap_or("").to_uppercase();
        if matches!(text.as_str(), "EC2" | "EXTERNAL") {
            problems.add(
                wrong(Code::NotSupported, format!("launch type {text} needs machines, which envctl does not keep"))
                    .at(&node.span)
                    .label("only Fargate")
                    .help("take this line out and give `cpu` and `memory`: the service then runs on Fargate; `capacity: spot` makes it cheap")
                    .instead(Some("FARGATE")),
            );
            return None;
        }
        word(node, &[("FARGATE", Self), ("fargate", Self)], problems)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::words(["FARGATE", "fargate"])
    }
}

/// `on-demand` or `spot`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct CapacityWord(pub(in crate::spec) Capacity);

impl Read for CapacityWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        word(node, &[("on-demand", Capacity::OnDemand), ("spot", Capacity::Spot)], problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::words(["on-demand", "spot"])
    }
}

/// `x86_64` or `arm64`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct ArchitectureWord(pub(in crate::spec) Architecture);

impl Read for ArchitectureWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        word(node, &[("x86_64", Architecture::X86), ("arm64", Architecture::Arm)], problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::words(["x86_64", "arm64"])
    }
}

/// `auto`, `park` or `hibernate`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct SleepWord(pub(in crate::spec) SleepMode);

impl Read for SleepWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let known = [("auto", SleepMode::Auto), ("park", SleepMode::Park), ("hibernate", SleepMode::Hibernate)];
        word(node, &known, problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::words(["auto", "park", "hibernate"])
    }
}

/// `above`, `at-least`, `below` or `at-most`, as the API spells it.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct ComparisonWord(pub(in crate::spec) &'static str);

impl Read for ComparisonWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let known = [
            ("above", "GreaterThanThreshold"),
            ("at-least", "GreaterThanOrEqualToThreshold"),
            ("below", "LessThanThreshold"),
            ("at-most", "LessThanOrEqualToThreshold"),
        ];
        word(node, &known, problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::words(["above", "at-least", "below", "at-most"])
    }
}

/// `not-breaching`, `breaching`, `ignore` or `missing`, as the API spells it.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct MissingWord(pub(in crate::spec) &'static str);

impl Read for MissingWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let known = [
            ("not-breaching", "notBreaching"),
            ("breaching", "breaching"),
            ("ignore", "ignore"),
            ("missing", "missing"),
        ];
        word(node, &known, problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::words(["not-breaching", "breaching", "ignore", "missing"])
    }
}

/// A mapping of anything, as JSON.
#[derive(Clone, Debug, Default)]
pub(in crate::spec) struct Free(pub(in crate::spec) Map<String, Value>);

impl Read for Free {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match free(node) {
            Value::Object(map) => Some(Self(map)),
            _ => {
                problems.add(expected("a mapping from names to values", node));
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        serde_json::json!({"type": "object"})
    }
}

fn free(node: &Node) -> Value {
    match &node.content {
        Content::Null => Value::Null,
        Content::List(items) => Value::Array(items.iter().map(free).collect()),
        Content::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), free(&entry.value))).collect())
        }
        Content::Scalar { text, plain: false } => Value::String(text.clone()),
        Content::Scalar { text, plain: true } => match text.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => number(text).map_or_else(|| Value::String(text.clone()), Value::Number),
        },
    }
}

/// A number only where its spelling survives: `1.10` and `007` stay texts.
fn number(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().ok().map(Number::from);
    let number = whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))?;
    (number.to_string() == text).then_some(number)
}
