# Every principal of the account may enter: its user name is its own ARN and it is in no group but
# `system:authenticated`, so it can do what RBAC grants to that ARN and nothing else.
resource "eksauth_aws_auth_account" "audit" {
  cluster_name = "prod"
  account_id   = "444455556666"
}
