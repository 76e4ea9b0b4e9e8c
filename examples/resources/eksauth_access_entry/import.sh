# As aws_eks_access_entry is imported. In another region than the provider's: '…/platform@eu-west-1', or the cluster's ARN in place of its name.
terraform import eksauth_access_entry.platform prod:arn:aws:iam::111122223333:role/platform
