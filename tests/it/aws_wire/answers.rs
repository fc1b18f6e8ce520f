//! Answers in the shapes of the API: an environment called staging that is up. Values follow what AWS answered for
//! resources of the same kinds.

use super::wire::{Answer, Sent};

/// The environment's ids.
pub(super) const LISTENER: &str =
    "arn:aws:elasticloadbalancing:us-east-2:123456789012:listener/app/prod-alb/50dc6c495c0c9188/f2f7dc8efc522ab2";
pub(super) const RULE: &str = "arn:aws:elasticloadbalancing:us-east-2:123456789012:listener-rule/app/prod-alb/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee";
pub(super) const TARGET_GROUP: &str =
    "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/shop-staging-web/73e2d6bc24d8a067";
pub(super) const REVISION: &str = "arn:aws:ecs:us-east-2:123456789012:task-definition/shop-staging-web:7";
pub(super) const SECRET: &str = "arn:aws:secretsmanager:us-east-2:123456789012:secret:shop/staging/main-AbCdEf";

/// An answer for every read of one environment.
pub(super) fn environment(sent: &Sent) -> Answer {
    let body = match sent.operation.as_str() {
        "GetCallerIdentity" => caller(),
        "DescribeServices" => services(),
        "DescribeDBInstances" => databases("available"),
        "DescribeDBSnapshots" => snapshots(20),
        "DescribeSecret" => secret(),
        "GET access-points" => access_points(),
        "DescribeLogGroups" => log_groups(),
        "DescribeTargetGroups" => target_groups(),
        "DescribeRules" => rules(),
        "DescribeScalableTargets" => scalable_targets(),
        "DescribeScalingPolicies" => scaling_policies(),
        "DescribeTags" => balancer_tags(),
        "ListTagsForResource" => format!(r#"{{"tags":{}}}"#, plain_tags("log-group/app")),
        "DescribeTargetGroupAttributes" => attributes(),
        "DescribeSecurityGroups" => security_groups(),
        "DescribeTaskDefinition" => {
            format!(r#"{{"taskDefinition":{{"taskDefinitionArn":"{REVISION}","family":"shop-staging-web"}}}}"#)
        }
        other => panic!("nobody expected {other}: {}", sent.body),
    };
    Answer::Says(200, body)
}

/// The ownership tags as JSON, with keys as the service spells them.
fn tags(key: &str, value: &str, resource: &str) -> String {
    let pairs = [
        ("envctl:managed-by", "envctl"),
        ("envctl:workspace", "shop"),
        ("envctl:environment", "staging"),
        ("envctl:resource", resource),
    ];
    let pairs = pairs.map(|(name, said)| format!(r#"{{"{key}":"{name}","{value}":"{said}"}}"#));
    format!("[{}]", pairs.join(","))
}

/// The ownership tags as a map.
fn plain_tags(resource: &str) -> String {
    format!(
        r#"{{"envctl:managed-by":"envctl","envctl:workspace":"shop","envctl:environment":"staging",
"envctl:resource":"{resource}"}}"#
    )
}

/// The ownership tags as XML.
fn tag_members(element: &str, resource: &str) -> String {
    let pairs = [
        ("envctl:managed-by", "envctl"),
        ("envctl:workspace", "shop"),
        ("envctl:environment", "staging"),
        ("envctl:resource", resource),
    ];
    pairs.map(|(key, value)| format!("<{element}><Key>{key}</Key><Value>{value}</Value></{element}>")).concat()
}

fn caller() -> String {
    r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:sts::123456789012:assumed-role/developer/anna</Arn><UserId>AROAEXAMPLE:anna</UserId>
<Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>request-1</RequestId>
</ResponseMetadata></GetCallerIdentityResponse>"#
        .to_owned()
}

fn services() -> String {
    let tags = tags("key", "value", "service/web");
    format!(
        r#"{{"services":[{{"serviceArn":"arn:aws:ecs:us-east-2:123456789012:service/prod/shop-staging-web",
"serviceName":"shop-staging-web","clusterArn":"arn:aws:ecs:us-east-2:123456789012:cluster/prod","status":"ACTIVE",
"desiredCount":2,"runningCount":2,"pendingCount":0,"launchType":"FARGATE","platformVersion":"LATEST",
"taskDefinition":"{REVISION}","loadBalancers":[{{"targetGroupArn":"{TARGET_GROUP}","containerName":"web",
"containerPort":8080}}],"deploymentConfiguration":{{"maximumPercent":200,"minimumHealthyPercent":100,
"deploymentCircuitBreaker":{{"enable":true,"rollback":true}}}},"deployments":[{{"id":"ecs-svc/1234567890123456789",
"status":"PRIMARY","taskDefinition":"{REVISION}","desiredCount":2,"runningCount":2,"pendingCount":0,"failedTasks":0,
"createdAt":1783700000.123,"rolloutState":"COMPLETED","rolloutStateReason":"ECS deployment completed."}}],
"events":[{{"id":"e1","createdAt":1783700100.5,"message":"(service shop-staging-web) has reached a steady state."}}],
"networkConfiguration":{{"awsvpcConfiguration":{{"subnets":["subnet-2","subnet-1"],"securityGroups":["sg-1"],
"assignPublicIp":"DISABLED"}}}},"healthCheckGracePeriodSeconds":60,"schedulingStrategy":"REPLICA",
"createdAt":1783600000.0,"enableExecuteCommand":false,"tags":{tags}}}],"failures":[]}}"#
    )
}

pub(super) fn databases(status: &str) -> String {
    let tags = tag_members("Tag", "database/main");
    format!(
        r#"<DescribeDBInstancesResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBInstancesResult>
<DBInstances><DBInstance><DBInstanceIdentifier>shop-staging-db</DBInstanceIdentifier>
<DBInstanceArn>arn:aws:rds:us-east-2:123456789012:db:shop-staging-db</DBInstanceArn>
<DbiResourceId>db-VGGGLXOPD3AYOLNBBQMELZE4KQ</DbiResourceId><DBInstanceStatus>{status}</DBInstanceStatus>
<Endpoint><Address>shop-staging-db.caxxotukouxo.us-east-2.rds.amazonaws.com</Address><Port>5432</Port></Endpoint>
<Engine>postgres</Engine><EngineVersion>16.4</EngineVersion><DBInstanceClass>db.t4g.micro</DBInstanceClass>
<AllocatedStorage>20</AllocatedStorage><StorageType>gp3</StorageType><Iops>3000</Iops>
<StorageThroughput>125</StorageThroughput><MasterUsername>shop</MasterUsername><DBName>shop</DBName>
<MultiAZ>false</MultiAZ><PubliclyAccessible>false</PubliclyAccessible><StorageEncrypted>true</StorageEncrypted>
<VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-2</VpcSecurityGroupId><Status>active</Status>
</VpcSecurityGroupMembership></VpcSecurityGroups><BackupRetentionPeriod>1</BackupRetentionPeriod>
<DeletionProtection>false</DeletionProtection><AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade>
<PendingModifiedValues><MasterUserPassword>****</MasterUserPassword></PendingModifiedValues>
<EngineLifecycleSupport>open-source-rds-extended-support-disabled</EngineLifecycleSupport>
<InstanceCreateTime>2026-07-11T17:10:38.725Z</InstanceCreateTime><TagList>{tags}</TagList></DBInstance></DBInstances>
</DescribeDBInstancesResult><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>
</DescribeDBInstancesResponse>"#
    )
}

pub(super) fn snapshots(storage_gib: u32) -> String {
    let tags = tag_members("Tag", "database/main");
    format!(
        r#"<DescribeDBSnapshotsResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBSnapshotsResult>
<DBSnapshots><DBSnapshot><DBSnapshotIdentifier>shop-staging-db-20260711t200000z-0a1b</DBSnapshotIdentifier>
<DBSnapshotArn>arn:aws:rds:us-east-2:123456789012:snapshot:shop-staging-db-20260711t200000z-0a1b</DBSnapshotArn>
<DBInstanceIdentifier>shop-staging-db</DBInstanceIdentifier><DbiResourceId>db-VGGGLXOPD3AYOLNBBQMELZE4KQ</DbiResourceId>
<SnapshotCreateTime>2026-07-11T20:02:11.105Z</SnapshotCreateTime><Engine>postgres</Engine>
<EngineVersion>16.4</EngineVersion><AllocatedStorage>{storage_gib}</AllocatedStorage><Status>available</Status>
<PercentProgress>100</PercentProgress><SnapshotType>manual</SnapshotType><Encrypted>true</Encrypted>
<MasterUsername>shop</MasterUsername><TagList>{tags}</TagList></DBSnapshot></DBSnapshots></DescribeDBSnapshotsResult>
<ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></DescribeDBSnapshotsResponse>"#
    )
}

fn secret() -> String {
    let tags = tags("Key", "Value", "secret/main");
    format!(
        r#"{{"ARN":"{SECRET}","Name":"shop/staging/main","LastChangedDate":1783600000.5,"CreatedDate":1783600000.5,
"Tags":{tags},"VersionIdsToStages":{{"v1":["AWSCURRENT"]}}}}"#
    )
}

fn access_points() -> String {
    let tags = tags("Key", "Value", "access-point/home");
    format!(
        r#"{{"AccessPoints":[{{"AccessPointId":"fsap-0123456789abcdef0",
"AccessPointArn":"arn:aws:elasticfilesystem:us-east-2:123456789012:access-point/fsap-0123456789abcdef0",
"FileSystemId":"fs-0123456789abcdef0","ClientToken":"t","OwnerId":"123456789012","LifeCycleState":"available",
"PosixUser":{{"Uid":1000,"Gid":1000}},"RootDirectory":{{"Path":"/staging","CreationInfo":{{"OwnerUid":1000,
"OwnerGid":1000,"Permissions":"0755"}}}},"Tags":{tags}}},{{"AccessPointId":"fsap-0fedcba9876543210",
"AccessPointArn":"arn:aws:elasticfilesystem:us-east-2:123456789012:access-point/fsap-0fedcba9876543210",
"FileSystemId":"fs-0123456789abcdef0","ClientToken":"u","OwnerId":"123456789012","LifeCycleState":"available",
"Tags":[{{"Key":"Name","Value":"production"}}]}}]}}"#
    )
}

fn log_groups() -> String {
    r#"{"logGroups":[{"logGroupName":"/aws/ecs/shop-staging","retentionInDays":14,"creationTime":1783600000000,
"arn":"arn:aws:logs:us-east-2:123456789012:log-group:/aws/ecs/shop-staging:*","storedBytes":0},
{"logGroupName":"/aws/ecs/shop-staging-other","arn":"arn:aws:logs:us-east-2:123456789012:log-group:x:*"}]}"#
        .to_owned()
}

fn target_groups() -> String {
    format!(
        r#"<DescribeTargetGroupsResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">
<DescribeTargetGroupsResult><TargetGroups><member><TargetGroupArn>{TARGET_GROUP}</TargetGroupArn>
<TargetGroupName>shop-staging-web</TargetGroupName><Protocol>HTTP</Protocol><Port>8080</Port><VpcId>vpc-1</VpcId>
<TargetType>ip</TargetType><HealthCheckPath>/health</HealthCheckPath>
<HealthCheckIntervalSeconds>10</HealthCheckIntervalSeconds><HealthCheckTimeoutSeconds>5</HealthCheckTimeoutSeconds>
<HealthyThresholdCount>2</HealthyThresholdCount><UnhealthyThresholdCount>3</UnhealthyThresholdCount>
<Matcher><HttpCode>200</HttpCode></Matcher></member></TargetGroups></DescribeTargetGroupsResult>
<ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></DescribeTargetGroupsResponse>"#
    )
}

fn attributes() -> String {
    r#"<DescribeTargetGroupAttributesResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">
<DescribeTargetGroupAttributesResult><Attributes><member><Key>deregistration_delay.timeout_seconds</Key>
<Value>15</Value></member><member><Key>stickiness.enabled</Key><Value>false</Value></member></Attributes>
</DescribeTargetGroupAttributesResult><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>
</DescribeTargetGroupAttributesResponse>"#
        .to_owned()
}

fn security_groups() -> String {
    let group = |id: &str, name: &str| {
        format!(
            "<item><groupId>{id}</groupId><vpcId>vpc-1</vpcId><tagSet><item><key>Name</key><value>{name}</value></item>\
             </tagSet></item>"
        )
    };
    format!(
        r#"<DescribeSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>request-1</requestId>
<securityGroupInfo>{}{}</securityGroupInfo></DescribeSecurityGroupsResponse>"#,
        group("sg-1", "tasks"),
        group("sg-2", "database"),
    )
}

fn rules() -> String {
    // Values stand in two places, as AWS echoes them; the default rule has no number.
    format!(
        r#"<DescribeRulesResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeRulesResult>
<Rules><member><RuleArn>{RULE}</RuleArn><Priority>10</Priority><IsDefault>false</IsDefault><Conditions><member>
<Field>host-header</Field><Values><member>staging.shop.example</member></Values><HostHeaderConfig><Values>
<member>staging.shop.example</member></Values></HostHeaderConfig></member></Conditions><Actions><member>
<Type>authenticate-cognito</Type><Order>1</Order><AuthenticateCognitoConfig>
<UserPoolArn>arn:aws:cognito-idp:us-east-2:123456789012:userpool/p</UserPoolArn>
<UserPoolClientId>c</UserPoolClientId><UserPoolDomain>d</UserPoolDomain></AuthenticateCognitoConfig></member><member>
<Type>forward</Type><Order>2</Order><TargetGroupArn>{TARGET_GROUP}</TargetGroupArn><ForwardConfig><TargetGroups>
<member><TargetGroupArn>{TARGET_GROUP}</TargetGroupArn><Weight>1</Weight></member></TargetGroups></ForwardConfig>
</member></Actions></member><member><RuleArn>{RULE}-default</RuleArn><Priority>default</Priority>
<IsDefault>true</IsDefault><Conditions/><Actions><member><Type>fixed-response</Type><FixedResponseConfig>
<StatusCode>404</StatusCode><ContentType>text/plain</ContentType></FixedResponseConfig></member></Actions></member>
</Rules></DescribeRulesResult><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>
</DescribeRulesResponse>"#
    )
}

fn balancer_tags() -> String {
    let described = |arn: &str, resource: &str| {
        let tags = tag_members("member", resource);
        format!("<member><ResourceArn>{arn}</ResourceArn><Tags>{tags}</Tags></member>")
    };
    format!(
        r#"<DescribeTagsResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTagsResult>
<TagDescriptions>{}{}</TagDescriptions></DescribeTagsResult><ResponseMetadata><RequestId>request-1</RequestId>
</ResponseMetadata></DescribeTagsResponse>"#,
        described(TARGET_GROUP, "target-group/web"),
        described(RULE, "listener-rule/web"),
    )
}

fn scalable_targets() -> String {
    r#"{"ScalableTargets":[{"ServiceNamespace":"ecs","ResourceId":"service/prod/shop-staging-web",
"ScalableDimension":"ecs:service:DesiredCount","MinCapacity":1,"MaxCapacity":4,"RoleARN":"arn:aws:iam::1:role/r",
"CreationTime":1783600000.5,"SuspendedState":{"DynamicScalingInSuspended":false,"DynamicScalingOutSuspended":false,
"ScheduledScalingSuspended":false}}]}"#
        .to_owned()
}

fn scaling_policies() -> String {
    r#"{"ScalingPolicies":[{"PolicyARN":"arn:p","PolicyName":"cpu","ServiceNamespace":"ecs",
"ResourceId":"service/prod/shop-staging-web","ScalableDimension":"ecs:service:DesiredCount",
"PolicyType":"TargetTrackingScaling","TargetTrackingScalingPolicyConfiguration":{"TargetValue":60.0,
"PredefinedMetricSpecification":{"PredefinedMetricType":"ECSServiceAverageCPUUtilization"},"ScaleOutCooldown":60,
"ScaleInCooldown":300},"Alarms":[],"CreationTime":1783600000.5}]}"#
        .to_owned()
}

/// An error as the JSON services say it.
pub(super) fn json_error(status: u16, code: &str, message: &str) -> Answer {
    Answer::Says(status, format!(r#"{{"__type":"{code}","message":"{message}","Message":"{message}"}}"#))
}

/// An error as the query services say it.
pub(super) fn query_error(status: u16, code: &str, message: &str) -> Answer {
    Answer::Says(
        status,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>request-1</RequestId></ErrorResponse>"
        ),
    )
}
