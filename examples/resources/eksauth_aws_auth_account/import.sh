# In another region than the provider's: 'prod#444455556666@eu-west-1', or the cluster's ARN before the `#`.
terraform import eksauth_aws_auth_account.audit 'prod#444455556666'
