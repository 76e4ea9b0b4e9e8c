resource "eksauth_oidc_provider" "this" {
  cluster_name = "prod"
}

# One service account, one role. The trust policy is built, sized and shown at plan.
resource "eksauth_irsa_role" "reader" {
  name              = "prod-apps-reader"
  description       = "Reads the catalogue bucket"
  oidc_provider_arn = eksauth_oidc_provider.this.arn
  service_accounts  = ["apps:reader"]

  inline_policies = {
    catalogue = jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:ListBucket"]
          Resource = ["arn:aws:s3:::catalogue-111122223333", "arn:aws:s3:::catalogue-111122223333/*"]
        },
      ]
    })
  }
}

# What the ServiceAccount must carry so that its pods get the role.
output "reader_annotations" {
  value = eksauth_irsa_role.reader.service_account_annotations
}
