import {
  to = eksauth_node_assumed_role.reader
  id = "prod-apps-reader"
}
