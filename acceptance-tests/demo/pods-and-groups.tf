# A pod's role: the role, and the ServiceAccount that names it.
resource "eksauth_irsa_role" "uploader" {
  name              = "uploader"
  oidc_provider_arn = eksauth_oidc_provider.this.arn
  service_accounts  = ["apps:uploader"]
}

resource "eksauth_service_account" "uploader" {
  namespace = "apps"
  name      = "uploader"
  role_arn  = eksauth_irsa_role.uploader.arn
}

# A person's rights: who is mapped to the group, and what the group may do.
resource "eksauth_aws_auth_role" "developers" {
  rolearn  = "arn:aws:iam::111122223333:role/developers"
  username = "developer:{{SessionName}}"
  groups   = ["developers"]
}

resource "eksauth_group_binding" "developers" {
  name       = "developers"
  groups     = ["developers"]
  namespaces = ["apps"]
  rules = [
    { resources = ["pods", "pods/log"], verbs = ["get", "list", "watch"] },
  ]
}
