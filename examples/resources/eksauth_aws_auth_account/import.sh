terraform import eksauth_aws_auth_account.audit 'prod#444455556666'
