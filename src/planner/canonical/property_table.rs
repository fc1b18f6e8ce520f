//! What AWS makes of the properties of each type of resource, as data. The values that it fills in are those of its
//! read-backs (the corpus of `aws.md`) and of the API's model (botocore 1.44.5, `aws.md` label B).

use serde_json::Value;

/// How the properties of one type are compared.
pub(super) struct Kind {
    /// `AWS::ECS::Service`.
    pub(super) name: &'static str,
    /// Declared, and answered by no read: passwords, and what only the making or the end of a resource takes.
    pub(super) never_read: &'static [&'static str],
    /// What AWS fills in where nothing is declared; the value is JSON, or a plain text.
    pub(super) defaults: &'static [(&'static str, &'static str)],
    /// Lists whose order counts.
    pub(super) ordered: &'static [&'static str],
    /// Texts that AWS spells in another case.
    pub(super) any_case: &'static [&'static str],
    /// Versions that AWS answers in full, `16.4` for `16`.
    pub(super) version_prefix: &'static [&'static str],
    /// What a read-back says in other words.
    pub(super) derived: &'static [(&'static str, Derived)],
}

/// How a declared value is found in a read-back that lacks its field.
pub(super) enum Derived {
    /// These fields, with `|` between them.
    Joined(&'static [&'static str]),
    /// The listener that stands in a rule's ARN.
    ListenerOfRule,
    /// Any of the texts at this path: a deployment shifts traffic between target groups, and an action that names one
    /// declares no weights.
    OneOf(&'static [&'static str]),
}

/// Fields that tell the items of a list apart, the surest first.
pub(super) const NAMING_FIELDS: [&str; 12] = [
    "Key",
    "ContainerName",
    "Name",
    "Field",
    "Sid",
    "Order",
    "SourceVolume",
    "ContainerPort",
    "TargetGroupArn",
    "CapacityProvider",
    "RoleArn",
    "Id",
];

/// Marks of values that a template leaves to somebody else.
pub(super) const UNRESOLVED: [&str; 3] = ["{{resolve:", "_unresolved__", "${"];

/// Services whose own key (`alias/aws/NAME`) AWS answers by its id.
pub(super) const SERVICE_KEYS: [&str; 6] = ["secretsmanager", "rds", "elasticfilesystem", "logs", "backup", "ebs"];

const NONE: Kind =
    Kind { name: "", never_read: &[], defaults: &[], ordered: &[], any_case: &[], version_prefix: &[], derived: &[] };

const KINDS: [Kind; 10] = [
    Kind {
        name: "AWS::ECS::Service",
        never_read: &["ServiceConnectConfiguration", "VolumeConfigurations", "ForceNewDeployment"],
        defaults: &[
            ("AvailabilityZoneRebalancing", "ENABLED"),
            ("AvailabilityZoneRebalancing", "DISABLED"),
            ("DeploymentConfiguration.BakeTimeInMinutes", "0"),
            ("DeploymentConfiguration.DeploymentCircuitBreaker.Enable", "false"),
            ("DeploymentConfiguration.DeploymentCircuitBreaker.Rollback", "false"),
            ("DeploymentConfiguration.MaximumPercent", "200"),
            ("DeploymentConfiguration.MinimumHealthyPercent", "100"),
            ("DeploymentConfiguration.Strategy", "ROLLING"),
            ("DeploymentController.Type", "ECS"),
            ("EnableECSManagedTags", "false"),
            ("EnableExecuteCommand", "false"),
            ("HealthCheckGracePeriodSeconds", "0"),
            ("NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp", "DISABLED"),
            ("PlatformVersion", "LATEST"),
            ("PropagateTags", "NONE"),
            ("SchedulingStrategy", "REPLICA"),
        ],
        ordered: &["PlacementStrategies", "PlacementStrategy"],
        ..NONE
    },
    Kind {
        name: "AWS::ElasticLoadBalancingV2::TargetGroup",
        defaults: &[
            ("HealthCheckEnabled", "true"),
            ("HealthCheckIntervalSeconds", "30"),
            ("HealthCheckPath", "/"),
            ("HealthCheckPort", "traffic-port"),
            ("HealthCheckProtocol", "HTTP"),
            ("HealthCheckTimeoutSeconds", "5"),
            ("HealthyThresholdCount", "5"),
            ("IpAddressType", "ipv4"),
            ("Matcher.HttpCode", "200"),
            ("ProtocolVersion", "HTTP1"),
            ("TargetGroupAttributes[deregistration_delay.timeout_seconds]", "300"),
            ("TargetGroupAttributes[load_balancing.algorithm.anomaly_mitigation]", "off"),
            ("TargetGroupAttributes[load_balancing.algorithm.type]", "round_robin"),
            ("TargetGroupAttributes[load_balancing.cross_zone.enabled]", "use_load_balancer_configuration"),
            ("TargetGroupAttributes[slow_start.duration_seconds]", "0"),
            ("TargetGroupAttributes[stickiness.app_cookie.cookie_name]", "\"\""),
            ("TargetGroupAttributes[stickiness.app_cookie.duration_seconds]", "86400"),
            ("TargetGroupAttributes[stickiness.enabled]", "false"),
            ("TargetGroupAttributes[stickiness.lb_cookie.duration_seconds]", "86400"),
            ("TargetGroupAttributes[stickiness.type]", "lb_cookie"),
            ("UnhealthyThresholdCount", "2"),
        ],
        ..NONE
    },
    Kind {
        name: "AWS::ElasticLoadBalancingV2::ListenerRule",
        defaults: &[
            ("Actions[].ForwardConfig.TargetGroupStickinessConfig.Enabled", "false"),
            ("IsDefault", "false"),
            ("Transforms", "[]"),
        ],
        any_case: &["Conditions[].HostHeaderConfig.Values[]", "Conditions[].HttpHeaderConfig.HttpHeaderName"],
        derived: &[
            ("ListenerArn", Derived::ListenerOfRule),
            (
                "Actions[].TargetGroupArn",
                Derived::OneOf(&["Actions", "ForwardConfig", "TargetGroups", "TargetGroupArn"]),
            ),
        ],
        ..NONE
    },
    Kind {
        name: "AWS::RDS::DBInstance",
        never_read: &[
            "MasterUserPassword",
            "ManageMasterUserPassword",
            "DeleteAutomatedBackups",
            "AllowMajorVersionUpgrade",
            "ApplyImmediately",
            "UseLatestRestorableTime",
            "DBSnapshotIdentifier",
            "SourceDBInstanceIdentifier",
            "CertificateRotationRestart",
        ],
        defaults: &[
            ("AutoMinorVersionUpgrade", "true"),
            ("BackupRetentionPeriod", "1"),
            ("CopyTagsToSnapshot", "false"),
            ("DatabaseInsightsMode", "standard"),
            ("DedicatedLogVolume", "false"),
            ("DeletionProtection", "false"),
            ("EnableIAMDatabaseAuthentication", "false"),
            ("EnablePerformanceInsights", "false"),
            ("MonitoringInterval", "0"),
            ("MultiAZ", "false"),
            ("NetworkType", "IPV4"),
            ("StorageEncrypted", "false"),
            ("StorageType", "gp2"),
        ],
        any_case: &["DBInstanceIdentifier", "DBSubnetGroupName", "DBParameterGroupName", "OptionGroupName"],
        version_prefix: &["EngineVersion"],
        ..NONE
    },
    Kind {
        name: "AWS::EFS::FileSystem",
        never_read: &["BypassPolicyLockoutSafetyCheck"],
        defaults: &[
            ("BackupPolicy.Status", "DISABLED"),
            ("Encrypted", "false"),
            ("FileSystemProtection.ReplicationOverwriteProtection", "ENABLED"),
            ("PerformanceMode", "generalPurpose"),
            ("ThroughputMode", "bursting"),
        ],
        ..NONE
    },
    Kind { name: "AWS::EFS::AccessPoint", defaults: &[("RootDirectory.Path", "/")], ..NONE },
    Kind {
        name: "AWS::Logs::LogGroup",
        defaults: &[
            ("BearerTokenAuthenticationEnabled", "false"),
            ("DeletionProtectionEnabled", "false"),
            ("LogGroupClass", "STANDARD"),
        ],
        ..NONE
    },
    Kind { name: "AWS::SecretsManager::Secret", never_read: &["SecretString", "GenerateSecretString"], ..NONE },
    Kind {
        name: "AWS::ApplicationAutoScaling::ScalableTarget",
        // AWS puts its service-linked role in the place of a role that was named.
        never_read: &["RoleARN"],
        defaults: &[
            ("SuspendedState.DynamicScalingInSuspended", "false"),
            ("SuspendedState.DynamicScalingOutSuspended", "false"),
            ("SuspendedState.ScheduledScalingSuspended", "false"),
        ],
        ..NONE
    },
    Kind {
        name: "AWS::ApplicationAutoScaling::ScalingPolicy",
        defaults: &[("TargetTrackingScalingPolicyConfiguration.DisableScaleIn", "false")],
        derived: &[("ScalingTargetId", Derived::Joined(&["ResourceId", "ScalableDimension", "ServiceNamespace"]))],
        ..NONE
    },
];

const SCHEDULE: Kind = Kind {
    name: "AWS::Scheduler::Schedule",
    defaults: &[
        ("ActionAfterCompletion", "NONE"),
        ("FlexibleTimeWindow.Mode", "OFF"),
        ("GroupName", "default"),
        ("ScheduleExpressionTimezone", "UTC"),
        ("State", "ENABLED"),
        ("Target.RetryPolicy.MaximumEventAgeInSeconds", "86400"),
        ("Target.RetryPolicy.MaximumRetryAttempts", "185"),
    ],
    ..NONE
};

/// The table of a type; one without rows for a type that has none.
pub(super) fn kind(name: &str) -> &'static Kind {
    const EMPTY: Kind = NONE;
    const ALL: &[Kind] = &KINDS;
    const LAST: Kind = SCHEDULE;
    if name == LAST.name {
        return &LAST;
    }
    ALL.iter().find(|kind| kind.name == name).unwrap_or(&EMPTY)
}

/// Every text at the end of a path through objects and lists.
pub(super) fn texts_at(value: &Value, path: &[&str]) -> Vec<Value> {
    match (value, path.split_first()) {
        (Value::Array(items), _) => items.iter().flat_map(|item| texts_at(item, path)).collect(),
        (Value::Object(fields), Some((name, rest))) => {
            fields.get(*name).map(|inner| texts_at(inner, rest)).unwrap_or_default()
        }
        (Value::String(_), None) => vec![value.clone()],
        _ => Vec::new(),
    }
}
