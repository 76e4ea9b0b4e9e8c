import {
  to = eksauth_aws_auth_account.audit
  identity = {
    cluster_name      = "prod"
    mapped_account_id = "444455556666"
  }
}
