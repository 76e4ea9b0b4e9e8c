# The ARN as it is in aws-auth, or as your configuration has it: the state keeps what the id says.
# In another region than the provider's: 'prod#arn:aws:iam::111122223333:role/teams/platform@eu-west-1', or the cluster's ARN before the `#`.
terraform import eksauth_aws_auth_role.platform 'prod#arn:aws:iam::111122223333:role/teams/platform'
