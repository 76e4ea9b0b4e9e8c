import {
  to = eksauth_aws_auth_user.break_glass
  id = "prod#arn:aws:iam::111122223333:user/break-glass"
}
