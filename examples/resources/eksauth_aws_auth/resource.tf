# The grants of one team, in one place. Entries that are not named here, those of nodes and Fargate
# among them, stay as they are: the map is shared unless `exclusive = true`.
resource "eksauth_aws_auth" "this" {
  cluster_name = "prod"

  map_roles = [
    {
      rolearn  = "arn:aws:iam::111122223333:role/admins"
      username = "admin:{{SessionName}}"
      groups   = ["system:masters"]
    },
    {
      rolearn  = "arn:aws:iam::111122223333:role/deployers"
      username = "deployer:{{SessionName}}"
      groups   = ["deployers"]
    },
  ]

  map_users = [
    {
      userarn  = "arn:aws:iam::111122223333:user/break-glass"
      username = "break-glass"
      groups   = ["system:masters"]
    },
  ]

  map_accounts = ["444455556666"]
}
