# People who come by a role: a group of your own, and a policy of EKS in some namespaces.
resource "eksauth_access_entry" "platform" {
  cluster_name      = "prod"
  principal_arn     = "arn:aws:iam::111122223333:role/platform"
  kubernetes_groups = ["platform"]

  policies = [
    {
      policy_arn   = "AmazonEKSViewPolicy"
      access_scope = { type = "cluster" }
    },
    {
      policy_arn   = "AmazonEKSEditPolicy"
      access_scope = { type = "namespace", namespaces = ["apps", "dev-*"] }
    },
  ]
}

# Self-managed nodes: EKS sets their user name and groups.
resource "eksauth_access_entry" "nodes" {
  cluster_name  = "prod"
  principal_arn = "arn:aws:iam::111122223333:role/node"
  type          = "EC2_LINUX"
}
