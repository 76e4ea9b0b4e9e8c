import {
  to = eksauth_group_binding.operators
  identity = {
    cluster_name = "prod"
    name         = "operators"
  }
}
