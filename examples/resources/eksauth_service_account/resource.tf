resource "eksauth_oidc_provider" "this" {
  cluster_name = "prod"
}

resource "eksauth_irsa_role" "reader" {
  name              = "reader"
  oidc_provider_arn = eksauth_oidc_provider.this.arn
  service_accounts  = ["apps:reader"]
  policy_arns       = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
}

# A plan says whether the role lets this account in. Pods name it with `serviceAccountName: reader`.
resource "eksauth_service_account" "reader" {
  cluster_name = "prod"
  namespace    = "apps"
  name         = "reader"
  role_arn     = eksauth_irsa_role.reader.arn
}
