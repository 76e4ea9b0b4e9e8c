data "eksauth_pod_identity_associations" "this" {
  cluster_name = "prod"
  details      = true
}

# Which role the pods of each service account get.
output "roles" {
  value = {
    for association in data.eksauth_pod_identity_associations.this.associations :
    "${association.namespace}/${association.service_account}" => coalesce(association.target_role_arn, association.role_arn, "not known")
  }
}

# Those that no add-on makes.
output "own" {
  value = [
    for association in data.eksauth_pod_identity_associations.this.associations :
    association.association_id if association.owner_arn == null
  ]
}
