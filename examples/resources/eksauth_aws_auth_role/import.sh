terraform import eksauth_aws_auth_role.platform 'prod#arn:aws:iam::111122223333:role/platform'
