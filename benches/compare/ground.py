"""What the environment borrows, made on the emulator with boto3: network, cluster, load balancer, file system.

    ground.py ENDPOINT ACCOUNT UNIQUE      makes it and prints the values as JSON

A process of its own: what a process weighs is counted from the weight of the one that started it, and boto3 is heavy.
"""

import json
import sys

import boto3
import botocore.config
import botocore.exceptions

REGION = "us-east-2"


class Ground:
    """A corner of MiniStack of its own: the access key of twelve digits is the account."""

    def __init__(self, endpoint, account, unique):
        self.account, self.unique = account, unique
        self.endpoint = endpoint
        self._wake()
        self._network()
        self._cluster()
        self._load_balancer()
        self._file_system()
        self._role()

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.account,
            aws_secret_access_key="testing",
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    def _wake(self):
        """MiniStack loads a service when it is first called: nobody's time should hold that."""
        rds, database = self.client("rds"), "warm"
        rds.create_db_instance(
            DBInstanceIdentifier=database,
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="warm",
            MasterUserPassword="not-a-real-password-0000",
        )
        rds.delete_db_instance(DBInstanceIdentifier=database, SkipFinalSnapshot=True)
        self.client("sts").get_caller_identity()
        self.client("logs").describe_log_groups()
        self.client("secretsmanager").list_secrets()
        self.client("ecs").list_task_definitions()
        self.client("iam").list_roles(MaxItems=1)
        try:
            self.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
        except botocore.exceptions.ClientError:
            pass  # MiniStack does not have it, and takes seconds to find that out the first time.

    def _network(self):
        ec2 = self.client("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zones = [("a", "10.0.1.0/24"), ("b", "10.0.2.0/24")]
        made = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=block, AvailabilityZone=REGION + zone) for zone, block in zones
        ]
        self.subnets = sorted(one["Subnet"]["SubnetId"] for one in made)
        group = ec2.create_security_group(VpcId=self.vpc, GroupName="tasks", Description="of the tasks")
        self.security_group = group["GroupId"]

    def _cluster(self):
        self.cluster = f"{self.unique}-cluster"
        self.client("ecs").create_cluster(clusterName=self.cluster)

    def _load_balancer(self):
        elb = self.client("elbv2")
        self.load_balancer = f"{self.unique}-alb"
        made = elb.create_load_balancer(
            Name=self.load_balancer, Subnets=self.subnets, SecurityGroups=[self.security_group]
        )
        page = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
        listener = elb.create_listener(
            LoadBalancerArn=made["LoadBalancers"][0]["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[page],
        )
        self.listener = listener["Listeners"][0]["ListenerArn"]

    def _file_system(self):
        efs = self.client("efs")
        name = f"{self.unique}-production"
        made = efs.create_file_system(CreationToken=name, Encrypted=True, Tags=[{"Key": "Name", "Value": name}])
        self.file_system, self.file_system_name = made["FileSystemId"], name
        for subnet in self.subnets:
            efs.create_mount_target(
                FileSystemId=self.file_system, SubnetId=subnet, SecurityGroups=[self.security_group]
            )

    def _role(self):
        trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.client("iam").create_role(RoleName="ecsTaskExecutionRole", AssumeRolePolicyDocument=document)

    def words(self):
        """The values that the environment's three descriptions are filled with."""
        return {
            "unique": self.unique,
            "account": self.account,
            "region": REGION,
            "vpc": self.vpc,
            "subnet_a": self.subnets[0],
            "subnet_b": self.subnets[1],
            "security_group": self.security_group,
            "cluster": self.cluster,
            "load_balancer": self.load_balancer,
            "listener": self.listener,
            "file_system": self.file_system,
            "file_system_name": self.file_system_name,
        }


if __name__ == "__main__":
    print(json.dumps(Ground(*sys.argv[1:]).words()))
