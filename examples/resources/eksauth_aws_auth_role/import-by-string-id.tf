import {
  to = eksauth_aws_auth_role.platform
  id = "prod#arn:aws:iam::111122223333:role/teams/platform"
}
