import {
  to = eksauth_access_entry.platform
  identity = {
    cluster_name  = "prod"
    principal_arn = "arn:aws:iam::111122223333:role/platform"
  }
}
