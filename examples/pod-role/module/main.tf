# One role, one service account and, where pods get the role by Pod Identity, one association.

terraform {
  required_providers {
    eksauth = {
      source = "eksauth/eksauth"
    }
  }
}

locals {
  by_irsa         = var.mode != "pod_identity"
  by_pod_identity = var.mode != "irsa"

  # A pod keeps the way that it was made with. So a change of `mode` closes none.
  trusts_irsa         = local.by_irsa || !var.only_mode_is_trusted
  trusts_pod_identity = local.by_pod_identity || !var.only_mode_is_trusted

  # The ways that the cluster has for the account until now. They are looked at only where the trust of one may be closed.
  accounts        = flatten(data.eksauth_service_accounts.now[*].service_accounts)
  associations    = flatten(data.eksauth_pod_identity_associations.now[*].associations)
  was_annotated   = anytrue([for one in local.accounts : one.annotated_role_arn != null if one.name == var.name])
  was_associated  = anytrue([for one in local.associations : true if one.service_account == var.name])
  closes_too_soon = (local.was_annotated && !local.trusts_irsa) || (local.was_associated && !local.trusts_pod_identity)
}

data "eksauth_service_accounts" "now" {
  count = var.only_mode_is_trusted ? 1 : 0

  cluster_name = var.cluster_name
  namespace    = var.namespace
}

data "eksauth_pod_identity_associations" "now" {
  count = var.only_mode_is_trusted ? 1 : 0

  cluster_name = var.cluster_name
  namespace    = var.namespace
}

resource "eksauth_irsa_role" "this" {
  name             = coalesce(var.role_name, var.name)
  cluster_name     = local.trusts_irsa ? var.cluster_name : null
  service_accounts = local.trusts_irsa ? ["${var.namespace}:${var.name}"] : null
  pod_identity     = local.trusts_pod_identity
  pod_identity_condition = local.trusts_pod_identity ? jsonencode({
    StringEquals = {
      "aws:RequestTag/eks-cluster-name"           = var.cluster_name
      "aws:RequestTag/kubernetes-namespace"       = var.namespace
      "aws:RequestTag/kubernetes-service-account" = var.name
    }
  }) : null
  policy_arns = var.policy_arns

  lifecycle {
    precondition {
      condition     = !local.closes_too_soon
      error_message = "Pods of ${var.namespace}/${var.name} get the role by a way that this apply gives up and that the role would not trust any more. Set only_mode_is_trusted = false and apply, restart the pods, then set it again."
    }
  }
}

resource "eksauth_pod_identity_association" "this" {
  count = local.by_pod_identity ? 1 : 0

  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = var.name
  role_arn        = eksauth_irsa_role.this.arn

  # It goes after the role trusts the other way and the account says it: a pod that is made meanwhile finds one of the two.
  lifecycle {
    create_before_destroy = true
  }
}

resource "eksauth_service_account" "this" {
  cluster_name = var.cluster_name
  namespace    = var.namespace
  name         = var.name
  role_arn     = local.by_irsa ? eksauth_irsa_role.this.arn : null

  # The annotation goes after the association is made.
  depends_on = [eksauth_pod_identity_association.this]
}
