//! Services and one-off tasks.

use super::{ArchitectureWord, At, CapacityWord, Free, LaunchWord, LogGroup, Named, Read, shape};
use crate::spec::node::{Content, Node};
use crate::spec::problems::Problems;
use crate::spec::units::{CpuUnits, MemoryMib, Span as TimeSpan};

shape! {
    /// An ECS service on Fargate.
    Service is "a service" {
        /// Name at AWS. Default `APPLICATION-ENVIRONMENT-SERVICE`.
        name: String,
        /// Task definition family. Default: the service's name at AWS.
        family: String,
        /// Template of the task definition, below `templates/`. Default `task-definition.json.hbs`.
        template: String,
        /// CPU of a task: `512`, `0.5 vCPU`. Required. Fargate knows 256, 512, 1024, 2048, 4096, 8192, 16384 and 32768.
        cpu: CpuUnits,
        /// Memory of a task: `2048` (MiB), `2 GiB`. Required. Which sizes there are depends on `cpu`.
        memory: MemoryMib,
        /// `x86_64` or `arm64`. Default `x86_64`.
        architecture: ArchitectureWord,
        /// `on-demand` or `spot` (about 68 % cheaper, taken away with two minutes' notice). Default `on-demand`.
        capacity: CapacityWord,
        /// `FARGATE`, the only one that envctl does; need not be written.
        launch_type: LaunchWord,
        /// Container image for the template. Default: the template names its images itself.
        image: String,
        /// The container that gets the traffic. Default: the service's name in the spec.
        container: String,
        /// Port that this container listens on. Default: none, it serves nothing (a worker).
        port: u16,
        /// Plain environment variables. Secrets do not belong here: the database's password comes as an ECS secret.
        environment: Named<String>,
        /// Role that pulls images, writes logs and reads secrets, by name or ARN.
        execution_role: String,
        /// Role of the application itself, by name or ARN.
        task_role: String,
        /// Database that it talks to, by its name in the spec. Default: none.
        database: String,
        /// File paths that it mounts: path in the container to a name under `files`.
        mounts: Named<At<String>>,
        /// Its log group: a mapping as under `log_groups`, a name from there, or `none`. Default: one of its own.
        log: LogChoice,
        /// Tasks while up. With `scaling`: only the count to start with. Default 1, or `scaling.min`.
        count: u32,
        /// Time during which failed health checks of a new task do not count. Default `60s` behind a rule, else `0s`.
        health_check_grace: TimeSpan,
        /// Allows `aws ecs execute-command`. Default `false`.
        exec: bool,
        /// Bounds of a deployment.
        deployment: Deployment,
        /// Autoscaling. Default: none.
        scaling: Scaling,
        /// Free values for its template, `{{values.NAME}}`, laid over those of the environment.
        values: Free,
    }
}

shape! {
    /// Bounds of a deployment, in percent of the desired count.
    Deployment is "the deployment settings" {
        /// Most tasks, 100..200. Default 200.
        maximum_percent: u32,
        /// Fewest healthy tasks, 0..100. Default 100.
        minimum_healthy_percent: u32,
    }
}

shape! {
    /// Autoscaling by target tracking.
    Scaling is "the scaling settings" {
        /// Fewest tasks while up. Default 1.
        min: u32,
        /// Most tasks. Required.
        max: u32,
        /// Average CPU to aim at, in percent. One of `cpu` and `memory` is required.
        cpu: u32,
        /// Average memory to aim at, in percent.
        memory: u32,
        /// Time between two scale-ins. Default `5m`.
        scale_in_cooldown: TimeSpan,
        /// Time between two scale-outs. Default `1m`.
        scale_out_cooldown: TimeSpan,
    }
}

/// Where a service logs to.
#[derive(Clone, Debug)]
pub(in crate::spec) enum LogChoice {
    /// A name under `log_groups`, or `none`.
    Name(String),
    /// A group of its own.
    Own(LogGroup),
}

impl Read for LogChoice {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.content {
            Content::Scalar { text, .. } => Some(Self::Name(text.clone())),
            _ => LogGroup::read(node, problems).map(Self::Own),
        }
    }

    fn schema() -> serde_json::Value {
        super::json_schema::any_of([super::json_schema::text(), LogGroup::schema()])
    }
}

shape! {
    /// A task that runs once and ends: `scrub`, `migrate`. It succeeds when its container ends with exit code 0.
    Task is "a task" {
        /// Service whose task definition it takes, by its name in the spec. One of `service` and `template` is required.
        service: String,
        /// Template of its own, below `templates/`.
        template: String,
        /// Task definition family. Default `APPLICATION-ENVIRONMENT-TASK`.
        family: String,
        /// Container whose exit code counts. Default: the service's; with a template of its own, the task's name.
        container: String,
        /// Command, a list of words. Default: the one of the template.
        command: Vec<At<String>>,
        /// Plain environment variables beside the service's.
        environment: Named<String>,
        /// Longest time that it may run. Default `15m`.
        timeout: TimeSpan,
        /// Regular expressions, each of which must match a line of its output: `Created: [0-9]+, Errors: 0$`.
        expect: Vec<At<String>>,
        /// Regular expressions, none of which may match a line of its output.
        reject: Vec<At<String>>,
    }
}
