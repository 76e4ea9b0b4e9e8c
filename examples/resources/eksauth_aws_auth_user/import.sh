# In another region than the provider's: 'prod#arn:aws:iam::111122223333:user/break-glass@eu-west-1', or the cluster's ARN before the `#`.
terraform import eksauth_aws_auth_user.break_glass 'prod#arn:aws:iam::111122223333:user/break-glass'
