data "eksauth_caller_identity" "current" {}

# The role this plan runs as, in the form aws-auth compares with.
output "canonical_arn" {
  value = data.eksauth_caller_identity.current.canonical_arn
}

# The same identity, and who it is in a cluster.
data "eksauth_caller_identity" "in_prod" {
  cluster_name = "prod"
}

output "in_prod" {
  value = {
    access   = data.eksauth_caller_identity.in_prod.access
    username = data.eksauth_caller_identity.in_prod.username
    why      = data.eksauth_caller_identity.in_prod.summary
  }
}
