resource "eksauth_oidc_provider" "this" {
  cluster_name = "prod"
}

resource "eksauth_irsa_role" "reader" {
  name              = "reader"
  oidc_provider_arn = eksauth_oidc_provider.this.arn
  service_accounts  = ["apps:reader"]
}

resource "eksauth_aws_auth_role" "platform" {
  rolearn  = "arn:aws:iam::111122223333:role/teams/platform"
  username = "platform:{{SessionName}}"
  groups   = ["platform-admins"]
}

resource "eksauth_aws_auth_user" "carol" {
  userarn  = "arn:aws:iam::111122223333:user/people/carol"
  username = "carol"
  groups   = ["viewers"]
}

resource "eksauth_aws_auth_account" "billing" {
  account_id = "777788889999"
}
