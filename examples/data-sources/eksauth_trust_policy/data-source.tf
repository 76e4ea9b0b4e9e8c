data "eksauth_trust_policy" "reader" {
  role_arn = "arn:aws:iam::111122223333:role/reader"

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

check "reader_admits_whom_it_names" {
  assert {
    condition = alltrue([
      for finding in data.eksauth_trust_policy.reader.findings : finding.class == "hygiene"
    ])
    error_message = join("\n", data.eksauth_trust_policy.reader.findings[*].message)
  }
}
