# The ARN as it is in aws-auth, or as your configuration has it: the state keeps what the id says.
terraform import eksauth_aws_auth_role.platform 'prod#arn:aws:iam::111122223333:role/teams/platform'
