import {
  to = eksauth_irsa_role.reader
  id = "prod-apps-reader"
}
