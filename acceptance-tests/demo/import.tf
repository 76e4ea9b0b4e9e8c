import {
  to = eksauth_aws_auth.this
  id = "prod"
}
