//! Databases of production, with data that staging must not show before it is scrubbed.

use std::collections::BTreeMap;

use super::data::Data;
use super::database::Database;
use super::seed::production;
use super::snapshot::Snapshot;
use super::world::{World, made_with};
use crate::model::{DATABASE_MADE_WITH, Endpoint, LiveDatabase, LiveSnapshot};

impl World {
    /// Makes an available database of production that holds these texts, and a snapshot of it.
    pub fn seed_database(&mut self, identifier: &str, texts: &[&str]) {
        let resource_id = format!("db-{}", self.fresh(26).to_uppercase());
        let live = LiveDatabase {
            identifier: identifier.to_owned(),
            arn: self.arn("rds", &format!("db:{identifier}")),
            resource_id: resource_id.clone(),
            status: "available".to_owned(),
            endpoint: Some(Endpoint { host: self.database_host(identifier), port: 5432 }),
            engine: "postgres".to_owned(),
            engine_version: "16.10".to_owned(),
            class: "db.t4g.medium".to_owned(),
            storage_gib: 20,
            storage_type: "gp3".to_owned(),
            iops: Some(3000),
            storage_throughput: Some(125),
            max_storage_gib: None,
            username: "pythonide_admin".to_owned(),
            database_name: Some("pythonide".to_owned()),
            multi_az: true,
            publicly_accessible: false,
            encrypted: true,
            kms_key: Some(self.arn("kms", "key/aws-rds")),
            subnet_group: Some("default".to_owned()),
            security_groups: vec!["sg-default".to_owned()],
            parameter_group: Some("default.postgres16".to_owned()),
            backup_retention_days: 7,
            deletion_protection: true,
            auto_minor_version_upgrade: true,
            extended_support: Some(false),
            performance_insights: true,
            others: made_with(&DATABASE_MADE_WITH),
            pending: BTreeMap::new(),
            automatic_restart_at: None,
            created_at: Some(self.now),
            tags: production(),
        };
        let data = Data::empty(identifier);
        let password = None;
        let database = Database {
            live,
            data,
            password,
            stages: Vec::new(),
            changing: None,
            next_password: None,
            token: String::new(),
        };
        self.databases.insert(identifier.to_owned(), database);
        for text in texts {
            self.write_data(identifier, text);
        }
        self.seed_snapshot(identifier, &resource_id);
    }

    fn seed_snapshot(&mut self, identifier: &str, resource_id: &str) {
        let name = format!("{identifier}-nightly");
        let Some(database) = self.databases.get(identifier) else { return };
        let live = LiveSnapshot {
            identifier: name.clone(),
            arn: self.arn("rds", &format!("snapshot:{name}")),
            database: identifier.to_owned(),
            database_resource_id: Some(resource_id.to_owned()),
            status: "available".to_owned(),
            progress_percent: 100,
            storage_gib: database.live.storage_gib,
            encrypted: database.live.encrypted,
            engine: database.live.engine.clone(),
            engine_version: database.live.engine_version.clone(),
            username: database.live.username.clone(),
            created_at: Some(self.now),
            tags: production(),
        };
        let data = database.data.clone();
        let database_name = database.live.database_name.clone();
        self.snapshots.insert(name, Snapshot { live, data, database_name, ready_at: None });
    }
}
