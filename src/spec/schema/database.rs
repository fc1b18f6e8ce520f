//! Databases.

use super::{At, EngineWord, SelectorText, shape};
use crate::spec::units::{Days, Gib, Rate};

shape! {
    /// An RDS database instance. Its password is generated, kept in a secret that envctl owns, and never in a file.
    Database is "a database" {
        /// Identifier at AWS, lower case. Default `APPLICATION-ENVIRONMENT-DATABASE`.
        identifier: String,
        /// `postgres`, `mysql` or `mariadb`. Required.
        engine: EngineWord,
        /// Engine version, major or full: `"16"`, `"16.4"`. Default: what AWS chooses; say it for a copy of production.
        version: String,
        /// Instance class. Default `db.t4g.micro`.
        class: String,
        /// Allocated storage: `20 GiB`. Default `20 GiB`, which is also the least; storage never shrinks.
        storage: Gib,
        /// `gp3`, `gp2`, `io1` or `io2`. Default `gp3`.
        storage_type: String,
        /// Provisioned IOPS; gp3 takes none under 400 GiB, where 3000 are included.
        iops: u32,
        /// Storage throughput, `500 MiB/s`; only gp3, from 400 GiB on.
        storage_throughput: Rate,
        /// Limit of storage autoscaling. Default: off.
        max_storage: Gib,
        /// Master user name. Required.
        username: String,
        /// Database that is made with the instance. Default: none. A restore keeps the snapshot's.
        database: String,
        /// TCP port. Default: the engine's own, 5432 or 3306.
        port: u16,
        /// A standby in a second zone, at twice the price. Default `false`.
        multi_az: bool,
        /// Reachable from the internet. Default `false`.
        publicly_accessible: bool,
        /// Encrypted storage; cannot be changed later. Default `true`.
        encrypted: bool,
        /// KMS key of the storage. Default: the account's key for RDS.
        kms_key: String,
        /// DB subnet group. Default: the one of the default VPC.
        subnet_group: String,
        /// Security groups, ids or `{tag: Name=value}`. Default: those under `borrow`.
        security_groups: Vec<At<SelectorText>>,
        /// Parameter group. Default: the engine's own.
        parameter_group: String,
        /// How long automated backups are kept, 0 to 35 days. Default `1d`. envctl's own snapshots come on top.
        backup_retention: Days,
        /// RDS's deletion protection; `down` and `destroy` lift it themselves. Default `false`.
        deletion_protection: bool,
        /// Minor upgrades in the maintenance window. Default `true`.
        auto_minor_version_upgrade: bool,
        /// Pays for a version past its standard support, about 146 USD a month on a micro. Default `false`.
        extended_support: bool,
        /// Performance Insights. Default: left as it is.
        performance_insights: bool,
        /// Name of the secret that holds the password. Default `APPLICATION/ENVIRONMENT/DATABASE`.
        secret: String,
        /// Task (a name under `tasks`) that cleans restored data of another database before anything can reach it.
        /// Default: none, and foreign data is refused.
        scrub: String,
    }
}
