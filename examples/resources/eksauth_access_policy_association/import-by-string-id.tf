import {
  to = eksauth_access_policy_association.auditor
  id = "prod#arn:aws:iam::111122223333:role/auditor#AmazonEKSViewPolicy"
}
