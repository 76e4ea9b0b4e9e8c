# By cluster, namespace and service account. In another region than the provider's: 'prod/apps/reader@eu-west-1', or the cluster's ARN before the namespace.
# The id of an association is taken too, as hashicorp/aws takes it: 'prod,a-1234567890abcdefg'.
terraform import eksauth_pod_identity_association.reader prod/apps/reader
