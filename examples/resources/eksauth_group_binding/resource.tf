resource "eksauth_aws_auth_role" "operators" {
  cluster_name = "prod"
  rolearn      = "arn:aws:iam::111122223333:role/operators"
  username     = "operator"
  groups       = ["operators"]
}

# A role of its own in the whole cluster. A plan warns of what the cluster does not know.
resource "eksauth_group_binding" "operators" {
  cluster_name = "prod"
  name         = "operators"
  groups       = ["operators"]
  rules = [
    { resources = ["pods", "pods/log", "services"], verbs = ["get", "list", "watch"] },
    { api_groups = ["apps"], resources = ["deployments"], verbs = ["get", "list", "watch", "patch"] },
  ]
}

# A role that is there, in some namespaces.
resource "eksauth_group_binding" "apps" {
  cluster_name = "prod"
  name         = "operators-edit"
  groups       = ["operators"]
  cluster_role = "edit"
  namespaces   = ["apps"]
}
