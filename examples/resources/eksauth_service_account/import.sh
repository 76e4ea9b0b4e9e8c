# In another region than the provider's: 'prod/apps/reader@eu-west-1', or the cluster's ARN before the namespace.
terraform import eksauth_service_account.reader prod/apps/reader
