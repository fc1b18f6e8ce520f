# The same environment for Terraform, with every borrowed id given, so that it need not look anything up.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "$region"
  default_tags {
    tags = { environment = "staging", application = "$unique" }
  }
}

resource "aws_secretsmanager_secret" "password" {
  name                    = "$unique-terraform-password"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "password" {
  secret_id     = aws_secretsmanager_secret.password.id
  secret_string = "not-a-real-password-0000"
}

resource "aws_db_instance" "main" {
  identifier             = "$unique-terraform-main"
  engine                 = "postgres"
  engine_version         = "16"
  instance_class         = "db.t4g.micro"
  allocated_storage      = 20
  storage_type           = "gp3"
  storage_encrypted      = true
  username               = "shop_admin"
  password               = aws_secretsmanager_secret_version.password.secret_string
  db_name                = "shop"
  vpc_security_group_ids = ["$security_group"]
  skip_final_snapshot    = true
}

resource "aws_efs_access_point" "data" {
  file_system_id = "$file_system"
  posix_user {
    uid = 1000
    gid = 1000
  }
  root_directory {
    path = "/terraform"
    creation_info {
      owner_uid   = 1000
      owner_gid   = 1000
      permissions = "0755"
    }
  }
}

resource "aws_cloudwatch_log_group" "backend" {
  name              = "/ecs/$unique-terraform-backend"
  retention_in_days = 14
}

resource "aws_lb_target_group" "web" {
  name        = "$unique-terraform"
  port        = 8080
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = "$vpc"
}

resource "aws_lb_listener_rule" "web" {
  listener_arn = "$listener"
  priority     = 40000
  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
  condition {
    host_header { values = ["terraform.$unique.example"] }
  }
}

resource "aws_ecs_task_definition" "backend" {
  family                   = "$unique-terraform-backend"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "512"
  memory                   = "1024"
  execution_role_arn       = "arn:aws:iam::$account:role/ecsTaskExecutionRole"
  container_definitions = jsonencode([{
    name         = "backend"
    image        = "nginx:1.27"
    essential    = true
    portMappings = [{ containerPort = 8080, protocol = "tcp" }]
    environment  = [{ name = "DATABASE_HOST", value = aws_db_instance.main.address }]
    secrets      = [{ name = "DATABASE_PASSWORD", valueFrom = aws_secretsmanager_secret.password.arn }]
    mountPoints  = [{ sourceVolume = "data", containerPath = "/data" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.backend.name
        "awslogs-region"        = "$region"
        "awslogs-stream-prefix" = "backend"
      }
    }
  }])
  volume {
    name = "data"
    efs_volume_configuration {
      file_system_id     = "$file_system"
      transit_encryption = "ENABLED"
      authorization_config {
        access_point_id = aws_efs_access_point.data.id
        iam             = "ENABLED"
      }
    }
  }
}

resource "aws_ecs_service" "backend" {
  name                  = "$unique-terraform-backend"
  cluster               = "$cluster"
  task_definition       = aws_ecs_task_definition.backend.arn
  desired_count         = 1
  launch_type           = "FARGATE"
  wait_for_steady_state = true
  network_configuration {
    subnets         = ["$subnet_a", "$subnet_b"]
    security_groups = ["$security_group"]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.web.arn
    container_name   = "backend"
    container_port   = 8080
  }
  depends_on = [aws_lb_listener_rule.web]
}
