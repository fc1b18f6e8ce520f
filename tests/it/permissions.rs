//! The IAM policies in `docs/iam` allow exactly the calls that the AWS cloud makes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// IAM prefixes of the services that envctl calls.
const PREFIXES: [&str; 17] = [
    "application-autoscaling",
    "backup",
    "cloudtrail",
    "cloudwatch",
    "ec2",
    "ecr",
    "ecs",
    "elasticfilesystem",
    "elasticloadbalancing",
    "iam",
    "logs",
    "pricing",
    "rds",
    "secretsmanager",
    "sns",
    "sts",
    "tag",
];

/// What AWS calls in envctl's name, for which IAM asks all the same: target tracking makes alarms.
const ON_ITS_BEHALF: [&str; 11] = [
    // A vault is encrypted, and tagged as it is made.
    "backup-storage:MountCapsule",
    "backup:TagResource",
    "kms:CreateGrant",
    "kms:DescribeKey",
    "kms:GenerateDataKey",
    "kms:RetireGrant",
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricAlarm",
    "iam:PassRole",
    "iam:CreateServiceLinkedRole",
];

/// Tells people; changes nothing.
const ANNOUNCES: &str = "sns:Publish";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn allowed(policy: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/iam").join(policy)).expect("a policy");
    let policy: Value = serde_json::from_str(&text).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements").iter();
    let actions = statements.flat_map(|statement| match &statement["Action"] {
        Value::Array(actions) => actions.clone(),
        one => vec![one.clone()],
    });
    actions.map(|action| action.as_str().expect("an action").to_owned()).collect()
}

/// Every `"service:Operation"` in the sources of the AWS cloud.
fn called() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root().join("src/cloud/aws")).expect("the AWS cloud") {
        let text = fs::read_to_string(entry.expect("entry").path()).expect("source");
        for word in text.split('"') {
            if let Some((prefix, operation)) = word.split_once(':') {
                let is_operation =
                    operation.starts_with(char::is_uppercase) && operation.chars().all(char::is_alphanumeric);
                if PREFIXES.contains(&prefix) && is_operation {
                    found.insert(word.to_owned());
                }
            }
        }
    }
    found
}

fn is_read(action: &str) -> bool {
    let operation = action.split(':').nth(1).unwrap_or_default();
    let reads = operation.starts_with("Describe") || operation.starts_with("List") || action == "tag:GetResources";
    let named = [
        "cloudtrail:LookupEvents",
        "cloudwatch:GetDashboard",
        "cloudwatch:GetMetricData",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "pricing:GetProducts",
        "sts:GetCallerIdentity",
    ];
    reads || named.contains(&action)
}

#[test]
fn the_policies_allow_every_call_and_no_other() {
    let called = called();
    assert!(called.len() > 50, "the calls are not found any more: {called:?}");
    let (read, write) = (allowed("read.json"), allowed("write.json"));
    let wanted_reads: BTreeSet<String> = called.iter().filter(|action| is_read(action)).cloned().collect();
    assert_eq!(read, wanted_reads, "docs/iam/read.json (left) is not what the code reads (right)");
    let changes = |action: &&String| !is_read(action) && *action != ANNOUNCES;
    let mut wanted_writes: BTreeSet<String> = called.iter().filter(changes).cloned().collect();
    wanted_writes.extend(ON_ITS_BEHALF.map(str::to_owned));
    assert_eq!(write, wanted_writes, "docs/iam/write.json (left) is not what the code writes (right)");
}

#[test]
fn the_policy_for_checks_adds_the_values_of_secrets_and_nothing_else() {
    let wanted = BTreeSet::from(["secretsmanager:GetSecretValue".to_owned()]);
    assert_eq!(allowed("verify.json"), wanted);
    assert!(called().is_superset(&wanted));
}

#[test]
fn the_policy_for_releases_adds_announcements_and_nothing_else() {
    assert_eq!(allowed("release.json"), BTreeSet::from([ANNOUNCES.to_owned()]));
    assert!(called().contains(ANNOUNCES));
}

#[test]
fn the_read_policy_holds_no_way_to_write() {
    assert!(allowed("read.json").iter().all(|action| is_read(action)), "docs/iam/read.json allows a write");
}
