terraform import eksauth_aws_auth_user.break_glass 'prod#arn:aws:iam::111122223333:user/break-glass'
