import {
  to = eksauth_aws_auth.this
  identity = {
    cluster_name = "prod"
  }
}
