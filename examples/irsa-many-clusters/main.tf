# One workload, several clusters, one role: pods move from cluster to cluster (blue and green, or one per
# zone) and keep their ARN, their policies and what other accounts have granted to it.

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
  region = "eu-central-1"
}

variable "cluster_names" {
  description = "The clusters the workload may run in."
  type        = set(string)
  default     = ["prod", "prod-next"]
}

resource "eksauth_oidc_provider" "this" {
  for_each     = var.cluster_names
  cluster_name = each.value
}

resource "eksauth_irsa_role" "reader" {
  name        = "apps-reader"
  description = "Reads the catalogue from any production cluster"

  trust = [
    for cluster, provider in eksauth_oidc_provider.this : {
      oidc_provider_arn = provider.arn
      service_accounts  = ["apps:reader"]
    }
  ]

  # IAM's default quota; a cluster too many is an error of the plan, with the count, not of the apply.
  trust_policy_quota = 2048

  inline_policies = {
    catalogue = jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:ListBucket"]
          Resource = ["arn:aws:s3:::catalogue-111122223333", "arn:aws:s3:::catalogue-111122223333/*"]
        },
      ]
    })
  }
}

output "role_arn" {
  description = "The same in every cluster."
  value       = eksauth_irsa_role.reader.arn
}
