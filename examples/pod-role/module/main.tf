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
}

resource "eksauth_pod_identity_association" "this" {
  count = local.by_pod_identity ? 1 : 0

  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = var.name
  role_arn        = eksauth_irsa_role.this.arn
}

resource "eksauth_service_account" "this" {
  cluster_name = var.cluster_name
  namespace    = var.namespace
  name         = var.name
  role_arn     = local.by_irsa ? eksauth_irsa_role.this.arn : null

  # The annotation goes after the association is made, and comes before the association goes: a pod that is made meanwhile finds one of them.
  depends_on = [eksauth_pod_identity_association.this]
}
