data "eksauth_access_policies" "this" {
  cluster_name = "prod"
}

output "access_policies" {
  value = data.eksauth_access_policies.this.access_policies[*].name
}
