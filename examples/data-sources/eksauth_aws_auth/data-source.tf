data "eksauth_aws_auth" "this" {
  cluster_name = "prod"
}

# Who is in system:masters by aws-auth.
output "masters" {
  value = [
    for role in data.eksauth_aws_auth.this.map_roles : role.rolearn
    if contains(role.groups, "system:masters")
  ]
}
