# The ARN as IAM gives it, path and all: what goes into aws-auth is the `canonical_arn`, without the path.
resource "eksauth_aws_auth_role" "platform" {
  cluster_name = "prod"
  rolearn      = "arn:aws:iam::111122223333:role/teams/platform"
  username     = "platform:{{SessionName}}"
  groups       = ["platform-admins"]
}

output "platform_canonical_arn" {
  value = eksauth_aws_auth_role.platform.canonical_arn
}

# With IAM Identity Center only: the permission set must be assigned in the account of the cluster, else the plan is
# refused. The entry is for its role there, AWSReservedSSO_AdministratorAccess_….
resource "eksauth_aws_auth_role" "administrators" {
  cluster_name   = "prod"
  permission_set = "AdministratorAccess"
  username       = "sso:{{SessionName}}"
  groups         = ["platform-admins"]
}
