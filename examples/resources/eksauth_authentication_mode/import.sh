# By the cluster's name, in another region than the provider's by prod@eu-west-1 or by the cluster's ARN.
terraform import eksauth_authentication_mode.this prod
