# By the cluster's name, or by ARN. Another region than the provider's stands at the end: prod@eu-west-1
terraform import eksauth_oidc_provider.this prod
terraform import eksauth_oidc_provider.this arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF
