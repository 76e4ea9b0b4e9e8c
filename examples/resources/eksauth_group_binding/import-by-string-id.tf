import {
  to = eksauth_group_binding.operators
  id = "prod/clusterrole/operators"
}
