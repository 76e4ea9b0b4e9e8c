# The role's name, without its path. IAM has no regions: an @region at the end is accepted and says nothing.
terraform import eksauth_node_assumed_role.reader prod-apps-reader
