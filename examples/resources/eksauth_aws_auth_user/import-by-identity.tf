import {
  to = eksauth_aws_auth_user.break_glass
  identity = {
    cluster_name = "prod"
    arn          = "arn:aws:iam::111122223333:user/break-glass"
  }
}
