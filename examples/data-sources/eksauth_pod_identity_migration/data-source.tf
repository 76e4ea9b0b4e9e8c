data "eksauth_pod_identity_migration" "this" {
  cluster_name = "prod"
}

# What the trust policy of each role lacks, by role.
output "statements" {
  value = {
    for account in data.eksauth_pod_identity_migration.this.service_accounts :
    account.role_arn => account.trust_statement... if account.trust_statement != null
  }
}

# Nothing stays behind without somebody knowing why.
output "stays" {
  value = {
    for account in data.eksauth_pod_identity_migration.this.service_accounts :
    "${account.namespace}/${account.name}" => "${account.reason}. ${account.what_to_do}" if account.state == "stays"
  }
}
