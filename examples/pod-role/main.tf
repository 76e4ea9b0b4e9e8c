# The role of a workload by IRSA, by EKS Pod Identity, or by both. `mode` says what pods get from now on.
#
# From IRSA to Pod Identity: set `mode = "pod_identity"` and apply; restart the pods, at a time of your choice; then set `only_mode_is_trusted = true`. A pod that runs keeps
# its way in between, because the role trusts both.
#
# For the way back set `mode = "irsa"` with `only_mode_is_trusted = false` and apply, restart the pods, then set `only_mode_is_trusted = true`. Do not wait for long: the association
# is gone, so a pod that runs by Pod Identity keeps the credentials that it has until they expire, and gets no new ones.
#
# An apply that gives a way up and closes it in the role's trust at once is refused, in both directions.

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

variable "mode" {
  description = "`irsa`, `pod_identity` or `both`."
  type        = string
  default     = "irsa"
}

variable "only_mode_is_trusted" {
  description = "Whether the role trusts the way of `mode` alone: once every pod was restarted."
  type        = bool
  default     = false
}

resource "eksauth_oidc_provider" "this" {}

module "reader" {
  source = "./module"

  cluster_name         = "prod"
  namespace            = "apps"
  name                 = "reader"
  mode                 = var.mode
  only_mode_is_trusted = var.only_mode_is_trusted
  policy_arns          = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]

  depends_on = [eksauth_oidc_provider.this]
}

output "role_arn" {
  value = module.reader.role_arn
}
