data "eksauth_caller_identity" "current" {}

# The role this plan runs as, in the form aws-auth compares with.
output "canonical_arn" {
  value = data.eksauth_caller_identity.current.canonical_arn
}
