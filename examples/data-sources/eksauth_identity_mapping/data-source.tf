# Whoever runs this plan must be known to the cluster. What it may do there is for RBAC and access policies to say.
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
}

# What the deployer gets, and by which entry.
data "eksauth_identity_mapping" "deployer" {
  cluster_name = "prod"
  arn          = "arn:aws:iam::111122223333:role/ci/deployer"
}

output "deployer" {
  value = {
    groups = data.eksauth_identity_mapping.deployer.groups
    rule   = data.eksauth_identity_mapping.deployer.rule
  }
}
