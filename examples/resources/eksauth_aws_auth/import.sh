# The cluster's name. Entries of nodes and Fargate are left to EKS; nothing is written.
# In another region than the provider's: prod@eu-west-1, or the cluster's ARN.
terraform import eksauth_aws_auth.this prod
