resource "eksauth_access_entry" "auditor" {
  cluster_name  = "prod"
  principal_arn = "arn:aws:iam::111122223333:role/auditor"
}

resource "eksauth_access_policy_association" "auditor" {
  cluster_name  = "prod"
  principal_arn = eksauth_access_entry.auditor.principal_arn
  policy_arn    = "AmazonEKSViewPolicy"
  access_scope  = { type = "namespace", namespaces = ["apps", "dev-*"] }
}
