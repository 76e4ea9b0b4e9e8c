data "eksauth_legacy_pod_roles" "this" {
  cluster_name = "prod"
}

# What to settle before anybody moves to IRSA.
output "findings" {
  value = [for finding in data.eksauth_legacy_pod_roles.this.findings : "${finding.object}: ${finding.text}"]
}

# The service accounts of each role, as `eksauth_irsa_role` takes them.
output "service_accounts" {
  value = {
    for account in data.eksauth_legacy_pod_roles.this.service_accounts :
    account.role_arn => "${account.namespace}:${account.name}"...
  }
}
