# A cluster, who may enter it and its first workload's role in one apply: no second provider, no exec plugin, no kubeconfig.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
    eksauth = {
      source  = "eksauth/eksauth"
      version = "~> 0.1"
    }
  }
}

provider "aws" {
  region = var.region
}

provider "eksauth" {
  region = var.region
}

resource "aws_iam_role" "cluster" {
  name = "${var.cluster_name}-cluster"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "eks.amazonaws.com" }
        Action    = ["sts:AssumeRole", "sts:TagSession"]
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_eks_cluster" "this" {
  name     = var.cluster_name
  role_arn = aws_iam_role.cluster.arn

  vpc_config {
    subnet_ids = var.subnet_ids
  }

  # Both ways in: aws-auth, and access entries for whoever comes later.
  access_config {
    authentication_mode                         = "API_AND_CONFIG_MAP"
    bootstrap_cluster_creator_admin_permissions = true
  }

  depends_on = [aws_iam_role_policy_attachment.cluster]
}

# `.id`, not `.name`: the id is unknown while the cluster is being made or replaced, so nothing is ever
# planned against a cluster that will be gone.
resource "eksauth_oidc_provider" "this" {
  cluster_name = aws_eks_cluster.this.id
}

resource "eksauth_irsa_role" "reader" {
  name             = "${var.cluster_name}-apps-reader"
  cluster_name     = aws_eks_cluster.this.id
  service_accounts = ["apps:reader"]

  # The trust policy names the provider; IAM does not insist that it exists, the pods do.
  depends_on = [eksauth_oidc_provider.this]
}

# The role of the people who run the platform, with a path as many organisations have it.
resource "aws_iam_role" "platform" {
  name = "platform"
  path = "/teams/"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.eksauth_caller_identity.current.account_id}:root" }
        Action    = "sts:AssumeRole"
      },
    ]
  })
}

data "eksauth_caller_identity" "current" {}

resource "eksauth_aws_auth_role" "platform" {
  cluster_name = aws_eks_cluster.this.id
  rolearn      = aws_iam_role.platform.arn
  username     = "platform:{{SessionName}}"
  groups       = ["system:masters"]
}
