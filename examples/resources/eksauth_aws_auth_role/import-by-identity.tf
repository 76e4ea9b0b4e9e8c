import {
  to = eksauth_aws_auth_role.platform
  identity = {
    cluster_name = "prod"
    arn          = "arn:aws:iam::111122223333:role/teams/platform"
  }
}
