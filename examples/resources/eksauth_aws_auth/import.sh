# The cluster's name. Entries of nodes and Fargate are left to EKS; nothing is written.
terraform import eksauth_aws_auth.this prod
