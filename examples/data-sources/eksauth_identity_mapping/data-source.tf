# Whoever runs this plan must be let in by the cluster, and be able to change aws-auth there.
data "eksauth_identity_mapping" "me" {
  cluster_name = "prod"
}

check "runner_gets_in" {
  assert {
    condition = data.eksauth_identity_mapping.me.access == true
    error_message = join("\n", concat(
      [data.eksauth_identity_mapping.me.summary],
      data.eksauth_identity_mapping.me.near_misses[*].text,
    ))
  }

  assert {
    condition     = data.eksauth_identity_mapping.me.may_write_aws_auth == true
    error_message = "Whoever runs this plan may not change aws-auth, or that could not be found out."
  }
}

# What the deployer gets, by which entry, and whether that makes it an administrator (null: not known).
data "eksauth_identity_mapping" "deployer" {
  cluster_name = "prod"
  arn          = "arn:aws:iam::111122223333:role/ci/deployer"
}

output "deployer" {
  value = {
    groups           = data.eksauth_identity_mapping.deployer.groups
    rule             = data.eksauth_identity_mapping.deployer.rule
    is_cluster_admin = data.eksauth_identity_mapping.deployer.is_cluster_admin
  }
}
