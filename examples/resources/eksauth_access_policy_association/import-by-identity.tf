import {
  to = eksauth_access_policy_association.auditor
  identity = {
    cluster_name  = "prod"
    principal_arn = "arn:aws:iam::111122223333:role/auditor"
    policy_arn    = "AmazonEKSViewPolicy"
  }
}
