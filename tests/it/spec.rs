//! The spec parser from outside: the specs that ship, and bad ones.

use std::collections::BTreeMap;

use envctl::model::{Environment, FileSystemSpec, Throughput};
use envctl::spec;

fn shipped() -> BTreeMap<String, String> {
    let staging = include_str!("../../environments/staging.yaml");
    let preview = include_str!("../../environments/preview.yaml");
    BTreeMap::from([
        ("environments/staging.yaml".to_owned(), staging.to_owned()),
        ("environments/preview.yaml".to_owned(), preview.to_owned()),
    ])
}

fn parsed(name: &str) -> Environment {
    spec::parse(name, &shipped()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[test]
fn the_shipped_staging_has_the_values_of_the_plan() {
    let staging = parsed("staging");
    assert_eq!((staging.application.as_str(), staging.region.as_str()), ("pythonide", "us-east-2"));
    let backend = &staging.services["backend"];
    assert_eq!(backend.service_name, "pythonide-staging-service");
    assert_eq!(backend.family, "pythonide-staging-task");
    assert_eq!((backend.cpu, backend.memory_mib, backend.port), (512, 2048, Some(8080)));
    assert_eq!(backend.log_group.as_deref(), Some("backend"));
    assert_eq!(backend.mounts["/mnt/efs/pythonide-data"], "data");
    let scaling = backend.scaling.as_ref().unwrap();
    assert_eq!((scaling.min, scaling.max, scaling.cpu_percent), (1, 4, Some(60)));
    let database = &staging.databases["main"];
    assert_eq!(database.identifier, "pythonide-staging-db");
    assert_eq!((database.storage_gib, database.storage_type.as_str()), (20, "gp3"));
    assert!(database.encrypted && !database.publicly_accessible);
    assert_eq!(staging.log_groups["backend"].log_group_name, "/aws/ecs/pythonide-staging");
    assert_eq!(staging.access_points["data"].path, "/staging");
    assert_eq!(staging.rules["web"].hosts, ["staging.pythonide-classroom.tech"]);
    assert_eq!(staging.places["service/backend.cpu"].to_string(), "environments/staging.yaml:48:10");
}

#[test]
fn preview_owns_its_file_system_with_provisioned_throughput() {
    let preview = parsed("preview");
    let Some(FileSystemSpec::Owned { throughput, .. }) = preview.file_systems.get("preview") else {
        panic!("preview owns no file system")
    };
    assert_eq!(*throughput, Throughput::Provisioned(10));
}

#[test]
fn the_reference_in_docs_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/spec.md");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(path, spec::reference()).expect("docs/spec.md can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == spec::reference(), "docs/spec.md is stale: run this test with UPDATE_REFERENCE=1");
}
