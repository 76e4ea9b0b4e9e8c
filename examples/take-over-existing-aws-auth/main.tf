# Takes over an aws-auth that others wrote, without changing a byte of it, and adds one entry of our own.
#
#   1. terraform init
#   2. terraform plan -generate-config-out=aws_auth.tf    writes the resource below as the cluster has it
#   3. read aws_auth.tf, keep what this configuration shall answer for
#   4. terraform apply                                    imports; the ConfigMap gets the new entry and nothing else

terraform {
  required_version = ">= 1.5"

  required_providers {
    eksauth = {
      source  = "eksauth/eksauth"
      version = "~> 0.1"
    }
  }
}

provider "eksauth" {
  region       = "eu-central-1"
  cluster_name = "prod"
}

import {
  to = eksauth_aws_auth.this
  id = "prod"
}

# The map is shared: this entry stands beside those of the generated resource and of everybody else.
resource "eksauth_aws_auth_role" "platform" {
  rolearn  = "arn:aws:iam::111122223333:role/teams/platform"
  username = "platform:{{SessionName}}"
  groups   = ["platform-admins"]
}
