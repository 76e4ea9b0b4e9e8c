import {
  to = eksauth_aws_auth_account.audit
  id = "prod#444455556666"
}
