import {
  to = eksauth_node_assumed_role.reader
  identity = {
    name = "prod-apps-reader"
  }
}
