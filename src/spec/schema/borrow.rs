//! What belongs to production.

use super::{At, Field, Named, Read, expected, shape};
use crate::model::Selector;
use crate::spec::code::Code;
use crate::spec::node::{Content, Node};
use crate::spec::problems::{Problems, wrong};
use crate::spec::units::Rate;

shape! {
    /// What belongs to production: used by name, never changed.
    Borrow is "borrow" {
        /// ECS cluster, by name or ARN. Required when there are services or tasks.
        cluster: String,
        /// The one listener that rules stand on, when one is enough; its name in rules is `default`.
        listener: Listener,
        /// Listeners by any name, when there are several.
        listeners: Named<Listener>,
        /// Production's file systems, by any name: an id, `{tag: Name=value}`, or a mapping that allows more.
        file_systems: Named<BorrowedFileSystemChoice>,
        /// Subnets in which tasks run, at most 16: ids or `{tag: Name=value}`. Required when there are services or tasks.
        subnets: Vec<At<SelectorText>>,
        /// Security groups of tasks, at most 5: ids or `{tag: Name=value}`. Required when there are services or tasks.
        security_groups: Vec<At<SelectorText>>,
        /// Public IP addresses for tasks: needed in public subnets without NAT. Default `false`.
        assign_public_ip: bool,
    }
}

shape! {
    /// A listener of production's load balancer; its ARN alone will do as well.
    BorrowedListener is "a listener" {
        /// Load balancer name.
        load_balancer: String,
        /// Port of the listener. Default 443.
        port: u16,
        /// ARN of the listener, instead of the two above.
        arn: String,
    }
}

/// A listener: its ARN, or a mapping.
#[derive(Clone, Debug, Default)]
pub(in crate::spec) struct Listener(pub(in crate::spec) BorrowedListener);

impl Read for Listener {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.content {
            Content::Scalar { text, .. } => {
                let arn = Field::Here(At { value: text.clone(), span: node.span.clone() });
                Some(Self(BorrowedListener { arn, ..Default::default() }))
            }
            _ => BorrowedListener::read(node, problems).map(Self),
        }
    }

    fn schema() -> serde_json::Value {
        super::json_schema::any_of([super::json_schema::text(), BorrowedListener::schema()])
    }
}

shape! {
    /// A file system of production's.
    BorrowedFileSystem is "a borrowed file system" {
        /// Its id, `fs-…`.
        id: String,
        /// Or the one tag by which it is found, `Name=pythonide-efs`.
        tag: TagText,
        /// What envctl may change: `[throughput]` or nothing. Everybody who uses the file system feels the change.
        allow: Vec<At<String>>,
        /// Throughput that envctl sets, only with `allow: [throughput]`: `bursting`, `elastic` or an amount such as `10 MiB/s`.
        throughput: ThroughputText,
    }
}

/// A borrowed file system: its id, or a mapping.
#[derive(Clone, Debug, Default)]
pub(in crate::spec) struct BorrowedFileSystemChoice(pub(in crate::spec) BorrowedFileSystem);

impl Read for BorrowedFileSystemChoice {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.content {
            Content::Scalar { text, .. } => {
                let id = Field::Here(At { value: text.clone(), span: node.span.clone() });
                Some(Self(BorrowedFileSystem { id, ..Default::default() }))
            }
            _ => BorrowedFileSystem::read(node, problems).map(Self),
        }
    }

    fn schema() -> serde_json::Value {
        super::json_schema::any_of([super::json_schema::text(), BorrowedFileSystem::schema()])
    }
}

/// `Name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::spec) struct TagText {
    pub(in crate::spec) key: String,
    pub(in crate::spec) value: String,
}

impl Read for TagText {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let parts = match &node.content {
            Content::Scalar { text, .. } => text.split_once('=').map(|(key, value)| (key.trim(), value.trim())),
            _ => None,
        };
        match parts {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => {
                Some(Self { key: key.to_owned(), value: value.to_owned() })
            }
            _ => {
                problems
                    .add(expected("a tag as KEY=VALUE", node).help("write `tag: Name=pythonide-efs`, for instance"));
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        serde_json::json!({"type": "string", "pattern": "="})
    }
}

/// An id, or `{tag: Name=value}`.
#[derive(Clone, Debug)]
pub(in crate::spec) struct SelectorText(pub(in crate::spec) Selector);

shape! {
    /// A subnet or security group by tag.
    TagSelector is "a selector" {
        /// The one tag by which it is found.
        tag: TagText,
    }
}

impl Read for SelectorText {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.content {
            Content::Scalar { text, .. } => Some(Self(Selector::Id(text.clone()))),
            Content::Map(_) => {
                let selector = TagSelector::read(node, problems)?;
                match selector.tag {
                    Field::Here(at) => Some(Self(Selector::Tag { key: at.value.key, value: at.value.value })),
                    Field::Broken(_) => None,
                    Field::Absent => {
                        problems.add(expected("an id or `{tag: Name=value}`", node));
                        None
                    }
                }
            }
            _ => {
                problems.add(expected("an id or `{tag: Name=value}`", node));
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        super::json_schema::any_of([super::json_schema::text(), TagSelector::schema()])
    }
}

/// `bursting`, `elastic` or an amount, which means provisioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spec) struct ThroughputText(pub(in crate::spec) crate::model::Throughput);

impl Read for ThroughputText {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        use crate::model::Throughput;
        const WANTED: &str = "`bursting`, `elastic` or an amount such as `10 MiB/s`";
        let Content::Scalar { text, .. } = &node.content else {
            problems.add(expected(WANTED, node));
            return None;
        };
        let word = text.trim();
        match word {
            "bursting" => return Some(Self(Throughput::Bursting)),
            "elastic" => return Some(Self(Throughput::Elastic)),
            "provisioned" => {
                problems.add(
                    wrong(Code::Throughput, "provisioned throughput needs an amount")
                        .at(&node.span)
                        .help("write the amount alone: `throughput: 10 MiB/s` means provisioned (1 to 3414 MiB/s, at about 6 USD per MiB/s and month)"),
                );
                return None;
            }
            _ => {}
        }
        let amount = word.strip_prefix("provisioned").map_or(word, str::trim_start);
        match Rate::parse(amount) {
            Ok(Rate(rate)) => Some(Self(Throughput::Provisioned(rate))),
            Err(reason) => {
                problems.add(expected(WANTED, node).label(reason));
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        super::json_schema::any_of([
            super::json_schema::words(["bursting", "elastic"]),
            super::json_schema::pattern("^ *(provisioned)? *[0-9.]+ *[A-Za-z/]*$", &["10 MiB/s"]),
        ])
    }
}
