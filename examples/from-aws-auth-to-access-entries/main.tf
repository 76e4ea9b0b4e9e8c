# From aws-auth to access entries, in an order in which nobody is locked out. Each step can be the last one for a while, and one that was interrupted is applied again.
# The guide "From aws-auth to access entries" goes through it.
#
#   1. terraform-provider-eksauth migrate access-entries hcl … > access-entries.tf
#   2. terraform apply                       the mode is raised to API_AND_CONFIG_MAP, and the access entries are made
#   3. remove_from_aws_auth = true, apply    what moved goes from aws-auth; refused while an access entry gives less than aws-auth did
#   4. only_access_entries = true, apply     mode API, for good

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

variable "remove_from_aws_auth" {
  description = "Whether what has an access entry goes from aws-auth."
  type        = bool
  default     = false
}

variable "given_up" {
  description = "ARNs and account ids of aws-auth that cannot move and are settled otherwise: they go with the others."
  type        = set(string)
  default     = []
}

variable "only_access_entries" {
  description = "Whether the mode is raised to API, in which aws-auth does not count. There is no way back."
  type        = bool
  default     = false
}

locals {
  # Your aws-auth as it is, without the entries of nodes, which stay where EKS put them.
  roles = [
    { rolearn = "arn:aws:iam::111122223333:role/admins", username = "admin", groups = ["system:masters", "audit"] },
    { rolearn = "arn:aws:iam::111122223333:role/devs", username = "dev:{{SessionName}}", groups = ["devs"] },
    { rolearn = "arn:aws:iam::111122223333:role/auditors", username = "system:auditors", groups = ["auditors"] },
    { rolearn = "arn:aws:iam::111122223333:role/AWSReservedSSO_Viewer_0123456789abcdef", username = "sso:{{SessionName}}", groups = ["viewers"] },
    { rolearn = "arn:aws:iam::111122223333:role/basic", username = "basic", groups = ["system:basic-user"] },
    { rolearn = "arn:aws:iam::111122223333:role/gone", username = "gone", groups = ["devs"] },
  ]
  users    = [{ userarn = "arn:aws:iam::111122223333:user/people/carl", username = "carl", groups = ["devs"] }]
  accounts = ["444455556666"]

  # Yours are the ARNs and account ids that the report shows as `stays`: they stay in aws-auth until they are settled.
  staying = setsubtract(["arn:aws:iam::111122223333:role/basic", "444455556666"], var.given_up)

  # What would go from aws-auth too early, and why.
  too_early = [
    for entry in data.eksauth_access_entry_migration.this.entries :
    "${entry.section}[${entry.index}] ${entry.arn}: ${trimsuffix(entry.held_back, ".")}"
    if entry.held_back != null && !contains(local.staying, entry.arn) && !contains(var.given_up, entry.arn)
  ]

  # What still needs aws-auth.
  left = [
    for entry in flatten(data.eksauth_access_entry_migration.now[*].entries) :
    "${entry.section}[${entry.index}] ${entry.arn}: ${trimsuffix(entry.held_back, ".")}" if entry.held_back != null
  ]
}

# Asked before the last step only: the others do without aws-auth, so that whoever is in the cluster without rights can go on.
data "eksauth_access_entry_migration" "now" {
  count = var.only_access_entries ? 1 : 0

  accept = ["impersonation", "masters", "user-name"]
}

resource "eksauth_authentication_mode" "this" {
  authentication_mode = var.only_access_entries ? "API" : "API_AND_CONFIG_MAP"

  lifecycle {
    precondition {
      condition     = alltrue(data.eksauth_access_entry_migration.now[*].done)
      error_message = "In mode API aws-auth lets nobody in, and it is still needed: ${join("; ", concat(local.left, [for text in flatten(data.eksauth_access_entry_migration.now[*].not_read) : trimsuffix(text, ".")]))}."
    }
  }
}

# The API server's own word, once the access entries exist.
data "eksauth_can_i" "this" {
  verb      = "patch"
  resource  = "configmaps"
  namespace = "kube-system"
  name      = "aws-auth"

  depends_on = [data.eksauth_access_entry_migration.this]
}

import {
  to = eksauth_aws_auth.this
  id = "prod"
}

resource "eksauth_aws_auth" "this" {
  map_roles    = [for role in local.roles : role if !var.remove_from_aws_auth || contains(local.staying, role.rolearn)]
  map_users    = [for user in local.users : user if !var.remove_from_aws_auth || contains(local.staying, user.userarn)]
  map_accounts = [for account in local.accounts : account if !var.remove_from_aws_auth || contains(local.staying, account)]

  lifecycle {
    precondition {
      condition     = !var.remove_from_aws_auth || length(local.too_early) == 0
      error_message = "aws-auth stays as it is, because an entry would go too early: ${join("; ", local.too_early)}."
    }

    precondition {
      condition     = !var.remove_from_aws_auth || data.eksauth_can_i.this.allowed == true
      error_message = "aws-auth stays as it is, because you could not write it any more: ${trimsuffix(data.eksauth_can_i.this.summary, ".")}."
    }
  }
}
