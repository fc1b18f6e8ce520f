#!/usr/bin/env bash
# The same environment as a script of the AWS CLI: `script.sh up` makes it, `script.sh drift` reads all of it back.
set -euo pipefail
export AWS_PAGER="" AWS_DEFAULT_OUTPUT=json
name="$unique-script"
command="${1:?up or drift}"

if [ "$command" = up ]; then
  secret=$(aws secretsmanager create-secret --name "$name" --secret-string not-a-real-password-0000 --query ARN --output text)
  aws logs create-log-group --log-group-name "/ecs/$name"
  aws logs put-retention-policy --log-group-name "/ecs/$name" --retention-in-days 14
  aws rds create-db-instance --db-instance-identifier "$name" --engine postgres --db-instance-class db.t4g.micro \
    --allocated-storage 20 --storage-encrypted --master-username shop_admin \
    --master-user-password not-a-real-password-0000 --db-name shop --vpc-security-group-ids "$security_group" >/dev/null
  aws rds wait db-instance-available --db-instance-identifier "$name"
  host=$(aws rds describe-db-instances --db-instance-identifier "$name" --query 'DBInstances[0].Endpoint.Address' --output text)
  point=$(aws efs create-access-point --file-system-id "$file_system" --posix-user Uid=1000,Gid=1000 \
    --root-directory "Path=/script,CreationInfo={OwnerUid=1000,OwnerGid=1000,Permissions=0755}" --query AccessPointId --output text)
  group=$(aws elbv2 create-target-group --name "$name" --protocol HTTP --port 8080 --target-type ip --vpc-id "$vpc" \
    --query 'TargetGroups[0].TargetGroupArn' --output text)
  aws elbv2 create-rule --listener-arn "$listener" --priority 41000 \
    --conditions "Field=host-header,Values=script.$unique.example" --actions "Type=forward,TargetGroupArn=$group" >/dev/null
  revision=$(aws ecs register-task-definition --family "$name" --requires-compatibilities FARGATE --network-mode awsvpc \
    --cpu 512 --memory 1024 --execution-role-arn "arn:aws:iam::$account:role/ecsTaskExecutionRole" \
    --volumes "[{\"name\":\"data\",\"efsVolumeConfiguration\":{\"fileSystemId\":\"$file_system\",\"transitEncryption\":\"ENABLED\",\"authorizationConfig\":{\"accessPointId\":\"$point\",\"iam\":\"ENABLED\"}}}]" \
    --container-definitions "[{\"name\":\"backend\",\"image\":\"nginx:1.27\",\"essential\":true,\"portMappings\":[{\"containerPort\":8080}],\"environment\":[{\"name\":\"DATABASE_HOST\",\"value\":\"$host\"}],\"secrets\":[{\"name\":\"DATABASE_PASSWORD\",\"valueFrom\":\"$secret\"}],\"mountPoints\":[{\"sourceVolume\":\"data\",\"containerPath\":\"/data\"}]}]" \
    --query taskDefinition.taskDefinitionArn --output text)
  aws ecs create-service --cluster "$cluster" --service-name "$name" --task-definition "$revision" --desired-count 1 \
    --launch-type FARGATE --load-balancers "targetGroupArn=$group,containerName=backend,containerPort=8080" \
    --network-configuration "awsvpcConfiguration={subnets=[$subnet_a,$subnet_b],securityGroups=[$security_group]}" >/dev/null
  aws ecs wait services-stable --cluster "$cluster" --services "$name"
else
  aws sts get-caller-identity >/dev/null
  aws rds describe-db-instances --db-instance-identifier "$name"
  aws secretsmanager describe-secret --secret-id "$name"
  aws efs describe-access-points --file-system-id "$file_system"
  aws efs describe-file-systems --file-system-id "$file_system"
  aws logs describe-log-groups --log-group-name-prefix "/ecs/$name"
  group=$(aws elbv2 describe-target-groups --names "$name" --query 'TargetGroups[0].TargetGroupArn' --output text)
  aws elbv2 describe-target-group-attributes --target-group-arn "$group"
  aws elbv2 describe-rules --listener-arn "$listener"
  aws elbv2 describe-tags --resource-arns "$group"
  revision=$(aws ecs describe-services --cluster "$cluster" --services "$name" --include TAGS --query 'services[0].taskDefinition' --output text)
  aws ecs describe-task-definition --task-definition "$revision"
fi
