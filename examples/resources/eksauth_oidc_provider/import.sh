# By the cluster's name, in another region than the provider's by prod@eu-west-1 or by the cluster's ARN.
# Or by the ARN of the OIDC provider, which has no region of its own: an @region at its end says nothing.
# An ARN names no cluster: where the configuration does, the first apply puts it into the state and changes nothing in AWS.
terraform import eksauth_oidc_provider.this prod
terraform import eksauth_oidc_provider.this arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF
