# Would the pods of apps/reader get the role as it is now?
data "eksauth_web_identity_check" "reader" {
  cluster_name    = "prod"
  role_name       = "reader"
  service_account = "apps:reader"
}

check "reader_gets_its_role" {
  assert {
    condition     = data.eksauth_web_identity_check.reader.allowed == true
    error_message = data.eksauth_web_identity_check.reader.explanation
  }
}

# And would the default service account, by a policy that is not in force yet? It must not.
data "eksauth_web_identity_check" "stranger" {
  cluster_name    = "prod"
  role_name       = "reader"
  service_account = "apps:default"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE" }
        Condition = {
          StringEquals = {
            "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE:aud" = "sts.amazonaws.com"
            "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE:sub" = "system:serviceaccount:apps:reader"
          }
        }
      },
    ]
  })
}

output "stranger_refused" {
  value = data.eksauth_web_identity_check.stranger.allowed == false
}
