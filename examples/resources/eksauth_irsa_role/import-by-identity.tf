import {
  to = eksauth_irsa_role.reader
  identity = {
    name = "prod-apps-reader"
  }
}
