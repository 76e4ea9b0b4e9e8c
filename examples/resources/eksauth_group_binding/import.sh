# In another region than the provider's: 'prod/clusterrole/operators@eu-west-1', or the cluster's ARN before the first slash.
terraform import eksauth_group_binding.operators prod/clusterrole/operators
