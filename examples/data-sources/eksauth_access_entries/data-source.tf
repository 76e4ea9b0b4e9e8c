data "eksauth_access_entries" "admins" {
  cluster_name          = "prod"
  associated_policy_arn = "AmazonEKSClusterAdminPolicy"
  details               = true
}

# Who may do everything, and under which name.
output "admins" {
  value = {
    for entry in data.eksauth_access_entries.admins.access_entries :
    entry.principal_arn => entry.user_name
  }
}
