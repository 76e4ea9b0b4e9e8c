# As aws_eks_access_policy_association is imported; the policy's name does as well as its ARN. In another region than the provider's: '…@eu-west-1' at the end.
terraform import eksauth_access_policy_association.auditor 'prod#arn:aws:iam::111122223333:role/auditor#AmazonEKSViewPolicy'
