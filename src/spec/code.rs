//! The codes of spec problems. They are stable: a message may be reworded, its code stays.

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Code {
    /// The file, or one that it extends, is not there.
    NoFile,
    /// The text is no YAML.
    Syntax,
    /// The text is larger or deeper than any spec.
    TooBig,
    /// A character that envctl keeps for itself.
    ReservedCharacter,
    /// A key that no part of a spec has.
    UnknownField,
    /// A value of the wrong kind, or one that cannot be read.
    WrongValue,
    /// A key that must be there.
    MissingField,
    /// A key that stands twice in one mapping.
    DuplicateKey,
    /// `extends` in a circle, or to no file name.
    Extends,
    /// A name that AWS or envctl does not allow.
    Name,
    /// An account or region that cannot be.
    Place,
    /// A CPU size that Fargate does not have.
    FargateCpu,
    /// A memory size that Fargate does not have for this CPU size.
    FargateMemory,
    /// Something that envctl does not do (EC2 launch type, Aurora).
    NotSupported,
    /// A name that nothing in the spec has.
    NoSuchName,
    /// A number outside its bounds.
    Bounds,
    /// Database settings that RDS refuses.
    Database,
    /// An engine version past its standard support.
    ExtendedSupport,
    /// Storage, IOPS or throughput that RDS refuses.
    Storage,
    /// Throughput of a file system that cannot be, or may not be changed.
    Throughput,
    /// A path, user or permissions that an access point cannot have.
    AccessPoint,
    /// A host name or path that a listener rule cannot have.
    RuleCondition,
    /// A priority that is taken or cannot be.
    Priority,
    /// A health check that ELB refuses.
    HealthCheck,
    /// Too few or too many subnets or security groups.
    Network,
    /// Tags that AWS refuses or that envctl keeps for itself.
    Tags,
    /// Autoscaling bounds that contradict each other.
    Scaling,
    /// Two things with one AWS name.
    DuplicateName,
    /// An AWS name inherited from another environment.
    InheritedName,
    /// A task that cannot run.
    Task,
    /// A days count that CloudWatch Logs does not offer.
    Retention,
    /// An asleep page that ELB refuses.
    SleepPage,
    /// Deployment bounds that leave ECS no way to deploy.
    Deployment,
    /// An id of a borrowed resource that cannot be.
    Borrowed,
    /// A check that cannot be made.
    Check,
    /// Rules of a policy that contradict each other or cannot be.
    Policy,
    /// An alarm that CloudWatch refuses, or that could never go off.
    Alarm,
    /// A release procedure that cannot be carried out.
    Release,
}

impl Code {
    /// Every code, in the order of its number.
    const ALL: [Self; 38] = [
        Self::NoFile,
        Self::Syntax,
        Self::TooBig,
        Self::ReservedCharacter,
        Self::UnknownField,
        Self::WrongValue,
        Self::MissingField,
        Self::DuplicateKey,
        Self::Extends,
        Self::Name,
        Self::Place,
        Self::FargateCpu,
        Self::FargateMemory,
        Self::NotSupported,
        Self::NoSuchName,
        Self::Bounds,
        Self::Database,
        Self::ExtendedSupport,
        Self::Storage,
        Self::Throughput,
        Self::AccessPoint,
        Self::RuleCondition,
        Self::Priority,
        Self::HealthCheck,
        Self::Network,
        Self::Tags,
        Self::Scaling,
        Self::DuplicateName,
        Self::InheritedName,
        Self::Task,
        Self::Retention,
        Self::SleepPage,
        Self::Deployment,
        Self::Borrowed,
        Self::Check,
        Self::Policy,
        Self::Alarm,
        Self::Release,
    ];

    /// The code as it is shown: `ENV012`.
    pub(super) fn text(self) -> String {
        let number = Self::ALL.iter().position(|code| *code == self).map_or(0, |position| position + 1);
        format!("ENV{number:03}")
    }
}
