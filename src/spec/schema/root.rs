//! The whole of a spec file, and the parts about the environment as such.

use super::At;
use super::{
    Alarm, Borrow, Check, Dashboard, Database, FileSystem, Files, Free, LogGroup, Named, Policy, Release, Rule,
    Service, SleepWord, Task, shape,
};
use crate::spec::units::Span as TimeSpan;

shape! {
    /// An environment: one file in `environments/`, named after it. A file whose name begins with `_` is a fragment
    /// that others extend. A key with nothing behind it (`~`) counts as not written, and takes an inherited value away.
    Root is "an environment" {
        /// Another file of `environments/` on which this one is laid: mappings merge, scalars and lists replace.
        /// `extends: base` finds `base.yaml` or the fragment `_base.yaml`.
        extends: String,
        /// The application that the environment belongs to, such as `pythonide`. Required. Begins every AWS name that
        /// is not given, and is the value of the workspace tag by which envctl knows its own.
        application: String,
        /// The AWS account, twelve digits. Required: a command that finds itself elsewhere stops before its first write.
        account: String,
        /// The AWS region, such as `us-east-2`. Required, checked as `account` is.
        region: String,
        /// `true` refuses every destructive action. Default `false`.
        protect: bool,
        /// Tags for everything that the environment owns, at most 40. Default: only envctl's own.
        tags: Named<String>,
        /// Free values for templates, `{{values.NAME}}`: anything that YAML can say.
        values: Free,
        /// Fields of task definitions that are newer than envctl's data and shall pass, as `containerDefinitions.newField`.
        allow_fields: Vec<At<String>>,
        /// What belongs to production and is only used, never changed.
        borrow: Borrow,
        /// ECS services, by any name.
        services: Named<Service>,
        /// RDS databases, by any name.
        databases: Named<Database>,
        /// File paths (EFS access points), by any name.
        files: Named<Files>,
        /// File systems that the environment owns, by any name. Production's stand under `borrow`.
        file_systems: Named<FileSystem>,
        /// Log groups that several services share, by any name; a service's own stands in the service.
        log_groups: Named<LogGroup>,
        /// Listener rules, by any name.
        rules: Named<Rule>,
        /// One-off tasks, by any name.
        tasks: Named<Task>,
        /// What `verify` looks at, by any name.
        checks: Named<Check>,
        /// What task definitions must keep to; held by `policy` and `validate`. Default: nothing is demanded.
        policy: Policy,
        /// What `release` does, in which order, and when it takes everything back. Default: the policy where there is one,
        /// a snapshot, every check before and after the deployment.
        release: Release,
        /// Alarms, by any name.
        alarms: Named<Alarm>,
        /// A dashboard about the environment.
        dashboard: Dashboard,
        /// How the environment sleeps.
        sleep: Sleep,
        /// What visitors see during `maintenance on`.
        maintenance: Maintenance,
        /// Which snapshots are kept.
        snapshots: Snapshots,
    }
}

shape! {
    /// What `down` does.
    Sleep is "the sleep settings" {
        /// `auto` chooses by arithmetic, `park` stops databases, `hibernate` keeps only their snapshots. Default `auto`.
        mode: SleepWord,
        /// How long it usually sleeps, `12h`, for `auto` when `down` is not told. Default: longer than seven days.
        idle: TimeSpan,
        /// Template of the page that its rules answer with, below `templates/`; at most 1024 bytes once rendered.
        /// Default `asleep.html.hbs`.
        page: String,
        /// Content type of the page. Default: what the page's name says, `text/html` for `.html`.
        content_type: String,
        /// Status code of the page, 2XX, 4XX or 5XX. Default 503.
        status: u16,
    }
}

shape! {
    /// The page of `maintenance on`.
    Maintenance is "the maintenance settings" {
        /// Template of the page, below `templates/`; at most 1024 bytes once rendered. Default `maintenance.html.hbs`; a
        /// workspace without that file gets the one that envctl ships.
        page: String,
        /// Content type of the page. Default: what the page's name says, `text/html` for `.html`.
        content_type: String,
        /// Status code of the page, 2XX, 4XX or 5XX. Default 503.
        status: u16,
    }
}

shape! {
    /// Retention: a snapshot is pruned only when it is beyond both bounds. And what files of a snapshot need.
    Snapshots is "the snapshot settings" {
        /// The newest so many of each database always stay, at least 1. Default 3.
        keep: u32,
        /// Younger ones always stay. Default `14d`.
        keep_for: TimeSpan,
        /// Backup vault for the files of snapshots. Default `APPLICATION-ENVIRONMENT`, which envctl makes; one that is
        /// named here must exist, and is never removed.
        vault: String,
        /// Role that AWS Backup assumes to back up and to restore files, by ARN or name. Default: the one that AWS Backup
        /// makes for itself, `service-role/AWSBackupDefaultServiceRole`.
        role: String,
        /// Image of the task that moves restored files into place, with `sh` in it. Default
        /// `public.ecr.aws/docker/library/busybox:stable`.
        image: String,
        /// Execution role of that task, by ARN or name; needed for an image from ECR. Default: none.
        execution_role: String,
    }
}
