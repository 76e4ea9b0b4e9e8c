data "eksauth_service_accounts" "this" {
  cluster_name   = "prod"
  only_with_role = true
}

# Pods of these would not get their role, and why; or whether they do is not known.
output "not_admitted" {
  value = {
    for account in data.eksauth_service_accounts.this.service_accounts :
    "${account.namespace}/${account.name}" => account.reason
    if account.admitted != true
  }
}

# Who gets which role.
output "accounts_by_role" {
  value = {
    for account in data.eksauth_service_accounts.this.service_accounts :
    account.role_arn => "${account.namespace}/${account.name}"... if account.role_arn != null
  }
}
